"""What somebody waits for the first time: `python -m benchmarks.first [rounds]`.

The dashboard from its start to its first page, that page in a browser that has nothing of it yet until a chart is
drawn, and the very first start without a network, which draws the sample of 180 days. The least of some rounds, in
seconds by the clock, since that is what is waited for, and in CPU-seconds of the server, by which two versions are
compared on a busy machine. The mart is that of DEAI_DATA, or the sample in data/.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from benchmarks.readers import PAUSE, cpu_seconds, read
from benchmarks.screenshots import DEFAULT_PAGE
from store.mart import data_folder, served_folder
from tests.browser.site import FLAGS, PATIENCE, chromium, served
from tests.conftest import ROOT
from tests.worlds.servers import free_port, wait_for_port

ROUNDS: Final = 3
# Of seconds, where the bar is missed by far.
LONGEST_START: Final = 600
# Where nobody listens: what asks a chain is refused at once, as on a machine without a network.
NOWHERE: Final = "http://127.0.0.1:9"
OFFLINE: Final = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE) | {"NO_PROXY": ""}
DRAWN: Final = "[data-testid=stPlotlyChart] .main-svg"
# By the clock: until the first page is there, until its first chart is drawn, and until a first start listens.
BARS: Final = {
    "first page after start": 0.4,
    "first chart of a first visit": 2.5,
    "first start without a network": 15.0,
}


def shown() -> Path:
    """The data folder whose mart pages show; raises NoMart, since without one there is nothing to wait for."""
    return served_folder(data_folder())


def first_page() -> tuple[float, float]:
    """From a server that listens to the end of its first page, and its CPU-seconds from its start until then."""
    with served("server.py", {"DEAI_DATA": str(shown())}) as (address, pid):
        seen = asyncio.run(read(address, 0, 1, time.monotonic() + PAUSE, [DEFAULT_PAGE]))
        return seen.waits[0], cpu_seconds(pid)


def first_chart() -> tuple[float, float]:
    """In a browser that has nothing yet, from the address to a chart; and the server's CPU-seconds for it."""
    with served("server.py", {"DEAI_DATA": str(shown())}) as (address, pid), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        before, begun = cpu_seconds(pid), time.monotonic()
        page.goto(f"{address}/power")
        page.wait_for_selector(DRAWN, timeout=PATIENCE)
        found = time.monotonic() - begun, cpu_seconds(pid) - before
        browser.close()
        return found


def first_start() -> tuple[float, float]:
    """Of `python -m ingest serve` on an empty folder without a network, until it listens."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        own = {**OFFLINE, "DEAI_DATA": folder, "STREAMLIT_SERVER_PORT": str(port)}
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest", "serve"], cwd=ROOT, env={**os.environ, **own}, stderr=subprocess.DEVNULL
        )
        try:
            wait_for_port(port, process, LONGEST_START)
            return time.monotonic() - begun, cpu_seconds(process.pid)
        finally:
            process.terminate()
            process.wait(20)


FOUND: Final = (first_page, first_chart, first_start)


def main(rounds: int) -> int:
    """Prints the figures; 1 when one of them misses its bar."""
    missed = 0
    for (what, bar), measured in zip(BARS.items(), FOUND, strict=True):
        found = [measured() for _ in range(rounds)]
        wait, spent = (min(one[place] for one in found) for place in (0, 1))
        missed += wait > bar
        print(f"{what}: {wait:.2f} s ({'met' if wait <= bar else 'MISSED'}: {bar} s), {spent:.2f} CPU-s", flush=True)
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
