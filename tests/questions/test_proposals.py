"""Proposals are held against the rule by which their network says that it decides."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.networks import networks
from ingest.publication import build
from questions.proposals import proposals
from store.landing import Landing
from store.mart import opened
from store.rows import Decision
from tests.worlds.hamlet import cosmos


@pytest.mark.parametrize("decision", [Decision.STAKE_TALLY, None])
def test_a_proposal_has_a_quorum_where_its_network_counts_stake(tmp_path: Path, decision: Decision | None) -> None:
    for snapshot, facts in cosmos(datetime(2026, 7, 17, tzinfo=UTC), 1):
        Landing(tmp_path).land(snapshot, facts)
    build(tmp_path, {"akash": replace(networks()["akash"], decision=decision)})
    with opened(tmp_path) as mart:
        found = [one for one in proposals(mart) if one.network == "akash"]
    assert found
    assert all((one.rule is not None) == (decision is not None) for one in found)
