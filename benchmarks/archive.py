"""What an archive takes where nothing is new: a push over many objects, and a look of whoever follows.

Against versitygw on loopback (tests/nodes/versitygw); its own CPU-seconds are not counted. What is pushed once stays in
build/bench for the next time.
"""

import atexit
import os
import shutil
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from benchmarks import OURS, Case, Skip, Work
from ingest.archive.exchange import Exchange
from ingest.archive.following import Follower
from ingest.archive.marts import publish_there
from ingest.archive.objects import Objects
from ingest.networks import networks
from ingest.publication import build
from tests.conftest import ROOT
from tests.worlds.object_store import NOON, land, running

LOOKS: Final = 100
# CPU-seconds of one look.
A_LOOK: Final = 0.002


def stored(name: str) -> Path:
    """The data folder of a host, with a store that runs until this process ends."""
    folder = ROOT / "build" / "bench" / name
    open_ = ExitStack()
    try:
        found = open_.enter_context(running(folder / "store"))
    except pytest.skip.Exception as reason:
        raise Skip(str(reason)) from None
    atexit.register(open_.close)
    os.environ.update(found.bucket("bench").environment)
    return folder / "data"


def pushed(files: int) -> Work:
    """A push of a host of which everything is there."""
    data = stored(f"archive-{files}")
    there = data / "landing"
    if not there.exists() or sum(1 for _ in there.rglob("*.parquet")) != files:
        shutil.rmtree(data, ignore_errors=True)
        for hour in range(files):
            land(data, NOON + timedelta(hours=hour))
    objects = Objects(os.environ["DEAI_ARCHIVE"])

    def push() -> dict[str, float]:
        done = Exchange(data, objects, lambda _: None).push()
        return {"pushed": done.files, "errors": len(done.errors)}

    push()
    return push


def followed(looks: int) -> Work:
    """So many looks of whoever has the mart that is published."""
    data = stored("followed")
    reader = data.with_name("reader")
    if not (data / "CURRENT").exists():
        land(data, NOON)
        build(data, networks())
    objects = Objects(os.environ["DEAI_ARCHIVE"])
    publish_there(data, objects)
    follower = Follower(reader, objects)
    follower.look()

    def look() -> dict[str, float]:
        return {"new": sum(follower.look() is not None for _ in range(looks))}

    return look


CASES = (
    Case("push with nothing new, {:,} objects", OURS, pushed, sizes=(20_000,), limit=0.5),
    Case("follow with nothing new, {:,} looks", OURS, followed, sizes=(LOOKS,), limit=LOOKS * A_LOOK),
)
