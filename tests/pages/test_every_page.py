"""Every page, the moment it exists: it shows what it has, says why it shows nothing, and never breaks."""

import re
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ingest.networks import networks
from store.rows import FORMULA_STARTS
from tests.conftest import ROOT
from ui import inert, words
from ui.banners import BROKEN

pytestmark = pytest.mark.wide

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")


def opened(name: str, data: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """A page that has run, of which no part failed."""
    test = run(name, data, monkeypatch, **query)
    assert failures(test) == []
    return test


def failures(page: AppTest) -> list[str]:
    """What a page says of its parts that failed, and of itself."""
    return [one.value for one in (*page.exception, *page.error) if one.type == "exception" or BROKEN in one.value]


def run(name: str, data: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("DEAI_DATA", str(data))
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.switch_page(f"pages/{name}.py")
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


@pytest.fixture(scope="module", params=PAGES)
def shown(request: pytest.FixtureRequest, hamlet: Path) -> AppTest:
    """Each page of the small world, run once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        return opened(request.param, hamlet, patch)


def test_the_table_of_contents_has_every_page_and_no_other() -> None:
    assert sorted(re.findall(r'"pages/(\w+)\.py"', (ROOT / "app.py").read_text())) == PAGES


def test_a_page_shows_what_it_has(shown: AppTest) -> None:
    assert shown.title[0].value.endswith("?")
    assert len(shown.header) >= 1
    assert len(shown.get("plotly_chart")) + len(shown.dataframe) >= 1


@pytest.mark.parametrize("name", [PAGES[0], *(pytest.param(one, marks=pytest.mark.slow) for one in PAGES[1:])])
def test_a_page_without_data_says_which_command_to_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = opened(name, tmp_path, monkeypatch)
    assert "python -m ingest run" in empty.info[0].value
    assert len(empty.get("plotly_chart")) == 0


def test_every_chart_and_table_of_a_page_says_in_plain_words_what_it_shows(shown: AppTest) -> None:
    for part in (*shown.get("plotly_chart"), *shown.dataframe):
        assert part.proto.alt
        assert inert.plain(part.proto.alt, 600) == part.proto.alt


def test_no_cell_of_a_page_runs_as_a_formula(shown: AppTest) -> None:
    for table in shown.dataframe:
        for column in table.value:
            texts = [cell for cell in table.value[column] if isinstance(cell, str)]
            assert not [cell for cell in texts if cell.startswith(FORMULA_STARTS)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_neither_queries_nor_arithmetic(name: str) -> None:
    source = (ROOT / "pages" / f"{name}.py").read_text()
    assert not re.search(r"\b(SELECT|FROM|JOIN|duckdb)\b", source)
    assert not re.search(r"\b(numpy|np\.|sum\(|/ 10)\b", source)


# Written by chains and by others, never by this program; and the exact names of what a claim is held against and of a
# chain's parameter.
NOT_OURS = {"address", "hash", "chain_id", "holder", "source", "note", "message", "title", "reason"}
# network_reading_of_the_program, but not a part of an address on the web.
RAW = re.compile(r"(?<![\w/])[a-z0-9]+(_[a-z0-9]+)+(?![\w/])")
IDS = {one.name for one in networks().values() if one.title != one.name}


def test_no_table_or_menu_of_a_page_shows_a_name_of_the_program(shown: AppTest) -> None:
    cells = [
        cell
        for table in shown.dataframe
        for column in set(table.value.columns) - NOT_OURS
        for cell in table.value[column]
        if isinstance(cell, str)
    ]
    options = [option for menu in (*shown.selectbox, *shown.multiselect) for option in menu.options]
    assert [text for text in (*cells, *options) if text in IDS or RAW.search(text)] == []


@pytest.mark.parametrize("network", list(networks()))
def test_every_reading_of_a_network_has_a_name_in_words(network: str) -> None:
    one = networks()[network]
    coins = {words.coin(unit): told.token for unit, told in one.all_units.items()}
    told = {reading.name: words.reading(reading.name, coins) for reading in one.readings}
    assert len(set(told.values())) == len(told)
    for name, spoken in told.items():
        assert not RAW.search(spoken), name
        assert spoken[:1] == spoken[:1].upper(), name
        # As a chain calls it: uact.
        assert not set(spoken.split()) & coins.keys() - set(coins.values()), name
