"""The Akash console's interface: answers made from its own OpenAPI schema, recorded ones, and what changes lead to."""

import copy
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.akash import console
from ingest.network import Reading
from ingest.offchain.feed import Feed, OffChain
from ingest.transport import Http
from store.faults import SourceChanged, SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.worlds.each import each
from tests.worlds.memo import no_memo
from tests.worlds.servers import Reply, Request, serving

NOW = datetime(2026, 7, 17, 20, 7, tzinfo=UTC)
OWNER = "akash1qpy7waukp7nxlcxmwjcgtmyzu2auk3p5dc3gg6"
GRAPH = "/v1/graph-data/"
# Every field that is read, by the path of the schema it stands in; * is each key of an object or each row of a list.
USED = {
    "/v1/graph-data/{dataName}": ["snapshots", "snapshots.*.date", "snapshots.*.value"],
    "/v1/network-capacity": [
        "activeProviderCount",
        *(
            f"resources.{name}.{state}"
            for name in ("cpu", "gpu", "memory", "storage.total")
            for state in ("active", "pending", "available", "total")
        ),
    ],
    "/v1/gpu": [
        "gpus.total.allocatable",
        "gpus.total.allocated",
        "gpus.details",
        *(f"gpus.details.*.*.{field}" for field in ("model", "ram", "interface", "allocatable", "allocated")),
    ],
    "/v1/providers": ["*.owner", "*.isOnline"],
    "/v1/provider-earnings/{owner}": [
        f"earnings.{name}" for name in ("totalUAktEarned", "totalUUsdcEarned", "totalUActEarned", "totalUUsdEarned")
    ],
}
READS: dict[str, Callable[[Feed], Facts]] = {
    "/v1/graph-data/{dataName}": console.spend_history,
    "/v1/network-capacity": console.capacity,
    "/v1/gpu": console.gpus,
    "/v1/providers": console.earnings,
    "/v1/provider-earnings/{owner}": console.earnings,
}
FIELDS = [(path, field) for path, fields in USED.items() for field in fields]


@pytest.fixture(scope="session")
def schema(shared: Path) -> dict[str, Any]:
    """The response schemas of the console's GET paths."""
    told = json.loads(gzip.decompress((shared / "cosmos/akash_console_openapi.json.gz").read_bytes()))
    return {
        path: methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for path, methods in told["paths"].items()
        if path in USED
    }


def example(schema: Mapping[str, Any], place: int = 1) -> Any:
    """A value that the schema allows, different in each row of a list."""
    kind = schema.get("type", "object")
    if kind == "object":
        if "additionalProperties" in schema and not schema.get("properties"):
            return {"nvidia": example(schema["additionalProperties"], place)}
        return {name: example(part, place) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"], row) for row in (1, 2, 3)]
    if kind == "string":
        return schema["enum"][0] if "enum" in schema else f"2026-07-{place + 13}"
    return {"number": 100 + place, "integer": 100 + place, "boolean": True}[kind]


def answers(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {path: example(part) for path, part in schema.items()}


@contextmanager
def feed(bodies: Mapping[str, Any], now: datetime = NOW) -> Iterator[Feed]:
    """The console answering with one body for each path of the schema."""

    def answer(request: Request) -> Reply:
        for path, body in bodies.items():
            start = path.partition("{")[0]
            if request.path == path or (start != path and request.path.startswith(start)):
                found = body(request) if callable(body) else body
                return found if isinstance(found, Reply) else Reply(found)
        return Reply({"message": "Not Found"}, 404)

    with serving(answer) as address, Http(10_000, Retry(0)) as http:
        yield OffChain("console-api.akash.network", (), lambda: now).head(http, [address])


def graph(series: Mapping[str, list[tuple[str, float]]]) -> Callable[[Request], Any]:
    def body(request: Request) -> Any:
        rows = [{"date": day, "value": value} for day, value in series[request.path.removeprefix(GRAPH)]]
        return {"currentValue": 1, "compareValue": 1, "snapshots": rows}

    return body


DAYS = ["2026-07-15T00:00:00.000Z", "2026-07-16T00:00:00.000Z", "2026-07-17T00:00:00.000Z"]


def days(*values: float) -> list[tuple[str, float]]:
    return list(zip(DAYS, values, strict=True))


SPENT = {
    "dailyUUsdSpent": days(7_000_000_000.5, 7_534_761_378.24, 6_000_000_000),
    "dailyUAktSpent": days(0, 0, 0),
    "dailyUUsdcSpent": days(7e9, 7.5e9, 6e9),
    "dailyUActSpent": days(7e9, 7.5e9, 6e9),
}


def values(facts: Facts, name: str) -> dict[str, float]:
    check(facts, Kind.OBSERVATIONS)
    rows = facts.rows.filter(pl.col("name") == name)
    return {f"{time:%Y-%m-%d}": value for time, value in rows.select("time", "value").iter_rows()}


def places(body: Any, field: list[str]) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) that a path with stars names."""
    step, *rest = field
    keys = (
        ([step] if not isinstance(body, list) else [int(step)])
        if step != "*"
        else list(range(len(body)))
        if isinstance(body, list)
        else list(body)
    )
    for key in keys:
        if rest:
            yield from places(body[key], rest)
        else:
            yield body, key


def _taken(reading: Reading, source: Feed) -> Facts:
    return reading.facts(source, no_memo, lambda: [console.spend_history(source).rows])


def said(read: Callable[[Feed], Facts], source: Feed) -> str:
    """Why a source, or some of the things that it tells of, was not read."""
    try:
        return " ".join(read(source).left_out.values())
    except (SourceChanged, SourceDown) as error:
        return str(error)


# --- the contract -----------------------------------------------------------------------------------------------------


def test_every_reading_takes_what_the_schema_allows(schema: dict[str, Any]) -> None:
    bodies = answers(schema)
    bodies["/v1/provider-earnings/{owner}"]["earnings"]["totalUActEarned"] = 101
    with feed(bodies) as source:
        for reading in console.READINGS:
            facts = _taken(reading, source)
            check(facts, Kind.OBSERVATIONS)


@each(("path", "field"), FIELDS)
def test_every_field_that_is_read_is_promised_by_the_schema(schema: dict[str, Any], path: str, field: str) -> None:
    part = schema[path]
    for step in field.split("."):
        if step == "*":
            part = part["items"] if part["type"] == "array" else part["additionalProperties"]
        else:
            assert step in part["required"], f"{path} does not promise {field}"
            part = part["properties"][step]
    assert not part.get("nullable"), f"{path} allows a null {field}"


@pytest.mark.slow
@each("change", ["missing", "renamed", "null"])
@each(("path", "field"), FIELDS)
def test_a_field_that_is_missing_renamed_or_null_is_named(
    schema: dict[str, Any], path: str, field: str, change: str
) -> None:
    bodies = copy.deepcopy(answers(schema))
    bodies["/v1/provider-earnings/{owner}"]["earnings"]["totalUActEarned"] = 101
    container, key = list(places(bodies[path], field.split(".")))[-1]
    value = container.pop(key)
    if change == "renamed":
        container[f"{key}V2"] = value
    if change == "null":
        container[key] = None
    with feed(bodies) as source:
        assert field.rpartition(".")[2] in said(READS[path], source)


@pytest.mark.parametrize("reading", [one for one in console.READINGS if not one.after], ids=lambda one: one.name)
@pytest.mark.parametrize(
    "answer",
    [Reply({"message": "busy"}, 429), Reply({"error": "x"}, 500), Reply(b"<html>")],
    ids=["429", "500", "html"],
)
def test_a_console_that_does_not_answer_is_down(reading: Reading, answer: Reply) -> None:
    with feed({"/v1/{any}": answer}) as source, pytest.raises(SourceDown, match=r"127\.0\.0\.1.*/v1/"):
        reading.facts(source, no_memo, list)


# --- what the answers mean --------------------------------------------------------------------------------------------


def test_the_running_day_is_never_among_the_whole_ones() -> None:
    with feed({f"{GRAPH}{{name}}": graph(SPENT)}) as source:
        facts = console.spend_history(source)
    assert values(facts, "dailyUUsdSpent") == {"2026-07-15": 7_000_000_000.5, "2026-07-16": 7_534_761_378.24}
    assert values(facts, "dailyUUsdSpent_today") == {"2026-07-17": 6_000_000_000.0}
    assert values(facts, "fetched") == {"2026-07-17": NOW.timestamp()}


def test_the_merged_stable_series_is_kept_once() -> None:
    with feed({f"{GRAPH}{{name}}": graph(SPENT)}) as source:
        facts = console.spend_history(source)
    names = {name.removesuffix("_today") for name in facts.rows["name"]}
    assert names == {"fetched", "dailyUUsdSpent", "dailyUAktSpent", "dailyUStableSpent"}


def test_stable_series_that_part_are_a_change_of_the_source() -> None:
    long = [f"2026-07-{day:02}" for day in range(1, 18)]
    whole = {name: [(day, 5.0) for day in long] for name in SPENT}
    lately = {**whole, "dailyUActSpent": [(day, 5.0 if day < "2026-07-12" else 6.0) for day in long]}
    with feed({f"{GRAPH}{{name}}": graph(lately)}) as source:
        assert values(console.spend_history(source), "dailyUStableSpent")["2026-07-15"] == 5
    parted = {**whole, "dailyUActSpent": [(day, 5.0 if day != "2026-07-02" else 6.0) for day in long]}
    with feed({f"{GRAPH}{{name}}": graph(parted)}) as source, pytest.raises(SourceChanged, match="may now be added"):
        console.spend_history(source)


def test_the_running_day_may_grow_between_two_answers() -> None:
    growing = {**SPENT, "dailyUActSpent": days(7e9, 7.5e9, 6.1e9)}
    with feed({f"{GRAPH}{{name}}": graph(growing)}) as source:
        assert values(console.spend_history(source), "dailyUStableSpent_today") == {"2026-07-17": 6e9}


def test_earnings_in_two_stable_coins_that_part_are_a_change_of_the_source(schema: dict[str, Any]) -> None:
    bodies = answers(schema)
    bodies["/v1/provider-earnings/{owner}"]["earnings"]["totalUActEarned"] = 7
    with feed(bodies) as source, pytest.raises(SourceChanged, match="they were one merged figure"):
        console.earnings(source)


@pytest.mark.parametrize(
    ("snapshots", "reason"),
    [
        ([], "dailyUUsdSpent: snapshots is empty"),
        ([(DAYS[0], -5.0), (DAYS[1], 1.0)], "dailyUUsdSpent: value is -5"),
        ([(DAYS[1], 5.0), (DAYS[0], 1.0)], "days of dailyUUsdSpent are not in order"),
        ([(DAYS[1], 5.0), (DAYS[1], 1.0)], "days of dailyUUsdSpent are not in order"),
        ([("yesterday", 5.0)], "date is no time"),
    ],
)
def test_days_that_cannot_be_are_refused(snapshots: list[tuple[str, float]], reason: str) -> None:
    series = {**SPENT, "dailyUUsdSpent": snapshots}
    with feed({f"{GRAPH}{{name}}": graph(series)}) as source, pytest.raises(SourceDown, match=reason):
        console.spend_history(source)


def test_a_restated_day_is_kept_with_the_time_at_which_it_was_fetched() -> None:
    with feed({f"{GRAPH}{{name}}": graph(SPENT)}, NOW - timedelta(days=1)) as source:
        old = console.spend_history(source).rows
    changed = {**SPENT, "dailyUUsdSpent": days(7_000_000_000.5, 8e9, 9e9)}
    with feed({f"{GRAPH}{{name}}": graph(changed)}) as source:
        facts = console.restatements(source, [old, console.spend_history(source).rows])
    check(facts, Kind.OBSERVATIONS)
    assert facts.rows.select("name", "subject", "time", "value").rows() == [
        (
            "restated:dailyUUsdSpent",
            (NOW - timedelta(days=1)).isoformat(),
            datetime(2026, 7, 16, tzinfo=UTC),
            7_534_761_378.24,
        )
    ]


def test_nothing_restated_is_a_fact() -> None:
    with feed({f"{GRAPH}{{name}}": graph(SPENT)}) as source:
        facts = console.restatements(source, [console.spend_history(source).rows])
    check(facts, Kind.OBSERVATIONS)
    assert facts.rows.is_empty()


def test_earnings_are_asked_for_thirty_whole_days_of_providers_at_work(schema: dict[str, Any]) -> None:
    asked = []

    def earned(request: Request) -> Any:
        asked.append((request.path, dict(request.params)))
        return {"earnings": {"totalUAktEarned": 1, "totalUUsdcEarned": 2, "totalUActEarned": 2, "totalUUsdEarned": 3.5}}

    row = example(schema["/v1/providers"]["items"])
    rows = [
        {**row, "owner": "online", "isOnline": True, "leaseCount": None},
        {**row, "owner": "leased", "isOnline": False, "leaseCount": 4},
        {**row, "owner": "gone", "isOnline": False, "leaseCount": 0},
    ]
    with feed({"/v1/providers": rows, "/v1/provider-earnings/{owner}": earned}) as source:
        facts = console.earnings(source)
    period = {"from": "2026-06-17", "to": "2026-07-17"}
    assert asked == [("/v1/provider-earnings/online", period), ("/v1/provider-earnings/leased", period)]
    assert values(facts, "earned_30d_uusd") == {"2026-07-17": 3.5}
    assert facts.rows.filter(subject="leased").select("name", "value", "unit").rows() == [
        ("earned_30d_uakt", 1.0, "uakt"),
        ("earned_30d_ustable", 2.0, "1e-6 usdc+act"),
        ("earned_30d_uusd", 3.5, "1e-6 usd"),
    ]


def test_a_source_without_blocks_is_named_by_the_second_of_its_fetch() -> None:
    with feed({}) as source:
        assert source.block.height == int(NOW.timestamp())
        assert (source.block.hash, source.block.time) == ("", NOW)
        with pytest.raises(SourceDown, match="does not answer for the past"):
            OffChain("console", ()).at(Http(), [], 5)


def test_a_question_to_the_console_is_asked_once() -> None:
    asked = []

    def watch(request: Request) -> Any:
        asked.append(request.path)
        return graph(SPENT)(request)

    with feed({f"{GRAPH}{{name}}": watch}) as source:
        assert console.spend_history(source).rows.equals(console.spend_history(source).rows)
    assert len(asked) == len(set(asked)) == 4


# --- recorded answers -------------------------------------------------------------------------------------------------


def recorded(shared: Path, name: str) -> Any:
    return json.loads((shared / "cosmos/akash_2026" / name).read_text())["body"]


def test_recorded_gpus_are_read_by_model(shared: Path) -> None:
    with feed({"/v1/gpu": recorded(shared, "console_gpu_20260717.json")}) as source:
        facts = console.gpus(source)
    check(facts, Kind.OBSERVATIONS)
    counted = {(name, subject): value for name, subject, value in facts.rows.select("name", "subject", "value").rows()}
    assert counted["gpu_allocatable", ""] == 248
    assert counted["gpu_allocated", ""] == 131
    assert counted["gpu_allocated", "nvidia/h100/80Gi/SXM5"] == 48
    assert counted["gpu_allocatable", "nvidia/h200/141Gi/SXM5"] == 40


def test_recorded_capacity_is_read_and_its_trimmed_part_is_named(shared: Path) -> None:
    body = recorded(shared, "console_network_capacity_20260717.json")
    with feed({"/v1/network-capacity": body}) as source, pytest.raises(SourceDown, match=r"resources\.memory"):
        console.capacity(source)
    # The record was trimmed to cpu and gpu; with the rest put back it is read to the last unit.
    states = {"active": 1, "pending": 2, "available": 3, "total": 6}
    whole = {**body, "resources": {**body["resources"], "memory": states, "storage": {"total": states}}}
    with feed({"/v1/network-capacity": whole}) as source:
        facts = console.capacity(source)
    found = dict(facts.rows.select("name", "value").rows())
    assert (found["capacity_providers"], found["capacity_gpu_total"]) == (60.0, 247.0)
    assert [found[f"capacity_cpu_{state}"] for state in states] == [2_858_030, 263_000, 6_986_195, 10_107_225]
