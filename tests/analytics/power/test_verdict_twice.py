"""A second, slower reading of docs/verdicts.md, written apart from the first: both must agree on random evidence."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.power.paths import Action, Path, Quorum, Side
from analytics.power.verdict import Axis, Blank, Confidence, Evidence, Math, Power, Setting, State, verdict
from tests.worlds.examples import examples


def other_word(number: float, factor: float = 1) -> str:
    if number < 2 * factor:
        return "one party"
    if number < 5 * factor:
        return "a handful"
    return "a committee" if number < 15 * factor else "broad"


def other_letter(sure: Confidence) -> str:
    if not sure.verifiable:
        return "X"
    missing = [not sure.census, not sure.total_matches, not sure.endpoints_agree, sure.reviewed < 0.8]
    if sum(missing) > 1 or sure.coverage < 0.95 or sure.reviewed < 0.5:
        return "C"
    return "B" if any(missing) else "A"


def other_count(path: Path) -> int:
    """By looking at every set of parties, smallest first."""
    everybody = sorted(set(chain(*(need.votes for need in path.needs))))
    for size in range(len(everybody) + 1):
        for chosen in combinations(everybody, size):
            if all(sum(need.votes.get(party, 0) for party in chosen) >= need.need for need in path.needs):
                return size
    raise AssertionError("a quorum that all together miss")


def other_number(paths: tuple[Path, ...], side: Side) -> int | None:
    ours = [path for path in paths if path.side == side]
    counts = [other_count(path) for path in ours if not path.missing]
    if not counts or (any(path.missing for path in ours) and min(counts) > 1):
        return None
    return min(counts)


def other_text(numbers: dict[Setting, float | None], sure: Confidence, headline: Setting) -> str:
    """What is printed, up to the reason of a silence."""
    letter, number = other_letter(sure), numbers[headline]
    if letter == "X":
        return "not verifiable"
    if number is None:
        return "not rated"
    nearby = [other_word(number), other_word(number, 1.5)]
    for setting, value in numbers.items():
        apart = (setting.grouping != headline.grouping, setting.custodians != headline.custodians,
                 setting.floor != headline.floor, setting.threshold != headline.threshold,
                 setting.day != headline.day)  # fmt: skip
        if value is not None and apart.count(True) == 1 and any(apart[:3]):
            nearby.append(other_word(value))
    ordered = [name for name in ("one party", "a handful", "a committee", "broad") if name in nearby]
    if len(ordered) == 1:
        return f"{ordered[0]} ({letter})"
    return "borderline: " + ", ".join(ordered)[::-1].replace(" ,", " ro ", 1)[::-1] + f" ({letter})"


def other_stable(numbers: dict[Setting, float | None], headline: Setting) -> tuple[int, int]:
    wanted = other_word(numbers[headline] or 0)
    return sum(value is not None and other_word(value) == wanted for value in numbers.values()), len(numbers)


def check(axis: Axis, numbers: dict[Setting, float | None], sure: Confidence, headline: Setting) -> None:
    expected = other_text(numbers, sure, headline)
    assert axis.text.split(": ")[0] == expected if expected.startswith("not ") else axis.text == expected
    if axis.state is State.RATED:
        assert axis.number == numbers[headline]
        assert axis.stable == other_stable(numbers, headline)
        assert axis.letter == other_letter(sure)
    else:
        assert axis.number is None


setting = st.builds(
    Setting,
    grouping=st.sampled_from(["control", "address", "ownership"]),
    custodians=st.sampled_from(["in", "out"]),
    floor=st.sampled_from(["none", "1"]),
    threshold=st.sampled_from(["the chain's", "2/3"]),
    day=st.integers(0, 2),
)
sure = st.builds(
    Confidence,
    *[st.booleans()] * 3,
    reviewed=st.sampled_from([0.0, 0.49, 0.5, 0.79, 0.8, 1.0]),
    coverage=st.sampled_from([0.9, 0.95, 1.0]),
    verifiable=st.sampled_from([True, True, True, False]),
)
number = st.sampled_from([1.0, 1.99, 2.0, 2.9, 3.0, 4.9, 5.0, 7.4, 7.5, 14.9, 15.0, 22.4, 22.5, 300.0])
quorum = st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 5), min_size=1).flatmap(
    lambda votes: st.integers(1, sum(votes.values())).map(lambda need: Quorum(votes, need))
)
known = st.builds(
    Path,
    st.sampled_from(list(Action)),
    st.sampled_from(list(Side)),
    st.just("way"),
    st.lists(quorum, min_size=1, max_size=3).map(tuple),
    st.booleans(),
)
unknown = st.builds(
    Path.unknown,
    st.sampled_from(list(Action)),
    st.sampled_from(list(Side)),
    st.just("way"),
    st.just("not published"),
)
paths = st.lists(st.one_of(known, known, known, unknown), max_size=3).map(tuple)


@examples(200)
@given(st.dictionaries(setting, number, max_size=8), number, setting, sure)
def test_math_is_read_twice_alike(
    numbers: dict[Setting, float], first: float, headline: Setting, certain: Confidence
) -> None:
    numbers = {**numbers, headline: first}
    found = verdict(Evidence("n", "m", Math(numbers, certain, headline), Blank(State.NOT_READ, "x")))
    check(found.math, dict(numbers), certain, headline)


@pytest.mark.slow
@examples(100)
@given(st.dictionaries(setting, paths, max_size=2), paths, setting, sure)
def test_power_is_read_twice_alike(
    others: dict[Setting, tuple[Path, ...]], first: tuple[Path, ...], headline: Setting, certain: Confidence
) -> None:
    all_paths = {**others, headline: first}
    found = verdict(Evidence("n", "m", Blank(State.NOT_READ, "x"), Power(all_paths, certain, headline)))
    for axis, side in ((found.force, Side.FORCE), (found.stop, Side.STOP)):
        counts = {at: other_number(ways, side) for at, ways in all_paths.items()}
        check(axis, {at: None if n is None else float(n) for at, n in counts.items()}, certain, headline)
        if axis.path is not None:
            assert axis.path in first
            assert len(axis.parties) == other_count(axis.path)
            for need in axis.path.needs:
                assert sum(need.votes.get(party, 0) for party in axis.parties) >= need.need
