"""The sentences before all numbers: each kind of them, and that every number in them is one of the mart."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analytics.power.paths import Action, Side
from analytics.power.verdict import NOT_SHOWN
from ingest.sample.world import build_sample
from questions import scorecard
from questions.populations import populations
from questions.power import GROUPING, Power
from questions.power import Said as Count
from questions.scorecard import Cell, Row, Said
from questions.words import NUMERALS
from store.landing import SAMPLE
from store.mart import Mart, current
from tests.worlds.gallery_names import HOSTILE
from ui import answers, inert, matrix, words

SILENT = Said("not read", None, "", "", "not read: no run has read it yet")


def counted(number: int | None, action: str = "halt", called: str = "validators", state: str = "not rated") -> Count:
    return Count("rated" if number else state, number, "", "C", "", how=f"{action} by {called}", called=called)


def spread(number: float | None, word: str = "a committee", state: str = "rated", column: str = "stake") -> Cell:
    return Cell("n", "N", column, None, Said(state, number, word, "C", word), SILENT)


def row(title: str, force: Count, *cells: Cell) -> Row:
    power = Power(title, title, {(GROUPING, Side.FORCE, ""): force})
    return Row(title, title, "", power, {one.column: one for one in cells})


TWO, FOUR, UNKNOWN = counted(2, "change the rules", "keys"), counted(4), counted(None)


@pytest.mark.parametrize(
    ("forced", "unread", "told"),
    [
        ([], 0, "No network has been read yet."),
        ([TWO, FOUR], 0, "In one of two networks one or two parties are enough to force something on all others."),
        (
            [FOUR], 0,
            "In none of one network one or two parties are known to be enough to force something on all others.",
        ),
        (
            [TWO, UNKNOWN], 0,
            "In one of two networks one or two parties are enough to force something on all others; of one it is not "
            "known how few are.",
        ),
        (
            [TWO], 1,
            "In one of one network one or two parties are enough to force something on all others; one network is not "
            "read yet.",
        ),
    ],
)  # fmt: skip
def test_the_field_has_its_sentence(forced: list[Count], unread: int, told: str) -> None:
    read = [row(f"N{place}", one) for place, one in enumerate(forced)]
    assert answers.field(read, [row("Z", UNKNOWN)] * unread) == told


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([], ""),
        ([spread(20, NOT_SHOWN)], "None of one resource is shown to be spread over many."),
        ([spread(20, "borderline: a committee or broad")], "None of one resource is shown to be spread over many."),
        (
            [spread(20, "broad"), spread(9, column="token")],
            "One of two resources is shown to be spread over many: stake by owner of A.",
        ),
        # Keys are no resource: that they are many says nothing of what is spread.
        ([spread(20, "broad", column="control")], ""),
    ],
)
def test_what_is_shown_to_be_spread_is_named_and_nothing_less(cells: list[Cell], told: str) -> None:
    assert answers.broad([row("A", TWO, *cells)]) == told


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ([row("A", TWO)], "Two keys can change the rules of A."),
        ([row("A", counted(1, called="keys"))], "One key can halt A."),
        ([row("A", counted(12, "seize or evict", "parties"))], "12 parties can seize or evict on A."),
        ([row("A", FOUR), row("B", TWO)], "Two keys can change the rules of B; four validators can halt A."),
        # It is not the same two keys.
        ([row("A", TWO), row("B", TWO), row("C", TWO)], "Two keys each can change the rules of A, B and C."),
        ([row("A", UNKNOWN)], "How few are enough on A is not known (not rated)."),
        (
            [row("A", counted(None, state="not verifiable")), row("B", counted(None, state="not read"))],
            "How few are enough on A is not known (not verifiable); how few are enough on B is not known (not read).",
        ),
        (
            [row("A", TWO, spread(9.33), spread(3.7, column="token")), row("B", TWO, spread(4))],
            "Two keys each can change the rules of A and B. Least spread: unstaked tokens of A, over at most 3.7 equal "
            "parties.",
        ),
        (
            [row("A", TWO, spread(1))],
            "Two keys can change the rules of A. Least spread: stake by owner of A, over at most 1 equal party.",
        ),
        (
            [row("A", TWO, spread(None, state="not verifiable"), spread(None, state="not read", column="token"))],
            "Two keys can change the rules of A. How anything is spread on A is not verifiable.",
        ),
        (
            [row("A", TWO, spread(None, state="not read"))],
            "Two keys can change the rules of A. How anything is spread on A is not read.",
        ),
    ],
)
def test_a_layer_has_its_sentence(read: list[Row], told: str) -> None:
    assert answers.layer(read, [], {}) == told


def test_what_was_read_in_part_is_told_by_its_upper_bound() -> None:
    told = answers.layer([row("A", TWO, replace(spread(9.0), bounds=(8.0, 11.5)))], [], {})
    assert told.endswith("over at most 11.5 equal parties.")


def test_a_layer_says_what_is_not_read_and_of_which_month_a_number_is() -> None:
    assert answers.layer([], [row("A", UNKNOWN), row("B", UNKNOWN)], {}) == "Not read: A and B."
    assert answers.layer([row("A", TWO)], [], {"A": "as of March 2021"}).endswith("rules of A (as of March 2021).")
    assert answers.layer([], [], {}) == ""
    old = answers.layer([row("A", UNKNOWN, spread(3.7))], [], {"A": "as of March 2021"})
    assert old.endswith("Least spread: stake by owner of A (as of March 2021), over at most 3.7 equal parties.")


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_network_is_text(name: str) -> None:
    said = answers.layer([row(name, TWO, spread(3)), row(name, UNKNOWN, spread(None, state="not verifiable"))], [], {})
    assert said.count(inert.markdown(name)) == 4


# --- every number is one of the mart ---------------------------------------------------------------------------------

NUMBER = rf"(\d[\d,.]*\d|\d|{'|'.join(NUMERALS[1:])}|none)"
FORCED = re.compile(rf"{NUMBER} (?:\w+)(?: each)? can ({'|'.join(Action)}) (?:of |on )?([^;]+?)(?:; |\. |\.$)", re.I)
LEAST = re.compile(rf"Least spread: ([\w ]+?) of (.+), over at most {NUMBER} equal part(?:y|ies)\.")
FIELD = re.compile(rf"In {NUMBER} of {NUMBER} networks?")
LACKING = re.compile(rf"of {NUMBER} it is not known how few are|{NUMBER} networks? (?:is|are) not read yet")
BROAD = re.compile(rf"{NUMBER} of {NUMBER} resources?", re.I)


@pytest.fixture(scope="module", params=["hamlet", "sample"])
def mart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    if request.param == "hamlet":
        data: Path = request.getfixturevalue("hamlet")
    else:
        data = tmp_path_factory.mktemp("data") / SAMPLE
        build_sample(data, days=2)
    with Mart(current(data)) as found:
        yield found


def number(text: str) -> float:
    text = text.casefold()
    named = {"none": 0, **{numeral: place for place, numeral in enumerate(NUMERALS)}}
    return named[text] if text in named else float(text.replace(",", ""))


@pytest.mark.slow
def test_every_number_in_a_sentence_is_a_cell_of_the_mart(mart: Mart) -> None:
    rows = scorecard.rows(mart, populations(mart))
    unread = [one for one in rows if matrix.unread(one)]
    read = [one for one in rows if one not in unread]
    force = {
        title: (least, how)
        for title, least, how in mart.table(
            "SELECT coalesce(n.title, network), number, how FROM power p LEFT JOIN network n ON n.name = p.network "
            "WHERE side = 'force' AND action = '' AND grouping = 'control'"
        ).iter_rows()
    }
    maths = mart.table(
        "SELECT coalesce(n.title, v.network) AS title, measure, number, words FROM verdict v "
        "LEFT JOIN network n ON n.name = v.network WHERE axis = 'math' AND measure <> 'control' AND number IS NOT NULL"
    )

    field = answers.field(read, unread)
    few, of = map(number, next(FIELD.finditer(field)).groups())
    known = [force.get(one.title, (None, ""))[0] for one in read]
    assert few == sum(one is not None and one <= 2 for one in known)
    assert of == len(read)
    lacking = {text: number(next(filter(None, groups))) for text, *groups in _found(LACKING, field)}
    assert list(lacking.values()) == [one for one in (known.count(None), len(unread)) if one]
    assert not leftover(LACKING.sub("", FIELD.sub("", field)).replace("one or two parties", ""))

    broad = answers.broad(read)
    shown, resources = map(number, next(BROAD.finditer(broad)).groups())
    assert (shown, resources) == (maths.filter(words="broad").height, maths.height)

    for stack in {one.stack for one in rows}:
        of_layer = [one for one in read if one.stack == stack]
        said = answers.layer(of_layer, [], {}).replace("\\", "")
        seen = [
            (title, number(count), action)
            for count, action, titles in FORCED.findall(said)
            for title in re.split(r", | and (?=[A-Z])", titles)
        ]
        assert {title for title, _, _ in seen} == {one.title for one in of_layer if force.get(one.title, (None,))[0]}
        for title, count, action in seen:
            assert force[title][0] == count
            assert force[title][1].startswith(action)
        for column, title, most in LEAST.findall(said):
            own = [one for one in of_layer if one.title == title]
            cells = [cell for one in own for cell in one.spread if answers.named(one, cell).startswith(column)]
            least = min(cell.most or 0 for one in of_layer for cell in one.spread)
            assert [cell.most for cell in cells] == [least]
            assert words.decimal(least) == most
            if cells[0].bounds is None:
                assert least in maths.filter(title=title)["number"].to_list()
        assert not leftover(LEAST.sub("", FORCED.sub("", said)))


def _found(pattern: re.Pattern[str], text: str) -> list[tuple[str, ...]]:
    return [(one.group(), *one.groups()) for one in pattern.finditer(text)]


def leftover(text: str) -> list[str]:
    """Numbers that nothing has been compared with."""
    return re.findall(rf"\b{NUMBER}\b", text)
