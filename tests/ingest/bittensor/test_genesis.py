"""Finney's genesis (March 2023), from the chain's own snapshot file: decentralization on the first day."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.spread.metrics import distribution
from ingest.bittensor.genesis import finney_genesis
from store.rows import BadData, Facts, Measure, SourceChanged, check

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ALICE_KEY = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"


@pytest.fixture(scope="module")
def parts(shared: Path) -> dict[str, Facts]:
    packed = (shared / "bittensor" / "finney_genesis_snapshot.json.gz").read_bytes()
    found = {}
    for name, kind, _, unit, facts in finney_genesis(json.loads(gzip.decompress(packed)), "rao"):
        check(facts, kind)
        assert unit == "rao"
        found[name] = facts
    return found


def amounts(facts: Facts, population: str) -> list[int]:
    return [int(amount) for amount in facts.rows.filter(pl.col("population") == population)["amount"]]


@pytest.mark.slow
def test_stake_at_genesis_is_the_published_distribution(parts: dict[str, Facts]) -> None:
    stake = amounts(parts["stake"], "coldkeys")
    assert (len(stake), sum(1 for amount in stake if amount)) == (371, 370)
    assert sum(stake) == sum(amounts(parts["stake"], "hotkeys"))
    found = distribution(stake)
    assert found["gini_all"] == pytest.approx(0.810, abs=5e-4)
    assert found["top_10"] == pytest.approx(0.405, abs=5e-4)
    assert found["nc_gt_1_2"] == 17


def test_balances_at_genesis_show_why_gini_is_no_headline(parts: dict[str, Facts]) -> None:
    free = amounts(parts["balances"], "coldkeys")
    assert len(free) == 18_618
    assert distribution(free)["gini"] == pytest.approx(0.98, abs=5e-3)
    assert distribution(free)["effective_parties"] == pytest.approx(62, abs=0.5)
    large = distribution([amount for amount in free if amount > 100 * 10**9])
    assert large["gini"] == pytest.approx(0.84, abs=5e-3)
    assert large["effective_parties"] == pytest.approx(56.4, abs=0.05)


def test_addresses_are_stored_as_public_keys() -> None:
    stake, balances = finney_genesis({"stakes": {ALICE: {ALICE: [5, 0]}}, "balances": {ALICE: 7}}, "rao")
    assert (stake[2], balances[2]) == (Measure.STAKE, Measure.TOKEN)
    assert balances[4].rows.rows() == [("coldkeys", ALICE_KEY, 7)]


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"balances": {}}, SourceChanged),
        ({"stakes": {}, "balances": {"5Nonsense": 1}}, BadData),
        ({"stakes": {}, "balances": {ALICE: -1}}, BadData),
        ({"stakes": {ALICE: {ALICE: ["5", 0]}}, "balances": {}}, BadData),
    ],
)
def test_a_snapshot_that_cannot_be_true_is_refused(document: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        finney_genesis(document, "rao")
