"""The scorecard's cells: a number with its word and letter, a silence by its name, and no markup of strangers."""

from datetime import UTC, datetime

import pytest

from analytics.power.verdict import COUNT_WORDS, NOT_SHOWN, WORDS
from questions.scorecard import Cell, Said
from tests.worlds.gallery_names import HOSTILE
from ui import inert
from ui.matrix import COLOURS, least, matrix

NOW = datetime(2026, 11, 22, tzinfo=UTC)
COLUMNS = ("stake", "voting_power", "control")


def said(number: float | None = 2, words: str = "a handful", state: str = "rated") -> Said:
    return Said(state, number, words, "B", "", "", "", (), "voting_power", "", None)


def cell(math: Said, force: Said, *, column: str = "stake", title: str = "Net", change: float | None = None) -> Cell:
    return Cell(title, title, "", column, None, math, force, force, force, None, {}, change, "v1")


def row(*cells: Cell) -> dict[str, str]:
    (found,) = matrix(cells, {"": "Other"}, NOW).to_dicts()
    return found


@pytest.mark.parametrize("word", [*WORDS, *COUNT_WORDS, "two keys", "at most a handful", NOT_SHOWN])
def test_a_word_has_its_letter_and_its_colour(word: str) -> None:
    (colour, *_) = (colour for named, colour in COLOURS.items() if named in word)
    shown = row(cell(said(7.25, word), said()))["Stake by owner"]
    assert shown == f"**7.2**  \n:{colour}-badge[{word.removeprefix('a ')} B]"


def test_a_borderline_word_names_both_ends_and_takes_the_lower_colour() -> None:
    shown = row(cell(said(2, "one party or a handful or a committee"), said()))["Stake by owner"]
    assert shown.endswith(":red-badge[one party–committee B]")


@pytest.mark.parametrize(("change", "arrow"), [(0.5, " :green[↑ 0.5]"), (-1.0, " :red[↓ 1]"), (0.01, ""), (None, "")])
def test_a_change_is_an_arrow_where_it_can_be_seen(change: float | None, arrow: str) -> None:
    assert row(cell(said(3), said(), change=change))["Stake by owner"].startswith(f"**3**{arrow}  \n")


@pytest.mark.parametrize("state", ["not rated", "not applicable", "not read", "not verifiable"])
def test_a_silence_is_named_and_never_a_number(state: str) -> None:
    shown = row(cell(said(None, "", state), said(None, "", state)))
    assert shown["Stake by owner"] == shown["Can force"] == shown["Can stop"] == f":gray[{state}]"


def test_keys_are_told_as_power_and_not_as_a_resource() -> None:
    shown = row(cell(said(), said()), cell(said(), said(1, "one party"), column="control"))
    assert "Control" not in shown
    assert shown["Can force"].startswith("**1**")


def test_the_weakest_way_counts() -> None:
    cells = [cell(said(), said(3)), cell(said(), said(None, "", "not read")), cell(said(), said(2))]
    assert least(cells).force.number == 2


def test_why_one_measure_says_nothing_is_no_reason_for_the_power_of_all() -> None:
    nothing = [said(None, "", "not applicable"), said(None, "", "not read")]
    cells = [cell(one, one, column=column) for one, column in zip(nothing, COLUMNS, strict=False)]
    assert [least(order).force.state for order in (cells, cells[::-1])] == ["not read", "not read"]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_network_is_text(name: str) -> None:
    assert row(cell(said(), said(), title=name))["Network"].startswith(f"**{inert.markdown(name)}**")
