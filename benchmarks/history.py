"""python -m benchmarks.history [STEPS [SEED]]: a data folder lives through so many steps in any order, beside a model.

What a step is and what must hold after each stands in tests/worlds/history.py; the seed decides the first histories,
the numbers after it the later ones.
"""

import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.worlds.history import History

STEPS, SEED = 10_000, 2026
# Of one history, and histories of one seed.
EACH, TOGETHER = 100, 5


def main(steps: int, number: int) -> None:
    """Take the steps, those of each seed in turn; a history that fails is told step by step."""
    begun = time.process_time()
    told = settings(
        max_examples=TOGETHER,
        stateful_step_count=EACH,
        database=None,
        # To shrink what fails takes longer than to read it.
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    while History.steps < steps:
        run_state_machine_as_test(seed(number)(History), settings=told)
        print(f"seed {number}: {History.steps} steps, {time.process_time() - begun:.0f} CPU-seconds", flush=True)
        number += 1


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]]
    main(*asked, *(STEPS, SEED)[len(asked) :])
