"""What every metric must obey, from registration alone: a new one is covered the moment it is registered."""

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import array_api_strict
import numpy as np
import pytest

from analytics.spread.backend import CPU_CELLS, NUMPY, Backend, working_cupy
from analytics.spread.batches import Batch, Floats, Threshold, fewest
from analytics.spread.groups import exact_amounts
from analytics.spread.metrics import METRICS, Reads, gini, measure, metric

METRICS_PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
STRICT = Backend("array_api_strict", array_api_strict, CPU_CELLS)
EXACT, CLOSE = 0.0, 1e-12
Amounts = Sequence[int]


def samples() -> list[list[int]]:
    """Small and large, equal and steep, with dust and without; the same every time."""
    chance = random.Random(7)
    found = [[1], [1, 1], [1, 1, 2], [5] * 7, [10**27] * 12, [1] * 40 + [10**9], [2**62, 2**62, 2**62]]
    for size in (2, 3, 5, 12, 33, 100):
        found.append([chance.randrange(1, 50) for _ in range(size)])
        found.append([int(chance.paretovariate(1.16) * 10**6) for _ in range(size)])
        found.append([int(chance.lognormvariate(0, 2.5) * 10**24) + 1 for _ in range(size)])
    return found


SAMPLES = samples()


def table(groups: Sequence[Amounts], on: Backend = NUMPY) -> dict[str, Floats]:
    """Every metric of every group, measured together."""
    offsets = np.cumsum([0, *(len(group) for group in groups)])
    return measure(exact_amounts([amount for group in groups for amount in group]), offsets, on=on).values


def tolerance(name: str) -> float:
    """Counts are exact; sums of floats are not."""
    return EXACT if name.startswith("nc_") else CLOSE


def same(name: str, found: Floats, expected: Floats) -> None:
    np.testing.assert_allclose(found, expected, rtol=tolerance(name), atol=tolerance(name), err_msg=name)


def stays_within_bounds() -> None:
    for name, values in table(SAMPLES).items():
        low, high = METRICS[name].bounds
        defined = values[~np.isnan(values)]
        assert len(defined), name
        assert (defined >= low - CLOSE).all(), name
        assert high is None or (defined <= high * (1 + CLOSE)).all(), name


def ignores_order() -> None:
    chance = random.Random(3)
    shuffled = [chance.sample(amounts, len(amounts)) for amounts in SAMPLES]
    for name, values in table(shuffled).items():
        np.testing.assert_array_equal(values, table(SAMPLES)[name], err_msg=name)


def ignores_the_unit() -> None:
    in_small_units = [[1_000 * amount for amount in amounts] for amounts in SAMPLES]
    for name, values in table(in_small_units).items():
        same(name, values, table(SAMPLES)[name])


def ignores_zeros_unless_named_all() -> None:
    with_zeros = [[0, *amounts, 0, 0] for amounts in SAMPLES]
    for name, values in table(with_zeros).items():
        if name.endswith("_all"):
            assert (values > table(SAMPLES)[name]).all(), name
        else:
            same(name, values, table(SAMPLES)[name])


def ignores_its_neighbours() -> None:
    together = table(SAMPLES)
    for index, amounts in enumerate(SAMPLES):
        for name, alone in table([amounts]).items():
            np.testing.assert_array_equal(alone, together[name][index : index + 1], err_msg=name)


def is_undefined_for_nothing() -> None:
    for name, values in table([[], [0], [0, 0]]).items():
        assert np.isnan(values).all(), name


def never_looks_more_spread_when_two_merge() -> None:
    merged = [[amounts[0] + amounts[-1], *amounts[1:-1]] for amounts in SAMPLES if len(amounts) > 1]
    apart = table([amounts for amounts in SAMPLES if len(amounts) > 1])
    for name, values in table(merged).items():
        if METRICS[name].merge_proof:
            assert (concentration(name, values) >= concentration(name, apart[name]) - CLOSE).all(), name


def never_looks_more_concentrated_when_the_rich_give_to_the_poor() -> None:
    """Pigou-Dalton: a transfer that leaves the giver no poorer than the receiver was."""
    before, after = [], []
    for amounts in SAMPLES:
        rich, poor = max(amounts), min(amounts)
        if rich - poor > 1:
            kept = sorted(amounts)[1:-1]
            before.append(amounts)
            after.append([poor + (rich - poor) // 2, *kept, rich - (rich - poor) // 2])
    apart = table(before)
    for name, values in table(after).items():
        assert (concentration(name, values) <= concentration(name, apart[name]) + CLOSE).all(), name


def concentration(name: str, values: Floats) -> Floats:
    """Values turned so that more means more concentrated; scaled to one where large."""
    scaled = np.nan_to_num(values / (METRICS[name].bounds[1] or 1.0))
    turned: Floats = -scaled if METRICS[name].reads is Reads.SPREAD else scaled
    return turned


def counts_what_its_name_says() -> None:
    """nc_gt_1_3 needs more than a third, nc_ge_1_3 a third or more, in whole numbers."""
    groups = [*SAMPLES, *([1] * n for n in range(1, 60))]
    for name, values in table(groups).items():
        if rule := re.match(r"nc_(gt|ge)_(\d+)_(\d+)", name):
            counted = Threshold(int(rule[2]), int(rule[3]), strict=rule[1] == "gt")
            expected = [fewest(amounts, counted.need(sum(amounts))) for amounts in groups]
            np.testing.assert_array_equal(values, expected, err_msg=name)


def is_the_whole_for_a_lone_holder_if_it_is_a_share() -> None:
    """A part of the whole is told in per cent; an index up to 1, such as Gini's, is none."""
    for name, values in table([[7]]).items():
        if METRICS[name].share:
            assert values.tolist() == [1], name


def is_the_same_on_a_strict_array_library() -> None:
    for name, values in table(SAMPLES, STRICT).items():
        same(name, values, table(SAMPLES)[name])


PROPERTIES: tuple[Callable[[], None], ...] = (
    stays_within_bounds,
    ignores_order,
    ignores_the_unit,
    ignores_zeros_unless_named_all,
    ignores_its_neighbours,
    is_undefined_for_nothing,
    never_looks_more_spread_when_two_merge,
    never_looks_more_concentrated_when_the_rich_give_to_the_poor,
    counts_what_its_name_says,
    is_the_whole_for_a_lone_holder_if_it_is_a_share,
    is_the_same_on_a_strict_array_library,
)


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_every_metric(holds: Callable[[], None]) -> None:
    holds()


def squares_of_parts(batch: Batch) -> Floats:
    """Fault: squares of parts of the largest, not of the total."""
    return 10_000 * batch.squares


def mean_place(batch: Batch) -> Floats:
    """Fault: the padding counts as holders."""
    return batch.ranks / batch.sum / float(batch.units.shape[-1])


def nc_ge_1_2(batch: Batch) -> Floats:
    """Fault: shares are added up as floats, as peers do."""
    shares = np.cumsum(batch.units[:, ::-1] / np.sum(batch.units, axis=-1, keepdims=True), axis=-1)
    return np.asarray(np.count_nonzero(shares < 0.5, axis=-1) + 1.0 + 0 * batch.holders)


def gini_as_headline(batch: Batch) -> Floats:
    """Fault: Gini said to be merge-proof; {1, 1, 2} and its merged {2, 2} say that it is not."""
    return gini(batch)


def gini_as_a_share(batch: Batch) -> Floats:
    """Fault: Gini in per cent."""
    return gini(batch)


@pytest.mark.parametrize(
    ("fault", "reads", "caught_by"),
    [
        (squares_of_parts, Reads.CONCENTRATED, stays_within_bounds),
        (mean_place, Reads.CONCENTRATED, ignores_zeros_unless_named_all),
        (nc_ge_1_2, Reads.SPREAD, counts_what_its_name_says),
        (gini_as_headline, Reads.CONCENTRATED, never_looks_more_spread_when_two_merge),
        (gini_as_a_share, Reads.CONCENTRATED, is_the_whole_for_a_lone_holder_if_it_is_a_share),
    ],
)
def test_planted_faults_are_caught(
    fault: Callable[[Batch], Floats], reads: Reads, caught_by: Callable[[], None]
) -> None:
    with patch.dict(METRICS, clear=True):
        metric("Fault", reads=reads, bounds=(0, 10_000), share=fault is gini_as_a_share)(fault)
        with pytest.raises(AssertionError, match=fault.__name__):
            caught_by()


def test_every_metric_has_a_title_a_sentence_and_a_paragraph() -> None:
    text = METRICS_PAGE.read_text()
    paragraphs = dict(re.findall(r"^### `(\w+)`[^\n]*\n(.*?)(?=^##|\Z)", text, flags=re.M | re.S))
    assert paragraphs.keys() == METRICS.keys()
    for name, paragraph in paragraphs.items():
        assert METRICS[name].meaning.endswith((".", ";")), name
        for part in ("Formula:", "Reference:", "A high value says", "It cannot say"):
            assert part in " ".join(paragraph.split()), f"{name} lacks {part!r}"


def test_shares_and_no_indices_are_told_in_per_cent() -> None:
    """A share says so in its title: one that is told as an index, or an index as a share, has the other's words."""
    told = {name for name, metric in METRICS.items() if metric.share}
    assert told == {name for name, metric in METRICS.items() if "share" in metric.title.lower()}
    assert all(METRICS[name].bounds == (0, 1) for name in told)
    assert {"top_1", "top_3", "top_10"} <= told


def test_a_metric_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="gini is registered twice"):
        metric("Again", reads=Reads.CONCENTRATED, bounds=(0, 1))(METRICS["gini"].of)


@pytest.mark.gpu
def test_every_metric_is_the_same_on_a_gpu() -> None:
    on = working_cupy()
    if on.name != "cupy":
        pytest.skip(f"no CUDA device: {on.reason}")
    for name, values in table(SAMPLES, on).items():
        same(name, values, table(SAMPLES)[name])
