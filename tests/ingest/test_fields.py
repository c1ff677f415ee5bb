"""What stands in an answer is taken for what it is, and refused by name where it is something else."""

import inspect
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest import fields
from store.faults import BadData, SourceChanged, SourceDown
from tests.worlds.each import each

MISSING = object()
HOSTILE: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "below zero": -1,
    "half": 0.5,
    "no number": math.nan,
    "endless": math.inf,
    "huge": 10**400,
    "list": ["1"],
    "object": {"1": "1"},
    "empty": "",
    "blank": " ",
    "digits": "1",
    "digits and a new line": "1\n",
    "digits and a space": " 1",
    "digits with a bar": "1_0",
    "more digits than a number has": "9" * 100,
    "power of ten": "1e3",
    "sixteen": "0x10",
    "thousand with a comma": "1,000",
    "nineteen decimals": "1.0000000000000000000",
    "no number as text": "NaN",
    "digits of another script": "١",
    "wide digits": "１",
    "day of another script": "٢٠٢٦-٠٧-١٧T٠٠:٠٠:٠٠Z",
    "year one, to the east": "0001-01-01T00:00:00+23:59",
    "day that is not": "2026-02-30T00:00:00Z",
    "seconds of another script": "١s",
    "letters of another script": "é",
    "base64 of a wrong length": "AAA",
    "base64 with bits that say nothing": "AAF=",
    "address with a wrong letter": "akash1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
}
TEXTS = {name for name, value in HOSTILE.items() if isinstance(value, str)}
# Which of those are what a field asks for; all others it must refuse.
TAKEN: dict[Callable[..., Any], set[str]] = {
    fields.part: HOSTILE.keys() - {"missing"},
    fields.optional: set(HOSTILE),
    fields.text: TEXTS,
    fields.word: TEXTS - {"empty"},
    fields.address: TEXTS,
    fields.listed: {"list"},
    fields.some: {"list", "object"},
    fields.amount: {"zero", "half"},
    fields.not_negative: {"zero", "digits"},
    fields.share: {"zero", "digits"},
    fields.table: {"object"},
    fields.flag: {"true", "false"},
    fields.number: {"zero", "below zero", "half"},
    fields.whole: {"zero", "below zero", "digits"},
    fields.fixed: {"zero", "below zero", "digits"},
    fields.raw: {"empty", "sixteen", "more digits than a number has"},
    fields.key_of: set(),
    fields.duration: set(),
    fields.moment: {"null", "year one, to the east"},
    fields.instant: set(),
    fields.day_or_time: set(),
}
RIGHT: list[tuple[Callable[..., Any], Any, Any]] = [
    (fields.text, "", ""),
    (fields.word, "a", "a"),
    (fields.address, "AKASH1A", "akash1a"),
    (fields.listed, [1], [1]),
    (fields.table, {"a": 1}, {"a": 1}),
    (fields.flag, False, False),
    (fields.some, [0], [0]),
    (fields.amount, 0, 0),
    (fields.not_negative, "0", 0),
    (fields.share, "1.0", 10**18),
    (fields.number, 0.5, 0.5),
    (fields.number, 2**53 + 1, 2**53 + 1),
    (fields.whole, "-12345678901234567890123456789012345678", -12345678901234567890123456789012345678),
    (fields.whole, 7, 7),
    (fields.fixed, "0.000000000000000001", 1),
    (fields.fixed, "-1.5", -15 * 10**17),
    (fields.fixed, "+01.5", 15 * 10**17),
    (fields.fixed, 7, 7 * 10**18),
    (fields.raw, "AAE=", b"\0\1"),
    (fields.duration, "1.5s", timedelta(seconds=1.5)),
    (fields.instant, "2026-09-18T15:22:26.035897772Z", datetime(2026, 9, 18, 15, 22, 26, 35897, UTC)),
    (fields.moment, "2022-01-01T00:00:00Z", datetime(2022, 1, 1, tzinfo=UTC)),
    (fields.moment, "0001-01-01T00:00:00Z", None),
    (fields.moment, None, None),
    (fields.day_or_time, "2026-07-17", datetime(2026, 7, 17, tzinfo=UTC)),
    (fields.day_or_time, "2026-07-17T20:07:00.000+01:00", datetime(2026, 7, 17, 19, 7, tzinfo=UTC)),
]


def readers() -> set[Callable[..., Any]]:
    """Every public function of the module that reads a field of an answer."""
    found = [one for name, one in inspect.getmembers(fields, inspect.isfunction) if not name.startswith("_")]
    return {one for one in found if one.__module__ == fields.__name__ and "body" in inspect.signature(one).parameters}


def test_every_reader_of_a_field_is_in_the_table() -> None:
    assert readers() == set(TAKEN)


@each("value", HOSTILE)
@each("read", TAKEN, ids=lambda read: read.__name__)
def test_what_is_something_else_is_refused_by_name(read: Callable[..., Any], value: str) -> None:
    body = {} if HOSTILE[value] is MISSING else {"its_field": HOSTILE[value]}
    if value in TAKEN[read]:
        read(body, "its_field")
    else:
        with pytest.raises((SourceChanged, BadData), match="its_field"):
            read(body, "its_field")


@each("body", [None, [], "its_field", 1, True, math.nan])
@each("read", TAKEN, ids=lambda read: read.__name__)
def test_an_answer_without_names_is_refused_by_the_name_that_it_lacks(read: Callable[..., Any], body: Any) -> None:
    with pytest.raises(SourceChanged, match="its_field"):
        read(body, "its_field")


@each(("read", "told", "value"), RIGHT, ids=lambda one: getattr(one, "__name__", repr(one)[:20]))
def test_what_is_right_is_taken_exactly(read: Callable[..., Any], told: Any, value: Any) -> None:
    assert read({"its_field": told}, "its_field") == value
    assert read({"around": {"its_field": told}}, "around", "its_field") == value


def test_a_whole_answer_may_be_a_list_or_an_object() -> None:
    assert fields.listed([1]) == [1]
    assert fields.table({"a": 1}) == {"a": 1}
    with pytest.raises(SourceChanged, match="the answer is no list"):
        fields.listed({"a": 1})


def test_what_is_told_twice_is_refused() -> None:
    assert fields.once(["a", "b"], str) == ["a", "b"]
    with pytest.raises(BadData, match="a is told twice"):
        fields.once(["a", "b", "a"], str)


@pytest.mark.parametrize("row", [{"of": "b"}, {"of": None}, {"of": True}], ids=str)
def test_rows_of_another_are_an_answer_of_a_source_that_is_down(row: dict[str, Any]) -> None:
    assert fields.own([{"of": "A"}], "a", "of") == [{"of": "A"}]
    with pytest.raises(SourceDown, match="asked for of a"):
        fields.own([{"of": "a"}, row], "a", "of")


def test_no_other_module_refuses_what_stands_in_an_answer_in_words_of_its_own() -> None:
    source = Path(fields.__file__)
    words = re.findall(r'_refused\(names, value, f?"(is n[^"{:]*)', source.read_text())
    assert len(words) > 8
    others = [path for path in source.parent.rglob("*.py") if path != source]
    assert not [(path.name, word) for path in others for word in words if f"{word}: {{" in path.read_text()]
