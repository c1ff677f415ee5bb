"""The rules of the house hold, and each breach of one is refused: planted in a copy, in every form an import has."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Final

import pytest

from tests.conftest import ROOT
from tests.house import MAY_IMPORT, breaches

# Where a line is planted, what it imports, and the name that the table has of it.
FORBIDDEN: Final = [
    ("analytics/spread/metrics.py", "duckdb", "duckdb"),
    ("analytics/spread/metrics.py", "polars", "polars"),
    ("analytics/spread/groups.py", "streamlit", "streamlit"),
    ("analytics/spread/bounds.py", "requests", "requests"),
    ("analytics/spread/change.py", "store.mart", "store"),
    ("analytics/power/indices.py", "pathlib", "pathlib"),
    ("analytics/power/verdict.py", "polars", "polars"),
    ("analytics/votes/tally.py", "streamlit", "streamlit"),
    ("analytics/votes/rules.py", "store.mart", "store"),
    ("analytics/votes/flip.py", "store.mart", "store"),
    ("analytics/akash/spend.py", "questions.akash_market", "questions"),
    ("analytics/prices.py", "cupy", "cupy"),
    ("store/mart.py", "requests", "requests"),
    ("store/mart.py", "analytics.votes.tally", "analytics"),
    ("store/rows.py", "streamlit", "streamlit"),
    ("publish/ways.py", "ingest.networks.akash", "ingest"),
    ("publish/operators.py", "duckdb", "duckdb"),
    ("questions/ranking.py", "ingest.job", "ingest"),
    ("questions/ranking.py", "publish.ways", "publish"),
    ("questions/search.py", "store.landing", "store.landing"),
    ("questions/search.py", "store.draft", "store.draft"),
    ("ingest/transport.py", "typer", "typer"),
    ("ingest/cosmos/lcd.py", "ingest.networks.akash", "ingest.networks"),
    ("ingest/evm/node.py", "duckdb", "duckdb"),
    ("ingest/job.py", "ui.words", "ui"),
    ("ingest/networks/singularitynet.py", "ingest.networks.fet", "ingest.networks"),
    ("ui/frame.py", "cupy", "cupy"),
    ("ui/frame.py", "pages.power", "pages"),
    ("ui/words.py", "publish.ways", "publish"),
    ("ui/words.py", "ingest.spoken", "ingest"),
    ("ui/served.py", "store.landing", "store.landing"),
    ("pages/power.py", "duckdb", "duckdb"),
    ("pages/power.py", "store.landing", "store.landing"),
    ("pages/power.py", "ingest.networks", "ingest"),
    ("pages/power.py", "pages.trends", "pages"),
    ("pages/power.py", "web3.types", "web3"),
    ("app.py", "store.mart", "store"),
    ("app.py", "plotly.graph_objects", "plotly"),
    ("server.py", "questions.history", "questions"),
    ("ingest/job.py", "tests.house", "tests"),
]
FORMS: Final = {
    "plain": "import {name}",
    "by another name": "import {name} as known",
    "from": "from {whole} import {part}",
    "in a function": "def planted() -> None:\n    import {name}",
    "for types alone": "if TYPE_CHECKING:\n    import {name}",
    "by importlib": 'importlib.import_module("{name}")',
    "by its bare function": 'import_module("{name}")',
    "by __import__": '__import__("{name}")',
}
READS: Final = [
    'open("ranks.csv")',
    'pl.read_parquet("ranks.parquet")',
    'pl.scan_csv("ranks.csv")',
    'ranks.write_csv("ranks.csv")',
    'ranks.lazy().sink_parquet("ranks.parquet")',
    'Path("ranks.csv").read_text()',
    'Path("ranks.csv").open()',
    'Path("ranks.csv").write_bytes(b"")',
    'np.load("ranks.npy")',
    'ranks.tofile("ranks")',
    "reader = pl.read_csv",
]
LOOSE: Final = [
    "def planted(rows: list[dict[str, Any]]) -> None: ...",
    "def planted(*rows: Any) -> None: ...",
    "def planted(*, row: Json) -> None: ...",
    'def planted(row: "Mapping[str, Any]") -> None: ...',
    "def planted() -> dict[str, typing.Any]: ...",
    "class planted:\n    row: dict[str, Any]",
    "class planted:\n    def row(self) -> Any: ...",
    "class planted:\n    def __init__(self, row: Any) -> None: ...",
]


def copied(tree: Path, *paths: str) -> None:
    """Some files of the house in a tree of their own."""
    for path in paths:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tree / path)


def planted(tree: Path, path: str, *statements: str) -> Iterator[list[str]]:
    """What is refused at each of the statements that are added to a file of a copy."""
    copied(tree, path)
    text, lines = (tree / path).read_text(), []
    for statement in statements:
        text += f"\n\n{statement}\n"
        lines.append(text.count("\n"))
    (tree / path).write_text(text)
    refused = breaches(tree)
    for line in lines:
        yield [one for one in refused if one.startswith(f"{path}:{line}: ")]


@pytest.mark.slow
def test_the_house_keeps_its_rules() -> None:
    assert breaches(ROOT) == []


@pytest.mark.slow
@pytest.mark.parametrize(("path", "name", "rule"), FORBIDDEN, ids=lambda one: one)
def test_a_forbidden_import_is_refused_in_every_form(tmp_path: Path, path: str, name: str, rule: str) -> None:
    whole, _, part = name.rpartition(".")
    words = {"name": name, "whole": whole or name, "part": part if whole else "planted"}
    who = f"only {MAY_IMPORT[rule]} may import" if MAY_IMPORT[rule] else "nobody imports"
    refused = planted(tmp_path, path, *(form.format(**words) for form in FORMS.values()))
    for form, told in zip(FORMS, refused, strict=True):
        assert [one for one in told if f"imports {name}" in one and one.endswith(f": {who} {rule}")], (form, told)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("from importlib import import_module as load", "may import importlib"),
        ("load = __import__", "may import importlib"),
        ("from .mart import Mart", "imports are absolute"),
        ("import pandas", "pandas has no place in tests/house.py"),
    ],
)
def test_there_is_no_way_round_the_table(tmp_path: Path, statement: str, said: str) -> None:
    (refused,) = planted(tmp_path, "questions/search.py", statement)
    assert any(said in one for one in refused), refused


def test_a_new_module_and_a_new_room_are_covered_by_themselves(tmp_path: Path) -> None:
    for path in ("analytics/spread/new.py", "newroom/new.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("import polars\n")
    said = f"only {MAY_IMPORT['polars']} may import polars"
    assert breaches(tmp_path) == [
        f"{path}:1: imports polars: {said}" for path in ("analytics/spread/new.py", "newroom/new.py")
    ]


def test_arithmetic_that_opens_a_file_is_refused(tmp_path: Path) -> None:
    for statement, told in zip(READS, planted(tmp_path, "analytics/votes/participation.py", *READS), strict=True):
        assert [one for one in told if one.endswith("arithmetic reads and writes no file")], statement


@pytest.mark.parametrize("statement", LOOSE)
def test_a_signature_that_says_nothing_is_refused_where_another_room_uses_it(tmp_path: Path, statement: str) -> None:
    copied(tmp_path, "store/spelling.py")
    before = len(breaches(tmp_path))
    text = (tmp_path / "store/spelling.py").read_text()
    (tmp_path / "store/spelling.py").write_text(f"{text}\n\n{statement}\n")
    assert len(breaches(tmp_path)) == before
    for reader in ("from store.spelling import planted", "from store import spelling\nspelling.planted"):
        (tmp_path / "questions").mkdir(exist_ok=True)
        (tmp_path / "questions/reader.py").write_text(reader)
        refused = [one for one in breaches(tmp_path) if "passes to another room" in one]
        assert len(refused) == 1
        assert refused[0].startswith("store/spelling.py:")


def test_packages_that_import_each_other_are_refused(tmp_path: Path) -> None:
    copied(tmp_path, "ingest/cosmos/lcd.py", "ingest/akash/__init__.py", "ingest/akash/bme.py")
    copied(tmp_path, "ingest/cosmos/__init__.py")
    assert breaches(tmp_path) == []
    path = tmp_path / "ingest/cosmos/lcd.py"
    path.write_text(f"{path.read_text()}\n\ndef planted() -> None:\n    import ingest.akash.bme\n")
    (refused,) = breaches(tmp_path)
    assert "ingest.cosmos imports ingest.akash" in refused


@pytest.mark.slow
def test_pages_are_made_of_short_functions() -> None:
    found = [node for path in (ROOT / "pages").glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    lengths = [one.end_lineno - one.lineno + 1 for one in found if isinstance(one, ast.FunctionDef) and one.end_lineno]
    assert quantiles(lengths, n=10)[-1] < 25


def test_every_rule_of_ruff_that_is_ignored_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().partition("\nignore = [\n")[2].partition("\n]")[0].splitlines()
    assert [line.strip()[0] for line in lines] == ["#", '"'] * (len(lines) // 2)
    assert len(lines) > 1
