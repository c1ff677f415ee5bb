"""What the keys of contracts can do: powers by the roles, owners and proxies that give them, as declared ways."""

from collections.abc import Iterator, Mapping
from typing import Final

from analytics.power.paths import Action, Side
from ingest.network import Inherited, Key, Refuse, Way

Actions = tuple[Action, ...]
RULES, MINT, SEIZE, HALT = Action.CHANGE_RULES, Action.MINT, Action.SEIZE, Action.HALT
EVERYTHING: Final = (RULES, MINT, SEIZE, HALT)
# What readers call those who have a power.
PARTIES: Final[Mapping[str, str]] = {
    power: f"{power.replace('_', ' ')}s"
    for power in (
        *("owner", "pending_owner", "proxy_admin", "minter", "burner", "pauser", "admin", "upgrader", "relayer"),
        *("approver", "monitor", "proposer", "executor", "canceller", "module", "manager", "governor", "signer"),
    )
} | {"signers": "signers", "unknown": "contracts with unknown keys"}
# What a power over any contract can do. Code that is replaced does anything, and so may a key that nobody could list.
POWERS: Final[Mapping[str, Actions]] = {
    **dict.fromkeys(("proxy_admin", "upgrader", "beacon", "unknown"), EVERYTHING),
    **dict.fromkeys(("admin", "owner", "governor", "timelock", "controller", "manager", "authority"), (RULES,)),
    # Who was offered to own a contract owns it as soon as he likes (Ownable2Step).
    **dict.fromkeys(("pending_owner", "delegate", "proposer", "timelock_admin"), (RULES,)),
    **dict.fromkeys(("minter", "relayer"), (MINT,)),
    **dict.fromkeys(("burner", "freezer", "withdrawer"), (SEIZE,)),
    "pauser": (HALT,),
}
# The admin of a token makes minters, also where there are none today.
TOKEN: Final[Mapping[str, Actions]] = {"admin": (RULES, MINT)}
# Who gives a role can have it; the admin of a contract gives every role that no other one gives.
GIVEN: Final = ("minter", "burner", "freezer", "withdrawer", "pauser", "relayer")
# Where a power comes from that is no role.
STANDARDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("owner", "pending_owner", "minter", "manager", "governor", "timelock", "controller"), "Ownable or a function"
    ),
    **dict.fromkeys(("proxy_admin", "beacon"), "EIP-1967"),
    "authority": "AccessManaged",
}
NOTHING: Final[Mapping[str, Mapping[str, Actions]]] = {}


def ways(contracts: Mapping[str, str], special: Mapping[str, Mapping[str, Actions]] = NOTHING) -> tuple[Way, ...]:
    """The powers that keys can have over contracts, by the name under which `keys` reads them.

    special: what powers over a contract can do, by its name, where that differs from what they can do elsewhere.
    """
    return tuple(way for action in EVERYTHING for way in _ways(action, contracts, special))


def inherited(other: str, part: str, name: str, source: str) -> tuple[Way, ...]:
    """The powers that keys have over a part of another network, with which this one works."""
    needs = Inherited(other, f"{part}/")
    return tuple(Way(action, side, name, needs, source, takes=0) for action in EVERYTHING for side in Side)


def _ways(action: Action, contracts: Mapping[str, str], special: Mapping[str, Mapping[str, Actions]]) -> Iterator[Way]:
    def way(name: str, words: str, population: str, given: str = "", side: Side = Side.FORCE) -> Way:
        power = population.partition("/")[2]
        source = f"{STANDARDS.get(power, 'AccessControl')}, {contracts[name]}"
        return Way(action, side, words, Key(population, given=given), source, takes=0)

    for name in contracts:
        powers = {**POWERS, **(TOKEN if name == "token" else {}), **special.get(name, {})}
        for power in (one for one, does in powers.items() if action in does):
            words = "unknown keys" if power == "unknown" else power.replace("_", " ")
            yield way(name, f"{words} of the {name}", f"{name}/{power}")
        for power in (one for one in GIVEN if action in powers.get(one, ())):
            words = f"of the {name}, who can make {power}s"
            yield way(name, f"whoever gives the role {power} {words}", f"{name}/{power}_admin")
            if action not in powers["admin"]:
                yield way(name, f"admin {words}", f"{name}/admin", f"{name}/{power}")
        if action is RULES:
            yield way(name, f"other roles of the {name}", f"{name}/role_*")
    yield Way(action, Side.STOP, "refusal of all keys", Refuse(), "AccessControl, Safe, TimelockController", takes=0)
