"""python -m benchmarks.steps [SEEDS [FIRST]]: data folders that grow in any order, each beside one built from nothing.

No speed, but tries with a seed: what a step is stands in tests/worlds/steps.py. Ends with 1 where a table differs.
"""

import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.worlds.steps import Steps

SEEDS, FIRST = 20, 100
# Of one folder, looked at after so many each.
STEPS, EACH = 24, 8


def main(seeds: int, first: int) -> int:
    """Take the steps of each seed; a seed at which a table differs is told with its steps."""
    logging.disable(logging.WARNING)
    faults, begun = 0, time.process_time()
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as folder:
            steps, differing = Steps(Path(folder), seed), list[str]()
            steps.lands()
            while len(steps.told) < STEPS and not differing:
                steps.take(EACH)
                differing = list(steps.differing())
        faults += bool(differing)
        print(f"seed {seed}: {len(steps.told)} steps, {time.process_time() - begun:.0f} CPU-seconds", flush=True)
        print("".join(f"    {one[:1000]}\n" for one in (*steps.told, *differing)) if differing else "", end="")
    return int(bool(faults))


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*asked, *(SEEDS, FIRST)[len(asked) :]))
