"""A party's labels are found by its slug and by any of its addresses; ended ones stay in sight, after the others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from questions import ranking
from questions.labels import behind
from questions.power import People
from questions.search import spelled
from store.addresses import pasted
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


@pytest.mark.slow
def test_an_ended_label_names_nobody(tmp_path: Path) -> None:
    """Else a label that was taken back would go on to say who an address is."""
    keys = [f"0x{number:040x}" for number in (1, 2)]
    rows = [
        ("fet", keys[0], "firm", "Firm, first key", "operator", DAY, DAY, "https://firm.example", DAY, DAY),
        ("fet", keys[1], "firm", "Firm", "operator", None, None, "https://firm.example", DAY, DAY),
    ]
    with Draft(tmp_path) as draft:
        draft.replace("entity", pl.DataFrame(rows, schema=ENTITIES, orient="row"))
        draft.replace("snapshot", pl.DataFrame({"id": [1], "network": ["fet"], "time": [DAY]}))
        draft.replace("holder", pl.DataFrame({"id": [1, 2], "network": ["fet"] * 2, "address": keys}))
        path = draft.publish(DAY)
    with Mart(path) as mart:
        called = People(mart).who({"network": "fet", "spelling": "hex", "parties": json.dumps([*keys, "firm"])})
        assert [one.name for one in called] == ["", "Firm", "Firm"]
        assert ranking.names(mart, "fet") == {keys[1]: "Firm"}
        assert [spelled(mart, pasted(key))[0].name for key in keys] == ["", "Firm"]
