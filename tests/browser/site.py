"""The application as a reader has it: a server of ours on loopback, and when a page is ready."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.request import Request, urlopen

from playwright.sync_api import Page, expect

from ingest import serve
from tests.conftest import ROOT
from tests.worlds.servers import free_port, wait_for_port
from ui.banners import BROKEN

FLAGS: Final = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--host-resolver-rules=MAP observatory.example 127.0.0.1",
]
# A page draws several charts; two shared cores need their time.
PATIENCE: Final = 60_000
UNDRAWN: Final = "[data-testid=stSkeleton], [data-testid=stPlotlyChart]:not(:has(.main-svg))"


def chromium() -> str | None:
    """Debian's Chromium, or the one that CHROMIUM names; nothing is downloaded."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@contextmanager
def streamlit(script: str, environment: Mapping[str, str] = {}, *, hosts: str = "127.0.0.1") -> Iterator[str]:
    """Base address of a Streamlit server of ours."""
    with served(script, environment, hosts=hosts) as (address, _):
        yield address


@contextmanager
def served(
    script: str, environment: Mapping[str, str] = {}, *, hosts: str = "127.0.0.1", processes: int = 1
) -> Iterator[tuple[str, int]]:
    """Base address and process of a server of ours; server.py is started as `python -m ingest serve` does."""
    port = free_port()
    if script == "server.py":
        command = serve.command("127.0.0.1", str(port), processes)
        environment = {**environment, **serve.shared(str(port), processes)}
    else:
        command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port, process, 60)
        health = Request(f"http://127.0.0.1:{port}/_stcore/health", headers={"Host": hosts})
        with urlopen(health, timeout=60) as answer:
            assert answer.read() == b"ok"
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def settled(page: Page) -> None:
    """Waits until the script has run, every chart is drawn, and says so when the page raised."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=PATIENCE)
    expect(page.locator(UNDRAWN)).to_have_count(0, timeout=PATIENCE)
    problems = page.locator("[data-testid=stException]").or_(page.get_by_text(BROKEN))
    assert problems.count() == 0, problems.all_inner_texts()


def unroll(page: Page) -> None:
    """Makes the window as high as the page, because Streamlit scrolls inside it."""
    width: int = page.evaluate("window.innerWidth")
    high: int = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": high + 40})
    # Plotly draws anew a moment after the window has its new size.
    page.wait_for_timeout(700)
    settled(page)
