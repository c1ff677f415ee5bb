"""What status says first: five lines at most, for each kind of fault, from a ledger that a real run wrote."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.evm.refusals import refusal
from ingest.job import Record
from ingest.standing import LINES, REMEDY, Standing
from ingest.substrate.rpc import _refusal
from questions.trouble import Trouble
from store.faults import BadData, Cause, Fault, ReadingError, SourceDown
from store.landing import Landing
from tests.worlds.lcd import TENDERMINT, failure
from tests.worlds.moving_chain import called, moving
from tests.worlds.servers import Reply, Request, serving

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def readings(*states: str, age: int = 60) -> pl.DataFrame:
    rows = [
        {"network": "akash", "reading": f"r{place}", "state": state, "age_seconds": None if "never" in state else age}
        for place, state in enumerate(states)
    ]
    return pl.DataFrame(rows, {"network": pl.String, "reading": pl.String, "state": pl.String, "age_seconds": pl.Int64})


def trouble(host: str, *stopped: str) -> Trouble:
    pairs = tuple(("akash", name) for name in stopped)
    return Trouble((host,), Cause.SILENT, "refused", NOW, (("akash", "Akash"),), pairs)


DEAD = "a.example does not answer since 2026-03-01 12:00 UTC (refused): Akash (1 reading). Do: nothing if that passes"
FULL = "2026-03-01 11:00 UTC: No space left on device"


@pytest.mark.parametrize(
    ("standing", "lines"),
    [
        (Standing(readings("fresh", "fresh"), last_run=NOW), ["all is well: 2 fresh; the last run began 2026-03-01"]),
        (Standing(readings("imported")), ["all is well: 1 imported"]),
        (Standing(readings("never read")), ["nothing was ever read. Do: python -m ingest run"]),
        (Standing(readings("fresh", "never read")), ["never read, though nothing failed: 1 reading of akash. Do: "]),
        (
            Standing(readings("fresh", "stale"), last_run=NOW),
            ["old, though nothing failed: 1 reading of akash; the last run began 2026-03-01 12:00 UTC. Do: see"],
        ),
        (Standing(readings("stale"), [trouble("a.example", "r0")]), [DEAD]),
        (Standing(readings("never read", "fresh"), [trouble("a.example", "r0")]), [DEAD]),
        (Standing(readings("stale", age=-3600)), ["of a time to come: 1 reading of akash. Do: set the clock"]),
        (Standing(readings("fresh"), failed=FULL), [f"the last run failed: {FULL}. Do: make room"]),
        (Standing(readings("fresh"), torn=["x is torn"]), [f"1 file is torn, named below. Do: {REMEDY}"]),
    ],
)  # fmt: skip
def test_each_fault_is_a_line_with_its_remedy(standing: Standing, lines: list[str]) -> None:
    assert len(standing.lines) == len(lines)
    assert [said for said, begin in zip(standing.lines, lines, strict=True) if not said.startswith(begin)] == []


def test_five_lines_answer_however_much_is_broken() -> None:
    many = [trouble(f"{letter}.example", f"r{place}") for place, letter in enumerate("abcdefgh")]
    said = Standing(readings("stale"), many, torn=["x"], failed="full").lines
    assert len(said) == LINES
    assert said[0].startswith("the last run failed: full")
    assert said[-1] == "and 6 more, below"


def refusing(status: int, text: str = "no") -> Callable[[Request], Reply]:
    return lambda _: failure(status, 2, text)


def pruned(request: Request) -> Reply:
    if "x-cosmos-block-height" in request.headers:
        return failure(500, 2, "failed to load state at height 5; version does not exist")
    return moving(request)


def behind(request: Request) -> Reply:
    reply = moving(request)
    if not request.path.startswith(f"{TENDERMINT}/blocks/"):
        return reply
    body: Any = reply.body
    body["block"]["header"]["time"] = (datetime.now(UTC) - timedelta(hours=3)).isoformat().replace("+00:00", "Z")
    return reply


def changed(request: Request) -> Reply:
    if request.path.endswith("/validators") and "x-cosmos-block-height" in request.headers:
        return replace(moving(request), body={"delegates": []})
    return moving(request)


def lying(request: Request) -> Reply:
    reply = moving(request)
    body: Any = reply.body
    if request.path.endswith("/pool"):
        body["pool"]["bonded_tokens"] = "7"
    return reply


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "says", "do"),
    [
        (refusing(403, "blocked"), "refuses to answer", "name an endpoint that lets you in"),
        (refusing(429, "slow down"), "refuses to answer", "DEAI_REQUESTS_PER_SECOND"),
        (refusing(500), "answers with an error of its own", "AKASH_URL"),
        (pruned, "does not keep what is asked for", "an endpoint that keeps old states"),
        (behind, "has no block of now", "the clock of this machine"),
        (changed, "answers in a shape that is not known", "update this program"),
        (lying, "tells what cannot be true", "a host lies"),
    ],
)
def test_a_run_against_a_host_tells_what_it_does_and_what_to_do(
    tmp_path: Path, answer: Callable[[Request], Reply], says: str, do: str
) -> None:
    """The faults are invented; that they come as these answers is what nodes of the Cosmos SDK do."""
    run = ("run", "--network", "akash", "--reading", "validators", "--reading", "consensus", "--all")
    with serving(answer) as address:
        called(tmp_path, *run, AKASH_URL=address)
    code, output, _ = called(tmp_path, "status")
    first = output.splitlines()[0]
    assert code == 4
    assert first.startswith(f"{address.removeprefix('http://')} {says} since 20"), first
    assert re.search(r"\): Akash \([12] readings?\)\. Do: ", first), first
    assert do in first


@pytest.mark.slow
def test_one_dead_host_of_two_networks_is_one_line_until_it_is_read_again(tmp_path: Path) -> None:
    both = ("run", "--network", "akash", "--network", "fetch", "--reading", "validators", "--reading", "names", "--all")
    dead = {"AKASH_URL": "http://127.0.0.1:9", "FETCH_URL": "http://127.0.0.1:9"}
    called(tmp_path, *both, **dead)
    called(tmp_path, *both, **dead)
    _, output, _ = called(tmp_path, "status")
    assert output.count("127.0.0.1:9 does not answer") == 1
    assert "Akash (2 readings), Fetch.ai (2 readings). Do: " in output.splitlines()[0]
    with serving(moving) as address:
        called(tmp_path, "run", "--network", "akash", "--reading", "validators", "--all", AKASH_URL=address)
    said = called(tmp_path, "status")[1].splitlines()[0]
    assert "Akash (1 reading), Fetch.ai (2 readings). Do: " in said


def test_runs_of_one_second_have_lines_of_their_own_the_newest_last(tmp_path: Path) -> None:
    landing, second = Landing(tmp_path), datetime(2026, 11, 29, 12, tzinfo=UTC)
    starts = [second + timedelta(milliseconds=part) for part in (900, 20, 300)]
    for start in starts:
        Record(landing, start).end([], [])
    lines, torn = landing.ledger.runs()
    assert (lines["started"].to_list(), torn) == ([start.isoformat() for start in sorted(starts)], [])
    newest = landing.ledger.newest()
    assert newest is not None
    assert newest["id"] == lines["id"][-1]


@pytest.mark.parametrize(
    ("refused", "cause"),
    [
        (refusal("http://a", 200, {"code": 4444, "message": "pruned history unavailable"}), Cause.LACKS),
        (refusal("http://a", 200, {"code": -32005, "message": "rate limit exceeded"}), Cause.REFUSES),
        (_refusal({"code": 4003, "message": "Client error: State already discarded for 0x1"}, "a"), Cause.LACKS),
        (_refusal({"code": -32000, "message": "Client error: UnknownBlock: Header was not found"}, "a"), Cause.LACKS),
        (_refusal({"code": -32000, "message": "Client error: Execution failed"}, "a"), Cause.DOWN),
    ],
)
def test_a_refusal_by_json_rpc_has_the_cause_that_its_words_tell(refused: ReadingError, cause: Cause) -> None:
    assert refused.at("a").cause is cause


def test_an_error_that_passes_another_on_has_its_cause() -> None:
    with pytest.raises(SourceDown) as passed:
        raise SourceDown("http://a: one") from BadData("one")
    assert passed.value.at("a") == Fault("a", Cause.WRONG, "http://a: one")
