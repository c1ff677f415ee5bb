"""A proxy before a good server: it numbers the answers of a clean run and replaces one by one of sixteen faults.

Answers pass within this process, below the program's own client, so that thousands of runs are cheap. A fault that
fits no answer of a kind (a list of pages where there is no list) is none: `None` stands for it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from urllib3.util import Retry

from ingest.transport import Answer as Answered
from ingest.transport import Http, Question
from tests.worlds.servers import Reply, Request

Answer = Callable[[Request], Reply]
# A question that is asked twice is one: path and parameters, or method and parameters.
Name = tuple[str, str]
HTML: Final = b"<html><head><title>Welcome</title></head><body>nothing to see</body></html>"
# Parameters that say which page of a list is meant, and those that choose rows by their own state.
CURSORS: Final = frozenset({"pagination.key", "pagination.offset", "page"})
FILTERS: Final = frozenset({"status", "proposal_status", "filters.state"})
HASHES: Final = frozenset({"hash", "txhash", "block", "blockHash", "blockhash", "transactionHash", "/"})
LISTING: Final = frozenset({"state_getKeysPaged", "eth_getLogs", "getSignaturesForAddress"})
HASHED: Final = frozenset({"chain_getBlockHash", "chain_getFinalizedHead", "state_getKeysPaged"})


class Wired(Http):
    """The program's client without sockets: whoever is asked answers at once."""

    def __init__(self, servers: Mapping[str, Answer]) -> None:
        super().__init__(1e9, Retry(0))
        self._servers = servers

    def _answer(self, question: Question, url: str) -> Answered | str:
        parts, params = urlsplit(url), question.params
        headers = {name.lower(): told for name, told in question.headers.items()}
        body = b"" if question.body is None else json.dumps(question.body).encode()
        reply = self._servers[parts.netloc](Request(question.method, parts.path, params, headers, body))
        return Answered(f"{url}?{urlencode(params)}", reply.status, reply.headers, reply.encoded())


@dataclass(frozen=True)
class Asked:
    """A question and the good server's answer to it."""

    request: Request
    reply: Reply
    server: Answer

    @property
    def call(self) -> tuple[str, list[Any]] | None:
        """Method and parameters of a question by JSON-RPC; none of several at once, whose answer is a list."""
        if self.request.method != "POST" or self.together:
            return None
        body = json.loads(self.request.body)
        return body["method"], body["params"]

    @property
    def together(self) -> bool:
        """Whether several questions by JSON-RPC were asked at once, whose answers stand in a list by their numbers."""
        return self.request.method == "POST" and isinstance(json.loads(self.request.body), list)

    @property
    def body(self) -> Any:
        """The answer as JSON, a copy of its own; bytes where it is none."""
        return self.reply.body if isinstance(self.reply.body, bytes) else json.loads(self.reply.encoded())

    @property
    def told(self) -> Any:
        """What is told: the body, or the result in it."""
        return self.body["result"] if self.call else self.body

    def telling(self, told: Any) -> Reply:
        """The same answer with other content."""
        return replace(self.reply, body={**self.body, "result": told} if self.call else told)

    def refused(self, **error: Any) -> Reply:
        """An error in the protocol's envelope, with whatever id and words."""
        return replace(self.reply, body={**({"jsonrpc": "2.0"} if self.call else {}), **error})


def batched(one: Answer, request: Request) -> Reply:
    """Questions of JSON-RPC that come as a list, each answered by itself; an answer that is none stands for all."""
    asked = json.loads(request.body) if request.method == "POST" else None
    if not isinstance(asked, list):
        return one(request)
    replies = [one(replace(request, body=json.dumps(each).encode())) for each in asked]
    odd = (reply for reply in replies if reply.status != 200 or not isinstance(reply.body, dict))
    return next(odd, Reply([reply.body for reply in replies]))


def question(request: Request) -> Name:
    """What is asked, whatever number the question has."""
    if request.method == "POST":
        body = json.loads(request.body)
        if isinstance(body, list):
            return shape(request), json.dumps([[one["method"], one["params"]] for one in body])
        return body["method"], json.dumps(body["params"])
    return request.path, urlencode(sorted(request.params.items()))


def shape(request: Request) -> str:
    """The route or method of a question, without names of parties and numbers."""
    if request.method == "POST":
        body = json.loads(request.body)
        return " and ".join(dict.fromkeys(one["method"] for one in (body if isinstance(body, list) else [body])))
    parts = ["*" if len(part) > 24 or part.isdecimal() else part for part in request.path.split("/")]
    return "/".join(parts) + "".join(f"&{name}" for name in sorted(request.params) if name not in CURSORS)


def same_list(one: Request, other: Request) -> bool:
    """Whether two questions ask for pages of one list."""
    if one.method != other.method:
        return False
    if one.method == "POST":
        (method, params), (named, others) = question(one), question(other)
        return method == named and _without_cursor(method, params) == _without_cursor(named, others)
    return one.path == other.path and _of_the_list(one) == _of_the_list(other)


def _of_the_list(request: Request) -> dict[str, str]:
    return {name: told for name, told in request.params.items() if name not in {*CURSORS, "pagination.count_total"}}


def _without_cursor(method: str, params: str) -> Any:
    found = json.loads(params)
    if method == "state_getKeysPaged":
        return found[0]
    if method == "getSignaturesForAddress":
        return found[0]
    if method == "eth_getLogs":
        return {name: told for name, told in found[0].items() if name not in ("fromBlock", "toBlock")}
    return params


# --- rows in an answer ------------------------------------------------------------------------------------------------

Place = tuple[str | int, ...]


def _lists(told: Any, place: Place = ()) -> Iterator[tuple[int, Place]]:
    """Every list in an answer by its length and where it stands."""
    if isinstance(told, list):
        yield len(told), place
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(told, dict):
        inner = told.items()
    elif isinstance(told, list) and _holds(told):
        inner = enumerate(told)
    for name, value in inner:
        yield from _lists(value, (*place, name))


def _holds(told: list[Any]) -> bool:
    """Whether a list is around what was asked for: what changed in one block, or several answers at once."""
    first = told[0] if told and isinstance(told[0], dict) else {}
    return "jsonrpc" in first or (len(told) == 1 and "changes" in first)


def _rows(told: Any) -> tuple[list[Any], Place] | None:
    """The longest list of an answer, which is what was asked for."""
    found = max(_lists(told), key=lambda one: one[0], default=(0, ()))
    value = told
    for name in found[1]:
        value = value[name]
    return (value, found[1]) if found[0] else None


def _placed(told: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    copy: Any = dict(told) if isinstance(told, dict) else list(told)
    copy[place[0]] = _placed(told[place[0]], place[1:], value)
    return copy


def _with_rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[Asked], Reply | None]:
    def spoiled(asked: Asked) -> Reply | None:
        found = _rows(asked.told)
        return found and asked.telling(_placed(asked.told, found[1], change(found[0])))

    return spoiled


def _half(asked: Asked) -> Reply | None:
    """Half of the rows, or of what is encoded in a text."""
    told = asked.told
    if isinstance(told, bytes) or (isinstance(told, str) and len(told) > 66):
        return asked.telling(told[: len(told) // 4 * 2])
    return _with_rows(lambda rows: rows[: len(rows) // 2])(asked)


def _first_for_ever(asked: Asked) -> Reply | None:
    """This page, of which more are said to follow: every page of its list is this one."""
    told, rows = asked.told, _rows(asked.told)
    if asked.call or "page" in asked.request.params:
        listing = not asked.call or asked.call[0] in LISTING
        return asked.reply if rows and listing else None
    return _following(asked, told, rows)


def _empty_with_key(asked: Asked) -> Reply | None:
    found = _rows(asked.told)
    if asked.call or found is None:
        return None
    return _following(asked, _placed(asked.told, found[1], []), found)


def _following(asked: Asked, told: Any, found: object) -> Reply | None:
    """A page after which another one is said to come; None where the answer is no page."""
    if found is None or not isinstance(told, dict):
        return None
    if isinstance(told.get("pagination"), dict):
        key = told["pagination"].get("next_key") or "AAAB"
        return asked.telling({**told, "pagination": {**told["pagination"], "next_key": key}})
    if "next_page_params" in told:
        return asked.telling({**told, "next_page_params": told["next_page_params"] or {"items_count": 50}})
    return None


def _other_status(asked: Asked) -> Reply | None:
    """Rows of every state where those of one were asked for; elsewhere a good body under a status of failure."""
    if FILTERS & asked.request.params.keys():
        kept = {name: told for name, told in asked.request.params.items() if name not in FILTERS}
        return asked.server(replace(asked.request, params=kept))
    return replace(asked.reply, status=500)


def _rotten(asked: Asked) -> Reply | None:
    """One letter of each hash is another."""
    told = asked.told
    if isinstance(told, bytes):
        place = len(told) * 3 // 4
        return asked.telling(told[:place] + bytes([told[place] ^ 1]) + told[place + 1 :])
    if asked.call and asked.call[0] in HASHED:
        names = [told] if isinstance(told, str) else list(told)
        return asked.telling(_flipped(told) if isinstance(told, str) else [*map(_flipped, names[:1]), *names[1:]])
    spoiled = _with_rotten_hashes(told)
    return None if spoiled == told else asked.telling(spoiled)


def _with_rotten_hashes(told: Any) -> Any:
    if isinstance(told, list):
        return [_with_rotten_hashes(one) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        name: _flipped(value) if name in HASHES and isinstance(value, str) else _with_rotten_hashes(value)
        for name, value in told.items()
    }


def _flipped(text: str) -> str:
    """A text with another letter near its end, where a hash has its entropy and a key its hashed part."""
    place = len(text) * 3 // 4
    return text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :] if text else text


@dataclass(frozen=True)
class Fault:
    """What becomes of an answer; `everywhere` also of all other pages of its list."""

    name: str
    spoil: Callable[[Asked], Reply | None]
    everywhere: bool = False


def _plain(told: Any) -> Callable[[Asked], Reply | None]:
    """Something else in the place of what was told, of several answers in the place of each."""

    def spoiled(asked: Asked) -> Reply | None:
        if asked.together:
            return asked.telling([{**one, "result": told} for one in asked.body])
        return None if asked.told == told else asked.telling(told)

    return spoiled


MOON: Final = {"code": -31999, "message": "the moon is in the wrong house"}
FAULTS: Final = (
    Fault("null", _plain(None)),
    Fault("{}", _plain({})),
    Fault("[]", _plain([])),
    Fault("text", _plain("come back later")),
    Fault("HTML", lambda asked: Reply(HTML, headers=asked.reply.headers)),
    Fault("501", lambda asked: Reply(b"Not Implemented", 501)),
    Fault("403", lambda asked: Reply(HTML, 403)),
    Fault("an unknown error", lambda asked: asked.refused(**_envelope(asked))),
    Fault("an error with null id", lambda asked: asked.refused(id=None, error=MOON)),
    Fault("duplicates", _with_rows(lambda rows: [*rows, rows[0]])),
    Fault("reversed order", _with_rows(lambda rows: rows[::-1])),
    Fault("the first page for ever", _first_for_ever, everywhere=True),
    Fault("an empty page with a key", _empty_with_key),
    Fault("half the rows", _half),
    Fault("another status", _other_status),
    Fault("a rotten hash", _rotten),
)


def _envelope(asked: Asked) -> dict[str, Any]:
    return {"id": asked.body.get("id"), "error": MOON} if asked.call else {**MOON, "details": []}


@dataclass
class Remembered:
    """A good server whose state stays as it is: what it was asked once it says again at once."""

    server: Answer
    replies: dict[Any, Reply] = field(default_factory=dict)

    def __call__(self, request: Request) -> Reply:
        return batched(self._one, request)

    def _one(self, request: Request) -> Reply:
        key = (*question(request), request.headers.get("x-cosmos-block-height"))
        if key not in self.replies:
            self.replies[key] = self.server(request)
        return _numbered(self.replies[key], request)


@dataclass
class Recorder:
    """A good server that remembers what it was asked first, in order."""

    server: Answer
    asked: dict[Name, Asked] = field(default_factory=dict)

    def __call__(self, request: Request) -> Reply:
        return batched(self._one, request)

    def _one(self, request: Request) -> Reply:
        reply = self.server(request)
        self.asked.setdefault(question(request), Asked(request, reply, self.server))
        return reply


@dataclass(frozen=True)
class Spoiled:
    """A server with one answer replaced; the number of the question that it is given is kept."""

    asked: Asked
    reply: Reply
    everywhere: bool

    def __call__(self, request: Request) -> Reply:
        return batched(self._one, request)

    def _one(self, request: Request) -> Reply:
        same = question(request) == question(self.asked.request)
        if not same and not (self.everywhere and same_list(request, self.asked.request)):
            return self.asked.server(request)
        return _numbered(self.reply, request)


def _numbered(reply: Reply, request: Request) -> Reply:
    """The answer under the number of this very question, where it has one."""
    if request.method != "POST" or not isinstance(reply.body, dict) or reply.body.get("id") is None:
        return reply
    # Several questions at once have the numbers of their places.
    if isinstance(json.loads(request.body), list):
        return reply
    return replace(reply, body={**reply.body, "id": json.loads(request.body)["id"]})


def spoiled(asked: Asked, fault: Fault) -> Spoiled | None:
    """The good server with this answer replaced; None where the fault changes nothing of it."""
    reply = fault.spoil(asked)
    if reply is None or (not fault.everywhere and reply == asked.reply):
        return None
    return Spoiled(asked, reply, fault.everywhere)


def samples(asked: Iterable[Asked]) -> list[Asked]:
    """Of every route or method the first, a middle and the last question, and that of the largest answer."""
    by_shape: dict[str, list[Asked]] = {}
    for one in asked:
        by_shape.setdefault(shape(one.request), []).append(one)
    return [found[place] for found in by_shape.values() for place in _places(found)]


def _places(found: Sequence[Asked]) -> list[int]:
    largest = max(range(len(found)), key=lambda place: len(found[place].reply.encoded()))
    return sorted({0, len(found) // 2, len(found) - 1, largest})


def only_shorter(asked: Asked, reply: Reply) -> bool:
    """Whether an answer is a good one of a list with fewer rows, which nothing in it or in its question contradicts.

    An empty page says by its key that it is none.
    """
    if reply.status != asked.reply.status or (asked.call and asked.call[0] not in LISTING):
        return False
    rows, place = _rows(asked.told) or ([], ())
    if asked.together and not place:
        return False
    least = 1 if _follows(asked.told) else 0
    shorter = (asked.telling(_placed(asked.told, place, rows[:count])) for count in range(least, len(rows)))
    return any(one.encoded() == reply.encoded() for one in shorter)


def _follows(told: Any) -> bool:
    """Whether a page says that another one follows."""
    pagination = told.get("pagination") if isinstance(told, dict) else None
    return bool(pagination and pagination.get("next_key"))


def counted(asked: Asked, answers: Iterable[Asked]) -> bool:
    """Whether some answer to a question of the same list says how many rows there are."""
    return any(_total(one.body) for one in answers if same_list(one.request, asked.request))


def _total(body: Any) -> int:
    if not isinstance(body, dict):
        return 0
    pagination = body.get("pagination")
    inner = pagination.get("total") if isinstance(pagination, dict) else None
    return int(body.get("total") or inner or 0)
