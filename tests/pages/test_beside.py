"""Two processes behind one port: whichever takes a connection, a reader gets what was made for it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from starlette.types import Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection

from tests.browser.site import served
from tests.pages.test_server import answer, reader, told
from ui import beside

pytestmark = pytest.mark.slow
READERS: Final = 8


@pytest.fixture(scope="module")
def pair(hamlet: Path) -> Iterator[str]:
    with served("server.py", {"DEAI_DATA": str(hamlet)}, processes=2) as (address, _):
        yield address.removeprefix("http://")


def test_a_file_comes_from_whichever_process_made_it(pair: str) -> None:
    """Each of several readers clicks a download, then asks for its file over connections that any process may take."""
    for _ in range(READERS):
        with reader(pair) as talk:
            path = downloaded(talk)
            for _ in range(READERS):
                status, headers, body = answer(pair, path=path)
                assert status == 200
                assert "attachment" in headers["content-disposition"]
                assert body.startswith("\ufeff")


def downloaded(talk: ClientConnection) -> str:
    """The address of the first CSV of a page, as its button gets it."""
    rerun = BackMsg()
    rerun.rerun_script.page_name = "power"
    talk.send(rerun.SerializeToString())
    session = told(talk, "new_session").new_session.initialize.session_id
    while True:
        delta = told(talk, "delta").delta.new_element
        if delta.WhichOneof("type") == "download_button":
            break
    told(talk, "script_finished")
    asked = BackMsg()
    asked.backend_operation_request.session_id = session
    asked.backend_operation_request.request_id = "1"
    asked.backend_operation_request.deferred_file.file_id = delta.download_button.deferred_file_id
    talk.send(asked.SerializeToString())
    found = told(talk, "backend_operation_response").backend_operation_response
    assert found.error_msg == ""
    return str(found.deferred_file.url)


async def nobody(_: Scope, __: Receive, ___: Send) -> None:
    """An application that nobody asks."""


def test_the_last_process_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "deai"
    monkeypatch.setenv(beside.FOLDER, str(folder))

    async def run() -> None:
        async with beside.listening(nobody):
            (folder / "another").touch()
        assert [one.name for one in folder.iterdir()] == ["another"]
        async with beside.listening(nobody):
            (folder / "another").unlink()

    # A browser that other tests of this process drive has a loop in this thread.
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, run()).result()
    assert not folder.exists()


def test_a_file_that_nobody_made_is_not_there(pair: str) -> None:
    for _ in range(READERS):
        status, headers, _ = answer(pair, path="/media/0000.csv")
        assert status == 404
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/power", "/favicon.png", "/_stcore/health"])
def test_every_process_answers_for_all(pair: str, path: str) -> None:
    assert {answer(pair, path=path)[0] for _ in range(READERS)} == {200}


@pytest.mark.parametrize("path", ["/media/%C3%A9.csv", "/media/a%3Fb.csv", "/media/%00.csv", "/media/a%20b.csv"])
def test_a_hostile_name_of_a_file_is_of_none(pair: str, path: str) -> None:
    assert answer(pair, path=path)[0] in (400, 404)
