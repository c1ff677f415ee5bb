"""Refuses what the fast tests cover too little: `python -m tests.covered coverage.json`, run by `make coverage`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

# Per cent of lines.
OF_ALL: Final = 90
OF_A_MODULE: Final = 75


def too_little(told: Mapping[str, Any]) -> Iterator[str]:
    """What is covered too little, by the report of coverage.py, least first."""
    shares = {name: one["summary"]["percent_covered"] for name, one in told["files"].items()}
    for name in sorted(shares, key=shares.__getitem__):
        if shares[name] < OF_A_MODULE:
            yield f"{shares[name]:.1f} % of {name}, at least {OF_A_MODULE} % is asked"
    if told["totals"]["percent_covered"] < OF_ALL:
        yield f"{told['totals']['percent_covered']:.1f} % of all lines, at least {OF_ALL} % is asked"


if __name__ == "__main__":
    sys.exit("\n".join(too_little(json.loads(Path(sys.argv[1]).read_text()))) or None)
