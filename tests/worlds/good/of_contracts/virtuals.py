"""What contracts of Virtuals answer in a good world: locks, a governor whose base a key types in, agents and jobs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from eth_abi.abi import encode

from ingest.evm.storage import element
from ingest.networks import virtuals
from ingest.virtuals import locks, market, typists
from tests.worlds.good.clock import NOW

HOLDERS: Final = [f"0x{0xB0 + number:040x}" for number in range(5)]
TYPIST: Final = f"0x{0xA2:040x}"
BRIDGE: Final = "0x4200000000000000000000000000000000000010"
ANOTHER: Final = f"0x{0xF200:040x}"
LOCKED: Final = 9
# When the vote was over whose proposal all governors of a good world have.
ENDED: Final = int(NOW.timestamp()) - 10**6


def _of(kind: str, value: Any) -> bytes:
    return encode([kind], [value])


def _word(address: str) -> str:
    return f"0x{int(address, 16):064x}"


def _each(first: int, none: int = 0) -> Callable[[str], bytes]:
    """A little more of each holder."""
    return lambda holder: _of("uint256", first + HOLDERS.index(holder) if holder in HOLDERS else none)


def _copied(holder: str) -> bytes:
    """All that is locked lies in the escrow."""
    return _of("uint256", LOCKED * len(HOLDERS)) if holder == virtuals.ESCROW else _each(7)(holder)


def events(kind: str, heights: Sequence[int]) -> list[tuple[int, list[str], str]] | None:
    """Height, topics and data of the events with a first topic; None for one of another project."""
    paid = [[kind, f"0x{job:064x}", _word(provider)] for job, provider in enumerate(reversed(HOLDERS[1:]))]
    if kind == locks.STAKED:
        return [(height + 5, [kind, _word(who)], f"0x{9:0192x}") for height, who in zip(heights, HOLDERS, strict=True)]
    if kind == market.JOB:
        # The last job that paid was made before anybody remembers.
        told = [[kind, f"0x{job:064x}", _word(client), _word(TYPIST)] for job, client in enumerate(HOLDERS[:3])]
        return [(heights[job] + 6, topics, f"0x{0:0192x}") for job, topics in enumerate(told)]
    if kind == market.PAID:
        return [(heights[job] + 7, topics, f"0x{30 + job:064x}") for job, topics in enumerate(paid)]
    if kind == market.PAID_BEFORE:
        tokens = [virtuals.USDC, virtuals.USDC, ANOTHER, virtuals.USDC]
        words = [
            encode(["uint256", "address", "string"], [40 + job, token, "done"]) for job, token in enumerate(tokens)
        ]
        return [(heights[job] + 8, topics, f"0x{words[job].hex()}") for job, topics in enumerate(paid)]
    return None


KEPT: Final[Mapping[str, Mapping[int, int]]] = {
    virtuals.GOVERNOR.address: {
        typists.THRESHOLD_SLOT: 3,
        typists.PROPOSALS_SLOT: 1,
        typists.BASES_SLOT: 2,
        typists.ADMIN_SLOT: int(TYPIST, 16),
        typists.NUMERATORS_SLOT: 1,
        element(typists.BASES_SLOT, 1): 80 << typists.BASE_BITS | 7,
        element(typists.NUMERATORS_SLOT, 0): 2_500 << typists.NUMERATOR_BITS | 7,
    }
}
SINCE: Final = {virtuals.NETWORK.name: virtuals.SINCE}
# What each of these contracts answers, and nothing else.
ALONE: Final[Mapping[str, Mapping[str, Callable[..., bytes]]]] = {
    virtuals.GOVERNOR.address: {
        "name()": lambda: _of("string", virtuals.GOVERNOR.named),
        "COUNTING_MODE()": lambda: _of("string", virtuals.GOVERNOR.dialect.mode),
        "CLOCK_MODE()": lambda: _of("string", "mode=timestamp"),
        "proposalCount()": lambda: _of("uint256", 1),
        "proposalThreshold()": lambda: _of("uint256", 3),
        "quorumNumerator()": lambda: _of("uint256", 2_500),
        "latestTotalSupply()": lambda: _of("uint256", 80),
        "pastTotalSupply(uint256)": lambda time: _of("uint256", 80),
        "quorum(uint256)": lambda time: _of("uint256", 20),
        "state(uint256)": lambda number: _of("uint256", 4),
        "votingDelay()": lambda: _of("uint256", 259_200),
        "votingPeriod()": lambda: _of("uint256", 259_200),
        "proposalVotes(uint256)": lambda number: encode(["uint256"] * 3, [5, 30, 0]),
        "proposalSnapshot(uint256)": lambda number: _of("uint256", ENDED - 100),
        "proposalDeadline(uint256)": lambda number: _of("uint256", ENDED),
    },
    virtuals.VIRTUAL: {
        "totalSupply()": lambda: _of("uint256", 10**6),
        "balanceOf(address)": _copied,
        "remoteToken()": lambda: _of("address", virtuals.ON_ETHEREUM),
        "bridge()": lambda: _of("address", BRIDGE),
    },
    virtuals.ESCROW: {
        "baseToken()": lambda: _of("address", virtuals.VIRTUAL),
        "stakedAmountOf(address)": lambda holder: _of("uint256", LOCKED if holder in HOLDERS else 0),
        "balanceOf(address)": _each(3),
        "maxWeeks()": lambda: _of("uint256", 104),
        "adminUnlocked()": lambda: _of("bool", False),
    },
    virtuals.AGENTS: {
        "totalSupply()": lambda: _of("uint256", 3),
        "virtualInfos(uint256)": lambda number: encode(["address"] * 4, [ANOTHER, ANOTHER, HOLDERS[number], ANOTHER]),
        "ownerOf(uint256)": lambda number: _of("address", ANOTHER),
        "isBlacklisted(uint256)": lambda number: _of("bool", number == 2),
    },
    virtuals.MARKET: {
        "paymentToken()": lambda: _of("address", virtuals.USDC),
        "jobCounter()": lambda: _of("uint256", 4),
        "platformFeeBP()": lambda: _of("uint256", 500),
        "platformTreasury()": lambda: _of("address", ANOTHER),
        "getJob(uint256)": lambda job: encode(
            market.A_JOB, [(HOLDERS[4], 3, HOLDERS[1], 9, TYPIST, TYPIST, 5, b"\xff")]
        ),
    },
    virtuals.PAYMENTS: {},
}
