"""Every page in a real browser: on the small world, on imported chains, on the sample, and on every broken state."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from ingest.networks import networks
from ingest.sample.world import build_sample
from store.landing import SAMPLE
from store.mart import current
from tests.browser.reader import (
    NAVIGATION,
    PHONE,
    WIDE,
    Reader,
    lasting,
    scrolling,
    serious,
    sideways,
    tabbed,
    touring,
    unfold,
    unsafe_links,
)
from tests.browser.site import PATIENCE, settled, streamlit, unroll
from tests.conftest import ROOT
from tests.pages.test_every_page import PAGES
from tests.worlds.hamlet import address, build_ruin
from tests.worlds.museum import IMPORTS, land, publish
from tests.worlds.servers import Reply, serving

Visit = Callable[[str], Page]
CHARTS = re.compile(r"\bdraw\.(show|clickable|panels)\(")
# The page on somebody has charts once somebody is asked for: tests/browser/test_entity.py.
CHARTED = [name for name in PAGES if name != "entity" and CHARTS.search((ROOT / "pages" / f"{name}.py").read_text())]


def path(name: str) -> str:
    """The address of a page; the first one has none of its own."""
    return "/" if name == "scorecard" else f"/{name}"


@pytest.fixture(scope="session")
def village(hamlet: Path) -> Iterator[str]:
    with streamlit("server.py", {"DEAI_DATA": str(hamlet)}) as address:
        yield address


@pytest.fixture(scope="session")
def ruin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("ruin")
    build_ruin(data)
    with streamlit("server.py", {"DEAI_DATA": str(data)}) as address:
        yield address


@pytest.fixture(scope="session")
def desert(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with streamlit("server.py", {"DEAI_DATA": str(tmp_path_factory.mktemp("desert"))}) as address:
        yield address


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    build_sample(data / SAMPLE, days=40)
    with streamlit("server.py", {"DEAI_DATA": str(data)}) as address:
        yield address


@pytest.fixture(scope="session")
def museum(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Real states of four chains, imported from files."""
    data = tmp_path_factory.mktemp("museum")
    for name in IMPORTS:
        land(name, shared, data)
    publish(data)
    with streamlit("server.py", {"DEAI_DATA": str(data)}) as address:
        yield address


@pytest.fixture(scope="module")
def villager(context: BrowserContext, village: str) -> Iterator[Reader]:
    with touring(context, village + path("scorecard")) as reader:
        yield reader


@dataclass(frozen=True)
class Seen:
    """A page of the small world for all who only look."""

    name: str
    reader: Reader

    @property
    def page(self) -> Page:
        return self.reader.turns_to(self.name)


@pytest.fixture(scope="module", params=PAGES)
def seen(request: pytest.FixtureRequest, villager: Reader) -> Seen:
    return Seen(request.param, villager)


def test_a_page_draws_itself_and_asks_nobody_else(seen: Seen) -> None:
    assert seen.page.locator("h1").inner_text().endswith("?")
    if seen.name in CHARTED:
        expect(seen.page.locator(".js-plotly-plot .main-svg").nth(1)).to_be_attached(timeout=PATIENCE)
    assert seen.page.locator("[data-testid=stTopNavLink]").count() == len(PAGES)
    assert seen.reader.strangers == []


def test_names_of_strangers_do_nothing_on_a_page(seen: Seen) -> None:
    assert unsafe_links(seen.page) == []
    assert "owned" not in seen.page.title()
    assert seen.page.locator("[data-testid=stMain] img").count() == 0


def test_no_page_has_a_serious_barrier(seen: Seen, axe: str) -> None:
    assert serious(seen.page, axe) == []


def test_a_chart_of_each_page_is_saved_as_a_picture(seen: Seen) -> None:
    if seen.name not in CHARTED:
        assert seen.page.locator(".js-plotly-plot").count() == 0
        return
    with seen.page.expect_download() as download:
        seen.page.locator(".js-plotly-plot").first.locator("[data-title^='Download']").click()
    assert download.value.suggested_filename.startswith("deai-")
    with Image.open(Path(download.value.path())) as picture:
        assert picture.format == "PNG"


@pytest.fixture(scope="module")
def night_owl(context: BrowserContext, village: str) -> Iterator[Reader]:
    """Reads in the dark, on a phone."""
    with touring(context, village + path("trends"), PHONE) as reader:
        yield reader


@dataclass(frozen=True)
class Narrow:
    """A page that was drawn on a phone, in the dark, and how much wider it was than the screen."""

    reader: Reader
    sideways: int


@pytest.fixture(scope="module", params=PAGES)
def narrow(request: pytest.FixtureRequest, night_owl: Reader) -> Narrow:
    night_owl.page.set_viewport_size(PHONE)
    return Narrow(night_owl, sideways(night_owl.turns_to(request.param)))


def test_no_page_scrolls_sideways_on_a_phone(narrow: Narrow) -> None:
    assert narrow.sideways == 0


def test_no_page_has_a_serious_barrier_in_the_dark(narrow: Narrow, axe: str) -> None:
    narrow.reader.page.set_viewport_size(WIDE)
    settled(narrow.reader.page)
    assert serious(narrow.reader.page, axe) == []


@pytest.fixture(scope="module")
def visitor(context: BrowserContext, museum: str) -> Iterator[Reader]:
    with touring(context, museum + path("claims")) as reader:
        yield reader


# What each page tells of those states, or that they say nothing of what it is about.
OF_REAL_CHAINS = {
    "scorecard": "Two validators can halt Akash 2021 (as of March 2021)",
    "power": "Akash 2021: two validators together can halt the chain",
    "entity": "Nobody was asked for yet",
    "proposals": "Akash 2021 1: Decrease target inflation rate to 47%",
    "whatif": "Akash 2021, cap what counts at 10%: from 9.0 to 13.6 effective parties, 2 to 3 for one third",
    "trends": "read once, on",
    "markets": "No network's spend or emission was read yet.",
    "migration": "The merger was not read yet.",
    "claims": "claims, read in",
    "sources": "none was read in part",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_real_chains(visitor: Reader, name: str) -> None:
    page = visitor.turns_to(name)
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text(OF_REAL_CHAINS[name]).first).to_be_visible()
    assert page.get_by_text("Simulated numbers").count() == 0
    assert visitor.strangers == []


@pytest.fixture(scope="module")
def sampler(context: BrowserContext, sample_site: str) -> Iterator[Reader]:
    with touring(context, sample_site + path("scorecard")) as reader:
        yield reader


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_sample_says_that_it_is_invented(sampler: Reader, name: str) -> None:
    page = sampler.turns_to(name)
    expect(page.get_by_text("Simulated numbers.")).to_be_visible()
    points = page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot')]"
        ".map(chart => chart._fullData.reduce((sum, trace) => sum + (trace._length || 0), 0))"
    )
    assert max(points, default=0) <= 2000


def test_a_session_over_all_pages_takes_less_than_two_megabytes(sampler: Reader) -> None:
    for name in PAGES:
        if name not in sampler.seen:
            sampler.turns_to(name)
    # Of a long table only the rows in sight come, so what is too much here is a chart's or a text's.
    assert 0 < sampler.received < 2_000_000


@pytest.fixture(scope="module")
def inspector(context: BrowserContext, sample_site: str) -> Iterator[Reader]:
    """Opens what is folded, and looks at all of a page."""
    with touring(context, f"{sample_site}/claims") as reader:
        yield reader


@pytest.mark.parametrize("name", PAGES)
def test_with_all_networks_a_page_has_no_barrier_in_light_and_dark_by_keyboard_alone_and_on_a_phone(
    inspector: Reader, name: str, axe: str
) -> None:
    page = inspector.turns_to(name)
    unfold(page)
    unroll(page)
    found = {"light": serious(page, axe), **tabbed(page)}
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    unroll(page)
    found |= {"dark": serious(page, axe, "color-contrast"), "sideways": scrolling(page)}
    wider = sideways(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    assert {part: told for part, told in found.items() if told} == {}
    assert wider == 0


def test_on_a_phone_no_network_in_full_scrolls_sideways(page: Page, visit: Visit, sample_site: str) -> None:
    page.set_viewport_size(PHONE)
    visit(f"{sample_site}/?{'&'.join(f'more-{name}=true' for name in networks())}")
    assert page.locator("[data-testid=stTable]").count() > 10
    assert scrolling(page) == []


@dataclass(frozen=True)
class Arrival:
    """The first reader of a server, and what the link showed by which that reader came."""

    reader: Reader
    headline: str
    links: int
    title: str


@pytest.fixture(scope="module")
def first_comer(context: BrowserContext, ruin: str) -> Iterator[Arrival]:
    with touring(context, f"{ruin}/power?net=fetch") as reader:
        headline = reader.page.locator("h2").first.inner_text()
        arrival = Arrival(
            reader, headline, reader.page.locator("[data-testid=stTopNavLink]").count(), reader.page.title()
        )
        # What the link chose is forgotten.
        reader.turns_to("claims")
        yield arrival


def test_the_first_reader_of_a_server_may_come_by_a_link(first_comer: Arrival) -> None:
    """Streamlit takes files in pages/ for pages of its own until app.py has run once."""
    assert "Fetch.ai" in first_comer.headline
    assert first_comer.links == len(PAGES)
    assert first_comer.title == "Who holds power · DeAI Observatory"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_old_data_says_so_and_shows_it(first_comer: Arrival, name: str) -> None:
    page = first_comer.reader.turns_to(name)
    expect(page.get_by_text(re.compile(r"Akash.* (is|are) old\."))).to_be_visible()
    expect(page.get_by_text("did not get everything")).to_be_visible()
    expect(page.get_by_text(re.compile(r"FET on Ethereum.* (is|are) missing\."))).to_be_visible()
    assert unsafe_links(page) == []
    if name in CHARTED:
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()


@pytest.fixture(scope="module")
def nomad(context: BrowserContext, desert: str) -> Iterator[Reader]:
    with touring(context, desert + path("sources")) as reader:
        yield reader


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_data_says_which_command_makes_some(nomad: Reader, name: str) -> None:
    expect(nomad.turns_to(name).get_by_text("python -m ingest run")).to_be_visible()


LINKS = {
    "power": "net=fetch&what=stake&of=delegators%2Fdelegators&rule=nc_gt_1_2&group=address",
    "entity": "q=onerror",
    "whatif": "net=akash&if=remove&many=3&group=address",
    "trends": "what=stake_by_operator&metric=top_10&days=30",
    "proposals": "p=fetch%3Afetchhub-4%3A1",
    "markets": "net=bittensor",
}
TOLD = {
    "power": "Fetch.ai: one delegator holds more than half",
    "entity": "Which one do you mean?",
    "whatif": "Akash, remove the largest",
    "trends": "Share of the largest ten in 30 days",
    "proposals": "Fetch.ai 1",
    "markets": "Bittensor",
}


@pytest.mark.parametrize("name", list(LINKS))
def test_a_link_shows_the_same_again(visit: Visit, village: str, name: str) -> None:
    page = visit(f"{village}{path(name)}?{LINKS[name]}")
    expect(page.locator("h2", has_text=TOLD[name]).first).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == parse_qs(LINKS[name])


OVERLAPPING = """
    [...document.querySelectorAll('.js-plotly-plot')].flatMap(chart => {
        const boxes = [...chart.querySelectorAll('.annotation-text')]
            .map(text => [text.textContent, text.getBoundingClientRect()]);
        return boxes.flatMap(([one, a], place) => boxes.slice(place + 1)
            .filter(([_, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
            .map(([other]) => one + ' on ' + other));
    })
"""
OUTSIDE = """
    [...document.querySelectorAll('.js-plotly-plot')].flatMap(chart => {
        const own = chart.getBoundingClientRect();
        return [...chart.querySelectorAll('.annotation-text')].filter(text => {
            const box = text.getBoundingClientRect();
            return box.left < own.left || box.right > own.right || box.top < own.top || box.bottom > own.bottom;
        }).map(text => text.textContent);
    })
"""
CUT = """
    [...document.querySelectorAll('[data-testid=stMetric] *')]
        .filter(part => part.clientWidth && part.scrollWidth > part.clientWidth + 1
            && getComputedStyle(part).overflow !== 'visible')
        .map(part => part.innerText)
"""
WIDTHS = (1440, 1024, 768, 600, 430, 390)


def at_every_width(page: Page, script: str) -> list[tuple[int, list[str]]]:
    """What a script finds on a page, width by width where it finds something."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # Plotly draws anew a moment after the window has its new size.
        page.wait_for_timeout(700)
        settled(page)
        found.append((width, page.evaluate(script)))
    page.set_viewport_size(WIDE)
    return [(width, texts) for width, texts in found if texts]


def test_no_text_on_the_charts_of_trends_is_on_another_or_cut(visit: Visit, sample_site: str) -> None:
    page = visit(f"{sample_site}/trends")
    # Names of networks at their lines' ends, values at the ends of small charts, and marks of what happened.
    assert page.locator(".annotation-text").count() > 20
    assert at_every_width(page, OVERLAPPING) == []
    assert at_every_width(page, OUTSIDE) == []


def test_no_number_of_a_scenario_is_cut_at_any_width(visit: Visit, sample_site: str) -> None:
    page = visit(f"{sample_site}/whatif?if=turnout&pct=22.5")
    expect(page.get_by_text("was 15.5%")).to_be_visible()
    assert at_every_width(page, CUT) == []


def two_days_of(page: Page) -> pl.DataFrame:
    """The CSV of the two days side by side."""
    with page.expect_download() as download:
        page.locator(".st-key-two-days-csv button").click()
    return pl.read_csv(Path(download.value.path()))


def test_a_link_to_two_networks_and_two_days_shows_another_reader_the_same(
    context: BrowserContext, visit: Visit, sample_site: str
) -> None:
    page = visit(f"{sample_site}/trends")
    networks = page.get_by_role("combobox", name="Networks")
    for name in ("Akash", "Fetch.ai"):
        networks.click()
        page.get_by_role("option", name=name, exact=True).click()
        settled(page)
    heading = page.locator("h2").first
    expect(heading).to_have_text(re.compile(r"Akash [^;]*; Fetch\.ai [^;]*$"))
    newest = datetime.now(UTC).date()
    first, second = (f"{newest - timedelta(days=back)}" for back in (30, 9))
    page.goto(f"{page.url}&from={first}&to={second}")
    settled(page)
    said, rows = heading.inner_text(), two_days_of(page)
    assert set(rows["title"]) == {"Akash", "Fetch.ai"}
    assert rows["height"].is_not_null().all()
    with touring(context, page.url) as other:
        expect(other.page.locator("h2").first).to_have_text(said)
        assert two_days_of(other.page).equals(rows)


def test_back_undoes_the_choice_of_a_network(visit: Visit, village: str) -> None:
    page = visit(f"{village}/trends?what=stake_by_operator&nets=akash")
    heading = page.locator("h2").first
    before = heading.inner_text()
    page.get_by_role("combobox", name="Networks").click()
    page.get_by_role("option", name="Fetch.ai", exact=True).click()
    expect(heading).to_have_text(re.compile("Fetch"))
    expect(page).to_have_url(re.compile("nets=akash(%2C|,)fetch"))
    page.go_back()
    expect(heading).to_have_text(before)
    expect(page).to_have_url(re.compile("nets=akash$"))


@pytest.fixture
def regular(villager: Reader) -> Iterator[Reader]:
    """A reader who leaves nothing chosen for the next one."""
    yield villager
    villager.turns_to("claims")


def test_a_changed_control_is_in_the_address(regular: Reader) -> None:
    page = regular.turns_to("power")
    page.get_by_role("radio", name="Plain addresses").click()
    expect(page).to_have_url(re.compile("group=address"))


def framing(address: str) -> Reply:
    """A page of another site with a page of ours in a frame."""
    frame = f'<iframe src="{address}/power?embed=true" width="1200" height="800"></iframe>'
    return Reply(frame.encode(), headers={"content-type": "text/html"})


def test_another_site_cannot_frame_a_page(page: Page, desert: str) -> None:
    with serving(lambda _: framing(desert)) as other:
        with page.expect_console_message(lambda told: "frame-ancestors" in told.text):
            page.goto(other)
        assert page.frames[1].url == "chrome-error://chromewebdata/"


def test_a_site_that_the_operator_names_can_frame_a_page_which_has_no_frame_of_its_own(
    reader: Reader, hamlet: Path
) -> None:
    ours: list[str] = []
    with (
        serving(lambda _: framing(ours[0])) as other,
        streamlit("server.py", {"DEAI_DATA": str(hamlet), "DEAI_FRAMED_BY": other}) as address,
    ):
        ours.append(address)
        reader.page.goto(other)
        framed = reader.page.frame_locator("iframe")
        expect(framed.locator("h2").first).to_contain_text("Akash", timeout=PATIENCE)
        expect(framed.locator(".js-plotly-plot .main-svg").nth(1)).to_be_attached(timeout=PATIENCE)
        assert framed.locator(NAVIGATION).count() == 0


def test_a_clicked_bar_tells_of_its_party(regular: Reader) -> None:
    page = regular.turns_to("power")
    page.locator(".js-plotly-plot").first.locator(".bars .point").nth(2).click(force=True)
    expect(page.get_by_text("is number 3 with")).to_be_visible()


def test_three_clicks_lead_to_a_csv_of_who_can_halt_a_chain(regular: Reader) -> None:
    """As a new reader would: Who holds power, Fetch.ai, CSV."""
    page = regular.turns_to("scorecard")
    page.get_by_test_id("stTopNav").get_by_role("link", name="Who holds power").click()
    settled(page)
    page.get_by_role("combobox", name="Network").click()
    page.get_by_role("option", name="Fetch.ai").click()
    expect(page.locator("h2").first).to_contain_text("Fetch.ai: two validators together can halt the chain")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    rows = pl.read_csv(Path(download.value.path()))
    assert rows["coalition"].sum() == 2
    assert rows["source_endpoint"].unique().to_list() == ["https://lcd.example"]


# A number of the scorecard that leads to the place that shows it.
LEADS: Final = "a.leads"


def test_a_number_of_the_scorecard_leads_within_the_session_and_back(regular: Reader) -> None:
    page = regular.turns_to("scorecard")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.evaluate("window.same = true")
    number = page.locator(f"{LEADS}[href*='net=fetch']").first
    asked = number.get_attribute("href")
    assert asked is not None
    number.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_title("Who holds power · DeAI Observatory", timeout=PATIENCE)
    settled(page)
    assert page.url.endswith(f"/{asked}")
    expect(page.get_by_role("combobox", name="Network")).to_have_value("Fetch.ai")
    page.go_back()
    expect(page).to_have_title("Scorecard · DeAI Observatory", timeout=PATIENCE)
    settled(page)
    expect(page.locator(f"{LEADS}[href='{asked}']").first).to_be_visible()
    assert page.evaluate("window.same") is True
    assert sockets == []


def test_a_number_of_the_scorecard_opens_in_another_tab_for_whoever_wants_that(regular: Reader) -> None:
    page = regular.turns_to("scorecard")
    number = page.locator(f"{LEADS}[href*='net=fetch']").first
    with page.context.expect_page() as opened:
        number.click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url(re.compile("/power[?]net=fetch"))
    opened.value.close()
    expect(page).to_have_title("Scorecard · DeAI Observatory")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_tooltip_of_a_number_comes_with_the_keyboard_and_with_the_pointer_and_fits(
    sampler: Reader, size: ViewportSize
) -> None:
    page = sampler.turns_to("scorecard")
    page.set_viewport_size(size)
    settled(page)
    outside = []
    for number in page.locator(f"{LEADS}[aria-describedby]").all()[:12]:
        told = page.locator(f"#{number.get_attribute('aria-describedby')}")
        expect(told).to_be_hidden()
        page.keyboard.press("Tab")
        number.focus()
        expect(told).to_be_visible()
        expect(told).to_contain_text("Block ")
        box = told.bounding_box()
        assert box is not None
        outside += [box] if box["x"] < 0 or box["x"] + box["width"] > size["width"] or sideways(page) else []
    number.blur()
    expect(told).to_be_hidden()
    number.hover()
    expect(told).to_be_visible()
    page.set_viewport_size(WIDE)
    assert outside == []


def test_one_click_leads_from_the_scorecard_to_who_can_halt_a_chain_and_a_second_one_to_its_csv(
    regular: Reader,
) -> None:
    page = regular.turns_to("scorecard")
    page.locator(f"{LEADS}[href*='net=fetch']").first.click()
    told = "Fetch.ai: two validators together can halt the chain"
    expect(page.locator("h2").first).to_contain_text(told, timeout=PATIENCE)
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    assert pl.read_csv(Path(download.value.path()))["coalition"].sum() == 2
    regular.at = "power"


def test_layer_and_order_of_the_scorecard_are_in_the_address_and_back_undoes_them(regular: Reader) -> None:
    page = regular.turns_to("scorecard")
    akash = page.locator(f"{LEADS}[href*='net=akash']").first
    expect(akash).to_be_visible()
    page.get_by_role("radio", name="Agents", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?layer=agents$"))
    expect(akash).to_have_count(0)
    page.get_by_role("radio", name="Fewest can force").click()
    expect(page).to_have_url(re.compile(r"\?layer=agents&by=few$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?layer=agents$"))
    expect(page.get_by_role("radio", name="Layer", exact=True)).to_be_checked()
    page.go_back()
    expect(page.get_by_role("radio", name="All layers")).to_be_checked()
    expect(akash).to_be_visible()


# The boxes of marks, of names at the left and of numbers at the right, each wider by a hair than what is drawn.
BOXES = """() => {
    const chart = [...document.querySelectorAll('.js-plotly-plot')].find(one => one.querySelector('.errorbars'))
    const boxes = kind => [...chart.querySelectorAll(kind)].map(one => one.getBoundingClientRect())
    return {
        marks: boxes('.points path.point'), names: boxes('.ytick text'), words: boxes('.annotation-text'),
        width: [chart.getBoundingClientRect()],
    }
}"""


def overlapping(boxes: list[dict[str, float]]) -> list[tuple[int, int]]:
    """Which of some boxes cover a part of each other."""
    return [
        (place, other)
        for place, one in enumerate(boxes)
        for other, two in enumerate(boxes[:place])
        if min(one["right"], two["right"]) - max(one["left"], two["left"]) > 1
        and min(one["bottom"], two["bottom"]) - max(one["top"], two["top"]) > 1
    ]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_with_all_networks_no_mark_and_no_name_hides_another(sampler: Reader, size: ViewportSize) -> None:
    page = sampler.turns_to("scorecard")
    page.set_viewport_size(size)
    page.wait_for_timeout(500)
    settled(page)

    def crowded() -> list[str]:
        found = page.evaluate(BOXES)
        assert len(found["marks"]) == len(found["names"]) > 20
        (width,) = found["width"]
        outside = [one for one in found["names"] if one["left"] < width["left"]]
        outside += [one for one in found["words"] if one["right"] > width["right"]]
        hidden = [*overlapping(found["marks"] + found["names"]), *overlapping(found["words"] + found["names"])]
        return [f"outside: {one}" for one in outside] + [f"hidden: {one}" for one in hidden]

    found = lasting(page, crowded)
    page.set_viewport_size(WIDE)
    assert found == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_number_of_the_scorecard_is_cut_off(sampler: Reader, size: ViewportSize) -> None:
    page = sampler.turns_to("scorecard")
    page.set_viewport_size(size)
    settled(page)

    def cut() -> list[str]:
        found: list[str] = page.evaluate(
            "[...document.querySelectorAll('.leads, .leads *')]"
            ".filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible')"
            ".map(one => one.textContent)"
        )
        return found

    still, wider = lasting(page, cut), sideways(page)
    page.set_viewport_size(WIDE)
    assert still == []
    assert wider == 0


def test_a_voter_finds_out_how_its_stake_votes(regular: Reader) -> None:
    page = regular.turns_to("proposals")
    field = page.get_by_role("textbox", name="Your address")
    field.fill(address("akash", 4))
    field.press("Enter")
    expect(page.get_by_text("no with veto: its own vote").first).to_be_visible()
    expect(page).to_have_url(re.compile("q=akash1"))


def test_the_database_can_be_taken_along(regular: Reader, hamlet: Path) -> None:
    page = regular.turns_to("sources")
    with page.expect_download() as download:
        page.get_by_role("button", name="Database").click()
    published = current(hamlet)
    assert download.value.suggested_filename == published.name
    assert Path(download.value.path()).read_bytes() == published.read_bytes()
