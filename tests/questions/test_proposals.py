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
