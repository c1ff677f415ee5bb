"""What ui/ draws, seen by a real browser."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from store.rows import FORMULA_STARTS
from tests.browser.reader import PHONE, WIDE, Reader, serious, sideways, touring, unsafe_links
from tests.browser.site import settled, streamlit

COLOUR = "document.querySelector('.js-plotly-plot')._fullData[0].marker.color"


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    """The page that shows everything that ui/ can draw."""
    with streamlit("tests/worlds/gallery.py") as address:
        yield address


@pytest.fixture(scope="module")
def reader(context: BrowserContext, gallery: str) -> Iterator[Reader]:
    """Has the page before them, in the light, for all tests: none of them needs it as it was."""
    with touring(context, gallery) as found:
        # Without the system's dialog, which no test can answer, the browser downloads.
        found.page.evaluate("window.showSaveFilePicker = undefined")
        yield found


@pytest.fixture(scope="module")
def page(reader: Reader) -> Page:
    return reader.page


@dataclass(frozen=True)
class Night:
    """The page as it was drawn on a phone, in the dark, how much wider it was than the screen, and a chart's colour."""

    page: Page
    sideways: int
    colour: str


@pytest.fixture(scope="module")
def night(context: BrowserContext, gallery: str) -> Iterator[Night]:
    with touring(context, gallery, PHONE) as found:
        seen = Night(found.page, sideways(found.page), found.page.evaluate(COLOUR))
        found.page.set_viewport_size(WIDE)
        settled(found.page)
        yield seen


def test_nobody_else_is_asked_for_anything(reader: Reader) -> None:
    assert reader.page.locator(".js-plotly-plot .main-svg").count() >= 9
    assert reader.strangers == []


def test_names_of_strangers_are_text_and_nothing_else(page: Page) -> None:
    assert unsafe_links(page) == []
    assert page.title() == "Gallery"
    # The picture, the emphasis and the icon that the names ask for are not there; their letters are.
    assert page.locator("[data-testid=stMain] img").count() == 0
    assert page.get_by_text("**strong**").count() > 0
    assert page.get_by_text("<img src=x onerror=").count() > 0
    assert page.locator("text=owned").count() > 0


def test_hover_boxes_show_names_as_text(page: Page) -> None:
    chart = page.locator(".js-plotly-plot").first
    chart.locator(".bars .point").first.hover(force=True)
    box = chart.locator(".hoverlayer .hovertext")
    # Plotly shows the tag of a picture as text whatever we do, and obeys that of bold letters.
    expect(box).to_contain_text("<img src=x")
    expect(box).to_contain_text("<b>bold</b>")


def test_a_network_has_its_own_colour_in_both_themes(page: Page, night: Night) -> None:
    assert page.evaluate(COLOUR).upper() == "#C44E00"
    assert night.colour.upper() == "#F0A04B"


def test_no_serious_barrier_for_screen_readers(page: Page, axe: str) -> None:
    # The gallery is served without the shell, whose style makes links of captions darker.
    assert [one for one in serious(page, axe) if "This chart alone" not in one] == []


def test_no_serious_barrier_in_the_dark(night: Night, axe: str) -> None:
    assert serious(night.page, axe) == []


def test_a_phone_does_not_scroll_sideways(night: Night) -> None:
    assert night.sideways == 0


def test_a_clicked_bar_is_picked(page: Page) -> None:
    page.locator(".js-plotly-plot").first.locator(".bars .point").nth(1).click(force=True)
    expect(page.get_by_text("Picked: 2")).to_be_visible()


def test_the_camera_saves_a_png(page: Page) -> None:
    with page.expect_download() as download:
        page.locator(".js-plotly-plot").first.locator("[data-title^='Download']").click()
    assert download.value.suggested_filename == "deai-ranked-akash-19870442.png"
    with Image.open(Path(download.value.path())) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000


def downloaded(page: Page, kind: str) -> Path:
    """A file from below the first chart, with the name that it was saved under."""
    button = page.get_by_role("button", name=kind, exact=True).first
    if not button.is_visible():
        page.get_by_text("Table, downloads, method").first.click()
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == f"deai-ranked-akash-19870442.{kind.lower()}"
    return Path(download.value.path())


def test_a_csv_comes_with_its_source_and_without_formulas(page: Page) -> None:
    rows = pl.read_csv(downloaded(page, "CSV"))
    assert rows.height == 100
    assert set(rows["source_block"]) == {19_870_442}
    assert not [name for name in rows["name"] if name.startswith(FORMULA_STARTS)]


def test_parquet_downloads(page: Page) -> None:
    assert pl.read_parquet(io.BytesIO(downloaded(page, "Parquet").read_bytes())).height == 100


def test_the_tables_own_download_has_no_formulas(page: Page) -> None:
    table = page.locator("[data-testid=stDataFrame]").last
    table.scroll_into_view_if_needed()
    table.hover()
    with page.expect_download() as download:
        page.locator("[data-testid=stElementToolbar]").last.get_by_role("button", name="Download as CSV").click()
    names = pl.read_csv(Path(download.value.path()))["name"]
    assert not [name for name in names if name.startswith(FORMULA_STARTS)]
    settled(page)
