"""An object store by S3's protocol, or a static copy over HTTPS: what can be asked of it, and nothing more.

Nothing is written over: a file is made where there is none, and a pointer is swapped only by who has read it. obstore
is optional (requirements-archive.txt) and is imported here alone. Credentials come from the standard AWS_* variables,
and from nowhere else.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ingest.settings import WrongSetting
from store.faults import BadData, Cause, SourceDown

ADDRESS: Final = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w.@=-]+(?:/[\w.@=-]+)*))?/?"
)
STATIC: Final = re.compile(r"https?://[\w.-]+(:[0-9]+)?(/[\w./~-]*)?", re.ASCII)
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
# By any of these a request is signed, or none is to be.
CREDENTIALS: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
ENDPOINT: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
# A large body may take long; what is silent is given up.
CLIENT: Final = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "2h"}
RETRIES: Final = {
    "max_retries": 3,
    "retry_timeout": timedelta(minutes=1),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
}
# Before so many bytes are sent it is asked whether they are there: a store that refuses them may hang up in between.
WORTH_ASKING: Final = 2**20
# Of a file that may go up in parts, how much is sent at once.
WHOLE: Final = 64 * 2**20
# Why, in the store's own words.
CODE: Final = re.compile(r"<Code>(\w{1,60})</Code>")
CHUNK: Final = 2**20
LISTED: Final = 1000
# Of a pointer or a list; a store that sends more is not read to its end.
LONGEST: Final = 64 * 2**20


class ArchiveDown(SourceDown):
    """The archive does not answer, or lets nobody in; what is landed stays here, and the next run pushes it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as a list tells it."""

    name: str
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """What an object holds, and which version of it that is."""

    text: bytes
    etag: str


class Objects:
    """The objects below an address."""

    def __init__(self, address: str) -> None:
        """Raises WrongSetting where the address is none, obstore is not installed, or nobody says who asks."""
        self.address = address.rstrip("/")
        self._library = _library()
        self._store = _opened(self._library, self.address)

    def listed(self, under: str) -> list[Seen]:
        """All objects below a folder."""
        return [Seen(one["path"], one["e_tag"] or "", one["last_modified"]) for one in self._listed(under)]

    def versions(self, under: str) -> dict[str, str]:
        """The version of each object below a folder, by name; there may be many."""
        return {one["path"]: one["e_tag"] or "" for one in self._listed(under)}

    def _listed(self, under: str) -> Iterator[Any]:
        with self._told():
            for chunk in self._library.list(self._store, f"{under}/", chunk_size=LISTED):
                yield from chunk

    def create(self, name: str, content: bytes | Path) -> str | None:
        """Make an object where there is none; its version, or None where there is one."""
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        if size > WORTH_ASKING and self._there(name):
            return None
        with self._told():
            try:
                made = self._library.put(self._store, name, content, mode="create", use_multipart=False)
            except self._library.exceptions.AlreadyExistsError:
                return None
        return str(made["e_tag"] or "")

    def upload(self, name: str, path: Path) -> None:
        """Make an object whose name has the hash of its bytes, unless it is there; a large one goes up in parts.

        Parts cannot be made under a condition: two hosts that do so at once bring the same bytes.
        """
        if path.stat().st_size <= WHOLE:
            self.create(name, path)
        elif not self._there(name):
            with self._told():
                self._library.put(self._store, name, path)

    def swap(self, name: str, content: bytes, etag: str) -> str | None:
        """Put another content in the place of this version; None where it is another version by now."""
        with self._told():
            try:
                made = self._library.put(self._store, name, content, mode={"e_tag": etag}, use_multipart=False)
            except self._library.exceptions.PreconditionError:
                return None
            except FileNotFoundError as error:
                _refuse_elsewhere(error)
                return None
        return str(made["e_tag"] or "")

    def read(self, name: str) -> Content | None:
        """A small object; None where there is none."""
        return self._read(name, None)

    def newer(self, name: str, etag: str) -> Content | None:
        """A small object if it is no longer this version; None where it is, or where there is none."""
        return self._read(name, etag)

    def fetch(self, name: str, into: Path, most: int) -> bool:
        """Write an object to a file, synced; False where there is none. Raises BadData where it has too many bytes."""
        with self._told():
            try:
                found = self._library.get(self._store, name)
            except FileNotFoundError as error:
                _refuse_elsewhere(error)
                return False
        into.parent.mkdir(parents=True, exist_ok=True)
        with into.open("wb") as file:
            for chunk in self._chunks(found):
                file.write(chunk)
                if file.tell() > most:
                    raise BadData(f"{name} has more than {most} bytes")
            file.flush()
            os.fsync(file.fileno())
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; those that are not there are no fault."""
        if names:
            with self._told():
                self._library.delete(self._store, list(names))

    def _there(self, name: str) -> bool:
        with self._told():
            try:
                self._library.head(self._store, name)
            except FileNotFoundError:
                return False
        return True

    def _read(self, name: str, unless: str | None) -> Content | None:
        with self._told():
            try:
                found = self._library.get(self._store, name, options={"if_none_match": unless} if unless else {})
            except self._library.exceptions.NotModifiedError:
                return None
            except FileNotFoundError as error:
                _refuse_elsewhere(error)
                return None
            if found.meta["size"] > LONGEST:
                raise BadData(f"{name} has more than {LONGEST} bytes")
            text = bytes(found.bytes())
        return Content(text, str(found.meta["e_tag"] or ""))

    def _chunks(self, found: Any) -> Iterator[memoryview]:
        with self._told():
            for chunk in found.stream(min_chunk_size=CHUNK):
                yield memoryview(chunk)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever the store, or the way to it, has to say becomes ArchiveDown, without what was signed."""
        try:
            yield
        except (self._library.exceptions.BaseError, FileNotFoundError) as error:
            raise ArchiveDown(f"{self.address}: {_reason(error)}").of(_cause(error)) from None


def _library() -> Any:
    try:
        return import_module("obstore")
    except ImportError as error:
        raise WrongSetting(f"an archive at an object store needs requirements-archive.txt ({error})") from error


def _opened(library: Any, address: str) -> Any:
    stores = import_module("obstore.store")
    if STATIC.fullmatch(address):
        return stores.HTTPStore.from_url(address, client_options=_client(address), retry_config=RETRIES)
    if not (found := ADDRESS.fullmatch(address)) or ".." in address:
        raise WrongSetting("DEAI_ARCHIVE is no address such as s3://bucket/prefix")
    if not any(os.environ.get(name) for name in CREDENTIALS):
        raise WrongSetting("DEAI_ARCHIVE needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SKIP_SIGNATURE=true")
    endpoint = next((os.environ[name] for name in ENDPOINT if os.environ.get(name)), "https://")
    try:
        return stores.S3Store(
            found["bucket"],
            prefix=found["prefix"],
            client_options=_client(endpoint),
            retry_config=RETRIES,
        )
    except library.exceptions.BaseError as error:
        raise WrongSetting(f"the AWS_* variables cannot be meant: {_reason(error)}") from None


def _client(address: str) -> dict[str, Any]:
    """How it is asked; raises WrongSetting where signatures would go unencrypted to another machine."""
    parts = urlsplit(address)
    plain = parts.scheme == "http"
    if plain and parts.hostname not in LOOPBACK:
        raise WrongSetting("an archive is asked by https; by http only on this machine")
    return {**CLIENT, "allow_http": plain}


def _refuse_elsewhere(error: Exception) -> None:
    """Raise it again where it is not this object that is not there, but the bucket, or whoever asks."""
    if (code := CODE.search(str(error))) and code[1] != "NoSuchKey":
        raise error


def _reason(error: Exception) -> str:
    """Why, in few words: the store's own code, the status, or what the network says; never what was signed."""
    told = str(error)
    if code := CODE.search(told):
        return code[1]
    if status := re.search(r"status code: ([0-9]{3} [A-Za-z ]+)", told):
        return status[1].strip()
    if tail := re.search(r"HTTP error: ([a-z ]+)", told):
        return f"does not answer ({tail[1].strip()})"
    return type(error).__name__


def _cause(error: Exception) -> Cause:
    name = type(error).__name__
    if name in ("PermissionDeniedError", "UnauthenticatedError"):
        return Cause.REFUSES
    return Cause.SILENT if "HTTP error" in str(error) else Cause.FAILS
