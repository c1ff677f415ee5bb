"""K and K_stop: how few can force, and how few can stop, each of the five actions, and the least of them (rule v2).

Paths in, a count for every action and side out; nothing here reads a store, a clock or a chain. The rules:
docs/verdicts.md. K belongs to a network, not to one of its measures.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from analytics.power.paths import Action, By, Fewest, Path, Side, at_worst, fewest
from analytics.power.verdict import BROAD, NOT_SHOWN, Blank, State, count_word

TWO_KEYS: Final = "two keys"
INDEPENDENCE_NOT_SHOWN: Final = "independence not shown"
UNVERIFIED: Final = "who holds it cannot be verified"
# How few a path takes, and how few it could take if all without a label were one.
Ends = Callable[[Path], tuple[Fewest, int]]


@dataclass(frozen=True, slots=True)
class Count:
    """How few can force or stop one action, or any of the five (`action` is None).

    number: parties that are known to be enough, those of `path`; None where none is known, and `reason` says why.
    least: fewest that could be enough, because a way is not known or could not be counted exactly. lower: the same if
    all parties without a label are one. unknown: the ways that nobody knows the holders of, also beside a number.
    """

    side: Side
    action: Action | None
    state: State
    number: int | None = None
    least: int = 0
    lower: int = 0
    reason: str = ""
    unknown: str = ""
    path: Path | None = None
    parties: tuple[str, ...] = ()
    independence_shown: bool = True

    @property
    def at_most(self) -> bool:
        """Whether fewer could be enough."""
        return self.number is not None and self.least < self.number

    @property
    def letter(self) -> str:
        """How sure it is: the letter of what was read of the path that is named."""
        if self.path is not None:
            return self.path.confidence.letter
        return "X" if self.state is State.NOT_VERIFIABLE else ""

    @property
    def seconds(self) -> int | None:
        """The shortest time from the start of the named path to its effect; None where it is not known."""
        return self.path.seconds if self.path else None

    @property
    def how(self) -> str:
        """What is done, and by which way: named beside the number."""
        return self.path.how if self.path else ""

    @property
    def note(self) -> str:
        """A caution that belongs beside the number; one party alone needs none."""
        return "" if self.independence_shown or len(self.parties) < 2 else INDEPENDENCE_NOT_SHOWN

    @property
    def words(self) -> str:
        """The word, without its letter; empty where there is no number."""
        if self.number is None or self.path is None:
            return ""
        word = self._word(self.number)
        if word == self._word(self.lower):
            return word
        if self.number >= BROAD:
            return NOT_SHOWN
        return word if word == TWO_KEYS and not self.at_most else f"at most {word}"

    @property
    def text(self) -> str:
        """What a page prints: the word with its letter, or which silence it is and why."""
        return f"{self.words} ({self.letter})" if self.words else f"{self.state}: {self.reason}"

    def _word(self, number: int) -> str:
        """The word for so many parties; two keys of whose holders nobody has shown who they are are two keys."""
        keys = self.path is not None and self.path.by is By.KEYS and not self.independence_shown
        return TWO_KEYS if number == 2 and keys else count_word(number)


def counts(paths: Iterable[Path], labelled: Collection[str], blank: Blank | None = None) -> tuple[Count, ...]:
    """K and K_stop of one network: first over all actions, then of each, for both sides.

    labelled: parties that are known by a label in force. blank: what is said of an action of which no path is known.
    """
    # What somebody says of a path, and nothing can tell, is not known.
    known = [one if one.confidence.verifiable else replace(one, needs=(), missing=UNVERIFIED) for one in paths]
    ends, found = _ends(labelled), []
    for side in Side:
        each = [_count(known, ends, labelled, blank, side, action) for action in Action]
        found += [_least(each, side), *each]
    return tuple(found)


def _ends(labelled: Collection[str]) -> Ends:
    """How few a path takes, and how few if all without a label are one; what several paths need is counted once."""
    counted: dict[tuple[int, ...], tuple[Fewest, int]] = {}

    def ends(path: Path) -> tuple[Fewest, int]:
        # The votes of a chain, of thousands of delegators, are the same in many of its paths.
        same = tuple(map(id, path.needs))
        if same not in counted:
            counted[same] = fewest(path), at_worst(path.needs, labelled)
        return counted[same]

    return ends


def _count(
    paths: Sequence[Path], ends: Ends, labelled: Collection[str], blank: Blank | None, side: Side, action: Action
) -> Count:
    """The fewest that one action takes; a path that does less than the action counts nowhere."""
    ours = [path for path in paths if path.side is side and path.action is action and not path.effect]
    missing = [path for path in ours if path.missing]
    unknown = "; ".join(f"{path.name}: {path.missing}" for path in missing)
    known = [(path, *ends(path)) for path in ours if path.needs]
    if not known:
        if unknown:
            state = State.NOT_READ if all(path.unread for path in missing) else State.NOT_RATED
            return Count(side, action, state, reason=unknown, unknown=unknown)
        said = blank or Blank(State.NOT_RATED, f"no way to {side} it is known")
        return Count(side, action, said.state, reason=said.reason)
    path, found, _ = min(known, key=_order)
    least = min(1 if unknown else one.lower for _, one, _ in known)
    merged = min(one for _, _, one in known)
    shown = all(party in labelled for party in found.parties)
    lower = min(least, merged)
    return Count(side, action, State.RATED, found.upper, least, lower, "", unknown, path, found.parties, shown)


def _order(known: tuple[Path, Fewest, int]) -> tuple[int, int, float]:
    """Fewest first; of equal ones that which could be fewer, then that which is faster, then the first declared."""
    path, found, merged = known
    return found.upper, min(found.lower, merged), _soon(path.seconds)


def _least(each: Sequence[Count], side: Side) -> Count:
    """K over all actions: the least of those with a number, at most as much where another could be less."""
    rated = [one for one in each if one.number is not None]
    silent = [one for one in each if one.number is None and one.unknown]
    unknown = "; ".join(f"{one.action} by {one.unknown}" for one in each if one.unknown)
    if not rated:
        if not silent:
            return replace(each[0], action=None)
        unread = all(one.state is State.NOT_READ for one in silent)
        return Count(side, None, State.NOT_READ if unread else State.NOT_RATED, reason=unknown, unknown=unknown)
    best = min(rated, key=lambda one: (one.number, one.lower, _soon(one.seconds)))
    least = 1 if silent else min(one.least for one in rated)
    return replace(best, action=None, least=least, lower=min(least, *(one.lower for one in rated)), unknown=unknown)


def _soon(seconds: int | None) -> float:
    """For comparing times; one that is not known comes last."""
    return float("inf") if seconds is None else seconds
