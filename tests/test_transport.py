import threading
import time
from pathlib import Path

import pytest

from ingest import transport
from ingest.transport import Http, Rotation, bare
from store.rows import SourceDown
from tests.servers import Reply, Request, nginx, serving


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


def test_a_busy_server_that_names_a_time_is_asked_again_then() -> None:
    asked: list[float] = []

    def answer(_: Request) -> Reply:
        asked.append(time.monotonic())
        return Reply({}, 429, {"retry-after": "1"}) if len(asked) == 1 else Reply({"ok": True})

    with serving(answer) as address, client() as http:
        assert http.get(address).json() == {"ok": True}
    assert asked[1] - asked[0] >= 0.9


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

    with serving(answer) as address, client() as http:
        assert http.post(address, {"id": 1}).json() == {"ok": True}


def test_an_answer_over_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    with serving(lambda _: Reply(b"x" * 2000)) as address, client() as http, pytest.raises(SourceDown, match="MiB"):
        http.get(address)


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


def test_nobody_listening_is_source_down() -> None:
    with client() as http, pytest.raises(SourceDown, match=r"127\.0\.0\.1:9"):
        http.get("http://127.0.0.1:9/")


def test_a_host_is_asked_no_faster_than_allowed() -> None:
    with serving(lambda _: Reply({})) as address, Http(per_second=20) as http:
        started = time.monotonic()
        threads = [threading.Thread(target=http.get, args=(address,)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert time.monotonic() - started >= 4 / 20
    assert http.requests == 5


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

    with pytest.raises(SourceDown, match="a is down; b is down"):
        Rotation(["a", "b"]).ask(question)
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
