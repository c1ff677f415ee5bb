"""What the keys of contracts can do: powers by the roles, owners and proxies that give them, as declared ways."""

from collections.abc import Mapping
from typing import Final

from analytics.power.paths import Action, Side
from ingest.network import Key, Unlisted, Way

# What readers call those who have a power.
PARTIES: Final[Mapping[str, str]] = {
    "owner": "owners",
    "pending_owner": "pending owners",
    "proxy_admin": "proxy admins",
    **{power: f"{power}s" for power in ("minter", "burner", "pauser", "admin", "upgrader", "relayer", "approver")},
    **{power: f"{power}s" for power in ("proposer", "executor", "canceller", "module", "manager", "governor")},
}
# What a key can do, gravest first; roles that only watch, approve or execute are no power of their own.
ACTIONS: Final[Mapping[str, Action]] = {
    **dict.fromkeys(("admin", "owner", "upgrader", "proxy_admin", "delegate", "proposer"), Action.CHANGE_RULES),
    **dict.fromkeys(("minter", "relayer"), Action.MINT),
    "burner": Action.SEIZE,
    "pauser": Action.HALT,
}
# Where a power comes from that is no role.
STANDARDS: Final[Mapping[str, str]] = {"owner": "Ownable", "proxy_admin": "EIP-1967"}


def ways(contracts: Mapping[str, str]) -> tuple[Way, ...]:
    """The powers that keys can have over contracts, by the name under which `keys` reads them."""
    powers = [
        Way(action, Side.FORCE, f"{power} of the {name}", Key(f"{name}/{power}"), _source(power, address))
        for power, action in ACTIONS.items()
        for name, address in contracts.items()
    ]
    hidden = Unlisted("roles", "the contract does not list who has them")
    return (*powers, Way(Action.CHANGE_RULES, Side.FORCE, "contract roles", hidden, "AccessControl"))


def _source(power: str, contract: str) -> str:
    return f"{STANDARDS.get(power, 'AccessControl')}, {contract}"
