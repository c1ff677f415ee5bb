"""Who must act so that the holder of a key acts: keys, multisigs, votes and timelocks, one behind another.

An act is a tree: some of several acts together. `forced` lists the ways in which it happens, each as needs that
analytics.power.paths counts; `refused` is its mirror image, who must keep still so that it never does: of k of n any
n - k + 1, of alternatives all, of what waits also whoever can cancel it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from typing import Final, TypeAlias

from analytics.power.paths import Quorum

# Ways of one act that are counted; with more it is said that there are more.
MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Key:
    """Whoever has one key."""

    party: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Somebody, and nobody can say who; unread: it only has not been read yet."""

    why: str
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Some:
    """So many of several acts together: a multisig, alternatives (one), or all of them. words: what a voter reads."""

    need: int
    of: tuple["Act", ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An act that takes effect after so many seconds, unless whoever can cancel it does."""

    act: "Act"
    seconds: int
    cancel: "Act"
    words: str


@dataclass(frozen=True, slots=True)
class Votes:
    """Enough of some votes: each party with what it has. words: what a voter reads.

    rest: votes of which nobody has read whose they are; they count against whoever acts, and may be anybody's.
    """

    votes: tuple[tuple[str, int], ...]
    need: int
    words: str
    rest: int = 0


Act: TypeAlias = Key | Unknown | Some | Waiting | Votes
# What nobody can do: one of no alternatives.
NEVER: Final = Some(1, ())


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which an act happens: all needs together, after so many seconds; or why nobody can say (`missing`).

    unread: whether it only has not been read yet; partly: whether a part of what is needed is all that was not read.
    """

    needs: tuple[Quorum, ...] = ()
    seconds: int = 0
    words: str = ""
    missing: str = ""
    unread: bool = False
    partly: bool = False


def one_of(acts: Sequence[Act]) -> Act:
    """Any one of several acts."""
    return acts[0] if len(acts) == 1 else Some(1, tuple(acts))


def forced(act: Act) -> tuple[Alternative, ...]:
    """The ways in which an act happens, those with the fewest acts behind acts first.

    Of one that happens by itself, whoever keeps still, the needs are empty; there is none of what nobody can do.
    """
    found = tuple(islice(_ways(act), MOST + 1))
    more = Alternative(missing="there are more ways than are counted")
    return found if len(found) <= MOST else (*found[:MOST], more)


def refused(act: Act) -> Act:
    """Who must keep still, or cancel, so that an act never happens."""
    match act:
        case Some(need, of, words):
            return Some(len(of) - need + 1, tuple(map(refused, of)), words)
        case Waiting(inner, _, cancel, words):
            return Some(1, (refused(inner), cancel), words)
        case Votes(votes, need, _, rest):
            return replace(act, need=sum(vote for _, vote in votes) + rest - need + 1)
        case _:
            return act


def _ways(act: Act) -> Iterator[Alternative]:
    match act:
        case Key(party):
            yield Alternative((Quorum({party: 1}, 1),), words="one key")
        case Unknown(why, unread):
            yield Alternative(missing=why, unread=unread)
        case Votes():
            yield from _voted(act)
        case Waiting(inner, seconds, _, words):
            for one in forced(inner):
                yield replace(one, seconds=one.seconds + seconds, words=_joined(words, one.words))
        case Some():
            yield from _together(act)


def _voted(act: Votes) -> Iterator[Alternative]:
    """Those who are known, where they have enough; and that nobody knows who has the rest, where it could be fewer."""
    quorum = Quorum.known(dict(act.votes), act.need)
    if quorum:
        yield Alternative((quorum,), words=act.words)
    if act.rest and (quorum is None or quorum.eased(act.rest)):
        total = sum(vote for _, vote in act.votes) + act.rest
        yield Alternative(words=act.words, missing=unread(act.rest, total), partly=True)


def unread(rest: int, total: int) -> str:
    """That nobody has read who has a part of some power."""
    return f"who has {rest / total:.2%} of it has not been read"


def _together(act: Some) -> Iterator[Alternative]:
    """Each choice among the acts that are no keys, with as many keys as are missing; what is unknown is told once."""
    keys = Counter(one.party for one in act.of if isinstance(one, Key))
    behind = [forced(one) for one in act.of if not isinstance(one, Key)]
    unknown = False
    for count in range(min(max(act.need, 0), len(behind)) + 1):
        if (left := max(act.need, 0) - count) > keys.total():
            continue
        counted = "" if not left else "one key" if left == 1 else f"{left} keys"
        # How many sign a multisig is in its own words.
        words = act.words if act.words and len(act.of) > 1 else _joined(act.words, counted)
        for chosen in combinations(behind, count):
            for alternatives in product(*chosen):
                one = _one(Quorum(dict(keys), left) if left else None, alternatives, words)
                if not (one.missing and unknown):
                    yield one
                unknown |= bool(one.missing)


def _one(keys: Quorum | None, others: Sequence[Alternative], words: str) -> Alternative:
    missing = "; ".join(dict.fromkeys(one.missing for one in others if one.missing))
    return Alternative(
        () if missing else (*((keys,) if keys else ()), *(need for one in others for need in one.needs)),
        max((one.seconds for one in others), default=0),
        _joined(words, *(one.words for one in others)),
        missing,
        bool(missing) and all(one.unread for one in others if one.missing),
        bool(missing) and all(one.partly for one in others if one.missing),
    )


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))
