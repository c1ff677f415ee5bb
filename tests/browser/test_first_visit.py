"""What a reader waits for who has never been here: how much comes over the wire, and that no script comes in vain."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.reader import WIDE, reading
from tests.browser.site import streamlit

MOST_BYTES: Final = 3_000_000


@pytest.fixture(scope="module")
def site(hamlet: Path) -> Iterator[str]:
    with streamlit("server.py", {"DEAI_DATA": str(hamlet)}) as address:
        yield address


@contextmanager
def stranger(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has nothing of ours yet."""
    with browser.new_context(viewport=WIDE) as context:
        yield context


def visit(context: BrowserContext, address: str) -> dict[str, float]:
    """What came over HTTP and the websocket for a page, with its bytes."""
    with context.new_page() as page, reading(page) as reader:
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        names: dict[str, str] = {}
        found: dict[str, float] = {}

        def named(told: dict[str, Any]) -> None:
            names[told["requestId"]] = told["response"]["url"]

        def came(told: dict[str, Any]) -> None:
            found[names[told["requestId"]]] = told["encodedDataLength"]

        network.on("Network.responseReceived", named)
        network.on("Network.loadingFinished", came)
        reader.opens(address)
        assert reader.strangers == []
        return {**found, "websocket": reader.received}


@pytest.mark.parametrize("name", ["", "power"])
def test_a_first_visit_with_charts_is_less_than_three_megabytes(browser: Browser, site: str, name: str) -> None:
    with stranger(browser) as context:
        found = visit(context, f"{site}/{name}")
    assert any("PlotlyChart" in one for one in found)
    assert sum(found.values()) < MOST_BYTES


def test_a_page_without_a_chart_loads_nothing_that_draws_one(browser: Browser, site: str) -> None:
    with stranger(browser) as context:
        found = visit(context, f"{site}/sources")
    assert not [one for one in found if "PlotlyChart" in one]


def test_a_second_visit_takes_nothing_but_the_page_itself(browser: Browser, site: str) -> None:
    with stranger(browser) as context:
        visit(context, f"{site}/power")
        again = visit(context, f"{site}/power")
    assert sum(size for one, size in again.items() if one != "websocket") < 20_000
