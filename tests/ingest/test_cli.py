import json
import os
import random
import re
import shutil
import threading
import time
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import polars as pl
import pytest

from ingest import job
from ingest.__main__ import _code, _kinds
from ingest.networks import networks
from ingest.publication import build
from store.landing import Landing
from store.mart import current, generation, opened
from store.rows import Block, Facts, Kind, ReadingError, Snapshot, frame, observation
from tests.store.test_rot import ingest
from tests.worlds.moving_chain import begun, called, command, finished, moving_chain
from tests.worlds.servers import Reply, Request, serving

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


def test_a_network_that_is_down_leaves_the_other_published(tmp_path: Path) -> None:
    with moving_chain() as address:
        run = ("run", "--network", "akash", "--network", "fetch", "--reading", "validators", "--all")
        code, _, errors = called(tmp_path, *run, AKASH_URL=address, FETCH_URL="http://127.0.0.1:9")
    assert code == 3, errors
    assert "127.0.0.1:9" in errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT network FROM snapshot")["network"].to_list() == ["akash"]
        assert mart.table("SELECT network, error FROM run_error").rows() == [("fetch", "SourceDown")]
        assert mart.table("SELECT status FROM run")["status"].to_list() == ["partial"]


def test_when_nothing_could_be_read_the_exit_code_is_stale(tmp_path: Path) -> None:
    whole = ("run", "--network", "akash", "--all")
    code, _, errors = finished(command(tmp_path, "--log", "json", *whole, AKASH_URL="http://127.0.0.1:9"))
    assert code == 4
    lines = [json.loads(line) for line in errors.splitlines()]
    assert {line["error"] for line in lines} == {"SourceDown"}
    # One host that is down is told once in full, and once for whom it stopped.
    assert len(lines) == 2
    assert len(lines[1]["reading"].split(", ")) == len(networks()["akash"].readings) - 1


def test_a_host_off_chain_that_is_down_is_told_once_with_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKASH_CONSOLE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PRICES_URL", "http://127.0.0.1:9,http://127.0.0.1:7")
    for network, hosts in (("akash_console", 1), ("prices", 2)):
        told = ingest(tmp_path, "run", "--network", network, "--all")
        lines = [line for line in told.stderr.splitlines() if line.startswith("WARNING")]
        assert (told.exit_code, len(lines)) == (4, 2 * hosts), lines
        assert sum("refused the connection" in line for line in lines) == hosts
        others = [name for line in lines if "the same stopped" in line for name in line.split(": ")[-1].split(", ")]
        assert len(others) == len(networks()[network].readings) - hosts


def test_what_is_not_due_is_not_asked(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    due = ("run", "--network", "akash", "--reading", "validators")
    code, _, errors = called(tmp_path, *due, AKASH_URL="http://127.0.0.1:9")
    assert (code, "nothing is due" in errors) == (0, True)


def test_a_dry_run_asks_nobody(tmp_path: Path) -> None:
    code, output, _ = called(tmp_path, *AKASH, "--dry-run", AKASH_URL="http://127.0.0.1:9")
    assert (code, output.strip()) == (0, "akash: validators from http://127.0.0.1:9")
    assert not (tmp_path / "CURRENT").exists()


def test_nothing_but_lines_of_ours_is_on_stderr(tmp_path: Path) -> None:
    """Of a run and of other commands likewise: `finished` looks, and the other tests of JSON logs parse each line."""
    told = ("--log", "json", "rebuild"), ("doctor", "--network", "akash"), ("run", "--network", "nowhere")
    started = [command(tmp_path, *arguments, AKASH_URL="http://127.0.0.1:9") for arguments in told]
    json_log, text_log, usage = [finished(process)[2].splitlines() for process in started]
    assert [json.loads(line)["level"] for line in json_log] == ["INFO"]
    assert [line.split()[0] for line in text_log] == ["INFO"]
    assert [line for line in usage if not re.match("Usage: |Try |[╭│╰]", line)] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--network", "nowhere"), "'nowhere' is no network"),
        (("run", "--reading", "nothing"), "'nothing' is no reading"),
        (("status", "--max-age", "soon"), "'soon' is no age"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_is_explained(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, errors = called(tmp_path, "rebuild")
    assert code == 0, errors
    code, _, errors = called(tmp_path, *arguments)
    assert code == 2
    assert said in errors


def test_a_second_run_at_once_is_told_of_the_first(tmp_path: Path) -> None:
    with job.lock(tmp_path):
        code, _, errors = finished(command(tmp_path, *AKASH))
    assert code == 75
    assert "another run" in errors


def test_a_torn_landing_file_is_named_and_the_rest_is_published(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
        torn = tmp_path / "landing" / "akash" / "akashnet-2" / "validators" / "1.parquet"
        torn.write_bytes(b"PAR1 and no more")
        code, _, errors = called(tmp_path, "rebuild")
    assert code == 4
    assert str(torn) in errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT count(*) AS n FROM snapshot")["n"][0] == 1


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


def test_a_torn_file_found_by_a_run_is_in_status_with_its_remedy(tmp_path: Path) -> None:
    torn = tmp_path / "landing" / "akash" / "akashnet-2" / "names" / "1.parquet"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"PAR1 and no more")
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    code, output, _ = called(tmp_path, "status")
    (line,) = [line for line in output.splitlines() if line.startswith(f"{torn} is torn: ")]
    assert code == 4
    assert line.endswith("restore it from a backup, or delete it and the next run reads again, or import it again")
    _, output, _ = called(tmp_path, "status", "--json")
    assert [str(torn) in message for message in json.loads(output)["torn"]] == [True]
    torn.unlink()
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    assert "torn" not in called(tmp_path, "status")[1]


def test_status_tells_an_error_and_its_endpoint_in_full_where_the_screen_is_narrow(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    down = "http://127.0.0.1:9/a/long/path/of/a/node/behind/a/gateway/and/then/some/more"
    code, _, errors = called(tmp_path, *AKASH, AKASH_URL=down)
    assert code == 4, errors
    _, output, _ = called(tmp_path, "status", COLUMNS="80")
    assert "…" not in output
    last_run, counted, *_ = output.splitlines()
    assert last_run.startswith("last run ")
    assert last_run.endswith("failed, 1 errors")
    assert counted.startswith("readings: ")
    (line,) = [line for line in output.splitlines() if line.startswith("akash: SourceDown: ")]
    assert "http://127.0.0.1:9: refused the connection" in line
    assert line.endswith(f"last read from {address} (validators)")


def test_the_doctor_says_what_each_endpoint_refuses(tmp_path: Path) -> None:
    with moving_chain() as address:
        both = f"{address},http://127.0.0.1:9"
        code, output, errors = called(tmp_path, "doctor", "--network", "akash", AKASH_URL=both)
    good, bad = output.splitlines()
    assert (code, "1 of 2 addresses can be used" in errors) == (3, True)
    assert "akashnet-2, block" in good
    assert "127.0.0.1:9" in bad


def test_the_doctor_asks_sources_that_are_no_chain(tmp_path: Path) -> None:
    asked = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(b"{}")

    with serving(answer) as address:
        both = f"http://127.0.0.1:9,{address},http://127.0.0.1:7"
        code, output, _ = called(tmp_path, "doctor", "--network", "prices", PRICES_URL=both)
    bad, good, unused = output.splitlines()
    assert code == 3
    assert bad == "prices http://127.0.0.1:9: refused the connection"
    assert good == f"prices {address}: answers"
    assert asked == ["/ping"]
    assert unused == "prices http://127.0.0.1:7: not asked, nothing is read from it"


def test_the_doctor_fails_for_every_address_where_nobody_answers(tmp_path: Path) -> None:
    for network, address in (
        ("prices", "http://127.0.0.1:9,http://127.0.0.1:7"),
        ("akash_console", "http://127.0.0.1:9"),
    ):
        arguments = ("doctor", "--network", network)
        code, output, _ = called(tmp_path, *arguments, **{f"{network.upper()}_URL": address})
        assert (code, output.count("refused the connection")) == (4, address.count("http"))


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_table_is_exported(tmp_path: Path, ending: str) -> None:
    code, _, errors = called(tmp_path, "rebuild")
    assert code == 0, errors
    file = tmp_path / f"network.{ending}"
    code, _, errors = called(tmp_path, "export", "network", str(file))
    assert code == 0, errors
    assert b"akash" in file.read_bytes()


def test_an_exported_csv_marks_formulas_and_leaves_negative_numbers(tmp_path: Path) -> None:
    texts = ["-12.5", "-1e-7", "-1+1", "=1+1", "@x", "+1", "12.5", "-"]
    now = datetime.now(UTC)
    rows = [observation("told", now, text, "", subject=str(place)) for place, text in enumerate(texts)]
    block = Block(1, "AB", now)
    one = Snapshot("akash", "akashnet-2", "told", Kind.OBSERVATIONS, None, "", block, "Told.", "http://127.0.0.1")
    Landing(tmp_path).land(one, Facts(frame(Kind.OBSERVATIONS, rows)))
    build(tmp_path, networks())
    file = tmp_path / "observation.csv"
    code, _, errors = called(tmp_path, "export", "observation", str(file))
    assert code == 0, errors
    written = pl.read_csv(file, schema_overrides={"exact": pl.String}).sort("subject")["exact"].to_list()
    assert written == ["-12.5", "-1e-7", "'-1+1", "'=1+1", "'@x", "'+1", "12.5", "'-"]


def test_pruning_keeps_what_was_published(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    code, _, errors = called(tmp_path, "prune")
    assert code == 0, errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT count(*) AS n FROM snapshot")["n"][0] == 1


class Reader(threading.Thread):
    """Polls the published mart as a page does; remembers every block it saw and every fault."""

    def __init__(self, data: Path) -> None:
        super().__init__()
        self.data, self.seen, self.faults, self.stop = data, set[int](), list[str](), threading.Event()
        self.generations = 0
        self.last = 0

    def run(self) -> None:
        while not self.stop.wait(0.1):
            if (self.data / "CURRENT").exists():
                self._look()

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


def ended(process: ForkServerProcess) -> int | None:
    """Exit code of a process that ends, or was killed."""
    process.join(120)
    code = process.exitcode
    process.close()
    return code


def test_fifty_killed_runs_lose_nothing_that_was_published(tmp_path: Path) -> None:
    dice, killed = random.Random(2026), 0
    with moving_chain() as address:
        code, _, errors = called(tmp_path, *AKASH, AKASH_URL=address)
        assert code == 0, errors
        # The first of them starts what the others are forked from.
        for _ in range(2):
            started = time.monotonic()
            assert ended(begun(tmp_path, *AKASH, AKASH_URL=address)) == 0
            usual = time.monotonic() - started
        reader = Reader(tmp_path)
        reader.start()
        for _ in range(50):
            process = begun(tmp_path, *AKASH, AKASH_URL=address)
            time.sleep(dice.uniform(0.1, 1.1) * usual)
            killed += process.is_alive()
            process.kill()
            ended(process)
            with job.lock(tmp_path):
                pass
        code, _, errors = called(tmp_path, *AKASH, AKASH_URL=address)
        reader.stop.set()
        reader.join()
    assert code == 0, errors
    assert reader.faults == []
    assert killed >= 25
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


def test_a_second_endpoint_that_agrees_is_told(tmp_path: Path) -> None:
    with moving_chain() as one, moving_chain() as other:
        code, _, errors = called(tmp_path, *AKASH, AKASH_URL=f"{one},{other}")
    assert code == 0, errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT endpoint, witness FROM snapshot").rows() == [(one, other)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "no-such-file.json", "--network", "cudos", "--time", "2024-09-01"),
        ("import", ".", "--network", "cudos", "--time", "2024-09-01"),
        ("backfill", "--network", "bittensor", "--since", "2026-01-01", "--until", "2026-01-02", "--step", "0d"),
        ("backfill", "--network", "bittensor", "--since", "2026-01-02", "--until", "2026-01-01"),
        ("run", "--network", "prices", "--reading", "validators"),
        ("prune",),
        ("rebuild",),
    ],
)
def test_wrong_usage_is_one_clear_error_and_makes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, _, errors = called(tmp_path / "mistyped", *arguments)
    assert code == 2
    assert "Traceback" not in errors
    assert not (tmp_path / "mistyped").exists()


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, errors = called(tmp_path / "file", *AKASH, AKASH_URL="http://127.0.0.1:9")
    assert (code, "Traceback" in errors) == (2, False)
    assert "cannot write to" in errors


def test_every_kind_of_reading_error_is_known_and_none_is_an_error_of_ours() -> None:
    assert networks()
    kinds = set(_kinds(ReadingError))
    assert {"SourceDown", "SourceChanged", "BadData", "NotServed", "Busy", "AnswerTooLarge"} <= kinds
    down = [job.Outcome("akash", "supply", error=kind) for kind in kinds]
    fine = job.Outcome("akash", "validators")
    assert _code(job.Report((fine, *down), ())) == 3
