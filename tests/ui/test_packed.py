"""Files over the wire: who gets them compressed, and that no cache can mix the two."""

import asyncio
import gzip
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from ui.packed import FOR_EVER, LEAST, Files, code_for, packed

TEXT: Final = b"the same words again and again; " * 200


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "long.js").write_bytes(TEXT)
    (tmp_path / "short.js").write_bytes(TEXT[: LEAST - 1])
    (tmp_path / "picture.png").write_bytes(TEXT)
    return tmp_path


def ask(folder: Path, name: str, method: str = "GET", **headers: str) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    named = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": "http", "method": method, "path": f"/{name}", "root_path": "", "headers": named}
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, Files(folder, FOR_EVER)(scope, receive, send)).result()
    body = b"".join(one.get("body", b"") for one in sent[1:])
    return Answer(sent[0]["status"], {key.decode(): value.decode() for key, value in sent[0]["headers"]}, body)


def unpacked(found: Answer) -> bytes:
    if found.headers["content-encoding"] == "gzip":
        return gzip.decompress(found.body)
    return bytes(pa.decompress(found.body, len(TEXT), "brotli", asbytes=True))


@pytest.mark.parametrize(("accepted", "code"), [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip")])
def test_text_goes_compressed_to_whoever_takes_that(folder: Path, accepted: str, code: str) -> None:
    found = ask(folder, "long.js", accept_encoding=accepted)
    assert found.headers["content-encoding"] == code
    assert unpacked(found) == TEXT
    assert int(found.headers["content-length"]) == len(found.body) < len(TEXT) / 10
    assert found.headers["content-type"].startswith("text/javascript")
    assert found.headers["cache-control"] == FOR_EVER


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("long.js", ""), ("long.js", "zstd"), ("long.js", "gzip;q=0"), ("short.js", "gzip"), ("picture.png", "gzip")],
)
def test_all_else_goes_as_it_is(folder: Path, name: str, accepted: str) -> None:
    found = ask(folder, name, accept_encoding=accepted)
    assert "content-encoding" not in found.headers
    assert found.body == (folder / name).read_bytes()


def test_a_part_of_a_file_is_a_part_of_the_plain_one(folder: Path) -> None:
    found = ask(folder, "long.js", accept_encoding="gzip", range="bytes=4-7")
    assert (found.status, found.body) == (206, TEXT[4:8])
    assert "content-encoding" not in found.headers


def test_a_cache_cannot_mix_the_compressed_with_the_plain(folder: Path) -> None:
    found = [ask(folder, "long.js", accept_encoding=code) for code in ("", "gzip", "br")]
    assert {one.headers["vary"] for one in found} == {"Accept-Encoding"}
    assert len({one.headers["etag"] for one in found}) == 3


@pytest.mark.parametrize("accepted", ["", "gzip", "br"])
def test_who_has_a_file_already_is_told_so(folder: Path, accepted: str) -> None:
    tag = ask(folder, "long.js", accept_encoding=accepted).headers["etag"]
    again = ask(folder, "long.js", accept_encoding=accepted, if_none_match=f'"other", W/{tag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    other = ask(folder, "long.js", accept_encoding="" if accepted else "gzip", if_none_match=tag)
    assert other.status == 200


def test_to_ask_for_the_head_alone_tells_the_size_of_the_whole(folder: Path) -> None:
    head, whole = (ask(folder, "long.js", method, accept_encoding="gzip") for method in ("HEAD", "GET"))
    assert head.body == b""
    assert head.headers == whole.headers


def test_a_file_is_compressed_once_until_it_changes(folder: Path) -> None:
    path = folder / "long.js"
    with ThreadPoolExecutor(8) as many:
        found = list(many.map(lambda _: packed(path, "gzip", path.stat().st_mtime_ns), range(8)))
    assert all(one is found[0] for one in found)
    (folder / "long.js").write_bytes(TEXT[::-1])
    assert gzip.decompress(ask(folder, "long.js", accept_encoding="gzip").body) == TEXT[::-1]


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate, gzip;q=0.1", "gzip"),
        ("gzip; q=1", "gzip"),
        ("gzip, br", "br"),
        ("gzip;q=1, br;q=0", "gzip"),
        ("", ""),
        ("gzip;q=0", ""),
        ("gzip;q=0.0", ""),
        ("notgzip", ""),
        ("identity", ""),
    ],
)
def test_the_best_code_is_taken_of_those_that_a_reader_names(accepted: str, code: str) -> None:
    assert code_for(Headers({"accept-encoding": accepted})) == code
