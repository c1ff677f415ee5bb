"""Which word a network gets for each measure, why, how sure it is, and how easily it changes (docs/verdicts.md).

Evidence in, a row out; nothing here reads a store, a clock or a chain. How to fill the evidence:

* `Math`: effective parties under each `Setting` that was computed; the headline one has grouping "control". `lower`:
  the same if all holdings without a label were one party's. `claimed`: the same if who claims to be one operator is
  one; it is told beside and moves no word. `excluded`: what is left out of the count (pools, bridges, burn and
  protocol accounts) and its share of the total.
* `Gate`: those without whom a part of the measure does not happen, with what each gates and the total.
* `Blank` in place of either says which of the four kinds of silence it is, and why.
* `Confidence` is of the snapshot behind that axis: `total_matches` where its total equals the chain's within the
  reading's tolerance, `coverage` and `reviewed` as parts of that total.

Then `verdict(Evidence(...))`; `axis.text` is what a page prints. The power of a network, K, is counted in
analytics/power/count.py. A change over 30 days comes from `decomposed`.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from analytics.power.confidence import Confidence
from analytics.power.paths import Quorum, at_worst

VERSION: Final = "verdict rule v2"

WORDS: Final = ("one party", "a handful", "a committee", "broad")
BANDS: Final = (2.0, 5.0, 15.0)
# Of whole parties, of which two are two.
COUNT_WORDS: Final = ("one party", "two parties", "a handful", "a committee", "broad")
COUNT_BANDS: Final = (2, 3, 5, 15)
BROAD: Final = 15
# A number that would get another word if the bands were this much higher is borderline.
STRICTER: Final = 1.5
ROUNDING: Final = 1e-9
# What is spread over many addresses of whom nobody has shown who they are.
NOT_SHOWN: Final = "not shown to be concentrated"
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


class State(StrEnum):
    """Whether there is a word, and if not, which kind of silence it is."""

    RATED = "rated"
    NOT_RATED = "not rated"  # a way to force or stop something is known to exist, but not who holds it
    NOT_APPLICABLE = "not applicable"  # the network has no such thing, or these tokens do not vote
    NOT_READ = "not read"  # it exists and could be read, and was not (yet)
    NOT_VERIFIABLE = "not verifiable"  # somebody says so; no chain or public source can tell


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to count; a word should not depend on it. The day is counted back from the snapshot."""

    grouping: str = "control"
    custodians: str = "in"
    floor: str = "none"
    threshold: str = "the chain's"
    day: int = 0


# One of these changed alone makes a word borderline; threshold and day count for the sensitivity only.
BORDERLINE_CHANGES: Final = ("grouping", "custodians", "floor")


@dataclass(frozen=True, slots=True)
class Blank:
    """Why an axis has no number."""

    state: State
    reason: str

    def __post_init__(self) -> None:
        if self.state is State.RATED or not self.reason:
            raise ValueError("an empty axis says which silence it is and why")


@dataclass(frozen=True, slots=True)
class Math:
    """Effective parties under every setting that was computed.

    lower: if all that nobody has labelled were one party's; claimed: if who claims to be one operator is one. None: not
    computed; then nothing is known of how few they could be.
    """

    numbers: Mapping[Setting, float]
    confidence: Confidence
    headline: Setting = Setting()
    excluded: Mapping[str, float] = field(default_factory=dict)
    lower: float | None = None
    claimed: float | None = None

    def __post_init__(self) -> None:
        if self.headline not in self.numbers:
            raise ValueError(f"nothing was computed for the headline setting {self.headline}")
        told = [*self.numbers.values(), *(one for one in (self.lower, self.claimed) if one is not None)]
        wrong = [number for number in told if not number >= 1 - ROUNDING]
        if wrong:
            raise ValueError(f"{wrong[0]} effective parties: an axis without holders is blank")


@dataclass(frozen=True, slots=True)
class Gate:
    """Those without whom a part of a measure does not happen, such as auditors or owners of subnets.

    held: how much of the measure each gatekeeper gates; total: all of it, with what nobody gates. labelled: gatekeepers
    known by a label in force.
    """

    name: str
    held: Mapping[str, int]
    total: int
    confidence: Confidence
    labelled: frozenset[str] = frozenset()

    def fewest(self, share: Fraction) -> tuple[str, ...] | None:
        """The fewest gatekeepers who gate this share of all or more; None where all of them gate less."""
        quorum = self._quorum(share)
        return quorum.fewest().parties if quorum else None

    def lower(self, share: Fraction) -> int | None:
        """The same number if all gatekeepers without a label are one, who may be one of the others."""
        quorum = self._quorum(share)
        return at_worst([quorum], self.labelled) if quorum else None

    def _quorum(self, share: Fraction) -> Quorum | None:
        need = -(-self.total * share.numerator // share.denominator)
        return Quorum(self.held, need) if 0 < need <= sum(self.held.values()) else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict on one measure of one network rests on; without gates `gates` is a Blank that says why."""

    network: str
    measure: str
    math: Math | Blank
    gates: tuple[Gate, ...] | Blank


@dataclass(frozen=True, slots=True)
class Axis:
    """The verdict on one axis.

    words: one, or several where it is borderline, fewest first; none where breadth is not shown. at_most: it could be
    fewer, down to `lower`, where addresses without a label were one party's. stable: settings with the headline's word,
    of all. claimed: the number if who claims to be one operator is one. third, how and parties: of gatekeepers.
    """

    state: State
    letter: str = ""
    number: float | None = None
    words: tuple[str, ...] = ()
    reason: str = ""
    at_most: bool = False
    lower: float | None = None
    claimed: float | None = None
    stable: tuple[int, int] | None = None
    third: int | None = None
    how: str = ""
    parties: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The words in one, without the letter; empty where there is no number."""
        if self.state is not State.RATED:
            return ""
        if not self.words:
            return NOT_SHOWN
        if self.at_most:
            return f"at most {self.words[-1]}"
        if len(self.words) == 1:
            return self.words[0]
        return f"borderline: {', '.join(self.words[:-1])} or {self.words[-1]}"

    @property
    def text(self) -> str:
        """What a page prints: the word with its letter, or which silence it is and why."""
        return f"{self.said} ({self.letter})" if self.said else f"{self.state}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One measure of one network: math, and the power of its gatekeepers, never averaged."""

    network: str
    measure: str
    math: Axis
    gate: Axis
    by_address: float | None
    excluded: tuple[tuple[str, float], ...]
    version: str = VERSION


def verdict(evidence: Evidence) -> Verdict:
    """Words and letters for one measure of one network."""
    math, by_address, excluded = _math_axis(evidence.math), None, {}
    if isinstance(evidence.math, Math):
        by_address = evidence.math.numbers.get(replace(evidence.math.headline, grouping="address"))
        excluded = dict(evidence.math.excluded)
    return Verdict(
        evidence.network,
        evidence.measure,
        math,
        _gate_axis(evidence.gates),
        by_address,
        tuple(sorted(excluded.items(), key=lambda item: (-item[1], item[0]))),
    )


# --- words -----------------------------------------------------------------------------------------------------------


def band(number: float, bands: Sequence[float], words: Sequence[str]) -> str:
    """The word for a number; one on the edge belongs to the higher band."""
    return words[bisect_right(bands, number)]


def word(number: float, stricter: float = 1.0) -> str:
    """The word for so many equal parties."""
    return band(number, [edge * stricter for edge in BANDS], WORDS)


def count_word(number: int) -> str:
    """The word for so many whole parties; no band is stricter for them."""
    return band(number, COUNT_BANDS, COUNT_WORDS)


def words(numbers: Mapping[Setting, float], headline: Setting) -> tuple[str, ...]:
    """The headline's word, and every other that one change of grouping, custodians, floor or bands would give."""
    number = numbers[headline]
    found = {word(number), word(number, STRICTER)}
    found |= {word(other) for setting, other in numbers.items() if _changes(setting, headline) in BORDERLINE_CHANGES}
    return tuple(sorted(found, key=WORDS.index))


def stable(numbers: Mapping[Setting, float], headline: Setting) -> tuple[int, int]:
    """How many settings give the headline's word, of how many."""
    same = sum(word(number) == word(numbers[headline]) for number in numbers.values())
    return same, len(numbers)


def _changes(setting: Setting, headline: Setting) -> str:
    """The only thing that differs, or "" where nothing or more than one does."""
    names = ("grouping", "custodians", "floor", "threshold", "day")
    changed = [name for name in names if getattr(setting, name) != getattr(headline, name)]
    return changed[0] if len(changed) == 1 else ""


# --- axes ------------------------------------------------------------------------------------------------------------


def _math_axis(math: Math | Blank) -> Axis:
    if isinstance(math, Blank):
        return _blank(math)
    if not math.confidence.verifiable:
        return _blank(Blank(State.NOT_VERIFIABLE, "the amounts behind it cannot be checked"))
    number = math.numbers[math.headline]
    # Nothing known of who the holders are: they could all be one.
    lower = 1.0 if math.lower is None else min(math.lower, number)
    apart = word(lower) != word(number)
    at_most = () if number >= BROAD else (word(number),)
    return Axis(
        State.RATED,
        math.confidence.letter,
        number,
        at_most if apart else words(math.numbers, math.headline),
        at_most=apart,
        lower=lower,
        claimed=math.claimed,
        stable=stable(math.numbers, math.headline),
    )


def _gate_axis(gates: Sequence[Gate] | Blank) -> Axis:
    """The gate that takes the fewest for half of the measure, beside it how few for a third."""
    if isinstance(gates, Blank):
        return _blank(gates)
    if not gates:
        return _blank(Blank(State.NOT_READ, "who gates it has not been read"))
    found = [
        (len(parties), gate.lower(HALF) or len(parties), gate, parties)
        for gate in gates
        if (parties := gate.fewest(HALF)) is not None
    ]
    thirds = [len(parties) for gate in gates if (parties := gate.fewest(THIRD)) is not None]
    third = min(thirds, default=None)
    names = " and ".join(dict.fromkeys(gate.name for gate in gates))
    if not found:
        return replace(_blank(Blank(State.NOT_APPLICABLE, f"all {names} gate less than half of it")), third=third)
    number, lower, gate, parties = min(found, key=lambda one: one[:2])
    if not gate.confidence.verifiable:
        return _blank(Blank(State.NOT_VERIFIABLE, "who gates it cannot be checked"))
    lower = min(one[1] for one in found)
    apart = count_word(lower) != count_word(number)
    return Axis(
        State.RATED,
        gate.confidence.letter,
        float(number),
        () if apart and number >= BROAD else (count_word(number),),
        at_most=apart,
        lower=float(lower),
        third=third,
        how=gate.name,
        parties=parties,
    )


def _blank(blank: Blank) -> Axis:
    letter = "X" if blank.state is State.NOT_VERIFIABLE else ""
    return Axis(blank.state, letter, reason=blank.reason)
