"""python -m benchmarks.faults: every call of every command to the disk fails in every way, and kills within calls.

In each of five turns every call fails once, each turn in another way; the seed chooses the calls in which commands are
killed. `--commands run prune --turns 0 --kills 0` asks for less.
"""

import argparse
import random
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.worlds.failing_disk import COMMANDS, FAULTS, LOCKED, Plan, Trial, tried, tries

SEED, KILLS = 2026, 50
WAYS = tuple(name for name in FAULTS if name != "killed")


def failed(command: str, turn: int) -> list[Trial]:
    """Each call of a command fails, the next one in the next way."""
    return list(tried(Plan(command, WAYS[turn:] + WAYS[:turn])))[:-1]


def killed(command: str, kills: int) -> Iterator[Trial]:
    """A command is killed in calls that a seed chooses."""
    with tries(command) as known:
        calls = known[command].calls()
        dice = random.Random(f"{SEED} {command}")
        for call in sorted(dice.sample(range(1, calls + 1), min(kills, calls))):
            yield known[command].kill(call)


def told(title: str, trials: Sequence[Trial]) -> int:
    """Print what became of tries, and each breach; returns how many breaches there were."""
    codes = Counter(one.code for one in trials)
    ended = ", ".join(f"{count} with {code}" for code, count in sorted(codes.items()))
    wrong = [one for one in trials if one.breaches]
    print(f"| {title} | {max(one.call for one in trials)} | {len(trials)} | {ended} | {len(wrong)} |", flush=True)
    for one in wrong:
        print(f"{one.command} {one.fault} in call {one.call}, {one.failed}: {'; '.join(one.breaches)}", flush=True)
    return len(wrong)


def main() -> int:
    """Print a table; 1 where something is torn, lost, left over or not told."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--commands", nargs="*", default=COMMANDS)
    asked.add_argument("--turns", nargs="*", type=int, default=range(len(WAYS)))
    asked.add_argument("--kills", type=int, default=KILLS)
    wanted, wrong = asked.parse_args(), 0
    print(f"seed {SEED}\n\n| command | last call | tries | ended | breaches |\n|---|---|---|---|---|", flush=True)
    for command in wanted.commands:
        for turn in wanted.turns:
            wrong += told(f"{command}, turn {turn}", failed(command, turn))
        if command in LOCKED and wanted.kills:
            wrong += told(f"{command}, killed", list(killed(command, wanted.kills)))
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"\n{wrong} breaches, {sum(one.ru_utime + one.ru_stime for one in spent):.0f} CPU-seconds")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
