import json
import os
import random
import re
import shutil
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest import job
from ingest.networks import networks
from store.landing import Landing
from store.mart import current, generation, opened
from tests.worlds.moving_chain import begun, called, command, finished, moving_chain

pytestmark = pytest.mark.slow
AKASH = ("run", "--network", "akash", "--reading", "validators", "--all")


def test_a_run_lands_and_publishes_and_status_calls_it_fresh(tmp_path: Path) -> None:
    with moving_chain() as address:
        code, _, errors = finished(command(tmp_path, *AKASH, AKASH_URL=address))
    assert code == 0, errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT n FROM distribution")["n"].to_list() == [40]
    code, output, _ = finished(command(tmp_path, "status", "--json"))
    document = json.loads(output)
    rows = {(row["network"], row["reading"]): row["state"] for row in document["readings"]}
    assert rows["akash", "validators"] == "fresh"
    assert document["last_run"]["status"] == "fresh"
    assert document["disk_bytes"]["landing"] > 0
    # Other networks were never read, which an operator must hear of.
    assert code == 4


def test_when_nothing_could_be_read_the_exit_code_is_stale(tmp_path: Path) -> None:
    whole = ("run", "--network", "akash", "--all")
    code, _, errors = finished(command(tmp_path, "--log", "json", *whole, AKASH_URL="http://127.0.0.1:9"))
    assert code == 4
    lines = [json.loads(line) for line in errors.splitlines()]
    assert {line["error"] for line in lines} == {"SourceDown"}
    # One host that is down is told once in full, and once for whom it stopped.
    assert len(lines) == 2
    assert len(lines[1]["reading"].split(", ")) == len(networks()["akash"].readings) - 1


def test_nothing_but_lines_of_ours_is_on_stderr(tmp_path: Path) -> None:
    """Of a run and of other commands likewise: `finished` looks, and the other tests of JSON logs parse each line."""
    told = ("--log", "json", "rebuild"), ("doctor", "--network", "akash"), ("run", "--network", "nowhere")
    started = [command(tmp_path, *arguments, AKASH_URL="http://127.0.0.1:9") for arguments in told]
    json_log, text_log, usage = [finished(process)[2].splitlines() for process in started]
    assert [json.loads(line)["level"] for line in json_log] == ["INFO"]
    assert text_log == []
    assert [line for line in usage if not re.match("Usage: |Try |[╭│╰]", line)] == []


def test_a_second_run_at_once_is_told_of_the_first(tmp_path: Path) -> None:
    with job.lock(tmp_path):
        code, _, errors = finished(command(tmp_path, *AKASH))
    assert code == 75
    assert "another run" in errors


def test_a_reading_whose_newest_file_is_torn_is_read_again(tmp_path: Path) -> None:
    torn = tmp_path / "landing" / "akash" / "akashnet-2" / "validators" / "1.parquet"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"PAR1 and no more")
    with moving_chain() as address:
        code, _, errors = finished(
            command(tmp_path, "run", "--network=akash", "--reading=validators", AKASH_URL=address)
        )
    assert (code, f"{torn} is torn" in errors) == (4, True)
    with opened(tmp_path) as mart:
        assert mart.table("SELECT n FROM distribution")["n"].to_list() == [40]


class Reader(threading.Thread):
    """Looks at each mart once it is published, and each second; remembers every block that it saw and every fault."""

    def __init__(self, data: Path) -> None:
        super().__init__()
        self.data, self.seen, self.faults, self.stop = data, set[int](), list[str](), threading.Event()
        self.generations = 0
        self.last = 0

    def run(self) -> None:
        current, told, looked = self.data / "CURRENT", "", 0.0
        while not self.stop.wait(0.05):
            now = current.read_text() if current.exists() else ""
            if now and (now != told or time.monotonic() > looked + 1):
                self._look()
                told, looked = now, time.monotonic()

    def _look(self) -> None:
        with opened(self.data) as mart:
            number = generation(mart.path)
            rows = mart.table(
                """
                SELECT s.height, d.n, d.total, count(m.metric) AS metrics,
                       (SELECT count(*) FROM holding h WHERE h.snapshot = s.id) AS held
                FROM snapshot s LEFT JOIN distribution d ON d.snapshot = s.id
                LEFT JOIN metric m ON m.snapshot = s.id GROUP BY ALL ORDER BY s.height
                """
            )
        self.generations += number > self.last
        if number < self.last:
            self.faults.append(f"generation {number} after {self.last}")
        if not self.seen <= set(rows["height"]):
            self.faults.append(f"rows of {self.seen - set(rows['height'])} are gone")
        if not (rows["n"] == 40).all() or not (rows["metrics"] > 10).all() or set(rows["held"]) - {0, 40}:
            self.faults.append(f"a half mart: {rows}")
        self.last, self.seen = number, self.seen | set(rows["height"])


def ended(process: subprocess.Popen[str]) -> int:
    """Exit code of a process that ends, or was killed."""
    with process:
        return process.wait(120)


def test_killed_runs_lose_nothing_that_was_published(tmp_path: Path) -> None:
    dice, killed = random.Random(2026), 0
    with moving_chain() as address:
        code, _, errors = called(tmp_path, *AKASH, AKASH_URL=address)
        assert code == 0, errors
        process = begun(tmp_path, *AKASH, AKASH_URL=address)
        started = time.monotonic()
        assert ended(process) == 0
        usual = time.monotonic() - started
        reader = Reader(tmp_path)
        reader.start()
        for number in range(22):
            process, started = begun(tmp_path, *AKASH, AKASH_URL=address), time.monotonic()
            if number % 11 == 10:
                # One of eleven ends by itself, and tells how long one takes on this machine now.
                assert ended(process) == 0
                usual = time.monotonic() - started
                continue
            time.sleep(dice.uniform(0.1, 1.1) * usual)
            killed += process.poll() is None
            process.kill()
            ended(process)
            with job.lock(tmp_path):
                pass
        code, _, errors = called(tmp_path, *AKASH, AKASH_URL=address)
        reader.stop.set()
        reader.join()
    assert code == 0, errors
    assert reader.faults == []
    assert killed >= 10
    assert reader.generations >= 2
    landed = {int(path.stem) for path in Landing(tmp_path).files()}
    with opened(tmp_path) as mart:
        assert set(mart.table("SELECT height FROM snapshot")["height"]) == landed
    assert not list(tmp_path.glob("draft*"))


def test_ten_readers_see_each_of_ten_generations_without_error(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
        readers = [Reader(tmp_path) for _ in range(10)]
        for reader in readers:
            reader.start()
        for _ in range(10):
            assert ended(begun(tmp_path, *AKASH, AKASH_URL=address)) == 0
        time.sleep(1)
        for reader in readers:
            reader.stop.set()
        for reader in readers:
            reader.join()
    assert [reader.faults for reader in readers] == [[]] * 10
    assert {reader.last for reader in readers} == {generation(current(tmp_path))}


def test_the_lock_holds_while_its_holder_lives(tmp_path: Path) -> None:
    with job.lock(tmp_path), pytest.raises(job.Locked), job.lock(tmp_path):
        pass
    with job.lock(tmp_path):
        assert os.getpid()


def test_times_in_the_mart_are_utc(tmp_path: Path) -> None:
    with moving_chain() as address:
        finished(command(tmp_path, *AKASH, AKASH_URL=address, TZ="Asia/Tokyo"))
    with opened(tmp_path) as mart:
        time_of_block = mart.table("SELECT time FROM snapshot")["time"][0]
    assert abs((datetime.now(UTC) - time_of_block).total_seconds()) < 600


TABLES = ("snapshot", "population", "holder", "holding", "distribution", "metric", "measured", "run", "run_error")


def test_a_backup_of_landing_is_the_whole_store(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with moving_chain() as address:
        for _ in range(3):
            called(first, *AKASH, AKASH_URL=f"http://127.0.0.1:9,{address}")
    shutil.copytree(first / "landing", second / "landing")
    code, _, errors = called(second, "rebuild")
    assert code == 0, errors
    with opened(first) as before, opened(second) as after:
        for table in TABLES:
            rows = f"FROM {table} ORDER BY ALL"
            assert before.table(rows).equals(after.table(rows)), table
