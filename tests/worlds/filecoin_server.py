"""A server of a Filecoin state that the chain's own libraries wrote (tests/nodes/filecoin), on loopback."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.worlds.servers import free_port, wait_for_port

SOURCES = ROOT / "tests/nodes/filecoin"
# Of the one tipset that it has.
HEIGHT = 5_000_000


def binary() -> Path:
    """The built server; builds it where Go is there, skips where it is not."""
    path = ROOT / "build/nodes/filecoin"
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not path.exists() and not Path(go).exists():
        pytest.skip("needs Go 1.26 to build a server of a Filecoin state")
    if Path(go).exists():
        build = [str(SOURCES / "build.sh")]
        built = subprocess.run(build, env={**os.environ, "GO": go}, capture_output=True, text=True, check=False)
        if built.returncode:
            pytest.skip(f"needs the Go modules of Filecoin: {built.stderr.strip()[-200:]}")
    return path


@contextmanager
def running() -> Iterator[str]:
    """The address of a server with 20,000 claims."""
    program, port = binary(), free_port()
    process = subprocess.Popen([program, f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}/rpc/v1"
    finally:
        process.kill()
        process.wait(30)
