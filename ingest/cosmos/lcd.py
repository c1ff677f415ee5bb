"""The REST (LCD) client of Cosmos chains: proves endpoints, names one final block, reads everything at that block.

Errors beside those of store.rows and ingest/endpoints.py:

    Absent
    ├── NotServed   the chain's software has no such route (HTTP 501): `first` tries an older one
    │   └── Lacking in other words than the software's own
    └── NotFound    the chain has nothing under the name that was asked for (HTTP 404 with gRPC's own code)
    SourceDown
    └── Refused     the question itself is refused (HTTP 400)
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from ingest.allowance import Exhausted
from ingest.cosmos.pages import Pages, has_list, holds, size
from ingest.endpoints import Absent, Answers, Contradiction, Rotation, Unconfirmed, required
from ingest.fields import instant, listed, optional, part, raw, text, whole
from ingest.network import is_of_now
from ingest.transport import Answer, AnswerTooLarge, Http, bare
from store.faults import BadData, Cause, ReadingError, SourceChanged, SourceDown
from store.rows import Block

ASKED_HEIGHT: Final = "x-cosmos-block-height"
ANSWERED_HEIGHT: Final = "grpc-metadata-x-cosmos-block-height"
NODE: Final = "/cosmos/base/tendermint/v1beta1"
VALIDATORS: Final = "/cosmos/staking/v1beta1/validators"
# Changes with every block that mints, so two endpoints that agree on it answer from the same state. Chains with a mint
# module of their own lack it.
PROVISIONS: Final = "/cosmos/mint/v1beta1/annual_provisions"

ROWS_A_PAGE: Final = 1000
# Lengths at which servers are known to cut a list.
CAPS: Final = frozenset({100, 1_000, 5_000, 10_000})
OLDEST_HEAD: Final = timedelta(minutes=5)
# Public addresses are often several machines a block apart; two blocks below the newest all of them answer.
BLOCKS_BEHIND: Final = 2
WITNESSES_ASKED: Final = 2
# gRPC status codes as the LCD's error envelope has them.
TOO_LARGE: Final = 8
UNIMPLEMENTED: Final = 12
MISSING: Final = 5

# What Akash's modules say of a state that their version does not know; the next endpoint must not know it either.
UNKNOWN_STATE: Final = "invalid state value"

# How cosmos-sdk and CometBFT say that they keep a state or a block no more; it only names the cause.
PRUNED: Final = re.compile("version mismatch|version does not exist|failed to load state at height|lowest height is")
HEIGHT: Final = re.compile(r"[0-9]{1,18}")
HALF_PAIR: Final = re.compile(rb"\\u[dD][89a-fA-F]")

Params = Mapping[str, str]
T = TypeVar("T")
A = TypeVar("A")
# Asks one endpoint for a path with parameters.
Ask = Callable[[str, Params], dict[str, Any]]
# What turns a body into what was asked for, or raises why it is none.
Judge = Callable[[dict[str, Any]], T]
# One page of a list: its parameters and how many rows are asked for, to its body and how many that were.
Page = Callable[[Params, int], tuple[dict[str, Any], int]]


class NotServed(Absent):
    """The software of the chain has no such route."""


class Lacking(NotServed):
    """Who answered has no such route, in other words than the software's own: it may be a proxy that lacks it alone."""

    doubtful: ClassVar[bool] = True


class NotFound(Absent):
    """The chain has nothing under the name that was asked for."""


class Refused(SourceDown):
    """The question itself was refused."""


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CosmosChain:
    """A Cosmos chain by its id, with public endpoints of its REST interface.

    sealed_by: a route, with its parameters if it has some, whose answer changes with every block: what two endpoints
    tell there shows whether they answer from the same state. archives: endpoints that are asked for the past alone,
    beside the others.
    """

    chain_id: str
    endpoints: tuple[str, ...]
    clock: Callable[[], datetime] = now
    sealed_by: str = PROVISIONS
    archives: tuple[str, ...] = ()

    def head(self, http: Http, endpoints: Sequence[str]) -> "Lcd":
        """The newest block that an endpoint proves and a second one confirms; raises SourceDown.

        Proved: the chain id, a block younger than five minutes, and a bonded validator set that is not empty (a node
        without state answers 200 and empty lists). Confirmed: the block's hash and what seals it.
        """
        return self._first(http, endpoints, self._newest)

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "Lcd":
        """The chain at a block of the past; raises SourceDown when no endpoint has its state any more."""
        return self._first(http, endpoints, lambda source, rotation: self._pinned(source, rotation, height))

    def past(self, http: Http, endpoints: Sequence[str]) -> "CosmosPast":
        """The past as the first of some endpoints tells it; no other one is asked for anything."""
        source = _Endpoint(http, endpoints[0].strip().rstrip("/"))
        self._prove(source)
        return CosmosPast(self, source)

    def _first(self, http: Http, endpoints: Sequence[str], prove: Callable[["_Endpoint", Rotation], "Lcd"]) -> "Lcd":
        rotation = Rotation([endpoint.strip().rstrip("/") for endpoint in endpoints if endpoint.strip()])
        return rotation.ask(required()(lambda endpoint: prove(_Endpoint(http, endpoint), rotation)))

    def _newest(self, source: "_Endpoint", rotation: Rotation) -> "Lcd":
        node = self._pinned(source, rotation, max(1, source.bonded_height() - BLOCKS_BEHIND))
        if not is_of_now(node.block, self.clock(), OLDEST_HEAD):
            why = f"is at block {node.block.height} of {node.block.time:%Y-%m-%d %H:%M:%S}"
            raise SourceDown(f"{source.name} {why}").of(Cause.BEHIND, why)
        return node

    def _pinned(self, source: "_Endpoint", rotation: Rotation, height: int) -> "Lcd":
        info = self._prove(source)
        seal = source.seal(height, self.chain_id, self.sealed_by)
        proved = {source.address, self._confirmed(source, rotation, seal)}
        return Lcd(source.http, rotation, seal, chain_id=self.chain_id, proved=proved, runtime_version=_version(info))

    def _prove(self, source: "_Endpoint") -> dict[str, Any]:
        """What an endpoint says of its node; raises SourceDown for a node of another chain."""
        info, _ = source.read(f"{NODE}/node_info")
        chain_id = text(info, "default_node_info", "network")
        if chain_id != self.chain_id:
            raise SourceDown(f"{source.name} is a node of {chain_id}, not of {self.chain_id}")
        return info

    def _confirmed(self, source: "_Endpoint", rotation: Rotation, seal: "Seal") -> str:
        """The first other endpoint that answers, which must have the same state; the endpoint itself where none does.

        Raises SourceDown where the states differ: there is no telling who is right.
        """
        others = [other for other in rotation.endpoints if other != source.address]
        for other in others[:WITNESSES_ASKED]:
            witness = _Endpoint(source.http, other)
            try:
                seen = witness.seal(seal.block.height, self.chain_id, self.sealed_by)
            except (SourceDown, SourceChanged):
                continue
            if not seen.same(seal):
                raise SourceDown(f"{source.name} and {witness.name} disagree about block {seal.block.height}")
            return other
        return source.address


@dataclass(frozen=True, slots=True)
class CosmosPast:
    """The past of a Cosmos chain at one endpoint: blocks and states are kept apart, and seldom as long."""

    chain: CosmosChain
    source: "_Endpoint"

    def newest(self) -> Block:
        """The block below the newest that every machine behind the address has."""
        return self.block(max(1, self.source.bonded_height() - BLOCKS_BEHIND))

    def block(self, height: int) -> Block:
        """Hash and time of a block."""
        return block_of(self.source.block(height), self.chain.chain_id)

    def at(self, height: int) -> "Lcd":
        """The chain at a block of the past."""
        return self.chain.at(self.source.http, (self.source.address,), height)


@dataclass(frozen=True, slots=True)
class Seal:
    """What tells one state of a chain from every other: the block, as it came, and what a route tells at it."""

    block: Block
    body: dict[str, Any]
    route: str
    told: dict[str, Any]

    def same(self, other: "Seal") -> bool:
        """Whether both are of the same block and state."""
        return self.block.hash == other.block.hash and self.told == other.told


class Lcd:
    """Proved endpoints of one chain, pinned to one block; every question is asked once, then remembered."""

    def __init__(
        self, http: Http, rotation: Rotation, seal: Seal, *, chain_id: str, proved: set[str], runtime_version: str
    ) -> None:
        self.block = seal.block
        self.chain_id = chain_id
        self.runtime_version = runtime_version
        self.rotation = rotation
        self._http = http
        self._seal = seal
        self._proved = proved
        self._answers = Answers(rotation)
        self._answers.know(seal.route, rotation.first, seal.told)
        self._made: dict[str, Any] = {}
        self._missing: set[str] = set()
        self._uncounted: set[tuple[str, str]] = set()
        self._caps: set[tuple[str, int]] = set()
        self._answered: set[str] = set()
        self._useless: set[str] = set()

    @property
    def endpoint(self) -> str:
        """The endpoint that is asked first."""
        return self.rotation.first

    @property
    def witness(self) -> str:
        """Another endpoint that had the same block and state, empty where none answered."""
        return next(iter(self._proved - {self.endpoint}), "")

    def prove_again(self) -> list[str]:
        """Asks each address that answered for its chain once more: a gateway may send to another one meanwhile.

        Raises SourceDown for another chain; one that tells no chain now has not changed what it said.
        """
        doubts = []
        for source in (_Endpoint(self._http, endpoint) for endpoint in sorted(self._answered)):
            try:
                info, _ = source.read(f"{NODE}/node_info")
                chain_id = text(info, "default_node_info", "network")
            except (SourceDown, SourceChanged) as error:
                doubts.append(f"{source.name}: {error}")
                continue
            if chain_id != self.chain_id:
                raise SourceDown(f"{source.name} became a node of {chain_id} while {self.chain_id} was read")
        return doubts

    def forget(self) -> None:
        """Ask everything anew at the same block."""
        self._answers.forget()
        self._made.clear()
        self._missing.clear()

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is put together of several answers, once for several readings."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def get(self, path: str, judge: Judge[T], params: Params | None = None) -> T:
        """What `judge` makes of the answer to a query at the pinned block.

        Raises Unanswered with each endpoint's reason, NotServed where the chain has no such route, or NotFound.
        """
        question = self._whole(path, partial(self._pinned, path=path, params=params or {}))
        return self._asked(path, _query(path, params), question, judge)

    def first(self, paths: Sequence[str], judge: Judge[T], params: Params | None = None) -> tuple[str, T]:
        """The first of the paths (newest version first) that the chain serves, with what is made of its answer."""
        return self._first(paths, lambda path: self.get(path, judge, params))

    def first_list(self, paths: Sequence[str], field: str, params: Params | None = None) -> str:
        """The first of the paths of a list that the chain serves; of the list itself nothing is taken."""
        asked = {**(params or {}), "pagination.limit": "1"}

        def ask(path: str) -> int:
            question = partial(self._pinned, path=path, params=asked)
            return self._asked(path, _query(path, asked), question, lambda body: len(listed(body, field)))

        return self._first(paths, ask)[0]

    def _first(self, paths: Sequence[str], ask: Callable[[str], T]) -> tuple[str, T]:
        doubts = []
        for path in paths:
            try:
                return path, ask(path)
            except NotServed:
                continue
            except Unconfirmed as error:
                doubts.append(error)
        if doubts:
            raise doubts[0]
        raise NotServed(f"{self.chain_id} serves none of {', '.join(paths)}")

    def pages(self, path: str, field: str, judge: Callable[[list[Any]], T], params: Params | None = None) -> T:
        """What `judge` makes of all rows of a list, over all its pages at the pinned block, from one endpoint.

        A missing page, a row or a key that comes twice, and other than the chain counts are the endpoint's reason.
        """
        question = partial(self._all_pages, path=path, field=field, params=params or {})
        return self._asked(path, f"{_query(path, params)}#{field}", question, judge)

    def newest(self, path: str, field: str, judge: Callable[[list[Any]], T], most: int) -> T:
        """What `judge` makes of the last so many rows of a list, or of all where there are fewer; else as `pages`."""
        question = partial(self._last_rows, path=path, field=field, most=most)
        return self._asked(path, f"{path}#{most} newest {field}", question, judge)

    def in_block(self, judge: Judge[T]) -> T:
        """What `judge` makes of the whole pinned block."""
        path = _block_path(self.block.height)
        return self._answers.ask(path, self._whole(path, self._pinned_block), judge)

    def _pinned_block(self, endpoint: str) -> dict[str, Any]:
        body = self._source(endpoint).block(self.block.height)
        if block_of(body, self.chain_id) != self.block:
            raise SourceDown(f"{bare(endpoint)} has another block {self.block.height}")
        return body

    def block_at(self, height: int) -> Block:
        """Hash and time of a block up to the pinned one; raises Unanswered where it is no longer kept."""

        def judge(body: dict[str, Any]) -> Block:
            block = block_of(body, self.chain_id)
            if height < self.block.height and block.time >= self.block.time:
                raise BadData(f"block {height} is of {block.time}, block {self.block.height} of {self.block.time}")
            return block

        return self._answers.ask(_block_path(height), lambda one: self._source(one).block(height), judge)

    def unpinned(self, question: Callable[[Ask], T]) -> T:
        """The answer to a question that no height applies to, as a search over transactions, put to one endpoint."""
        return self.rotation.ask(lambda endpoint: question(partial(self._unpinned, endpoint)))

    def _unpinned(self, endpoint: str, path: str, params: Params) -> dict[str, Any]:
        return self._source(endpoint).read(path, params)[0]

    def _asked(self, path: str, name: str, question: Callable[[str], A], judge: Callable[[A], T]) -> T:
        if path in self._missing:
            raise NotServed(f"{self.chain_id} does not serve {path}")
        try:
            return self._answers.ask(name, question, judge)
        except NotServed:
            self._missing.add(path)
            raise

    def _whole(self, path: str, ask: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
        """The question, put to a second endpoint too where there is a list in the answer: nobody counts its rows.

        Of two answers of which one has all that the other has, that one is whole; others contradict each other.
        """

        def question(endpoint: str) -> dict[str, Any]:
            body = ask(endpoint)
            useless = self._useless | {endpoint}
            others = [other for other in self.rotation.endpoints if other not in useless] if has_list(body) else []
            for other in others[:WITNESSES_ASKED]:
                try:
                    seen = ask(other)
                except Exhausted:
                    raise
                except ReadingError:
                    # One that has another state, or none, at this block is not asked to prove it each time.
                    self._useless |= {other} - self._proved
                    continue
                if holds(seen, body):
                    return min(body, seen, key=size) if holds(body, seen) else seen
                if holds(body, seen):
                    return body
                raise Contradiction(f"{bare(endpoint)}{path} tells other things than {bare(other)}")
            return body

        return question

    def _pinned(self, endpoint: str, path: str, params: Params) -> dict[str, Any]:
        source = self._source(endpoint)
        body, height = source.read(path, params, height=self.block.height)
        if height != self.block.height:
            raise SourceDown(f"{source.name}{path} answered at height {height}, not {self.block.height}")
        self._answered.add(endpoint)
        return body

    def _source(self, endpoint: str) -> "_Endpoint":
        """An endpoint that has the very state this node is pinned to."""
        source = _Endpoint(self._http, endpoint)
        if endpoint not in self._proved:
            seen = source.seal(self.block.height, self.chain_id, self._seal.route)
            if not seen.same(self._seal):
                raise SourceDown(f"{source.name} has another block {self.block.height}")
            self._proved.add(endpoint)
        return source

    def _all_pages(self, endpoint: str, path: str, field: str, params: Params) -> list[Any]:
        pages = Pages(f"{bare(endpoint)}{path} at block {self.block.height}")
        page = partial(self._page, endpoint, path, field)
        body, limit = self._counting(page, endpoint, path, params)
        counted, key = pagination(body)
        if key and counted:
            # SDK 0.45 loses a row between two pages of a filtered list while it counts (cosmos-sdk issue 11407): of
            # this answer the count alone is taken. Where more rows follow, Akash's own modules count those of the page.
            pages.expect(counted if counted > len(listed(body, field)) else 0)
            body, limit = page(params, limit)
        while True:
            counted, key = pagination(body)
            pages.take(listed(body, field), counted, key)
            if not key:
                return pages.whole()
            with required():
                body, limit = page({**params, "pagination.key": key}, limit)

    def _last_rows(self, endpoint: str, path: str, field: str, most: int) -> list[Any]:
        pages = Pages(f"{bare(endpoint)}{path} at block {self.block.height}")
        page, backwards = partial(self._page, endpoint, path, field), {"pagination.reverse": "true"}
        body, limit = self._counting(page, endpoint, path, backwards, most)
        if pagination(body)[1] and len(listed(body, field)) < most:
            body, limit = page(backwards, limit)
        while True:
            counted, key = pagination(body)
            pages.take(listed(body, field), counted, key)
            if not key:
                return pages.whole()[:most]
            if len(pages.rows) >= most:
                return pages.rows[:most]
            with required():
                body, limit = page({**backwards, "pagination.key": key}, limit)

    def _counting(
        self, page: Page, endpoint: str, path: str, params: Params, limit: int = ROWS_A_PAGE
    ) -> tuple[dict[str, Any], int]:
        """The first page with the count of the whole list, or without it where the module does not count."""
        module = "/".join(path.split("/")[:3])
        if (endpoint, module) not in self._uncounted:
            with suppress(Refused):
                return page({**params, "pagination.count_total": "true"}, limit)
        found = page(params, limit)
        # What is refused with a count alone is a matter of the module: wasmd since 0.60 counts no list of its own.
        self._uncounted.add((endpoint, module))
        return found

    def _page(self, endpoint: str, path: str, field: str, params: Params, limit: int) -> tuple[dict[str, Any], int]:
        """One page; where it looks cut, half of it, which must say that more follow."""
        body, limit = self._sized(endpoint, path, params, limit)
        rows, (_, key) = listed(body, field), pagination(body)
        if key:
            if len(rows) < limit:
                self._caps.add((endpoint, len(rows)))
            return body, limit
        # More rows than were asked for come from software that knows no pages.
        caps = {limit} | CAPS | {most for giver, most in self._caps if giver == endpoint}
        if len(rows) < 2 or len(rows) not in caps:
            return body, limit
        half, limit = self._sized(endpoint, path, params, (len(rows) + 1) // 2)
        if not pagination(half)[1]:
            raise SourceDown(
                f"{bare(endpoint)}{path}: {len(rows)} rows, {len(listed(half, field))} where fewer are asked for, and "
                "neither says that more follow"
            )
        return half, limit

    def _sized(self, endpoint: str, path: str, params: Params, limit: int) -> tuple[dict[str, Any], int]:
        """One page, with half as many rows as long as the answer is too large for the endpoint."""
        while True:
            try:
                return self._pinned(endpoint, path, {**params, "pagination.limit": str(limit)}), limit
            except AnswerTooLarge:
                if limit == 1:
                    raise
                limit //= 2


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One address of a REST interface: turns whatever it answers into a body or an error."""

    http: Http
    address: str

    @property
    def name(self) -> str:
        """The address as it may be shown."""
        return bare(self.address)

    def read(self, path: str, params: Params | None = None, height: int | None = None) -> tuple[dict[str, Any], int]:
        """Body and the height that the answer names (0 where it names none)."""
        headers = {} if height is None else {ASKED_HEIGHT: str(height)}
        answer = self.http.get(self.address + path, params, headers)
        named = answer.headers.get(ANSWERED_HEIGHT, "")
        try:
            body = _body(answer, self.name + path)
        except NotFound as error:
            # Only of the state of a block can it be said that the chain has no such thing; blocks are forgotten.
            if height is None:
                raise SourceDown(str(error)) from error
            raise
        return body, int(named) if HEIGHT.fullmatch(named) else 0

    def block(self, height: int) -> dict[str, Any]:
        """The block of a height."""
        body, _ = self.read(_block_path(height))
        told = part(body, "block", "header", "height")
        if told != str(height):
            raise SourceDown(f"{self.name} answered block {told} for block {height}")
        return body

    def bonded_height(self) -> int:
        """The newest height, at which there is a bonded validator set; raises SourceDown."""
        bonded, told = self.read(VALIDATORS, {"status": "BOND_STATUS_BONDED", "pagination.limit": "1"})
        if not bonded.get("validators"):
            raise SourceDown(f"{self.name} knows no bonded validator: it has no state")
        if not told:
            raise SourceDown(f"{self.name} does not say at which height it answers")
        return told

    def seal(self, height: int, chain_id: str, route: str) -> Seal:
        """The block of a height and what a route tells at it; raises SourceDown where the state is not kept."""
        body, (path, _, query) = self.block(height), route.partition("?")
        told, named = self.read(path, dict(parse_qsl(query)), height)
        if named != height:
            raise SourceDown(f"{self.name} answered at height {named}, not {height}")
        return Seal(block_of(body, chain_id), body, route, told)


def _block_path(height: int) -> str:
    return f"{NODE}/blocks/{height}"


def _query(path: str, params: Params | None) -> str:
    """The name of a question."""
    return f"{path}?{urlencode(sorted(params.items()))}" if params else path


def _body(answer: Answer, where: str) -> dict[str, Any]:
    if answer.status == HTTPStatus.NOT_IMPLEMENTED:
        raise (NotServed if _of_the_gateway(answer) else Lacking)(f"{where} is not served")
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise AnswerTooLarge(f"{where} answered 413: too large")
    body = _json(answer, where)
    if not isinstance(body, dict):
        raise SourceDown(f"{where} answered {answer.status} with {type(body).__name__}, not an object")
    if answer.status == HTTPStatus.OK and "error" not in body and not {"code", "message"} <= body.keys():
        return body
    reason = str(body.get("message") or body.get("error"))[:200]
    # The LCD maps gRPC's "message larger than max" to 429; waiting does not mend that, smaller pages do.
    if body.get("code") == TOO_LARGE and "larger than max" in reason:
        raise AnswerTooLarge(f"{where}: {reason}")
    unknown = answer.status == HTTPStatus.BAD_REQUEST and UNKNOWN_STATE in reason
    if unknown or (answer.status, body.get("code")) == (HTTPStatus.NOT_FOUND, MISSING):
        raise NotFound(f"{where}: {reason}")
    down = Refused if answer.status == HTTPStatus.BAD_REQUEST else SourceDown
    found = down(f"{where} answered {answer.status}: {reason}")
    raise found.of(Cause.LACKS) if PRUNED.search(reason) else found


def _of_the_gateway(answer: Answer) -> bool:
    """Whether an error is told in the envelope of the software's own gateway, not in a proxy's words."""
    try:
        body = answer.json()
    except SourceDown:
        return False
    return isinstance(body, dict) and body.get("code") == UNIMPLEMENTED and isinstance(body.get("message"), str)


def _json(answer: Answer, where: str) -> Any:
    body = answer.json()
    if HALF_PAIR.search(answer.content):
        # Half of a surrogate pair is valid JSON but no text that can be stored; the chain's encoder never writes one.
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise SourceDown(f"{where} answered text that is no Unicode") from error
    return body


def pagination(body: dict[str, Any]) -> tuple[int, str]:
    """How many rows a list is said to have, 0 where they are not counted, and the key of its next page."""
    found = optional(body, "pagination") or {}
    counted = whole(found, "total") if optional(found, "total") is not None else 0
    return counted, text(found, "next_key") if optional(found, "next_key") else ""


def _version(info: dict[str, Any]) -> str:
    version = part(info, "application_version")
    return " ".join(text(version, key) for key in ("name", "version", "cosmos_sdk_version") if optional(version, key))


def block_of(body: dict[str, Any], chain_id: str) -> Block:
    """The block in an answer; raises SourceDown when it is of another chain."""
    header = part(body, "block", "header")
    if part(header, "chain_id") != chain_id:
        raise SourceDown(f"block {part(header, 'height')} is of {header['chain_id']}, not of {chain_id}")
    return Block(whole(header, "height"), raw(body, "block_id", "hash").hex().upper(), instant(header, "time"))
