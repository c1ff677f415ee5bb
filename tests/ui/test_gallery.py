"""Every chart, table and banner of ui/ on one page, run by Streamlit itself without a browser."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from store.rows import FORMULA_STARTS
from tests.conftest import ROOT
from tests.worlds.gallery_names import HOSTILE
from ui import inert


@pytest.fixture(scope="module")
def gallery() -> AppTest:
    page = AppTest.from_file(str(ROOT / "tests" / "worlds" / "gallery.py"), default_timeout=60).run()
    assert not page.exception
    return page


def test_every_chart_says_in_words_what_it_shows(gallery: AppTest) -> None:
    charts = gallery.get("plotly_chart")
    assert len(charts) == 9
    for chart in charts:
        assert len(chart.proto.alt) > 10


def test_every_chart_saves_a_png_named_after_its_block(gallery: AppTest) -> None:
    for chart in gallery.get("plotly_chart"):
        config = json.loads(chart.proto.config)
        assert config["modeBarButtons"] == [["toImage"]]
        # A picture of several networks has no block of its own.
        assert config["toImageButtonOptions"]["filename"].endswith(("19870442", "-dots"))


def test_alt_text_is_plain(gallery: AppTest) -> None:
    alt = gallery.get("plotly_chart")[0].proto.alt
    assert alt.endswith(f"the largest is {HOSTILE[0]}.")
    assert inert.plain(alt, 600) == alt


def test_every_state_of_the_data_has_its_banner(gallery: AppTest) -> None:
    said = [*gallery.info, *gallery.warning, *gallery.error]
    for words in (
        "No data yet",
        "Simulated numbers",
        "is missing",
        "is old",
        "did not get everything",
        "do not vote",
        "a week of",
    ):
        assert sum(words in banner.value for banner in said) == 1


def test_a_banner_shows_an_error_letter_by_letter(gallery: AppTest) -> None:
    (failed,) = gallery.error
    assert "\\<img src\\=x" in failed.value


def test_tables_have_no_formula(gallery: AppTest) -> None:
    names = [name for table in gallery.dataframe for name in table.value.get("name", [])]
    assert len(names) > 100
    assert not [name for name in names if name.startswith(FORMULA_STARTS)]
