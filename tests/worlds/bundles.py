"""Bundles of recorded answers (`doctor --record`), replayed: every reading asks again, and nobody else is asked."""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from urllib3.util import Retry

from ingest.job import Outcome, endpoints, read_at
from ingest.network import Network
from ingest.networks import networks
from ingest.recording import AFTER, BEFORE, FAILED, INDEX, READ, became
from ingest.stand_ins import stand_ins
from ingest.transport import Answer, Http, Question
from store.faults import ReadingError
from store.landing import Landing

Told = Mapping[str, Any]
# What of a question tells it from others: who asks how often is no part of it.
Key = str


class NotRecorded(Exception):
    """Something is asked that was not asked when the bundle was made."""


@dataclass(frozen=True)
class Recorded:
    """A network of a bundle: its addresses, its times, and what came of each reading."""

    folder: Path
    name: str
    told: Told

    @property
    def readings(self) -> Mapping[str, Told]:
        found: Mapping[str, Told] = self.told["readings"]
        return found

    @property
    def files(self) -> Iterator[Told]:
        """Every part of it that has a file, in the order in which it was asked."""
        parts = self.told.get(BEFORE), *self.readings.values(), self.told.get(AFTER)
        return (part for part in parts if part and "file" in part)

    def rotten(self) -> list[str]:
        """Files that are not as they were written."""
        return [one["file"] for one in self.files if sha256(self._content(one)).hexdigest() != one["sha256"]]

    def exchanges(self) -> Iterator[Told]:
        for one in self.files:
            content = self._content(one)
            yield from json.loads(gzip.decompress(content) if one["file"].endswith(".gz") else content)

    def clock(self) -> Callable[[], datetime]:
        """The times that were told then, the last for ever; where nobody answered, nobody asked for the time."""
        times = [datetime.fromisoformat(text) for text in self.told["clock"]] or [datetime.now(UTC)]
        return chain(times, repeat(times[-1])).__next__

    def _content(self, part: Told) -> bytes:
        return Path(self.folder, part["file"]).read_bytes()


def bundle(folder: Path) -> dict[str, Recorded]:
    """The networks of a bundle."""
    index = json.loads((folder / INDEX).read_text())
    return {name: Recorded(folder, name, told) for name, told in index["networks"].items() if "readings" in told}


class Replay:
    """Answers each question as it was answered, in the order of then; another question is NotRecorded."""

    def __init__(self, exchanges: Iterator[Told]) -> None:
        self._told: dict[Key, list[Told]] = defaultdict(list)
        for one in exchanges:
            asked = one["asked"]
            question = Question(**{**asked, "body": asked.get("body")})
            self._told[key(question)].append(one)

    def __call__(self, question: Question, _: Callable[[], Answer]) -> Answer:
        told = self._told.get(key(question))
        if not told:
            raise NotRecorded(f"{question.method} {question.url} {question.params} {str(question.body)[:300]}")
        return answered(question, told.pop(0) if len(told) > 1 else told[0])


def key(question: Question) -> Key:
    """What is asked; the number of a question of JSON-RPC is whatever the client counts."""
    body = {**question.body, "id": 0} if isinstance(question.body, dict) else question.body
    return json.dumps([question.method, question.url, dict(question.params), dict(question.headers), body])


def answered(question: Question, told: Told) -> Answer:
    """The recorded answer; raises the recorded error where there was none."""
    if "failed" in told:
        raise kinds()[told["failed"]["error"]](told["failed"]["message"])
    found, asked = told["answered"], told["asked"].get("body")
    if "body" in found:
        body = found["body"]
        if isinstance(body, dict) and isinstance(asked, dict) and "id" in body and body["id"] == asked.get("id"):
            body = {**body, "id": cast("dict[str, Any]", question.body)["id"]}
        content = json.dumps(body, ensure_ascii=False).encode()
    else:
        content = found["text"].encode() if "text" in found else found["latin1"].encode("latin-1", "replace")
    return Answer(question.url, found["status"], found["headers"], content)


@cache
def kinds() -> dict[str, type[ReadingError]]:
    """Every kind of reading error by its name."""

    def below(kind: type[ReadingError]) -> Iterator[type[ReadingError]]:
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    return {one.__name__: one for one in below(ReadingError)}


@dataclass(frozen=True)
class Replayed:
    """What comes of each reading of a network now, against what came of it then."""

    recorded: Recorded
    now: Mapping[str, Told]

    def differs(self, reading: str) -> str:
        """How a reading differs from what was recorded of it, in words; empty where it does not."""
        then, now = self.recorded.readings[reading], self.now[reading]
        compared = ("became", "rows", "reported", "facts") if then["became"] == READ else ("error",)
        # What failed then and lands now was mended since.
        if then["became"] == FAILED and now["became"] == READ:
            return ""
        return "; ".join(
            f"{name} was {then.get(name)!r}, is {now.get(name)!r} ({now.get('message', '')})"
            for name in compared
            if then.get(name) != now.get(name)
        )


def replayed(recorded: Recorded, known: Mapping[str, Network] | None = None) -> Replayed:
    """Read a network once more from what was recorded; waits for nobody."""
    network = (known or networks())[recorded.name]
    told: dict[str, Told] = {}
    replay = Replay(recorded.exchanges())
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as scratch:
        patch.setattr("ingest.stopping.sleep", lambda _: None)
        for variable, addresses in recorded.told["variables"].items():
            patch.setenv(variable, ",".join(addresses))
        landing, names = Landing(Path(scratch)), stand_ins()
        readings = tuple(one for one in network.readings if one.name in recorded.readings)
        chain = replace(cast(Any, network.chain), clock=recorded.clock())

        def heard(outcome: Outcome) -> None:
            told[outcome.reading] = became(outcome, landing, names)

        with Http(10_000, Retry(0), tape=replay) as http:
            same = replace(network, chain=chain, readings=readings)
            read_at(same, readings, lambda: chain.head(http, endpoints(same)), http, landing, heard)
    return Replayed(recorded, told)
