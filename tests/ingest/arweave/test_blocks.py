"""A header is what its name says, field by field."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.arweave.blocks import header, named
from store.faults import BadData, ReadingError, SourceChanged
from tests.worlds.arweave_chain import block, fake_name, letters, name_of, raw
from tests.worlds.examples import examples

LINK = bytes(range(32))
ONE = block(2_000_000, 1_786_082_968, LINK)
# A miner who signed two blocks of one height, and a block whose solution came out of one chunk.
TWICE = {
    "pub_key": letters(b"key" * 11),
    **{f"sig{place}": letters(b"signature %d" % place) for place in (1, 2)},
    **{f"{name}{place}": str(10**15 + place) for name in ("cdiff", "prev_cdiff") for place in (1, 2)},
    **{f"preimage{place}": letters(bytes([place]) * 64) for place in (1, 2)},
}
OF_ONE_CHUNK = ("recall_byte2", "chunk2_hash", "unpacked_chunk2_hash")


def places(told: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the values of a block stand, but for the chunks of data, which its name does not cover."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in inner:
        if name not in ("chunk", "option", "indep_hash"):
            yield from places(value, (*place, name))
    if not isinstance(told, dict | list):
        yield place


def changed(told: Any, place: tuple[str | int, ...]) -> Any:
    """The same with another value, of the same kind, at one place."""
    if place:
        copy: Any = dict(told) if isinstance(told, dict) else list(told)
        copy[place[0]] = changed(told[place[0]], place[1:])
        return copy
    if isinstance(told, int):
        return told + 1
    if told.isdecimal():
        return str(int(told) + 1)
    return letters(bytes([raw(told)[0] ^ 1]) + raw(told)[1:])


FULL = {**ONE, "double_signing_proof": TWICE}
FULL["indep_hash"] = name_of(FULL)


def test_a_header_says_what_its_block_says() -> None:
    told = header(ONE)
    assert (told.hash, told.previous, told.height) == (ONE["indep_hash"], fake_name(1_999_999), 2_000_000)
    assert (told.time, told.rewards) == (datetime(2026, 8, 7, 6, 9, 28, tzinfo=UTC), LINK)
    assert (told.weave_size, told.endowment) == (389_381_078_163_702, 345_318_594_187_004_827)
    assert (told.price, told.denomination) == (4897, 1)


def test_a_block_of_one_chunk_and_one_with_a_proof_against_a_miner_have_names_too() -> None:
    of_one = {name: told for name, told in ONE.items() if name not in OF_ONE_CHUNK}
    assert header({**of_one, "indep_hash": name_of(of_one)}).height == 2_000_000
    assert header({**of_one, "recall_byte2": None, "indep_hash": name_of(of_one)}).height == 2_000_000
    assert header(FULL).hash == FULL["indep_hash"] != ONE["indep_hash"]


def test_another_value_at_any_place_is_another_block() -> None:
    every = list(places(FULL))
    assert len(every) > 70
    for place in every:
        with pytest.raises(BadData, match="do not hash to its name"):
            header(changed(FULL, place))


def test_fields_that_are_missing_or_in_another_order_are_no_block() -> None:
    for name in ONE:
        if name not in OF_ONE_CHUNK:
            with pytest.raises(ReadingError):
                header({other: told for other, told in ONE.items() if other != name})
    with pytest.raises(BadData, match="do not hash"):
        header({**ONE, "txs": ONE["txs"][::-1]})
    with pytest.raises(BadData, match="do not hash"):
        header({**ONE, "height": 1_999_999})


@pytest.mark.parametrize("odd", ["YQ=", "YR", "a", "é", "-" * 40_001, None, 7, "YQ\n", "+/+/"])
def test_what_is_no_base64url_is_no_field(odd: object) -> None:
    with pytest.raises(ReadingError):
        header({**ONE, "nonce": odd})


@pytest.mark.parametrize("number", ["9" * 99, 2**64, "-1", "1_0", "١", True, 1.5])
def test_what_is_no_number_of_its_size_is_no_field(number: object) -> None:
    with pytest.raises(ReadingError):
        header({**ONE, "nonce_limiter_info": {**ONE["nonce_limiter_info"], "global_step_number": number}})


@pytest.mark.slow
@examples(100)
@given(st.dictionaries(st.sampled_from(sorted(ONE)), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_whatever_is_told_is_the_block_or_an_error_of_ours(other: dict[str, Any]) -> None:
    try:
        told = header({**ONE, **other})
    except ReadingError:
        return
    assert told == header(ONE)


@pytest.mark.parametrize("odd", ["", "a" * 63, "a" * 65, "a" * 63 + "=", "a" * 64 + "\n", None, 7, ["a" * 64]])
def test_what_is_no_name_of_a_block_is_refused(odd: object) -> None:
    assert named("aZ09-_" * 10 + "abcd")
    with pytest.raises(SourceChanged, match="is no name of a block"):
        named(odd)


def test_recorded_blocks_are_what_their_names_say_or_too_old(shared: Path) -> None:
    """Whole blocks of the chain itself since fork 2.9, where some lie beside the others; older ones are refused."""
    files = sorted((shared / "other").glob("arweave_block_*.json"))
    assert len(files) > 1
    for file in files:
        told = json.loads(file.read_text())
        if told["height"] < 1_602_350:
            with pytest.raises(SourceChanged, match=r"older than fork 2\.9"):
                header(told)
        else:
            found = header(told)
            assert (found.hash, name_of(told)) == (told["indep_hash"], told["indep_hash"])
