"""EVM chains over JSON-RPC: proves providers, names the newest final block, reads contracts and logs at that block.

web3.py is used for contracts, ABI coding, block tags and calls, over our own polite client; bulk logs go past it.
What providers say when they refuse is read in ingest/evm/refusals.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.providers import BaseProvider
from web3.types import BlockIdentifier, RPCEndpoint, RPCResponse

from ingest import stopping
from ingest.allowance import Exhausted
from ingest.endpoints import Rotation, named
from ingest.evm.logs import Logs, Span, columns
from ingest.evm.refusals import TooWide, Unable, reply
from ingest.network import is_of_now
from ingest.transport import AnswerTooLarge, GivenUp, Http, bare
from store.rows import Block, SourceChanged, SourceDown

# mds1/multicall3: the same address on nearly every EVM chain.
MULTICALL3: Final = "0xcA11bde05977b3631167028862bE2a173976CA11"
AGGREGATE3: Final = [
    {
        "type": "function",
        "name": "aggregate3",
        "stateMutability": "payable",
        "inputs": [
            {
                "name": "calls",
                "type": "tuple[]",
                "components": [
                    {"name": "target", "type": "address"},
                    {"name": "allowFailure", "type": "bool"},
                    {"name": "callData", "type": "bytes"},
                ],
            }
        ],
        "outputs": [
            {
                "name": "returnData",
                "type": "tuple[]",
                "components": [{"name": "success", "type": "bool"}, {"name": "returnData", "type": "bytes"}],
            }
        ],
    }
]

# Where a chain's nodes do not name the final block: two epochs of Ethereum.
BLOCKS_TO_FINALITY: Final = 64
OLDEST_HEAD: Final = timedelta(minutes=5)
CALLS_AT_ONCE: Final = 200
WITNESSES_ASKED: Final = 2

T = TypeVar("T")
# Asks one JSON-RPC question: method and parameters to the reply.
Ask = Callable[[str, Sequence[Any]], dict[str, Any]]


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """A view function of a contract, as Solidity spells it: Call(token, "balanceOf(address)", (holder,))."""

    to: str
    function: str
    arguments: tuple[Any, ...] = ()
    returns: tuple[str, ...] = ("uint256",)

    @property
    def data(self) -> bytes:
        """Selector and encoded arguments."""
        types = self.function[self.function.index("(") + 1 : -1]
        return bytes(Web3.keccak(text=self.function)[:4]) + encode(types.split(",") if types else (), self.arguments)


@dataclass(frozen=True, slots=True)
class EvmChain:
    """An EVM chain by its CAIP-2 id (eip155:1 is Ethereum), with public endpoints.

    EIP155_<number>_ARCHIVE_URL names a node with full history, where somebody has one; EIP155_<number>_EXPLORER_URL a
    Blockscout other than `explorer`, which ranks holders. pauses: seconds between rounds over all endpoints while one
    of them asks for patience.
    """

    chain_id: str
    endpoints: tuple[str, ...]
    explorer: str = ""
    multicall: str = MULTICALL3
    pauses: tuple[float, ...] = (1.0, 4.0, 16.0)
    clock: Callable[[], datetime] = now

    @property
    def number(self) -> int:
        """The number that eth_chainId answers."""
        return int(self.chain_id.removeprefix("eip155:"))

    @property
    def archive(self) -> str:
        """A configured endpoint that has the whole history; empty where there is none."""
        return next(iter(named(f"EIP155_{self.number}_ARCHIVE_URL")), "")

    @property
    def blockscout(self) -> str:
        """The explorer that ranks holders; empty where none is known."""
        return next(iter(named(f"EIP155_{self.number}_EXPLORER_URL")), self.explorer)

    def head(self, http: Http, endpoints: Sequence[str]) -> "EvmNode":
        """The newest final block of the first endpoint that proves itself; raises SourceDown.

        Proved: the chain id, a newest block younger than five minutes, and the same final block at a second endpoint.
        """
        return self._first_proved(http, endpoints, self._newest_final)

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "EvmNode":
        """The block at `height`; raises SourceDown when it is not final or nobody has its state any more."""

        def with_state(w3: Web3) -> Block:
            if height > _final(w3).height:
                raise Unable(f"block {height} is not final")
            w3.eth.get_balance(Web3.to_checksum_address(self.multicall), height)
            return _block(w3, height)

        return self._first_proved(http, endpoints, with_state)

    def _newest_final(self, w3: Web3) -> Block:
        newest = _block(w3, "latest")
        if not is_of_now(newest, self.clock(), OLDEST_HEAD):
            raise Unable(f"the newest block {newest.height} is of {newest.time:%Y-%m-%d %H:%M:%S}")
        return _final(w3)

    def _first_proved(self, http: Http, endpoints: Sequence[str], pinned: Callable[[Web3], Block]) -> "EvmNode":
        addresses = [endpoint.strip() for endpoint in endpoints if endpoint.strip()]
        rotation = Rotation(addresses)

        def proved(endpoint: str) -> EvmNode:
            w3 = connection(partial(ask, http, endpoint))
            try:
                if w3.eth.chain_id != self.number:
                    raise Unable(f"{bare(endpoint)} is a node of eip155:{w3.eth.chain_id}, not of {self.chain_id}")
                block = pinned(w3)
                software = str(w3.client_version)
            except (SourceChanged, Web3Exception) as error:
                raise SourceDown(f"{bare(endpoint)}: {error}") from error
            witnesses = [other for other in addresses if other != endpoint][:WITNESSES_ASKED]
            witness = _confirm(http, endpoint, block, witnesses)
            return EvmNode(self, http, rotation, block, software, witness, proved={endpoint})

        return rotation.ask(proved)


@dataclass(frozen=True, slots=True)
class EvmNode:
    """Providers of one chain, pinned to one final block; each is proved before its first answer counts."""

    chain: EvmChain
    http: Http
    rotation: Rotation
    block: Block
    runtime_version: str
    witness: str = ""
    proved: set[str] = field(default_factory=set)
    spans: dict[str, Span] = field(default_factory=dict)
    remembered: dict[Any, Any] = field(default_factory=dict)

    @property
    def chain_id(self) -> str:
        """CAIP-2 id of the chain."""
        return self.chain.chain_id

    @property
    def endpoint(self) -> str:
        """The provider that is asked first, without its key."""
        return bare(self.rotation.first)

    @property
    def web3(self) -> Web3:
        """web3.py over these providers."""
        return connection(self.rpc)

    def prove_again(self) -> list[str]:
        """Asks each provider that was proved for the pinned block once more: it may stand for another chain meanwhile.

        Raises SourceDown for another block; one that tells no block now has not changed what it said.
        """
        doubts = []
        for endpoint in sorted(self.proved):
            try:
                seen = _block(connection(partial(ask, self.http, endpoint)), self.block.height)
            except (SourceDown, SourceChanged, Web3Exception) as error:
                doubts.append(f"{bare(endpoint)}: {error}")
                continue
            if seen.hash != self.block.hash:
                raise SourceDown(f"{bare(endpoint)} came to have {seen.hash} as block {self.block.height}")
        return doubts

    def forget(self) -> None:
        """Ask everything anew at the same block."""
        self.remembered.clear()

    def archive(self) -> "EvmNode | None":
        """The same block at the configured archive endpoint; None where none is configured."""
        if not self.chain.archive:
            return None
        return EvmNode(self.chain, self.http, Rotation([self.chain.archive]), self.block, self.runtime_version)

    def rpc(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        """The JSON-RPC reply of the first provider that can answer; raises TooWide, SourceDown or SourceChanged."""
        return self._answered(lambda endpoint: ask(self.http, endpoint, method, params))

    def calls(self, calls: Sequence[Call]) -> list[tuple[Any, ...]]:
        """What view functions return at the pinned block; () where a contract has no function of this shape.

        Each call is asked once, then remembered.
        """
        new = [call for call in dict.fromkeys(calls) if call not in self.remembered]
        for start in range(0, len(new), CALLS_AT_ONCE):
            self._ask_calls(new[start : start + CALLS_AT_ONCE])
        return [self.remembered[call] for call in calls]

    def call(self, call: Call) -> Any:
        """The one value that a view function must return; raises SourceChanged when there is none."""
        (answer,) = self.calls([call])
        if not answer:
            raise SourceChanged(f"{call.to} does not answer {call.function} at block {self.block.height}")
        return answer[0]

    def code(self, address: str) -> bytes:
        """The code at an address at the pinned block; empty for a key."""
        place = Web3.to_checksum_address(address)
        return self._once(("code", address), lambda: bytes(self.web3.eth.get_code(place, self.block.height)))

    def slot(self, contract: str, slot: int) -> int:
        """One word of a contract's storage at the pinned block."""
        place = Web3.to_checksum_address(contract)
        word = self._once((contract, slot), lambda: self.web3.eth.get_storage_at(place, slot, self.block.height))
        return int.from_bytes(word, "big")

    def logs(self, address: str, topics: Sequence[Any], first: int, last: int) -> Iterator[Logs]:
        """Checked logs of a contract from block first to last, in pieces as wide as the provider allows.

        Nothing is ever missing: an answer is whole, or an error. Raises SourceDown when one block alone is too much
        for every provider, BadData for logs that were not asked for.
        """
        if last > self.block.height:
            raise ValueError(f"block {last} comes after the pinned block {self.block.height}")
        start = first
        while start <= last:
            end = min(last, start + self._span().blocks - 1)
            try:
                found = self._logs(address, topics, start, end)
            except TooWide as error:
                self._span().narrow(end - start + 1, error.blocks)
                continue
            self._span().widen(end - start + 1, len(found))
            yield found
            start = end + 1

    def _once(self, key: Any, asked: Callable[[], T]) -> T:
        if key not in self.remembered:
            self.remembered[key] = asked()
        answer: T = self.remembered[key]
        return answer

    def _ask_calls(self, calls: Sequence[Call]) -> None:
        contract = self.web3.eth.contract(Web3.to_checksum_address(self.chain.multicall), abi=AGGREGATE3)
        asked = [(Web3.to_checksum_address(call.to), True, call.data) for call in calls]
        try:
            found = contract.functions.aggregate3(asked).call(block_identifier=self.block.height)
        except Web3Exception as error:
            raise SourceChanged(f"{self.chain.multicall} on {self.chain_id} is no Multicall3: {error}") from error
        self.remembered.update({call: _decoded(call, *answer) for call, answer in zip(calls, found, strict=True)})

    def _logs(self, address: str, topics: Sequence[Any], first: int, last: int) -> Logs:
        query = {"address": address, "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}

        def question(endpoint: str) -> dict[str, Any]:
            try:
                return ask(self.http, endpoint, "eth_getLogs", [query])
            except TooWide as error:
                if first == last:
                    raise Unable(f"block {first} alone is too much: {error}") from error
                raise

        return columns(self._answered(question).get("result"), address, first, last)

    def _answered(self, question: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """The first proved provider's answer; waits between rounds while one of them may still answer."""
        for pause in (*self.chain.pauses, None):
            failures: list[SourceDown] = []
            try:
                return self.rotation.ask(partial(self._asked, question, failures))
            except Exhausted:
                raise
            except SourceDown:
                if pause is None or all(isinstance(failure, (Unable, GivenUp)) for failure in failures):
                    raise
                stopping.sleep(pause)
        raise AssertionError("the last round returns or raises")

    def _asked(
        self, question: Callable[[str], dict[str, Any]], failures: list[SourceDown], endpoint: str
    ) -> dict[str, Any]:
        try:
            self._prove(endpoint)
            return question(endpoint)
        except SourceDown as error:
            failures.append(error)
            raise

    def _prove(self, endpoint: str) -> None:
        """Refuses a provider that has another block, or none, at the pinned height."""
        if endpoint in self.proved:
            return
        try:
            seen = _block(connection(partial(ask, self.http, endpoint)), self.block.height)
        except (SourceChanged, Web3Exception) as error:
            raise Unable(f"{bare(endpoint)}: {error}") from error
        if seen.hash != self.block.hash:
            raise Unable(f"{bare(endpoint)} has {seen.hash} as block {self.block.height}, not {self.block.hash}")
        self.proved.add(endpoint)

    def _span(self) -> Span:
        return self.spans.setdefault(self.rotation.first, Span())


class Polite(BaseProvider):
    """Lets web3.py ask through our own client."""

    # Or a contract could make web3 ask any address on the web (ERC-3668).
    global_ccip_read_enabled = False

    def __init__(self, asked: Ask) -> None:
        super().__init__()
        self._asked = asked

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """The provider's reply, a revert included."""
        return cast(RPCResponse, self._asked(method, params))


def connection(asked: Ask) -> Web3:
    """web3.py over a function that asks."""
    return Web3(Polite(asked))


def ask(http: Http, endpoint: str, method: str, params: Sequence[Any]) -> dict[str, Any]:
    """One question to one provider."""
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    try:
        return reply(http.post(endpoint, question))
    except AnswerTooLarge as error:
        raise TooWide(str(error)) from error


def _block(w3: Web3, which: BlockIdentifier) -> Block:
    found = w3.eth.get_block(which)
    return Block(found["number"], found["hash"].to_0x_hex(), datetime.fromtimestamp(found["timestamp"], UTC))


def _final(w3: Web3) -> Block:
    """The newest final block; where the tag is refused, the one that 64 blocks were built upon."""
    try:
        return _block(w3, "finalized")
    except (SourceChanged, Unable, Web3Exception):
        return _block(w3, max(0, w3.eth.block_number - BLOCKS_TO_FINALITY))


def _confirm(http: Http, endpoint: str, block: Block, witnesses: Sequence[str]) -> str:
    """The first witness that answers, which must have the same final block; empty where none does."""
    for witness in witnesses:
        try:
            seen = _block(connection(partial(ask, http, witness)), block.height)
        except (SourceDown, SourceChanged, Web3Exception):
            continue
        if seen.hash != block.hash:
            raise SourceDown(f"{bare(endpoint)} and {bare(witness)} disagree about block {block.height}")
        return witness
    return ""


def _decoded(call: Call, succeeded: bool, returned: bytes) -> tuple[Any, ...]:
    if not succeeded:
        return ()
    try:
        # Addresses come in lower case.
        return decode(call.returns, returned)
    except (DecodingError, ValueError):
        return ()
