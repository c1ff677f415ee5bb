"""A copy of the tree that a test may change, and what can be done in it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
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


def renamed(tree: Path, networks: dict[str, Network]) -> dict[str, str]:
    """New names by old ones, of networks that are now called otherwise in their own files and in the curated facts."""
    for file in (tree / "ingest" / "networks").glob("*.py"):
        source = file.read_text()
        file.write_text(_rewritten(source, lambda text: _literals(text, networks)))
    new = {name: backwards(name) for name in networks}
    for file in (tree / REFERENCE).glob("*.toml"):
        told = re.sub(r'^network = "(\w+)"', lambda row: f'network = "{new[row[1]]}"', file.read_text(), flags=re.M)
        file.write_text(told)
    return new


def backwards(name: str) -> str:
    """A word that has nothing of the old one, by which a program could still know it."""
    return f"x{name[::-1]}"


def _literals(source: str, networks: dict[str, Network]) -> Iterator[tuple[ast.Constant, str]]:
    """The literals of a network's file that name it, its token or its base unit, each with its new text."""
    tree = ast.parse(source)
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Network"
    ]
    if not calls:
        return
    told = {word.arg: word.value for word in calls[0].keywords}
    named = [told["name"], told["title"]]
    words = {node.value for node in (told["token"], told["unit"]) if isinstance(node, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (node in named or node.value in words):
            yield node, backwards(node.value)


def _rewritten(source: str, found: Callable[[str], Iterator[tuple[ast.Constant, str]]]) -> str:
    """The source with literals replaced, the last first, so that places stay where they are."""
    lines = source.split("\n")
    for node, text in sorted(found(source), key=lambda one: (one[0].lineno, one[0].col_offset), reverse=True):
        row = lines[node.lineno - 1].encode()
        lines[node.lineno - 1] = (row[: node.col_offset] + f'"{text}"'.encode() + row[node.end_col_offset :]).decode()
    return "\n".join(lines)
