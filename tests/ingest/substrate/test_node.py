"""The client of Substrate chains: one pinned block, few requests, no answer that does not fit its question."""

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from async_substrate_interface.utils.hasher import blake2_128_concat
from hypothesis import given
from hypothesis import strategies as st
from scalecodec.types import I64, U16, U128
from urllib3.util import Retry

from ingest import transport
from ingest.backfill import Calendar
from ingest.endpoints import Unconfirmed
from ingest.substrate import columns
from ingest.substrate.metadata import Metadata, metadata
from ingest.substrate.node import KEYS_A_PAGE, Substrate, SubstrateChain, encoded
from ingest.substrate.rpc import NotServed
from ingest.transport import Http
from store.faults import ReadingError, SourceChanged, SourceDown
from tests.worlds.each import each
from tests.worlds.examples import examples
from tests.worlds.servers import Reply, Request, serving
from tests.worlds.substrate_server import GENESIS, HEIGHT, Node, blob, hash_of, serves, state

ACCOUNT = ("System", "Account")
CLOCK = datetime(2025, 11, 22, 8, 27, tzinfo=UTC)


def chain(*endpoints: str) -> SubstrateChain:
    return SubstrateChain(GENESIS, endpoints, clock=lambda: CLOCK)


@contextmanager
def at_head(node: Node) -> Iterator[Substrate]:
    with serves(node) as url, Http(per_second=1e6) as http:
        yield chain(url).head(http, [url])


@pytest.fixture(scope="module")
def raonet(shared: Path) -> Node:
    return Node(blob(shared, 218), 218, state(shared, "raonet_state_218.json.gz"))


@pytest.fixture
def node(raonet: Node) -> Node:
    """The genesis of a real dTAO network (spec 218), which a test may spoil."""
    return Node(raonet.blob, 218, dict(raonet.state))


def test_head_is_a_final_block_with_its_own_time_and_runtime(node: Node) -> None:
    with at_head(node) as head:
        assert head.block.height == HEIGHT
        assert head.block.hash == hash_of(HEIGHT)
        assert head.block.time == datetime(2025, 11, 22, 8, 26, 40, tzinfo=UTC)
        assert (head.chain_id, head.runtime_version) == (GENESIS, "218")
    assert len(node.asked) == 5


def test_another_chain_is_refused(node: Node) -> None:
    node.genesis = "0x" + "ab" * 32
    with pytest.raises(SourceDown, match="another chain"), at_head(node):
        pass


def test_a_head_that_is_old_is_refused_and_the_next_endpoint_asked(node: Node, raonet: Node) -> None:
    node.height = HEIGHT
    late = SubstrateChain(GENESIS, (), clock=lambda: CLOCK + timedelta(minutes=6))
    with serves(node) as url, Http(per_second=1e6) as http, pytest.raises(SourceDown, match="is at block"):
        late.head(http, [url])
    with serves(node) as good, serves(Node(node.blob, 218, genesis="0x00")) as bad, Http(per_second=1e6) as http:
        assert chain().head(http, [bad, good]).endpoint == good


def test_two_endpoints_that_disagree_about_the_block_are_refused(node: Node, raonet: Node) -> None:
    other = Node(raonet.blob, 218, dict(raonet.state))
    with serves(node) as first, serves(other) as second, Http(per_second=1e6) as http:
        assert chain().head(http, [first, second]).endpoint == first
        assert other.asked == ["chain_getBlockHash", "chain_getBlockHash"]
        other.spoil["chain_getBlockHash"] = lambda found: found if found == GENESIS else "0x" + "ee" * 32
        assert chain().head(http, [first, second]).witness == "", "no block has this hash"
        other.spoil["chain_getBlockHash"] = lambda found: found if found == GENESIS else hash_of(1)
        other.errors["chain_getFinalizedHead"] = {"code": -32603, "message": "Internal error"}
        with pytest.raises(SourceDown, match="disagree about block"):
            chain().head(http, [first, second])


def test_three_thousand_genesis_balances_add_up_to_the_last_rao(shared: Path) -> None:
    balances = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    with at_head(balances) as head:
        accounts = head.rows(*ACCOUNT)
        assert len(accounts) == 3000
        assert int(accounts.values["data"]["free"].sum()) == 1_806_985_925_437_484
        assert head.value("Balances", "TotalIssuance") == 1_806_985_925_437_484
    # Three full pages, an empty one, and the first key of the next item.
    assert balances.asked.count("state_getKeysPaged") == 5
    assert balances.asked.count("state_queryStorageAt") == 5


def test_computed_keys_read_many_items_in_one_request(node: Node) -> None:
    with at_head(node) as head:
        head.metadata  # noqa: B018 - asked once, before the count
        before = len(node.asked)
        names = ("SubnetTAO", "SubnetAlphaIn", "SubnetAlphaOut", "Tempo", "SubnetworkN", "NetworkRegisteredAt", "Kappa")
        table = head.table("SubtensorModule", names, [(netuid,) for netuid in range(129)])
        assert len(node.asked) == before + 1
        assert {name: len(column) for name, column in table.items()} == dict.fromkeys(names, 129)
        assert table["Tempo"][:3] == [100, 100, 30]
        # What is absent reads as the runtime reads it: by the default that metadata gives.
        assert table["Kappa"][128] == 32767
        head.table("SubtensorModule", names, [(netuid,) for netuid in range(129)])
        assert len(node.asked) == before + 1


def test_an_optional_item_that_is_absent_is_none_and_an_unknown_one_an_error(node: Node) -> None:
    with at_head(node) as head:
        assert head.value("Multisig", "Multisigs", bytes(32), bytes(32)) is None
        with pytest.raises(SourceChanged, match="AlphaV2"):
            head.value("SubtensorModule", "AlphaV2", bytes(32), bytes(32), 0)


def _prefix(node: Node) -> str:
    return node.metadata.item(*ACCOUNT).prefix.hex()


@contextmanager
def behind(bad: Node, good: Node) -> Iterator[tuple[Substrate, Substrate]]:
    """The head at an endpoint that a test spoils, alone; and with a good endpoint behind it."""
    with serves(bad) as spoilt, serves(good) as second, Http(per_second=1e6) as http, Http(per_second=1e6) as other:
        yield chain().head(http, [spoilt]), chain().head(other, [spoilt, second])


class First:
    """Gives its first answer for ever."""

    def __init__(self) -> None:
        self.page: list[str] = []

    def __call__(self, page: list[str]) -> list[str]:
        self.page = self.page or page
        return self.page


SPOILT_KEYS: dict[str, Callable[[Any], Any]] = {
    "null": lambda page: None,
    "an object": lambda page: {},
    "a text": lambda page: "0x",
    "numbers": lambda page: [7],
    "one that is null": lambda page: [*page, None],
    "none": lambda page: [],
    "half": lambda page: page[: len(page) // 2],
    "twice": lambda page: page[:1] + page,
    "each twice": lambda page: [key for key in page for _ in "12"],
    "the other way round": lambda page: page[::-1] if len(page) > 1 else [],
    "too many": lambda page: page * 20,
    "of other items only": lambda page: ["0x" + "ff" * 80],
    "the last one cut": lambda page: [*page[:-1], page[-1][:-2]] if len(page) > 1 else page,
    "the first page for ever": First(),
}


@pytest.mark.slow
@each("how", SPOILT_KEYS)
def test_spoilt_keys_are_that_endpoints_reason(how: str, raonet: Node) -> None:
    """Invented."""
    node = Node(raonet.blob, 218, dict(raonet.state), spoil={"state_getKeysPaged": SPOILT_KEYS[how]})
    with behind(node, raonet) as (alone, two), at_head(raonet) as clean:
        assert np.array_equal(two.rows(*ACCOUNT).values, clean.rows(*ACCOUNT).values)
        with pytest.raises(SourceDown, match=alone.endpoint):
            alone.rows(*ACCOUNT)


def test_keys_of_the_next_item_are_the_end_of_this_one(node: Node) -> None:
    """Invented: a server that looks at where to begin, and not at the group."""
    answer = node.state_getKeysPaged
    node.state_getKeysPaged = lambda prefix, *more: answer("0x", *more)  # type: ignore[method-assign]
    with at_head(node) as head:
        assert len(head.rows(*ACCOUNT)) == sum(key.startswith("0x" + _prefix(node)) for key in node.order)


@pytest.mark.slow
def test_a_server_with_small_pages_gives_all_keys(shared: Path) -> None:
    """Invented: a hundred keys at most, whatever is asked for, and the end is proved."""
    balances = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    balances.spoil["state_getKeysPaged"] = lambda page: page[:100]
    with at_head(balances) as head:
        assert len(head.rows(*ACCOUNT)) == 3000


REFUSED_AS_TOO_BROAD: dict[str, tuple[object, int]] = {
    "no such method": ({"code": -32601, "message": "Method not found"}, 200),
    "not allowed": ({"code": -32000, "message": "this prefix is not allowed"}, 200),
    "wrong parameters": ({"code": -32602, "message": "Invalid params: prefix too short"}, 200),
    "too large": ({"code": -32008, "message": "Response is too big"}, 200),
    "words of nobody": ({"code": -32099, "message": "query too broad"}, 200),
    "forbidden": (None, 403),
    "forbidden with a reason": ({"code": 403, "message": "forbidden"}, 403),
    "too many requests": (None, 429),
    "broken": (None, 502),
    "cut off by a proxy": (None, 504),
}
# Hexadecimal digits: less than the name of a pallet, less than that of an item.
BROAD = {"the empty prefix": 2 + 32, "a pallet's prefix": 2 + 64}


@contextmanager
def narrow(
    node: Node, shortest: int, refused: Callable[[int], Reply] = lambda _: Reply(b"Forbidden", 403)
) -> Iterator[str]:
    """Invented: a gateway that lists keys under long prefixes only."""

    def answer(request: Request) -> Reply:
        body = json.loads(request.body)
        broad = body["method"] == "state_getKeysPaged" and len(body["params"][0]) < shortest
        return refused(body["id"]) if broad else node.answer(request)

    with serving(answer) as url:
        yield url


@pytest.fixture
def lonely(raonet: Node) -> Node:
    """A chain on which accounts are the last thing of their pallet: twenty-five of a real network."""
    places = sorted(place for place in raonet.state if place.startswith("0x" + _prefix(raonet)))
    return Node(raonet.blob, 218, {place: raonet.state[place] for place in places[:25]})


def read(*endpoints: str) -> int:
    """How many accounts are read at these endpoints, asked in this order; each must be there."""
    patient = Retry(total=0)
    with Http(per_second=1e6, patience=patient) as http:
        head = chain().head(http, endpoints)
        kept = head.parts(*ACCOUNT, lambda _, make: make())
        assert len(kept) == len(head.rows(*ACCOUNT))
        return len(kept)


@pytest.mark.slow
@each("how", REFUSED_AS_TOO_BROAD)
@each("what", BROAD)
def test_a_map_ends_at_gateways_that_refuse_broad_prefixes(how: str, what: str, lonely: Node, raonet: Node) -> None:
    """Invented: alone, with one of its kind, and of a map behind which the same pallet has more."""
    error, status = REFUSED_AS_TOO_BROAD[how]

    def refused(number: int) -> Reply:
        body = {"jsonrpc": "2.0", "id": number, "error": error}
        return Reply(body if error else b"<html>no</html>", status)

    accounts = sum(place.startswith("0x" + _prefix(raonet)) for place in raonet.state)
    with narrow(lonely, BROAD[what], refused) as one, narrow(lonely, BROAD[what], refused) as two:
        assert read(one) == read(one, two) == 25
    with narrow(raonet, BROAD[what], refused) as one:
        assert read(one) == accounts


@pytest.mark.slow
@each("what", BROAD)
def test_a_map_ends_at_a_gateway_that_is_silent_about_broad_prefixes(
    what: str, lonely: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invented; and the host is not given up as one that keeps everybody waiting."""
    monkeypatch.setattr(transport, "READ_SECONDS", 0.5)
    over = threading.Event()

    def silent(_: int) -> Reply:
        over.wait(30)
        return Reply(b"", 504)

    with narrow(lonely, BROAD[what], silent) as one:
        assert read(one) == 25
        over.set()


CUT_LISTS: dict[str, Callable[[list[str]], list[str]]] = {
    "none": lambda page: [],
    "half": lambda page: page[: len(page) // 2],
    "half and one": lambda page: page[: len(page) // 2 + 1],
    "all but the last": lambda page: page[:-1],
    "seven at most": lambda page: page[:7],
    "one at most": lambda page: page[:1],
}


@pytest.mark.slow
@each("how", CUT_LISTS)
@each("what", BROAD)
def test_a_list_that_is_cut_passes_nowhere(how: str, what: str, lonely: Node) -> None:
    """Invented: the gateway that cuts refuses broad prefixes; so does the good one behind, or before it."""
    cut = Node(lonely.blob, 218, dict(lonely.state), spoil={"state_getKeysPaged": CUT_LISTS[how]})
    with narrow(cut, BROAD[what]) as bad, narrow(lonely, BROAD[what]) as good:
        assert read(bad, good) == read(good, bad) == 25
        with suppress(SourceDown):
            assert read(bad) == 25


@pytest.mark.slow
@each("what", BROAD)
def test_a_node_that_lost_the_end_of_a_map_is_found_out_by_a_second_one(what: str, lonely: Node) -> None:
    """Invented. Alone it is believed: nothing that it says of longer prefixes differs from a chain with fewer keys."""
    fewer = dict(sorted(lonely.state.items())[:20])
    with narrow(Node(lonely.blob, 218, fewer), BROAD[what]) as bad, narrow(lonely, BROAD[what]) as good:
        assert read(bad, good) == read(good, bad) == 25
        assert read(bad) == 20


@pytest.mark.slow
@each("what", BROAD)
def test_a_second_one_that_names_a_key_without_a_value_is_no_witness(what: str, lonely: Node) -> None:
    """Invented."""
    more = Node(lonely.blob, 218, dict(lonely.state))
    more.spoil["state_getKeysPaged"] = lambda page: [*page, max(lonely.state) + "00"]
    with narrow(more, BROAD[what]) as bad, narrow(lonely, BROAD[what]) as good:
        assert read(good, bad) == 25


@pytest.mark.slow
@each("what", BROAD)
def test_an_empty_map_is_nobodys_word_alone(what: str, lonely: Node) -> None:
    """Invented: where broad prefixes are refused, that there is no key at all needs a second one who says so."""
    empty = Node(lonely.blob, 218)
    with narrow(empty, BROAD[what]) as one, narrow(empty, BROAD[what]) as two:
        assert read(one, two) == 0
        with pytest.raises(SourceDown, match="no key behind"):
            read(one)


@pytest.mark.slow
def test_the_end_of_a_map_costs_few_questions(lonely: Node, raonet: Node) -> None:
    """Invented: one where the pallet has more, two where it has none, five where both are refused, however many."""
    for node, shortest, questions in ((raonet, 0, 1), (lonely, 0, 2), (lonely, 2 + 64, 3), (lonely, 2 + 32, 5)):
        node.asked.clear()
        with narrow(node, shortest) as one, Http(per_second=1e6) as http:
            chain().head(http, [one]).rows(*ACCOUNT)
            assert node.asked.count("state_getKeysPaged") <= 1 + questions


class Tight(Node):
    """Invented: a node, or a proxy before it, that answers no more than so many values at once."""

    values_allowed = 90

    def state_queryStorageAt(self, keys: list[str], block: str) -> list[Any]:  # noqa: N802
        if len(keys) > self.values_allowed:
            raise LookupError("Response is too big")
        return super().state_queryStorageAt(keys, block)


@pytest.mark.slow
def test_what_is_too_much_for_an_endpoint_is_asked_in_smaller_parts(shared: Path, raonet: Node) -> None:
    tight = Tight(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    with at_head(tight) as head:
        assert len(head.rows(*ACCOUNT)) == 3000
        netuids = [(netuid,) for netuid in range(200)]
        assert head.values("SubtensorModule", "Tempo", netuids)[199] == head.value("SubtensorModule", "Tempo", 199)
    with serves(tight) as url, Http(per_second=1e6) as http:
        tight.values_allowed = 0
        head = chain().head(http, [url])
        with pytest.raises(SourceDown, match=f"{url}/? state_queryStorageAt: -32603 Response is too big"):
            head.values("SubtensorModule", "Tempo", netuids)
        with pytest.raises(SourceDown, match="Response is too big"):
            head.rows(*ACCOUNT)


def test_an_endpoint_that_answers_one_key_at_a_time_does_not_use_up_what_may_be_asked(raonet: Node) -> None:
    """Invented: it would take two thousand questions for a thousand values; the next endpoint has them in one."""
    tight = Tight(raonet.blob, 218, dict(raonet.state))
    tight.values_allowed = 1
    netuids = [(netuid,) for netuid in range(200)]
    with behind(tight, raonet) as (_, two), at_head(raonet) as clean:
        assert two.values("SubtensorModule", "Tempo", netuids) == clean.values("SubtensorModule", "Tempo", netuids)
        two.rotation.distrust(two.rotation.endpoints[0])
        assert np.array_equal(two.rows(*ACCOUNT).values, clean.rows(*ACCOUNT).values)
    assert tight.asked.count("state_queryStorageAt") <= 2


def test_an_endpoint_that_has_no_value_at_all_is_asked_after_another(raonet: Node) -> None:
    """Invented: a node that answers null for a state that it no longer has."""
    node = Node(raonet.blob, 218, dict(raonet.state))
    tempo = [(netuid,) for netuid in range(2)]
    with behind(node, raonet) as (alone, two):
        for head in (alone, two):
            head.metadata  # noqa: B018 - asked before it is spoilt
        node.spoil["state_queryStorageAt"] = changed(lambda pairs: [[key, None] for key, _ in pairs])
        assert two.values("SubtensorModule", "Tempo", tempo) == [100, 100]
        two.rotation.distrust(two.rotation.endpoints[0])
        assert two.value("Multisig", "Multisigs", bytes(32), bytes(32)) is None, "both say so"
        assert alone.value("Multisig", "Multisigs", bytes(32), bytes(32)) is None


@pytest.mark.slow
def test_that_a_runtime_does_not_describe_its_calls_two_endpoints_must_say(shared: Path) -> None:
    """Invented: the first says that there is no metadata of the version that names the runtime's calls."""
    newest = blob(shared, 424)
    old, new = (Node(newest, 424) for _ in range(2))
    new.spoil["state_call"] = lambda _: "0x01" + newest.hex()
    with behind(old, new) as (alone, two):
        assert two.metadata.calls
        assert two.endpoint != alone.endpoint


@each("refused", ["state_getMetadata", "chain_getHeader"])
def test_what_cannot_be_smaller_is_asked_of_the_next(refused: str, node: Node, raonet: Node) -> None:
    node.errors[refused] = {"code": -32008, "message": "Response is too big"}
    with serves(node) as bad, serves(raonet) as good, Http(per_second=1e6) as http:
        assert chain().head(http, [bad, good]).metadata.version == 14


@pytest.mark.slow
def test_a_server_that_always_begins_anew_does_not_end_a_map_in_silence(shared: Path) -> None:
    balances = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    first = sorted(key for key in balances.state if key.startswith("0x" + _prefix(balances)))[:KEYS_A_PAGE]
    balances.spoil["state_getKeysPaged"] = lambda _: first
    with at_head(balances) as head, pytest.raises(SourceDown, match="come twice or unordered"):
        head.rows(*ACCOUNT)


def changed(change: Any) -> Any:
    return lambda answer: [{**answer[0], "changes": change(answer[0]["changes"])}]


SPOILT_VALUES = {
    "null": lambda answer: None,
    "an object": lambda answer: {"nothing": 1},
    "no list": lambda answer: [],
    "of another block": lambda answer: [{**answer[0], "block": hash_of(5)}],
    "half": changed(lambda pairs: pairs[: len(pairs) // 2]),
    "one missing": changed(lambda pairs: pairs[:-1]),
    "one twice": changed(lambda pairs: pairs + pairs[-1:]),
    "the other way round": changed(lambda pairs: pairs[::-1]),
    "of keys that were not asked": changed(lambda pairs: [["0x" + "ff" * 80, pairs[0][1]], *pairs[1:]]),
    "pairs of one": changed(lambda pairs: [[key] for key, _ in pairs]),
    "one cut": changed(lambda pairs: [[pairs[0][0], pairs[0][1][:-2]], *pairs[1:]]),
    "half a byte": changed(lambda pairs: [[pairs[0][0], pairs[0][1][:-1]], *pairs[1:]]),
    "one too long": changed(lambda pairs: [[pairs[0][0], pairs[0][1] + "00"], *pairs[1:]]),
    "two that make up for each other": changed(
        lambda pairs: [[pairs[0][0], pairs[0][1] + "00"], [pairs[1][0], pairs[1][1][:-2]], *pairs[2:]]
    ),
    "one absent": changed(lambda pairs: [[pairs[0][0], None], *pairs[1:]]),
    "one that is a number": changed(lambda pairs: [[pairs[0][0], 7], *pairs[1:]]),
    "no hex": changed(lambda pairs: [[pairs[0][0], "0x" + "zz" * 56], *pairs[1:]]),
}


@pytest.mark.slow
@each("how", SPOILT_VALUES)
def test_spoilt_values_are_that_endpoints_reason(how: str, raonet: Node) -> None:
    """Invented: under keys that were listed, and under keys that were computed."""
    node = Node(raonet.blob, 218, dict(raonet.state))
    tempo = [(netuid,) for netuid in range(2)]
    with behind(node, raonet) as (alone, two), at_head(raonet) as clean:
        for head in (alone, two):
            head.metadata  # noqa: B018 - asked before it is spoilt
        node.spoil["state_queryStorageAt"] = SPOILT_VALUES[how]
        assert np.array_equal(two.rows(*ACCOUNT).values, clean.rows(*ACCOUNT).values)
        with pytest.raises(SourceDown, match=alone.endpoint):
            alone.rows(*ACCOUNT)
        two.rotation.distrust(two.rotation.endpoints[0])
        if how != "one absent":
            assert two.values("SubtensorModule", "Tempo", tempo) == [100, 100]
            with pytest.raises(SourceDown, match=alone.endpoint):
                alone.values("SubtensorModule", "Tempo", tempo)


REFUSALS = [
    (-32601, "Method not found", Unconfirmed),
    (-32601, "rpc method is not whitelisted", Unconfirmed),
    (403, "Method state_getMetadata is not allowed", Unconfirmed),
    (-32603, "Client error: Execution failed: Other: Function to start was not found: Metadata", NotServed),
    (-32603, "Internal error", SourceDown),
    (-32602, "Invalid params", SourceDown),
    (-32009, "Server is busy, try again later", SourceDown),
    (-32000, "Too Many Requests", SourceDown),
    (4003, "Client error: UnknownBlock: State already discarded for 0x00", SourceDown),
    (-32008, "Response is too big", SourceDown),
    (-32099, "nobody has said this before", SourceDown),
]


@pytest.mark.slow
@each(("code", "message", "meant"), REFUSALS)
def test_refusals_are_that_endpoints_reason(code: int, message: str, meant: type[ReadingError], raonet: Node) -> None:
    """Whatever a node refuses is asked of the next; only where none has a method or call an older way is tried."""
    node = Node(raonet.blob, 218, dict(raonet.state))
    node.errors["state_getMetadata"] = {"code": code, "message": message}
    with behind(node, raonet) as (alone, two):
        assert two.metadata.version == 14
        with pytest.raises(ReadingError, match=re.escape(message[:20])) as caught:
            alone.metadata  # noqa: B018
        assert issubclass(caught.type, meant)


@pytest.mark.slow
@each("error", [{"code": -32700, "message": "Parse error"}, "rate limit", ["no"], 7])
def test_an_error_with_an_id_of_null_is_that_endpoints_reason(error: object, raonet: Node) -> None:
    """Invented, after proxies that refuse what they did not read."""

    def refused(request: Request) -> Reply:
        body = json.loads(request.body)
        honest = body["method"] != "state_getMetadata"
        return raonet.answer(request) if honest else Reply({"jsonrpc": "2.0", "id": None, "error": error})

    with serving(refused) as bad, serves(raonet) as good, Http(per_second=1e6) as http:
        assert chain().head(http, [bad, good]).metadata.version == 14
        with Http(per_second=1e6) as other, pytest.raises(SourceDown, match=f"{bad}/? state_getMetadata"):
            chain().head(other, [bad]).metadata  # noqa: B018


def test_a_proxy_that_lets_no_call_through_is_not_the_chains_word(node: Node, raonet: Node) -> None:
    """Invented: two proxies with lists of what they let through, before a node that answers calls."""
    says = {"code": -32601, "message": "the method state_call is not allowed"}
    proxies = [Node(raonet.blob, 218, dict(raonet.state), errors={"state_call": says}) for _ in range(2)]
    node.calls["Some_call"] = b"\7"
    with serves(proxies[0]) as one, serves(proxies[1]) as two, serves(node) as last, Http(per_second=1e6) as http:
        head = chain().head(http, [one, two, last])
        assert head.ask(lambda ask: ask("state_call", "Some_call", "0x", head.block.hash)) == "0x07"
        with pytest.raises(NotServed):
            chain().head(http, [one, two]).ask(lambda ask: ask("state_call", "Some_call", "0x", head.block.hash))
        down = serving(lambda _: Reply(b"", 403))
        with down as broken, pytest.raises(Unconfirmed, match="no other endpoint answers"):
            chain().head(http, [one, broken]).ask(lambda ask: ask("state_call", "Some_call", "0x", head.block.hash))


def instead(odd: object, _: Any) -> object:
    return odd


HEADERS: dict[str, Callable[[Any], Any]] = {
    "null": lambda _: None,
    "an object": lambda _: {},
    "a text": lambda _: "header",
    "no number": lambda header: {**header, "number": None},
    "another number": lambda header: {**header, "number": hex(HEIGHT - 1)},
    "a number that is none": lambda header: {**header, "number": "-0x1"},
    "another state": lambda header: {**header, "stateRoot": "0x" + "ee" * 32},
    "another parent": lambda header: {**header, "parentHash": "0x" + "ee" * 32},
    "no digest": lambda header: {**header, "digest": None},
    "another digest": lambda header: {**header, "digest": {"logs": []}},
    "no roots": lambda header: {**header, "extrinsicsRoot": 7},
}
VERSIONS: list[object] = [
    None,
    {},
    [],
    {"specVersion": None},
    {"specVersion": "218"},
    {"specVersion": True},
    {"specVersion": [218]},
]
TIMES: list[object] = [None, "", "0x", 7, [], "0x00", "0x" + "ff" * 8, "0x" + "zz" * 8, "0x" + "00" * 8]
HASHES: list[object] = [None, 7, "", "0x", hash_of(HEIGHT)[:-1], {}, []]
ODD_HEADS: list[tuple[str, Callable[[Any], Any]]] = [
    *(("chain_getHeader", header) for header in HEADERS.values()),
    *(
        (method, partial(instead, odd))
        for method, odds in {
            "state_getRuntimeVersion": VERSIONS,
            "state_getStorage": TIMES,
            "chain_getFinalizedHead": HASHES,
            "chain_getBlockHash": HASHES,
        }.items()
        for odd in odds
    ),
]


@pytest.mark.slow
@each(("method", "odd"), ODD_HEADS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_odd_head_is_that_endpoints_reason(method: str, odd: Callable[[Any], Any], raonet: Node) -> None:
    """Invented; the hash of a header is that of its parts, as every node computes it."""
    node = Node(raonet.blob, 218, dict(raonet.state), spoil={method: odd})
    with serves(node) as bad, serves(raonet) as good, Http(per_second=1e6) as http:
        assert chain().head(http, [bad, good]).endpoint == good
        with pytest.raises(SourceDown, match=bad):
            chain().head(http, [bad])


def test_a_block_of_another_height_is_not_the_one_that_was_asked_for(node: Node, raonet: Node) -> None:
    node.spoil["chain_getBlockHash"] = lambda found: found if found == GENESIS else hash_of(HEIGHT - 7)
    with serves(node) as bad, serves(raonet) as good, Http(per_second=1e6) as http:
        assert chain().at(http, [bad, good], HEIGHT - 3).block.height == HEIGHT - 3
        with pytest.raises(SourceDown, match="answered block"):
            chain().at(http, [bad], HEIGHT - 3)


def test_a_height_that_nobody_knows_and_a_state_that_is_gone_are_source_down(node: Node) -> None:
    node.oldest = HEIGHT - 256
    with serves(node) as url, Http(per_second=1e6) as http:
        assert chain().at(http, [url], HEIGHT - 256).block.height == HEIGHT - 256
        with pytest.raises(SourceDown, match="knows no block"):
            chain().at(http, [url], HEIGHT + 1)
        with pytest.raises(SourceDown, match="already discarded"):
            chain().at(http, [url], HEIGHT - 257)


@pytest.mark.slow
def test_days_of_a_period_are_found_by_block_times_in_few_requests(node: Node) -> None:
    with serves(node) as url, Http(per_second=1e6) as http:
        calendar = Calendar(chain().past(http, [url]), url)
        for day in (22, 21, 20, 19):
            moment = datetime(2025, 11, day, tzinfo=UTC)
            at = calendar.first_from(moment)
            assert calendar.past.block(at.height - 1).time < moment <= at.time
            assert calendar.past.at(at.height).block == at
    assert len(node.asked) < 80


@pytest.mark.slow
def test_a_long_reading_goes_on_from_its_kept_parts(shared: Path) -> None:
    balances = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    kept: dict[str, pl.DataFrame] = {}

    def memo(name: str, make: Any) -> pl.DataFrame:
        if name not in kept:
            kept[name] = make()
        return kept[name]

    with at_head(balances) as head:
        first = head.parts(*ACCOUNT, memo)
    asked = balances.asked.count("state_queryStorageAt")
    with at_head(balances) as head:
        again = head.parts(*ACCOUNT, memo)
    assert balances.asked.count("state_queryStorageAt") == asked == 5
    assert np.array_equal(first.values, again.values)
    assert len(first) == 3000


accounts = st.binary(min_size=32, max_size=32)
shares = st.tuples(
    accounts, accounts, st.integers(0, 2**16 - 1), st.integers(0, 10**21), st.integers(-(2**63), 2**63 - 1)
)


@pytest.fixture(scope="module")
def newest(shared: Path) -> Metadata:
    return metadata(blob(shared, 424))


@examples(50)
@given(found=st.lists(shares, max_size=20))
def test_random_maps_of_an_independent_codec_decode_equal(newest: Metadata, found: list[Any]) -> None:
    item = newest.item("SubtensorModule", "AlphaV2")
    keys, values = [], []
    for hotkey, coldkey, netuid, mantissa, exponent in found:
        hashed = [blake2_128_concat(account) for account in (hotkey, coldkey)]  # type: ignore[no-untyped-call]
        keys.append("0x" + (item.prefix + b"".join(hashed) + bytes(U16().encode(netuid).data)).hex())
        values.append("0x" + (bytes(U128().encode(mantissa).data) + bytes(I64().encode(exponent).data)).hex())
        assert keys[-1] == "0x" + item.key(hotkey, coldkey, encoded(netuid, 2)).hex()
    rows = columns.rows(newest.types, item, keys, values)
    assert columns.addresses(rows.keys[0]) == ["0x" + share[0].hex() for share in found]
    assert columns.addresses(rows.keys[1]) == ["0x" + share[1].hex() for share in found]
    assert columns.whole(rows.keys[2]) == [share[2] for share in found]
    assert columns.whole(rows.values["mantissa"]) == [share[3] for share in found]
    assert columns.whole(rows.values["exponent"]) == [share[4] for share in found]


def test_signed_words_keep_their_sign(newest: Metadata) -> None:
    numbers = [0, -1, 2**127 - 1, -(2**127), random.Random(1).getrandbits(126)]
    type_id = newest.item("SubtensorModule", "SubnetMovingPrice").value
    texts = ["0x" + number.to_bytes(16, "little", signed=True).hex() for number in numbers]
    assert columns.whole(columns.values(newest.types, type_id, texts, "price")) == numbers
