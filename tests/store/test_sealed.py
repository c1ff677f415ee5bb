"""The note of a sealed file: looked at in passing, and written otherwise without a look at the rows."""

from pathlib import Path

import polars as pl
import pytest

from store.faults import BadData
from store.sealed import glimpsed, note, proved, restamped, write_sealed

ROWS = pl.DataFrame({"holder": ["a", "b"], "amount": [1, 2]})


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    write_sealed(tmp_path / "sealed.parquet", ROWS, {"told": "once"})
    return tmp_path / "sealed.parquet"


# The lengths before the note and behind it take another byte at 128 and at 16,384 letters.
@pytest.mark.parametrize("letters", [0, 1, 20, 40, 200, 16_200, 16_400, 40_000])
def test_a_file_with_another_word_in_its_note_has_the_same_rows_and_a_seal(letters: int, sealed: Path) -> None:
    sealed.write_bytes(restamped(sealed.read_bytes(), mirrored="é" + "x" * letters))
    assert proved(sealed)
    told = note(sealed)
    assert (told["told"], told["mirrored"]) == ("once", "é" + "x" * letters)
    assert glimpsed(sealed) == told
    assert pl.read_parquet(sealed).equals(ROWS)


def test_a_word_that_is_replaced_leaves_the_bytes_that_were_there_before(sealed: Path) -> None:
    before = restamped(sealed.read_bytes(), mirrored="first")
    assert restamped(restamped(before, mirrored="the second"), mirrored="first") == before


def test_what_has_no_seal_has_no_other_note(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "plain.parquet")
    for content in (b"", b"PAR1", (tmp_path / "plain.parquet").read_bytes()):
        with pytest.raises(ValueError, match="it has no seal"):
            restamped(content, mirrored="first")


def test_a_glimpse_at_what_is_no_file_of_ours_names_it(tmp_path: Path) -> None:
    (tmp_path / "odd.parquet").write_bytes(b"PAR1" * 9)
    with pytest.raises(BadData, match=r"odd\.parquet"):
        glimpsed(tmp_path / "odd.parquet")
