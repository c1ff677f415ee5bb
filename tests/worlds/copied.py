"""A copy of the tree that a test may change, and what can be done in it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.network import Network
from tests.conftest import ROOT

# Nothing that the program or its contract tests need.
LEFT_OUT = ("nodes", "browser", "build", "images", "decisions", "__pycache__")
REFERENCE = Path("data/reference")


def copied(folder: Path) -> Path:
    """The tree without its git history, nodes and environments."""

    def ignored(at: str, names: list[str]) -> set[str]:
        hidden = {name for name in names if name.startswith(".") and name != ".streamlit"}
        # Of data only what is curated: what was read may be gigabytes.
        read = set(names) - {REFERENCE.name} if Path(at) == ROOT / REFERENCE.parent else set()
        return hidden | read | set(LEFT_OUT) & set(names)

    return Path(shutil.copytree(ROOT, folder, ignore=ignored, ignore_dangling_symlinks=True))


def python(tree: Path, *arguments: str, **environment: str) -> str:
    """What a Python program says that ran in the tree, alone with it; fails the test where it failed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DEAI_", "PYTEST_"))}
    run = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=tree,
        env={**clean, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, f"{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
    return run.stdout


def walked(tree: Path) -> dict[str, Any]:
    """What the tree's pages show of a sample that it has built."""
    data = tree / "data" / "sample"
    told: dict[str, Any] = json.loads(python(tree, "-m", "tests.worlds.walk", str(data), DEAI_DATA=str(data)))
    return told


def renamed(tree: Path, networks: Mapping[str, Network]) -> None:
    """Calls networks otherwise, in their own files and the curated facts: names, titles, tokens and denominations."""
    for file in (tree / "ingest" / "networks").glob("*.py"):
        source = file.read_text()
        file.write_text(_rewritten(source, _literals(source, networks)))
    for file in (tree / REFERENCE).glob("*.toml"):
        told = re.sub(
            r'^network = "(\w+)"', lambda row: f'network = "{backwards(row[1])}"', file.read_text(), flags=re.M
        )
        file.write_text(told)


def backwards(name: str) -> str:
    """A word that has nothing of the old one, by which a program could still know it."""
    return f"x{name[::-1]}"


def _literals(source: str, networks: Mapping[str, Network]) -> list[ast.Constant]:
    """The literals of a network's file that say its name or title, a token or a denomination."""
    parsed = ast.parse(source)
    calls = [
        node for node in ast.walk(parsed) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Network"
    ]
    if not calls:
        return []
    told = {word.arg: word.value for word in calls[0].keywords}
    titled = [told["name"], told["title"]]
    words = _words(networks[ast.literal_eval(told["name"])])
    texts = [node for node in ast.walk(parsed) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node for node in texts if node in titled or node.value in words]


def _words(network: Network) -> set[str]:
    """What its tokens and their base units are called; 1e-18 uakt is made of uakt."""
    coins = {unit: told for unit, told in network.all_units.items() if told.decimals}
    named = {network.token, network.unit, *(told.token for told in coins.values())}
    return named | {unit.rpartition(" ")[2] for unit in coins} | set(coins)


def _rewritten(source: str, literals: list[ast.Constant]) -> str:
    """The source with each literal backwards, the last first, so that places stay where they are."""
    lines = source.split("\n")
    for node in sorted(literals, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        row, text = lines[node.lineno - 1].encode(), f'"{backwards(str(node.value))}"'
        lines[node.lineno - 1] = (row[: node.col_offset] + text.encode() + row[node.end_col_offset :]).decode()
    return "\n".join(lines)
