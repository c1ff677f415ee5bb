"""What the server answers below /data: the files of the data that it serves, and nothing beside them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from ui.site import routes


def answer(path: str) -> tuple[int, bytes]:
    """Status and body of an answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        # A reader who stays.
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asked = {"path": path, "raw_path": path.encode(), "root_path": "", "query_string": b""}
    scope = {"type": "http", "method": "GET", "headers": [], **asked}
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, Starlette(routes=routes())(scope, receive, send)).result()
    body = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
    return int(sent[0]["status"]), body


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with real files and a sample, to which a link leads out of the former."""
    monkeypatch.setenv("DEAI_DATA", str(tmp_path))
    for folder in (tmp_path, tmp_path / "sample"):
        (folder / "site/akash").mkdir(parents=True)
        (folder / "mart-000001.duckdb").write_bytes(b"")
        (folder / "CURRENT").write_text("mart-000001.duckdb")
        (folder / "site/latest.json").write_text(str(folder.name))
        (folder / "site/index.html").write_text("index")
        (folder / "site/akash/stake.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "site/link.txt").symlink_to(tmp_path / "secret.txt")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/data/latest.json", 200),
        ("/data/", 200),
        ("/data/akash/stake.json", 200),
        ("/data/akash", 404),
        ("/data/nothing.json", 404),
        ("/data/link.txt", 404),
        ("/data/../secret.txt", 404),
        ("/data/akash/../../secret.txt", 404),
        ("/data//etc/passwd", 404),
        ("/data/\x00", 404),
    ],
)
def test_nothing_but_that_folder_is_served(data: Path, path: str, status: int) -> None:
    found, body = answer(path)
    assert (found, b"secret" in body) == (status, False)


def test_real_files_go_before_those_of_the_sample(data: Path) -> None:
    assert answer("/data/latest.json") == (200, data.name.encode())
    (data / "CURRENT").unlink()
    assert answer("/data/latest.json") == (200, b"sample")
    (data / "sample/CURRENT").unlink()
    assert answer("/data/latest.json") == (404, b"Nothing is published yet.")


def test_data_of_a_version_that_wrote_no_files_has_none(data: Path) -> None:
    (data / "site").rename(data / "elsewhere")
    assert answer("/data/latest.json") == (404, b"Nothing is published yet.")


def test_the_folder_itself_is_found_without_its_slash(data: Path) -> None:
    assert answer("/data")[0] == 308
