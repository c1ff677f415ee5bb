"""Files as they go over the wire: text compressed once, kept in memory, and told apart from plain text."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from gzip import compress
from os import stat_result
from pathlib import Path
from typing import Final

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

from ui.kept import Kept

TEXTS: Final = frozenset({".atom", ".css", ".csv", ".html", ".js", ".json", ".svg", ".txt", ".xml"})
# By the name that browsers have for it, the best first; they take Brotli from this machine, or by HTTPS. Its level 7
# takes two thirds of a second for Plotly's 4.7 MB, level 11 twelve; each file is compressed once.
CODES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda text: bytes(pa.Codec("brotli", compression_level=7).compress(text, asbytes=True)),
    "gzip": lambda text: compress(text, mtime=0),
}
# A packet over the network holds as much; below it nothing is won.
LEAST: Final = 1000
# What is larger goes as it is: it would take the place of all others.
MOST: Final = 8 * 2**20
KEPT: Final = 1000
# A name that holds a hash never stands for anything else.
FOR_EVER: Final = "public, immutable, max-age=31536000"
# Kept, and asked for again each time: whether it has changed is told in a line.
ASK_AGAIN: Final = "no-cache"


class Files(StaticFiles):
    """A folder of files; text goes compressed to whoever takes that, but for a part that is asked for."""

    def __init__(self, directory: Path, cache: str, *, html: bool = False, follow_symlink: bool = False) -> None:
        super().__init__(directory=directory, html=html, check_dir=False, follow_symlink=follow_symlink)
        self._cache = cache

    def file_response(self, full_path: object, stat: stat_result, scope: Scope, status_code: int = 200) -> Response:
        """The answer that holds a file, or that says that the reader has it already."""
        asked, path = Headers(scope=scope), Path(str(full_path))
        packs = path.suffix in TEXTS and LEAST <= stat.st_size <= MOST
        code = code_for(asked) if packs and "range" not in asked else ""
        found = Packed(path, code, stat, status_code) if code else FileResponse(path, status_code, stat_result=stat)
        found.headers["Cache-Control"] = self._cache
        if packs:
            found.headers["Vary"] = "Accept-Encoding"
        return NotModifiedResponse(found.headers) if self.is_not_modified(found.headers, asked) else found


class Packed(FileResponse):
    """A file that goes compressed; its tag is another than that of the plain one, so that no cache mixes the two."""

    def __init__(self, path: Path, code: str, stat: stat_result, status_code: int) -> None:
        super().__init__(path, status_code, stat_result=stat)
        self._code, self._changed = code, stat.st_mtime_ns
        self.headers["ETag"] = tag_for(self.headers["etag"], code)
        self.headers["Content-Encoding"] = code
        del self.headers["accept-ranges"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        body = await run_in_threadpool(packed, Path(self.path), self._code, self._changed)
        headers = MutableHeaders(raw=self.raw_headers)
        headers["Content-Length"] = str(len(body))
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def packed(path: Path, code: str, changed: int) -> bytes:
    """A file's text compressed; kept until it is changed. Who asks while that is done waits for it."""
    return _packed(path, code, changed).answer(lambda: CODES[code](path.read_bytes()))


@lru_cache(maxsize=KEPT)
def _packed(_path: Path, _code: str, _changed: int) -> Kept[bytes]:
    return Kept()


def tag_for(tag: str, code: str) -> str:
    """The tag of what is compressed, by that of the same in plain."""
    return f'{tag.removesuffix(chr(34))}-{code}"' if code else tag


def code_for(asked: Headers) -> str:
    """The best compression that a reader takes; empty where it takes none. A weight of nought says no."""
    accepted = {}
    for one in asked.get("accept-encoding", "").lower().replace(" ", "").split(","):
        name, _, weight = one.partition(";q=")
        accepted[name] = not weight or weight.strip("0.") != ""
    return next((code for code in CODES if accepted.get(code)), "")
