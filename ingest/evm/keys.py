"""Who can change a contract: its roles, owners and proxy admins, and the multisigs and timelocks behind them.

Keys are counted, not people: who holds a key is not on the chain.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from ingest.evm import roles, safes
from ingest.evm.calls import Call
from ingest.evm.logs import NOBODY, AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Earlier, Memo
from store.rows import Facts, Kind, frame, holdings, observation

# The power of whoever holds keys to a contract that nobody could list: its holder is the contract itself.
UNKNOWN: Final = "unknown"
# Powers by the view functions that name who has them.
NAMED: Final[Mapping[str, str]] = {
    "owner": "owner()",
    "pending_owner": "pendingOwner()",
    "minter": "minter()",
    "manager": "manager()",
    "governor": "governor()",
    "timelock": "timelock()",
    "controller": "controller()",
    # OpenZeppelin's AccessManager
    "authority": "authority()",
}
# EIP-1967 (keccak256("eip1967.proxy.admin") - 1 and so on), and ZeppelinOS before it.
PROXY_SLOTS: Final[Mapping[str, int]] = {
    "proxy_admin": 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103,
    "implementation": 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC,
    "beacon": 0xA3F0AD74E5423AEBFD80D3EF4346578335A9A72AEAEE59FF6CB3582B35133D50,
    "old_proxy_admin": 0x10D6A54A4754C8869D6886B5F5D7FBFA5B4522237EA5C60D11BC4E7A1FF9390B,
    "old_implementation": 0x7050C9E0F4CA769C69BD3A8EF740BC37934F8E2C036E5A723FD8EE048ED3F8C3,
}
# What any contract is asked beside; it answers what it has.
QUESTIONS: Final[Mapping[str, tuple[str, tuple[Any, ...], str]]] = {
    # Safe
    "signers": ("getOwners()", (), "address[]"),
    "threshold": ("getThreshold()", (), "uint256"),
    "version": ("VERSION()", (), "string"),
    # OpenZeppelin's Pausable, TimelockController and AccessControl; a role of the zero address is anyone's there.
    "paused": ("paused()", (), "bool"),
    "delay": ("getMinDelay()", (), "uint256"),
    "has_roles": ("hasRole(bytes32,address)", (bytes(32), NOBODY), "bool"),
    "open_executor": ("hasRole(bytes32,address)", (roles.ROLES["executor"], NOBODY), "bool"),
}
STATE_UNITS: Final[Mapping[str, str]] = {"threshold": "signatures", "version": "", "paused": "", "delay": "s"}
# Whoever replaces a contract's code, or lets others replace it.
REPLACES: Final = ("owner", "admin", "upgrader", "proxy_admin", "beacon", "governor", "controller", "authority")
# Safe keeps its modules in a circle that begins and ends here.
FIRST_MODULE: Final = f"0x{1:040x}"
MODULES_AT_ONCE: Final = 10
# EIP-7702: the code of a key that lets a contract's code act for it.
DELEGATION: Final = bytes.fromhex("ef0100")
# A multisig that owns a timelock that owns the admin of a proxy; deeper chains are named, not followed.
DEPTH: Final = 4
# A pinned block's state is kept for 25 minutes, of which finality takes 13: what is over is left for later runs.
ANSWERS_A_RUN: Final = 100

Powers = Mapping[str, tuple[str, ...]]
NOTHING: Final[Mapping[str, Powers]] = {}
Beside = Callable[[EvmNode], Mapping[str, Powers]]


def nothing(_: EvmNode) -> Mapping[str, Powers]:
    """No powers but those that the usual questions tell."""
    return NOTHING


def keys(node: EvmNode, memo: Memo, contracts: Mapping[str, str], since: int | None, beside: Beside = nothing) -> Facts:
    """Holdings of keys: population is contract and power, holder who has it; each key counts one.

    beside: powers that the usual questions do not tell, of contracts with other names.
    """
    rows = [
        (f"{name}/{power}", holder, 1)
        for name, powers in explored(node, memo, contracts, since, beside(node)).items()
        for power, holders in powers.items()
        for holder in holders
    ]
    return Facts(holdings(rows), empty=not rows)


def states(node: EvmNode, contracts: Mapping[str, str], earlier: Earlier, own_pauses: Collection[str] = ()) -> Facts:
    """Observations of what the contracts are, and what all are who held a key when the keys were last read.

    own_pauses: names of contracts whose paused() is no word of yes or no, as Pausable's is.
    """
    held = earlier[-1]
    behind = {holder for holder in held["holder"] if holder not in contracts.values()}
    asked = {**contracts, **{holder: holder for holder in sorted(behind)}}
    # Asked together, answered below from memory: one request for all.
    node.calls([call for address in asked.values() for call in _questions(address)])
    rows = [
        observation(what, node.block.time, value, unit, subject=address)
        for name, address in asked.items()
        for what, (value, unit) in (state(node, address) | _name(name, address)).items()
        if what != "paused" or name not in own_pauses
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _name(name: str, address: str) -> dict[str, tuple[str, str]]:
    return {} if name == address else {"contract": (name, "")}


def explored(
    node: EvmNode, memo: Memo, contracts: Mapping[str, str], since: int | None, beside: Mapping[str, Powers] = NOTHING
) -> dict[str, Powers]:
    """Who has which power over named contracts and, by address, over everybody who holds a key of them, and so on.

    beside: what is known otherwise of contracts with other names.
    """
    found: dict[str, Powers] = {}
    left = AnswersLeft.a_run(ANSWERS_A_RUN, node.chain.day)
    following, known = dict(contracts), set(contracts.values())
    found |= beside
    following |= {holder: holder for holder in _holders(beside) - known}
    known |= _holders(beside)
    for _ in range(DEPTH):
        # Asked together, answered below from memory: one request for all.
        node.calls([call for address in following.values() for call in _questions(address)])
        places = [one for one in dict.fromkeys(following.values()) if not is_key(node.code(one))]
        members = _members(node, memo, places, since, left)
        new = {name: powers(node, one, members.get(one)) if one in places else {} for name, one in following.items()}
        found |= new
        holders = _holders(new)
        following = {holder: holder for holder in sorted(holders - known)}
        known |= holders
    return found


def _holders(of: Mapping[str, Powers]) -> set[str]:
    return {holder for held in of.values() for members in held.values() for holder in members}


def _members(
    node: EvmNode, memo: Memo, contracts: Sequence[str], since: int | None, left: AnswersLeft
) -> dict[str, roles.Members]:
    """Who has which role, of contracts that have roles: by their own lists, else by one history of all the others."""
    roles.ask_lists(node, contracts)
    listed = {one: found for one in contracts if (found := roles.from_list(node, one))}
    others = [one for one in contracts if one not in listed and "has_roles" in _answers(node, one)]
    return {**listed, **roles.from_logs(node, memo, others, left, since)}


def powers(node: EvmNode, address: str, members: roles.Members | None) -> Powers:
    """Who has which power over one contract; members: of its roles, where it has some.

    Where it has keys that nobody can list, the unknown ones too: roles whose history is not read to its end, the
    modules of a multisig that does not tell them, code that can be replaced nobody knows by whom.
    """
    answers, slots = _answers(node, address), _slots(node, address)
    held: dict[str, tuple[str, ...]]
    held = {power: (said,) for power in NAMED if (said := answers.get(power, NOBODY)) != NOBODY}
    held |= {power: (slots[power],) for power in ("proxy_admin", "beacon") if power in slots}
    hidden = False
    if members:
        held = _both(held, members.held)
        hidden = not members.whole
    if "threshold" in answers and "signers" in answers:
        modules = _modules(node, address)
        held |= {"signers": tuple(answers["signers"]), "module": modules or ()}
        hidden |= modules is None
    if "implementation" in slots and not any(power in held for power in REPLACES):
        hidden = True
    held |= {UNKNOWN: (address,)} if hidden else {}
    return {power: members for power, members in held.items() if members}


def state(node: EvmNode, address: str) -> dict[str, tuple[str, str]]:
    """What one address is, with units: of one without code of its own, only that it is a key."""
    code = node.code(address)
    if is_key(code):
        return {"account": ("key", ""), **({"delegated": (f"0x{code[3:].hex()}", "address")} if code else {})}
    answers, slots = _answers(node, address), _slots(node, address)
    told = {"account": ("contract", "")}
    told |= {name: (_text(answers[name]), unit) for name, unit in STATE_UNITS.items() if name in answers}
    told |= {name: (kept, "address") for name, kept in slots.items()}
    if "threshold" in answers and (guard := node.slot(address, safes.GUARD_SLOT)):
        told["guard"] = (safes.addressed(guard), "address")
    if "threshold" in answers and "signers" in answers and (modules := _modules(node, address)) is not None:
        known = safes.proved(node, address, answers["signers"], modules)
        told |= {"proved": (known, "")} if known else {}
    if "delay" in answers and answers.get("open_executor"):
        told["executor"] = ("anyone", "")
    return told


def is_key(code: bytes) -> bool:
    """Whether an address with this code is a key's: it has none, or borrows that of a contract (EIP-7702)."""
    return not code or (code.startswith(DELEGATION) and len(code) == len(DELEGATION) + 20)


def _text(said: object) -> str:
    return str(said).lower() if isinstance(said, bool) else str(said)


def _both(held: Powers, more: Powers) -> dict[str, tuple[str, ...]]:
    """Those who have each power by either, each once."""
    names = dict.fromkeys((*held, *more))
    return {name: tuple(dict.fromkeys((*held.get(name, ()), *more.get(name, ())))) for name in names}


def _slots(node: EvmNode, contract: str) -> dict[str, str]:
    """Addresses in the slots of proxies, of those that hold one; old slots under the names of the new ones."""
    kept = dict(zip(PROXY_SLOTS, node.slots(contract, list(PROXY_SLOTS.values())), strict=True))
    return {name.removeprefix("old_"): safes.addressed(word) for name, word in kept.items() if word % 2**160}


def _answers(node: EvmNode, contract: str) -> dict[str, Any]:
    """Value by question, of those that a contract answers."""
    found = node.calls(_asked(contract))
    return {name: answer[0] for name, answer in zip([*NAMED, *QUESTIONS], found, strict=True) if answer}


def _modules(node: EvmNode, safe: str) -> tuple[str, ...] | None:
    """Contracts that act for a Safe without its signers; None where it does not tell them, or without end."""
    found: list[str] = []
    start = FIRST_MODULE
    while len(found) <= roles.MEMBERS:
        (page,) = node.calls([_page(safe, start)])
        if not page:
            return None
        found += page[0]
        if len(page[0]) < MODULES_AT_ONCE:
            return tuple(found)
        # Safe 1.3 names as the next one a module that it then leaves out: go on from the last that it told.
        start = page[0][-1]
    return None


def _page(safe: str, start: str) -> Call:
    asked = (start, MODULES_AT_ONCE)
    return Call(safe, "getModulesPaginated(address,uint256)", asked, ("address[]", "address"))


def _questions(contract: str) -> Iterable[Call]:
    return (*_asked(contract), *roles.count_calls(contract), _page(contract, FIRST_MODULE))


def _asked(contract: str) -> list[Call]:
    named = [Call(contract, function, returns=("address",)) for function in NAMED.values()]
    return named + [Call(contract, function, given, (kind,)) for function, given, kind in QUESTIONS.values()]
