"""Commands as an operator gives them, within the test; tests/ingest/test_cli.py has those in a process of their own."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest import job
from ingest.__main__ import app
from ingest.commands.codes import code, kinds
from ingest.networks import networks
from ingest.publication import build
from store.faults import ReadingError
from store.landing import Landing
from store.mart import opened
from store.rows import Block, Facts, Kind, Snapshot, frame, observation
from tests.store.test_rot import ingest
from tests.worlds.moving_chain import called, moving_chain
from tests.worlds.servers import Reply, Request, serving
from tests.worlds.state_files import NOW, export, written

pytestmark = pytest.mark.wide

AKASH = ("run", "--network", "akash", "--reading", "validators", "--all")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which nothing was read, published."""
    data = tmp_path_factory.mktemp("empty")
    code, _, errors = called(data, "rebuild")
    assert code == 0, errors
    return data


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--network", "nowhere"), "'nowhere' is no network"),
        (("run", "--reading", "nothing"), "'nothing' is no reading"),
        (("status", "--max-age", "soon"), "'soon' is no age"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_is_explained(empty: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, errors = called(empty, *arguments)
    assert code == 2
    assert said in errors


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_status_tells_an_error_and_its_endpoint_in_full_where_the_screen_is_narrow(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    down = "http://127.0.0.1:9/a/long/path/of/a/node/behind/a/gateway/and/then/some/more"
    code, _, errors = called(tmp_path, *AKASH, AKASH_URL=down)
    assert code == 4, errors
    _, output, _ = called(tmp_path, "status", COLUMNS="80")
    assert "…" not in output
    dead, unread, blank, last_run, counted, *_ = output.splitlines()
    assert re.fullmatch(
        r"127\.0\.0\.1:9 does not answer since \S+ \S+ UTC \(refused the connection\): Akash \(1 reading\)\. "
        r"Do: nothing if that passes; else name another endpoint in AKASH_URL",
        dead,
    )
    assert unread.startswith("never read, though nothing failed: ")
    assert (blank, last_run[:9]) == ("", "last run ")
    assert last_run.endswith("failed, 1 errors")
    assert counted.startswith("readings: ")
    (line,) = [line for line in output.splitlines() if line.startswith("akash: SourceDown: ")]
    assert "http://127.0.0.1:9: refused the connection" in line
    assert line.endswith(f"last read from {address} (validators)")


def test_the_doctor_says_what_each_endpoint_refuses(tmp_path: Path) -> None:
    with moving_chain() as address:
        both = f"{address},http://127.0.0.1:9"
        code, output, _ = called(tmp_path, "doctor", "--network", "akash", AKASH_URL=both)
    summary, trouble, _, good, bad = output.splitlines()
    assert (code, summary) == (3, "1 of 2 addresses can be used")
    assert trouble.startswith("127.0.0.1:9 does not answer (refused the connection): Akash. Do: ")
    assert "akashnet-2, block" in good
    assert "127.0.0.1:9" in bad


def test_the_doctor_counts_nobody_whom_it_does_not_ask(tmp_path: Path) -> None:
    code, output, _ = called(tmp_path, "doctor", "--network", "cudos", CUDOS_URL="http://127.0.0.1:9")
    assert (code, output.splitlines()[0]) == (0, "0 of 0 addresses can be used")
    assert output.splitlines()[-1] == "cudos http://127.0.0.1:9: not asked, its state is imported"


def test_a_variable_that_sets_nothing_is_told_once(tmp_path: Path) -> None:
    _, _, errors = called(tmp_path, "status", SOLANA_URL="http://127.0.0.1:9", DATABASE_URL="http://127.0.0.1:9")
    assert errors.count("sets nothing here") == errors.count("did you mean GRASS_URL or IONET_URL or RENDER_URL?") == 1


def test_no_paragraph_of_a_help_is_broken_but_by_the_screen() -> None:
    helps = [app.info.help, *(command.help for command in app.registered_commands)]
    assert len(helps) > 10
    assert [text for text in helps if not text or "\n" in text.replace("\n\n", "")] == []


def test_the_doctor_asks_sources_that_are_no_chain(tmp_path: Path) -> None:
    asked = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(b"{}")

    with serving(answer) as address:
        both = f"http://127.0.0.1:9,{address},http://127.0.0.1:7"
        code, output, _ = called(tmp_path, "doctor", "--network", "prices", PRICES_URL=both)
    *_, bad, good, second = output.splitlines()
    assert code == 3
    assert bad == "prices http://127.0.0.1:9: refused the connection"
    assert good == f"prices {address}: answers"
    assert asked == ["/ping"]
    # It stands in for the first.
    assert second == "prices http://127.0.0.1:7: refused the connection"


def test_the_doctor_fails_for_every_address_where_nobody_answers(tmp_path: Path) -> None:
    for network, address in (
        ("prices", "http://127.0.0.1:9,http://127.0.0.1:7"),
        ("akash_console", "http://127.0.0.1:9"),
    ):
        arguments = ("doctor", "--network", network)
        code, output, _ = called(tmp_path, *arguments, **{f"{network.upper()}_URL": address})
        # One line for all that are silent, before a line for each.
        assert (code, output.count("refused the connection")) == (4, 1 + address.count("http"))


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_table_is_exported(empty: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"network.{ending}"
    code, _, errors = called(empty, "export", "network", str(file))
    assert code == 0, errors
    assert b"akash" in file.read_bytes()


@pytest.mark.slow
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


@pytest.mark.slow
def test_pruning_keeps_what_was_published(tmp_path: Path) -> None:
    with moving_chain() as address:
        called(tmp_path, *AKASH, AKASH_URL=address)
    code, _, errors = called(tmp_path, "prune")
    assert code == 0, errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT count(*) AS n FROM snapshot")["n"][0] == 1


@pytest.mark.slow
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
    known = set(kinds(ReadingError))
    assert {"SourceDown", "SourceChanged", "BadData", "NotServed", "Busy", "AnswerTooLarge"} <= known
    down = [job.Outcome("akash", "supply", error=kind) for kind in known]
    fine = job.Outcome("akash", "validators")
    assert code(job.Report((fine, *down), ())) == 3


@pytest.mark.slow
def test_an_export_of_a_chain_is_imported_and_every_file_of_it_verified(tmp_path: Path) -> None:
    data, yesterday = tmp_path / "data", f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    arguments = (str(written(tmp_path, export())), "--network", "cudos", "--time", yesterday)
    code, _, errors = called(data, "import", *arguments)
    assert code == 0, errors
    with opened(data) as mart:
        assert mart.table("SELECT yes FROM proposal WHERE proposal = '1'").rows() == [(776,)]
    assert called(data, "verify", "--landing")[:2] == (0, "")
    path = Landing(data).files()[0]
    path.write_bytes(path.read_bytes()[:-20])
    code, said, _ = called(data, "verify", "--landing")
    assert (code, str(path) in said) == (4, True)
