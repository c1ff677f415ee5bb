"""The page before any number: what a shared link shows of itself, and which scripts a browser hears of early."""

import asyncio
import json
import re
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import URL
from starlette.types import Message

from tests.pages.test_every_page import PAGES
from ui.border import headers
from ui.shell import answer, nowhere, page_at, pages, shell

HOME = "https://observatory.example"


def told(path: str, query: str = "") -> dict[str, str]:
    """What the page of an address says to machines, with its title."""
    page = page_at(path)
    assert page is not None
    text = shell(page, URL(f"{HOME}{path}{query}"))
    named = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', text)
    return {**dict(named), "title": re.findall("<title>(.*)</title>", text)[0], "all": text}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose last publish tells of one network."""
    monkeypatch.setenv("DEAI_DATA", str(tmp_path))
    (tmp_path / "mart-000001.duckdb").write_bytes(b"")
    (tmp_path / "CURRENT").write_text("mart-000001.duckdb")
    (tmp_path / "site").mkdir()
    sides = [
        {"side": "force", "state": "rated", "text": "two parties (C)"},
        {"side": "stop", "state": "unknown", "text": "not read"},
    ]
    publish(tmp_path, {"network": "tiny", "title": 'Tiny "><script>', "power": sides})
    return tmp_path


def publish(data: Path, *networks: dict[str, Any], simulated: bool = False) -> None:
    (data / "site" / "latest.json").write_text(json.dumps({"simulated": simulated, "networks": networks}))


@pytest.mark.parametrize("name", PAGES)
def test_a_shared_link_says_what_is_behind_it(name: str) -> None:
    path = "/" if name == "scorecard" else f"/{name}"
    said = told(path)
    assert said["title"] == f"{said['og:title']} · DeAI Observatory"
    assert said["og:description"] == said["description"]
    assert said["og:description"].endswith(".")
    assert said["og:url"] == f"{HOME}{path}"
    assert said["og:image"] == f"{HOME}/preview.png"
    assert "Streamlit" not in said["title"] + said["og:title"]


def test_a_link_to_a_network_says_who_has_power_over_it_and_runs_nothing() -> None:
    said = told("/power", "?net=tiny")
    assert said["og:description"] == "Tiny &quot;&gt;&lt;script&gt;: to force something it takes two parties (C)."
    assert "><script>:" not in said["all"]


def test_a_query_that_is_no_text_is_answered_as_any_other() -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/power",
        "query_string": b"net=\xff\xfe",
    }
    scope |= {"headers": [(b"host", b"observatory.example")], "server": ("127.0.0.1", 80), "root_path": ""}
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.append(message)

    # Where a browser test ran before, this thread has a loop already.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(answer(page_at("/power"), scope, receive, send))).result()
    assert said[0]["status"] == 200


def test_simulated_numbers_are_told_as_such(data: Path) -> None:
    publish(data, {"network": "tiny", "title": "Tiny", "power": []}, simulated=True)
    said = told("/power", "?net=tiny")
    assert said["og:description"] == "Simulated numbers. Tiny: who has power over it was not read."


@pytest.mark.parametrize("query", ["", "?net=nobody", "?net=", "?if=cap"])
def test_where_nothing_is_told_the_page_says_what_it_is_for(query: str) -> None:
    assert told("/power", query)["description"].startswith("Who holds power: how few")


def test_nothing_is_needed_before_the_first_publish(data: Path) -> None:
    (data / "site" / "latest.json").unlink()
    assert told("/power", "?net=tiny")["description"].startswith("Who holds power")
    (data / "CURRENT").unlink()
    assert told("/power", "?net=tiny")["description"].startswith("Who holds power")


def test_a_hostile_address_stays_text() -> None:
    said = told("/power", '?net="><script>alert(1)</script>')
    assert "<script>alert" not in said["all"]


def test_only_pages_with_a_chart_hear_of_the_scripts_that_draw_it() -> None:
    heard = {name: "PlotlyChart" in " ".join(page.scripts) for name, page in pages().items()}
    assert heard["power"]
    assert heard[""]
    assert not heard["sources"]


def test_no_script_is_named_twice_or_missing(streamlit_files: Path) -> None:
    text = told("/power")["all"]
    scripts = re.findall(r'(?:href|src)="\./(static/[^"]+\.js)"', text)
    assert len(scripts) == len(set(scripts)) > 50
    assert all((streamlit_files / script).is_file() for script in scripts)


@pytest.fixture
def streamlit_files() -> Path:
    from streamlit.file_util import get_static_dir

    return Path(get_static_dir())


def test_the_policy_lets_streamlits_own_script_and_ours_run_on_our_page() -> None:
    """The hash of a script is of every letter, indentation too."""
    scripts = re.findall(r"<script>(.*?)</script>", told("/")["all"], re.DOTALL)
    hashes = {b64encode(sha256(one.encode()).digest()).decode() for one in scripts}
    assert set(re.findall("'sha256-([^']+)'", headers("'self'")["Content-Security-Policy"])) == hashes
    assert len(hashes) == 2


def test_nobody_is_sent_to_an_interface_that_is_refused() -> None:
    assert "_stcore/agent" not in told("/")["all"]


@pytest.mark.parametrize("path", ["/scorecard", "/power/", "/power/x", "/nothing", "//power", "/data", "/data/"])
def test_other_addresses_have_no_page(path: str) -> None:
    assert page_at(path) is None


def test_where_there_is_no_page_all_pages_are_named_and_nothing_is_loaded() -> None:
    text = nowhere()
    assert re.findall(r'<a href="([^"]*)"', text) == [*(f"/{name}" for name in pages()), "/data/"]
    assert not re.search("script|src=|<link", text)
