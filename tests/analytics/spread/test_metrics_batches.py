"""What is measured of a distribution does not depend on what else is measured: equal bit for bit, in any company."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.spread.backend import NUMPY
from analytics.spread.batches import Ints, Threshold
from analytics.spread.groups import widths
from analytics.spread.metrics import METRICS, Measured, measure
from ingest.publication import build
from store.landing import Landing
from store.mart import opened
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.worlds.examples import examples

CHANCE = np.random.default_rng(7)
RULE = Threshold(334, 1000, strict=False)
# From one holder to more than a block holds, most of them small.
SIZES = np.append(np.exp(CHANCE.uniform(0, np.log(20_000), 398)).astype(np.int64), [40_000, 70_000])
AMOUNTS = (CHANCE.lognormal(0, 2.5, int(SIZES.sum())) * 1e9).astype(np.int64)
STARTS = np.append(0, np.cumsum(SIZES))
NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)


def words(amounts: Ints) -> Ints:
    """Amounts of up to 30 digits, in two words each."""
    return np.stack([amounts * 2**31, amounts >> 12], axis=1)


def together(amounts: Ints, groups: list[int]) -> Measured:
    """Some of the groups, in this order."""
    chosen = [amounts[STARTS[group] : STARTS[group + 1]] for group in groups]
    offsets = np.append(0, np.cumsum(SIZES[groups]))
    return measure(np.concatenate(chosen), offsets, thresholds=[RULE], on=NUMPY)


def differing(found: Measured, alone: dict[int, Measured], groups: list[int]) -> list[tuple[str, int]]:
    """Which numbers are not the same as when their group is measured by itself."""
    return [
        (name, group)
        for place, group in enumerate(groups)
        for name, values in alone[group].values.items()
        if not np.array_equal(values, found.values[name][place : place + 1], equal_nan=True)
    ]


@pytest.fixture(scope="module", params=["one word", "two words"])
def measured(request: pytest.FixtureRequest) -> tuple[Ints, dict[int, Measured]]:
    amounts = AMOUNTS if request.param == "one word" else words(AMOUNTS)
    return amounts, {group: together(amounts, [group]) for group in range(len(SIZES))}


@pytest.mark.slow
def test_400_groups_have_the_same_numbers_alone_and_together(measured: tuple[Ints, dict[int, Measured]]) -> None:
    amounts, alone = measured
    groups = list(range(len(SIZES)))
    assert differing(together(amounts, groups), alone, groups) == []
    assert differing(together(amounts, groups[::-1]), alone, groups[::-1]) == []


@pytest.mark.slow
@examples(25)
@given(st.lists(st.integers(0, len(SIZES) - 1), min_size=1, max_size=12, unique=True))
def test_any_of_them_in_any_order_keep_their_numbers(
    measured: tuple[Ints, dict[int, Measured]], groups: list[int]
) -> None:
    amounts, alone = measured
    assert differing(together(amounts, groups), alone, groups) == []


def test_a_group_is_padded_by_its_own_size_alone_and_by_less_than_itself() -> None:
    sizes = np.arange(1, 200_000)
    wide = widths(sizes, NUMPY)
    np.testing.assert_array_equal(
        wide[::999], [int(widths(sizes[i : i + 1], NUMPY)[0]) for i in range(0, 199_999, 999)]
    )
    assert (wide >= sizes).all()
    assert (wide < 2 * sizes).all()
    # Few widths a doubling, so that groups share their blocks; a row that fills a block is not padded.
    assert len(np.unique(wide[sizes < 2**15])) < 60
    assert (wide[sizes > 2**15] == sizes[sizes > 2**15]).all()


def stake(height: int, holders: int) -> tuple[Snapshot, Facts]:
    chance = np.random.default_rng(height)
    amounts = (chance.lognormal(0, 2.5, holders) * 1e9).astype(np.int64).tolist()
    snapshot = Snapshot(
        network="akash",
        chain_id="akashnet-2",
        reading="validators",
        kind=Kind.HOLDINGS,
        measure=Measure.STAKE,
        unit="uakt",
        block=Block(height, "AB", NOON + timedelta(hours=height)),
        method="Bonded tokens by validator.",
        endpoint="http://127.0.0.1",
    )
    rows = holdings(("validators", f"val{place}", amount) for place, amount in enumerate(amounts))
    # Of the second a tenth is at addresses that were not read, so that its numbers have bounds.
    reported = {"validators": sum(amounts) * 10 // 9} if height == 2 else {}
    return snapshot, Facts(rows, reported=reported)


def metrics(data: Path) -> list[tuple[Any, ...]]:
    with opened(data) as mart:
        return mart.table(
            """
            SELECT s.height, m.metric, m.grouping, m.value, m.low, m.high, m.method_version
            FROM metric m JOIN snapshot s ON s.id = m.snapshot ORDER BY ALL
            """
        ).rows()


@pytest.mark.slow
def test_hourly_builds_publish_bit_for_bit_what_a_rebuild_publishes(tmp_path: Path) -> None:
    for height, holders in enumerate((100, 97, 120), start=1):
        Landing(tmp_path).land(*stake(height, holders))
        build(tmp_path, {})
    hourly = metrics(tmp_path)
    build(tmp_path, {}, afresh=True)
    assert {name for _, name, *_ in hourly} == set(METRICS)
    assert [row for row in hourly if row not in metrics(tmp_path)] == []
