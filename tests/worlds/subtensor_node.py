"""A real subtensor runtime on loopback: chopsticks runs the one in a chain spec, named by SUBTENSOR_SPEC."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.worlds.servers import free_port, wait_for_port

FOLDER = Path(__file__).parents[1] / "nodes" / "subtensor"
CHOPSTICKS = FOLDER / "node_modules" / "@acala-network" / "chopsticks" / "chopsticks.cjs"
# Without a fixed time block 1 now and then misses its slot, and the node stays at genesis without a word.
MILLISECONDS = 1_763_800_000_000
CONFIG = """host: 127.0.0.1
port: {port}
chain-spec: {spec}
build-block-mode: Manual
mock-signature-host: true
timestamp: {time}
"""
MINUTE = 60
ATTEMPTS = 5


def spec() -> Path:
    """The chain spec to run; skips where something that the node needs is not here."""
    named = os.environ.get("SUBTENSOR_SPEC", "")
    if not named:
        pytest.skip("needs SUBTENSOR_SPEC: a chain spec of subtensor with its runtime (scripts/specs/raonet.json)")
    if not Path(named).is_file():
        pytest.skip(f"needs the chain spec that SUBTENSOR_SPEC names: {named}")
    if shutil.which("node") is None or not CHOPSTICKS.is_file():
        pytest.skip("needs node and `npm ci` in tests/nodes/subtensor")
    return Path(named)


@contextmanager
def subtensor(folder: Path) -> Iterator[str]:
    """Base address of a node at block 1 of the spec's chain."""
    port, chain = free_port(), spec()
    config = folder / "chopsticks.yml"
    config.write_text(CONFIG.format(port=port, spec=chain, time=MILLISECONDS))
    with (folder / "chopsticks.log").open("wb") as log:
        process = subprocess.Popen(
            ["node", str(CHOPSTICKS), "-c", str(config)], cwd=FOLDER, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for_port(port, process, MINUTE)
            url = f"http://127.0.0.1:{port}"
            make_block_one(url)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def make_block_one(url: str) -> None:
    """Sees to it that the node is at block 1: now and then its own first block misses its slot, and it says nothing."""
    for _ in range(ATTEMPTS):
        if ask(url, "chain_getBlockHash", 1)["result"] is not None:
            return
        ask(url, "dev_newBlock", {"count": 1})
    raise RuntimeError("the node stays at its genesis")


def ask(url: str, method: str, *params: Any) -> Any:
    """The answer of one JSON-RPC question, in plain words."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return requests.post(url, json=body, timeout=MINUTE).json()


def polkadot(url: str, account: str) -> dict[str, Any]:
    """What @polkadot/api makes of the runtime's answers."""
    done = subprocess.run(
        ["node", "calls.mjs", url.replace("http", "ws"), account],
        cwd=FOLDER,
        capture_output=True,
        check=True,
        timeout=MINUTE,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))
