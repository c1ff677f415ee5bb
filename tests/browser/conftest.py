"""A real browser in front of a real server. Chromium is Debian's: apt-get install --no-install-recommends chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.reader import WIDE, Reader, reading
from tests.browser.site import FLAGS, PATIENCE, chromium

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
    return {"viewport": WIDE, "reduced_motion": "reduce"}


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


@pytest.fixture
def reader(page: Page) -> Iterator[Reader]:
    """Somebody who comes by a link."""
    with reading(page) as found:
        yield found


@pytest.fixture
def visit(reader: Reader) -> Callable[[str], Page]:
    return reader.opens


@pytest.fixture
def strangers(reader: Reader) -> list[str]:
    """Stays empty."""
    return reader.strangers


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker."""
    if not AXE.exists():
        pytest.skip("needs axe-core (npm ci in tests/browser)")
    return AXE.read_text()
