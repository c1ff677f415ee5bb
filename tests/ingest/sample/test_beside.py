"""What the sample tells beside distributions is what the networks' own gates take."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ingest.networks import networks
from ingest.sample.world import _beside, _holdings, readings
from store.rows import SCHEMAS, Kind

pytestmark = pytest.mark.wide

END = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_chain_tells_proposals_with_counts_and_the_votes_of_the_newest() -> None:
    told = {snapshot.reading: (snapshot, facts) for snapshot, facts in _beside(networks()["akash"], END, 1)}
    for snapshot, facts in told.values():
        assert snapshot.simulated
        assert snapshot.block.time == END
        assert facts.rows.schema == SCHEMAS[snapshot.kind]
    (proposals,) = (facts.rows for one, facts in told.values() if one.kind is Kind.PROPOSALS)
    (votes,) = (facts.rows for one, facts in told.values() if one.kind is Kind.VOTES)
    assert proposals.filter(status="voting_period")["proposal"].to_list() == proposals["proposal"].to_list()[-1:]
    assert set(votes["proposal"]) <= set(proposals["proposal"])
    assert (proposals.select(pl.sum_horizontal("yes", "no", "abstain", "no_with_veto"))["yes"] > 0).all()


def test_what_is_told_beside_distributions_passes_the_gate_of_its_network_in_every_family() -> None:
    families = set()
    for network in (one for one in networks().values() if one.address):
        told = [facts.rows for _, facts in _beside(network, END, 1)]
        assert not any(rows.is_empty() for rows in told), network.name
        families |= {network.address.partition(":")[0]} if told else set()
    assert families == {"bech32", "ss58", "hex", "f0", "base58", "base64url"}


def test_prices_are_told_of_every_day_by_each_source() -> None:
    for _, facts in _beside(networks()["prices"], END, 1):
        assert facts.rows["time"].max() == END
        assert facts.rows.filter(time=END - timedelta(days=90)).height > 0
        assert (facts.rows["value"] > 0).all()


def test_what_is_with_each_validator_adds_up_to_all_that_is_bonded() -> None:
    one = next(one for one in readings() if (one.network.name, one.reading.name) == ("akash", "emission"))
    snapshot, facts = _holdings(one, END, 0)
    assert snapshot.since == END - timedelta(days=1)
    sums = dict(facts.rows.group_by("population").agg(pl.col("amount").sum()).iter_rows())
    assert sums.keys() == {"stakers", "pool"}
    assert facts.reported == {name: int(total) for name, total in sums.items()}
