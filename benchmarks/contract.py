"""Every answer of every reading replaced by every fault: `python -m benchmarks.contract [network ...]`.

The suite tries each route or method at some of its answers (tests/ingest/test_contract.py); here all of them are tried.
Prints a line a network, then each breach of the contract.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.network import Network
from ingest.networks import networks
from tests.worlds.contract import Breach, all_cases, breaches


def tried(network: Network, folder: Path) -> Iterator[Breach | None]:
    """What became of each run with a spoiled answer."""
    for case in all_cases(network, folder):
        yield from breaches(*case)


def main(names: list[str]) -> int:
    """Print the table; 1 where the contract is broken."""
    found: list[Breach] = []
    print("| network | readings | runs | fewer rows unprovably | breaches | CPU s |\n|---|---|---|---|---|---|")
    with TemporaryDirectory() as folder:
        for network in networks().values():
            if network.readings and (not names or network.name in names):
                start = time.process_time()
                told = list(tried(network, Path(folder)))
                broken = [one for one in told if one and one.provable]
                shorter = sum(1 for one in told if one and not one.provable)
                spent = time.process_time() - start
                counts = f"{len(network.readings)} | {len(told):,} | {shorter} | {len(broken):,} | {spent:.0f}"
                print(f"| {network.name} | {counts} |", flush=True)
                found += broken
    for one in found:
        print(one)
    return bool(found)


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    logging.disable(logging.CRITICAL)
    sys.exit(main(sys.argv[1:]))
