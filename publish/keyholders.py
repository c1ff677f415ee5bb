"""Who is behind the holder of a key: a key, a multisig, a timelock, or whoever rules the contract that holds it.

What a contract is, and who has which power over it, are rows of the mart: populations `<contract>/<power>` under its
address, or under its name where the network names it. An absent fact is unknown, never a key. A contract's answers are
its own word: unless its code is proved, or the network names it, others than it says may move it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from analytics.power.acts import NEVER, Act, Key, Some, Unknown, Votes, Waiting, forced, one_of, refused
from analytics.power.paths import Action, Path, Side
from analytics.spread.batches import Threshold
from publish.look import Look, Row

# What chains say of a holder of a key, by the names of observations.
ACCOUNT, SIGNATURES, CONTRACT, DELAY, EXECUTOR, GUARD, PROVED = (
    "account", "threshold", "contract", "delay", "executor", "guard", "proved"
)  # fmt: skip
# Of a governor: the options that make its quorum, and whether its rule is the one that was read in its source.
COUNTS, RULE, AS_READ = "quorum_counts", "rule", "proved"
# Of a guard: what comes of that which it lets a multisig propose; missing where nobody read it.
PERMITS, ANYTHING = "permits", "anything"
# Of a contract that obeys one of another network: that network, and its contract there.
RULED_BY = "ruled_by"
# Powers over a contract. Whoever replaces its code, or its signers, makes it do anything; who owns it, or may own it
# when he likes, can make it do what it does.
REPLACES: Final = ("proxy_admin", "upgrader", "beacon", "config_authority")
RULES: Final = ("owner", "pending_owner", "admin", "governor", "authority", "controller", "manager")
# The admin of a timelock gives its roles.
ADMINS: Final = ("admin", "timelock_admin")
UNKNOWN: Final = "unknown"
UNREAD: Final = "who holds such keys has not been read"
# Ends a population that stands for all that begin so.
ALL: Final = "*"


def by_key(look: Look) -> Iterator[Path]:
    """Each holder of a key, with what is behind it."""
    way = look.way
    if way["population"].endswith(ALL):
        named = [one for one in look.known.populations(way["measure"]) if one.startswith(way["population"][:-1])]
        for one in named:
            yield look.unknown(way["name"], f"what {one} may do is not known")
        return
    if way["measure"] in look.known.unread and not look.holders(way["measure"], way["population"]):
        yield look.unknown(way["name"], UNREAD, unread=True)
    elif not way["given"] or look.holders(way["measure"], way["given"]):
        for act in _holders(look, way["population"], ()):
            yield from _paths(look, refused(act) if way["side"] == Side.STOP else act)


def by_refusal(look: Look) -> Iterator[Path]:
    """Enough of those who hold keys to an action refuse that nobody is left who can do it."""
    declared = _declared(look, look.way["population"] or "")
    held = [(one["population"], look.holders(one["measure"], one["population"])) for one in declared]
    # Who has several powers refuses once.
    acts = dict.fromkeys(pair for name, holders in held for pair in zip(holders, _holders(look, name, ()), strict=True))
    if acts:
        yield from _paths(look, refused(one_of([act for _, act in acts])))
    elif declared and look.way["measure"] in look.known.unread:
        yield look.unknown(look.way["name"], UNREAD, unread=True)


def _paths(look: Look, act: Act) -> Iterator[Path]:
    for one in forced(act):
        name = ", ".join(filter(None, (look.way["name"], one.words)))
        if one.partly:
            yield look.partly(look.way["name"], one.missing)
        elif one.missing:
            yield look.unknown(look.way["name"], one.missing, unread=one.unread)
        elif one.needs:
            yield look.path(name, *one.needs, seconds=one.seconds)


def _declared(look: Look, prefix: str) -> list[Row]:
    """The ways by keys to force the same action, on populations that begin so."""
    return [
        one
        for one in look.known.declared
        if one["kind"] == "key" and one["action"] == look.way["action"] and one["side"] == Side.FORCE
        if one["population"].startswith(prefix) and not one["population"].endswith(ALL) and not one["effect"]
        if not one["given"] or look.holders(one["measure"], one["given"])
    ]


def _holders(look: Look, population: str, above: Sequence[str]) -> list[Act]:
    """What is behind each holder of a power over a contract."""
    *_, power = population.split("/")
    held = look.holders(look.way["measure"], population)
    if power == UNKNOWN:
        return [Unknown(f"{holder} has keys that could not be listed") for holder in held]
    return [behind(look, holder, power, above) for holder in held]


def behind(look: Look, holder: str, power: str, above: Sequence[str]) -> Act:
    """Who must act so that a holder of a power acts; whoever is above it already adds nobody."""
    if holder in above:
        return NEVER
    account = look.said(ACCOUNT, holder)
    if account is None:
        return Unknown(f"what {holder} is has not been read", unread=True)
    if account != "contract":
        return Key(look.party(look.way["measure"], holder))
    found = _contract(look, holder, power, (*above, holder))
    return one_of(found) if found else Unknown(f"{holder} is a contract whose keys are not known")


def _contract(look: Look, holder: str, power: str, above: Sequence[str]) -> list[Act]:
    """All that can make a contract act, each by itself."""
    name = look.said(CONTRACT, holder)

    def of(*powers: str) -> list[Act]:
        return [act for one in powers for act in _holders(look, f"{name or holder}/{one}", above)]

    others = [*of(*REPLACES), *of(UNKNOWN)]
    unproved = Unknown(f"{holder} is not proved to be what it says: who else moves it is not known")
    if ruler := look.said(RULED_BY, holder):
        network, _, contract = ruler.partition(" ")
        return [*_said(f"{contract} of another chain", [behind(look.of(network), contract, power, ())]), *others]
    if look.said(COUNTS, holder) is not None:
        return [_voters(look, holder), *others]
    if multisig := _multisig(look, holder, of("signers")):
        if power == "proposer" and not _permitted(look, holder):
            multisig = NEVER
        beside = [] if look.said(PROVED, holder) else [unproved]
        return [multisig, *_said("a module of a multisig", of("module")), *others, *beside]
    if (delay := look.said(DELAY, holder)) is not None:
        return [*_timelock(look, holder, int(delay), of), *others, unproved]
    # What its network names somebody has read.
    if name:
        return [*_said(f"the {name}", _own(look, name, power, above)), *others]
    found = [*of(*RULES), *others]
    return [*found, unproved] if found else []


def _multisig(look: Look, holder: str, signers: Sequence[Act]) -> Act | None:
    """As many signers as must sign; None where it is no multisig."""
    told = look.said(SIGNATURES, holder)
    if told is None or not signers:
        return None
    if not 0 < (needed := int(told)) <= len(signers):
        return Unknown(f"{holder} says that {needed} of {len(signers)} must sign")
    guard = " under a guard" if look.said(GUARD, holder) else ""
    enough = Some(needed, tuple(signers), f"a multisig {needed} of {len(signers)}{guard}")
    if delay := int(look.said(DELAY, holder) or 0):
        # As many as sign can cancel while it waits.
        return Waiting(enough, delay, enough, f"{_span(delay)} after they have signed")
    return enough


def _permitted(look: Look, holder: str) -> bool:
    """Whether the guard of a multisig, where it has one, lets through what leads to the action."""
    told = look.said(PERMITS, look.said(GUARD, holder) or "")
    return told is None or told == ANYTHING or look.way["action"] in told.split(", ")


def _voters(look: Look, governor: str) -> Act:
    """As much power as decides against all others, by the rule that the network declares of changing its rules."""
    if look.said(RULE, governor) != AS_READ:
        return Unknown(f"{governor} counts votes by a rule that is not proved")
    for way in look.known.declared:
        if (way["kind"], way["side"], way["action"]) == ("rule", Side.FORCE, Action.CHANGE_RULES):
            votes = look.votes(way["measure"], way["population"])
            rest = look.rest(way["measure"], way["population"])
            total = sum(votes.values()) + rest
            need = Threshold(way["numerator"], way["denominator"], way["strict"]).need(total)
            if votes and 0 < need <= total:
                return Votes(tuple(votes.items()), need, way["name"], rest)
            return Unknown(f"who the {way['population']} are has not been read", unread=not votes)
    return Unknown(f"{governor} counts votes by a rule that nobody declared")


def _timelock(look: Look, holder: str, delay: int, of: Callable[..., list[Act]]) -> list[Act]:
    """Whoever may propose, and whoever may carry out where that is not anyone; whoever may cancel stops it.

    Its admin needs nobody else: he can give himself both roles, and take theirs from those who could cancel.
    """
    proposes = one_of(_some(f"who proposes to {holder}", of("proposer")))
    carries_out = one_of(_some(f"who carries out what {holder} has let wait", of("executor")))
    alone = look.said(EXECUTOR, holder) == "anyone" or proposes == carries_out
    act = proposes if alone else Some(2, (proposes, carries_out))
    words = f"a timelock of {_span(delay)}"
    admins = [Waiting(one, delay, NEVER, f"the admin of {words}") for one in of(*ADMINS) if one != NEVER]
    return [*admins, Waiting(act, delay, one_of(of("canceller")), words)]


def _some(who: str, acts: list[Act]) -> list[Act]:
    """The acts; where there are none, that nobody knows whose they are: a list of nobody may not have been read."""
    return acts or [Unknown(f"{who} is not known")]


def _own(look: Look, name: str, power: str, above: Sequence[str]) -> list[Act]:
    """Those who can make a contract of the network use a power of its own: who has that power, or rules it."""
    keys = [one for one in look.known.declared if one["kind"] == "key"]
    rules = {f"{name}/{power}", *(one["population"] for one in keys if one["action"] == Action.CHANGE_RULES)}
    return [
        act
        for one in _declared(look, f"{name}/")
        if one["population"] in rules
        for act in _said(one["name"].removesuffix(f" of the {name}"), _holders(look, one["population"], above))
    ]


def _said(words: str, acts: Sequence[Act]) -> list[Act]:
    """The same acts, with words before theirs."""
    return [Some(1, (act,), words) for act in acts]


def _span(seconds: int) -> str:
    """A time as people say it."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds} seconds"
