"""The border between the dashboard and the web: what is answered, under which name, and what nobody can do here."""

import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from files.site import write
from store.mart import opened, site_folder
from tests.browser.site import served
from tests.test_installation import instructions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dashboard(hamlet: Path) -> Iterator[tuple[str, int]]:
    """Address without its scheme, and process, of the dashboard as `python -m ingest serve` starts it."""
    with opened(hamlet) as mart:
        write(mart, site_folder(hamlet))
    with served("server.py", {"DEAI_DATA": str(hamlet)}) as (address, process):
        yield address.removeprefix("http://"), process


def answer(to: str, method: str = "GET", path: str = "/", **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer; a method may come with a body."""
    connection = http.client.HTTPConnection(to, timeout=30)
    connection.request(method, path, b"x" if method in {"PUT", "POST", "PATCH"} else None, headers)
    told = connection.getresponse()
    body = told.read().decode(errors="replace")
    connection.close()
    return told.status, {name.lower(): value for name, value in told.getheaders()}, body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/power?net=akash", 200),
        ("/favicon.png", 200),
        ("/_stcore/health", 200),
        ("/power/_stcore/health", 404),
        ("/power/", 301),
        ("/scorecard", 404),
        ("/no-such-page", 404),
        ("/data/", 200),
        ("/data/akash/stake.html", 200),
        ("/data/latest.json", 200),
        ("/data/no-such-file.html", 404),
        ("/data", 308),
        ("/power/no-such-page", 404),
        ("/_stcore/metrics", 403),
        ("/../../etc/passwd", 400),
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(dashboard: tuple[str, int], path: str, status: int) -> None:
    found, headers, _ = answer(dashboard[0], path=path)
    assert found == status
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert "camera=()" in headers["permissions-policy"]
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert "*" not in headers["content-security-policy"]


def test_scripts_and_files_come_compressed_once_and_are_kept(dashboard: tuple[str, int]) -> None:
    _, _, shell = answer(dashboard[0])
    (script,) = re.findall(r'<script type="module" crossorigin src="\.(/static/js/[^"]+)">', shell)
    for path, kept in ((script, "public, immutable, max-age=31536000"), ("/data/latest.json", "no-cache")):
        _, headers, _ = answer(dashboard[0], path=path, **{"Accept-Encoding": "gzip"})
        assert headers["content-encoding"] == "gzip"
        assert headers["cache-control"] == kept
        assert headers["vary"] == "Accept-Encoding"
        asked = {"Accept-Encoding": "gzip", "If-None-Match": headers["etag"]}
        assert answer(dashboard[0], path=path, **asked)[0] == 304
        assert answer(dashboard[0], path=path, **{"Accept-Encoding": "gzip", "Range": "bytes=0-9"})[0] == 206


@pytest.mark.parametrize(("path", "to"), [("/data", "data/"), ("/power/", "/power")])
def test_an_address_that_is_nearly_right_leads_to_the_right_one(dashboard: tuple[str, int], path: str, to: str) -> None:
    assert answer(dashboard[0], path=path)[1]["location"].endswith(to)


def test_a_shared_link_has_a_title_and_a_picture_of_ours(dashboard: tuple[str, int]) -> None:
    _, _, shell = answer(dashboard[0], path="/power?net=akash")
    assert "<title>Who holds power · DeAI Observatory</title>" in shell
    (picture,) = re.findall(r'<meta property="og:image" content="http://([^/]+)(/[^"]+)">', shell)
    status, headers, _ = answer(picture[0], path=picture[1])
    assert (status, headers["content-type"]) == (200, "image/png")


def test_where_there_is_no_page_the_pages_are_named(dashboard: tuple[str, int]) -> None:
    status, _, body = answer(dashboard[0], path="/no-such-page", **{"Accept-Encoding": "identity"})
    assert status == 404
    assert "<title>No such page · DeAI Observatory</title>" in body


def test_an_operator_can_let_a_site_frame_the_dashboard(hamlet: Path) -> None:
    with served("server.py", {"DEAI_DATA": str(hamlet), "DEAI_FRAMED_BY": "https://friend.example"}) as (address, _):
        _, headers, _ = answer(address.removeprefix("http://"), path="/power?embed=true")
    assert headers["content-security-policy"].endswith("frame-ancestors https://friend.example")
    assert "x-frame-options" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/_stcore/upload_file/a/b", 403),
        ("POST", "/_stcore/upload_file/a/b", 403),
        ("DELETE", "/_stcore/upload_file/a/b", 403),
        ("PUT", "/_stcore%2Fupload_file/a/b", 403),
        ("PUT", "/_stcore/upload_file", 403),
        ("GET", "/_stcore/metrics", 403),
        ("GET", "/_stcore/script-health-check", 403),
        ("POST", "/_stcore/agent/interact", 403),
        ("GET", "/_stcore/agent/openapi.json", 403),
        ("GET", "/_stcore/of-a-later-version", 403),
        ("POST", "/", 405),
        ("PUT", "/media/x", 405),
        ("DELETE", "/_stcore/health", 405),
        ("OPTIONS", "/_stcore/health", 405),
        ("HEAD", "/_stcore/health", 200),
    ],
)
def test_what_no_page_needs_is_refused(dashboard: tuple[str, int], method: str, path: str, status: int) -> None:
    found, headers, body = answer(dashboard[0], method, path)
    assert found == status
    assert headers["x-content-type-options"] == "nosniff"
    assert body == {403: "Not offered here.", 405: "Nothing can be written here.", 200: ""}[status]


def test_the_health_check_of_the_image_asks_what_is_there(dashboard: tuple[str, int]) -> None:
    (check,) = [rest for word, rest in instructions() if word == "HEALTHCHECK"]
    _, flag, asks = json.loads(check.partition("CMD ")[2])
    here = asks.replace("127.0.0.1:8501", dashboard[0])
    for program, code in ((here, 0), (here.replace("/_stcore/health", "/"), 1)):
        assert subprocess.run([sys.executable, flag, program], check=False).returncode == code


HOSTS: Final = (
    ("127.0.0.1:{port}", True),
    ("localhost:{port}", True),
    ("[::1]:{port}", True),
    ("LOCALHOST.:{port}", True),
    ("evil.example", False),
    ("evil.example:{port}", False),
    ("127.0.0.1.evil.example", False),
    ("localhost@evil.example", False),
    ("", False),
)


@pytest.mark.parametrize(("host", "ours"), HOSTS)
def test_no_other_name_is_answered(dashboard: tuple[str, int], host: str, ours: bool) -> None:
    """A stranger's name that leads to 127.0.0.1 must not let his page read here (DNS rebinding)."""
    named = host.format(port=dashboard[0].rpartition(":")[2])
    for path in ("/", "/_stcore/health", "/_stcore/host-config"):
        status, _, body = answer(dashboard[0], path=path, Host=named)
        assert status == (200 if ours else 421)
        assert ours or "STREAMLIT_SERVER_ALLOWED_HOSTS" in body


@contextmanager
def reader(to: str, host: str = "", origin: str | None = None) -> Iterator[ClientConnection]:
    """A reader's websocket, opened under a name and by a page of an origin."""
    connection = connect(
        f"ws://{host or to}/_stcore/stream",
        sock=socket.create_connection((to.partition(":")[0], int(to.partition(":")[2]))),
        origin=origin,  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
    )
    with connection:
        yield connection


@pytest.mark.parametrize(
    ("host", "origin", "opened"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", True),
        ("localhost:{port}", "http://localhost:{port}", True),
        ("127.0.0.1:{port}", None, True),
        ("127.0.0.1:{port}", "http://evil.example", False),
        ("127.0.0.1:{port}", "http://127.0.0.1:9", False),
        ("127.0.0.1:{port}", "http://localhost:{port}", False),
        ("127.0.0.1:{port}", "null", False),
        ("evil.example:{port}", "http://evil.example:{port}", False),
        ("evil.example:{port}", None, False),
    ],
)
def test_only_a_page_of_ours_opens_a_websocket(
    dashboard: tuple[str, int], host: str, origin: str | None, opened: bool
) -> None:
    to = dashboard[0]
    port = to.rpartition(":")[2]
    asked = (to, host.format(port=port), origin and origin.format(port=port))
    if opened:
        with reader(*asked) as talk:
            assert talk.subprotocol == "streamlit"
        return
    with pytest.raises(InvalidStatus) as refused, reader(*asked):
        pass
    assert refused.value.response.status_code == 403


def told(talk: ClientConnection, kind: str) -> ForwardMsg:
    """The next message of a kind from the server."""
    while True:
        message = ForwardMsg()
        message.ParseFromString(talk.recv(60))
        if message.WhichOneof("type") == kind:
            return message


def opens(process: int) -> list[str]:
    """The marts that a process has open."""
    files = [file.resolve().name for file in Path(f"/proc/{process}/fd").iterdir()]
    return [name for name in files if name.startswith("mart-")]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="open files are seen in /proc, of Linux alone")
def test_a_reader_cannot_empty_the_caches_of_all(dashboard: tuple[str, int]) -> None:
    """What pages keep for all readers holds the mart open; a reader who asks to clear it changes nothing."""
    to, process = dashboard
    with reader(to) as talk:
        rerun = BackMsg()
        rerun.rerun_script.query_string = ""
        talk.send(rerun.SerializeToString())
        told(talk, "script_finished")
        assert opens(process)
        talk.send(BackMsg(clear_cache=True).SerializeToString())
        talk.send(BackMsg(app_heartbeat=True).SerializeToString())
        told(talk, "heartbeat_ack")
        assert opens(process)
