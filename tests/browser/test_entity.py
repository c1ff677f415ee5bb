"""Looking somebody up as readers do: by what they copied somewhere, on a phone, with a keyboard, and back again."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from store.reference import explorers
from tests.browser.reader import PHONE, WIDE, Reader, serious, sideways, touring, unsafe_links
from tests.browser.site import PATIENCE, settled, streamlit
from tests.worlds.hamlet import address

WHOLE = address("akashvaloper", 0)
# As the tables of the dashboard print it.
SHORT = f"{WHOLE[:17]}…{WHOLE[-6:]}"


@pytest.fixture(scope="module")
def village(hamlet: Path) -> Iterator[str]:
    with streamlit("server.py", {"DEAI_DATA": str(hamlet)}) as site:
        yield site


@pytest.fixture(scope="module")
def seeker(context: BrowserContext, village: str) -> Iterator[Reader]:
    with touring(context, f"{village}/claims") as reader:
        yield reader


def seeks(page: Page, text: str) -> None:
    """Writes into the field on top, and waits for what comes of it."""
    field = page.get_by_role("textbox", name="Find an address, a link or a name")
    field.fill(text)
    field.press("Enter")


def title(page: Page, text: str) -> None:
    expect(page.locator("h2").first).to_have_text(text, timeout=PATIENCE)
    settled(page)


def opens(page: Page, name: str) -> None:
    """Follows the link that a search, or a click on a name, has shown."""
    page.get_by_role("link", name=f"All about {name}").click()
    title(page, name)


def test_a_shortened_address_leads_to_its_page_in_two_steps_and_back_undoes_both(
    seeker: Reader, village: str, axe: str
) -> None:
    page = seeker.opens(f"{village}/power?net=fetch")
    title(page, "Fetch.ai: two validators together can halt the chain")
    seeks(page, SHORT)
    expect(page.get_by_text(WHOLE)).to_be_visible(timeout=PATIENCE)
    settled(page)
    assert serious(page, axe) == []
    opens(page, "“Honest 0”")
    expect(page).to_have_url(re.compile(r"/entity\?of=akash%3Aakash1"))
    assert serious(page, axe) == []
    page.go_back()
    title(page, "Fetch.ai: two validators together can halt the chain")
    expect(page).to_have_url(re.compile("/power\\?net=fetch$"))


def test_a_whole_address_leads_there_at_once_and_only_to_curated_pages_beyond(seeker: Reader) -> None:
    page = seeker.turns_to("sources")
    seeks(page, address("cosmos", 0))
    opens(page, "“Honest 0”")
    known = [form.partition("{")[0] for form in explorers()["account"]]
    links = unsafe_links(page)
    assert links
    assert [one for one in links if not one.startswith(tuple(known))] == []
    page.go_back()
    expect(page.locator("h1")).to_have_text("Can I trust it?", timeout=PATIENCE)


def test_a_name_in_a_table_leads_to_its_page(seeker: Reader, village: str) -> None:
    page = seeker.opens(f"{village}/power?net=akash")
    grid = page.get_by_test_id("stDataFrame").filter(visible=True).first
    grid.scroll_into_view_if_needed()
    # The second row below the heading, whose name is hostile.
    grid.click(position={"x": 60, "y": 35 * 2 + 17})
    opens(page, "“<img src=x onerror=\"document.title='owned'\"><b>bold</b>”")
    assert "owned" not in page.title()
    page.go_back()
    title(page, "Akash: two validators together can halt the chain")


def test_a_table_of_the_page_can_be_taken_along(seeker: Reader) -> None:
    page = seeker.turns_to("scorecard")
    seeks(page, WHOLE)
    opens(page, "“Honest 0”")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    rows = pl.read_csv(Path(download.value.path()))
    assert rows.filter(population="Validators", measure="stake")["rank"].to_list() == [1, 1]
    assert set(rows["address"]) >= {WHOLE}


def test_the_field_is_reached_by_keyboard_and_fits_a_phone(seeker: Reader) -> None:
    page = seeker.turns_to("claims")
    field = page.get_by_role("textbox", name="Find an address, a link or a name")
    page.locator("h1").click()
    for _ in range(3):
        page.keyboard.press("Tab")
        if field.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.type(SHORT)
    page.set_viewport_size(PHONE)
    page.keyboard.press("Enter")
    found = page.get_by_role("link", name="All about “Honest 0”")
    expect(found).to_be_visible(timeout=PATIENCE)
    assert sideways(page) == 0
    found.press("Enter")
    title(page, "“Honest 0”")
    assert sideways(page) == 0
    page.set_viewport_size(WIDE)
