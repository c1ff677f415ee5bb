"""python -m benchmarks.founder [--trials N] [--seed S]: founders with a budget, in marts of eight pairs of chains each.

Prints each headline that a text moved, that moving made better, and each count of a rival's that fell.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from store.mart import opened
from tests.publish.test_founder import better, fewer, moved_by_text, rows
from tests.worlds.chains import Chain, published
from tests.worlds.founder import chain, moved, rivalled, talked

A_MART = 8


def breaches(dice: random.Random, trials: int) -> Iterator[str]:
    """What was found in one mart, a line each."""
    kinds = {"talked": talked, "moved": moved, "rival": rivalled}
    pairs: dict[str, tuple[Chain, Chain]] = {}
    for trial in range(trials):
        kind = list(kinds)[trial % len(kinds)]
        before = chain(dice)
        pairs[f"{kind}-{trial}"] = (before, kinds[kind](dice, before))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        published(
            Path(folder), {f"{name}-{i}": one for name, pair in pairs.items() for i, one in enumerate(pair)}, patch
        )
        with opened(Path(folder)) as mart:
            for name in pairs:
                if name.startswith("talked"):
                    found: list[object] = [*moved_by_text(mart, name)]
                else:
                    sides = (rows(mart, f"{name}-{side}") for side in (0, 1))
                    found = [*(better if name.startswith("moved") else fewer)(*sides)]
                yield from (f"{name}: {one}" for one in found)


def main() -> int:
    """Prints what was found, and how many were tried; 1 where anything was."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--trials", type=int, default=200)
    asked.add_argument("--seed", type=int, default=15)
    told = asked.parse_args()
    dice, found = random.Random(told.seed), 0
    for first in range(0, told.trials, A_MART):
        for line in breaches(dice, min(A_MART, told.trials - first)):
            found += 1
            print(line, flush=True)
    print(f"{told.trials} founders tried with seed {told.seed}: {found} breaches")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
