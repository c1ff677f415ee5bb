"""One chart of a page, as it stands in a frame on somebody else's page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reader import NAVIGATION, Reader, sideways
from tests.browser.site import PATIENCE, streamlit
from tests.worlds.servers import Reply, serving


@pytest.fixture(scope="module")
def site(hamlet: Path) -> Iterator[str]:
    with streamlit("server.py", {"DEAI_DATA": str(hamlet)}) as address:
        yield address


def test_a_chart_has_a_link_to_itself_alone_with_its_source(reader: Reader, site: str) -> None:
    page = reader.opens(f"{site}/power?net=fetch")
    link = page.get_by_role("link", name="This chart alone").first.get_attribute("href")
    assert link is not None
    assert "net=fetch" in link
    reader.page.goto(f"{site}/power{link[link.index('?') :]}")
    only_one_chart(page)
    assert sideways(page) == 0
    reader.is_lawful()


def only_one_chart(page: Page) -> None:
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=PATIENCE)
    assert page.locator(".js-plotly-plot").count() == 1
    captions = [one.inner_text() for one in page.locator("[data-testid=stCaptionContainer]").all() if one.is_visible()]
    assert [re.search("Fetch.ai · .* · block .* · source", one) is not None for one in captions] == [True]
    for gone in ("h1", "h2", "[data-testid=stDataFrame]", "[data-testid=stDownloadButton]", NAVIGATION):
        assert [one for one in page.locator(gone).all() if one.is_visible()] == []
    assert page.get_by_role("link", name="This chart alone").count() == 0


def test_a_chart_that_is_not_there_is_told(reader: Reader, site: str) -> None:
    reader.page.goto(f"{site}/power?embed=true&chart=nothing")
    expect(reader.page.get_by_text("This page has no such chart now")).to_be_visible(timeout=PATIENCE)


def test_a_chart_stands_in_a_frame_of_a_site_that_the_operator_names(page: Page, hamlet: Path) -> None:
    ours: list[str] = []

    def other(_: object) -> Reply:
        frame = f'<iframe src="{ours[0]}/power?embed=true&chart=ranked&net=fetch" width="700" height="500"></iframe>'
        return Reply(frame.encode(), headers={"content-type": "text/html"})

    with (
        serving(other) as elsewhere,
        streamlit("server.py", {"DEAI_DATA": str(hamlet), "DEAI_FRAMED_BY": elsewhere}) as address,
    ):
        ours.append(address)
        page.goto(elsewhere)
        chart = page.frame_locator("iframe").locator(".js-plotly-plot .main-svg")
        expect(chart.first).to_be_visible(timeout=PATIENCE)
