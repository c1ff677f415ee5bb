"""Many readers at once: `python -m benchmarks.readers [sessions] [seconds] [processes] [holdings]`.

Sixty sessions (unless told otherwise) speak the dashboard's own websocket protocol; each goes to another page every ten
seconds, as a click in the navigation does. Prints runs, errors, how long a reader waited, the server's CPU-seconds a
run and its memory, and the bytes of a session. The mart is the one of ten million
holdings (benchmarks/dashboard.py), or the sample of all networks (holdings 0), of DEAI_DATA where it is built.
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
from store.mart import data_folder
from tests.browser.site import served

SESSIONS, SECONDS, PAUSE = 60, 60.0, 10.0
RUN_BAR, WAIT_BAR, SESSION_BAR = 0.035, 0.5, 2_000_000
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Reader:
    """What one session saw."""

    waits: list[float] = field(default_factory=list)
    bytes: int = 0
    errors: list[str] = field(default_factory=list)


async def read(address: str, place: int, sessions: int, until: float, names: Sequence[str]) -> Reader:
    """One session: opens the first page, then another every ten seconds."""
    seen = Reader()
    # Readers do not click in step.
    await asyncio.sleep(PAUSE * place / sessions)
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
    return await asyncio.gather(*(read(address, place, sessions, until, pages()) for place in range(sessions)))


def family(pid: int) -> list[int]:
    """A process and all that it began."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """CPU-seconds that a process and its children have used, over all their threads."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family(pid)]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def resident_mb(pid: int) -> float:
    """Memory of a process and its children in MB."""
    lines = [line for one in family(pid) for line in Path(f"/proc/{one}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))


def main(sessions: int, seconds: float, processes: int, holdings: int) -> int:
    """Prints the figures; 1 when one of them misses its bar."""
    data = big_mart(holdings) if holdings else data_folder()
    with served("server.py", {"DEAI_DATA": str(data)}, processes=processes) as (address, pid):
        # The first visit of each page asks the mart; what follows is what readers see all day.
        asyncio.run(load(address, 2 * processes, PAUSE * len(pages()) / 2))
        before = cpu_seconds(pid)
        found = asyncio.run(load(address, sessions, seconds))
        spent, memory = cpu_seconds(pid) - before, resident_mb(pid)
    waits = sorted(wait for one in found for wait in one.waits)
    errors = [error for one in found for error in one.errors]
    largest = max(one.bytes for one in found)
    late = waits[int(len(waits) * 0.95)]
    print(f"{sessions} sessions, {processes} processes, {len(waits)} page runs in {seconds:.0f} s")
    print(f"{len(errors)} errors {sorted(set(errors))}")
    print(f"a reader waits {statistics.median(waits):.2f} s (median), {late:.2f} s (95 %, bar {WAIT_BAR})")
    # What this machine does for others at the same time is in every wait, and a little of it in the CPU-seconds.
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, the readers among it")
    print(f"{spent / len(waits):.3f} CPU-s a run (bar {RUN_BAR}), {memory:.0f} MB resident")
    print(f"{largest / 1e6:.2f} MB in the largest session (bar {SESSION_BAR / 1e6:.0f} MB)")
    return int(bool(errors) or spent / len(waits) > RUN_BAR or late > WAIT_BAR or largest > SESSION_BAR)


if __name__ == "__main__":
    told = [float(argument) for argument in sys.argv[1:]]
    wanted = [*told, *(SESSIONS, SECONDS, 1, HOLDINGS)[len(told) :]]
    sys.exit(main(int(wanted[0]), wanted[1], int(wanted[2]), int(wanted[3])))
