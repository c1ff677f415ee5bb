"""An EVM provider is believed only after it has proved itself; what nobody can answer is an error."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from eth_abi.abi import encode
from urllib3.util import Retry

from ingest.evm.base import BASE
from ingest.evm.calls import AGGREGATE3, Call, together
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.gnosis import GNOSIS
from ingest.evm.holders import ranking
from ingest.evm.node import EvmChain, EvmNode
from ingest.evm.vana import VANA
from ingest.transport import Http
from store.faults import SourceDown
from tests.worlds.each import each
from tests.worlds.evm_provider import FINAL, Provider, block_hash, error, provider, result
from tests.worlds.servers import Reply, Request, serving

NOW = datetime.fromtimestamp(1_800_000_000, UTC)
Served = Callable[..., tuple[str, Provider]]


def http() -> Http:
    return Http(per_second=100_000, patience=Retry(0))


def head(*urls: str, at: int | None = None, clock: datetime = NOW) -> EvmNode:
    chain = EvmChain("eip155:1", urls, pauses=(), clock=lambda: clock)
    return chain.head(http(), urls) if at is None else chain.at(http(), urls, at)


@pytest.fixture
def served() -> Iterator[Served]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(provider(**settings))


def test_the_head_is_the_newest_final_block(served: Served) -> None:
    url, _ = served()
    node = head(url)
    assert (node.block.height, node.block.hash) == (FINAL, block_hash(FINAL))
    assert node.block.time == NOW - timedelta(seconds=12 * 64)
    assert (node.chain_id, node.runtime_version, node.endpoint) == ("eip155:1", "Provider/1", url)


def test_where_finality_has_no_name_it_is_64_blocks_deep(served: Served) -> None:
    url, _ = served(final=None)
    assert head(url).block.height == FINAL


def test_a_chain_says_how_deep_a_final_block_lies_where_its_nodes_do_not(served: Served) -> None:
    url, _ = served(final=None)
    deep = EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW, to_finality=10)
    assert deep.head(http(), (url,)).block.height == FINAL + 64 - 10


def test_where_depth_is_no_finality_a_node_that_does_not_name_the_final_block_is_refused(served: Served) -> None:
    url, _ = served(final=None)
    named = EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW, to_finality=None)
    with pytest.raises(SourceDown, match="hex string without 0x prefix"):
        named.head(http(), (url,))


@each("chain", [ETHEREUM, BASE, GNOSIS, VANA], ids=lambda chain: chain.chain_id)
def test_a_chain_says_how_fast_it_is_and_what_makes_a_block_final(chain: EvmChain) -> None:
    """The next block comes on time: a day of blocks takes about a day, and what is final is younger than an hour."""
    assert 0.9 < chain.day * chain.seconds / 86_400 < 1.2
    assert chain.finality
    assert chain.to_finality is None or 60 < chain.to_finality * chain.seconds < 3_600


def test_a_node_of_another_chain_is_refused(served: Served) -> None:
    url, _ = served(chain=137)
    with pytest.raises(SourceDown, match="eip155:137"):
        head(url)


def test_a_node_that_stands_still_is_refused(served: Served) -> None:
    url, _ = served()
    with pytest.raises(SourceDown, match="newest block"):
        head(url, clock=NOW + timedelta(minutes=6))


def test_the_next_endpoint_is_taken_when_the_first_is_no_good(served: Served) -> None:
    (wrong, _), (good, _) = served(chain=137), served()
    assert head(wrong, good).endpoint == good


def test_two_endpoints_that_disagree_are_not_believed(served: Served) -> None:
    """One of them lies; which one is not for us to say."""
    (one, _), (other, _) = served(), served(hashes=lambda height: f"0x{height + 1:064x}")
    with pytest.raises(SourceDown, match="disagree about block 10000"):
        head(one, other)


def test_a_third_decides_wherever_the_one_stands_that_has_another_block(served: Served) -> None:
    forked = {"hashes": lambda height: f"0x{height + 1:064x}"}
    for place in range(3):
        urls = [served(**(forked if place == number else {}))[0] for number in range(3)]
        node = head(*urls)
        assert urls[place] not in (node.endpoint, node.witness)


def test_a_silent_witness_does_not_stop_the_reading(served: Served) -> None:
    (good, _), (silent, _) = served(), served(mood=lambda *_: Reply(b"", 403))
    assert head(good, silent).block.height == FINAL


def test_no_endpoint_at_all_is_an_error() -> None:
    with pytest.raises(SourceDown, match="no endpoint"):
        head("", " ")


def test_a_block_of_the_past_needs_a_node_that_still_has_its_state(served: Served) -> None:
    pruned, _ = served(mood=lambda _, method: _no_state() if method == "eth_getBalance" else None)
    with pytest.raises(SourceDown, match="missing trie node"):
        head(pruned, at=100)
    with pytest.raises(SourceDown, match="is not final"):
        head(pruned, at=FINAL + 1)


def _no_state() -> Reply:
    return error(-32000, "missing trie node 00ff (path )")


def test_a_key_in_the_address_reaches_no_log(served: Served) -> None:
    url, _ = served()
    keyed = f"{url}/v3/0123456789abcdef0123456789abcdef"
    assert "0123456789abcdef" not in head(keyed).endpoint
    wrong, _ = served(chain=2)
    with pytest.raises(SourceDown) as raised:
        head(f"{wrong}/v3/0123456789abcdef0123456789abcdef")
    assert "0123456789abcdef" not in str(raised.value)


def test_the_archive_is_the_one_that_is_configured(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    (public, _), (archive, _) = served(), served()
    node = head(public)
    assert node.archive() is None
    monkeypatch.setenv("EIP155_1_ARCHIVE_URL", f"{archive},{public}")
    with_history = node.archive()
    assert with_history is not None
    assert (with_history.endpoint, with_history.block) == (archive, node.block)
    assert with_history.rotation.endpoints == (archive, public)


TOKEN = "0x" + "aa" * 20


def page(first: int, last: int, following: dict[str, Any] | None) -> Reply:
    items = [
        {"address": {"hash": f"0x{n:040X}"}, "value": str(10**20 - n), "token_id": None} for n in range(first, last)
    ]
    return Reply({"items": items, "next_page_params": following})


def explorer(request: Request) -> Reply:
    """Two pages, the second found by what the first hands out (Blockscout before and after version 12)."""
    assert request.path == f"/api/v2/tokens/{TOKEN}/holders"
    if not request.params:
        return page(1, 51, {"address_hash": "0x32", "items_count": 50, "value": 99, "unused": None})
    assert request.params == {"address_hash": "0x32", "items_count": "50", "value": "99"}
    return page(50, 60, None)


def test_an_explorers_ranking_is_read_page_by_page() -> None:
    with serving(explorer) as url:
        assert ranking(http(), [url], TOKEN) == tuple(f"0x{n:040x}" for n in range(1, 60))


def test_what_an_invented_explorer_hands_out_is_sent_back_as_json_writes_it() -> None:
    asked = []
    following = {"is_final": True, "is_first": False, "value": 10**20, "holder": "0xAb", "part": 0.5, "unused": None}

    def answer(request: Request) -> Reply:
        asked.append(dict(request.params))
        return page(1, 2, None if request.params else following)

    with serving(answer) as url:
        ranking(http(), [url], TOKEN)
    sent = {"is_final": "true", "is_first": "false", "value": str(10**20), "holder": "0xAb", "part": "0.5"}
    assert asked == [{}, sent]


@each(
    "row",
    [
        {},
        None,
        {"address": None},
        *(
            {"address": {"hash": odd}}
            for odd in (None, 7, "0x1", "0x" + "ab" * 32, "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dzaf4vr")
        ),
    ],
)
def test_one_invented_row_that_names_nobody_costs_no_other_its_place(
    row: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    items = [row, {"address": {"hash": TOKEN}}]
    with serving(lambda _: Reply({"items": items, "next_page_params": None})) as url:
        assert ranking(http(), [url], TOKEN) == (TOKEN,)
    assert "1 of 2 rows name no holder and are left out" in caplog.text


@each("items", [[{"address": {"hash": TOKEN}}], []], ids=lambda items: "the first page for ever" if items else "empty")
def test_an_explorer_without_an_end_gives_way_to_the_next(items: list[object]) -> None:
    following = {"items": items, "next_page_params": {"n": 1}}
    with serving(lambda _: Reply(following)) as endless, serving(explorer) as good:
        assert len(ranking(http(), [endless, good], TOKEN)) == 59
        with pytest.raises(SourceDown, match="nothing new"):
            ranking(http(), [endless], TOKEN)


def test_an_explorer_that_breaks_off_gives_what_it_gave() -> None:
    with serving(lambda request: Reply(b"", 429) if request.params else explorer(request)) as url:
        assert len(ranking(http(), [url], TOKEN)) == 50
    with serving(lambda _: Reply(b"<html>gone</html>", 410)) as url:
        assert ranking(http(), [url], TOKEN) == ()


@each(
    "body",
    [
        {},
        [],
        "none",
        None,
        {"items": []},
        {"items": {}, "next_page_params": None},
        {"items": [{"hash": "0x1"}], "next_page_params": None},
        [1],
    ],
)
def test_an_explorer_that_changed_is_an_error(body: object) -> None:
    with serving(lambda _: Reply(body)) as url, pytest.raises(SourceDown, match="unknown shape"):
        ranking(http(), [url], TOKEN)


ODD_BLOCK = {"number": hex(FINAL), "hash": "0x" + "ee" * 32, "timestamp": hex(1_799_999_232)}


def test_a_provider_whose_final_block_is_not_the_one_of_its_height_is_not_believed(served: Served) -> None:
    """Invented: when all was read it was found to have another block, and all was taken back."""

    def other(request: Request) -> Reply:
        asked = json.loads(request.body)["params"][:1]
        return result(ODD_BLOCK) if asked == [hex(FINAL)] else honest(request)

    honest = Provider()
    good, _ = served()
    with serving(other) as doubtful:
        assert head(doubtful, good).endpoint == good
        with pytest.raises(SourceDown, match="names 0x0"):
            head(doubtful)


@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_many_calls_are_one_question_as_an_abi_coder_writes_it(count: int) -> None:
    contracts = [f"0x{number:040x}" for number in range(1, count + 1)]
    asked: list[tuple[Any, ...]] = [("balanceOf(address)", (one,)) for one in contracts]
    asked[::2] = [("owner()",)] * len(asked[::2])
    calls = [Call(to, *what) for to, what in zip(contracts, asked, strict=True)]
    said = [(call.to, True, call.data) for call in calls]
    assert together(calls) == AGGREGATE3 + encode(["(address,bool,bytes)[]"], [said])
    assert [call.data.hex() for call in calls[:2]] == ["8da5cb5b", f"70a08231{2:064x}"][:count]


# --- words of storage -------------------------------------------------------------------------------------------------

WHERE: Final = "0x" + "cc" * 20
SLOTS: Final = [7, 2**255]


def kept(slot: str) -> str:
    return f"0x{int(slot, 16) % 1_000:064x}"


def proofs(slots: list[str], spelled: Callable[[str], str] = str) -> Reply:
    return result({"storageProof": [{"key": spelled(slot), "value": kept(slot), "proof": []} for slot in slots]})


@pytest.mark.slow
@each(
    ("told", "asked"),
    [
        (proofs, ["eth_getProof"]),
        # As numbers, which some nodes write.
        (lambda slots: proofs(slots, lambda slot: hex(int(slot, 16))), ["eth_getProof"]),
        *(
            (wrong, ["eth_getProof", "eth_getStorageAt", "eth_getStorageAt"])
            for wrong in (
                lambda _: error(-32601, "the method eth_getProof does not exist/is not available"),
                lambda _: error(-32000, "distance to target block exceeds maximum proof window"),
                lambda slots: proofs(slots[::-1]),
                lambda slots: proofs(slots[:1]),
                lambda _: result({}),
            )
        ),
    ],
)
def test_words_of_storage_are_asked_together_where_a_node_can_and_else_one_by_one(
    told: Callable[[list[str]], Reply], asked: list[str]
) -> None:
    heard: list[str] = []

    def answer(request: Request) -> Reply:
        question = json.loads(request.body)
        if question["method"] not in ("eth_getProof", "eth_getStorageAt"):
            return Provider()(request)
        heard.append(question["method"])
        slots = question["params"][1]
        return told(slots) if heard[-1] == "eth_getProof" else result(kept(slots))

    with serving(answer) as url:
        node = head(url)
        assert node.slots(WHERE, SLOTS) == [int(kept(hex(slot)), 16) for slot in SLOTS]
        assert heard == asked
        assert node.slots(WHERE, [*SLOTS, 8, 9]) == [int(kept(hex(slot)), 16) for slot in (*SLOTS, 8, 9)]
    # Who cannot is not asked for that again.
    assert heard.count("eth_getProof") == (2 if asked == ["eth_getProof"] else 1)
