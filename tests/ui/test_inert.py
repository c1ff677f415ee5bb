"""Whatever a stranger writes into a name or a title stays text."""

import csv as csv_reader
import io
import re
import unicodedata

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER
from tests.worlds.gallery_names import HOSTILE
from ui import downloads, inert

anything = st.text(max_size=300) | st.sampled_from(HOSTILE)
# Letters that mean something to Markdown, HTML, spreadsheets and eyes, denser than chance would have them.
nasty = st.text(
    st.sampled_from("<>[]()!*_`~#|\\&;:$@=+-/\"'{}%ab1.w \t\r\n\u202e\u200b\ufeff\u3164\u0301é中"), max_size=80
)


@given(anything | nasty)
@example("\u3164\u200b\u2800")
def test_what_is_shown_is_one_line_of_visible_letters(text: str) -> None:
    shown = inert.plain(text)
    assert len(shown) <= inert.LONGEST
    assert shown == shown.strip()
    for letter in shown:
        assert unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert letter == " " or not letter.isspace()


@given(anything | nasty)
def test_making_a_text_harmless_twice_changes_nothing(text: str) -> None:
    assert inert.plain(inert.plain(text)) == inert.plain(text)


@given(st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=0x24F), max_size=60))
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert inert.plain(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "url",
    [*HOSTILE, "javascript:alert(1)", "http://a.example/", "https://a.example/)[b](c", "https://a.example/ b", ""],
)
def test_only_an_address_without_markup_is_a_link(url: str) -> None:
    assert inert.link(url) == inert.markdown(url, 400)


def test_a_source_is_a_link_by_its_host() -> None:
    assert inert.link("https://www.firm.example/a-b?c=1#L2") == "[firm.example](https://www.firm.example/a-b?c=1#L2)"


def test_two_names_that_look_the_same_are_shown_the_same() -> None:
    assert inert.plain("Coin\u200bbase") == inert.plain("Coinbase\u202c") == "Coinbase"


def test_a_name_that_reads_backwards_is_shown_as_it_is_stored() -> None:
    assert inert.plain("safe\u202etxt.exe") == "safetxt.exe"


def test_a_tower_of_marks_is_cut() -> None:
    assert inert.plain("a" + "\u0323" * 50) == unicodedata.normalize("NFC", "a" + "\u0323" * 5)


def test_a_megabyte_of_name_is_cut() -> None:
    assert inert.plain("x" * 10**6) == "x" * (inert.LONGEST - 1) + "…"


@given(anything | nasty)
def test_prose_has_no_markup_of_strangers(text: str) -> None:
    """Parsed as Markdown with tables, strikethrough and HTML on, only text and code are left."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parseInline(inert.markdown(text))
    children = [child for token in tokens for child in token.children or []]
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    assert _words("".join(child.content for child in children)) == _words(inert.plain(text))


def _words(text: str) -> list[str]:
    return text.split()


@given(anything | nasty)
def test_no_streamlit_markup_is_left_outside_code(text: str) -> None:
    shown = inert.markdown(text)
    if shown.startswith("`"):
        return
    for mark in ":$[]*_`<>":
        assert shown.count(mark) == shown.count("\\" + mark)


@given(anything | nasty)
def test_chart_labels_have_no_tags(text: str) -> None:
    shown = inert.svg(text)
    assert "<" not in shown
    assert ">" not in shown


@given(st.lists(anything | nasty, min_size=1, max_size=8))
def test_no_cell_of_a_csv_runs_as_a_formula(names: list[str]) -> None:
    content = downloads.csv(pl.DataFrame({"name": names, "amount": [-1.5] * len(names)})).decode("utf-8-sig")
    rows = list(csv_reader.reader(io.StringIO(content)))
    assert len(rows) == len(names) + 1
    for name, amount in rows[1:]:
        assert not name.startswith(FORMULA_STARTS) or re.fullmatch(NEGATIVE_NUMBER, name)
        # A number is a number: a loss is not text.
        assert amount == "-1.5"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "\u200b=", "＝"])
def test_a_formula_is_marked_as_text(start: str) -> None:
    assert inert.cell(start + "1+1").startswith("'")


@pytest.mark.parametrize("number", ["-12.5", "-1", "-0", "-1e-7", "-1.5E+300", "12.5", "1e9"])
def test_a_plain_number_in_a_text_is_no_formula(number: str) -> None:
    assert inert.cell(number) == number


@pytest.mark.parametrize(
    "formula", ["-", "-1+1", "--1", "-1-2", "-1e", "-.5", "-1,5", "-A1", "-1%", "-1\n=1", "-１", "+1"]
)
def test_what_only_begins_like_a_number_is_marked_as_text(formula: str) -> None:
    assert inert.cell(formula).startswith("'")


def test_headers_of_a_csv_are_harmless_too() -> None:
    assert inert.cells(pl.DataFrame({"=1+1": [1]})).columns == ["'=1+1"]


@given(
    st.lists(st.none() | anything | nasty | st.text("ab =+-@1 \t\u2013", max_size=6), max_size=5), st.integers(2, 90)
)
def test_a_column_is_as_harmless_as_each_of_its_cells(texts: list[str | None], longest: int) -> None:
    frame = pl.DataFrame({"name": pl.Series(texts, dtype=pl.String)})
    assert inert.cells(frame, longest)["name"].to_list() == [
        None if text is None else inert.cell(text, longest) for text in texts
    ]


@given(anything | nasty)
def test_file_names_have_letters_digits_and_hyphens_only(text: str) -> None:
    assert set(inert.file_name(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert 0 < len(inert.file_name(text)) <= 100
