"""Rule v2 read a second time, from docs/verdicts.md alone, slowly: every set of parties is tried, smallest first.

Both readings must print the same of random worlds, each of which can be made again by its number.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

import pytest

from analytics.power.confidence import Confidence
from analytics.power.count import Count, counts
from analytics.power.paths import Action, By, Fewest, Need, Path, Quorum, Side
from analytics.power.verdict import Axis, Blank, Evidence, Gate, Math, Setting, State, Verdict, verdict

COUNT_BANDS = ((2, "one party"), (3, "two parties"), (5, "a handful"), (15, "a committee"))
BANDS = ((2, "one party"), (5, "a handful"), (15, "a committee"))
ORDERED = ("one party", "a handful", "a committee", "broad")
SILENCES = [state for state in State if state is not State.RATED]
PARTIES = "ABCDwxyz"


@dataclass(frozen=True)
class Between:
    """A need that cannot be counted exactly: enough are `parties`, and no fewer than `least` or, merged, `lower`."""

    parties: tuple[str, ...]
    least: int
    lower: int

    @property
    def everybody(self) -> Collection[str]:
        return self.parties

    def fewest(self) -> Fewest:
        return Fewest(self.least, self.parties)

    def merged(self, party: Callable[[str], str]) -> "Between":
        return Between(self.parties, self.lower, self.lower)

    def eased(self, more: int) -> bool:
        return more > 0

    def beside(self, party: str) -> None:
        return None

    def labelled(self, known: Collection[str]) -> float:
        return 1.0

    def alone(self) -> frozenset[str]:
        return frozenset()

    def needed(self) -> frozenset[str]:
        return frozenset()


# The second reading.


def worded(number: float, bands: Sequence[tuple[float, str]], factor: float = 1) -> str:
    return next((name for edge, name in bands if number < edge * factor), "broad")


def letter(sure: Confidence) -> str:
    if not sure.verifiable:
        return "X"
    missing = [sure.census, sure.total_matches, sure.endpoints_agree, sure.reviewed >= 0.8].count(False)
    if missing > 1 or sure.coverage < 0.95 or sure.reviewed < 0.5:
        return "C"
    return "B" if missing else "A"


def enough(chosen: Collection[str], needs: Sequence[Need]) -> bool:
    """Whether these parties meet all needs."""
    return all(
        set(need.parties) <= set(chosen) if isinstance(need, Between)
        else sum(need.votes.get(party, 0) for party in chosen) >= need.need  # type: ignore[attr-defined]
        for need in needs
    )  # fmt: skip


def size(needs: Sequence[Quorum]) -> int:
    """Fewest parties that meet all needs, by trying every set, smallest first."""
    everybody = sorted({party for need in needs for party in need.votes})
    votes = [([need.votes.get(party, 0) for party in everybody].__getitem__, need.need) for need in needs]
    sets = (chosen for places in range(1, len(everybody) + 1) for chosen in combinations(range(len(everybody)), places))
    return next(len(chosen) for chosen in sets if all(sum(map(have, chosen)) >= need for have, need in votes))


def as_one(held: Mapping[str, int], labelled: Collection[str]) -> dict[str, int]:
    """All without a label are one party."""
    hidden = sum(much for party, much in held.items() if party not in labelled)
    return {**{party: much for party, much in held.items() if party in labelled}, "nobody knows who": hidden}


def worst(held: Sequence[Mapping[str, int]], labelled: Collection[str]) -> Iterator[list[dict[str, int]]]:
    """All without a label are one party, which is nobody else, or one of those with a label."""
    apart = [as_one(votes, labelled) for votes in held]
    yield apart
    for one in sorted({party for votes in held for party in votes if party in labelled}):
        joined = [dict(votes) for votes in apart]
        for votes in joined:
            hidden = votes.pop("nobody knows who")
            votes[one] = votes.get(one, 0) + hidden
        yield joined


@dataclass(frozen=True)
class Told:
    """One row of the table of counts."""

    state: State
    number: int | None = None
    least: int = 0
    lower: int = 0
    path: Path | None = None
    missing: tuple[Path, ...] = ()
    seconds: float = float("inf")


def silence(missing: tuple[Path, ...], blank: Blank | None) -> Told:
    """Rule 4: which silence it is where no path has a number."""
    if missing:
        return Told(State.NOT_READ if all(path.unread for path in missing) else State.NOT_RATED, missing=missing)
    return Told(blank.state if blank else State.NOT_RATED)


def told(paths: Sequence[Path], labelled: Collection[str], blank: Blank | None) -> Told:
    """Rules 3 to 6 for one action and one side."""
    full = [path for path in paths if not path.effect]
    missing = tuple(path for path in full if path.missing or not path.confidence.verifiable)
    rows = []
    for place, path in enumerate(full):
        if path.missing or not path.confidence.verifiable:
            continue
        if isinstance(vague := path.needs[0], Between):
            number, least, lower = len(vague.parties), vague.least, min(vague.least, vague.lower)
        else:
            needs = [need for need in path.needs if isinstance(need, Quorum)]
            number = least = size(needs)
            lower = min(size([Quorum(one, need.need) for one, need in zip(world, needs, strict=True)])
                        for world in worst([need.votes for need in needs], labelled))  # fmt: skip
        seconds = float("inf") if path.seconds is None else path.seconds
        rows.append((number, lower, seconds, place, least, path))
    if not rows:
        return silence(missing, blank)
    number, _, seconds, _, _, path = min(rows, key=lambda row: row[:4])
    unknown = [1] if missing else []
    least = min([row[4] for row in rows] + unknown)
    lower = min([row[1] for row in rows] + unknown)
    return Told(State.RATED, number, least, lower, path, missing, seconds)


def overall(actions: Sequence[Told], blank: Blank | None) -> Told:
    """Rule 3 and 4 over the actions."""
    missing = tuple(path for one in actions for path in one.missing)
    rated = [(one.number, one.lower, one.seconds, place) for place, one in enumerate(actions) if one.number is not None]
    if not rated:
        return silence(missing, blank)
    named = actions[min(rated)[3]]
    unknown = [1] if missing else []
    return Told(
        State.RATED,
        named.number,
        min([one.least for one in actions if one.number is not None] + unknown),
        min([one.lower for one in actions if one.number is not None] + unknown),
        named.path,
        missing,
        named.seconds,
    )


def at_most(number: float, lower: float, bands: Sequence[tuple[float, str]]) -> str:
    if worded(number, bands) == worded(lower, bands):
        return worded(number, bands)
    return f"at most {worded(number, bands)}" if number < 15 else "not shown to be concentrated"


def check_count(found: Count, row: Told, labelled: Collection[str]) -> None:
    """Everything that is printed of one count."""
    for path in row.missing:
        assert f"{path.name}: {path.missing or 'who holds it cannot be verified'}" in found.unknown
    assert bool(found.unknown) == bool(row.missing)
    if row.path is None or row.number is None:
        assert (found.state, found.number, found.path, found.parties) == (row.state, None, None, ())
        assert (found.words, found.note, found.how, found.seconds) == ("", "", "", None)
        assert found.text.startswith(f"{row.state}: ")
        assert found.letter == ("X" if row.state is State.NOT_VERIFIABLE else "")
        return
    sure = letter(row.path.confidence)
    assert (found.path, found.letter, found.how) == (row.path, sure, row.path.how)
    assert (found.number, found.least, found.lower, found.seconds) == (
        row.number, row.least, row.lower, row.path.seconds
    )  # fmt: skip
    assert found.at_most == (row.least < row.number)
    assert len(set(found.parties)) == len(found.parties) == row.number
    assert enough(found.parties, row.path.needs)
    named = [party in labelled for party in found.parties]
    printed = at_most(row.number, row.lower, COUNT_BANDS)
    if row.number == 2 and row.path.by is By.KEYS and not all(named):
        printed = "at most two keys" if row.least < 2 else "two keys"
    assert found.state is State.RATED
    assert (found.words, found.text) == (printed, f"{printed} ({sure})")
    assert found.note == ("independence not shown" if len(named) > 1 and not all(named) else "")


def check_counts(paths: Sequence[Path], labelled: Collection[str], blank: Blank | None) -> None:
    found = counts(paths, labelled, blank)
    assert [(one.side, one.action) for one in found] == [(side, a) for side in Side for a in (None, *Action)]
    for side in Side:
        actions = [
            told([path for path in paths if (path.side, path.action) == (side, action)], labelled, blank)
            for action in Action
        ]
        ours = [one for one in found if one.side == side]
        for count, row in zip(ours, [overall(actions, blank), *actions], strict=True):
            check_count(count, row, labelled)


def check_math(found: Axis, math: Math) -> None:
    sure, number = letter(math.confidence), math.numbers[math.headline]
    lower = 1.0 if math.lower is None else min(math.lower, number)
    if sure == "X":
        assert (found.state, found.number, found.words, found.letter) == (State.NOT_VERIFIABLE, None, (), "X")
        return
    same = worded(number, BANDS) == worded(lower, BANDS)
    near = {worded(number, BANDS), worded(number, BANDS, 1.5)}
    for setting, value in math.numbers.items():
        apart = [getattr(setting, part) != getattr(math.headline, part) for part in Setting.__slots__]
        if sum(apart) == 1 and any(apart[:3]):
            near.add(worded(value, BANDS))
    printed = [name for name in ORDERED if name in near]
    said = at_most(number, lower, BANDS)
    if same and len(printed) > 1:
        said = f"borderline: {', '.join(printed[:-1])} or {printed[-1]}"
    agree = [worded(value, BANDS) == worded(number, BANDS) for value in math.numbers.values()]
    assert (found.state, found.letter, found.number, found.lower) == (State.RATED, sure, number, lower)
    assert (found.said, found.text, found.at_most) == (said, f"{said} ({sure})", not same)
    assert (found.stable, found.claimed) == ((agree.count(True), len(agree)), math.claimed)


def takes(held: Collection[int], parts: int, total: int) -> int | None:
    """Fewest who hold one part of so many parts of the total, by trying every set; None where all hold less."""
    return next(
        (size for size in range(1, len(held) + 1) for who in combinations(held, size) if sum(who) * parts >= total),
        None,
    )


def check_gates(found: Axis, gates: Sequence[Gate]) -> None:
    if not gates:
        assert found.state is State.NOT_READ
        return
    thirds = [third for gate in gates if (third := takes(gate.held.values(), 3, gate.total)) is not None]
    rows = [
        (
            half,
            min(takes(one.values(), 2, gate.total) or 0 for (one,) in worst([gate.held], gate.labelled)),
            place,
            gate,
        )
        for place, gate in enumerate(gates)
        if (half := takes(gate.held.values(), 2, gate.total)) is not None
    ]
    if not rows:
        assert (found.state, found.number, found.third) == (State.NOT_APPLICABLE, None, min(thirds, default=None))
        return
    half, _, _, gate = min(rows)
    lower, sure = min(row[1] for row in rows), letter(gate.confidence)
    if sure == "X":
        assert (found.state, found.number, found.words, found.letter) == (State.NOT_VERIFIABLE, None, (), "X")
        return
    said = at_most(half, lower, COUNT_BANDS)
    assert (found.how, found.state, found.number, found.lower) == (gate.name, State.RATED, half, lower)
    assert (found.said, found.text, found.third) == (said, f"{said} ({sure})", min(thirds))
    assert len(set(found.parties)) == len(found.parties) == half
    assert sum(gate.held[party] for party in found.parties) * 2 >= gate.total


def check_blank(found: Axis, blank: Blank) -> None:
    assert (found.state, found.text) == (blank.state, f"{blank.state}: {blank.reason}")
    assert (found.number, found.words) == (None, ())
    assert found.letter == ("X" if blank.state is State.NOT_VERIFIABLE else "")


# The random worlds.


def some_confidence(lots: Random) -> Confidence:
    return Confidence(
        lots.random() < 0.8,
        lots.random() < 0.8,
        lots.random() < 0.8,
        reviewed=lots.choice((0.0, 0.49, 0.5, 0.79, 0.8, 1.0, 1.0)),
        coverage=lots.choice((0.949, 0.95, 1.0, 1.0, 1.0)),
        verifiable=lots.random() < 0.95,
    )


def some_quorum(lots: Random) -> Quorum:
    if lots.random() < 0.5:
        keys = lots.choices(PARTIES, k=lots.randint(1, 5))
        return Quorum.of_signers(lots.randint(1, len(keys)), keys)
    votes = {party: lots.choice((0, 1, 2, 3, 5, 8)) for party in lots.sample(PARTIES, lots.randint(1, 5))}
    total = sum(votes.values())
    return Quorum(votes, lots.randint(1, total)) if total else Quorum({"A": 1}, 1)


def some_needs(lots: Random) -> tuple[Need, ...]:
    kind = lots.random()
    if kind < 0.1:
        parties = tuple(lots.sample(PARTIES, lots.randint(1, 6)))
        least = lots.randint(1, len(parties))
        return (Between(parties, least, lots.randint(1, len(parties))),)
    if kind < 0.101:
        signers = [f"{lots.choice('Ax')}{place}" for place in range(15)]
        return (Quorum.of_signers(lots.randint(14, 15), signers),)
    return tuple(some_quorum(lots) for _ in range(lots.choice((1, 1, 1, 2, 2, 3))))


def some_path(lots: Random, place: int) -> Path:
    action, side = lots.choice(tuple(Action)), lots.choice((Side.FORCE, Side.FORCE, Side.STOP))
    effect = "do less" if lots.random() < 0.1 else ""
    if lots.random() < 0.15:
        return Path.unknown(action, side, f"way {place}", f"why {place}", unread=lots.random() < 0.5, effect=effect)
    return Path(
        action,
        side,
        f"way {place}",
        some_needs(lots),
        lots.choice((By.KEYS, By.KEYS, By.VOTES, By.TOKENS)),
        effect=effect,
        seconds=lots.choice((None, 0, 1, 60)),
        confidence=some_confidence(lots),
    )


def some_blank(lots: Random) -> Blank:
    return Blank(lots.choice(SILENCES), "curated")


def some_number(lots: Random) -> float:
    near = lots.choice((1.0, 1.99, 2.0, 2.99, 3.0, 4.99, 5.0, 7.49, 7.5, 14.9, 15.0, 22.49, 22.5, 300.0))
    return near if lots.random() < 0.7 else lots.uniform(1, 30)


def some_setting(lots: Random) -> Setting:
    return Setting(
        lots.choice(("control", "control", "address", "ownership")),
        lots.choice(("in", "in", "out")),
        lots.choice(("none", "none", "1 token")),
        lots.choice(("the chain's", "the chain's", "2/3")),
        lots.choice((0, 0, 0, 7)),
    )


def some_math(lots: Random) -> Math:
    headline, number = some_setting(lots), some_number(lots)
    numbers = {some_setting(lots): some_number(lots) for _ in range(lots.randint(0, 4))}
    # Two ways to compute the same number may differ by rounding.
    lower = lots.choice((None, number, number + 1e-12, lots.uniform(1, number)))
    claimed = lots.choice((None, some_number(lots)))
    return Math({**numbers, headline: number}, some_confidence(lots), headline, lower=lower, claimed=claimed)


def some_gate(lots: Random, place: int) -> Gate:
    held = {party: lots.randint(1, 9) for party in lots.sample(PARTIES, lots.randint(1, 5))}
    total = sum(held.values()) + lots.choice((0, 0, 5, 40))
    return Gate(f"gate {place}", held, total, some_confidence(lots), frozenset(lots.sample(PARTIES, 4)))


def check_world(world: int) -> None:
    """One random world, read twice."""
    lots = Random(f"rule v2, world {world}")
    labelled = frozenset(lots.sample(PARTIES, lots.randint(0, len(PARTIES)))) | {f"A{place}" for place in range(16)}
    paths = [some_path(lots, place) for place in range(lots.choice((0, 1, 2, 3, 5)))]
    check_counts(paths, labelled, some_blank(lots) if lots.random() < 0.2 else None)
    math = some_math(lots) if lots.random() < 0.9 else some_blank(lots)
    many = lots.choice((0, 1, 1, 2))
    gates = tuple(some_gate(lots, place) for place in range(many)) if lots.random() < 0.9 else some_blank(lots)
    found = verdict(Evidence("n", "m", math, gates))
    check_verdict(found, math, gates)


def check_verdict(found: Verdict, math: Math | Blank, gates: tuple[Gate, ...] | Blank) -> None:
    for axis, given in ((found.math, math), (found.gate, gates)):
        if isinstance(given, Blank):
            check_blank(axis, given)
    if isinstance(math, Math):
        check_math(found.math, math)
    if not isinstance(gates, Blank):
        check_gates(found.gate, gates)


def check_worlds(worlds: range) -> None:
    """Says which world is read differently, so that it can be made again."""
    for world in worlds:
        try:
            check_world(world)
        except AssertionError as wrong:
            raise AssertionError(f"world {world} is read differently") from wrong


@pytest.mark.slow
def test_a_second_reading_of_the_rules_prints_the_same() -> None:
    check_worlds(range(300))


@pytest.mark.slow
def test_a_second_reading_of_the_rules_prints_the_same_of_10_000_worlds() -> None:
    check_worlds(range(300, 10_000))
