import gzip
import socket
import sys
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from urllib3.util import Retry

from ingest import conversing, transport
from ingest.allowance import RUN, Exhausted
from ingest.conversing import PATIENCE
from ingest.endpoints import Rotation
from ingest.job import endpoints
from ingest.networks import networks
from ingest.settings import WrongSetting
from ingest.transport import AnswerTooLarge, Http, bare
from store.faults import SourceDown
from tests.worlds.moving_chain import command, finished
from tests.worlds.servers import Raw, Reply, Request, free_port, listening, nginx, serving


def client() -> Http:
    return Http(per_second=1000)


def test_an_answer_is_whole_and_parsed() -> None:
    with serving(lambda _: Reply({"height": "7"})) as address, client() as http:
        assert http.get(f"{address}/block").json() == {"height": "7"}


def test_an_error_status_is_for_the_caller_to_read() -> None:
    with serving(lambda _: Reply({"code": 12}, 501)) as address, client() as http:
        answer = http.get(address)
    assert (answer.status, answer.json()) == (501, {"code": 12})


@pytest.mark.parametrize("body", [b"<html>busy</html>", b'{"rows": [1, 2', b""])
def test_what_is_not_json_is_no_answer(body: bytes) -> None:
    with serving(lambda _: Reply(body)) as address, client() as http, pytest.raises(SourceDown, match="without JSON"):
        http.get(address).json()


@pytest.mark.parametrize("limit", [1000, 100_000])
def test_endless_nesting_neither_raises_nor_overflows_the_stack(limit: int) -> None:
    """A library that is loaded on the way raises the limit a hundredfold."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        with serving(lambda _: Reply(b"[" * 10**6)) as address, client() as http, pytest.raises(SourceDown):
            http.get(address).json()
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.slow
def test_a_busy_server_that_names_a_time_is_asked_again_then() -> None:
    asked: list[float] = []

    def answer(_: Request) -> Reply:
        asked.append(time.monotonic())
        return Reply({}, 429, {"retry-after": "1"}) if len(asked) == 1 else Reply({"ok": True})

    with serving(answer) as address, client() as http:
        assert http.get(address).json() == {"ok": True}
    assert asked[1] - asked[0] >= 0.9


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        ("3600", "asks to wait 3600 s"),
        ("tomorrow", r"asks to wait 86\d{3} s"),
        ("soon", "asks to wait 'soon'"),
        ("9" * 5000, "asks to wait '9999"),
        ("Sun, 99 Nov 99999 00:00:00 GMT", "asks to wait"),
    ],
    ids=["seconds", "date", "word", "no number of seconds", "no date"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_wants_a_long_wait_is_left_for_the_next(wait: str, told: str, status: int) -> None:
    if wait == "tomorrow":
        wait = formatdate(time.time() + 86_400, usegmt=True)
    busy = Reply({}, status, {"retry-after": wait})
    with serving(lambda _: busy) as one, serving(lambda _: Reply({"ok": True})) as other, client() as http:
        with pytest.raises(SourceDown, match=f"^{one} {told}"):
            http.get(one)
        assert Rotation([one, other]).ask(http.get).json() == {"ok": True}


def test_a_date_that_is_near_or_past_is_waited_for() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply({}, 503, {"retry-after": formatdate(0, usegmt=True)}) if len(asked) == 1 else Reply({"ok": True})

    with serving(answer) as address, client() as http:
        assert http.get(address).json() == {"ok": True}


def test_429_without_a_time_is_not_waited_for() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply({"code": 8}, 429)

    with serving(answer) as address, client() as http:
        assert http.get(address).status == 429
    assert len(asked) == 1


def test_a_passing_fault_of_a_proxy_is_retried() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(b"bad gateway", 502) if len(asked) < 3 else Reply({"ok": True})

    with serving(answer) as address, Http(1000, PATIENCE.new(backoff_factor=0.01)) as http:
        assert http.post(address, {"id": 1}).json() == {"ok": True}


@pytest.mark.parametrize("location", ["https://127.0.0.1/", "/elsewhere", "http://127.0.0.1:9/"])
def test_whoever_is_asked_directly_and_sends_elsewhere_has_not_answered(location: str) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(b"", 302, {"location": location})

    told = pytest.raises(SourceDown, match=r"/info redirects, where none is followed")
    with serving(answer) as address, client() as http, told:
        http.get(f"{address}/info", direct=True)
    assert asked == ["/info"]


def test_an_answer_over_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    with serving(lambda _: Reply(b"x" * 2000)) as address, client() as http, pytest.raises(SourceDown, match="MiB"):
        http.get(address)


@pytest.mark.parametrize("packed", [False, True])
def test_a_server_that_drips_is_left_for_the_next(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.2)
    body, headers = (gzip.compress(b"x" * 9000), {"content-encoding": "gzip"}) if packed else (b"x" * 9000, {})
    drips = Reply(body, headers=headers, drip=0.05)
    with serving(lambda _: drips) as one, serving(lambda _: Reply({"ok": True})) as other, client() as http:
        with pytest.raises(SourceDown, match=f"^{one}/? sent no whole answer within"):
            http.get(one)
        assert Rotation([one, other]).ask(http.get).json() == {"ok": True}


@pytest.mark.slow
def test_a_server_that_drips_the_head_of_its_answer_is_left_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversing, "HEAD_SECONDS", 0.3)
    head = b"HTTP/1.1 200 OK\r\nx-never: " + b"x" * 1000
    with listening(head, drip=0.02) as port, serving(lambda _: Reply({"ok": True})) as other, client() as http:
        one = f"http://127.0.0.1:{port}"
        with pytest.raises(SourceDown, match=f"^{one} sent no whole head of an answer within 0 s$"):
            http.get(one)
        assert Rotation([one, other]).ask(http.get).json() == {"ok": True}


@pytest.mark.slow
@pytest.mark.parametrize("start", [b"2;", b"2\r\n{}\r\n0\r\nx: "], ids=["length of a chunk", "after the last chunk"])
def test_a_server_that_drips_what_is_no_part_of_a_body_is_left(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.3)
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    dripping = Raw([head + start, *[b"x"] * 500], 0.02)
    with serving(lambda _: dripping) as address, client() as http, pytest.raises(SourceDown, match="no whole answer"):
        http.get(address)


def test_what_a_passing_fault_says_is_not_read_to_its_end() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(b"x" * 9000, 502, drip=0.05) if len(asked) == 1 else Reply({"ok": True})

    with serving(answer) as address, client() as http:
        assert http.get(address).json() == {"ok": True}


def test_an_answer_is_unpacked_up_to_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100_000)

    def answer(request: Request) -> Reply:
        body = gzip.compress(b"x" * int(request.params["size"]))
        return Reply(body, headers={"content-encoding": "gzip"})

    with serving(answer) as address, client() as http:
        assert http.get(address, {"size": "100000"}).content == b"x" * 100_000
        with pytest.raises(AnswerTooLarge):
            http.get(address, {"size": "100001"})


@pytest.mark.slow
def test_a_packed_answer_of_many_parts_takes_no_more_than_its_share() -> None:
    """Gzip may be put together of many members, also of empty ones: 64 MiB took half an hour of a processor."""

    def seconds(members: int) -> float:
        body = gzip.compress(b"") * members
        with serving(lambda _: Reply(body, headers={"content-encoding": "gzip"})) as address, client() as http:
            start = time.thread_time()
            assert http.get(address).content == b""
        return time.thread_time() - start

    assert seconds(160_000) / seconds(20_000) < 24


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/", "https://elsewhere.example/", "file:///etc/passwd"])
def test_a_redirect_to_another_host_or_to_plain_http_is_refused(target: str) -> None:
    redirect = Reply(b"", 302, {"location": target})
    with serving(lambda _: redirect) as address, client() as http, pytest.raises(SourceDown, match="redirects to"):
        http.get(address)


def test_credentials_of_the_machine_are_never_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply({}, headers={"set-cookie": "id=7"})

    with serving(answer) as address, client() as http:
        http.get(address)
        http.get(address)
    assert all("authorization" not in request.headers and "cookie" not in request.headers for request in seen)


def test_a_provider_key_never_reaches_a_message() -> None:
    key = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
    assert bare(f"https://ada:secret@node.example:8545/v2/{key}?token={key}") == "https://node.example:8545/v2/…"


def test_a_key_in_the_path_that_the_operator_gave_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://node.example:8545/apikey-TOPSECRET"
    monkeypatch.setenv("AKASH_URL", f"https://other.example, {address}")
    assert bare(f"{address}/cosmos/base") == "https://node.example:8545"
    assert bare("https://public.example/rest/akash") == "https://public.example/rest/akash"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:8751", "http://127.0.0.1:8751?key=abc", "ftp://127.0.0.1", "wss://127.0.0.1", "http://", "http://a:b"],
)
def test_a_variable_that_names_no_endpoint_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AKASH_URL", f"http://127.0.0.1:9,{address}")
    with pytest.raises(WrongSetting, match="AKASH_URL: address 2 must be") as refused:
        endpoints(networks()["akash"])
    assert "abc" not in str(refused.value)


@pytest.mark.parametrize("pace", ["fast", "0", "-1", "nan", "inf", ""])
def test_a_pace_that_is_no_number_above_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, pace: str) -> None:
    monkeypatch.setenv("DEAI_REQUESTS_PER_SECOND", pace)
    with pytest.raises(WrongSetting, match=f"DEAI_REQUESTS_PER_SECOND: '{pace}' is no number above 0"):
        Http()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "name", "value", "told"),
    [
        ("run --all", "AKASH_URL", "127.0.0.1:8751", "AKASH_URL: address 1 must be"),
        ("run --all", "EIP155_1_ARCHIVE_URL", "archive", "EIP155_1_ARCHIVE_URL: address 1 must be"),
        ("run --all", "DEAI_REQUESTS_PER_SECOND", "fast", "DEAI_REQUESTS_PER_SECOND: 'fast' is no number above 0"),
        ("run --all", "DEAI_ALLOWANCE", "-1", "DEAI_ALLOWANCE: '-1' is no number above 0"),
        ("doctor", "AKASH_URL", "127.0.0.1:8751", "AKASH_URL: address 1 must be"),
        ("serve", "AKASH_URL", "127.0.0.1:8751", "AKASH_URL: address 1 must be"),
    ],
)
def test_a_wrong_variable_is_wrong_usage(tmp_path: Path, asked: str, name: str, value: str, told: str) -> None:
    code, _, errors = finished(command(tmp_path, *asked.split(), **{name: value}))
    assert (code, f"Invalid value: {told}" in errors) == (2, True)
    assert errors.startswith(f"Usage: python -m ingest {asked.split(maxsplit=1)[0]} ")


def test_nobody_listening_refuses_the_connection() -> None:
    address = f"http://127.0.0.1:{free_port()}/"
    with client() as http, pytest.raises(SourceDown, match=f"^{address}: refused the connection$"):
        http.get(address)


def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with client() as http, pytest.raises(SourceDown, match=r"^http://node\.example/: its name is not known$"):
        http.get("http://ada:secret@node.example/")


@pytest.mark.slow
@pytest.mark.parametrize("patience", [PATIENCE, Retry(0)], ids=["patient", "impatient"])
def test_a_silent_server_did_not_answer(monkeypatch: pytest.MonkeyPatch, patience: Retry) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    quick = patience.new(backoff_factor=0)
    with listening(None) as port, Http(1000, quick) as http, pytest.raises(SourceDown, match="did not answer within"):
        http.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", "the answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{", "the answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-encoding: gzip\r\n\r\n{}", "the answer cannot be unpacked"),
    ],
    ids=["short", "short chunk", "no gzip"],
)
def test_a_torn_answer_is_told_in_words(answer: bytes, told: str) -> None:
    with listening(answer) as port, client() as http, pytest.raises(SourceDown, match=told):
        http.get(f"http://127.0.0.1:{port}/")


def test_a_host_is_asked_no_faster_than_allowed() -> None:
    with serving(lambda _: Reply({})) as address, Http(per_second=20) as http:
        started, worker = time.monotonic(), http.beside()
        threads = [threading.Thread(target=one.get, args=(address,)) for one in (http, worker, http, worker, http)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert time.monotonic() - started >= 4 / 20
    assert (http.requests, worker.requests) == (3, 2)


def test_each_worker_may_ask_for_as_much_as_a_run_and_again_on_its_next_day() -> None:
    with serving(lambda _: Reply({})) as address, Http(1000, limits=replace(RUN, requests=1)) as http:
        workers = (http, http.beside(), http.beside())
        for worker in workers:
            worker.get(address)
            with pytest.raises(Exhausted, match="this run: more than 1 requests"):
                worker.get(address)
        workers[1].begin_anew()
        assert workers[1].get(address).status == 200
        with pytest.raises(Exhausted):
            workers[2].get(address)


def test_rotation_asks_the_next_endpoint_and_remembers_who_failed() -> None:
    rotation, asked = Rotation(["a", "b", "c", "b"]), []

    def question(endpoint: str) -> str:
        asked.append(endpoint)
        if endpoint == "a":
            raise SourceDown("a is down")
        return endpoint

    assert rotation.ask(question) == "b"
    assert rotation.ask(question) == "b"
    assert asked == ["a", "b", "b"]


def test_rotation_tells_every_reason_when_all_fail() -> None:
    def question(endpoint: str) -> str:
        raise SourceDown(f"{endpoint} is down")

    with pytest.raises(SourceDown, match="http://a is down; http://b is down"):
        Rotation(["http://a", "http://b"]).ask(question)
    with pytest.raises(SourceDown, match="no endpoint"):
        Rotation([]).ask(question)


@pytest.mark.slow
def test_a_proxy_that_limits_the_rate_ends_in_an_answer_or_an_error(tmp_path: Path) -> None:
    limit = "limit_req_zone $binary_remote_addr zone=slow:1m rate=5r/s; limit_req_status 429;"
    with (
        serving(lambda _: Reply({"ok": True})) as behind,
        nginx(tmp_path, f"location / {{ limit_req zone=slow; proxy_pass {behind}; }}", limit) as address,
        client() as http,
    ):
        answers = [http.get(address) for _ in range(5)]
    assert {answer.status for answer in answers} == {200, 429}
    assert all(answer.json() == {"ok": True} for answer in answers if answer.status == 200)
