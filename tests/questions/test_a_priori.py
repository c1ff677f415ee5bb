"""Who decides a priori is told where few vote, and not where it would mean nothing."""

import pytest

from questions import a_priori
from questions import thresholds as rules
from questions.populations import Population
from store.mart import Mart
from tests.questions.conftest import one
from tests.worlds.hamlet import VALIDATORS, address


def test_decisiveness_adds_up_to_one_and_follows_weight(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "consensus", "validators")
    found = a_priori.decisive(mart, population, "control", rules.thresholds(mart, population)[0])
    assert found is not None
    assert found.height == VALIDATORS
    assert found["decides"].sum() == pytest.approx(1)
    assert found["decides"].is_sorted(descending=True)


@pytest.mark.slow
def test_an_address_decides_as_its_ranking_says(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "consensus", "validators")
    found = a_priori.decides(mart, population, address("akashvaloper", 0))
    ranked = a_priori.decisive(mart, population, "address", rules.thresholds(mart, population)[0])
    assert found is not None
    assert ranked is not None
    assert found[0].action == "halt the chain"
    assert found[1] == ranked["decides"][0]
    assert a_priori.decides(mart, population, address("akashvaloper", 200)) is None


def test_delegators_of_one_validator_decide_nothing(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "delegators", f"delegators@{address('akashvaloper', 0)}")
    assert a_priori.decides(mart, population, address("akash", 0)) is None


def test_spending_is_no_vote(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "leases_uact", "providers")
    assert a_priori.decisive(mart, population, "control", rules.GENERAL[1]) is None
