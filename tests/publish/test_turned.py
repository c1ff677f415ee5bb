"""What would turn a vote is counted by the build, and anew when the votes, the rule or the stake have changed."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest.networks import networks
from ingest.publication import build
from questions import ballots
from questions.proposals import proposals
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from store.rows import Facts
from tests.worlds.hamlet import address
from tests.worlds.tables import tables

pytestmark = pytest.mark.slow


@pytest.fixture
def village(hamlet: Path, tmp_path: Path) -> Path:
    """The small world, for a test that goes on with it."""
    shutil.copytree(hamlet, tmp_path / "village")
    return tmp_path / "village"


def restaked(village: Path) -> None:
    """An hour later the last of the validators has more than all others together."""
    with opened(village) as mart:
        query = "SELECT file FROM newest WHERE network = 'akash' AND reading = 'validators'"
        path = village / "landing" / str(mart.table(query)["file"].item())
    landing = Landing(village)
    (before,) = [one.snapshot for one in contents(path)]
    rows = landing.read(path, before.key)
    larger = pl.when(pl.col("holder") == address("akashvaloper", 11)).then(10**15).otherwise(pl.col("amount"))
    rows = rows.with_columns(larger.cast(pl.Decimal(38, 0)).alias("amount"))
    block = replace(before.block, height=before.block.height + 600, time=before.block.time + timedelta(hours=1))
    total = {"validators": int(rows["amount"].sum())}
    landing.land(replace(before, block=block, reported=total), Facts(rows, reported=total))


def test_the_mart_has_what_the_chains_rule_gives(hamlet: Path) -> None:
    with opened(hamlet) as mart:
        kept = mart.table("FROM flip").rows_by_key(("network", "chain_id", "proposal", "route"), named=True)
        found = [ballots.turned(mart, one) for one in proposals(mart)]
        told = {
            (one.proposal.network, one.proposal.chain_id, one.proposal.number, route): flip
            for one, flips in filter(None, found)
            for route, flip in flips.items()
            if one.proposal.is_open
        }
    assert told.keys() <= kept.keys()
    assert any(told.values())
    for place, flip in told.items():
        (row,) = kept[place]
        assert row["fewest"] == (flip.fewest if flip else None)
        assert tuple(json.loads(row["voters"])) == (flip.voters or () if flip else ())[: ballots.NAMED]


def test_what_a_build_counts_over_other_stake_is_what_a_rebuild_counts(village: Path) -> None:
    before = tables(village)
    restaked(village)
    build(village, networks())
    again = tables(village)
    assert not again["recount"].equals(before["recount"])
    build(village, networks(), afresh=True)
    afresh = tables(village)
    for table in ("flip", "recount"):
        assert again[table].height > 0
        assert again[table].equals(afresh[table]), table


def test_a_build_with_nothing_new_leaves_what_was_counted(village: Path) -> None:
    before = tables(village)
    build(village, networks())
    again = tables(village)
    assert all(again[table].equals(before[table]) for table in ("flip", "recount"))
