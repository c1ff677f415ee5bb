"""Every table of docs/verdicts.md is read by a test, and what it says is so."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from analytics.power.confidence import Confidence
from analytics.power.verdict import State
from tests.conftest import ROOT
from tests.worlds.documented import table, tables

Lacks = dict[str, bool | float]
# What shows that a rule is no longer that of v1: a test for each row of the table, by its folder and file.
SHOWN_BY = {
    "K beside every measure": "power/count: every_action_and_both_sides_have_a_count_and_they_are_never_mixed",
    "halt or censor by a third": "publish/evidence: a_third_of_the_power_can_halt_and_is_named",
    "an unknown path makes K not rated": "power/count: what_is_not_known_stays_beside_the_number",
    "an account of which nothing was read is one key": "publish/ways: a_way_is_counted_by_what_was_read",
    "self-claims merge validators": "power/verdict: what_operators_claim_moves_no_word",
    "a count of 2 is borderline": "power/verdict: words_of_counts_follow_the_documented_bands",
    "effective parties are independent parties": "power/count: a_word_is_the_one_that_both_ends_share_or_at_most",
    "any entity row is reviewed": "publish/claims: only_labels_in_force_count_as_reviewed",
    "K has the letter of the measure": "power/count: the_letter_is_of_the_path_that_is_named",
}
# How the table of letters calls what a letter asks for, and a confidence that lacks it.
LACKING: dict[str, Lacks] = {
    "census at one block": {"census": False},
    "total equal to the chain's": {"total_matches": False},
    "two endpoints agree": {"endpoints_agree": False},
    "curated labels in force for at least 80 % of the amount": {"reviewed": 0.799},
}


def read(files: Iterable[Path]) -> Iterator[tuple[str, int]]:
    """The tables that tests ask for: in a test itself, or for its cases."""
    sources = [text for path in files if "from tests.worlds.documented import" in (text := path.read_text())]
    for source in sources:
        for test in ast.walk(ast.parse(source)):
            if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
                continue
            for call in ast.walk(test):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "table":
                    heading, place = [*map(ast.literal_eval, call.args), 1][:2]
                    yield heading, place


@pytest.mark.slow
def test_every_table_is_read_by_a_test() -> None:
    assert set(tables()) == set(read((ROOT / "tests").rglob("test_*.py")))


def test_a_table_that_no_test_reads_is_found(tmp_path: Path) -> None:
    text = (
        "# A\n| x |\n| --- |\n| 1 |\n\n| y |\n| --- |\n| 2 |\n```\n# no heading\n| code |\n```\n## B\n| z |\n| --- |\n"
    )
    assert tables(text) == {("A", 1): [("1",)], ("A", 2): [("2",)], ("B", 1): []}
    one = tmp_path / "test_one.py"
    one.write_text(
        "from tests.worlds.documented import table\n"
        'def test_x():\n    table("A", 2)\n'
        'def helper():\n    table("B")\n'
        '@each("z", table("A"))\ndef test_y(z): ...\n'
    )
    assert set(read([one])) == {("A", 1), ("A", 2)}


def test_letters_are_given_as_documented() -> None:
    letters = {row[0]: row[1] for row in table("Confidence")}
    assert list(letters) == ["A", "B", "C", "X"]
    sure = Confidence(census=True, total_matches=True, endpoints_agree=True, reviewed=0.8, coverage=0.95)
    assert set(letters["A"].split("; ")) == LACKING.keys()
    assert letters["B"] == "one of these missing"
    assert letters["C"] == "two or more missing, or coverage under 95 %, or reviewed under 50 %"
    assert letters["X"] == "not verifiable: no word"
    missing = list(LACKING.values())
    two = [one | other for one, other in combinations(missing, 2)]
    cases: dict[str, list[Lacks]] = {
        "A": [{}],
        "B": missing,
        "C": [*two, {"coverage": 0.949}, {"reviewed": 0.499}],
        "X": [{"verifiable": False}],
    }
    for letter, lacks in cases.items():
        assert {replace(sure, **one).letter for one in lacks} == {letter}  # type: ignore[arg-type]


def test_the_silences_are_those_documented() -> None:
    silences = table("No word")
    assert [name for name, _, _ in silences] == [state for state in State if state is not State.RATED]
    assert all(means and example for _, means, example in silences)


@pytest.mark.slow
def test_every_change_since_rule_v1_is_shown_by_a_test() -> None:
    changed = table("What changed since rule v1")
    assert {before for before, _, _ in changed} == SHOWN_BY.keys()
    assert all(after for _, after, _ in changed)
    for shown in SHOWN_BY.values():
        folder, file, test = re.split("/|: ", shown)
        (path,) = (ROOT / "tests").rglob(f"{folder}/test_{file}.py")
        assert f"def test_{test}(" in path.read_text(), shown
