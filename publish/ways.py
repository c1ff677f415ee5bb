"""Every known way to force or stop something on a network: the ways that it declares, with who has them today.

Nothing here knows a network or a protocol: what there is to force, by which rule, votes or keys, are rows of `way`.
A network that declares none has none that is known.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from analytics.decimals import ONE
from analytics.power.paths import Action, By, Path, Quorum, Side
from analytics.spread.batches import Threshold
from analytics.votes import rules as governance
from analytics.votes.tally import Thresholds
from store.mart import Tables

Votes = Mapping[str, int]
Row = dict[str, Any]

GROUPINGS: Final = ("address", "control")
# A proxy's admin has an owner, which is a multisig: longer chains of owners are not followed.
OWNERS: Final = 4
TALLY: Final = ("quorum", "threshold", "veto_threshold")
# What chains say of the keys that rule them, and of a holder of a key: whether it is a contract, and how many of its
# signers must act together. Who they are is in the populations `<holder>/signers` and `<holder>/owner`.
RULE, ACCOUNT, SIGNATURES = "rule", "account", "threshold"

# Addresses, not parties: a multisig is found by its address. In order, so that of equal parties the same are named by
# every build of the same facts.
_HELD: Final = """
    SELECT o.population, o.address, sum(o.amount) AS amount, any_value(e.entity) AS entity
    FROM held o
    LEFT JOIN entity e ON e.network = o.network AND e.address = o.address
        AND in_force(e.valid_from, e.valid_to, o.time)
    WHERE o.network = ? AND o.measure = ? AND NOT is_sink(o.address)
    GROUP BY o.population, o.address ORDER BY o.population, o.address
"""
_SAID: Final = """
    SELECT name, subject, max_by(exact, time) AS exact FROM observation
    WHERE network = ? AND list_contains(?::VARCHAR[], name) GROUP BY name, subject
"""


def ways(mart: Tables, network: str, grouping: str) -> tuple[Path, ...]:
    """All paths of one network, with addresses counted as they are or merged by who controls them."""
    declared = mart.table("FROM way WHERE network = ? ORDER BY place", network).to_dicts()
    if not declared:
        return ()
    chain = _chain(mart, network, grouping, declared)
    return tuple(path for way in declared for path in KINDS[way["kind"]](way, chain))


@dataclass(frozen=True, slots=True)
class _Chain:
    """What the ways of a network rest on: who holds what by (measure, population), and the newest words of the chain.

    entities: who is behind an address, where a label says so and labels count.
    """

    held: Mapping[tuple[str, str], Votes]
    entities: Mapping[tuple[str, str], str]
    said: Mapping[tuple[str, str], str]

    def votes(self, measure: str, population: str) -> Votes:
        """What each party holds; one with several addresses has all of them."""
        counted: dict[str, int] = defaultdict(int)
        for address, amount in self.held.get((measure, population), {}).items():
            counted[self.party(measure, address)] += amount
        return dict(counted)

    def party(self, measure: str, address: str) -> str:
        """The party behind an address."""
        return self.entities.get((measure, address), address)

    def shown(self, measure: str, votes: Votes) -> bool:
        """Whether somebody looked into who is behind the larger half."""
        named = {party for (of, _), party in self.entities.items() if of == measure}
        return 2 * sum(amount for party, amount in votes.items() if party in named) > sum(votes.values())

    def behind(self, measure: str, holder: str, owners: int = OWNERS) -> tuple[str, Quorum] | str:
        """What a holder of a key is, and which parties must act together for it; or why nobody can say."""
        signers, needed = self.votes(measure, f"{holder}/signers"), int(self.said.get((SIGNATURES, holder), 0))
        if 0 < needed <= sum(signers.values()):
            return f"a multisig {needed} of {sum(signers.values())}", Quorum(signers, needed)
        if self.said.get((ACCOUNT, holder)) != "contract":
            return "one key", Quorum({self.party(measure, holder): 1}, 1)
        owner = list(self.held.get((measure, f"{holder}/owner"), {}))
        if len(owner) == 1 and owners:
            return self.behind(measure, owner[0], owners - 1)
        return f"{holder} is a contract whose keys are not known"


def _chain(mart: Tables, network: str, grouping: str, declared: list[Row]) -> _Chain:
    held: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    entities: dict[tuple[str, str], str] = {}
    for measure in dict.fromkeys(way["measure"] for way in declared if way["measure"]):
        for population, address, amount, entity in mart.table(_HELD, network, measure).iter_rows():
            held[measure, population][address] = int(amount)
            if entity is not None and grouping == "control":
                entities[measure, address] = entity
    asked = {way[column] for way in declared for column in ("needed", "proof", "observation")} - {None}
    rows = mart.table(_SAID, network, [*TALLY, RULE, ACCOUNT, SIGNATURES, *sorted(asked)])
    return _Chain(held, entities, {(name, subject): exact for name, subject, exact in rows.iter_rows()})


def _by_rule(way: Row, chain: _Chain) -> Iterator[Path]:
    """A share of the power, as the chain's own rules have it."""
    votes = chain.votes(way["measure"], way["population"])
    if total := sum(votes.values()):
        yield _by_votes(way, chain, votes, Threshold(way["numerator"], way["denominator"], way["strict"]).need(total))


def _by_vote(way: Row, chain: _Chain) -> Iterator[Path]:
    """A vote that is won whatever all others do, if all power behind its members votes as they do."""
    votes = chain.votes(way["measure"], way["population"])
    # States of old carry their parameters without a module.
    told = [chain.said.get((name, way["module"])) or chain.said.get((name, "")) for name in TALLY]
    if None in told:
        return
    quorum, threshold, veto = (int(Fraction(text or 0) * ONE) for text in told)
    cases = {(one.name, one.case): one for one in governance.levers(Thresholds(quorum, threshold, veto), Fraction(1))}
    total = sum(votes.values())
    need = cases[way["ballot"], way["against"]].need(total)
    if need is not None and 0 < need <= total:
        yield _by_votes(way, chain, votes, need)


def _by_keys(way: Row, chain: _Chain) -> Iterator[Path]:
    """Some keys of several together, while it is them who decide and all of them are known."""
    votes = chain.votes(way["measure"], way["population"])
    needed, known = int(chain.said.get((way["needed"], ""), 0)), sum(votes.values())
    ruling = chain.said.get((RULE, "")) if way["governs"] else ""
    proved = not way["proof"] or chain.said.get((way["proof"], "")) == "verified"
    if ruling is None or not (way["governs"] or known):
        return
    if ruling != way["governs"]:
        yield from _unknown(way, "the chain's governance", ruling)
    elif not proved or not 0 < needed <= known:
        yield from _unknown(way, f"the {way['population']} key", "its signers are not proved")
    else:
        count = needed if way["side"] == Side.FORCE else known - needed + 1
        yield _path(way, f"{way['name']}, {needed} of {known}", Quorum(votes, count))


def _by_key(way: Row, chain: _Chain) -> Iterator[Path]:
    """Each holder of a key, with what is behind it."""
    for holder in chain.held.get((way["measure"], way["population"]), ()):
        behind = chain.behind(way["measure"], holder)
        if isinstance(behind, str):
            yield from _unknown(way, way["name"], behind)
        else:
            what, quorum = behind
            yield _path(way, f"{way['name']}, {what}", quorum)


def _unlisted(way: Row, chain: _Chain) -> Iterator[Path]:
    """A power of which the chain says that there is one, and not whose."""
    if any(name == way["observation"] for name, _ in chain.said):
        yield from _unknown(way, way["name"], way["why"])


KINDS: Final[Mapping[str, Callable[[Row, _Chain], Iterator[Path]]]] = {
    "rule": _by_rule,
    "vote": _by_vote,
    "keys": _by_keys,
    "key": _by_key,
    "unlisted": _unlisted,
}


def _by_votes(way: Row, chain: _Chain, votes: Votes, need: int) -> Path:
    shown = chain.shown(way["measure"], votes)
    return Path(Action(way["action"]), Side(way["side"]), way["name"], (Quorum(votes, need),), shown, By.VOTES)


def _path(way: Row, name: str, quorum: Quorum) -> Path:
    return Path(Action(way["action"]), Side(way["side"]), name, (quorum,), independence_shown=False)


def _unknown(way: Row, name: str, why: str) -> Iterator[Path]:
    """A way that nobody knows the holders of is told once: by those who could force something with it."""
    if way["side"] == Side.FORCE:
        yield Path.unknown(Action(way["action"]), Side.FORCE, name, why)
