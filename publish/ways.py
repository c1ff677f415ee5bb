"""Every known way to force or stop something on a network: the ways that it declares, with who has them today.

Nothing here knows a network or a protocol: what there is to force, by which rule, votes or keys, are rows of `way`.
A network that declares none has none that is known.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from analytics.power.acts import unread
from analytics.power.paths import By, Path, Quorum, Side
from analytics.spread.batches import Threshold
from publish.keyholders import by_key, by_refusal
from publish.look import Known, Look, named
from publish.voters import by_vote

# What chains say of those who rule them; and what they say where nobody does.
RULE: Final = "rule"
NOBODY: Final = "nobody"
# What they say of keys that are proved to be all there are.
PROVED: Final = "verified"


def ways(known: Known, grouping: str) -> tuple[Path, ...]:
    """All paths of one network, with addresses counted as they are or merged by who controls them."""
    return tuple(path for way in known.declared for path in KINDS[way["kind"]](Look(known, grouping, way)))


def _by_rule(look: Look) -> Iterator[Path]:
    """A share of all the power there is, as the chain's own rules have it, also where not all of it was read."""
    way = look.way
    votes = look.votes(way["measure"], way["population"])
    known, rest = sum(votes.values()), look.rest(way["measure"], way["population"])
    if not known:
        yield look.unknown(way["name"], f"who the {way['population']} are has not been read", unread=True)
        return
    need = Threshold(way["numerator"], way["denominator"], way["strict"]).need(known + rest)
    quorum = Quorum.known(votes, need)
    if quorum:
        yield look.path(way["name"], quorum, by=By.VOTES)
    # Whoever has the rest may need fewer.
    if rest and (quorum is None or quorum.eased(rest)):
        yield look.partly(way["name"], unread(rest, known + rest))


def _by_keys(look: Look) -> Iterator[Path]:
    """Some keys of several together, while it is them who decide and all of them are known."""
    way = look.way
    votes = look.votes(way["measure"], way["population"])
    needed, known = int(look.said(way["needed"]) or 0), sum(votes.values())
    ruling = look.said(RULE) if way["governs"] else ""
    proof = look.said(way["proof"]) if way["proof"] else PROVED
    unread = look.unknown(way["name"], f"who has the {way['population']} keys has not been read", unread=True)
    if ruling is None:
        yield unread
        return
    # Where others rule whom some way knows this one is closed; where nobody knows them they could be one.
    if way["governs"] and not named(ruling) <= look.known.governing | {NOBODY}:
        yield look.unknown("the chain's governance", ruling)
    if way["governs"] and not named(way["governs"]) <= named(ruling):
        return
    if not known and (proof in (None, PROVED) or way["measure"] in look.known.unread):
        yield unread
    elif proof != PROVED:
        yield look.unknown(way["name"], "its signers are not proved")
    elif not 0 < needed <= known:
        yield look.unknown(way["name"], f"how many of the {known} must act together is not known")
    else:
        count = needed if way["side"] == Side.FORCE else known - needed + 1
        yield look.path(f"{way['name']}, {needed} of {known}", Quorum(votes, count))


def _by_seats(look: Look) -> Iterator[Path]:
    """Seats of one body or of several together, while it is them who rule; one who sits in two serves both."""
    way = look.way
    if way["governs"] and not named(way["governs"]) <= named(look.said(RULE) or ""):
        return
    needs, doubts = [], []
    for body in json.loads(way["bodies"]):
        votes, rest = look.votes(body["measure"], body["population"]), look.rest(body["measure"], body["population"])
        known = sum(votes.values())
        need = Threshold(body["numerator"], body["denominator"], body["strict"]).need(known + rest)
        if not known or not 0 < need <= known + rest:
            yield look.unknown(way["name"], f"who the {body['population']} are has not been read", unread=True)
            return
        quorum = Quorum.known(votes, need)
        if rest and (quorum is None or quorum.eased(rest)):
            doubts.append(unread(rest, known + rest))
        needs.append(quorum)
    found = [one for one in needs if one is not None]
    if len(found) == len(needs):
        yield look.path(way["name"], *found)
    if doubts:
        yield look.partly(way["name"], "; ".join(doubts))


def _unlisted(look: Look) -> Iterator[Path]:
    """A power of which the chain says that there is one, and not whose."""
    if look.known.said(look.way["observation"]):
        yield look.unknown(look.way["name"], look.way["why"])


def _inherited(look: Look) -> Iterator[Path]:
    """The ways by keys to do the same on another network, with a part of which this one works."""
    way, other = look.way, look.known.other(look.way["other"])
    if not other.populations(way["measure"]) and (way["measure"] in other.unread or not other.declared):
        yield look.unknown(way["name"], "they have not been read", unread=True)
    for one in other.declared:
        if (one["action"], one["side"]) != (way["action"], way["side"]) or one["effect"]:
            continue
        if one["kind"] == "key" and one["population"].startswith(way["part"]):
            paths = by_key(Look(other, look.grouping, one))
        elif one["kind"] == "refuse":
            paths = by_refusal(Look(other, look.grouping, one | {"population": way["part"]}))
        else:
            continue
        yield from (
            replace(path, name=f"{way['name']}: {path.name}", basis=f"{way['name']}: {path.basis}") for path in paths
        )


# By the kind of what a way needs, in small letters.
KINDS: Final[Mapping[str, Callable[[Look], Iterator[Path]]]] = {
    "rule": _by_rule,
    "vote": by_vote,
    "keys": _by_keys,
    "seats": _by_seats,
    "key": by_key,
    "refuse": by_refusal,
    "inherited": _inherited,
    "unlisted": _unlisted,
}
