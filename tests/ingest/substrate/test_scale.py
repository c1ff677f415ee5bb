"""Bytes of Substrate chains: the cursor, types that a runtime declares, and layouts chosen by metadata alone."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scalecodec.base import ScaleBytes  # type: ignore[attr-defined]
from scalecodec.types import Compact

from ingest.substrate import columns
from ingest.substrate.metadata import Metadata, metadata, twox128
from ingest.substrate.scale import Cursor, Field, Kind, Registry, Type, Variant, compact
from store.faults import SourceChanged
from tests.worlds.runtime import Asked, Stored, metadata_of
from tests.worlds.substrate_server import blob

ALPHA = ("SubtensorModule", "Alpha")
ALPHA_V2 = ("SubtensorModule", "AlphaV2")


@pytest.fixture(scope="module")
def runtimes(shared: Path) -> dict[int, Metadata]:
    return {version: metadata(blob(shared, version)) for version in (218, 240, 424)}


def width(runtime: Metadata, item: tuple[str, str]) -> int | None:
    return runtime.types.width(runtime.item(*item).value)


def test_width_of_a_stake_share_follows_the_runtime_without_a_table_of_versions(runtimes: dict[int, Metadata]) -> None:
    assert {version: width(runtime, ALPHA) for version, runtime in runtimes.items()} == {218: 8, 240: 16, 424: 16}
    assert width(runtimes[424], ALPHA_V2) == 24
    for old in (218, 240):
        assert ALPHA_V2 not in runtimes[old].items


@pytest.mark.slow
def test_metadata_of_three_versions_reads_to_its_end(runtimes: dict[int, Metadata]) -> None:
    assert {version: runtime.version for version, runtime in runtimes.items()} == {218: 14, 240: 15, 424: 16}
    assert runtimes[424].pallets[-1] == "LimitOrders"
    assert runtimes[218].calls == {}
    assert "DelegateInfoRuntimeApi_get_delegates" in runtimes[240].calls
    assert "SwapRuntimeApi_current_alpha_price_all" in runtimes[424].calls


def test_fixed_point_numbers_and_floats_become_named_columns(runtimes: dict[int, Metadata]) -> None:
    runtime = runtimes[424]
    dtype = columns.layout(runtime.types, runtime.item(*ALPHA_V2).value)
    assert dtype.names == ("mantissa", "exponent")
    assert dtype["exponent"] == np.dtype("<i8")
    account = columns.layout(runtime.types, runtime.item("System", "Account").value)
    assert account.itemsize == 56
    assert account.fields is not None
    assert account.fields["data"][1] == 16


def test_an_item_of_varying_width_is_no_column(runtimes: dict[int, Metadata]) -> None:
    runtime = runtimes[424]
    with pytest.raises(SourceChanged, match="no fixed width"):
        columns.layout(runtime.types, runtime.item("SubtensorModule", "Weights").value)


def test_an_item_that_the_runtime_lacks_is_named(runtimes: dict[int, Metadata]) -> None:
    with pytest.raises(SourceChanged, match=r"SubtensorModule\.AlphaV2"):
        runtimes[240].item(*ALPHA_V2)


def test_pallets_are_found_under_their_published_hashes() -> None:
    # Known from every Substrate chain: the key under which System.Account starts.
    assert (twox128("System") + twox128("Account")).hex() == (
        "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
    )


def test_an_answer_cut_anywhere_is_refused(runtimes: dict[int, Metadata]) -> None:
    runtime = runtimes[424]
    call = runtime.call("DelegateInfoRuntimeApi_get_delegates")
    whole = (
        compact(1) + bytes(32) + compact(1000) + compact(1) + bytes(32)
        + compact(1) + compact(0) + compact(5 * 10**9) + bytes(32) + compact(0) * 4
    )  # fmt: skip
    [delegate] = runtime.types.value(call.answer, whole)
    assert delegate["nominators"] == [(bytes(32), [(0, 5 * 10**9)])]
    for cut in range(len(whole)):
        with pytest.raises(SourceChanged):
            runtime.types.value(call.answer, whole[:cut])
    with pytest.raises(SourceChanged, match="1 bytes too many"):
        runtime.types.value(call.answer, whole + b"\0")


def test_a_list_longer_than_the_answer_is_refused_before_it_is_read() -> None:
    with pytest.raises(SourceChanged, match="announces 1000000 elements"):
        Cursor(compact(10**6) + b"\1").many(lambda: None)


@given(st.integers(0, 2**536 - 1) | st.integers(0, 2**32))
def test_compact_numbers_read_as_an_independent_codec_writes_them(number: int) -> None:
    assert Cursor(compact(number)).compact() == number
    if number < 2**128:
        theirs = Compact(ScaleBytes(bytearray()))
        assert compact(number) == bytes(theirs.encode(number).data)


@pytest.mark.parametrize(
    "long", ["0100", "02000000", "0300000000", "0301000000", "fd00", "070000004000", "0bffffffff0000"]
)
def test_a_number_told_in_more_bytes_than_it_takes_is_refused(long: str) -> None:
    """As parity-scale-codec does ("out of range"): else one value had many spellings."""
    with pytest.raises(SourceChanged, match="in more bytes than it takes"):
        Cursor(bytes.fromhex(long)).compact()


def test_a_text_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(SourceChanged, match="no UTF-8"):
        Cursor(b"\x08\xccb").text()


U8, UNIT = Type(Kind.PRIMITIVE, primitive="u8"), Type(Kind.TUPLE)


def test_a_list_of_what_takes_no_bytes_is_never_read() -> None:
    """Invented: each byte of such a list of lists could announce as many elements as there are bytes."""
    types = Registry([UNIT, Type(Kind.SEQUENCE, inner=0), Type(Kind.SEQUENCE, inner=1)])
    with pytest.raises(SourceChanged, match="takes no bytes"):
        types.value(2, b"\x0c\x08\x08\x08")


def test_values_within_values_without_end_are_refused() -> None:
    types = Registry([Type(Kind.SEQUENCE, inner=0)])
    assert types.value(0, b"\4\4\0") == [[[]]]
    with pytest.raises(SourceChanged, match="nested without end"):
        types.value(0, b"\4" * 100_000)


def option(inner: int) -> Type:
    some = Variant("Some", 1, (Field("", inner),))
    return Type(Kind.VARIANT, "Option", variants=(Variant("None", 0, ()), some))


def test_nothing_that_is_there_is_told_from_nothing() -> None:
    types = Registry([U8, option(0), option(1)])
    assert [types.value(1, raw) for raw in (b"\0", b"\1\7")] == [None, 7]
    found = [types.value(2, raw) for raw in (b"\0", b"\1\0", b"\1\1\7")]
    assert found == [("None", ()), ("Some", None), ("Some", 7)]


LARGE = 2**32 - 1
ENDLESS = {
    "itself": [Type(Kind.TUPLE, fields=(Field("", 0),))],
    "each other": [Type(Kind.TUPLE, fields=(Field("", 1),)), Type(Kind.ARRAY, inner=0, length=2)],
    "an array of nothing": [UNIT, Type(Kind.ARRAY, inner=0, length=LARGE)],
    "doubled thirty times": [
        UNIT,
        *(Type(Kind.TUPLE, fields=(Field("", place), Field("", place))) for place in range(30)),
    ],
}


@pytest.mark.parametrize("types", ENDLESS.values(), ids=ENDLESS)
def test_types_without_end_are_refused_before_a_value_is_read(types: list[Type]) -> None:
    with pytest.raises(SourceChanged, match="parts without end"):
        Registry(types).refuse_endless()


def test_types_of_a_real_runtime_have_an_end_and_bytes_are_one_part(runtimes: dict[int, Metadata]) -> None:
    for runtime in runtimes.values():
        runtime.types.refuse_endless()
    Registry([U8, Type(Kind.ARRAY, inner=0, length=LARGE), Type(Kind.SEQUENCE, inner=2)]).refuse_endless()


def test_a_type_of_parts_that_are_not_there_is_refused() -> None:
    with pytest.raises(IndexError):
        Registry([Type(Kind.SEQUENCE, inner=1)]).refuse_endless()


def plain(value: str = "u8", **items: str) -> bytes:
    stored = {name: Stored((), kind) for name, kind in {"One": value, **items}.items()}
    return metadata_of({"A": stored, "B": {"Two": Stored((), "u8")}}, {"Api_call": Asked((), value)})


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (plain().replace(b"\4B\1\4B", b"\4A\1\4A"), "a pallet is there twice"),
        (plain(Own="u16").replace(b"\x0cOwn", b"\x0cOne"), "an item is there twice"),
        (plain("{a:u8,b:u8}").replace(b"\1\4b", b"\1\4a"), "a member is there twice"),
        (plain("Other|Normal|Ofher").replace(b"Ofher", b"Other"), "a case is there twice"),
    ],
    ids=["pallets", "items", "members", "cases"],
)
def test_of_two_of_one_name_none_is_taken_invented(raw: bytes, what: str) -> None:
    with pytest.raises(SourceChanged, match=what):
        metadata(raw)


def test_metadata_that_is_none_is_refused() -> None:
    with pytest.raises(SourceChanged, match="no metadata"):
        metadata(b"<html>502 Bad Gateway</html>")
    with pytest.raises(SourceChanged, match="V13"):
        metadata(b"meta\x0d")


@pytest.mark.slow
@pytest.mark.parametrize("version", [218, 424])
def test_cut_metadata_is_refused(shared: Path, version: int) -> None:
    raw = blob(shared, version)
    for length in random.Random(version).sample(range(20, len(raw) // 2), 5):
        with pytest.raises(SourceChanged):
            metadata(raw[:length])
