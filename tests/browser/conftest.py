"""A real browser in front of a real server. Chromium is Debian's: apt-get install --no-install-recommends chromium."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from tests.conftest import ROOT
from tests.servers import free_port, wait_for_port

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--font-render-hinting=none"]
# A page draws several charts; two shared cores need their time.
PATIENCE = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder starts a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, or the one that CHROMIUM names; nothing is downloaded."""
    binary = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not binary:
        pytest.skip("needs chromium (Debian package chromium)")
    return {"executable_path": binary, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """The screen that tests see unless they ask for another."""
    return {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture
def page(page: Page) -> Page:
    page.set_default_timeout(PATIENCE)
    return page


@contextmanager
def streamlit(script: str, environment: Mapping[str, str] = {}) -> Iterator[str]:
    """Base address of a Streamlit server of ours; health is asked by its answer, any other path answers 200 too."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait_for_port(port, process, 60)
        with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=60) as answer:
            assert answer.read() == b"ok"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    """The page that shows everything that ui/ can draw."""
    with streamlit("tests/gallery.py") as address:
        yield address


@pytest.fixture
def strangers(context: BrowserContext) -> list[str]:
    """Requests of the browser to anybody but the loopback server; stays empty."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            asked.append(request.url)

    context.on("request", note)
    return asked


@pytest.fixture
def visit(page: Page) -> Callable[[str], Page]:
    """Opens an address and returns when the page has run and drawn its charts."""

    def opened(address: str) -> Page:
        page.goto(address)
        settled(page)
        return page

    return opened


def settled(page: Page) -> None:
    """Waits until the script has run, every chart is drawn, and says so when the page raised."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=PATIENCE)
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(e => e.querySelector('.main-svg'))"
        " && !document.querySelector('[data-testid=stSkeleton]')",
        timeout=PATIENCE,
    )
    problems = page.locator("[data-testid=stException]")
    assert problems.count() == 0, problems.all_inner_texts()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker."""
    if not AXE.exists():
        pytest.skip("needs axe-core (npm ci in tests/browser)")
    return AXE.read_text()
