"""Two runs of the job on Akash: the second knows what ended since the first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.job import Outcome, read_network
from ingest.networks.akash import NETWORK, READINGS
from ingest.transport import Http
from store.landed import contents
from store.landing import Landing
from tests.worlds.akash_market import Rented, Served, node, provider, tenant
from tests.worlds.lcd import ONE
from tests.worlds.servers import serving

WANTED = [reading for reading in READINGS if reading.name in ("lease_ledger", "accrued_uact")]
BOTH = tuple(WANTED)


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


@pytest.mark.slow
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


def test_what_a_period_needs_is_read_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, now = Landing(tmp_path), datetime.now(UTC).replace(microsecond=0)
    monkeypatch.setattr("tests.ingest.akash.test_job.WANTED", [one for one in WANTED if one.name == "accrued_uact"])
    told = ran(landing, [Rented(1, tenant(1), provider(1), "uact", ONE)], 1000, now, monkeypatch)
    assert [(one.reading, one.error) for one in told] == [("lease_ledger", ""), ("accrued_uact", "")]


def test_no_period_ends_at_a_block_without_a_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, now = Landing(tmp_path), datetime.now(UTC).replace(microsecond=0)
    broken = Served([Rented(1, tenant(1), provider(1), "uact", ONE)], broken=frozenset({1}), time=now)
    with serving(node(broken)) as address, Http(10_000, Retry(0)) as http:
        monkeypatch.setenv("AKASH_URL", address)
        ledger, accrual = read_network(NETWORK, WANTED, http, landing, lambda _: None)
    assert (ledger.error, accrual.error) == ("SourceDown", "SourceDown")
    assert accrual.message == ledger.message


@pytest.mark.slow
def test_periods_join_without_a_gap_or_an_overlap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, now = Landing(tmp_path), datetime.now(UTC).replace(microsecond=0)
    leases = [Rented(1, tenant(1), provider(1), "uact", ONE)]
    earned, ends = [], []
    for run, both in enumerate([True, False, True, False, False, True]):
        time = now - timedelta(seconds=6 * 5 * (5 - run))
        monkeypatch.setattr("tests.ingest.akash.test_job.WANTED", BOTH if both else BOTH[:1])
        assert not any(one.error for one in ran(landing, leases, 1000 + 5 * run, time, monkeypatch))
        if both:
            rows, since = newest(landing, "accrued_uact")
            earned.append(sum(int(amount) for amount in rows.filter(population="providers")["amount"]))
            ends.append((since, time - timedelta(seconds=12)))
    assert [amount // ONE for amount in earned] == [0, 10, 15]
    assert [since for since, _ in ends[1:]] == [end for _, end in ends[:-1]]
