"""The scorecard's cells: a number with its word and letter, a silence by its name, and no markup of strangers."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from analytics.power.paths import Action, Side
from analytics.power.verdict import COUNT_WORDS, NOT_SHOWN, WORDS
from questions.populations import Population
from questions.power import GROUPING, LATE, Party, Power, table
from questions.power import Said as Count
from questions.scorecard import Cell, Row, Said
from tests.worlds.gallery_names import HOSTILE
from ui import inert, matrix, powers

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SILENCES = ["not rated", "not applicable", "not read", "not verifiable"]


def said(number: float | None = 9, words: str = "a handful", state: str = "rated", lower: float | None = 9) -> Said:
    return Said(state, number, words, "B", f"{words} (B)", lower)


NO_GATE = said(None, "", "not applicable")


def count(number: int | None = 2, words: str = "two parties", **more: object) -> Count:
    """Two parties who halt a chain at once, where nothing else is said."""
    state = "rated" if number else "not rated"
    told = {"how": "halt by validators", "path": "validators", "seconds": 0, "reason": "no way is known", **more}
    return Count(state, number, words, "C", f"{words} (C)", **told)  # type: ignore[arg-type]


FORCE, STOP = count(), count(None, "")
TIME = datetime(2026, 11, 21, 22, tzinfo=UTC)


def population(measure: str = "stake", **more: object) -> Population:
    told = {"network": "net", "measure": measure, "key": f"{measure}/all", "height": 7, "time": TIME, **more}
    return cast(Population, SimpleNamespace(**told))


def cell(math: Said, **more: object) -> Cell:
    return Cell("net", "Net", "stake", **{"population": population(), "math": math, "gate": NO_GATE, **more})  # type: ignore[arg-type]


def row(force: Count = FORCE, stop: Count = STOP, **cells: Cell) -> Row:
    power = Power("net", "Net", {(GROUPING, Side.FORCE, ""): force, (GROUPING, Side.STOP, ""): stop})
    return Row("net", "Net", "", power, cells)


def tile(math: Said, **more: object) -> matrix.Tile:
    return matrix.spread(cell(math, **more), NOW)


@pytest.mark.parametrize("word", [*WORDS, "at most a handful", NOT_SHOWN])
def test_a_word_has_its_letter_and_its_colour(word: str) -> None:
    (colour, *_) = (colour for named, colour in powers.COLOURS.items() if named in word)
    short = word.removeprefix("at most ").removeprefix("a ").replace(NOT_SHOWN, "not shown")
    shown = tile(said(7.25, word, lower=7.25)).text
    assert shown == f"\u2007\u2007\u2007**7.2** Stake by owner :{colour}-background[{short}\u00a0B]"


@pytest.mark.parametrize("word", [*COUNT_WORDS, "two keys", "at most a handful"])
def test_a_count_has_its_word_whole(word: str) -> None:
    shown = matrix.power(row(count(3, word)), Side.FORCE, [], NOW).text
    assert shown.startswith("**3** can force :")
    assert shown.endswith(f"-background[{word.removeprefix('a ')}\u00a0C]")


def test_a_borderline_word_names_both_ends_and_takes_the_lower_colour() -> None:
    shown = tile(said(9, "one party or a handful or a committee")).text
    assert shown.endswith(":red-background[one party–committee\u00a0B]")


@pytest.mark.parametrize(("lower", "told"), [(1.04, "At least 1\\.0\\, if"), (None, "At least 1\\, if")])
def test_a_number_of_addresses_is_an_upper_end_and_its_tooltip_says_the_lower_one(
    lower: float | None, told: str
) -> None:
    shown = tile(said(114.7, NOT_SHOWN, lower=lower))
    assert shown.text.startswith("≤**114.7** Stake by owner")
    assert told in shown.told


def test_numbers_stand_below_each_other_by_their_digits() -> None:
    for number in (1.5, 22.5, 114.7):
        head = tile(said(number, lower=number)).text.partition("** ")[0]
        assert len(head.replace("**", "")) == 1 + matrix.DIGITS


def test_what_was_read_in_part_is_at_most_its_upper_bound() -> None:
    assert "**25**" in tile(said(20, lower=20), bounds=(3.0, 25.0)).text


def test_claims_stand_beside_and_only_where_they_change_the_number() -> None:
    assert "4\\.5 if those are one who claim to be" in tile(replace(said(9), claimed=4.5)).told
    assert "claim" not in tile(replace(said(9), claimed=9.0)).told


def test_a_tooltip_says_block_age_letter_and_who_gates_it() -> None:
    told = tile(said(9), gate=replace(said(1, "one party"), how="auditors")).told.replace("\\", "")
    assert "Block 7, 2 h ago" in told
    assert matrix.LETTERS["B"] in told
    assert "Half needs one of the auditors (B)" in told
    assert "Half needs" not in tile(said(9)).told


def test_a_number_leads_to_its_own_population() -> None:
    assert tile(said(9)).at == {"net": "net", "what": "stake", "of": "stake/all"}
    assert tile(said(9), population=None).at == {}


@pytest.mark.parametrize(
    ("known", "of", "at"),
    [
        ([], "", {}),
        (["stake"], "", {"net": "net"}),
        (["stake", "voting_power"], "", {"net": "net", "what": "voting_power"}),
        (["voting_power"], "voting_power/all", {"net": "net", "what": "voting_power", "of": "voting_power/all"}),
        (["voting_power"], "voting_power/others", {"net": "net"}),
    ],
)
def test_power_leads_to_those_who_have_it_where_they_are_shown(known: list[str], of: str, at: dict[str, str]) -> None:
    asked = row(count(among="voting_power", of=of))
    assert matrix.power(asked, Side.FORCE, [population(one) for one in known], NOW).at == at


def test_what_can_be_stopped_leads_to_who_can_stop_it() -> None:
    asked = row(count(), count(3, among="voting_power"))
    found = matrix.power(asked, Side.STOP, [population("voting_power")], NOW)
    assert found.at == {"net": "net", "what": "voting_power", "way": "stop"}


@pytest.mark.parametrize(
    ("change", "arrow"),
    [(0.5, " :green[↑\u00a00.5]"), (-1.0, " :red[↓\u00a01]"), (0.1, " :gray[↑\u00a00.1]"), (0.01, ""), (None, "")],
)
def test_a_change_is_an_arrow_where_it_can_be_seen(change: float | None, arrow: str) -> None:
    assert tile(said(3, lower=3), change=change).text.endswith(f"\u00a0B]{arrow}")


def test_silences_are_named_each_with_what_it_is_of_and_keys_are_no_resource() -> None:
    cells = {
        column: replace(cell(said(None, "", state)), column=column)
        for column, state in zip(
            ("token", "stake", "emission", "voting_power", "control"), [*SILENCES, "not read"], strict=True
        )
    }
    assert matrix.silences(replace(row(), cells=cells)) == (
        ":small[:gray[Not rated: unstaked tokens. Not applicable: stake by owner. Not read: emission by recipient. "
        "Not verifiable: voting power.]]"
    )
    assert matrix.silences(row(stake=cell(said(9)))) == ""


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "at once"), (604_800, "after 7 days"), (7_200, "after 2 h"), (None, "time not known")]
)
def test_power_names_action_path_and_how_soon(seconds: int | None, told: str) -> None:
    shown = matrix.way(count(seconds=seconds, note="independence not shown"))
    assert shown == f":small[halt\\, by validators, {told}, independence not shown]"


def test_every_action_has_a_row_that_never_mixes_forcing_and_stopping() -> None:
    late = count(5)
    one = Power(
        "net",
        "Net",
        {
            (GROUPING, Side.FORCE, Action.HALT): count(3, "a handful", who=(Party("", "x1"), Party("A *", "x2"))),
            (LATE, Side.FORCE, Action.HALT): late,
            (GROUPING, Side.STOP, Action.MINT): count(1, "at most one party", at_most=True, unknown="a bridge: unread"),
        },
    )
    rows = {shown["To"]: shown for shown in powers.by_action(one).to_dicts()}
    assert list(rows) == [f"**{action[0].upper()}{action[1:]}**" for action in Action]
    halt, mint = rows["**Halt**"], rows["**Mint or redirect**"]
    assert halt["Force it"].startswith(
        "**3** :orange-background[handful\u00a0C]  \n:small[by validators: x1 and A \\*; at once"
    )
    assert "5 if only those delegators vote who voted of late" in halt["Force it"]
    assert halt["Stop it"].startswith(":gray[not read]")
    assert "it could be fewer: a bridge" in mint["Stop it"]
    assert mint["Force it"].startswith(":gray[not read]")


@pytest.mark.parametrize(("number", "lower", "told"), [(3, 1, True), (3, 3, False), (1, 1, False), (None, None, None)])
def test_a_downloaded_count_is_at_most_where_its_word_is(number: int | None, lower: int | None, told: bool) -> None:
    """Also where all ways are known, and the addresses that have no label could be one party's."""
    one = Power("net", "Net", {(GROUPING, Side.FORCE, ""): count(number, "at most a handful", lower=lower)})
    assert table([one]).filter(side="force", action="any of the five")["at_most"].to_list() == [told]


def test_what_is_no_longer_of_today_says_its_month_and_its_word_has_no_colour() -> None:
    old = population(time=datetime(2021, 3, 8, tzinfo=UTC))
    assert matrix.as_of(old.time, NOW) == "as of March 2021"
    assert matrix.as_of(TIME, NOW) == matrix.as_of(None, NOW) == ""
    shown = matrix.greyed(tile(said(7.25, "a committee", lower=7.25)).text)
    assert ":gray-background[" in shown
    assert "blue" not in shown


def test_the_age_of_a_network_is_that_of_its_oldest_number_and_of_keys_where_it_has_no_other() -> None:
    older = population(time=TIME.replace(hour=1))
    told = row(stake=cell(said(9)), token=cell(said(9), population=older))
    assert matrix.read_at(told, []) == older.time
    assert matrix.read_at(row(), [older]) == older.time
    assert matrix.read_at(row(), []) is None


def test_a_network_of_which_nothing_is_read_is_told_from_one_with_a_silence() -> None:
    not_read = replace(STOP, state="not read")
    cells = {"stake": Cell("a", "A", "stake", None, said(None), NO_GATE)}
    silent = Power("a", "A", {(GROUPING, side, ""): not_read for side in Side})
    assert matrix.unread(Row("a", "A", "", silent, cells))
    assert not matrix.unread(Row("a", "A", "", replace(silent, said={(GROUPING, Side.FORCE, ""): FORCE}), cells))


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_way_or_a_gate_is_called_is_text(name: str) -> None:
    asked = row(count(how=f"halt by {name}", path=name, unknown=name))
    assert inert.markdown(f"Halt, by {name}, at once", powers.LONGEST) in matrix.power(asked, Side.FORCE, [], NOW).told
    assert matrix.way(asked.power.of(Side.FORCE)).startswith(
        f":small[{inert.markdown(f'halt, by {name}', powers.LONGEST)},"
    )
    gated = cell(said(9), gate=replace(said(1), how=name))
    assert matrix.gated(gated) == inert.markdown(f"half needs one of the {name} (B)", 120)
