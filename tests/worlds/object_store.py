"""A real object store on loopback, versitygw (tests/nodes/versitygw), and the hosts that use it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.archive.objects import Objects
from store.landing import Landing
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.conftest import ROOT
from tests.worlds.moving_chain import called
from tests.worlds.servers import free_port, wait_for_port

SOURCES = ROOT / "tests/nodes/versitygw"
SECRET = "testsecret"
NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
PLACE = ("akash", "akashnet-2", "validators")


def binary() -> Path:
    """The built store; builds it where Go is there, skips where it is not, or where obstore is not installed."""
    pytest.importorskip("obstore", reason="obstore is not installed (requirements-archive.txt): no archive is tried")
    path = ROOT / "build/nodes/versitygw"
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not path.exists() and not Path(go).exists():
        pytest.skip("needs Go 1.26 to build an object store")
    if Path(go).exists():
        build = [str(SOURCES / "build.sh")]
        built = subprocess.run(build, env={**os.environ, "GO": go}, capture_output=True, text=True, check=False)
        if built.returncode:
            pytest.skip(f"needs the Go modules of versitygw: {built.stderr.strip()[-200:]}")
    return path


@dataclass(frozen=True, slots=True)
class Store:
    """A running store, and the folder in which its buckets are."""

    endpoint: str
    folder: Path

    def bucket(self, name: str) -> "Bucket":
        """A bucket, which is empty unless there was one of this name."""
        (self.folder / name).mkdir(exist_ok=True)
        return Bucket(self.endpoint, self.folder / name)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and the folder in which its objects lie as files."""

    endpoint: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What an operator sets."""
        return {
            "DEAI_ARCHIVE": f"s3://{self.folder.name}/deai",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
        }

    def objects(self) -> Objects:
        """The same as the program has it."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            return Objects(self.environment["DEAI_ARCHIVE"])

    def files(self, under: str = "") -> dict[str, bytes]:
        """What lies in it: name and bytes."""
        top = self.folder / "deai"
        return {
            path.relative_to(top).as_posix(): path.read_bytes()
            for path in sorted((top / under).rglob("*"))
            if path.is_file()
        }

    def told(self, data: Path, *arguments: str) -> tuple[int, str, str]:
        """What a command of a host says of it: exit code, standard output and standard error."""
        return called(data, *arguments, **self.environment)


@contextmanager
def running(folder: Path) -> Iterator[Store]:
    """A store on a free port of loopback."""
    program, port = binary(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [program, "--port", f"127.0.0.1:{port}", "--quiet", "posix", str(folder)],
        env={**os.environ, "ROOT_ACCESS_KEY": "test", "ROOT_SECRET_KEY": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield Store(f"http://127.0.0.1:{port}", folder)
    finally:
        process.kill()
        process.wait(30)


def snapshot(time: datetime, endpoint: str = "https://a.example") -> Snapshot:
    """Provenance of a reading at a time; a block every six seconds."""
    height = int(time.timestamp()) // 6
    return Snapshot(
        *PLACE,
        kind=Kind.HOLDINGS,
        measure=Measure.STAKE,
        unit="uakt",
        block=Block(height, f"{height:064x}", time),
        method="Invented for a test.",
        endpoint=endpoint,
    )


def facts(time: datetime, more: int = 0) -> Facts:
    """Three validators, whose stake says of which day they are."""
    from tests.worlds.hamlet import address

    rows = [("validators", address("akashvaloper", place), time.day * 100 + place + more) for place in range(1, 4)]
    return Facts(holdings(rows))


def land(data: Path, time: datetime, *, more: int = 0, endpoint: str = "https://a.example") -> Path:
    """Land a day in a data folder."""
    return Landing(data).land(snapshot(time, endpoint), facts(time, more))


def days(count: int, first: datetime = NOON) -> list[datetime]:
    return [first + timedelta(days=day) for day in range(count)]


def ledger(data: Path) -> list[dict[str, object]]:
    """The lines of the ledger that lie by themselves."""
    return [json.loads(path.read_bytes()) for path in Landing(data).ledger.lines()]


def python(*arguments: str, data: Path, bucket: Bucket) -> subprocess.Popen[bytes]:
    """A process of a host."""
    environment = {**os.environ, "DEAI_DATA": str(data), **bucket.environment}
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
