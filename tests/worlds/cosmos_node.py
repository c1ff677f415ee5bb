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

from tests.worlds.cosmos_world import PREFIX, World, genesis
from tests.worlds.servers import free_port, wait_for_port

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tests/nodes/cosmos"
VERSIONS = ("sdk45", "sdk46", "sdk53")
# Block time is measured over ten blocks, two below the newest; a block is told a moment before its state is there.
FIRST_BLOCKS = 15
# Keys that the node itself holds, for transactions sent by its command line.
SIGNERS = ("alice", "bob", "carol")
# Less than most pages: new nodes answer 429 with gRPC code 8 to a page that is larger.
LARGEST_MESSAGE = 20_000
START_SECONDS = 180.0
# `python -m ingest` for networks whose addresses are spelled as those of these nodes, which are nobody's elsewhere.
INGEST = (
    "-c",
    f"""
import dataclasses, runpy
from ingest.networks import akash, fetch
for network in (akash, fetch):
    network.NETWORK = dataclasses.replace(network.NETWORK, address="bech32:{PREFIX}")
runpy.run_module("ingest", run_name="__main__")
""",
)


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
        answer = self.answer(path, params, height)
        answer.raise_for_status()
        return answer.json()

    def answer(
        self, path: str, params: Mapping[str, str] | None = None, height: int | None = None
    ) -> requests.Response:
        headers = {} if height is None else {"x-cosmos-block-height": str(height)}
        with requests.Session() as session:
            session.trust_env = False
            return session.get(self.url + path, params=params, headers=headers, timeout=60)

    def wait_for(self, height: int) -> None:
        """Returns when the node has this block; it answers 400 before its first one."""
        end = time.monotonic() + START_SECONDS
        while True:
            newest = self.answer("/cosmos/base/tendermint/v1beta1/blocks/latest")
            if newest.ok and int(newest.json()["block"]["header"]["height"]) >= height:
                return
            assert time.monotonic() < end, f"{self.version} makes no blocks: {newest.text}"
            time.sleep(0.1)

    def send(self, *transactions: tuple[str, ...]) -> None:
        """Has the node's own command line sign and send transactions; returns when blocks hold them.

        A transaction is its signer and what is asked; of one signer none follows another at once.
        """
        end = time.monotonic() + START_SECONDS
        for hashed in [self._sent(*transaction) for transaction in transactions]:
            while not (found := self.answer(f"/cosmos/tx/v1beta1/txs/{hashed}")).ok:
                assert time.monotonic() < end, f"{hashed} is in no block"
                time.sleep(0.1)
            assert found.json()["tx_response"]["code"] == 0, found.text

    def _sent(self, signer: str, *arguments: str) -> str:
        options = f"--from {signer} --chain-id {self.chain_id} --node {self.rpc} --home {self.home} --yes --output json"
        more = "--keyring-backend test --broadcast-mode sync --gas 500000 --fees 0stake"
        command = [str(self.binary), "tx", *arguments, *options.split(), *more.split()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        sent = json.loads(done.stdout)
        assert sent["code"] == 0, sent["raw_log"]
        return str(sent["txhash"])


def binary(version: str) -> Path:
    """The built node; builds it where Go is there, skips where it is not."""
    path = ROOT / "build/nodes" / version
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not path.exists() and not Path(go).exists():
        pytest.skip("needs Go 1.26 to build a Cosmos SDK node")
    if Path(go).exists():
        build = [str(SOURCES / "build.sh"), version]
        built = subprocess.run(build, env={**os.environ, "GO": go}, capture_output=True, text=True, check=False)
        if built.returncode:
            pytest.skip(f"needs the Go modules of {version}: {built.stderr.strip()[-200:]}")
    return path


@contextmanager
def running(version: str, home: Path, chain_id: str = "observatory-1", *, keeps: int = 0) -> Iterator[Node]:
    """A node that makes blocks from the genesis of a fresh world.

    keeps: of how many of the newest blocks it keeps the state; 0 for all.
    """
    program = binary(version)
    subprocess.run(
        [program, "init", "node", "--chain-id", chain_id, "--home", home], check=True, capture_output=True, timeout=60
    )
    key = json.loads((home / "config/priv_validator_key.json").read_text())["pub_key"]["value"]
    world = World(key, datetime.now(UTC), signers=tuple(_signer(program, home, name) for name in SIGNERS))
    path = home / "config/genesis.json"
    path.write_text(json.dumps(genesis(world, json.loads(path.read_text()), version)))
    rest, rpc = free_port(), free_port()
    configure(home, rest, rpc, keeps)
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


def _signer(program: Path, home: Path, name: str) -> str:
    """Address of a new key that the node's command line can sign with."""
    keys = ["--keyring-backend", "test", "--home", str(home)]
    for action in (["add", name], ["show", name, "-a"]):
        command = [str(program), "keys", *action, *keys]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return shown.strip()


def configure(home: Path, rest: int, rpc: int, keeps: int) -> None:
    """Loopback only, blocks as fast as they come; every state kept, or the newest."""
    kept = {"pruning": '"custom"', "pruning-keep-recent": f'"{keeps}"', "pruning-interval": '"10"'}
    settings = {
        "app.toml": {
            "": {"minimum-gas-prices": '"0stake"', **(kept if keeps else {"pruning": '"nothing"'})},
            "api": {"enable": "true", "address": f'"tcp://127.0.0.1:{rest}"'},
            "grpc": {
                "enable": "true",
                "address": f'"127.0.0.1:{free_port()}"',
                "max-send-msg-size": f'"{LARGEST_MESSAGE}"',
            },
            "grpc-web": {"enable": "false", "address": f'"127.0.0.1:{free_port()}"'},
        },
        "config.toml": {
            # Nobody is there to catch up with; with more than one validator old nodes would wait for peers.
            "": {"log_level": '"error"', "fast_sync": "false"},
            "rpc": {"laddr": f'"tcp://127.0.0.1:{rpc}"', "pprof_laddr": '""'},
            "p2p": {"laddr": f'"tcp://127.0.0.1:{free_port()}"'},
            # A quarter of the power is of validators that never propose: nobody waits three seconds for their turn.
            "consensus": {"timeout_commit": '"300ms"', "timeout_propose": '"300ms"'},
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
