import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import duckdb
import pytest

from ingest import job, serve
from ingest.networks import networks
from ingest.serve import someone_answers
from store.landing import Landing
from store.mart import opened
from tests.store.test_draft import build, snapshot, stake
from tests.worlds.moving_chain import ROOT, command, finished, moving_chain
from tests.worlds.servers import free_port, wait_for_port

pytestmark = pytest.mark.slow
DEAD = "http://127.0.0.1:9"
# The sample of two days is as good as that of half a year, in which these tests do not look.
SHORTLY = (
    "-c",
    """
import functools, runpy
from ingest.sample import world
world.build_sample = functools.partial(world.build_sample, days=2)
runpy.run_module("ingest", run_name="__main__")
""",
)


def nobody(**but: str) -> dict[str, str]:
    """An environment in which no public endpoint is asked."""
    return {f"{name.upper()}_URL": DEAD for name, one in networks().items() if one.chain} | but


def served(data: Path, **environment: str) -> tuple[str, str]:
    """What /_stcore/health says, and what `make run` printed until then."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, *SHORTLY, "serve"],
        cwd=ROOT,
        env={
            **os.environ,
            "DEAI_DATA": str(data),
            "DEAI_REQUESTS_PER_SECOND": "1000",
            "STREAMLIT_SERVER_PORT": str(port),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    health, end = "", time.monotonic() + 240
    while health != "ok" and time.monotonic() < end and process.poll() is None:
        time.sleep(0.3)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                # The border is before whatever this command serves.
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                health = answer.read().decode()
        except OSError:
            continue
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    return health, output


def test_without_a_network_the_sample_is_served_and_said_to_be_simulated(tmp_path: Path) -> None:
    health, output = served(tmp_path, **nobody())
    assert health == "ok", output
    assert "no chain endpoint answered within 15 s: serving simulated data" in output
    with opened(tmp_path / "sample") as mart:
        assert mart.table("SELECT simulated FROM meta")["simulated"].to_list() == [True]
    assert not (tmp_path / "CURRENT").exists()


def test_what_another_version_published_is_built_again_before_it_is_served(tmp_path: Path) -> None:
    Landing(tmp_path).land(snapshot(1), stake(3))
    before = build(tmp_path)
    with duckdb.connect(str(before)) as connection:
        connection.execute("ALTER TABLE meta DROP COLUMN layout")
    (tmp_path / "CURRENT").write_text(before.name)
    health, output = served(tmp_path, **nobody())
    assert health == "ok", output
    assert f"{before} is of another version of this program" in output
    with opened(tmp_path) as mart:
        assert mart.table("SELECT n FROM distribution WHERE grouping = 'address'")["n"].to_list() == [1]


def test_with_one_chain_its_headlines_are_read_and_served(tmp_path: Path) -> None:
    with moving_chain() as address:
        health, output = served(tmp_path, **nobody(AKASH_URL=address))
    assert health == "ok", output
    with opened(tmp_path) as mart:
        readings = mart.table("SELECT DISTINCT reading FROM snapshot WHERE network = 'akash'")["reading"].to_list()
    assert "validators" in readings
    assert not (tmp_path / "sample").exists()


def test_while_another_first_run_works_the_dashboard_opens_and_says_that_it_waits(tmp_path: Path) -> None:
    with moving_chain() as address, job.lock(tmp_path):
        health, output = served(tmp_path, **nobody(AKASH_URL=address))
    assert health == "ok", output
    assert f"another run is at work in {tmp_path}: the dashboard starts empty" in output
    assert "Traceback" not in output
    assert not (tmp_path / "sample").exists()


def test_a_later_start_asks_nobody(tmp_path: Path) -> None:
    finished(command(tmp_path, "rebuild"))
    health, output = served(tmp_path, **nobody())
    assert health == "ok", output
    assert "failed" not in output
    # Streamlit wrote down each request of each reader, with the address, and asked to be started again.
    assert ("GET /" in output, "please restart" in output) == (False, False)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_one_process_and_several_alike(hamlet: Path, processes: int, number: signal.Signals) -> None:
    """Several ended with 0, one with 0 after INT, and as killed after TERM."""
    port = str(free_port())
    process = subprocess.Popen(
        serve.command("127.0.0.1", port, processes),
        cwd=ROOT,
        env={**os.environ, "DEAI_DATA": str(hamlet), **serve.shared(port, processes)},
        stderr=subprocess.PIPE,
    )
    wait_for_port(int(port), process, 60)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=60):
        process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert b"Traceback" not in errors


def test_a_price_source_alone_is_no_chain_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", DEAD)
    assert not someone_answers({name: networks()[name] for name in ("akash", "prices")}, 5.0)
