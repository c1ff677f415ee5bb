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
from ui import inert, powers
from ui.matrix import broad, matrix, unread

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


def row(math: Said, force: Count = FORCE, stop: Count = STOP, *, title: str = "Net", **more: object) -> dict[str, str]:
    cells = {column: Cell(title, title, column, None, math, NO_GATE) for column in ("stake", "control")}
    cells["stake"] = replace(cells["stake"], **more)  # type: ignore[arg-type]
    power = Power(title, title, {(GROUPING, Side.FORCE, ""): force, (GROUPING, Side.STOP, ""): stop})
    (found,) = matrix([Row(title, title, "", power, cells)], {"": "Other"}, NOW).to_dicts()
    return found


@pytest.mark.parametrize("word", [*WORDS, *COUNT_WORDS, "two keys", "at most a handful", NOT_SHOWN])
def test_a_word_has_its_letter_and_its_colour(word: str) -> None:
    (colour, *_) = (colour for named, colour in powers.COLOURS.items() if named in word)
    shown = row(said(7.25, word, lower=7.25))["Stake by owner"]
    assert shown == f"**7.2**  \n:{colour}-background[{word.removeprefix('a ')}\u00a0B]"


def test_a_borderline_word_names_both_ends_and_takes_the_lower_colour() -> None:
    shown = row(said(9, "one party or a handful or a committee"))["Stake by owner"]
    assert shown.endswith(":red-background[one party–committee\u00a0B]")


@pytest.mark.parametrize(("lower", "told"), [(1.04, "at least 1.0"), (None, "at least 1")])
def test_a_number_of_addresses_is_an_upper_end(lower: float | None, told: str) -> None:
    shown = row(said(114.7, NOT_SHOWN, lower=lower))["Stake by owner"]
    assert shown.startswith("at most **114.7**  \n")
    assert shown.endswith(f":small[{told}]")


def test_what_was_read_in_part_is_at_most_its_upper_bound() -> None:
    shown = row(said(20, lower=20), bounds=(3.0, 25.0))["Stake by owner"]
    assert "at most **25**" in shown


def test_claims_stand_beside_and_only_where_they_change_the_number() -> None:
    assert "as claimed 4.5" in row(replace(said(9), claimed=4.5))["Stake by owner"]
    assert "claimed" not in row(replace(said(9), claimed=9.0))["Stake by owner"]


def test_a_measure_names_its_gatekeepers_where_a_gate_is_declared_and_power_stands_once_a_row() -> None:
    gate = replace(said(1, "one party"), how="auditors")
    shown = row(said(9), gate=gate)
    assert shown["Stake by owner"].endswith(":small[half needs one of the auditors B]")
    assert [column for column, text in shown.items() if "halt\\, by validators" in text] == ["Can force"]
    assert "half needs" not in row(said(9))["Stake by owner"]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("broad", "Shown to be spread over many parties: **Net** (stake by owner)."),
        (NOT_SHOWN, "None of one resource is shown to be spread over many parties."),
        ("borderline: a committee or broad", "None of one resource is shown to be spread over many parties."),
    ],
)
def test_the_answer_names_what_is_shown_to_be_spread_and_nothing_less(word: str, told: str) -> None:
    """Keys are no resource: that they are many says nothing of what is spread."""
    cells = {one: Cell("net", "Net", one, None, said(20, word), NO_GATE) for one in ("stake", "control")}
    assert broad([Row("net", "Net", "", Power("net", "Net", {}), cells)]) == told
    silent = {"stake": Cell("net", "Net", "stake", None, said(None, "", "not read"), NO_GATE)}
    assert broad([Row("net", "Net", "", Power("net", "Net", {}), silent)]) == ""


@pytest.mark.parametrize(
    ("change", "arrow"),
    [(0.5, " :green[↑\u00a00.5]"), (-1.0, " :red[↓\u00a01]"), (0.1, " :gray[↑\u00a00.1]"), (0.01, ""), (None, "")],
)
def test_a_change_is_an_arrow_where_it_can_be_seen(change: float | None, arrow: str) -> None:
    assert row(said(3, lower=3), change=change)["Stake by owner"].startswith(f"**3**{arrow}  \n")


@pytest.mark.parametrize("state", SILENCES)
def test_a_silence_is_named_and_never_a_number(state: str) -> None:
    silence = replace(count(None, ""), state=state)
    shown = row(said(None, "", state), silence, silence)
    assert shown["Stake by owner"] == shown["Can force"] == shown["Can stop"] == f":gray[{state}]"


def test_keys_are_told_as_power_and_not_as_a_resource() -> None:
    assert row(said()).keys() == {"Network", "Can force", "Can stop", "Stake by owner"}


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "at once"), (604_800, "after 7 days"), (7_200, "after 2 h"), (None, "time not known")]
)
def test_power_names_action_path_and_how_soon(seconds: int | None, told: str) -> None:
    shown = row(said(), count(seconds=seconds, note="independence not shown"))["Can force"]
    assert shown == (
        f"**2** :red-background[two parties\u00a0C]  \n:small[halt\\, by validators, {told}, independence not shown]"
    )


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


def test_the_page_begins_with_where_few_are_enough_and_where_nobody_knows() -> None:
    few, many, unknown = (
        Power(name, name, {(GROUPING, Side.FORCE, ""): said})
        for name, said in (("A", count(2)), ("B", count(3, "a handful")), ("C", count(None, "")))
    )
    assert powers.answer([few, many, unknown], {}) == (
        "In one of three networks one or two parties are enough to force something on all others: "
        "**A** (halt\\, by validators). Of C it is not known how few are."
    )
    assert powers.answer([many], {}).startswith("In none of one network")


def test_what_is_no_longer_of_today_says_its_month_and_its_word_has_no_colour() -> None:
    old = cast(Population, SimpleNamespace(time=datetime(2021, 3, 8, tzinfo=UTC), coverage=None))
    shown = row(said(7.25, "a committee", lower=7.25), population=old)
    assert shown["Network"].endswith(":small[Other, as of March 2021]")
    assert ":gray-background[" in shown["Stake by owner"]
    assert not any("blue" in text or "orange" in text for text in shown.values())
    few = Power("a", "A", {(GROUPING, Side.FORCE, ""): count(2)})
    assert "**A** (halt\\, by validators, as of March 2021)" in powers.answer([few], {"a": "as of March 2021"})


def test_a_network_of_which_nothing_is_read_is_told_from_one_with_a_silence() -> None:
    not_read = replace(STOP, state="not read")
    cells = {"stake": Cell("a", "A", "stake", None, said(None), NO_GATE)}
    silent = Power("a", "A", {(GROUPING, side, ""): not_read for side in Side})
    assert unread(Row("a", "A", "", silent, cells))
    assert not unread(Row("a", "A", "", replace(silent, said={(GROUPING, Side.FORCE, ""): FORCE}), cells))


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_network_is_text(name: str) -> None:
    assert row(said(), title=name)["Network"].startswith(f"**{inert.markdown(name)}**")
    assert inert.markdown(name) in powers.answer([Power(name, name, {(GROUPING, Side.FORCE, ""): count()})], {})
