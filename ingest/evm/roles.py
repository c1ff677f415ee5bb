"""Who has which role on a contract with OpenZeppelin's AccessControl, whether it lists them or not.

A contract that lists its members is asked. Of any other the events of granting and revoking are replayed in the order
of the chain, and each pair that was ever granted is then asked for at the pinned block: what the contract says counts.
A history that is not read to the end, or does not agree with the contract, may miss members: it is not whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from ingest.allowance import Exhausted
from ingest.endpoints import Absent
from ingest.evm.calls import Call
from ingest.evm.events import History, Keeping, address, histories, naming, signature
from ingest.evm.holders import deployed
from ingest.evm.logs import NOBODY, AnswersLeft
from ingest.evm.node import EvmNode
from ingest.evm.provider import Provider
from ingest.network import Memo
from store.faults import SourceDown

# Powers by the role that OpenZeppelin's contracts, and those of Fetch.ai and others, give them: the hash of the name.
ROLES: Final[Mapping[str, bytes]] = {
    "admin": bytes(32),
    **{
        name.lower(): keccak(text=f"{name}_ROLE")
        for name in (
            *("MINTER", "BURNER", "PAUSER", "UPGRADER", "DELEGATE", "RELAYER", "MONITOR", "APPROVER"),
            *("PROPOSER", "EXECUTOR", "CANCELLER", "TIMELOCK_ADMIN", "MAINTAINER", "GUARDIAN", "OPERATOR"),
            *("MANAGER", "GOVERNOR", "TREASURER", "WITHDRAWER", "KEEPER", "UNPAUSER", "FREEZER", "BRIDGE", "CUSTODIAN"),
            # vana-com/vana-smart-contracts: who writes rewards of data pools, who pays them, who keeps stakes.
            *("DLP_PERFORMANCE", "DLP_REWARD_DEPLOYER", "REWARD_DEPLOYER", "VANA_POOL", "VANA_POOL_ENTITY"),
        )
    },
}
WORDS: Final = {int.from_bytes(role): word for word, role in ROLES.items()}
ADMIN: Final = 0
GRANTED: Final = signature("RoleGranted(bytes32,address,address)")
REVOKED: Final = signature("RoleRevoked(bytes32,address,address)")
CHANGES: Final = {GRANTED: (3, 0), REVOKED: (3, 0)}
MEMBERS: Final = 200
CHANGING: Final = Keeping(judge=naming(1))


@dataclass(frozen=True, slots=True)
class Members:
    """Who has which role, by its word; whole: whether nobody else can have one."""

    held: Mapping[str, tuple[str, ...]]
    whole: bool


class NotThere(Absent):
    """A provider has no code at an address in a block; one that has dropped old states may say so too."""

    doubtful = True


def word(role: int) -> str:
    """The word of a role; of one that is not known its hash."""
    return WORDS.get(role, f"role_{role:064x}")


def from_list(node: EvmNode, contract: str) -> Members | None:
    """Members of the known roles, by a contract that lists them; None where it does not.

    Of a role that is given by holders of another, unknown one, those are told too: as `<word>_admin`. Of a role with
    endless members nobody is told, and the list is not whole.
    """
    if not any(node.calls(count_calls(contract))):
        return None
    known = _listed(node, contract, list(WORDS))
    if known is None:
        return None
    admins = _unknown_admins(node, contract, [role for role, members in known.items() if members])
    others = _listed(node, contract, list(dict.fromkeys(admins.values()))) or {}
    whole = len(known) == len(WORDS) and others.keys() >= set(admins.values())
    return Members({**_named(known), **_admins(admins, {**known, **others})}, whole)


def from_logs(
    node: EvmNode, memo: Memo, contracts: Sequence[str], answers: AnswersLeft, since: int | None = None
) -> dict[str, Members]:
    """Members of all roles, known or not, by the events since a block and by each contract's own word.

    Whole where the contract is no older than that block, all blocks were read, and hasRole says of every pair what the
    last event does. The zero address has no key: it is no member.
    """
    if not contracts:
        return {}
    source, since = node.archive() or node, node.chain.since if since is None else since
    first = {one: since if source is node else deployed(source, one) for one in contracts}
    told = histories(source, memo, first, CHANGES, answers, CHANGING)
    # Asked together, answered below from memory: one request for all.
    node.calls(
        [
            call
            for one, found in told.items()
            for pair in _last(found)
            for call in (_has(one, *pair), _admin(one, pair[0]))
        ]
    )
    begins = {one: source is not node or not since or _came_after(node, one, since - 1) for one in contracts}
    return {one: _members(node, one, found, begins=begins[one]) for one, found in told.items()}


def _members(node: EvmNode, contract: str, told: History, *, begins: bool) -> Members:
    last = _last(told)
    pairs = sorted(last)
    says = [node.call(_has(contract, *pair)) for pair in pairs]
    held: dict[int, tuple[str, ...]] = {}
    for (role, member), has in zip(pairs, says, strict=True):
        if has and member:
            held[role] = (*held.get(role, ()), address(member))
    agree = [bool(has) for has in says] == [last[pair] for pair in pairs]
    admins = _unknown_admins(node, contract, list(held))
    return Members({**_named(held), **_admins(admins, held)}, bool(pairs) and begins and not told.unread and agree)


def _last(told: History) -> dict[tuple[int, int], bool]:
    """Whether the last event of each role and account granted it."""
    return {event.topics[:2]: event.kind == GRANTED for event in told.events}  # type: ignore[misc]


def _came_after(node: EvmNode, contract: str, height: int) -> bool:
    """Whether two providers say that the contract was not there yet; False where nobody has that state any more."""

    def there(provider: Provider) -> bool:
        if not provider.code(contract, height):
            raise NotThere(f"{contract} has no code in block {height}")
        return True

    try:
        return not node.ask(there)
    except NotThere:
        return True
    except Exhausted:
        raise
    except SourceDown:
        return False


def _listed(node: EvmNode, contract: str, roles: list[int]) -> dict[int, tuple[str, ...]] | None:
    """Members of roles, without those that have too many; None where the contract does not list them."""
    asked = _places(node, contract, roles)
    if asked is None:
        return None
    # Asked together, answered below from memory: one request for all.
    node.calls([call for calls in asked.values() for call in calls])
    found = {role: tuple(map(node.call, calls)) for role, calls in asked.items()}
    return {role: tuple(one for one in members if one != NOBODY) for role, members in found.items()}


def _places(node: EvmNode, contract: str, roles: list[int]) -> dict[int, list[Call]] | None:
    """What tells each member of roles, without those that have too many; None where the contract does not list them."""
    counted = node.calls([_count(contract, role) for role in roles])
    counts = {role: int(count[0]) for role, count in zip(roles, counted, strict=True) if count}
    return (
        {
            role: [_member(contract, role, place) for place in range(count)]
            for role, count in counts.items()
            if count <= MEMBERS
        }
        if counts
        else None
    )


def ask_lists(node: EvmNode, contracts: Sequence[str]) -> None:
    """Asks contracts that list their members for them, as `from_list` asks one: three requests for all."""
    listing = [one for one in contracts if any(node.calls(count_calls(one)))]
    node.calls([_count(one, role) for one in listing for role in WORDS])
    asked = {one: _places(node, one, list(WORDS)) or {} for one in listing}
    node.calls([call for places in asked.values() for calls in places.values() for call in calls])
    node.calls([_admin(one, role) for one, places in asked.items() for role, calls in places.items() if calls])


def _unknown_admins(node: EvmNode, contract: str, roles: list[int]) -> dict[int, int]:
    """Of each role the one that gives it, where that is another and has no word; a contract may not say."""
    said = node.calls([_admin(contract, role) for role in roles])
    admins = {role: int(admin[0]) for role, admin in zip(roles, said, strict=True) if admin}
    return {role: admin for role, admin in admins.items() if admin != role and admin not in WORDS}


def _named(held: Mapping[int, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {word(role): members for role, members in held.items() if members}


def _admins(admins: Mapping[int, int], held: Mapping[int, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found = {f"{word(role)}_admin": held.get(admin, ()) for role, admin in admins.items() if role in WORDS}
    return {power: members for power, members in found.items() if members}


def _has(contract: str, role: int, member: int) -> Call:
    return Call(contract, "hasRole(bytes32,address)", (role.to_bytes(32), address(member)), ("bool",))


def _admin(contract: str, role: int) -> Call:
    return Call(contract, "getRoleAdmin(bytes32)", (role.to_bytes(32),), ("uint256",))


def _count(contract: str, role: int) -> Call:
    return Call(contract, "getRoleMemberCount(bytes32)", (role.to_bytes(32),))


def _member(contract: str, role: int, place: int) -> Call:
    return Call(contract, "getRoleMember(bytes32,uint256)", (role.to_bytes(32), place), ("address",))


def count_calls(contract: str) -> list[Call]:
    """What a contract is asked to learn whether it lists the members of its roles."""
    return [_count(contract, ADMIN)]
