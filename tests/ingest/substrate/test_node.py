"""The client of Substrate chains: one pinned block, few requests, no answer that does not fit its question."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from async_substrate_interface.utils.hasher import blake2_128_concat
from hypothesis import given
from hypothesis import strategies as st
from scalecodec.types import I64, U16, U128

from ingest.endpoints import Unanswered
from ingest.substrate import columns
from ingest.substrate.metadata import Metadata, metadata
from ingest.substrate.node import KEYS_A_PAGE, Substrate, SubstrateChain, encoded
from ingest.substrate.rpc import NotServed
from ingest.transport import Http
from store.rows import SourceChanged, SourceDown
from tests.worlds.examples import examples
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
        other.spoil["chain_getBlockHash"] = lambda found: found if found == GENESIS else hash_of(1)
        other.errors["chain_getFinalizedHead"] = {"code": -32603, "message": "Internal error"}
        with pytest.raises(SourceDown, match="disagree about block"):
            chain().head(http, [first, second])


@pytest.mark.parametrize("method", ["chain_getHeader", "state_getRuntimeVersion"])
def test_an_endpoint_that_answers_nonsense_is_passed_over(node: Node, raonet: Node, method: str) -> None:
    node.spoil[method] = lambda found: {"nothing": 1}
    with serves(node) as bad, serves(raonet) as good, Http(per_second=1e6) as http:
        assert chain().head(http, [bad, good]).endpoint == good


def test_three_thousand_genesis_balances_add_up_to_the_last_rao(shared: Path) -> None:
    balances = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    with at_head(balances) as head:
        accounts = head.rows(*ACCOUNT)
        assert len(accounts) == 3000
        assert int(accounts.values["data"]["free"].sum()) == 1_806_985_925_437_484
        assert head.value("Balances", "TotalIssuance") == 1_806_985_925_437_484
    assert balances.asked.count("state_getKeysPaged") == 4
    assert balances.asked.count("state_queryStorageAt") == 4


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


def test_a_page_that_does_not_advance_ends_the_paging(node: Node) -> None:
    # chopsticks hands out the key of a plain item for ever.
    node.spoil["state_getKeysPaged"] = lambda page: page or [node.order[-1]] * KEYS_A_PAGE
    node.order = [key for key in node.order if key.startswith("0x" + _prefix(node))]
    with at_head(node) as head:
        assert len(head.rows(*ACCOUNT)) == len(node.order)


def _prefix(node: Node) -> str:
    return node.metadata.item(*ACCOUNT).prefix.hex()


def test_a_server_that_always_begins_anew_does_not_end_a_map_in_silence(shared: Path) -> None:
    balances = Node(blob(shared, 218), 218, state(shared, "genesis_balances_3000_state_218.json.gz"))
    first = sorted(key for key in balances.state if key.startswith("0x" + _prefix(balances)))[:KEYS_A_PAGE]
    balances.spoil["state_getKeysPaged"] = lambda _: first
    with at_head(balances) as head, pytest.raises(SourceChanged, match="come twice or unordered"):
        head.rows(*ACCOUNT)


@pytest.mark.parametrize("keys", [None, {}, [7], ["0x", None]])
def test_keys_that_are_no_list_of_texts_are_refused(node: Node, keys: Any) -> None:
    node.spoil["state_getKeysPaged"] = lambda _: keys
    with at_head(node) as head, pytest.raises(SourceChanged, match="come as"):
        head.rows(*ACCOUNT)


SPOILT_KEYS = {
    "twice": lambda page: page[:1] + page,
    "shuffled": lambda page: page[::-1],
    "too many": lambda page: page * 20,
    "of another item": lambda page: [*page[:-1], "0x" + "ff" * 80] if page else page,
    "cut": lambda page: [*page[:-1], page[-1][:-2]] if page else page,
}


@pytest.mark.parametrize("how", SPOILT_KEYS)
def test_a_spoilt_page_of_keys_is_refused(node: Node, how: str) -> None:
    node.spoil["state_getKeysPaged"] = SPOILT_KEYS[how]
    with at_head(node) as head, pytest.raises(SourceChanged):
        head.rows(*ACCOUNT)


def changed(change: Any) -> Any:
    return lambda answer: [{**answer[0], "changes": change(answer[0]["changes"])}]


SPOILT_VALUES = {
    "one missing": changed(lambda pairs: pairs[:-1]),
    "one twice": changed(lambda pairs: pairs + pairs[-1:]),
    "shuffled": changed(lambda pairs: pairs[::-1]),
    "one cut": changed(lambda pairs: [*pairs[:-1], [pairs[-1][0], pairs[-1][1][:-2]]]),
    "one too long": changed(lambda pairs: [*pairs[:-1], [pairs[-1][0], pairs[-1][1] + "00"]]),
    "two that make up for each other": changed(
        lambda pairs: [[pairs[0][0], pairs[0][1] + "00"], [pairs[1][0], pairs[1][1][:-2]], *pairs[2:]]
    ),
    "one absent": changed(lambda pairs: [*pairs[:-1], [pairs[-1][0], None]]),
    "no hex": changed(lambda pairs: [*pairs[:-1], [pairs[-1][0], "0x" + "zz" * 56]]),
    "no list": lambda answer: {"nothing": 1},
}


@pytest.mark.parametrize("how", SPOILT_VALUES)
def test_spoilt_values_are_refused(node: Node, how: str) -> None:
    with at_head(node) as head:
        node.spoil["state_queryStorageAt"] = SPOILT_VALUES[how]
        with pytest.raises(SourceChanged):
            head.rows(*ACCOUNT)


def test_values_of_another_block_are_refused(node: Node) -> None:
    node.spoil["state_queryStorageAt"] = lambda answer: [{**answer[0], "block": hash_of(5)}]
    with at_head(node) as head, pytest.raises(SourceDown, match="answered at block"):
        head.rows(*ACCOUNT)


def test_errors_of_nodes_map_to_ours(node: Node) -> None:
    def said(code: int, message: str) -> None:
        node.errors["state_getMetadata"] = {"code": code, "message": message}

    with at_head(node) as head:
        for code, message, error in (
            (-32601, "Method not found", NotServed),
            (-32603, "Function to start was not found", NotServed),
            (-32603, "Internal error", Unanswered),
            (-32602, "Invalid params", Unanswered),
            (4003, "Client error: UnknownBlock: State already discarded for 0x00", Unanswered),
            (-32008, "Response is too big", Unanswered),
        ):
            said(code, message)
            with pytest.raises(error, match=message[:20]) as caught:
                head.metadata  # noqa: B018
            assert type(caught.value) is error


def test_a_height_that_nobody_knows_and_a_state_that_is_gone_are_source_down(node: Node) -> None:
    node.oldest = HEIGHT - 256
    with serves(node) as url, Http(per_second=1e6) as http:
        assert chain().at(http, [url], HEIGHT - 256).block.height == HEIGHT - 256
        with pytest.raises(SourceDown, match="knows no block"):
            chain().at(http, [url], HEIGHT + 1)
        with pytest.raises(SourceDown, match="already discarded"):
            chain().at(http, [url], HEIGHT - 257)


def test_days_of_a_period_are_found_by_block_times_in_few_requests(node: Node) -> None:
    with serves(node) as url, Http(per_second=1e6) as http:
        found = list(chain().days(http, [url], date(2025, 11, 19), date(2025, 12, 1)))
        assert [moment.date() for moment, _ in found] == [date(2025, 11, day) for day in (19, 20, 21, 22)]
        for moment, height in found:
            at, before = chain().at(http, [url], height).block, chain().at(http, [url], height - 1).block
            assert before.time < moment <= at.time
    assert len(node.asked) < 80


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
    assert balances.asked.count("state_queryStorageAt") == asked == 3
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
