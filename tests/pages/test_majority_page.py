"""The page of proposals for a network where a contract counts: the same parts, none of them about validators."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_every_page import PAGES, opened
from tests.worlds.assembly import BEN, EVE, assembled
from ui import served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of such a network, published."""
    data = tmp_path_factory.mktemp("assembly")
    assembled(data)
    yield data
    served.forget()


def said(page: AppTest) -> str:
    parts = (*page.header, *page.markdown, *page.caption, *page.info)
    return " ".join([*(one.value for one in parts), *(str(list(one.value.columns)) for one in page.dataframe)])


def test_proposals_of_a_contract_have_every_part_and_no_validators(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("proposals", town, monkeypatch)
    told = said(page)
    for part in ("What would turn it", "Who voted, with how much", "Two voters have not voted", "Who takes part"):
        assert part in told
    assert "alidator" not in told
    assert "bonded" not in told
    for who, its_vote in ((BEN, "voted **no**"), (EVE, "has not voted")):
        assert its_vote in said(opened("proposals", town, monkeypatch, q=who))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_such_a_network(name: str, town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(name, town, monkeypatch).title[0].value.endswith("?")
