"""What ui/ draws, seen by a real browser."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from store.rows import FORMULA_STARTS
from tests.browser.reader import serious, sideways, unsafe_links
from tests.browser.site import settled

Visit = Callable[[str], Page]


def test_nobody_else_is_asked_for_anything(visit: Visit, gallery: str, strangers: list[str]) -> None:
    page = visit(gallery)
    assert page.locator(".js-plotly-plot .main-svg").count() >= 9
    assert strangers == []


def test_names_of_strangers_are_text_and_nothing_else(visit: Visit, gallery: str) -> None:
    page = visit(gallery)
    assert unsafe_links(page) == []
    assert page.title() == "Gallery"
    # The picture, the emphasis and the icon that the names ask for are not there; their letters are.
    assert page.locator("[data-testid=stMain] img").count() == 0
    assert page.get_by_text("**strong**").count() > 0
    assert page.get_by_text("<img src=x onerror=").count() > 0
    assert page.locator("text=owned").count() > 0


def test_hover_boxes_show_names_as_text(visit: Visit, gallery: str) -> None:
    page = visit(gallery)
    chart = page.locator(".js-plotly-plot").first
    chart.locator(".bars .point").first.hover(force=True)
    box = chart.locator(".hoverlayer .hovertext")
    expect(box).to_contain_text("<img src=x")
    assert box.locator("a").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_network_has_its_own_colour_in_both_themes(visit: Visit, page: Page, gallery: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit(gallery)
    colour = page.evaluate("document.querySelector('.js-plotly-plot')._fullData[0].marker.color")
    assert colour.upper() == {"light": "#C44E00", "dark": "#F0A04B"}[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_for_screen_readers(visit: Visit, page: Page, gallery: str, axe: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit(gallery)
    assert serious(page, axe) == []


def test_a_phone_does_not_scroll_sideways(visit: Visit, page: Page, gallery: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(gallery)
    assert sideways(page) == 0


def test_a_clicked_bar_is_picked(visit: Visit, gallery: str) -> None:
    page = visit(gallery)
    page.locator(".js-plotly-plot").first.locator(".bars .point").nth(1).click(force=True)
    expect(page.get_by_text("Picked: 2")).to_be_visible()


def test_the_camera_saves_a_png(visit: Visit, gallery: str) -> None:
    page = visit(gallery)
    with page.expect_download() as download:
        page.locator(".js-plotly-plot").first.locator("[data-title^='Download']").click()
    assert download.value.suggested_filename == "deai-ranked-akash-19870442.png"
    with Image.open(Path(download.value.path())) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000


def test_a_csv_comes_with_its_source_and_without_formulas(visit: Visit, gallery: str) -> None:
    page = visit(gallery)
    page.get_by_text("Table, downloads, method").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    assert download.value.suggested_filename == "deai-ranked-akash-19870442.csv"
    rows = pl.read_csv(Path(download.value.path()))
    assert rows.height == 100
    assert set(rows["source_block"]) == {19_870_442}
    assert not [name for name in rows["name"] if name.startswith(FORMULA_STARTS)]


def test_parquet_downloads(visit: Visit, gallery: str) -> None:
    page = visit(gallery)
    page.get_by_text("Table, downloads, method").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Parquet", exact=True).first.click()
    assert pl.read_parquet(io.BytesIO(Path(download.value.path()).read_bytes())).height == 100


def test_the_tables_own_download_has_no_formulas(visit: Visit, page: Page, gallery: str) -> None:
    # Without the system's dialog, which no test can answer, the browser downloads.
    page.add_init_script("window.showSaveFilePicker = undefined")
    visit(gallery)
    table = page.locator("[data-testid=stDataFrame]").last
    table.scroll_into_view_if_needed()
    table.hover()
    with page.expect_download() as download:
        page.locator("[data-testid=stElementToolbar]").last.get_by_role("button", name="Download as CSV").click()
    names = pl.read_csv(Path(download.value.path()))["name"]
    assert not [name for name in names if name.startswith(FORMULA_STARTS)]
    settled(page)
