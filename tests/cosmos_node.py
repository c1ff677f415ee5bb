"""Real Cosmos SDK nodes on loopback, each a chain of its own that starts from a genesis of ours."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cosmos_world import World, genesis
from tests.servers import free_port, wait_for_port

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "tests/nodes/cosmos"
VERSIONS = ("sdk45", "sdk46", "sdk53")
FIRST_BLOCKS = 5
START_SECONDS = 180.0


@dataclass(frozen=True)
class Node:
    """A running node: its REST address, its chain id, the world that it started from, and its command line."""

    version: str
    url: str
    chain_id: str
    world: World
    binary: Path
    home: Path
    rpc: str

    def get(self, path: str, params: Mapping[str, str] | None = None, height: int | None = None) -> Any:
        """What the node answers, without any code of the product."""
        headers = {} if height is None else {"x-cosmos-block-height": str(height)}
        answer = requests.get(self.url + path, params=params, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def height(self) -> int:
        return int(self.get("/cosmos/base/tendermint/v1beta1/blocks/latest")["block"]["header"]["height"])

    def wait_for(self, height: int) -> None:
        end = time.monotonic() + START_SECONDS
        while self.height() < height:
            assert time.monotonic() < end, f"{self.version} makes no blocks"
            time.sleep(0.2)

    def command(self, *arguments: str) -> str:
        """Output of the node's own command line, as a user would call it."""
        home = ["--home", str(self.home)]
        return subprocess.run(
            [self.binary, *arguments, *home], check=True, capture_output=True, text=True, timeout=60
        ).stdout


def binary(version: str) -> Path:
    """The built node; builds it where Go is there, skips where it is not."""
    path = ROOT / "build/nodes" / version
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not path.exists() and not Path(go).exists():
        pytest.skip("needs Go 1.26 to build a Cosmos SDK node")
    if Path(go).exists():
        built = subprocess.run(
            [SOURCES / "build.sh", version], env={**os.environ, "GO": go}, capture_output=True, text=True, check=False
        )
        if built.returncode and not path.exists():
            pytest.skip(f"needs the Go modules of {version}: {built.stderr.strip().splitlines()[-1:]}")
    return path


@contextmanager
def running(version: str, home: Path) -> Iterator[Node]:
    """A node that makes blocks from the genesis of a fresh world."""
    program, chain_id = binary(version), f"observatory-{version}"
    subprocess.run(
        [program, "init", "node", "--chain-id", chain_id, "--home", home], check=True, capture_output=True, timeout=60
    )
    key = json.loads((home / "config/priv_validator_key.json").read_text())["pub_key"]["value"]
    world = World(key, datetime.now(UTC))
    path = home / "config/genesis.json"
    path.write_text(json.dumps(genesis(world, json.loads(path.read_text()), version)))
    rest, rpc = free_port(), free_port()
    configure(home, rest, rpc)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([program, "start", "--home", home], stdout=log, stderr=log)
    try:
        wait_for_port(rest, process, START_SECONDS)
        url = f"http://127.0.0.1:{rest}"
        node = Node(version, url, chain_id, world, program, home, f"tcp://127.0.0.1:{rpc}")
        node.wait_for(FIRST_BLOCKS)
        yield node
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)


def configure(home: Path, rest: int, rpc: int) -> None:
    """Loopback only, every state kept, blocks as fast as they come."""
    settings = {
        "app.toml": {
            "": {"minimum-gas-prices": '"0stake"', "pruning": '"nothing"'},
            "api": {"enable": "true", "address": f'"tcp://127.0.0.1:{rest}"'},
            "grpc": {"enable": "true", "address": f'"127.0.0.1:{free_port()}"', "max-send-msg-size": '"65536"'},
            "grpc-web": {"enable": "false", "address": f'"127.0.0.1:{free_port()}"'},
        },
        "config.toml": {
            "": {"log_level": '"error"'},
            "rpc": {"laddr": f'"tcp://127.0.0.1:{rpc}"', "pprof_laddr": '""'},
            "p2p": {"laddr": f'"tcp://127.0.0.1:{free_port()}"'},
            "consensus": {"timeout_commit": '"300ms"'},
        },
    }
    for name, sections in settings.items():
        path = home / "config" / name
        lines, section = [], ""
        for line in path.read_text().splitlines():
            section = found[1] if (found := re.match(r"\[([\w-]+)\]", line)) else section
            setting = re.match(r"([\w-]+) = ", line)
            if setting and setting[1] in sections.get(section, {}):
                lines.append(f"{setting[1]} = {sections[section][setting[1]]}")
            else:
                lines.append(line)
        path.write_text("\n".join(lines) + "\n")
