"""The page of claims: a link to one claim shows all its readings, and what strangers write stays text."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest.networks import networks
from ingest.publication import build
from store.landing import Landing
from store.mart import current
from store.reference import WORDS, claims
from tests.pages.test_every_page import opened
from tests.publish.test_claim_readings import APRIL, TAO, counted, staked
from tests.worlds.gallery_names import HOSTILE
from ui import claims as told
from ui import inert, served

TEXTS = ("sentence", "says", "note", "falsifier", "ambiguity", "public", "who", "source")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """128 subnets were read, and who holds stake."""
    counted(Landing(tmp_path), APRIL, 128, TAO)
    staked(Landing(tmp_path), 3, 2)
    build(tmp_path, networks())
    yield tmp_path
    served.forget()


def test_a_link_to_a_claim_shows_what_each_of_its_readings_is_called_and_what_would_refute_it(
    hamlet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened("claims", hamlet, monkeypatch, claim="tao-subnets")
    assert shown.subheader[0].value == "Bittensor has 128 active subnets"
    readings = [one.value for one in shown.markdown if one.value.startswith("**")]
    assert len(readings) > 1
    assert all("What would refute it: " in one for one in readings)
    assert {one.split("**")[1] for one in readings} <= {f"{mark} {word}" for word, mark in told.MARKS.items()}


@pytest.mark.slow
def test_a_link_to_one_claim_shows_each_reading_with_word_numbers_falsifier_and_block(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened("claims", data, monkeypatch, claim="tao-subnets")
    assert shown.subheader[0].value == "Bittensor has 128 active subnets"
    (registered,) = [one.value for one in shown.markdown if "are registered on the chain" in one.value]
    assert registered.startswith("**≈ consistent under another reading**: 128 subnets are registered")
    assert "Claimed 128 subnets, measured 128 subnets on 1 Apr 2026." in registered
    assert "What would refute it: A block of 2026" in registered
    assert any("Bittensor" in one.value and "block" in one.value for one in shown.caption)
    (emitting,) = [one.value for one in shown.markdown if "128 subnets get TAO" in one.value]
    assert emitting.startswith("**… not read yet**")
    table = shown.dataframe[0].value
    assert len(table) == claims().height
    assert {"claimed_text", "measured_text", "called", "falsifier", "source"} <= set(table.columns)


@pytest.mark.slow
def test_what_a_file_or_a_chain_says_in_a_claim_is_text(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with duckdb.connect(str(current(data))) as mart:
        for place, text in enumerate(HOSTILE):
            every = ", ".join(f"{column} = $1" for column in TEXTS)
            mart.execute(f"UPDATE claim_reading SET claim = 'tao-subnets', {every} WHERE place = {place}", [text])
    (data / "CURRENT").write_text(current(data).name)
    shown = opened("claims", data, monkeypatch, claim="tao-subnets")
    said = "\n".join(one.value for one in (*shown.markdown, *shown.subheader))
    for text in HOSTILE:
        assert inert.markdown(text, 400) in said
    for markup in HOSTILE[:2]:
        assert markup not in said


def test_every_word_has_a_mark_and_a_number_its_unit() -> None:
    assert set(told.MARKS) == set(WORDS)
    assert told.number(5e6, "USD", "at least ") == "at least 5.00 million USD"
    assert told.number(7.0, "billion parameters") == "7 billion parameters"
    assert told.number(None, "USD") == "–"
    assert told.number(1.0, "parties", "at most ") == "at most 1 party"
    assert told.number(1.0, "subnets") == "1 subnet"


def test_the_headline_counts_claims_readings_and_words() -> None:
    rows = pl.DataFrame({"claim": ["a", "a", "b"], "word": ["confirmed", "not read yet", "not read yet"]})
    assert told.headline(rows) == "Two claims, read in three ways: one confirmed and two not read yet"
