"""A real EVM node for tests: anvil, with contracts compiled by solc and others as they are deployed on Ethereum."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import requests
from eth_utils.address import to_checksum_address

from ingest.evm.calls import MULTICALL3
from ingest.evm.node import EvmChain, EvmNode
from ingest.transport import Http
from store.parts import Anew
from tests.worlds.servers import free_port, wait_for_port

# It takes half a second to import, also for tests that start no node and want a shelf: what needs it imports it.
if TYPE_CHECKING:
    from web3 import Web3
    from web3.contract import Contract

FOLDER = Path(__file__).parents[1] / "nodes" / "evm"
PACKAGES = FOLDER / "node_modules"
ANVIL = Path(os.environ.get("ANVIL_BIN", PACKAGES / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"))
# What is installed, and what was compiled with it: eight seconds of the processor a folder, so once.
LOCKED = PACKAGES / ".package-lock.json"
COMPILED = Path(__file__).parents[2] / "build" / "contracts"
# The chain id of anvil.
CHAIN = "eip155:31337"


@dataclass(frozen=True)
class Anvil:
    """A running node; `w3` is plain web3.py with unlocked accounts, the peer of our own client."""

    url: str
    w3: Web3

    @cached_property
    def accounts(self) -> list[str]:
        """Unlocked accounts with ether."""
        return [str(account) for account in self.w3.eth.accounts]

    def ask(self, method: str, *params: Any) -> Any:
        from web3.types import RPCEndpoint

        reply = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in reply, reply
        return reply["result"]

    def mine(self, blocks: int) -> None:
        self.ask("anvil_mine", hex(blocks))

    def finalize(self) -> None:
        """Builds so many blocks that everything before is final, the last of them now."""
        self.mine(70)

    def send(self, call: Any, sender: int = 0, gas: int = 16_000_000) -> Any:
        """The receipt of a transaction that succeeded."""
        hashed = call.transact({"from": self.accounts[sender], "gas": gas})
        receipt = self.w3.eth.wait_for_transaction_receipt(hashed, poll_latency=0.005)
        assert receipt["status"] == 1, receipt
        return receipt

    def deploy(self, abi: Any, bytecode: str, *arguments: Any) -> Contract:
        factory = self.w3.eth.contract(abi=abi, bytecode=bytecode)
        receipt = self.send(factory.constructor(*arguments))
        contract: Contract = self.w3.eth.contract(receipt["contractAddress"], abi=abi)
        return contract

    def compiled(self, name: str, *arguments: Any, folder: str = "contracts") -> Contract:
        """One of our own contracts (a folder of tests/nodes/evm), deployed."""
        made = compiled(folder)[name]
        return self.deploy(made["abi"], made["bytecode"], *arguments)

    def published(self, name: str, *arguments: Any) -> Contract:
        """MultiPartyEscrow or Registry with the code that SingularityNET published and deployed."""
        package = PACKAGES / "singularitynet-platform-contracts"
        abi, code = (json.loads((package / part / f"{name}.json").read_text()) for part in ("abi", "bytecode"))
        return self.deploy(abi, code, *arguments)

    def safe(self, owners: list[str], threshold: int) -> Contract:
        """A Safe (k-of-n multisig), made the way its users make one: a proxy to the shared code."""
        singleton, factory = self.of_safe("Safe"), self.of_safe("proxies/SafeProxyFactory")
        nobody = "0x" + "00" * 20
        setup = singleton.encode_abi("setup", [owners, threshold, nobody, b"", nobody, nobody, 0, nobody])
        receipt = self.send(factory.functions.createProxyWithNonce(singleton.address, setup, 0))
        from web3.logs import DISCARD

        (event,) = factory.events.ProxyCreation().process_receipt(receipt, DISCARD)
        safe: Contract = self.w3.eth.contract(event["args"]["proxy"], abi=singleton.abi)
        return safe

    def of_safe(self, name: str) -> Contract:
        """A contract of Safe's package, deployed."""
        artifacts = PACKAGES / "@safe-global" / "safe-contracts" / "build" / "artifacts" / "contracts"
        made = json.loads((artifacts / f"{name}.sol" / f"{Path(name).name}.json").read_text())
        return self.deploy(made["abi"], made["bytecode"])


@contextmanager
def anvil(*options: str) -> Iterator[Anvil]:
    """A new chain with Multicall3 at its usual address; skips where the npm packages are missing."""
    from web3 import HTTPProvider, Web3

    if not ANVIL.exists():
        pytest.skip("anvil is not installed: run npm ci in tests/nodes/evm")
    port = free_port()
    process = subprocess.Popen([str(ANVIL), "--host", "127.0.0.1", "--port", str(port), "--silent", *options])
    try:
        wait_for_port(port, process)
        url = f"http://127.0.0.1:{port}"
        node = Anvil(url, Web3(HTTPProvider(url, request_kwargs={"timeout": 60})))
        # A node knows its chain and what gas costs: asking for these takes more than the transaction.
        node.w3.middleware_onion.remove("gas_price_strategy")
        node.ask("anvil_setCode", MULTICALL3, compiled()["Calls"]["runtime"])
        yield node
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def at_their_places(
    folder: Path, deployed: Callable[[Anvil], Mapping[str, Contract]], *options: str, chain: int = 1, first: int = 0
) -> Iterator[tuple[Anvil, dict[str, Contract]]]:
    """A chain on which contracts stand at the addresses that they have on the real one of its id, and these contracts.

    They are deployed on one node; another takes over its state with the accounts renamed. first: its first block.
    """
    options = ("--chain-id", str(chain), "--number", str(first), *options)
    with anvil(*options) as node:
        places = {place.lower(): contract for place, contract in deployed(node).items()}
        state = json.loads(gzip.decompress(bytes.fromhex(node.ask("anvil_dumpState")[2:])))
    for place, contract in places.items():
        state["accounts"][place] = state["accounts"].pop(str(contract.address).lower())
    (folder / "state.json").write_text(json.dumps(state))
    with anvil("--load-state", str(folder / "state.json"), *options) as node:
        yield (
            node,
            {
                place: node.w3.eth.contract(to_checksum_address(place), abi=contract.abi)
                for place, contract in places.items()
            },
        )


@cache
def compiled(folder: str = "contracts") -> dict[str, Any]:
    """Our own contracts of a folder of tests/nodes/evm: ABI, bytecode and runtime code by name."""
    needed = {
        "contracts": ("solc",),
        "governors": ("solc", "openzeppelin-4"),
        "virtuals": ("solc",),
        "pools": ("solc",),
    }[folder]
    missing = [name for name in needed if not (PACKAGES / name).exists()]
    if missing or shutil.which("node") is None:
        pytest.skip(f"{' and '.join(missing) or 'node'} is not installed: run npm ci in tests/nodes/evm")
    kept = COMPILED / f"{folder}-{_sources(folder)}.json"
    if not kept.exists():
        made = subprocess.run(["node", str(FOLDER / "compile.js"), folder], capture_output=True, check=True)
        COMPILED.mkdir(parents=True, exist_ok=True)
        # Two workers may compile at once: each puts a whole file there.
        with NamedTemporaryFile(dir=COMPILED, delete=False) as own:
            own.write(made.stdout)
        Path(own.name).replace(kept)
    found: dict[str, Any] = json.loads(kept.read_bytes())
    return found


def _sources(folder: str) -> str:
    """A hash of all that a compilation is made of: our sources, how they are compiled, and the packages' versions."""
    files = sorted((FOLDER / folder).glob("*.sol"))
    said = [path.name.encode() + path.read_bytes() for path in (FOLDER / "compile.js", LOCKED, *files)]
    return sha256(b"\0".join(said)).hexdigest()[:16]


def pinned(*urls: str, pauses: tuple[float, ...] = ()) -> EvmNode:
    """Our own client, pinned to the newest final block."""
    return EvmChain(CHAIN, urls, pauses=pauses).head(Http(per_second=10_000), urls)


class Shelf:
    """A memo in memory: what the job gives to a long reading."""

    def __init__(self) -> None:
        self.kept: dict[str, pl.DataFrame] = {}
        self.made: list[str] = []

    def __call__(self, name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        if name not in self.kept or isinstance(name, Anew):
            self.kept[name] = make()
            self.made.append(name)
        return self.kept[name]


@dataclass
class Gate:
    """What stands between us and a public node: a cap on block ranges, and faults in the order they are to happen.

    A fault is "slow" (longer than a proxy waits) or "cut" (the connection ends in the middle of the answer).
    """

    upstream: str
    blocks_allowed: int
    faults: list[str] = field(default_factory=list)
    refused: int = 0
    answered: int = 0


@contextmanager
def gated(upstream: str, blocks_allowed: int = 50, faults: tuple[str, ...] = ()) -> Iterator[tuple[str, Gate]]:
    """Address of a gate in front of a node, and its state."""
    gate = Gate(upstream, blocks_allowed, list(faults))
    session = requests.Session()
    session.headers["content-type"] = "application/json"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            question = json.loads(body)
            if question["method"] != "eth_getLogs":
                self._answer(200, session.post(gate.upstream, data=body).content)
            elif (width := _width(question["params"][0])) > gate.blocks_allowed:
                gate.refused += 1
                said = {"code": -32614, "message": f"eth_getLogs is limited to a {gate.blocks_allowed} range"}
                self._answer(413, json.dumps({"jsonrpc": "2.0", "id": 1, "error": said}).encode())
            else:
                assert width > 0
                gate.answered += 1
                fault = gate.faults.pop(0) if gate.faults else ""
                if fault == "slow":
                    time.sleep(2)
                self._answer(200, session.post(gate.upstream, data=body).content, cut=fault == "cut")

        def _answer(self, status: int, content: bytes, *, cut: bool = False) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection = cut

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", gate
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        session.close()


def _width(query: dict[str, str]) -> int:
    return int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1
