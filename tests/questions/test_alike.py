"""What validators say alike is listed with their shares, and what it would change stands beside."""

import pytest

from questions.alike import alike
from questions.populations import Population
from questions.thresholds import thresholds, values
from store.mart import Mart
from tests.questions.conftest import one
from ui import alike as shown


def test_those_who_say_both_alike_come_first_with_their_shares(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "validators", "validators")
    both, site = alike(mart, population)
    assert (both.by, both.said, both.joined) == ("identity and website", "5489ADE7B1B91C65 a.example", True)
    assert (site.by, site.said, site.joined) == ("website", "b.example", False)
    # Stakes are 1000 over 1, 2, 3 and so on, in whole tokens: the second and the third say both alike.
    total = sum(1000 // place for place in range(1, 13))
    assert [share for _, share in both.members] == pytest.approx([500 / total, 333 / total])
    assert site.share == pytest.approx((200 + 166) / total)
    assert both.members[1][0] == "“Honest 2”"


def test_what_claims_would_change_is_told_beside_the_headline(mart: Mart, known: list[Population]) -> None:
    population = one(known, "akash", "validators", "validators")
    now, then = (values(mart, population, grouping) for grouping in ("control", "claimed"))
    stakes = [1000 // place for place in range(1, 13)]
    merged = [stakes[0], stakes[1] + stakes[2], *stakes[3:]]
    effective = [sum(amounts) ** 2 / sum(amount**2 for amount in amounts) for amounts in (stakes, merged)]
    assert [found["effective_parties"].value for found in (now, then)] == pytest.approx(effective)
    told = shown.told(alike(mart, population), now, then, thresholds(mart, population)[0])
    assert told.startswith("Two validators say both the same identity and the same website as another.")
    assert f"{effective[0]:.1f} → **{effective[1]:.1f}** effective parties" in told


def test_the_mart_has_both_numbers(mart: Mart) -> None:
    math, power = (
        mart.table(
            "SELECT number, claimed FROM verdict WHERE network = 'akash' AND axis = 'math' AND measure = ?",
            "stake_by_operator",
        ).row(0),
        mart.table("SELECT grouping, number FROM power WHERE (network, side, action) = ('akash', 'force', 'censor')"),
    )
    assert math[1] < math[0]
    assert dict(power.rows()) == {"address": 4, "control": 4, "claimed": 3, "voters of late": 4}


def test_where_nobody_says_anything_alike_nothing_is_told(mart: Mart, known: list[Population]) -> None:
    assert alike(mart, one(known, "bittensor", "stake", "coldkeys")) == []
