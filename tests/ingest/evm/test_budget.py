"""What a steady hour and day cost a public node, counted on a node; benchmarks/evm_budget.py has the real sizes."""

import pytest

from benchmarks.evm_budget import MOST_A_DAY, MOST_AN_HOUR, locks, steady, token
from store.rows import Facts

pytestmark = pytest.mark.slow


def test_a_steady_day_of_locks_and_their_governor_stays_within_its_requests() -> None:
    """Locks are asked a thousand at once, so three thousand take two requests more each time than these."""
    with locks(900) as economy:
        _, told = economy.run(3_600)
        assert told["voters"].rows.height == 900
        assert told["proposals"].rows["status"].to_list() == ["voting_period"]
        hour, day = steady(economy, 3)
    assert 0 < hour + 2 <= MOST_AN_HOUR
    assert hour < day + 2 * 25 <= MOST_A_DAY


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
