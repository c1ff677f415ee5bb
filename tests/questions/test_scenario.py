"""What-if scenarios change what they say and nothing else."""

import pytest

from questions import ranking, scenario
from questions import thresholds as rules
from questions.populations import Population
from questions.scenario import QUESTIONS, Scenario
from store.mart import Mart
from tests.questions.conftest import one

pytestmark = pytest.mark.wide


@pytest.fixture
def validators(known: list[Population]) -> Population:
    return one(known, "akash", "consensus", "validators")


def largest(mart: Mart, population: Population, count: int) -> tuple[str, ...]:
    return tuple(ranking.ranking(mart, population, "control")["address"][:count].to_list())


def test_before_is_what_the_mart_says(mart: Mart, validators: Population) -> None:
    found = scenario.answer(mart, validators, "control", Scenario("remove", 1))
    stored = rules.values(mart, validators, "control")
    for name in ("effective_parties", "nc_ge_1_3", "nc_gt_1_2", "top_1", "hhi"):
        assert found.before[name] == pytest.approx(stored[name].value)


def test_removing_the_largest_leaves_the_others(mart: Mart, validators: Population) -> None:
    found = scenario.answer(mart, validators, "control", Scenario("remove", 2))
    gone = largest(mart, validators, 2)
    assert found.parties.filter(address=gone[0])["after"].to_list() == [None]
    assert found.parties["after"].drop_nulls().sum() == pytest.approx(1)


def test_a_cap_holds_for_everybody(mart: Mart, validators: Population) -> None:
    found = scenario.answer(mart, validators, "control", Scenario("spread", 12.5))
    assert max(found.parties["after"].drop_nulls()) <= 0.125
    assert (found.after["effective_parties"] or 0) > (found.before["effective_parties"] or 0)


def test_a_merger_makes_one_party_of_several(mart: Mart, validators: Population) -> None:
    three = largest(mart, validators, 3)
    found = scenario.answer(mart, validators, "control", Scenario("merge", 0, three))
    assert found.after["nc_gt_1_2"] == 1
    assert found.parties["address"][0] == f"{three[0]} and 2 more"
    assert (found.after["effective_parties"] or 0) < (found.before["effective_parties"] or 0)


def test_a_split_party_is_shown_in_parts(mart: Mart, validators: Population) -> None:
    (first,) = largest(mart, validators, 1)
    found = scenario.answer(mart, validators, "control", Scenario("split", 4, (first,)))
    parts = [where for where in found.parties["address"] if where.startswith(first + " ")]
    assert parts == [f"{first} {part}/4" for part in range(1, 5)]


@pytest.mark.parametrize("kind", list(QUESTIONS))
def test_every_scenario_answers_with_its_usual_number(kind: str, mart: Mart, validators: Population) -> None:
    question = QUESTIONS[kind]
    parties = largest(mart, validators, 2) if question.asks != "none" else ()
    found = scenario.answer(mart, validators, "control", Scenario(kind, question.usual, parties))
    assert found.after["effective_parties"] is not None


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Scenario("merge"), "choose a party"),
        (Scenario("remove", 12), "nobody is left"),
        (Scenario("spread", 1), "cannot all stay below"),
        (Scenario("exit", 0, ("akashvaloper1nobody",)), "is no party here"),
    ],
)
def test_an_impossible_scenario_says_why(asked: Scenario, reason: str, mart: Mart, validators: Population) -> None:
    with pytest.raises(ValueError, match=reason):
        scenario.answer(mart, validators, "control", asked)
