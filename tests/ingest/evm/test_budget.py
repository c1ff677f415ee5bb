"""What a steady hour and day cost a public node, counted on a node; benchmarks/evm_budget.py has the real sizes."""

from pathlib import Path

import pytest

from benchmarks.evm_budget import MOST_A_DAY, MOST_AN_HOUR, a_day, locks, more, of_contracts, stakers, steady, token
from ingest.evm.bulk import AT_ONCE
from store.rows import Facts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", sorted(of_contracts()))
def test_a_day_of_a_whole_network_stays_within_its_requests(name: str, tmp_path: Path) -> None:
    """24 hourly runs and the daily one, with what its real size takes more."""
    counted = a_day(of_contracts()[name], tmp_path)
    assert counted.hour <= MOST_AN_HOUR
    assert 0 < counted.day <= MOST_A_DAY


def test_a_steady_day_of_locks_and_their_governor_stays_within_its_requests() -> None:
    """Locks are asked a thousand at once, so three thousand take two requests more each time than these."""
    with locks(900) as economy:
        _, told = economy.run(86_400)
        assert told["voters"].rows.height == 900
        assert economy.run(3_600)[1]["proposals"].rows["status"].to_list() == ["voting_period"]
        hour, day = steady(economy, 3)
    assert 0 < hour <= MOST_AN_HOUR
    assert hour < day + 2 * 2 <= MOST_A_DAY


def test_stakers_take_as_many_more_questions_as_their_number_says() -> None:
    asked = []
    for count in (100, 2_500):
        with stakers(count, entities=2) as economy:
            requests, told = economy.run(86_400)
            assert told["stakers"].rows.filter(population="stakers").height == count
            asked.append(requests)
    assert asked[1] - asked[0] == more([(2_500, AT_ONCE)] * 2)


def test_first_runs_over_days_of_base_are_capped_and_tell_what_they_cover() -> None:
    """A two hundredth of its blocks, and of those that a provider answers for at once."""
    with token(300, days=4, answers_a_run=6, scale=200) as economy:
        covered, asked = [], []
        for _ in range(6):
            requests, told = economy.run(86_400)
            asked.append(requests)
            covered.append(coverage(told["holders"]))
        for _ in range(24):
            economy.passes()
        assert economy.run(86_400)[0] <= MOST_AN_HOUR
    assert covered[0] < 1
    assert covered == sorted(covered)
    assert covered[-1] == 1
    assert max(asked) <= MOST_AN_HOUR


def coverage(facts: Facts) -> float:
    return float(sum(facts.rows["amount"].to_list()) / facts.reported["holders"])
