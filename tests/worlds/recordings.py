"""Recorded answers of a real Cosmos node, replayed: each file is the path that was asked, height, status and body."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from urllib3.util import Retry

from ingest.cosmos.lcd import CosmosChain, Lcd
from ingest.fields import instant
from ingest.transport import Http
from tests.worlds.lcd import failure
from tests.worlds.servers import Reply, Request, serving

BLOCKS = "/cosmos/base/tendermint/v1beta1/blocks/"
STATUSES = {"1": "PROPOSAL_STATUS_DEPOSIT_PERIOD", "2": "PROPOSAL_STATUS_VOTING_PERIOD"}
# Pages are answered whole, whatever page is asked for; `query` says the same as `events`.
OF_A_PAGE = ("pagination.", "page", "limit", "order_by", "query")
# A path, its other parameters, and whether a count was asked for.
Key = tuple[str, frozenset[tuple[str, str]], bool]


@dataclass(frozen=True)
class Recording:
    """What was recorded at one block; `invented` are answers that nobody gave."""

    height: int
    answers: Mapping[Key, tuple[int, Any]]
    invented: Mapping[str, Any]

    def __call__(self, request: Request) -> Reply:
        status, body = self._found(request)
        return Reply(body, status, {"grpc-metadata-x-cosmos-block-height": str(self.height)})

    def _found(self, request: Request) -> tuple[int, Any]:
        if request.path in self.invented:
            return 200, self.invented[request.path]
        path, params, counted = _key(request.path, request.params)
        for key in ((path, params, counted), (path, params, not counted)):
            if key in self.answers:
                return self._turned(request, *self.answers[key])
        if "proposal_status" in request.params:
            return self._with_status(request)
        reply = failure(404, 5, f"{request.path} {dict(params)} was not recorded")
        return reply.status, reply.body

    def _turned(self, request: Request, status: int, body: Any) -> tuple[int, Any]:
        if request.params.get("pagination.reverse") == "true":
            return status, {**body, "proposals": body["proposals"][::-1]}
        return status, body

    def _with_status(self, request: Request) -> tuple[int, Any]:
        """A list that was not recorded, out of the list of all that was."""
        status, body = self._found(Request("GET", request.path, {}, {}, b""))
        wanted = STATUSES[request.params["proposal_status"]]
        rows = [row for row in body.get("proposals", ()) if row["status"] == wanted]
        return status, {"proposals": rows, "pagination": {"next_key": None}} if status == 200 else body

    @property
    def block(self) -> dict[str, Any]:
        found: dict[str, Any] = self.answers[f"{BLOCKS}{self.height}", frozenset(), False][1]
        return found


def recording(folder: Path, height: int, **invented: Any) -> Recording:
    """All answers of a folder that are of one height, or of none."""
    answers = {}
    for path in folder.glob("*.json"):
        told = json.loads(path.read_text())
        if told["height"] in (str(height), None):
            parts = urlsplit(told["path"])
            answers[_key(parts.path, dict(parse_qsl(parts.query)))] = (told["status"], told["body"])
    return Recording(height, answers, invented)


def with_invented_past(found: Recording, blocks: int, took: timedelta) -> Recording:
    """The same with a block that many before, from which the time of a block is measured."""
    body = copy.deepcopy(found.block)
    header = body["block"]["header"]
    header["height"] = str(found.height - blocks)
    header["time"] = (instant(header, "time") - took).isoformat().replace("+00:00", "Z")
    return Recording(found.height, found.answers, {**found.invented, f"{BLOCKS}{header['height']}": body})


@contextmanager
def recorded_chain(found: Recording) -> Iterator[Lcd]:
    """The chain at the recorded block."""
    chain_id = found.block["block"]["header"]["chain_id"]
    with serving(found) as address, Http(per_second=10_000, patience=Retry(0)) as http:
        yield CosmosChain(chain_id, ()).at(http, [address], found.height)


def _key(path: str, params: Mapping[str, str]) -> Key:
    kept = {name: value for name, value in params.items() if not name.startswith(OF_A_PAGE)}
    # The search for transactions always counts.
    return path, frozenset(kept.items()), "pagination.count_total" in params and "events" not in params
