"""What contracts of Olas answer in a good world: two programs to vote for, three services, and a guard over a Safe."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from eth_abi.abi import encode

from ingest.networks import olas, olas_base, olas_gnosis
from ingest.olas import emission, guard, mechs, services

PEOPLE: Final = [f"0x{0xE0 + number:040x}" for number in range(4)]
PROGRAM: Final = f"0x{0xF000:040x}"
MULTISIGS: Final = [f"0x{0xF100 + number:040x}" for number in range(3)]
NOMINEES: Final = [(bytes(32), 0), (bytes(12) + bytes([0xA1]) * 20, 100), (bytes([0xB2]) * 32, 1_399_811_149)]
# State of each service, its owner, and who staked it with a program where somebody did.
SERVICES: Final = [(4, PEOPLE[0], ""), (1, PEOPLE[0], ""), (4, PROGRAM, PEOPLE[1])]
HALF: Final = 5 * 10**17
WEIGHTS: Final = 10**6


def _of(kind: str, value: Any) -> bytes:
    return encode([kind], [value])


def _service(number: int) -> bytes:
    state, _, _ = SERVICES[number - 1]
    return _of(services.SERVICE, (1, MULTISIGS[number - 1], bytes(32), 1, 2, 2, state, [5]))


def _staked(number: int) -> bytes:
    """As the newest programs tell it, with one word more."""
    later = f"{services.STAKED[:-1]},uint256)"
    return _of(later, (MULTISIGS[number - 1], SERVICES[number - 1][2], [1, 2], 3, 4, 5, 6))


VIEWS: Final[Mapping[str, Callable[..., bytes]]] = {
    "getAllNominees()": lambda: _of("(bytes32,uint256)[]", NOMINEES),
    "nomineeRelativeWeight(bytes32,uint256,uint256)": lambda *_: encode(["uint256"] * 2, [HALF, WEIGHTS]),
    "voteUserSlopes(address,bytes32)": lambda *_: encode(["uint256"] * 3, [3, 5_000, 2**33]),
    "inflationPerSecond()": lambda: _of("uint256", 10**17),
    "epochCounter()": lambda: _of("uint256", 30),
    "epochLen()": lambda: _of("uint256", 2_592_000),
    "mapEpochStakingPoints(uint256)": lambda _: encode(["uint256"] * 4, [10**22, 10**21, 50, 40]),
    "mapAllowedTargetSelectorChainIds(uint256)": lambda key: _of("bool", key % 3 > 0),
    "getService(uint256)": _service,
    "ownerOf(uint256)": lambda number: _of("address", SERVICES[number - 1][1]),
    "numMechs()": lambda: _of("uint256", 5),
    "numTotalRequests()": lambda: _of("uint256", 1_000),
    "fee()": lambda: _of("uint256", 100),
}
ELSEWHERE: Final = (olas_gnosis, olas_base)
# What one contract answers otherwise than all others.
OF: Final[Mapping[str, Mapping[str, Callable[..., bytes]]]] = {
    olas.GUARD: {
        "multisig()": lambda: _of("address", olas.MULTISIG),
        "owner()": lambda: _of("address", olas.TIMELOCK),
        "governor()": lambda: _of("address", olas.GOVERNORS[0].address),
        "governorCheckProposalId()": lambda: _of("uint256", 7),
        "paused()": lambda: _of("uint256", guard.IN_FORCE),
    },
    olas.MULTISIG: {
        "getThreshold()": lambda: _of("uint256", 2),
        "getOwners()": lambda: _of("address[]", PEOPLE[:3]),
        "getModulesPaginated(address,uint256)": lambda *_: encode(
            ["address[]", "address"], [[olas.TIMELOCK], f"0x{1:040x}"]
        ),
    },
    PROGRAM: {"getServiceInfo(uint256)": _staked},
    **{one.CONTRACTS["registry"]: {"totalSupply()": lambda: _of("uint256", len(SERVICES))} for one in ELSEWHERE},
    **{one.RULES.address: {one.RULES.asks: lambda: _of("address", olas.TIMELOCK)} for one in ELSEWHERE},
    **{
        tracker.address: {
            "mechMarketplace()": lambda place=one.CONTRACTS["marketplace"]: _of("address", place),
            **({"token()": lambda token=tracker.token: _of("address", token)} if tracker.token else {}),
        }
        for one in ELSEWHERE
        for tracker in one.TRACKERS.values()
    },
}


def events(kind: str, heights: Sequence[int]) -> list[tuple[int, list[str], str]] | None:
    """Height, topics and data of the events with a first topic; None for one of another project."""
    first, second = heights[-2:]
    people = [f"0x{int(one, 16):064x}" for one in PEOPLE]
    account, chain = NOMINEES[1]
    target = f"0x{account.hex()}"
    told: dict[str, list[tuple[int, list[str], str]]] = {
        emission.VOTED: [(first, [emission.VOTED, one, target], _words(chain, 5_000, 5_000)) for one in people[:2]],
        emission.DEVELOPED: [
            (first, [emission.DEVELOPED, people[0]], _data(["uint256"] * 2 + ["uint256[]"] * 2, [9, 70, [1], [2]]))
        ],
        emission.STAKED: [(first, [emission.STAKED, people[1]], _words(chain, int(target, 16), 40, 30, 10))],
        emission.STAKED_MANY: [
            (first, [emission.STAKED_MANY, people[1]], _data(emission.MANY, [[chain], [[account]], [[25]], 25, 25, 0]))
        ],
        mechs.EARNED: [(second, [mechs.EARNED, one], _words(30, 90, 0)) for one in people[2:]],
        mechs.CHARGED: [(second, [mechs.CHARGED, people[0]], _words(65, 5))],
        guard.SET: [],
        guard.MOVED: [],
    }
    return told.get(kind)


def _words(*words: int) -> str:
    return "0x" + "".join(f"{word:064x}" for word in words)


def _data(kinds: Sequence[str], values: Sequence[Any]) -> str:
    return f"0x{encode(list(kinds), list(values)).hex()}"
