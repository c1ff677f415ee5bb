"""Root dividends of Bittensor: claimable, claimed, and still unclaimed."""

from pathlib import Path

import pytest

from ingest.bittensor.root import root_dividends
from store.faults import SourceChanged
from store.impossible import check
from store.rows import Kind
from tests.ingest.substrate.test_node import at_head
from tests.worlds.bittensor_world import World, u, vec
from tests.worlds.memo import no_memo
from tests.worlds.substrate_server import Node, blob

FIXED = 2**32


def test_what_was_claimed_is_taken_off_what_the_rate_grants_position_by_position(runtime: bytes) -> None:
    made = World(Node(runtime, 424))
    made.subnet(3)
    made.root()
    made.stakes()
    whale, parts = made.whale, made.shares[made.whale, 0]
    # Half an alpha for each TAO on subnet 3; a rate for a subnet that is gone is left out.
    rates = vec(
        u(16, netuid) + rate.to_bytes(16, "little", signed=True) for netuid, rate in ((3, FIXED // 2), (99, FIXED))
    )
    made.put("RootClaimable", [whale], rates)
    total, staked = sum(parts.values()), made.alpha[whale, 0]
    owed = {coldkey: staked * part // total // 2 for coldkey, part in parts.items()}
    first, second = list(parts)[:2]
    made.put("RootClaimed", [u(16, 3), whale, first], u(128, owed[first]))
    made.put("RootClaimed", [u(16, 3), whale, second], u(128, owed[second] + 10**12))
    with at_head(made.node) as node:
        facts = root_dividends(node, no_memo)
        check(facts, Kind.OBSERVATIONS)
        found = {name: exact for name, subject, exact in facts.rows.select("name", "subject", "exact").iter_rows()}
    assert int(found["root_claimable"]) == pytest.approx(sum(owed.values()), abs=len(owed))
    assert int(found["root_claimed"]) == owed[first] + owed[second] + 10**12
    rest = sum(amount for coldkey, amount in owed.items() if coldkey not in (first, second))
    assert int(found["root_unclaimed"]) == pytest.approx(rest, abs=len(owed))
    assert float(found["root_coverage"]) == 1.0


def test_a_runtime_that_pays_root_dividends_at_once_is_named(shared: Path) -> None:
    with at_head(Node(blob(shared, 240), 240)) as node, pytest.raises(SourceChanged, match="runtime 240"):
        root_dividends(node, no_memo)
