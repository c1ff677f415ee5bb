"""A provider on loopback with caps and moods of our choice: what anvil cannot be told to do."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingest.evm.logs import TRANSFER
from tests.worlds.servers import Reply, Request, serving

TOKEN = "0x" + "aa" * 20
CHAIN_NUMBER = 1
FINAL = 10_000


def block_hash(height: int) -> str:
    return f"0x{height:064x}"


def transfer(block: int, index: int, sender: int, receiver: int, amount: int, **changed: Any) -> dict[str, Any]:
    """A Transfer log as eth_getLogs answers it."""
    return {
        "address": TOKEN,
        "topics": [TRANSFER, f"0x{sender:064x}", f"0x{receiver:064x}"],
        "data": f"0x{amount:064x}",
        "blockNumber": hex(block),
        "blockHash": block_hash(block),
        "transactionHash": f"0x{block * 1000 + index:064x}",
        "transactionIndex": "0x0",
        "logIndex": hex(index),
        "removed": False,
        **changed,
    }


@dataclass
class Provider:
    """Answers as a node does that has `logs` and allows so many blocks and logs a question."""

    logs: Sequence[dict[str, Any]] = ()
    blocks_allowed: int = 10**9
    logs_allowed: int = 10**9
    # So many logs are answered, and the others forgotten without a word.
    silent_cap: int = 10**9
    refusal: Reply | None = None
    pruned_before: int = 0
    mood: Callable[[int, str], Reply | None] = lambda number, method: None
    chain: int = CHAIN_NUMBER
    hashes: Callable[[int], str] = block_hash
    final: int | None = FINAL
    newest_time: int = 1_800_000_000
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        question = json.loads(request.body)
        method, params = question["method"], question["params"]
        self.asked.append((method, params))
        return self.mood(len(self.asked), method) or self._answer(method, params)

    def _answer(self, method: str, params: list[Any]) -> Reply:
        answers: dict[str, Callable[..., Reply]] = {
            "eth_chainId": lambda: result(hex(self.chain)),
            "web3_clientVersion": lambda: result("Provider/1"),
            "eth_blockNumber": lambda: result(hex(FINAL + 64)),
            "eth_getBlockByNumber": self._block,
            "eth_getLogs": self._logs,
            "eth_getBlockReceipts": self._receipts,
        }
        if method not in answers:
            return error(-32601, f"the method {method} does not exist/is not available")
        return answers[method](*params)

    def _block(self, which: str, _: bool) -> Reply:
        if which == "finalized" and self.final is None:
            return error(-32602, "invalid argument 0: hex string without 0x prefix")
        heights = {"latest": FINAL + 64, "finalized": self.final or 0}
        height = heights[which] if which in heights else int(which, 16)
        return result(
            {
                "number": hex(height),
                "hash": self.hashes(height),
                "timestamp": hex(self.newest_time - 12 * (FINAL + 64 - height)),
            }
        )

    def _logs(self, query: dict[str, Any]) -> Reply:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if first < self.pruned_before:
            return error(4444, "pruned history unavailable")
        if last - first + 1 > self.blocks_allowed:
            return self.refusal or error(-32602, f"range {last - first} exceeds limit of {self.blocks_allowed}")
        found = [log for log in self.logs if first <= int(log["blockNumber"], 16) <= last]
        if len(found) > self.logs_allowed:
            return error(-32005, f"query returned more than {self.logs_allowed} results")
        return result(found[: self.silent_cap])

    def _receipts(self, block: str) -> Reply:
        """Every log of a transaction of its own, beside one of another contract."""
        other = {"address": "0x" + "bb" * 20, "topics": []}
        return result([{"logs": [log, other]} for log in self.logs if log["blockNumber"] == block])

    @property
    def logs_asked(self) -> list[list[Any]]:
        """Parameters of each question for logs."""
        return [params for method, params in self.asked if method == "eth_getLogs"]


def result(value: Any) -> Reply:
    return Reply({"jsonrpc": "2.0", "id": 1, "result": value})


def error(code: int, message: str, status: int = 200) -> Reply:
    return Reply({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}, status)


@contextmanager
def provider(**settings: Any) -> Iterator[tuple[str, Provider]]:
    """Address and state of a provider that listens."""
    made = Provider(**settings)
    with serving(made) as url:
        yield url, made
