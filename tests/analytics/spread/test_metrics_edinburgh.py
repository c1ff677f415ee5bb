"""Published numbers of the Edinburgh Decentralisation Index come out again from their inputs."""

import csv
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from analytics.spread.batches import Threshold
from analytics.spread.metrics import distribution

LEDGERS = ("bitcoin", "bitcoin_cash", "cardano", "consensus", "dogecoin", "execution", "litecoin", "zcash")
TAU = (Threshold(33, 100, strict=False), Threshold(66, 100, strict=False))
# A row dated D covers the 30 days from D - 14; whoever mined in a neighbouring window stays in the population.
BEFORE, AFTER, STEP = timedelta(14), timedelta(15), timedelta(30)
OF_MINERS = {
    "entropy=1": "shannon",
    "entropy_percentage=1": "shannon_normalised",
    "hhi": "hhi",
    "nakamoto_coefficient": "nc_ge_1_2_edi",
    "concentration_ratio=1": "top_1",
    "concentration_ratio=3": "top_3",
    "tau_index=0.33": "nc_ge_33_100",
    "tau_index=0.66": "nc_ge_66_100",
    "total_entities": "holders",
}
OF_POPULATION = {"gini": "gini_all", "theil_index": "theil_all"}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def same(published: Mapping[str, str], found: Mapping[str, float], columns: Mapping[str, str]) -> bool:
    return all(
        math.isclose(float(published[theirs]), found[ours], rel_tol=1e-9, abs_tol=1e-12)
        for theirs, ours in columns.items()
    )


@pytest.mark.parametrize("ledger", LEDGERS)
def test_nodes_by_organization_reproduce_the_published_row(shared: Path, ledger: str) -> None:
    folder = shared / "metrics" / "edi" / "network"
    # Of Bitcoin they publish numbers without Tor.
    name = "bitcoin_without_tor" if ledger == "bitcoin" else ledger
    nodes = table(folder / f"clustered_organizations_{name}.csv")
    day = next(column for column in nodes[0] if column != "Organizations")
    published = [row for row in table(folder / f"output_organizations_{ledger}.csv") if row["date"] == day]
    found = distribution([int(row[day]) for row in nodes])
    columns = {"hhi": "hhi", "nakamoto_coefficient": "nc_ge_1_2_edi", "max_power_ratio": "top_1"}
    assert len(published) == 1
    assert same(published[0], found, columns)


@pytest.mark.slow
def test_bitcoin_blocks_by_pool_reproduce_the_published_table(shared: Path) -> None:
    folder = shared / "metrics"
    blocks = blocks_by_day(folder / "nc" / "bitcoin_daily.csv")
    rows = table(folder / "edi" / "consensus" / "bitcoin" / "output_clustered.csv")
    covered = [(row, mined(blocks, date.fromisoformat(row["date"]))) for row in rows]
    compared = [(row, found) for row, found in covered if found]
    assert len(compared) == 73
    # In ten windows the daily file names one or two small entities more, or fewer, than the published mapping does.
    robust = {name: OF_MINERS[name] for name in OF_MINERS if name.startswith(("naka", "conc", "tau"))}
    assert sum(same(row, found, robust) for row, found in compared) == 73
    assert sum(same(row, found, OF_MINERS) for row, found in compared) >= 63
    assert sum(same(row, found, OF_MINERS | OF_POPULATION) for row, found in compared) >= 55


def blocks_by_day(path: Path) -> dict[date, dict[str, int]]:
    """Blocks of each entity on each day."""
    with path.open(newline="") as lines:
        header, *rows = csv.reader(lines)
    # Days are written day first.
    days = [datetime.strptime(text, "%d/%m/%Y").date() for text in header[1:]]  # noqa: DTZ007 - a day has no zone
    found: dict[date, dict[str, int]] = {day: {} for day in days}
    for entity, *counts in rows:
        for day, count in zip(days, counts, strict=True):
            if int(count):
                found[day][entity] = int(count)
    return found


def window(blocks: Mapping[date, Mapping[str, int]], middle: date) -> dict[str, int]:
    """Blocks of each entity in the 30 days around a date; nothing where a day is missing."""
    days = [middle - BEFORE + timedelta(number) for number in range((BEFORE + AFTER).days + 1)]
    found: dict[str, int] = {}
    if all(day in blocks for day in days):
        for day in days:
            for entity, count in blocks[day].items():
                found[entity] = found.get(entity, 0) + count
    return found


def mined(blocks: Mapping[date, Mapping[str, int]], middle: date) -> dict[str, float]:
    """Metrics of a window, with entities of the neighbouring windows counted as registered."""
    now = window(blocks, middle)
    if not now:
        return {}
    registered = {*now, *window(blocks, middle - STEP), *window(blocks, middle + STEP)}
    found = distribution([now.get(entity, 0) for entity in registered], thresholds=TAU)
    found["holders"] = len(now)
    found["theil_all"] = found["theil"] + math.log(len(registered) / len(now))
    return found
