"""What a reading and a run may ask for, and hosts that are given up: who drips, drips once.

Hostile servers of every protocol are read in tests/ingest/test_bounded.py.
"""

import json
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from analytics.impossible import Impossible
from ingest import transport
from ingest.allowance import RUN, Exhausted, Limits
from ingest.backfill import Backfill, Lacking
from ingest.conversing import PATIENCE
from ingest.cosmos.lcd import CosmosChain
from ingest.endpoints import Rotation
from ingest.job import Outcome, read_network
from ingest.network import DAILY, Network, Reading
from ingest.networks import akash, akash_console
from ingest.offchain.feed import Feed
from ingest.parsing import parsed
from ingest.transport import AnswerTooLarge, GivenUp, Http
from store.faults import SourceDown
from store.landing import Landing
from store.rows import Facts, Kind
from tests.worlds.lcd import ONE, State, Validator, account
from tests.worlds.moving_chain import moving
from tests.worlds.servers import Reply, Request, listening, serving

Answer = Callable[[Request], Reply]
# Twenty requests, four megabytes and 24,000 elements a reading.
LITTLE = "0.002"
ONE_VALIDATOR = State([Validator(1, 10**6, 10**6 * ONE)])
HUGE = 10**12


def ran(network: Network, reading: str, answer: Answer, data: Path, limits: Limits = RUN) -> Outcome:
    """What becomes of one reading of a network whose only endpoint answers so."""
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(answer) as address,
        Http(10_000, Retry(0), limits) as http,
    ):
        patch.setenv(f"{network.name.upper()}_URL", address)
        wanted = [one for one in network.readings if one.name == reading]
        (outcome,) = read_network(network, wanted, http, Landing(data), lambda _: None)
    return outcome


def reading(read: Callable[..., Facts]) -> tuple[Reading, ...]:
    return (Reading("endless", Kind.OBSERVATIONS, None, "", DAILY, read),)


def test_what_arithmetic_finds_impossible_is_the_reason_of_the_endpoint(tmp_path: Path) -> None:
    def read(_: Any) -> Facts:
        raise Impossible("escrow account t/1 was seen at 5 and not looked up at 9")

    network = replace(akash.NETWORK, readings=reading(read))
    outcome = ran(network, "endless", lambda request: moving(request, ONE_VALIDATOR), tmp_path)
    assert (outcome.error, "http://127.0.0.1" in outcome.message) == ("SourceDown", True)
    assert outcome.message.endswith(": escrow account t/1 was seen at 5 and not looked up at 9")


def many_providers(request: Request) -> Reply:
    """A console with a thousand providers, each of which is asked for."""
    if request.path == "/v1/providers":
        return Reply([{"owner": account(number), "isOnline": True} for number in range(1000)])
    names = ("totalUAktEarned", "totalUUsdcEarned", "totalUActEarned", "totalUUsdEarned")
    return Reply({"earnings": dict.fromkeys(names, 1)})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[" + b",".join([b"{}"] * 4_000) + b"]", "more than 24,000 elements of JSON"),
        (json.dumps("x" * 900_000).encode(), "more than 4,294,967 bytes of answers"),
    ],
    ids=["elements", "bytes"],
)
def test_a_reading_that_grows_without_end_is_left(
    body: bytes, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAI_ALLOWANCE", LITTLE)

    def read(feed: Feed) -> Facts:
        for number in range(20):
            feed.get(f"/{number}", list)
        raise AssertionError("it was all taken")

    network = replace(akash_console.NETWORK, readings=reading(read))
    outcome = ran(network, "endless", lambda _: Reply(body), tmp_path)
    assert outcome.error == "Exhausted"
    assert outcome.message.startswith(f"akash_console endless: {told}, the last from http://127.0.0.1:")


def test_a_question_that_is_asked_again_costs_as_much_as_another() -> None:
    asked: list[str] = []

    def busy_at_first(request: Request) -> Reply:
        asked.append(request.path)
        return many_providers(request) if len(asked) % 2 == 0 else Reply({}, 503)

    with (
        serving(busy_at_first) as address,
        Http(10_000, PATIENCE.new(backoff_factor=0), replace(RUN, requests=4)) as http,
    ):
        assert [http.get(f"{address}/v1/providers").status for _ in range(2)] == [200, 200]
        with pytest.raises(Exhausted, match="more than 4 requests"):
            http.get(address)
    assert len(asked) == 4


def test_a_run_may_ask_for_no_more_than_it_is_granted(tmp_path: Path) -> None:
    outcome = ran(akash_console.NETWORK, "earnings", many_providers, tmp_path, replace(RUN, requests=5))
    assert (outcome.error, outcome.message[:34]) == ("Exhausted", "this run: more than 5 requests, th")


def test_time_is_limited_and_no_other_endpoint_is_asked_instead() -> None:
    asked: list[str] = []

    def question(endpoint: str) -> Any:
        asked.append(endpoint)
        return http.get(endpoint).json()

    with serving(lambda _: Reply({})) as address, Http(1000) as http:
        none = replace(RUN, seconds=0.0)
        with http.allowing("slow", none), pytest.raises(Exhausted, match=f"^slow: more than 0 seconds, .* {address}"):
            Rotation([address, "http://127.0.0.1:9"]).ask(question)
        assert Rotation([address]).ask(question) == {}
    assert asked == [address, address]


@pytest.mark.parametrize("factor", ["0", "-1", "nan", "inf", "much", ""])
def test_an_allowance_that_is_no_number_above_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, factor: str) -> None:
    monkeypatch.setenv("DEAI_ALLOWANCE", factor)
    with pytest.raises(Exception, match=f"DEAI_ALLOWANCE: '{factor}' is no number above 0"):
        Http()


def test_an_answer_of_too_many_elements_is_never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_ELEMENTS", 1000)
    many = b"[" + b",".join([b"{}"] * 501) + b"]"
    with serving(lambda _: Reply(many)) as address, Http(1000) as http, pytest.raises(AnswerTooLarge, match="elements"):
        http.get(address)


def test_a_list_of_too_many_elements_is_asked_for_in_smaller_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_ELEMENTS", 1000)
    state = State([Validator(number, 10**6, 10**6 * ONE) for number in range(90)])
    outcome = ran(akash.NETWORK, "validators", lambda request: moving(request, state), tmp_path)
    assert outcome.error == ""
    (path,) = tmp_path.glob("landing/akash/*/validators/*.parquet")
    assert len(Landing(tmp_path).files()) == 1
    assert path.stat().st_size > 0


@pytest.mark.parametrize("body", ['{"a": 1, "a": 2}', '[{"b": {"amount": "1", "x": 0, "amount": "1"}}]'])
def test_an_object_with_two_fields_of_one_name_is_no_answer(body: str) -> None:
    with serving(lambda _: Reply(body.encode())) as address, Http(1000) as http:
        answer = http.get(address)
    with pytest.raises(SourceDown, match="is there twice"):
        answer.json()
    with pytest.raises(ValueError, match="is there twice"):
        parsed(body)


class Counted:
    """A server that counts who asks, and drips."""

    def __init__(self, drip: float) -> None:
        self.asked, self.drip = 0, drip

    def __call__(self, request: Request) -> Reply:
        self.asked += 1
        return replace(moving(request), drip=self.drip)


@pytest.mark.slow
def test_an_endpoint_that_drips_costs_its_time_once_a_run_and_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.2)
    drips = Counted(0.05)
    with serving(drips) as one, serving(moving) as other, Http(10_000, Retry(0)) as http:
        monkeypatch.setenv("AKASH_URL", f"{one},{other}")
        names = ("validators", "delegators", "pool", "names")
        wanted = [reading for reading in akash.NETWORK.readings if reading.name in names]
        for _ in range(2):
            outcomes = read_network(akash.NETWORK, wanted, http, Landing(tmp_path), lambda _: None)
            assert {outcome.reading for outcome in outcomes if not outcome.error} >= {"validators", "names"}
    assert drips.asked == 1


def test_each_day_of_a_backfill_asks_anew_whom_the_day_before_gave_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    moments = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 2, 1)]
    with listening(None) as port, Http(10_000, Retry(0)) as http:
        network = replace(akash.NETWORK, chain=CosmosChain("akashnet-2", (f"http://127.0.0.1:{port}",)))
        days = [Lacking(network, moment, timedelta(days=1), network.readings[:1]) for moment in moments]
        told = list(Backfill([network], http).read(days, Landing(tmp_path)))
    assert len(told) == len(moments)
    assert all("did not answer within" in day.outcomes[0].message for day in told)
    assert not any("in vain before" in day.outcomes[0].message for day in told)


def test_when_all_endpoints_are_given_up_the_error_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    with listening(None) as first, listening(None) as second, Http(10_000, Retry(0)) as http:
        rotation = Rotation([f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}"])
        with pytest.raises(SourceDown, match="did not answer within"):
            rotation.ask(http.get)
        with pytest.raises(SourceDown) as told:
            rotation.ask(http.get)
        for port in (first, second):
            why = "not asked, since its host was asked in vain before (did not answer within 0 s)"
            assert f"http://127.0.0.1:{port}: {why}" in str(told.value)
        with pytest.raises(GivenUp):
            http.get(f"http://127.0.0.1:{first}/another/path")


@pytest.mark.slow
def test_one_that_answered_before_may_be_silent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
    over, asked = threading.Event(), list[str]()

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        if request.path == "/heavy":
            over.wait(5)
        return Reply({})

    with serving(answer) as address, Http(10_000, Retry(0)) as http:
        for path, told in [
            ("/light", None),
            ("/heavy", "did not answer within"),
            ("/light", None),
            ("/heavy", "did not answer within"),
            ("/heavy", "did not answer within"),
            ("/light", "asked in vain before"),
        ]:
            with pytest.raises(SourceDown, match=told) if told else nullcontext():
                http.get(address + path)
        over.set()
    assert asked == ["/light", "/heavy", "/light", "/heavy", "/heavy"]
