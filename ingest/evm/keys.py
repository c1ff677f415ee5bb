"""Who can change a contract: its roles, owners and proxy admins, and the multisigs and timelocks behind them.

Keys are counted, not people: who holds a key is not on the chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from web3 import Web3

from analytics.power.paths import Action, Side
from ingest.evm.calls import Call
from ingest.evm.logs import NOBODY
from ingest.evm.node import EvmNode
from ingest.network import Key, Unlisted, Way
from store.rows import BadData, Facts, Kind, frame, holdings, observation

# Powers by the role that OpenZeppelin's AccessControl, and the bridge of Fetch.ai, give them.
ROLES: Final[Mapping[str, bytes]] = {
    "admin": bytes(32),
    **{
        name.lower(): bytes(Web3.keccak(text=f"{name}_ROLE"))
        for name in (
            "MINTER",
            "BURNER",
            "PAUSER",
            "UPGRADER",
            "DELEGATE",
            "RELAYER",
            "MONITOR",
            "APPROVER",
            "PROPOSER",
            "EXECUTOR",
            "CANCELLER",
        )
    },
}
# What readers call those who have a power.
PARTIES: Final[Mapping[str, str]] = {
    "owner": "owners",
    "pending_owner": "pending owners",
    "proxy_admin": "proxy admins",
    **{power: f"{power}s" for power in ("minter", "burner", "pauser", "admin", "upgrader", "relayer", "approver")},
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
# EIP-1967: keccak256("eip1967.proxy.admin") - 1 and so on.
PROXY_SLOTS: Final[Mapping[str, int]] = {
    "proxy_admin": 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103,
    "implementation": 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC,
}
# What any contract is asked; it answers what it has.
QUESTIONS: Final[Mapping[str, tuple[str, tuple[Any, ...], str]]] = {
    "owner": ("owner()", (), "address"),
    "pending_owner": ("pendingOwner()", (), "address"),
    # Safe
    "signers": ("getOwners()", (), "address[]"),
    "threshold": ("getThreshold()", (), "uint256"),
    "version": ("VERSION()", (), "string"),
    # OpenZeppelin's Pausable, TimelockController and AccessControl
    "paused": ("paused()", (), "bool"),
    "delay": ("getMinDelay()", (), "uint256"),
    "has_roles": ("hasRole(bytes32,address)", (bytes(32), NOBODY), "bool"),
}
STATE_UNITS: Final[Mapping[str, str]] = {"threshold": "signatures", "version": "", "paused": "", "delay": "s"}
# A multisig that owns a timelock that owns the admin of a proxy; deeper chains are named, not followed.
DEPTH: Final = 4
KEYS_A_ROLE: Final = 200


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


@dataclass(frozen=True, slots=True)
class Control:
    """What one address is: who holds which power over it, and its state with units, in words of the chain."""

    address: str
    keys: Mapping[str, tuple[str, ...]]
    state: Mapping[str, tuple[str, str]]


def keys(node: EvmNode, contracts: Mapping[str, str]) -> Facts:
    """Holdings of keys: population is contract and power, holder who has it; each key counts one."""
    rows = [
        (f"{name}/{power}", holder, 1)
        for name, one in explored(node, contracts).items()
        for power, holders in one.keys.items()
        for holder in holders
    ]
    return Facts(holdings(rows), empty=not rows)


def states(node: EvmNode, contracts: Mapping[str, str]) -> Facts:
    """Observations of what stands behind the keys: thresholds, delays, replaceable code, and what is paused."""
    rows = [
        observation(what, node.block.time, value, unit, subject=one.address)
        for one in explored(node, contracts).values()
        for what, (value, unit) in one.state.items()
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def explored(node: EvmNode, contracts: Mapping[str, str]) -> dict[str, Control]:
    """The control of named contracts and, by address, of everybody who holds a key of them, and so on."""
    controls: dict[str, Control] = {}
    following = dict(contracts)
    for _ in range(DEPTH):
        # Asked together, answered below from memory: one request for all.
        node.calls([call for address in following.values() for call in _questions(address)])
        controls |= {name: control(node, address) for name, address in following.items()}
        known = {one.address for one in controls.values()}
        holders = {holder for one in controls.values() for held in one.keys.values() for holder in held}
        following = {holder: holder for holder in sorted(holders - known)}
    return controls


def control(node: EvmNode, address: str) -> Control:
    """Roles, owner, signers and proxy admin of one address; of one without code, only that it is a key."""
    if not node.code(address):
        return Control(address, {}, {"account": ("key", "")})
    answers = _answers(node, address)
    slots = {name: node.slot(address, slot) for name, slot in PROXY_SLOTS.items()}
    proxy = {name: f"0x{kept:040x}" for name, kept in slots.items() if kept}
    held = _role_members(node, address)
    held |= {power: (answers[power],) for power in ("owner", "pending_owner") if answers.get(power, NOBODY) != NOBODY}
    held |= {"signers": tuple(answers["signers"])} if "threshold" in answers and "signers" in answers else {}
    held |= {"proxy_admin": (proxy["proxy_admin"],)} if "proxy_admin" in proxy else {}
    state = {"account": ("contract", "")}
    state |= {name: (_text(answers[name]), unit) for name, unit in STATE_UNITS.items() if name in answers}
    state |= {name: (kept, "address") for name, kept in proxy.items()}
    if "has_roles" in answers and not _role_counts(node, address):
        state["roles"] = ("not listed by the contract", "")
    return Control(address, held, state)


def _text(said: object) -> str:
    return str(said).lower() if isinstance(said, bool) else str(said)


def _answers(node: EvmNode, contract: str) -> dict[str, Any]:
    """Value by question, of those that a contract answers."""
    found = node.calls(_questions(contract)[: len(QUESTIONS)])
    return {name: answer[0] for name, answer in zip(QUESTIONS, found, strict=True) if answer}


def _role_members(node: EvmNode, contract: str) -> dict[str, tuple[str, ...]]:
    """Members of each role that has some."""
    asked = {
        (power, index): Call(contract, "getRoleMember(bytes32,uint256)", (ROLES[power], index), ("address",))
        for power, count in _role_counts(node, contract).items()
        for index in range(count)
    }
    # Asked together, answered below from memory: one request for all.
    node.calls(list(asked.values()))
    members: dict[str, tuple[str, ...]] = {}
    for (power, _), call in asked.items():
        members[power] = (*members.get(power, ()), node.call(call))
    return members


def _role_counts(node: EvmNode, contract: str) -> dict[str, int]:
    """Number of members of each role; empty where a contract does not list them."""
    counted = node.calls(_count_calls(contract))
    counts = {power: int(count[0]) for power, count in zip(ROLES, counted, strict=True) if count}
    for power, count in counts.items():
        if count > KEYS_A_ROLE:
            raise BadData(f"{contract} says that {count} have the role {power}")
    return counts


def _questions(contract: str) -> list[Call]:
    asked = [Call(contract, function, arguments, (returned,)) for function, arguments, returned in QUESTIONS.values()]
    return asked + _count_calls(contract)


def _count_calls(contract: str) -> list[Call]:
    return [Call(contract, "getRoleMemberCount(bytes32)", (role,)) for role in ROLES.values()]
