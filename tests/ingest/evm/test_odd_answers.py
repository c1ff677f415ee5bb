"""Invented odd answers to every method that the readings of a token ask: the next provider is asked, or it is down."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import polars as pl
import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import Retry

from ingest.evm.calls import Call, apart
from ingest.evm.holders import token_holders
from ingest.evm.node import EvmChain
from ingest.network import InParts
from ingest.transport import Http
from store.faults import SourceChanged, SourceDown
from tests.conftest import ROOT
from tests.ingest.evm.test_contracts import CONTRACTS, MOVES
from tests.ingest.evm.test_node import NOW
from tests.worlds.each import each
from tests.worlds.evm_contracts import Contracts
from tests.worlds.evm_provider import FINAL, Provider, block_hash
from tests.worlds.examples import examples
from tests.worlds.made_up import NETWORK, TOKEN
from tests.worlds.memo import no_memo
from tests.worlds.servers import Reply, Request, serving

ODD: Mapping[str, object] = {
    "null": None,
    "an object": {},
    "an empty list": [],
    "a text": "none",
    "a number": 7,
    "no bytes": "0x",
    "half a byte": "0x1",
    "a byte too few": "0x" + "00" * 31,
    "a byte too many": "0x" + "00" * 33,
    "what the runtime never says": "0x" + "ff" * 4000,
}
# What may be true: no logs, the code of a key or of a contract, the number of this chain.
PLAUSIBLE = {
    "eth_getLogs": {"an empty list"},
    "eth_getCode": {name for name, odd in ODD.items() if str(odd).startswith("0x")} - {"half a byte"},
    "eth_chainId": {"half a byte"},
    "web3_clientVersion": {name for name, odd in ODD.items() if isinstance(odd, str)},
}
BLOCK = {"number": hex(FINAL), "hash": block_hash(FINAL), "timestamp": hex(1_799_999_232)}
ODD_PARTS: list[object] = [None, {}, [], [hex(FINAL)], "none", 7, "0x", "-0x1", "0x_1"]
ODD_BLOCKS: list[object] = [
    *({**BLOCK, part: odd} for part in BLOCK for odd in ODD_PARTS),
    *({**BLOCK, part: "0x" + "ff" * 32} for part in ("number", "timestamp")),
    *({name: value for name, value in BLOCK.items() if name != part} for part in BLOCK),
]


def answered(answers: Callable[[Request], Reply], method: str, odd: object) -> Callable[[Request], Reply]:
    """A provider that gives one answer of its own to every question of a method."""
    return lambda request: (
        Reply({"jsonrpc": "2.0", "id": 1, "result": odd})
        if json.loads(request.body)["method"] == method
        else answers(request)
    )


def words(numbers: Sequence[int]) -> bytes:
    return b"".join(number.to_bytes(32) for number in numbers)


def honest() -> Contracts:
    return Contracts(CONTRACTS, Provider(logs=MOVES))


def frames(*endpoints: str) -> dict[str, pl.DataFrame]:
    """The rows of each reading of a token, its holders from all transfers."""
    chain = EvmChain("eip155:1", endpoints, pauses=(), clock=lambda: NOW)
    readings = {one.name: one for one in NETWORK.readings}
    readings["holders"] = replace(readings["holders"], read=InParts(token_holders(TOKEN, since=0)))
    with Http(100_000, Retry(0)) as http:
        node = chain.head(http, endpoints)
        found: dict[str, pl.DataFrame] = {}
        for name, reading in readings.items():
            # What one compares was read before it, at the same block.
            earlier = [found[reading.after]] if reading.after else []
            found[name] = reading.facts(node, no_memo, lambda earlier=earlier: earlier).rows  # type: ignore[misc]
        return found


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return all(one[name].equals(other[name]) for name in one.keys() | other.keys())


@contextmanager
def providers(*answers: Callable[[Request], Reply]) -> Iterator[Sequence[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving(one)) for one in answers]


@pytest.fixture(scope="module")
def methods() -> set[str]:
    """What is asked for all readings."""
    heard: set[str] = set()

    def answer(request: Request) -> Reply:
        heard.add(json.loads(request.body)["method"])
        return honest()(request)

    with providers(answer) as (url,):
        assert all(len(rows) for rows in frames(url).values())
    return heard


@pytest.fixture(scope="module")
def clean() -> Iterator[tuple[str, dict[str, pl.DataFrame]]]:
    """A good provider, and the rows of every reading."""
    with providers(honest()) as (url,):
        yield url, frames(url)


@pytest.mark.slow
@each("name", ODD)
def test_an_odd_answer_to_any_method_is_that_providers_reason(
    name: str, methods: set[str], clean: tuple[str, dict[str, pl.DataFrame]]
) -> None:
    good, rows = clean
    assert len(methods) > 6
    for method in sorted(methods):
        if name in PLAUSIBLE.get(method, ()):
            continue
        with providers(answered(honest(), method, ODD[name])) as (odd,):
            assert same(frames(odd, good), rows), method
            if method == "eth_getProof":
                # Then words of storage are asked for one by one.
                assert same(frames(odd), rows)
                continue
            with pytest.raises(SourceDown, match=odd):
                frames(odd)


@pytest.mark.slow
@each("odd", ODD_BLOCKS)
def test_a_block_that_cannot_be_is_that_providers_reason(
    odd: object, clean: tuple[str, dict[str, pl.DataFrame]]
) -> None:
    chain = EvmChain("eip155:1", (), pauses=(), clock=lambda: NOW)
    with providers(answered(honest(), "eth_getBlockByNumber", odd)) as (bad,), Http(100_000, Retry(0)) as http:
        assert chain.head(http, [bad, clean[0]]).block.hash == block_hash(FINAL)
        with pytest.raises(SourceDown, match=bad):
            chain.head(http, [bad])


@examples(300)
@given(st.binary(max_size=400) | st.lists(st.sampled_from([0, 1, 32, 64, 96, 2**255]), max_size=12).map(words))
def test_whatever_bytes_multicall_answers_it_is_values_or_our_error(answer: bytes) -> None:
    calls = [Call(TOKEN, "name()", returns=("string",)), Call(TOKEN, "getOwners()", returns=("address[]",))]
    with suppress(SourceChanged):
        assert len(apart(calls, answer)) == 2


def test_an_answer_that_points_again_and_again_at_the_same_bytes_is_none() -> None:
    """Invented: four thousand results that are one and the same, 256 kB that would unfold to half a gigabyte."""
    count, size = 4_000, 128_000
    answer = words([32, count, *[32 * count] * count, 1, 64, size]) + bytes(size)
    with pytest.raises(SourceChanged, match="the same bytes are pointed at again and again"):
        apart([], answer)
    honest = [(True, bytes(32 * place)) for place in range(300)]
    calls = [Call(TOKEN, "owner()")] * len(honest)
    assert apart(calls, encode(["(bool,bytes)[]"], [honest])) == [(), *[(0,)] * 299]


def test_no_error_of_a_library_passes_the_border() -> None:
    """Only the ABI coder and the hash of web3.py are used: nothing in ingest asks through it, or reads its answers."""
    files = list(ROOT.glob("ingest/**/*.py"))
    assert len(files) > 40
    assert [file.name for file in files if re.search(r"(import|from) web3|w3\.", file.read_text())] == []
