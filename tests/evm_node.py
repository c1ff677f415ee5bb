"""A real EVM node for tests: anvil, with contracts compiled by solc and others as they are deployed on Ethereum."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import RPCEndpoint

from ingest.evm import MULTICALL3, EvmChain, EvmNode
from ingest.transport import Http
from tests.servers import free_port, wait_for_port

FOLDER = Path(__file__).parent / "nodes" / "evm"
PACKAGES = FOLDER / "node_modules"
ANVIL = Path(os.environ.get("ANVIL_BIN", PACKAGES / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"))
# The chain id of anvil.
CHAIN = "eip155:31337"


@dataclass(frozen=True)
class Anvil:
    """A running node; `w3` is plain web3.py with unlocked accounts, the peer of our own client."""

    url: str
    w3: Web3

    def ask(self, method: str, *params: Any) -> Any:
        reply = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in reply, reply
        return reply["result"]

    def mine(self, blocks: int) -> None:
        self.ask("anvil_mine", hex(blocks))

    def finalize(self) -> None:
        """Builds so many blocks that everything before is final, the last of them now."""
        self.mine(70)

    def send(self, call: Any, sender: int = 0) -> Any:
        """The receipt of a transaction that succeeded."""
        hashed = call.transact({"from": self.w3.eth.accounts[sender], "gas": 16_000_000})
        receipt = self.w3.eth.wait_for_transaction_receipt(hashed, poll_latency=0.005)
        assert receipt["status"] == 1, receipt
        return receipt

    def deploy(self, abi: Any, bytecode: str, *arguments: Any) -> Contract:
        factory = self.w3.eth.contract(abi=abi, bytecode=bytecode)
        receipt = self.send(factory.constructor(*arguments))
        contract: Contract = self.w3.eth.contract(receipt["contractAddress"], abi=abi)
        return contract

    def compiled(self, name: str, *arguments: Any) -> Contract:
        """One of our own contracts (tests/nodes/evm/contracts), deployed."""
        made = compiled()[name]
        return self.deploy(made["abi"], made["bytecode"], *arguments)

    def published(self, name: str, *arguments: Any) -> Contract:
        """MultiPartyEscrow or Registry with the code that SingularityNET published and deployed."""
        package = PACKAGES / "singularitynet-platform-contracts"
        abi, code = (json.loads((package / part / f"{name}.json").read_text()) for part in ("abi", "bytecode"))
        return self.deploy(abi, code, *arguments)

    def safe(self, owners: list[str], threshold: int) -> Contract:
        """A Safe (k-of-n multisig), made the way its users make one: a proxy to the shared code."""
        singleton, factory = self._safe("Safe"), self._safe("proxies/SafeProxyFactory")
        nobody = "0x" + "00" * 20
        setup = singleton.encode_abi("setup", [owners, threshold, nobody, b"", nobody, nobody, 0, nobody])
        receipt = self.send(factory.functions.createProxyWithNonce(singleton.address, setup, 0))
        (event,) = factory.events.ProxyCreation().process_receipt(receipt)
        safe: Contract = self.w3.eth.contract(event["args"]["proxy"], abi=singleton.abi)
        return safe

    def _safe(self, name: str) -> Contract:
        artifacts = PACKAGES / "@safe-global" / "safe-contracts" / "build" / "artifacts" / "contracts"
        made = json.loads((artifacts / f"{name}.sol" / f"{Path(name).name}.json").read_text())
        return self.deploy(made["abi"], made["bytecode"])


@contextmanager
def anvil(*options: str) -> Iterator[Anvil]:
    """A new chain with Multicall3 at its usual address; skips where the npm packages are missing."""
    if not ANVIL.exists():
        pytest.skip("anvil is not installed: run npm ci in tests/nodes/evm")
    port = free_port()
    process = subprocess.Popen([str(ANVIL), "--host", "127.0.0.1", "--port", str(port), "--silent", *options])
    try:
        wait_for_port(port, process)
        url = f"http://127.0.0.1:{port}"
        node = Anvil(url, Web3(HTTPProvider(url, request_kwargs={"timeout": 60})))
        node.ask("anvil_setCode", MULTICALL3, compiled()["Calls"]["runtime"])
        yield node
    finally:
        process.terminate()
        process.wait(10)


@cache
def compiled() -> dict[str, Any]:
    """Our own contracts: ABI, bytecode and runtime code by name."""
    if not (PACKAGES / "solc").exists() or shutil.which("node") is None:
        pytest.skip("solc is not installed: run npm ci in tests/nodes/evm")
    made = subprocess.run(["node", str(FOLDER / "compile.js")], capture_output=True, check=True, text=True)
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def pinned(*urls: str, pauses: tuple[float, ...] = ()) -> EvmNode:
    """Our own client, pinned to the newest final block."""
    return EvmChain(CHAIN, urls, pauses=pauses).head(Http(per_second=10_000), urls)
