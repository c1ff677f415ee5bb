"""Whichever call to the disk fails, in whatever way: it is told, nothing is torn or left over, the next run heals.

The calls of a whole command are counted, of which these tests let some fail, the same in each run;
`python -m benchmarks.faults` lets each fail in every way, and kills commands within calls.
"""

from collections.abc import Sequence

import pytest

from tests.worlds.failing_disk import COMMANDS, FAULTS, Plan, Trial, compiler, tried

pytestmark = pytest.mark.slow
WAYS = tuple(name for name in FAULTS if name != "killed")
# One call in so many fails, the next one in the next way.
STEPS = {"run": 31, "import": 31, "rebuild": 31, "prune": 31, "backfill": 31, "export": 1, "status": 3, "verify": 6}


@pytest.fixture(scope="module")
def trials() -> Sequence[Trial]:
    """What became of each command on a failing disk."""
    if compiler() is None:
        pytest.skip("there is no C compiler, which builds the disk that fails")
    return list(tried(*(Plan(name, WAYS, step=STEPS[name]) for name in COMMANDS)))


@pytest.mark.parametrize("command", COMMANDS)
def test_whichever_call_to_the_disk_fails_it_is_told_and_the_next_run_heals(
    trials: Sequence[Trial], command: str
) -> None:
    *failed, passed = [one for one in trials if one.command == command]
    assert [(one.fault, one.call, one.failed, one.breaches) for one in failed if one.breaches] == []
    # It went on until a run had fewer calls than that, and what failed was told where it mattered.
    assert all(one.failed for one in failed)
    assert (passed.failed, len(failed) > 9) == ("", True)
    assert sum(one.code == 74 for one in failed) > len(failed) / 4
