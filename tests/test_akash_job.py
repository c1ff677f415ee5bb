"""Two runs of the job on Akash: the second knows what ended since the first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.akash_compute import READINGS
from ingest.job import Outcome, read_network
from ingest.networks.akash import NETWORK
from ingest.transport import Http
from store.landing import Landing, contents
from tests.akash_market import Rented, Served, node, provider, tenant
from tests.lcd import ONE
from tests.servers import serving

WANTED = [reading for reading in READINGS if reading.name in ("lease_ledger", "accrued_uact")]


def ran(
    landing: Landing, leases: Sequence[Rented], head: int, time: datetime, patch: pytest.MonkeyPatch
) -> list[Outcome]:
    """One run against a node whose head is at a block of that time."""
    with serving(node(Served(leases, time=time), head)) as address, Http(10_000, Retry(0)) as http:
        patch.setenv("AKASH_URL", address)
        return read_network(NETWORK, WANTED, http, landing, lambda _: None)


def newest(landing: Landing, reading: str) -> tuple[pl.DataFrame, datetime | None]:
    path = max((landing.folder / "akash/akashnet-2" / reading).glob("*.parquet"), key=lambda path: int(path.stem))
    (landed,) = contents(path)
    return landing.read(path, landed.snapshot.key), landed.snapshot.since


def test_a_lease_that_ended_between_two_runs_is_paid_to_its_last_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, now = Landing(tmp_path), datetime.now(UTC).replace(microsecond=0)
    stays, ends = Rented(1, tenant(1), provider(1), "uact", ONE), Rented(2, tenant(2), provider(2), "uact", 3 * ONE)
    first = now - timedelta(seconds=240)
    assert not any(one.error for one in ran(landing, [stays, ends], 1000, first, monkeypatch))
    rows, _ = newest(landing, "accrued_uact")
    assert rows.is_empty()
    ended = replace(ends, state="closed", settled=3 * 110 * ONE)
    assert not any(one.error for one in ran(landing, [stays, ended], 1040, now, monkeypatch))
    rows, since = newest(landing, "accrued_uact")
    providers = rows.filter(pl.col("population") == "providers").select("holder", "amount").rows()
    # Both blocks are two below the head: 998 and 1038; accounts were settled at 900.
    assert {holder: int(amount) for holder, amount in providers} == {
        provider(1): 40 * ONE,
        provider(2): 3 * (110 - 98) * ONE,
    }
    assert since == first - timedelta(seconds=12)
