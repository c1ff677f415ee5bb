"""Who has which role on a contract with OpenZeppelin's AccessControl, whether it lists them or not.

A contract that lists its members is asked. Of any other the events of granting and revoking are replayed in the order
of the chain, and each pair that was ever granted is then asked for at the pinned block: what the contract says counts.
A history that is not read to the end, or does not agree with the contract, may miss members: it is not whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from ingest.allowance import Exhausted
from ingest.endpoints import Absent
from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.events import History, Keeping, address, history, naming, signature
from ingest.evm.holders import deployed
from ingest.evm.logs import NOBODY, AnswersLeft
from ingest.evm.node import EvmNode
from ingest.evm.provider import Provider
from ingest.network import Memo
from store.rows import SourceDown

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
# Roles change a few times a year: four days are one part.
DAYS: Final = 4
MEMBERS: Final = 200


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


def from_logs(node: EvmNode, memo: Memo, contract: str, answers: AnswersLeft, since: int | None = None) -> Members:
    """Members of all roles, known or not, by the events since a block and by the contract's own word.

    Whole where the contract is no older than that block, all blocks were read, and hasRole says of every pair what the
    last event does. The zero address has no key: it is no member.
    """
    source, first, begins = _start(node, contract, node.chain.since if since is None else since)
    told = history(source, memo, contract, CHANGES, first, answers, Keeping(DAYS * node.chain.day, naming(1)))
    last = _last(told)
    pairs = sorted(last)
    says = numbers(node, contract, "hasRole(bytes32,address)", pairs) if pairs else []
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


def _start(node: EvmNode, contract: str, since: int) -> tuple[EvmNode, int, bool]:
    """Who is asked for its events, from which block on, and whether the contract is no older than that."""
    archive = node.archive()
    if archive is not None:
        return archive, deployed(archive, contract), True
    return node, since, not since or _came_after(node, contract, since - 1)


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
    counted = node.calls([_count(contract, role) for role in roles])
    counts = {role: int(count[0]) for role, count in zip(roles, counted, strict=True) if count}
    if not counts:
        return None
    few = {role: count for role, count in counts.items() if count <= MEMBERS}
    asked = {role: [_member(contract, role, place) for place in range(count)] for role, count in few.items()}
    # Asked together, answered below from memory: one request for all.
    node.calls([call for calls in asked.values() for call in calls])
    found = {role: tuple(map(node.call, calls)) for role, calls in asked.items()}
    return {role: tuple(one for one in members if one != NOBODY) for role, members in found.items()}


def _unknown_admins(node: EvmNode, contract: str, roles: list[int]) -> dict[int, int]:
    """Of each role the one that gives it, where that is another and has no word; a contract may not say."""
    said = node.calls([Call(contract, "getRoleAdmin(bytes32)", (role.to_bytes(32),), ("uint256",)) for role in roles])
    admins = {role: int(admin[0]) for role, admin in zip(roles, said, strict=True) if admin}
    return {role: admin for role, admin in admins.items() if admin != role and admin not in WORDS}


def _named(held: Mapping[int, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {word(role): members for role, members in held.items() if members}


def _admins(admins: Mapping[int, int], held: Mapping[int, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found = {f"{word(role)}_admin": held.get(admin, ()) for role, admin in admins.items() if role in WORDS}
    return {power: members for power, members in found.items() if members}


def _count(contract: str, role: int) -> Call:
    return Call(contract, "getRoleMemberCount(bytes32)", (role.to_bytes(32),))


def _member(contract: str, role: int, place: int) -> Call:
    return Call(contract, "getRoleMember(bytes32,uint256)", (role.to_bytes(32), place), ("address",))


def count_calls(contract: str) -> list[Call]:
    """What a contract is asked to learn whether it lists the members of its roles."""
    return [_count(contract, ADMIN)]
