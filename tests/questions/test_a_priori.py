"""Who decides a priori is told where few vote, and not where it would mean nothing."""

import pytest

from analytics.power.indices import Game, shapley_shubik_exact
from analytics.spread.batches import Threshold
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
    assert found.rule.action == "halt the chain"
    assert found.value == ranked["decides"][0]
    assert a_priori.decides(mart, population, address("akashvaloper", 200)) is None


def test_delegators_of_one_validator_decide_nothing(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "delegators", f"delegators@{address('akashvaloper', 0)}")
    assert a_priori.decides(mart, population, address("akash", 0)) is None


def test_spending_is_no_vote(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "leases_uact", "providers")
    assert a_priori.decisive(mart, population, "control", rules.GENERAL[1]) is None


@pytest.mark.slow
@pytest.mark.parametrize("unit", [1, 10**18 + 7])
def test_the_index_of_more_than_200_parties_lies_where_it_is_said_to(unit: int) -> None:
    """Small weights are counted as they are; of large ones the rounding is told, and the exact fractions lie within."""
    weights = [40, 25, *[9] * 4, *[2] * 30, *[1] * 180]
    quota = Threshold(1, 2, strict=True).need(sum(weights))
    exact = [float(value) for value in shapley_shubik_exact(Game(tuple(weights), quota))]
    found = a_priori.indexed(tuple(weight * unit for weight in weights), rules.GENERAL[1])
    ends = found.select("decides_low", "decides_high").rows()
    assert all(low <= value <= high for (low, high), value in zip(ends, exact, strict=True))
    assert max(high - low for low, high in ends) < (1e-8 if unit == 1 else 0.03)
    assert found["decides"].to_list() == pytest.approx(exact, abs=1e-8 if unit == 1 else 2e-3)
