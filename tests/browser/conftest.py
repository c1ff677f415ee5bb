"""A real browser in front of a real server. Chromium is Debian's: apt-get install --no-install-recommends chromium."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser.site import FLAGS, PATIENCE, chromium, settled, streamlit

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder starts a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, or the one that CHROMIUM names; nothing is downloaded."""
    binary = chromium()
    if not binary:
        pytest.skip("needs chromium (Debian package chromium)")
    return {"executable_path": binary, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """The screen that tests see unless they ask for another."""
    return {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """One for all tests, so that scripts are fetched and compiled once, as for one reader."""
    with browser.new_context(**browser_context_args) as found:
        yield found


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with context.new_page() as found:
        found.set_default_timeout(PATIENCE)
        yield found


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    """The page that shows everything that ui/ can draw."""
    with streamlit("tests/worlds/gallery.py") as address:
        yield address


@contextmanager
def asking(page: Page) -> Iterator[list[str]]:
    """Requests of a page to anybody but the loopback server."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            asked.append(request.url)

    page.on("request", note)
    yield asked


@pytest.fixture
def strangers(page: Page) -> Iterator[list[str]]:
    """Stays empty."""
    with asking(page) as asked:
        yield asked


@contextmanager
def lawful(page: Page) -> Iterator[Callable[[str], Page]]:
    """Opens an address and returns when the page has run and drawn its charts; nothing may break the page's policy."""
    broken: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    def opened(address: str) -> Page:
        page.goto(address)
        settled(page)
        return page

    page.on("console", note)
    yield opened
    assert broken == []


@pytest.fixture
def visit(page: Page) -> Iterator[Callable[[str], Page]]:
    with lawful(page) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker."""
    if not AXE.exists():
        pytest.skip("needs axe-core (npm ci in tests/browser)")
    return AXE.read_text()
