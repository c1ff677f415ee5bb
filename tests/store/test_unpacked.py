"""What a file would take in memory is told before anything of it is unpacked, or it is refused."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from store.faults import BadData
from store.unpacked import unpacked
from tests.worlds.footers import BYTES, INT32, INT64, LIST, STRUCT, Reader, Struct, column, parquet, respoken, struct

LETTERS = 2**20
HOLDERS = pa.table({"holder": ["a", "b", "c", "d"], "n": [1, 2, 3, 4]})
LONG = pa.table({"holder": ["x" * LETTERS, "b", "c", "d"], "n": [1, 2, 3, 4]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a file is put."""
    return tmp_path / "2026-10.parquet"


def refusal(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    with pytest.raises(BadData) as refused:
        unpacked(file)
    return str(refused.value)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [False, True])
def test_a_file_is_told_by_its_columns_rows_and_pages(file: Path, version: str, dictionary: bool) -> None:
    file.write_bytes(parquet(LONG, data_page_version=version, use_dictionary=dictionary))
    told = unpacked(file)
    assert (told.columns, told.rows) == (("holder", "n"), 4)
    assert LETTERS < told.size < LETTERS + 1000


def test_a_file_that_polars_writes_is_told_too(file: Path) -> None:
    pl.DataFrame(LONG).write_parquet(file, compression="zstd")
    assert LETTERS < unpacked(file).size < LETTERS + 1000


def test_values_of_a_fixed_length_are_no_longer_than_ours(file: Path) -> None:
    """Of one value in a dictionary a reader makes one for each row."""
    wide = pa.table({"holder": pa.array([b"x" * LETTERS] * 100, pa.binary(LETTERS))})
    assert "values of more than 16 bytes" in refusal(file, parquet(wide, use_dictionary=True))
    amounts = pl.DataFrame({"amount": [1, 2]}, schema={"amount": pl.Decimal(38, 0)})
    amounts.write_parquet(file)
    assert unpacked(file).rows == 2


def test_a_dictionary_that_lies_behind_its_values_is_refused(file: Path) -> None:
    """Some readers begin there, others where the values do."""
    long = parquet(LONG)
    told = column(Reader(long, len(long) - 8 - int.from_bytes(long[-8:-4], "little")).struct())
    first, size = told[9][1], told[7][1]

    def hidden(footer: Struct, before: bytearray) -> None:
        column(footer)[11] = (INT64, len(before))
        column(footer)[7] = (INT64, max(size, column(footer)[7][1]))
        before += long[first : first + size]

    assert "other pages than it says" in refusal(file, respoken(parquet(HOLDERS), hidden))


def test_pages_behind_the_last_value_are_refused(file: Path) -> None:
    def longer(footer: Struct, _: bytearray) -> None:
        column(footer)[7] = (INT64, column(footer)[7][1] + column(footer, 1)[7][1])

    assert "other pages than it says" in refusal(file, respoken(parquet(HOLDERS), longer))


def test_a_header_that_tells_of_two_kinds_of_page_is_refused(file: Path) -> None:
    """Texts that begin as those before them stand for more bytes than their page has."""
    content = parquet(HOLDERS, column_encoding={"holder": "DELTA_BYTE_ARRAY", "n": "PLAIN"})
    assert "not written as ours" in refusal(file, content)

    def veiled(footer: Struct, before: bytearray) -> None:
        start = column(footer)[9][1]
        reader = Reader(bytes(before), start)
        header = reader.struct()
        values = header[5][1][1]
        header[8] = (STRUCT, {1: values, 2: (INT32, 0), 3: values, 4: (INT32, 0), 5: (INT32, 0), 6: (INT32, 0)})
        page = struct(header) + bytes(before[reader.place : reader.place + header[3][1]])
        column(footer)[9], column(footer)[7] = (INT64, len(before)), (INT64, len(page))
        before += page

    assert "not written as ours" in refusal(file, respoken(content, veiled))


def test_a_footer_of_more_values_than_any_file_needs_is_refused(file: Path) -> None:
    def filled(footer: Struct, _: bytearray) -> None:
        footer[100] = (LIST, (STRUCT, [{1: (1, None)}] * 300_000))

    assert "more values" in refusal(file, respoken(parquet(HOLDERS), filled))


def test_a_footer_that_is_larger_than_any_note_is_refused(file: Path) -> None:
    def filled(footer: Struct, _: bytearray) -> None:
        footer[100] = (BYTES, b"x" * 5 * 2**20)

    assert "a footer of 5" in refusal(file, respoken(parquet(HOLDERS), filled))
