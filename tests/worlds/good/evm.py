"""A good provider of an EVM chain, behind which every contract is a token, an escrow, a registry and a bridge."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from ingest.evm.ethereum import ETHEREUM
from ingest.evm.governor import CAST, CAST_WITH_PARAMS, CHANGES, CREATED, FOR_ALONE
from ingest.evm.logs import TRANSFER
from ingest.evm.node import EvmChain
from ingest.evm.roles import GRANTED, REVOKED, ROLES
from ingest.networks import ocean
from ingest.networks import singularitynet as snet
from ingest.networks.fet import FET
from ingest.networks.olas import LOCKS
from tests.worlds.evm_provider import error, result
from tests.worlds.good import of_contracts
from tests.worlds.good.clock import NOW
from tests.worlds.servers import Reply, Request

# How many blocks there are of a chain whose first one public nodes still have.
BLOCKS: Final = 20_000
SECONDS_A_BLOCK: Final = 12
# An address below it is a key, one above it a contract.
FIRST_CONTRACT: Final = 0x1000
SAFE: Final = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe"
TIMELOCK: Final = "0x71be71be71be71be71be71be71be71be71be71be"
KEYS: Final = [f"0x{0xA0 + number:040x}" for number in range(3)]
HOLDERS: Final = [f"0x{0xB0 + number:040x}" for number in range(5)]
ORGANISATIONS: Final = [name.ljust(32, b"\0") for name in (b"snet", b"nunet", b"rejuve")]
# From a block to another one, which is over: 30 for it, 5 against it, 20 needed of 200.
VOTE: Final = (ETHEREUM.since + 60, ETHEREUM.since + 100)
_ACTIONS: Final = ["address[]", "uint256[]", "bytes[]", "bytes32"]
PROPOSAL: Final = int.from_bytes(keccak(encode(_ACTIONS, [[SAFE], [0], [b""], keccak(text="A good proposal")])))
AGGREGATE3: Final = keccak(text="aggregate3((address,bool,bytes)[])")[:4]
# Channels of the escrow by number: who pays whom.
CHANNELS: Final = [(HOLDERS[0], HOLDERS[1]), (HOLDERS[2], HOLDERS[3])]


def evm(request: Request, chain: EvmChain = ETHEREUM, blocks_ago: int = 0) -> Reply:
    """A provider behind which every contract is a token with an owner, an escrow, a registry and a bridge, and the
    explorer beside it; now or some blocks ago.
    """
    if request.method == "GET":
        return _explored(request)
    body = json.loads(request.body)
    told: Any = _evm(chain, body["method"], body["params"], chain.since + BLOCKS - blocks_ago).body
    return Reply({**told, "id": body["id"]})


def _explored(request: Request) -> Reply:
    """Two pages of an explorer's ranking, of a token's holders or of the coin's."""
    second = "items_count" in request.params
    ranked = HOLDERS[3:] if second else HOLDERS[:3]
    items = [{"address": {"hash": holder}, "hash": holder, "value": "1"} for holder in ranked]
    following = None if second else {"items_count": 3}
    return Reply({"items": items, "next_page_params": following, "total_supply": "0.000000000001"})


def _evm(chain: EvmChain, method: str, params: list[Any], final: int) -> Reply:
    plain = {"eth_chainId": hex(chain.number), "web3_clientVersion": "Good/1", "eth_blockNumber": hex(final + 64)}
    plain |= {"eth_getBalance": "0x0"}
    match method:
        case "eth_getBlockByNumber":
            return result(_block(chain, params[0], final))
        case "eth_getLogs":
            return result(_logs(chain, params[0]))
        case "eth_getCode" | "eth_getStorageAt" | "eth_getProof":
            return result(_account(method, *params[:2]))
        case "eth_call":
            return _called(chain, params[0])
        case _ if method in plain:
            return result(plain[method])
    return error(-32601, f"the method {method} does not exist/is not available")


def _account(method: str, address: str, slot: Any) -> Any:
    """The code of an address, or a word that it keeps, or some."""
    if method == "eth_getCode":
        return "0x" if int(address, 16) < FIRST_CONTRACT or of_contracts.absent(address) else "0x6001"
    if method == "eth_getProof":
        return {"storageProof": [{"key": one, "value": _account("eth_getStorageAt", address, one)} for one in slot]}
    return f"0x{KEPT.get(address, {}).get(int(slot, 16), 0):064x}"


def _block(chain: EvmChain, which: str, final: int = 0) -> dict[str, str]:
    height = {"latest": final + 64, "finalized": final}.get(which) or int(which, 16)
    made = int(NOW.timestamp()) - SECONDS_A_BLOCK * (chain.since + BLOCKS + 64 - height)
    return {"number": hex(height), "hash": f"0x{height + 2**200:064x}", "timestamp": hex(made)}


def _word(address: str) -> str:
    return f"0x{int(address, 16):064x}"


def _logs(chain: EvmChain, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each kind of event some, at heights that a question's blocks may hold."""
    first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
    wanted = query["topics"][0]
    kinds = [wanted] if isinstance(wanted, str) else wanted
    found = [one for kind in kinds for one in _events(kind, chain.since) if first <= one[0] <= last]
    found = [one for one in found if query["topics"][1:] in ([], one[1][1:2])]
    whose = [query["address"]] if isinstance(query["address"], str) else query["address"]
    told = sorted(((address, *one) for one in found for address in whose), key=lambda one: one[1])
    return [_log(one[0], _block(chain, hex(one[1]))["hash"], place, *one[1:]) for place, one in enumerate(told)]


def _events(kind: str, since: int) -> list[tuple[int, list[str], str]]:
    """Height, topics and data of all events with this first topic, on a chain since its first block."""
    heights = range(since + 50, since + BLOCKS, 4_500)
    if kind == TRANSFER:
        moves = [(_word(HOLDERS[place % 5]), _word(HOLDERS[(place + 1) % 5])) for place in range(len(heights))]
        sent = [(heights[4] + 7, [kind, _word(SAFE), _word(HOLDERS[1])], f"0x{5:064x}")]
        return sent + [(height, [kind, *move], f"0x{7:064x}") for height, move in zip(heights, moves, strict=True)]
    if kind == snet.CLAIM:
        words = "".join(f"{word:064x}" for word in (1, 30, 0, 0, 0))
        return [
            (height, [kind, f"0x{place % 2:064x}", _word(CHANNELS[place % 2][1])], f"0x{words}")
            for place, height in enumerate(heights)
        ]
    if kind in (snet.DEPOSIT, snet.WITHDRAWAL):
        amount = 90 if kind == snet.DEPOSIT else 4
        return [(height + 1, [kind, _word(HOLDERS[0])], f"0x{amount:064x}") for height in heights]
    if kind in (GRANTED, REVOKED):
        role, sender = "0x" + ROLES["proposer"].hex(), _word(KEYS[0])
        changes = ((REVOKED, KEYS[1], 0), (GRANTED, KEYS[0], 1), (GRANTED, KEYS[1], -1))
        return [(heights[at] + 2, [kind, role, _word(key), sender], "0x") for of, key, at in changes if of == kind]
    return _governed(kind, heights)


def _governed(kind: str, heights: Sequence[int]) -> list[tuple[int, list[str], str]]:
    """Events of a governor and of the locks whose power it counts."""
    held = zip(heights, HOLDERS, strict=True)
    if kind in CHANGES or kind == CAST_WITH_PARAMS:
        return []
    if kind == LOCKS.deposited:
        return [(height + 3, [kind, _word(holder)], f"0x{9:0256x}") for height, holder in held]
    if kind == CREATED:
        return [(heights[0] + 4, [kind], f"0x{_made().hex()}")]
    if kind == CAST:
        cast = ((HOLDERS[0], 1, 30), (HOLDERS[1], 0, 5))
        told = [encode(["uint256", "uint8", "uint256", "string"], [PROPOSAL, *vote, "why"]) for _, *vote in cast]
        return [
            (heights[0] + 20 + place, [kind, _word(voter)], f"0x{told[place].hex()}")
            for place, (voter, *_) in enumerate(cast)
        ]
    found = next(of_contracts.events(kind, heights), _of_ocean(kind, heights))
    if found is None:
        raise LookupError(f"no event of a good provider has the topic {kind}")
    return found


def _of_ocean(kind: str, heights: Sequence[int]) -> list[tuple[int, list[str], str]] | None:
    """Events of a token that becomes another, and of its locks."""
    held = zip(heights, HOLDERS, strict=True)
    if kind == ocean.MIGRATED:
        rate, given = ocean.MERGED[0].rate, 3 * ocean.WHOLE
        words = f"{_word(ocean.OCEAN)}{_word(ocean.FET)[2:]}{given:064x}{given * rate // ocean.WHOLE:064x}"
        return [(heights[at] + 5, [kind, _word(who)], words) for at, who in enumerate((SAFE, HOLDERS[0], SAFE))]
    if kind == ocean.LOCKS.deposited:
        return [(height + 6, [kind, _word(who), _word("0x9")], f"0x{7:064x}{1:064x}{8:064x}") for height, who in held]
    return None


def _made() -> bytes:
    """A proposal of one action."""
    kinds = ["uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string"]
    return encode(kinds, [PROPOSAL, KEYS[0], [SAFE], [0], [""], [b""], *VOTE, "A good proposal"])


def _tally(number: int) -> bytes:
    """Snapshot, deadline, for, against and abstain, as governors in the ways of Compound tell them."""
    return encode(["uint256"] * 10, [number, int(KEYS[0], 16), 0, *VOTE, 30, 5, 0, 0, 0])


def _log(address: str, block: str, place: int, height: int, topics: list[str], data: str) -> dict[str, Any]:
    return {
        "address": address,
        "topics": topics,
        "data": data,
        "blockNumber": hex(height),
        "blockHash": block,
        "transactionHash": f"0x{height * 1000 + place:064x}",
        "transactionIndex": "0x0",
        "logIndex": hex(place),
        "removed": False,
    }


def _called(chain: EvmChain, call: Mapping[str, str]) -> Reply:
    data = bytes.fromhex((call.get("data") or call["input"])[2:])
    if call["to"].lower() != chain.multicall.lower() or data[:4] != AGGREGATE3:
        return error(-32000, "execution reverted")
    (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
    answers = [(answer is not None, answer or b"") for answer in (_viewed(to.lower(), one) for to, _, one in calls)]
    return result("0x" + encode(["(bool,bytes)[]"], [answers]).hex())


def _viewed(to: str, data: bytes) -> bytes | None:
    """What a contract returns; None where it has no such function."""
    function, arguments = FUNCTIONS.get(data[:4], ("", ())), data[4:]
    name, types = function
    given = decode(list(types), arguments) if types else ()
    if name in (own := OF.get(to, {})):
        return own[name](*given)
    if (whole := ALONE.get(to)) is not None:
        return whole[name](*given) if name in whole else None
    if to == SAFE:
        return SAFES.get(name)
    if to == TIMELOCK:
        return TIMELOCKS[name](*given) if name in TIMELOCKS else None
    if name in MERGED.get(to, {}):
        return MERGED[to][name]
    return VIEWS[name](*given) if name in VIEWS else None


def _of(kind: str, value: Any) -> bytes:
    return encode([kind], [value])


def _role_count(role: bytes) -> bytes:
    return _of("uint256", 1 if role in (ROLES["admin"], ROLES["minter"]) else 0)


def _role_member(role: bytes, place: int) -> bytes:
    return _of("address", TIMELOCK if role == ROLES["admin"] else KEYS[place])


def _has_role(role: bytes, member: str) -> bytes:
    """The timelock's proposers; anybody may carry out what has waited."""
    granted = {ROLES["proposer"]: KEYS[:2], ROLES["executor"]: [f"0x{0:040x}"]}
    return _of("bool", member in granted.get(role, []))


def _balance(holder: str) -> int:
    """A little each; all that was made another token lies where nobody has a key."""
    return 10 * ocean.WHOLE if holder == ocean.DEAD else 7 + HOLDERS.index(holder) if holder in HOLDERS else 0


def _organisation(key: bytes) -> bytes:
    place = ORGANISATIONS.index(key)
    services = [f"service {number}".encode().ljust(32, b"\0") for number in range(place + 1)]
    said = (True, key, b"ipfs://x", KEYS[place], KEYS[:place], services)
    return encode(snet.ORGANIZATION, said)


def _channel(number: int) -> bytes:
    sender, recipient = CHANNELS[number]
    return encode(snet.CHANNEL, (1, sender, sender, recipient, bytes(32), 5, 10**6))


SAFES: Final[Mapping[str, bytes]] = {
    "getOwners()": _of("address[]", KEYS),
    "getThreshold()": _of("uint256", 2),
    "VERSION()": _of("string", "1.4.1"),
    "getModulesPaginated(address,uint256)": encode(["address[]", "address"], [[TIMELOCK], f"0x{1:040x}"]),
}
# An OpenZeppelin timelock, which does not list who has its roles.
TIMELOCKS: Final[Mapping[str, Callable[..., bytes]]] = {
    "getMinDelay()": lambda: _of("uint256", 172_800),
    "hasRole(bytes32,address)": _has_role,
    "getRoleAdmin(bytes32)": lambda role: bytes(32),
}
# Tokens that became another, by themselves.
MERGED: Final[Mapping[str, Mapping[str, bytes]]] = {
    one.address: {"symbol()": _of("string", one.symbol), "decimals()": _of("uint8", len(str(one.whole)) - 1)}
    for one in ocean.MERGED
}
NUMBERS: Final = (
    *("getSupply()", "getCap()", "getSwapMax()", "getSwapMin()", "getSwapFee()", "getFeesAccrued()", "getNextSwapId()"),
    *("getRelayEon()", "getReverseAggregatedAllowance()", "getReverseAggregatedAllowanceApproverCap()"),
    *("getPausedSinceBlockPublicApi()", "getPausedSinceBlockRelayerApi()", "nextChannelId()"),
)
# Of each function what it returns, whatever contract is asked.
VIEWS: Final[Mapping[str, Callable[..., bytes]]] = {
    "totalSupply()": lambda: _of("uint256", 10**6),
    "balanceOf(address)": lambda holder: _of("uint256", _balance(holder)),
    "owner()": lambda: _of("address", SAFE),
    "paused()": lambda: _of("bool", False),
    "hasRole(bytes32,address)": lambda role, member: _of("bool", False),
    "getRoleMemberCount(bytes32)": _role_count,
    "getRoleMember(bytes32,uint256)": _role_member,
    "getRoleAdmin(bytes32)": lambda role: bytes(32),
    "getToken()": lambda: _of("address", FET),
    "token()": lambda: _of("address", FET),
    "channels(uint256)": _channel,
    "listOrganizations()": lambda: _of("bytes32[]", ORGANISATIONS),
    "getOrganizationById(bytes32)": _organisation,
    "COUNTING_MODE()": lambda: _of("string", FOR_ALONE.mode),
    "state(uint256)": lambda number: _of("uint256", 4),
    "proposals(uint256)": _tally,
    "quorum(uint256)": lambda height: _of("uint256", 20),
    "getPastTotalSupply(uint256)": lambda height: _of("uint256", 200),
    "getVotes(address)": lambda holder: _of("uint256", 3 + HOLDERS.index(holder) if holder in HOLDERS else 0),
    "totalSupplyLocked()": lambda: _of("uint256", 25),
    "votingDelay()": lambda: _of("uint256", 13_091),
    "timelock()": lambda: _of("address", TIMELOCK),
    "locked(address)": lambda holder: encode(["int128", "uint256"], [5 if holder in HOLDERS else 0, 10**9]),
    "supply()": lambda: _of("uint256", 25),
    "oldToken()": lambda: _of("address", ocean.OCEAN),
    "newToken()": lambda: _of("address", ocean.FET),
    "conversionRatio()": lambda: _of("uint256", ocean.MERGED[0].rate),
    "isOldTokenBurnable()": lambda: _of("bool", False),
    "isNewTokenMintable()": lambda: _of("bool", False),
    "burnAddress()": lambda: _of("address", ocean.DEAD),
    "getEthBalance(address)": lambda holder: _of("uint256", 7 + HOLDERS.index(holder) if holder in HOLDERS else 0),
    **{name: partial(_of, "uint256", 100 + place) for place, name in enumerate(NUMBERS)},
    **of_contracts.told("VIEWS"),
}


def _selector(function: str) -> tuple[bytes, tuple[str, tuple[str, ...]]]:
    inside = function[function.index("(") + 1 : -1]
    return keccak(text=function)[:4], (function, tuple(inside.split(",")) if inside else ())


Answers = Mapping[str, Mapping[str, Callable[..., bytes]]]
KEPT: Final[Mapping[str, Mapping[int, int]]] = of_contracts.told("KEPT")
OF: Final[Answers] = of_contracts.told("OF")
ALONE: Final[Answers] = of_contracts.told("ALONE")
OWN: Final = [function for views in (*OF.values(), *ALONE.values()) for function in views]
FUNCTIONS: Final = dict(map(_selector, [*VIEWS, *SAFES, *TIMELOCKS, *OWN, "symbol()", "decimals()"]))
