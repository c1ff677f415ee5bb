"""Votes of a chain's governance as ways to power: what wins whatever all others do, and who has so much."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from analytics.decimals import ONE
from analytics.power.paths import By, Path, Quorum
from analytics.votes import rules as governance
from analytics.votes.tally import Thresholds
from publish.look import Look

TALLY: Final = ("quorum", "threshold", "veto_threshold")


def by_vote(look: Look) -> Iterator[Path]:
    """A vote that is won whatever all others do, if all power behind its members votes as they do."""
    way = look.way
    votes = look.votes(way["measure"], way["population"])
    # States of old carry their parameters without a module.
    told = [look.said(name, way["module"]) or look.said(name) for name in TALLY]
    total = sum(votes.values())
    if None in told or not total:
        yield look.unknown(way["name"], "its rule or its voters have not been read", unread=True)
        return
    quorum, threshold, veto = (int(Fraction(text or 0) * ONE) for text in told)
    cases = {(one.name, one.case): one for one in governance.levers(Thresholds(quorum, threshold, veto), Fraction(1))}
    need = cases[way["ballot"], way["against"]].need(total)
    if need is not None and 0 < need <= total:
        yield look.path(way["name"], Quorum(votes, need), by=By.VOTES)
