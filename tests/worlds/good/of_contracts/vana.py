"""What contracts of Vana answer in a good world: two entities, three data pools with odd names, two validators."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from eth_abi.abi import encode

from ingest.evm.roles import ROLES
from ingest.networks.vana import CONTRACTS, DEPOSIT, STAKING, TREASURY
from ingest.vana.pools import EPOCH, PAID, POOL
from ingest.vana.staking import ENTITY
from ingest.vana.validators import ALLOWED, DEPOSITED, REFUSED

# Of its ten contracts three have code here: each costs every run with a spoiled answer ten questions.
ABSENT: Final = {*CONTRACTS.values()} - {STAKING, TREASURY, DEPOSIT}
OWNERS: Final = [f"0x{0xC0 + number:040x}" for number in range(3)]
STAKERS: Final = [f"0x{0xD0 + number:040x}" for number in range(3)]
# Shares by entity, of the stakers in their order; what each entity holds for them.
SHARES: Final = {1: (10, 20, 30), 2: (0, 0, 7)}
HELD: Final = {1: 66, 2: 8}
ENTITIES: Final = {1: b"nan", 2: b"=1e9 \xff"}
POOLS: Final = {1: (b"1e9", OWNERS[0], 2), 2: (b"inf", OWNERS[0], 2), 3: (b"\xf0\x28\x8c\x28\0", OWNERS[1], 1)}
VALIDATORS: Final = [bytes([number]) * 48 for number in (7, 8)]


def _of(kind: str, value: Any) -> bytes:
    return encode([kind], [value])


def _shares(staker: str, number: int) -> bytes:
    shares = dict(zip(STAKERS, SHARES[number], strict=True)).get(staker, 0)
    return encode(["uint256"] * 5, [shares, 1, 2, 3, 4])


def _entity(number: int) -> bytes:
    later = f"{ENTITY[:-1]},uint256)"
    told = (number, OWNERS[2], 1, ENTITIES[number], 600, 100, HELD[number], sum(SHARES[number]), 1_700_000_000, 5)
    return _of(later, told)


def _pool(number: int) -> bytes:
    called, owner, status = POOLS[number]
    told = (number, owner, owner, owner, owner, called, b"", b"", b"", 5, 10, status, 0, 1)
    return _of(POOL, told)


_ANSWERS: Final[Mapping[str, Callable[..., bytes]]] = {
    "version()": lambda: _of("uint256", 2),
    "minStakeAmount()": lambda: _of("uint256", 10),
    "bondingPeriod()": lambda: _of("uint256", 86_400),
    "activeStakersListCount()": lambda: _of("uint256", len(STAKERS)),
    "inactiveStakersListCount()": lambda: _of("uint256", 1),
    "activeStakersListValues(uint256,uint256)": lambda first, end: _of("address[]", STAKERS[first:end]),
    "stakerEntities(address,uint256)": _shares,
    "entitiesCount()": lambda: _of("uint256", len(ENTITIES)),
    "entities(uint256)": _entity,
    "dlpsCount()": lambda: _of("uint256", len(POOLS)),
    "dlps(uint256)": _pool,
    "epochsCount()": lambda: _of("uint256", 3),
    "epochRewardAmount()": lambda: _of("uint256", 1_000),
    "epochs(uint256)": lambda number: _of(EPOCH, (number * 100, number * 100 + 99, 1_000, number < 3)),
    "epochDlpIds(uint256)": lambda number: _of("uint256[]", [1, 2]),
    "epochDlps(uint256,uint256)": lambda epoch, number: encode(["uint256"] * 6, [1, 500 * number, 3, 2, 100, 0]),
    "restricted()": lambda: _of("bool", True),
    "get_deposit_count()": lambda: _of("bytes", (2).to_bytes(8, "little")),
    "minDepositAmount()": lambda: _of("uint256", 35_000 * 10**18),
    "maxDepositAmount()": lambda: _of("uint256", 35_000 * 10**18),
    "validators(bytes)": lambda key: encode(["bool", "bool"], [key == VALIDATORS[0], True]),
}


def _has_role(role: bytes, member: str) -> bytes:
    """As the events of a good provider grant it; none of these contracts lists who has a role."""
    return _of("bool", role == ROLES["proposer"] and int(member, 16) in (0xA0, 0xA1))


_ROLES: Final[Mapping[str, Callable[..., bytes]]] = {
    "hasRole(bytes32,address)": _has_role,
    "getRoleAdmin(bytes32)": lambda role: bytes(32),
}
ALONE: Final = {place: {**_ANSWERS, **_ROLES} for place in CONTRACTS.values()}


def events(kind: str, heights: Sequence[int]) -> list[tuple[int, list[str], str]] | None:
    """Height, topics and data of the events with a first topic; None where Vana has none of it."""
    if kind == PAID:
        words = (30, 9, 0, 4, 26)
        return [
            (height + 5, [kind, *(f"0x{topic:064x}" for topic in (2, 1 + place % 2, place))], _words(*words))
            for place, height in enumerate(heights)
        ]
    if kind == ALLOWED:
        return [(heights[0] + 6, [kind], f"0x{_of('bytes', VALIDATORS[0]).hex()}")]
    if kind == REFUSED:
        return []
    if kind == DEPOSITED:
        to = bytes([1]) + bytes(11) + bytes.fromhex(OWNERS[0][2:])
        amount = (35_000 * 10**9).to_bytes(8, "little")
        told = [encode(["bytes"] * 5, [key, to, amount, bytes(96), bytes(8)]) for key in VALIDATORS]
        return [(heights[1] + place, [kind], f"0x{data.hex()}") for place, data in enumerate(told)]
    return None


def _words(*words: int) -> str:
    return "0x" + "".join(f"{word:064x}" for word in words)
