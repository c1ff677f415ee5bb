"""Which word a network gets on each axis, why, how sure it is, and how easily it changes. The rules: docs/verdicts.md.

Evidence in, a row out; nothing here reads a store, a clock or a chain. How to fill the evidence:

* `Math`: effective parties under each `Setting` that was computed; the headline one has grouping "control". `excluded`:
  what is left out of the count (pools, bridges, burn and protocol accounts) and its share of the total.
* `Power`: for each setting all `paths.Path`s, of both sides: who could force or stop something, by which votes or keys.
  A path whose holders are not known is a `Path.unknown(...)`, not a missing one: it makes the number "not rated".
  Parties are control entities under that setting's grouping; an address without a label is its own party.
* `Blank` in place of either says which of the four kinds of silence it is, and why.
* `Confidence` is of the snapshot behind that axis: `total_matches` where its total equals the chain's within the
  reading's tolerance, `coverage` and `reviewed` as parts of that total.

Then `verdict(Evidence(...))`; `axis.text` is what a page prints. A change over 30 days comes from `decomposed`.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from analytics.power.paths import By, Path, Side, fewest_parties

VERSION = "verdict rule v1"

WORDS = ("one party", "a handful", "a committee", "broad")
BANDS = (2.0, 5.0, 15.0)
# A number that would get another word if the bands were this much higher is borderline.
STRICTER = 1.5
CENSUS_COVERAGE, REVIEWED_WELL, REVIEWED_POORLY = 0.95, 0.8, 0.5
ROUNDING = 1e-9
INDEPENDENCE_NOT_SHOWN = "independence not shown"


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
BORDERLINE_CHANGES = ("grouping", "custodians", "floor")


@dataclass(frozen=True, slots=True)
class Confidence:
    """How well the evidence of one axis is known."""

    census: bool = False
    total_matches: bool = False
    endpoints_agree: bool = False
    reviewed: float = 0.0
    coverage: float = 1.0
    verifiable: bool = True

    def __post_init__(self) -> None:
        if not (0 <= self.reviewed <= 1 and 0 <= self.coverage <= 1):
            raise ValueError(f"coverage {self.coverage} and reviewed {self.reviewed} are parts of a total")

    @property
    def letter(self) -> str:
        """A, B, C or X."""
        if not self.verifiable:
            return "X"
        if self.coverage < CENSUS_COVERAGE or self.reviewed < REVIEWED_POORLY:
            return "C"
        shown = (self.census, self.total_matches, self.endpoints_agree, self.reviewed >= REVIEWED_WELL)
        return "ABC"[min(shown.count(False), 2)]


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
    """Effective parties under every setting that was computed."""

    numbers: Mapping[Setting, float]
    confidence: Confidence
    headline: Setting = Setting()
    excluded: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_no_headline(self.numbers, self.headline)
        wrong = [number for number in self.numbers.values() if not number >= 1 - ROUNDING]
        if wrong:
            raise ValueError(f"{wrong[0]} effective parties: an axis without holders is blank")


@dataclass(frozen=True, slots=True)
class Power:
    """All known paths of both sides, under every setting that was computed."""

    paths: Mapping[Setting, tuple[Path, ...]]
    confidence: Confidence
    headline: Setting = Setting()
    tokens_vote: bool = False

    def __post_init__(self) -> None:
        _refuse_no_headline(self.paths, self.headline)
        counted = [path for paths in self.paths.values() for path in paths if path.by is By.TOKENS]
        if counted and not self.tokens_vote:
            raise ValueError(f"{counted[0].name}: these tokens do not vote, so holding them is no power")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict on one measure of one network rests on."""

    network: str
    measure: str
    math: Math | Blank
    power: Power | Blank


@dataclass(frozen=True, slots=True)
class Axis:
    """The verdict on one axis.

    words: one, or several where it is borderline, fewest first. stable: settings with the headline's word, of all.
    path and parties: by which way and by whom the number is reached.
    """

    state: State
    letter: str = ""
    number: float | None = None
    words: tuple[str, ...] = ()
    reason: str = ""
    stable: tuple[int, int] | None = None
    path: Path | None = None
    parties: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """What is done, and by which way: named beside the number."""
        return f"{self.path.action} by {self.path.name}" if self.path else ""

    @property
    def note(self) -> str:
        """A caution that belongs beside the number; one party alone needs none."""
        hidden = self.path is not None and not self.path.independence_shown and len(self.parties) > 1
        return INDEPENDENCE_NOT_SHOWN if hidden else ""

    @property
    def text(self) -> str:
        """What a page prints: the word with its letter, or which silence it is and why."""
        if self.state is not State.RATED:
            return f"{self.state}: {self.reason}"
        if len(self.words) == 1:
            return f"{self.words[0]} ({self.letter})"
        return f"borderline: {', '.join(self.words[:-1])} or {self.words[-1]} ({self.letter})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of the scorecard: math, power to force and power to stop, never averaged."""

    network: str
    measure: str
    math: Axis
    force: Axis
    stop: Axis
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
        _power_axis(evidence.power, Side.FORCE),
        _power_axis(evidence.power, Side.STOP),
        by_address,
        tuple(sorted(excluded.items(), key=lambda item: (-item[1], item[0]))),
    )


# --- words -----------------------------------------------------------------------------------------------------------


def word(number: float, stricter: float = 1.0) -> str:
    """The word for so many parties."""
    return WORDS[bisect_right([band * stricter for band in BANDS], number)]


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


def _refuse_no_headline(settings: Mapping[Setting, Any], headline: Setting) -> None:
    if headline not in settings:
        raise ValueError(f"nothing was computed for the headline setting {headline}")


# --- axes ------------------------------------------------------------------------------------------------------------


def _math_axis(math: Math | Blank) -> Axis:
    if isinstance(math, Blank):
        return _blank(math)
    if not math.confidence.verifiable:
        return _not_verifiable("the amounts behind it cannot be checked")
    number = math.numbers[math.headline]
    return Axis(
        State.RATED,
        math.confidence.letter,
        number,
        words(math.numbers, math.headline),
        stable=stable(math.numbers, math.headline),
    )


def _power_axis(power: Power | Blank, side: Side) -> Axis:
    if isinstance(power, Blank):
        return _blank(power)
    if not power.confidence.verifiable:
        return _not_verifiable("the paths cannot be checked")
    best = {setting: _fewest(paths, side) for setting, paths in power.paths.items()}
    found = best[power.headline]
    if isinstance(found, Axis):
        return found
    path, parties = found
    numbers = {setting: float(len(way[1])) for setting, way in best.items() if not isinstance(way, Axis)}
    same, _ = stable(numbers, power.headline)
    return Axis(
        State.RATED,
        power.confidence.letter,
        float(len(parties)),
        words(numbers, power.headline),
        stable=(same, len(best)),  # a setting that cannot be rated does not confirm the word
        path=path,
        parties=parties,
    )


def _fewest(paths: Sequence[Path], side: Side) -> tuple[Path, tuple[str, ...]] | Axis:
    """The path that takes the fewest parties, or why there is no number.

    A way that nobody knows the holders of could take fewer than any that is known, unless one party is enough already.
    Of equally short ways the one whose holders are not shown to be independent counts.
    """
    ours = [path for path in paths if path.side is side]
    known = [(path, fewest_parties(path)) for path in ours if path.needs]
    unknown = [path for path in ours if path.missing]
    best = min(known, key=lambda way: (len(way[1]), way[0].independence_shown), default=None)
    if best is not None and (not unknown or len(best[1]) == 1):
        return best
    if unknown:
        why = "; ".join(f"{path.action} by {path.name}: {path.missing}" for path in unknown)
        at_most = f" (known: {len(best[1])} by {best[0].name})" if best else ""
        return Axis(State.NOT_RATED, reason=why + at_most)
    return Axis(State.NOT_RATED, reason=f"no way to {side} anything is known")


def _blank(blank: Blank) -> Axis:
    letter = "X" if blank.state is State.NOT_VERIFIABLE else ""
    return Axis(blank.state, letter, reason=blank.reason)


def _not_verifiable(reason: str) -> Axis:
    return Axis(State.NOT_VERIFIABLE, "X", reason=reason)


# --- change ----------------------------------------------------------------------------------------------------------
