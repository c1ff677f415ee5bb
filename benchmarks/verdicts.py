"""The verdict step of a build: all verdicts, and the power over every network by every path, from the sample's mart."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import OURS, Case, Work
from ingest.networks import networks
from ingest.publication import build
from ingest.sample.world import build_sample
from publish import evidence
from store.landing import SAMPLE
from store.mart import NoMart, Outdated, opened
from tests.conftest import ROOT

UNTIL: Final = datetime(2026, 11, 29, tzinfo=UTC)


def sample(days: int) -> Path:
    """The data folder of a sample of so many days, with a mart of this version; kept under build/bench."""
    data = ROOT / "build" / "bench" / f"verdicts-{days}" / SAMPLE
    try:
        opened(data).close()
    except Outdated:
        build(data, networks())
    except NoMart:
        build_sample(data, UNTIL, days)
    return data


def step(days: int) -> Work:
    """The rows of the tables `verdict`, `power` and `path`, as a build makes them."""
    mart = opened(sample(days))

    def work() -> dict[str, float]:
        rows = {"verdict": evidence.verdict_rows(mart), **evidence.power_rows(mart)}
        return {name: float(frame.height) for name, frame in rows.items()}

    return work


CASES = (Case("verdicts of {:,} days", OURS, step, sizes=(30, 180), limit=2.0),)
