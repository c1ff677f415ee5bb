"""Many readers at once on one process: `python -m benchmarks.readers [sessions] [seconds]`.

Sixty sessions (unless told otherwise) speak the dashboard's own websocket protocol; each goes to another page every ten
seconds, as a click in the navigation does. Prints runs, errors, how long a reader waited, the server's CPU-seconds a
run and its memory, and the bytes of a session. The mart is the one of ten million holdings (benchmarks/dashboard.py).
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.dashboard import HOLDINGS, big_mart
from benchmarks.screenshots import DEFAULT_PAGE, pages
from tests.browser.site import served

SESSIONS, SECONDS, PAUSE = 60, 60.0, 10.0
RUN_BAR, SESSION_BAR = 0.12, 2_000_000
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Reader:
    """What one session saw."""

    waits: list[float] = field(default_factory=list)
    bytes: int = 0
    errors: list[str] = field(default_factory=list)


async def read(address: str, place: int, until: float, names: Sequence[str]) -> Reader:
    """One session: opens the first page, then another every ten seconds."""
    seen = Reader()
    # Readers do not click in step.
    await asyncio.sleep(PAUSE * place / SESSIONS)
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(
            address.replace("http", "ws") + "/_stcore/stream", protocols=["streamlit"], max_msg_size=0
        ) as ws,
    ):
        while time.monotonic() < until:
            start = time.monotonic()
            name = names[(place + len(seen.waits)) % len(names)]
            await ws.send_bytes(_visit(name))
            await _finished(ws, seen)
            seen.waits.append(time.monotonic() - start)
            await asyncio.sleep(max(0.0, PAUSE - seen.waits[-1]))
    return seen


def _visit(name: str) -> bytes:
    message = BackMsg()
    message.rerun_script.page_name = "" if name == DEFAULT_PAGE else name
    return bytes(message.SerializeToString())


async def _finished(ws: aiohttp.ClientWebSocketResponse, seen: Reader) -> None:
    """Takes in what the server sends until the page has run."""
    while True:
        frame = await ws.receive(timeout=120)
        if frame.type is not aiohttp.WSMsgType.BINARY:
            seen.errors.append(f"the connection ended: {frame.type.name}")
            raise ConnectionError(seen.errors[-1])
        seen.bytes += len(frame.data)
        message = ForwardMsg.FromString(frame.data)
        if message.delta.new_element.HasField("exception"):
            seen.errors.append(message.delta.new_element.exception.type)
        if (
            message.WhichOneof("type") == "script_finished"
            and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        ):
            return


async def load(address: str, sessions: int, seconds: float) -> list[Reader]:
    """All readers at once."""
    until = time.monotonic() + seconds
    return await asyncio.gather(*(read(address, place, until, pages()) for place in range(sessions)))


def cpu_seconds(pid: int) -> float:
    """CPU-seconds that a process has used, over all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))


def main(sessions: int, seconds: float) -> int:
    """Prints the figures; 1 when one of them misses its bar."""
    data = big_mart(HOLDINGS)
    with served("server.py", {"DEAI_DATA": str(data)}) as (address, pid):
        # The first visit of each page asks the mart; what follows is what readers see all day.
        asyncio.run(load(address, 1, PAUSE * len(pages())))
        before = cpu_seconds(pid)
        found = asyncio.run(load(address, sessions, seconds))
        spent, memory = cpu_seconds(pid) - before, resident_mb(pid)
    waits = sorted(wait for one in found for wait in one.waits)
    errors = [error for one in found for error in one.errors]
    largest = max(one.bytes for one in found)
    print(f"{sessions} sessions, {len(waits)} page runs in {seconds:.0f} s, {len(errors)} errors {sorted(set(errors))}")
    print(f"a reader waits {statistics.median(waits):.2f} s (median), {waits[int(len(waits) * 0.95)]:.2f} s (95 %)")
    print(f"{spent / len(waits):.3f} CPU-s a run (bar {RUN_BAR}), {memory:.0f} MB resident")
    print(f"{largest / 1e6:.2f} MB in the largest session (bar {SESSION_BAR / 1e6:.0f} MB)")
    return int(bool(errors) or spent / len(waits) > RUN_BAR or largest > SESSION_BAR)


if __name__ == "__main__":
    told = [float(argument) for argument in sys.argv[1:]]
    sys.exit(main(int(told[0]) if told else SESSIONS, told[1] if len(told) > 1 else SECONDS))
