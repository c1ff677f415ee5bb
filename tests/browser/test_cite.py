"""From a number of a page to its SQL in two clicks, and from the SQL, in DuckDB alone, back to the number."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from store.mart import current
from tests.browser.reader import PHONE, Reader, serious, sideways
from tests.browser.site import PATIENCE, settled, streamlit
from ui.cite import LABEL


@pytest.fixture(scope="module")
def site(hamlet: Path) -> Iterator[str]:
    with streamlit("server.py", {"DEAI_DATA": str(hamlet)}) as address:
        yield address


def copied(page: Page, place: int) -> str:
    """What the button of a block of the open part puts into the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator("[data-testid=stExpander]").filter(has_text=LABEL).get_by_test_id("stCode").nth(place)
    block.hover()
    block.get_by_role("button").click()
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_from_a_number_to_its_statement_are_two_clicks_and_duckdb_alone_gives_the_same(
    reader: Reader, site: str, hamlet: Path, axe: str
) -> None:
    reader.page.set_viewport_size(PHONE)
    page = reader.opens(f"{site}/power?net=akash&what=stake")
    page.get_by_text(LABEL).first.click()
    expect(page.get_by_text("plain duckdb program").first).to_be_visible(timeout=PATIENCE)
    settled(page)
    statement = copied(page, 1)
    assert statement.startswith("SELECT ")
    with duckdb.connect(current(hamlet), read_only=True) as mart:
        ((value,),) = mart.execute(statement).fetchall()
    told = re.fullmatch(r"(.*): (.*) \(exactly (.*)\)\.", copied(page, 0).splitlines()[1])
    assert told
    assert repr(value) == told[3]
    # The card above the part has it as the citation does.
    card = page.get_by_test_id("stMetric").filter(has_text=told[2]).first
    expect(card).to_be_visible()
    # Statements and commands are code, in colours that all can read.
    assert [one for one in serious(page, axe) if re.search("<code|token", one)] == []
    assert sideways(page) == 0
