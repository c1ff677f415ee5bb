"""Every page on every state that can be imported: no ledger, no schedule, one block, years old."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.pages.test_every_page import PAGES, failures, opened, run
from tests.worlds.hamlet import build_hamlet
from tests.worlds.museum import IMPORTS, land, land_any_chain, land_export_with_votes, publish
from ui import served
from ui.banners import BROKEN

pytestmark = pytest.mark.slow
INVENTED = "invented export with votes"


@pytest.fixture(scope="module", params=[*IMPORTS, INVENTED])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of one imported state."""
    data = tmp_path_factory.mktemp("imported")
    if request.param == INVENTED:
        land_export_with_votes(data)
    else:
        land(request.param, request.getfixturevalue("shared"), data)
    publish(data)
    yield data
    served.forget()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_an_imported_state_and_says_how_old_it_is(
    name: str, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened(name, imported, monkeypatch)
    assert shown.title[0].value.endswith("?")
    old = [one.value for one in shown.warning if " old.** The numbers below are of that time." in one.value]
    assert len(old) == 1
    assert "ago" in old[0]


@pytest.fixture(scope="module")
def beside_others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of the small world of pages, with two imported chains beside its networks."""
    data = tmp_path_factory.mktemp("beside")
    land_any_chain(data)
    land_any_chain(data, "second-town")
    build_hamlet(data)
    yield data
    served.forget()


@pytest.mark.parametrize("name", PAGES)
def test_an_imported_chain_stands_beside_others_and_every_page_says_what_it_is(
    name: str, beside_others: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened(name, beside_others, monkeypatch)
    told = [one.value for one in shown.info if "not read from a chain by this program" in one.value]
    assert len(told) == 1
    assert "Old town \\(imported\\) and Second town \\(imported\\)" in told[0]
    assert "state\\.json\\.gz" in told[0]
    # How old they are is told with it, and not once more among what is due.
    assert told[0].count(" ago, ") == 2
    assert not [one.value for one in shown.warning if "imported" in one.value]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of a mart that has nothing but an imported chain."""
    data = tmp_path_factory.mktemp("alone")
    land_any_chain(data)
    publish(data)
    yield data
    served.forget()


@pytest.mark.parametrize("name", PAGES)
def test_an_imported_chain_alone_is_shown_on_every_page(
    name: str, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened(name, alone, monkeypatch)
    assert [one.value for one in shown.info if "Old town \\(imported\\): not read from a chain" in one.value]


@pytest.mark.parametrize("name", ["power", "whatif"])
def test_an_imported_chain_can_be_chosen_by_its_marked_name(
    name: str, beside_others: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened(name, beside_others, monkeypatch, net="imported-old-town")
    assert shown.selectbox(key="net").value == "imported-old-town"
    assert "Old town (imported)" in shown.selectbox(key="net").options


def test_the_scorecard_has_a_row_for_an_imported_chain_with_its_power(
    beside_others: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened("scorecard", beside_others, monkeypatch)
    assert len([one for one in shown.markdown if r"**Old town \(imported\)**" in one.value and one.allow_html]) == 1
    assert any("can halt" in one.value for one in shown.markdown)


def test_nothing_is_called_imported_where_nothing_was(hamlet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened("scorecard", hamlet, monkeypatch)
    assert not [one for one in shown.info if "not read from a chain" in one.value]
    assert not [one for one in shown.subheader if "imported" in one.value]


def test_a_vote_that_was_read_while_it_was_open_is_not_called_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_export_with_votes(tmp_path)
    publish(tmp_path)
    shown = opened("proposals", tmp_path, monkeypatch)
    served.forget()
    assert shown.header[0].value == "No proposals open for voting"
    assert shown.dataframe[0].value["status"].to_list() == ["was open when read", "passed"]
    assert ["(was open when read)" in one for one in shown.selectbox[0].options] == [True, False]


@pytest.fixture
def weightless(tmp_path: Path) -> Iterator[Path]:
    """Data folder of an invented state whose votes have lost their weight, as version 1.0.0 imported them."""
    land_export_with_votes(tmp_path)
    published = publish(tmp_path)
    with duckdb.connect(str(published)) as mart:
        mart.execute("UPDATE vote SET weight = NULL")
    yield tmp_path
    served.forget()


def test_votes_that_cannot_be_counted_take_no_more_of_the_page_than_their_own_part(
    weightless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run("proposals", weightless, monkeypatch)
    assert not shown.exception
    parts = [told.removeprefix(f"**{BROKEN}: ").split()[:3] for told in failures(shown)]
    assert parts == [["The", "votes", "one"], ["Turnout", "over", "time\\,"]]
    assert len(shown.dataframe) == 2
    assert len(shown.get("plotly_chart")) == 1
