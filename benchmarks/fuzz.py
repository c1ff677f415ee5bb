"""Odd answers by the million: `python -m benchmarks.fuzz --seed 14`, one line a decoder, ending with 1 at any fault.

The decoders and their good answers are those of tests/worlds/decoders.py and readers.py; a fault tells its decoder, its
try and its seed, which are enough to have it again: `--only NAME --from TRY --tries 1`.
"""

import argparse
import logging
import platform
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.worlds.decoders import Decoder, Fault, of_metadata
from tests.worlds.readers import decoders

ANSWERS, METADATA = 1_000_000, 10_000
# Parts of the million, by how long a try takes: readings and files take some milliseconds, all else some hundredths.
SLOW_SHARE = 0.02
SLOW = ("readings of", "importer.import_file")
HEAD = "| family | decoder | tries | refused | taken | faults | CPU s | peak MB so far |\n" + "|---" * 8 + "|"
# Nothing that is announced may be taken for memory.
MOST_MEMORY = 12 * 2**30


def shares(found: Sequence[Decoder], answers: int) -> Iterator[tuple[Decoder, int]]:
    """How many tries each decoder has of so many answers."""
    slow = [one for one in found if one.name.startswith(SLOW)]
    for one in found:
        part, among = (SLOW_SHARE, slow) if one in slow else (1 - SLOW_SHARE, [x for x in found if x not in slow])
        yield one, round(answers * part / len(among))


def tried(decoder: Decoder, seed: int, numbers: range) -> int:
    """Try one decoder and say how it went; the number of faults."""
    ended, faults, start = Counter[str](), list[str](), time.process_time()
    for number in numbers:
        try:
            ended[decoder.tried(seed, number)] += 1
        except Fault as fault:
            faults.append(str(fault)[:1000])
    spent, refused = time.process_time() - start, sum(ended.values()) - ended["taken"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    cells = (decoder.family, decoder.name, f"{len(numbers):,}", f"{refused:,}", f"{ended['taken']:,}", str(len(faults)))
    print(f"| {' | '.join((*cells, f'{spent:.0f}', str(peak)))} |", flush=True)
    print("".join(f"    {fault}\n" for fault in faults[:5]), end="", flush=True)
    return len(faults)


def processor() -> str:
    """What the kernel calls the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def main() -> int:
    """Try all, or the named ones."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=14)
    asked.add_argument("--only", default="")
    asked.add_argument("--from", type=int, default=0, dest="first")
    asked.add_argument("--tries", type=int, default=0, help="of each decoder, instead of its part of the million")
    given = asked.parse_args()
    logging.disable(logging.WARNING)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    found, blobs = list(decoders()), list(of_metadata())
    work = [*shares(found, ANSWERS), *((one, METADATA // len(blobs)) for one in blobs)]
    print(f"seed {given.seed}, Python {platform.python_version()}, {processor()}\n")
    print(HEAD)
    faults = 0
    for decoder, tries in work:
        if given.only in decoder.name:
            faults += tried(decoder, given.seed, range(given.first, given.first + (given.tries or tries)))
    print(f"\n{faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
