"""What reaches nobody is told apart from parties, and stays in the total."""

import pytest

from questions import emission, ranking
from questions.populations import Population
from store.mart import Mart
from tests.questions.conftest import one


@pytest.fixture
def recipients(known: list[Population]) -> Population:
    return one(known, "bittensor", "emission", "recipients")


@pytest.mark.parametrize("grouping", ranking.GROUPINGS)
def test_what_reaches_nobody_is_no_party(mart: Mart, recipients: Population, grouping: str) -> None:
    parties = ranking.ranking(mart, recipients, grouping)
    assert parties.height == recipients.n == 30
    assert parties["share"].sum() == pytest.approx(1)


def test_sinks_are_told_as_parts_of_everything(mart: Mart, recipients: Population) -> None:
    assert emission.sinks(mart, recipients).rows() == [("Withheld from miners of the owner", 20.0, 0.4)]


def test_a_subnet_is_split_into_parts_of_what_it_issues(mart: Mart) -> None:
    rows = emission.split(mart, "bittensor").filter(subnet="subnet:1.0")
    assert dict(rows.select("part", "share").iter_rows()) == {
        "Owner": 0.18,
        "Miners": 0.3,
        "Validators' takes": 0.05,
        "Nominators": 0.36,
        "Withheld from miners of the owner": 0.11,
    }


def test_subnets_that_are_switched_off_are_listed(mart: Mart) -> None:
    assert emission.switched_off(mart, "bittensor")["subnet"].to_list() == ["subnet:3.0"]


def test_a_network_without_subnets_has_none(mart: Mart) -> None:
    assert emission.split(mart, "akash").is_empty()
    assert emission.switched_off(mart, "akash").is_empty()
