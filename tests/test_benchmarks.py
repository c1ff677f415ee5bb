"""The table of `make bench` says what is faster, what agrees and what was missed."""

import ast
from collections.abc import Iterator

import array_api_strict
import numpy as np
import pytest

from analytics.spread.backend import CPU_CELLS, NUMPY, Backend
from benchmarks import OURS, Case, Skip, Work, dashboard, gpu
from benchmarks._table import Timing, agreement, growth, lines
from tests.conftest import ROOT


def quick(size: int) -> Work:
    return lambda: {"sum": float(sum(range(size)))}


def wrong(size: int) -> Work:
    return lambda: {"sum": float(sum(range(size)) + 1)}


def missing(size: int) -> Work:
    raise Skip("it is not installed")


def broken(size: int) -> Work:
    raise OSError("no such file")


PEER = Case("adding up to {:,}", "peer", quick, sizes=(10, 100))


def test_growth_is_the_exponent_of_time_over_size() -> None:
    timings = [Timing(10, 0.1, 0.1, 1, {}), Timing(1000, 10.0, 10.0, 1, {})]
    assert growth(timings) == pytest.approx(1.0)
    assert growth(timings[:1]) is None


def test_numbers_that_differ_are_told_with_the_reason_where_it_is_known() -> None:
    known = Case("", "peer", wrong, sizes=(1,), differs="it rounds")
    assert agreement(PEER, {"a": 1.0}, {"a": 1.0}) == "1 agree"
    assert agreement(PEER, {"a": 2.0}, {"a": 1.0}) == "DIFFERS: a 2 for 1"
    assert agreement(known, {"a": 2.0}, {"a": 1.0}) == "a 2 for 1: it rounds"
    assert agreement(PEER, {"a": 1.0, "stated": 0.5}, {"a": 1.0}) == "1 agree; stated 0.5"


@pytest.mark.slow
def test_rows_say_what_is_met_missed_wrong_and_skipped() -> None:
    work = "adding up to {:,}"
    group = [
        Case(work, "wrong", wrong, sizes=(10,)),
        Case(work, "missing", missing, sizes=(10,)),
        Case(work, "far behind", quick, sizes=(10,), beat=1e9),
        Case(work, OURS, quick, sizes=(10,), limit=5.0),
    ]
    ours, differs, skipped, behind = lines(work, group)
    assert (ours.cells[0], ours.missed) == ("adding up to 10", False)
    assert "<= 5 CPU s met" in ours.cells
    assert (differs.cells[-1], differs.missed) == ("DIFFERS: sum 46 for 45", True)
    assert ("skipped: it is not installed" in skipped.cells, skipped.missed) == (True, False)
    assert (">= 1e+09x MISSED" in behind.cells, behind.missed) == (True, True)


@pytest.mark.slow
def test_memory_and_growth_have_bars_too() -> None:
    (grown,) = lines("", [Case("", OURS, quick, sizes=(10, 10**6), limit=5.0, peak=500.0, growth=0.01)])
    assert grown.missed
    assert "<= 5 CPU s met; <= 500 MB met; growth <= 0.01 MISSED" in grown.cells


@pytest.mark.slow
def test_a_case_that_fails_ends_the_run() -> None:
    with pytest.raises(RuntimeError, match="ours at size 10 ended with 1"):
        list(lines("", [Case("", OURS, broken, sizes=(10,))]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        gpu.metrics_of("narrow", np.arange(60), np.array([0, 20, 60])),
        gpu.metrics_of("wide", np.stack([np.arange(60), np.arange(60)], axis=1), np.array([0, 60])),
        gpu.sweep_of(2, 20),
        gpu.power_of(3, 12),
    ],
    ids=lambda case: case.name,
)
def test_a_row_of_the_gpu_table_compares_what_both_libraries_find(case: gpu.Case) -> None:
    strict = Backend("array_api_strict", array_api_strict, CPU_CELLS)
    here, there = case.work(NUMPY), case.work(strict)
    apart, counts = gpu.difference(here, there)
    assert (apart <= gpu.EQUAL, counts) == (True, True)
    first = next(iter(there))
    there[first] = there[first] + 1
    apart, counts = gpu.difference(here, there)
    assert apart > gpu.EQUAL or not counts


def test_the_gpu_table_takes_the_place_of_the_one_before() -> None:
    page = gpu.PAGE.read_text()
    rows = [f"| {case.name} | 1.00 | 2.0 | 3.0 | 0e+00, counts equal |" for case in (gpu.sweep_of(2, 20),)]
    new = gpu.written(page, rows, "Measured on a device with CuPy 14.2.0.")
    assert new.count("\n".join([*gpu.HEAD, *rows])) == 1
    assert gpu.UNMEASURED not in new.partition("## GPU")[2]
    again = gpu.written(new, rows, "Measured on another with CuPy 14.2.1.")
    assert (again.count(gpu.HEAD[0]), again.count("Measured on")) == (1, new.count("Measured on"))
    assert "on a device" not in again.partition("## GPU")[2]


def asked(source: str) -> Iterator[str]:
    """The functions that a module of pages asks, by module and name: of `questions`, and of `ui`."""
    tree, known = ast.parse(source), dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {"questions", "ui"}:
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "served.asked":
            module, _, name = ast.unparse(node.args[0]).rpartition(".")
            yield f"{known[module]}.{name}" if module else known[name]


@pytest.mark.slow
def test_every_question_that_a_page_asks_has_a_bar() -> None:
    pages = [path.read_text() for folder in ("pages", "ui") for path in sorted((ROOT / folder).glob("*.py"))]
    timed = {f"{one.of.__module__}.{one.of.__name__}" for one in dashboard.QUESTIONS}
    assert {name for source in pages for name in asked(source)} == timed
