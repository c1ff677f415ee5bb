"""Proposals are held against the rule by which their network says that it decides."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ingest.networks import networks
from ingest.publication import build
from questions.proposals import proposals
from store.landing import Landing
from store.mart import opened
from store.rows import Decision, Facts
from tests.worlds.hamlet import cosmos
from ui import votes

NOW = datetime(2026, 7, 17, tzinfo=UTC)


@pytest.mark.slow
def test_a_proposal_has_a_quorum_where_its_network_counts_stake(tmp_path: Path) -> None:
    for snapshot, facts in cosmos(NOW, 1):
        if snapshot.block.time == NOW:
            Landing(tmp_path).land(snapshot, facts)
    decided = {"akash": Decision.STAKE_TALLY, "fetch": None}
    build(tmp_path, {name: replace(networks()[name], decision=decision) for name, decision in decided.items()})
    with opened(tmp_path) as mart:
        found = {(one.network, one.rule is not None) for one in proposals(mart)}
    assert found == {("akash", True), ("fetch", False)}


REGULAR = "goes on as a regular one, which passes with more than 50% of Yes: its votes are dropped, and all vote anew"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("0.667", "By this count it would **not pass as expedited: too few Yes**: Yes 60% of the 66.70% needed"),
        ("0.6", "By this count it would **not pass as expedited: too few Yes**: Yes 60% of the 60% needed"),
        ("0.55", "By this count it would **pass**: Yes 60% of the 55% needed"),
        ("", "What an expedited vote needs was not read, so that nothing is told of its result."),
    ],
)
def test_an_expedited_vote_that_does_not_pass_goes_on_as_a_regular_one(tmp_path: Path, mark: str, said: str) -> None:
    """x/gov deletes its votes and takes them anew until a regular vote ends (x/gov: abci.go, keeper/tally.go)."""
    for snapshot, facts in cosmos(NOW, 1):
        if snapshot.block.time == NOW:
            Landing(tmp_path).land(snapshot, expedited(facts, mark))
    build(tmp_path, {"akash": replace(networks()["akash"], decision=Decision.STAKE_TALLY)})
    with opened(tmp_path) as mart:
        one = next(one for one in proposals(mart) if one.network == "akash" and one.is_open)
    told = votes.stands(one, NOW)
    assert "The expedited vote ends in" in told
    assert said in told
    assert REGULAR in told
    assert "fail" not in told


def expedited(facts: Facts, mark: str) -> Facts:
    """The same where every proposal is expedited, with 60% of Yes, and its mark is this, or is not told."""
    rows = facts.rows
    if "expedited" in rows.columns:
        count = {"yes": 1_200_000_000, "abstain": 0, "no": 800_000_000, "no_with_veto": 0}
        return replace(
            facts,
            rows=rows.with_columns(expedited=True, **{k: pl.lit(v).cast(rows.schema[k]) for k, v in count.items()}),
        )
    if "exact" in rows.columns and mark and rows.filter(pl.col("name") == "veto_threshold").height:
        own = rows.filter(pl.col("name") == "threshold").with_columns(
            name=pl.lit("expedited_threshold"), exact=pl.lit(mark), value=pl.lit(float(mark))
        )
        return replace(facts, rows=pl.concat([rows, own]))
    return facts
