"""A party's labels are found by its slug and by any of its addresses; ended ones stay in sight, after the others."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from questions.labels import behind
from store.draft import Draft
from store.mart import Mart
from store.reference import ENTITIES

DAY = datetime(2026, 11, 29, tzinfo=UTC)
FIRM = [
    ("fet", "0x1", "firm", "Firm, first key", "operator", None, DAY, "https://firm.example", DAY, DAY),
    ("fet", "0x2", "firm", "Firm", "operator", None, None, "https://firm.example", DAY, None),
    ("fet", "0x3", "other", "Other", "operator", None, None, "https://other.example", DAY, DAY),
    ("akash", "0x2", "else", "Else", "operator", None, None, "https://else.example", DAY, DAY),
]


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    with Draft(Path(tmp_path_factory.mktemp("labels"))) as draft:
        draft.replace("entity", pl.DataFrame(FIRM, schema=ENTITIES, orient="row"))
        path = draft.publish(DAY)
    with Mart(path) as found:
        yield found


@pytest.mark.parametrize("party", ["firm", "0x1", "0x2"])
def test_a_party_is_found_by_its_slug_and_by_each_of_its_addresses(mart: Mart, party: str) -> None:
    assert behind(mart, "fet", party)["name"].to_list() == ["Firm", "Firm, first key"]


def test_who_has_no_label_has_none(mart: Mart) -> None:
    assert behind(mart, "fet", "0x9").is_empty()
    assert behind(mart, "fet", "else").is_empty()
