"""Bounds hold the true value, and are attained: nothing narrower would hold it."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.spread.batches import Threshold
from analytics.spread.bounds import Interval, completed, entity_bounds, holder_bounds, partly_read
from analytics.spread.groups import exact_amounts, nearest_parts
from analytics.spread.metrics import METRICS, distribution, measure
from tests.worlds.examples import examples

QUORUM = Threshold(334, 1000, strict=False)
SMALL = st.lists(st.integers(1, 12), min_size=1, max_size=4)


def partitions(rest: int, most: int) -> Iterator[list[int]]:
    """All ways to write `rest` as a sum of pieces of at most `most`."""
    if rest == 0:
        yield []
    for piece in range(1, min(rest, most) + 1):
        for others in partitions(rest - piece, piece):
            yield [piece, *others]


def shared_out(seen: Sequence[int], rest: int) -> Iterator[list[int]]:
    """All ways in which seen entities may hold parts of the rest, and new ones what is left."""
    if not seen:
        yield from partitions(rest, rest)
        return
    for more in range(rest + 1):
        for others in shared_out(seen[1:], rest - more):
            yield [seen[0] + more, *others]


def ends(completions: Sequence[Sequence[int]]) -> dict[str, Interval]:
    """Least and largest value of every metric over all completions."""
    offsets = np.cumsum([0, *(len(amounts) for amounts in completions)])
    flat = exact_amounts([amount for amounts in completions for amount in amounts])
    values = measure(flat, offsets, thresholds=[QUORUM]).values
    defined = {name: value[~np.isnan(value)] for name, value in values.items()}
    return {name: (value.min(), value.max()) for name, value in defined.items() if len(value)}


def are_sharp(bounds: Mapping[str, Interval], completions: Sequence[Sequence[int]]) -> None:
    attained = ends(completions)
    assert bounds.keys() >= {name for name, metric in METRICS.items() if metric.merge_proof} | {QUORUM.name}
    for name, bound in bounds.items():
        if name in attained:
            assert bound == pytest.approx(attained[name], rel=1e-9, abs=1e-9), name


@examples(40)
@given(seen=SMALL, rest=st.integers(0, 6))
def test_bounds_of_entities_are_the_ends_of_all_completions(seen: list[int], rest: int) -> None:
    bounds = entity_bounds(seen, sum(seen) + rest, thresholds=[QUORUM])
    are_sharp(bounds, list(shared_out(seen, rest)))


@examples(40)
@given(seen=SMALL, rest=st.integers(0, 12))
def test_bounds_of_a_true_top_list_are_the_ends_of_all_completions(seen: list[int], rest: int) -> None:
    most = min(seen)
    bounds = holder_bounds(seen, sum(seen) + rest, most, thresholds=[QUORUM])
    are_sharp(bounds, [[*seen, *unseen] for unseen in partitions(rest, most)])


@examples(40)
@given(seen=SMALL, data=st.data())
def test_a_known_number_of_holders_bounds_gini_too(seen: list[int], data: st.DataObject) -> None:
    unseen = data.draw(st.lists(st.integers(1, min(seen)), max_size=5))
    bounds = holder_bounds(
        seen, sum(seen) + sum(unseen), min(seen), parties=len(seen) + len(unseen), thresholds=[QUORUM]
    )
    assert bounds.keys() == METRICS.keys() | {QUORUM.name}
    same_number = [found for found in partitions(sum(unseen), min(seen)) if len(found) == len(unseen)]
    are_sharp(bounds, [[*seen, *found] for found in same_number])


@pytest.mark.parametrize("seed", range(8))
def test_the_truth_lies_within_whatever_the_labels_are(seed: int) -> None:
    chance = random.Random(seed)
    balances = sorted((int(chance.paretovariate(1.1) * 10**24) for _ in range(400)), reverse=True)
    owners = [chance.randrange(chance.choice([3, 40, 400])) for _ in balances]
    read = chance.randrange(1, 400)
    by_address = holder_bounds(balances[:read], sum(balances), balances[read - 1])
    within(distribution(balances), by_address)
    by_owner = entity_bounds(merged(balances[:read], owners), sum(balances))
    within(distribution(merged(balances, owners)), by_owner)


def merged(balances: Sequence[int], owners: Sequence[int]) -> list[int]:
    held: dict[int, int] = {}
    for owner, balance in zip(owners, balances, strict=False):
        held[owner] = held.get(owner, 0) + balance
    return list(held.values())


def within(truth: Mapping[str, float], bounds: Mapping[str, Interval]) -> None:
    for name, (low, high) in bounds.items():
        assert low * (1 - 1e-9) - 1e-9 <= truth[name] <= high * (1 + 1e-9) + 1e-9, name


def test_full_coverage_leaves_no_room() -> None:
    for name, (low, high) in entity_bounds([5, 3, 2], 10).items():
        assert low == pytest.approx(high), name
        assert low == pytest.approx(distribution([5, 3, 2])[name]), name


def test_more_coverage_never_widens_bounds() -> None:
    balances = [2**k for k in range(30, 0, -1)]
    found = [holder_bounds(balances[:read], sum(balances), balances[read - 1]) for read in range(1, 30)]
    for fewer, more in pairwise(found):
        for name in more:
            assert fewer[name][0] <= more[name][0] * (1 + 1e-12), name
            assert more[name][1] <= fewer[name][1] * (1 + 1e-12), name


def test_unseen_dust_of_26_digits_is_counted() -> None:
    low, high = holder_bounds([10**26], 4 * 10**26, 10**26)["nc_gt_1_2"]
    assert (low, high) == (3, float(10**26 + 2))


@pytest.mark.parametrize("rest", [10**3, 2**53, 2**53 + 1, 10**18, 10**27])
def test_the_largest_are_those_above_the_dust_however_much_of_it_there_is(rest: int) -> None:
    found = completed([7, 5, 4, 4], rest)
    for name, held in (("top_1", 7), ("top_3", 16), ("top_10", 26)):
        assert found[name] == pytest.approx(held / (20 + rest), rel=1e-15), name
    assert found["min_entropy"] == pytest.approx(math.log2((20 + rest) / 7), rel=1e-15)


def test_metrics_of_a_scattered_rest_count_it_in_the_total() -> None:
    assert completed([4, 3, 2, 1], 0) == pytest.approx(distribution([4, 3, 2, 1]))
    assert completed([30, 20], 50)["top_1"] == 0.3
    assert completed([30, 20], 50)["nc_gt_1_2"] == 3
    assert completed([30, 20], 50) == pytest.approx(distribution([30, 20] + [1] * 50))


def test_nothing_has_no_bounds() -> None:
    assert all(math.isnan(end) for interval in entity_bounds([], 0).values() for end in interval)


def test_impossible_completions_are_refused() -> None:
    with pytest.raises(ValueError, match="more than the total"):
        entity_bounds([5, 6], 10)
    with pytest.raises(ValueError, match="an amount is negative"):
        entity_bounds([5, -6], 10)
    with pytest.raises(ValueError, match="nobody unseen may hold any"):
        holder_bounds([5, 0], 10, 0)
    with pytest.raises(ValueError, match="1 unseen holders of at most 2 each cannot hold 5"):
        holder_bounds([5, 2], 12, 2, parties=3)


HUGE = st.integers(0, 126).flatmap(lambda bits: st.integers(1, 2**bits))


@examples(200)
@given(amounts=st.lists(HUGE, min_size=1, max_size=8), more=st.integers(0, 2**60))
def test_parts_are_those_of_whole_numbers_divided_in_python(amounts: list[int], more: int) -> None:
    whole = max(amounts) + more
    words = np.array([[int.from_bytes((one & 2**64 - 1).to_bytes(8), signed=True), one >> 64] for one in amounts])
    (parts,) = nearest_parts(words, whole)
    assert parts.tolist() == [amount / whole for amount in amounts]


def test_a_part_half_way_between_two_floats_is_rounded_as_whole_numbers_are() -> None:
    """2^53 + 1 lies half way between two floats, and 2^115 + 2^62 + 1 just above such a place."""
    words = np.array([[2**53 + 1, 0], [2**62 + 1, 2**51]])
    (parts,) = nearest_parts(words, 2**116)
    assert parts.tolist() == [2.0**-63, 0.5 + 2.0**-53]


@examples(100)
@given(seen=st.lists(st.integers(0, 10**18), max_size=6), rest=st.integers(0, 10**30))
def test_a_population_read_in_part_counts_as_its_amounts_one_by_one(seen: list[int], rest: int) -> None:
    dust, bounds = partly_read(exact_amounts(seen), rest, thresholds=[QUORUM])
    assert repr(dust) == repr(completed(seen, rest, thresholds=[QUORUM]))
    largest = max(seen, default=0)
    joined = completed([*sorted(seen)[:-1], largest + rest], 0, thresholds=[QUORUM])
    assert all(repr(joined[name]) in {repr(end) for end in interval} for name, interval in bounds.items())


@examples(60)
@given(seen=st.lists(st.integers(1, 10**6), max_size=6), rest=st.integers(0, 60))
def test_a_scattered_rest_counts_as_so_many_parties_written_out(seen: list[int], rest: int) -> None:
    if not seen and not rest:
        return
    written = distribution([*seen, *[1] * rest], thresholds=[QUORUM])
    found = completed(seen, rest, thresholds=[QUORUM])
    assert found.keys() == written.keys()
    assert found == pytest.approx(written, rel=1e-12, abs=1e-12, nan_ok=True)
