"""Every number that a page states can be cited, and computed again by whoever has the file of the mart alone."""

import csv
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from ingest.sample.world import build_sample
from questions import cited
from questions.cited import Cited
from questions.populations import populations
from questions.scenario import QUESTIONS
from store.landing import SAMPLE
from store.mart import current, opened
from tests.conftest import ROOT
from tests.pages.test_every_page import PAGES, run
from tests.pages.test_sections import AKASH_VOTER, SEEN_AT
from ui import cite, downloads, served
from ui.provenance import Provenance, with_provenance
from ui.without import WITHOUT

pytestmark = pytest.mark.slow

SAMPLED: Final = 200
# What a heading, a card or a sentence says when it states a number: digits, or numerals in words.
NUMBER: Final = re.compile(
    r"\d|\b(?i:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b|\bOne\b|"
    r"\bone (?:party(?! once)|key|third|validator|proposal|address|provider|payer|auditor|operator)\b"
)
# Texts of ours that state no number of the data: what a word means, who thanks whom, how a part is read.
PROSE: Final = re.compile(
    r"How a network gets|Each is a claim with public evidence|\*\*Power\*\* is of a network as a whole|"
    r"Who says both the same identity|"
    r"The program is free software|DuckDB 1\.5|A sentence that can be read in several ways|`, version \d|Formula:"
)

# What a page shows of somebody.
ASKED: Final = {"entity": [{"q": AKASH_VOTER}]}


class Drawn:
    """The citations that pages draw while it listens, by the page."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.numbers: list[tuple[str, Cited]] = []
        self.notes: set[str] = set()
        self.page = ""
        drawn = cite.under

        def under(sentence: str, numbers: Callable[[], Sequence[Cited]], *, key: str, note: str = "") -> None:
            self.numbers += [(self.page, one) for one in cited.written(numbers())]
            self.notes.add(note)
            drawn(sentence, numbers, key=key, note=note)

        patch.setattr(cite, "under", under)
        self.files: dict[str, pl.DataFrame] = {}

        def buttons(frame: pl.DataFrame, name: str, sources: Sequence[Provenance], *, key: str) -> None:
            self.files.setdefault(f"{self.page}: {key}", with_provenance(frame, sources, name))

        patch.setattr(downloads, "buttons", buttons)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data = tmp_path_factory.mktemp("cited")
    build_sample(data / SAMPLE, days=10)
    yield data
    served.forget()


def views(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every page as it opens, and those that are of one network for each."""
    for page in PAGES:
        yield page, {}
    with opened(data / SAMPLE) as mart:
        networks = sorted({one.network for one in populations(mart)})
        holder = mart.table("SELECT min(address) AS one FROM held WHERE reading = 'validators'")["one"].item()
    yield "entity", {"q": holder}
    yield "scorecard", {"all": "true", "yardsticks": "true"}
    for network in networks:
        yield "power", {"net": network}
    for page in ("whatif", "markets"):
        for network in networks[::4]:
            yield page, {"net": network}
    for kind in QUESTIONS:
        yield "whatif", {"net": "akash", "if": kind}
    yield "markets", {"net": "akash"}
    yield "proposals", {"q": AKASH_VOTER}


@pytest.fixture(scope="module")
def crawl(sample: Path) -> Drawn:
    """All that pages of the sample cite, and offer to take along."""
    with pytest.MonkeyPatch.context() as patch:
        drawn = Drawn(patch)
        for page, query in views(sample):
            drawn.page = page
            shown = run(page, sample, patch, **query)
            assert not shown.exception
            assert not shown.error
    return drawn


@pytest.fixture(scope="module")
def numbers(crawl: Drawn) -> list[tuple[str, Cited]]:
    """Every number that pages of the sample cite, with its page, each once a page."""
    return list({(page, one.origin, one.shown): (page, one) for page, one in crawl.numbers}.values())


# What says of each row where it was read.
TOLD: Final = ("network", "source_chain", "source_block", "source_hash", "source_time", "source_metric")
# Written down by people, of no block: each row has its source and the days on which it was recorded and looked at.
CURATED: Final = {
    "claims: claims",
    "migration: happened",
    "scorecard: compared",
    "sources: labels",
    "sources: never-read",
    "trends: events",
}
# Of several blocks: where not all were read at one, `read` has each with its hash.
OF_SEVERAL: Final = {"power: ways", "scorecard: power"}
# What could not be read was read nowhere: the column that has the number.
SILENT: Final = {**dict.fromkeys(OF_SEVERAL, "number"), "scorecard: scorecard": "m"}
# Rows of which the part in front of the colon is drawn from several populations of a network, and the one behind it
# from the state that belongs to a vote: which block that is stands there, its hash nowhere in the mart's answer.
PARTLY: Final = {
    "scorecard: math-against-power": {"source_chain", "source_block", "source_hash", "source_time"},
    **{f"proposals: {name}": {"source_hash"} for name in ("voters", "absent", "participation")},
}


def test_each_row_of_every_file_says_network_block_hash_and_what_it_is(crawl: Drawn) -> None:
    lacking = {}
    for name, rows in crawl.files.items():
        if name not in CURATED:
            whole = rows.drop_nulls(SILENT[name]) if name in SILENT else rows
            if name in OF_SEVERAL:
                assert whole["read"].is_not_null().all(), name
                whole = whole.filter(~pl.col("read").str.contains(" "))
            missing = {one for one in TOLD if one not in whole.columns or whole[one].null_count()}
            if missing - PARTLY.get(name, set()):
                lacking[name] = missing
    assert {*CURATED, *SILENT, *PARTLY} <= crawl.files.keys()
    assert lacking == {}


# Kinds of numbers that pages compute in Python, or did before a build stored them: each is among those that are cited.
PYTHONS: Final = {"spend", "spend_side", "spend_day", "organisation", "auditor", "flip", "recount", "after"}
COMPUTED: Final = {
    *("spend.low_usd", "spend.high_usd", "spend.tokens", "spend_day.low_usd", "spend_party.low_usd"),
    *("spend_side.usd", "spend_side.nc_gt_1_2", "organisation.rows", "organisation.gpus", "auditor.of_spend"),
    *("flip.fewest", "flip.most", "recount.absent", "recount.absent_share", "recount.voters", "recount.turnout"),
    *("after.effective_parties", "after.nc_ge_1_3", "after.nc_gt_1_2", "after.top_1", "after.hhi", "after.gini"),
}


def test_dollars_what_turns_a_vote_and_what_a_scenario_leaves_are_cited(numbers: list[tuple[str, Cited]]) -> None:
    told = {one.origin.metric for _, one in numbers}
    assert told >= COMPUTED
    # Of each scenario there are numbers.
    assert {one.origin.of.partition("/")[0] for _, one in numbers if one.origin.metric == "after.top_1"} == {*QUESTIONS}


def test_each_number_without_sql_is_listed_with_its_reason(crawl: Drawn) -> None:
    """A page that says of anything that it has no SQL says it in the words of the list, which the cookbook has too."""
    admitted = {note for note in crawl.notes if "SQL" in note}
    assert admitted <= {*WITHOUT.values()}
    assert len(admitted) > 2
    cookbook = (ROOT / "docs" / "cookbook.md").read_text().partition("\n# What has no SQL")[2]
    assert re.findall(r"^\* \*\*(.+?)\*\*: .{40,}$", cookbook, re.MULTILINE) == [*WITHOUT]


def test_two_hundred_numbers_of_all_pages_come_out_of_plain_duckdb_to_the_last_digit(
    numbers: list[tuple[str, Cited]], sample: Path
) -> None:
    assert {page for page, _ in numbers} == set(PAGES)
    chosen = random.Random(1651).sample(numbers, SAMPLED)
    # A number of every page and of every kind is among them, whatever the draw, and all of what Python computes.
    kinds = {one.origin.metric: (page, one) for page, one in numbers}
    chosen += [(page, one) for page, one in numbers if one.origin.metric.partition(".")[0] in PYTHONS]
    chosen += [*kinds.values(), *{page: (page, one) for page, one in numbers}.values()]
    wrong = []
    # The plain program: the file, opened by DuckDB itself, with nothing of ours loaded.
    with duckdb.connect(str(current(sample / SAMPLE)), read_only=True) as plain:
        for page, one in chosen:
            rows = plain.execute(cited.sql(one.origin)).fetchall()
            if len(rows) != 1 or not same(rows[0][0], one.value):
                wrong.append((page, one, rows[:3]))
    assert wrong == []


def test_the_duckdb_program_that_readers_have_gives_the_same_digits(
    numbers: list[tuple[str, Cited]], sample: Path
) -> None:
    """A number of every kind, by a program of an earlier version than what wrote the file."""
    told = {one.origin.metric: one for _, one in numbers}
    program = Path(sys.executable).with_name("duckdb")
    asked = "\n".join(cited.sql(one.origin) for one in told.values())
    answer = subprocess.run(
        [program, "-readonly", "-csv", "-noheader", current(sample / SAMPLE)],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(told) > 50
    found = [row[0] for row in csv.reader(answer.stdout.splitlines())]
    assert [
        (one.origin, text) for one, text in zip(told.values(), found, strict=True) if not same(text, one.value)
    ] == []


def same(found: object, value: float | int | str | None) -> bool:
    """The same double, whole number or text: no digit less and none more."""
    if isinstance(value, float):
        return float(found) == value  # type: ignore[arg-type]
    return str(found) == str(value)


def states(text: str) -> bool:
    """Whether a text states a number; a name in quotation marks and an address are none."""
    return bool(NUMBER.search(re.sub("“[^”]*”|`[^`]*`", "", text))) and not PROSE.search(text)


def told(block: Block) -> Iterator[Node]:
    """All that a page shows from top to bottom; what is folded away are tables, methods and evidence."""
    for one in block.children.values():
        yield one
        if isinstance(one, Block) and one.type != "expander":
            yield from told(one)


def parts(shown: AppTest) -> Iterator[tuple[list[str], bool, bool]]:
    """A page by its headings: what each part states, whether it has a chart, and whether it can be cited."""
    stated: list[str] = []
    chart = citable = False
    for one in told(shown.main):
        if one.type in ("title", "header") and (stated or chart):
            yield stated, chart, citable
            stated, chart, citable = [], False, False
        if one.type in ("header", "subheader", "markdown", "metric"):
            stated.append(f"{getattr(one, 'label', '')} {getattr(one, 'value', '')}")
        chart |= one.type == "plotly_chart"
        citable |= one.type == "expander" and getattr(one, "label", "") == cite.LABEL
    yield stated, chart, citable


@pytest.mark.parametrize("name", PAGES)
def test_whatever_part_of_a_page_states_a_number_or_draws_a_chart_can_be_cited(
    name: str, hamlet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in ({}, *SEEN_AT.get(name, []), *ASKED.get(name, [])):
        uncited = [
            stated
            for stated, chart, citable in parts(run(name, hamlet, monkeypatch, **query))
            if not citable and (chart or any(map(states, stated)))
        ]
        assert uncited == [], query


def uncited() -> None:
    import streamlit as st

    from ui import cite

    st.header("Three of seven hold it")
    st.header("Two hold it")
    cite.under("Two hold it", list, key="two")
    st.header("How it is counted")
    st.metric("For one third", "4")


def test_a_number_that_cannot_be_cited_is_noticed_in_a_heading_and_on_a_card() -> None:
    found = list(parts(AppTest.from_function(uncited, default_timeout=60).run()))
    assert [(any(map(states, stated)), citable) for stated, _, citable in found] == [
        (True, False),
        (True, True),
        (True, False),
    ]
