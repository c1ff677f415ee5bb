"""What is written for people names nothing that is not there: files, modules, functions, commands of make."""

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.job import VERSION
from ingest.networks import networks
from tests.conftest import ROOT
from tests.worlds.each import each

DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md") for path in ROOT.glob(pattern)
    # The one tells of how it was, the other leads from old names to new ones.
    if path.name not in {"CHANGELOG.md", "0901-moves.md"}
)  # fmt: skip
ROOMS = "analytics|benchmarks|data/reference|docs|files|ingest|pages|publish|questions|store|tests|ui"
OURS = [path for room in ROOMS.split("|") for path in (ROOT / room).rglob("*.*")]
QUOTED = re.compile(r"`([^`\n]+)`")
LINKED = re.compile(r"\]\(([^)#:]+)\)")
FILE = re.compile(rf"(?:{ROOMS})/[\w./*-]*|[\w-]+\.(?:py|toml|in|txt)")
NAME = re.compile(rf"(?:{ROOMS})(?:\.\w+)+")
# As a docstring names its neighbour: `verdict.Band`.
NEIGHBOUR = re.compile(r"([a-z_]+)\.(\w+)")
# Spelled as names of ours: files in the data folder, and a call of web3.py.
OTHERS = {"ingest.lock", "archive.json", "feed.xml", "contract.events"}
TARGET = re.compile(r"make (\w+)")


def quoted(text: str) -> list[str]:
    """What stands in backticks, outside blocks of code."""
    return QUOTED.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def missing(path: Path) -> Iterator[str]:
    text = path.read_text()
    yield from (link for link in LINKED.findall(text) if not (path.parent / link).exists())
    for name in quoted(text):
        if FILE.fullmatch(name) and not found(name):
            yield name
        if name not in OTHERS and ((NAME.fullmatch(name) and not defined(name)) or lost(name)):
            yield name
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    yield from (f"make {name}" for told in quoted(text) for name in TARGET.findall(told) if name not in targets)


def found(name: str) -> bool:
    """A path from the root; a file without a folder may lie anywhere in ours."""
    return any(ROOT.glob(name)) or ("/" not in name and any(path.name == name for path in OURS))


def lost(name: str) -> bool:
    """Whether a module of this name is there, and none of them has what it is said to have."""
    told = NEIGHBOUR.fullmatch(name)
    if told is None or FILE.fullmatch(name) or NAME.fullmatch(name):
        return False
    sources = [path.read_text() for path in OURS if path.name == f"{told[1]}.py"]
    return bool(sources) and not any(re.search(rf"\b{told[2]}\b", source) for source in sources)


def defined(name: str) -> bool:
    """Whether a dotted name is a module or a package, or is defined in the module of which it starts with the name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ROOT.joinpath(*parts[:length])
        if module.is_dir():
            return length == len(parts)
        if module.with_suffix(".py").exists():
            source = module.with_suffix(".py").read_text()
            return all(re.search(rf"\b{part}\b", source) for part in parts[length:])
    return False


@each("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(path: Path) -> None:
    assert list(missing(path)) == []


def test_a_name_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "one.md"
    gone = ["store/nothing.py", "nothing_at_all.py", "store.mart.nothing_at_all", "mart.nothing_at_all", "make nothing"]
    document.write_text(
        "".join(f"`{name}` " for name in gone) + "[there](nowhere.md) `store/mart.py` `store.mart.Mart`"
    )
    assert sorted(missing(document)) == sorted([*gone, "nowhere.md"])


def rows(document: Path, heading: str) -> list[list[str]]:
    """The cells of the table whose first column is called so."""
    table = re.search(rf"^\| {heading} \|.*\n\|[ |-]+\n((?:\|.*\n)+)", document.read_text(), flags=re.MULTILINE)
    assert table, f"{document.name} has no table of {heading}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[1].splitlines()]


def test_the_readme_lists_each_network_of_the_field_with_its_layer() -> None:
    read = {(one.title, one.stack) for one in networks().values() if one.stack and one.readings}
    listed = [(title, layer) for title, layer, _ in rows(ROOT / "README.md", "network")]
    assert sorted(listed) == sorted(read)


def test_every_folder_of_facts_and_of_arithmetic_is_a_room_that_is_told_of() -> None:
    told = " ".join(row[0] + row[1] for row in rows(ROOT / "docs" / "architecture.md", "room"))
    folders = {path.parent for name in ("ingest", "analytics") for path in (ROOT / name).glob("*/__init__.py")}
    assert len(folders) > 8
    assert [str(one.relative_to(ROOT)) for one in sorted(folders) if f"`{one.relative_to(ROOT)}/`" not in told] == []


def test_a_citation_of_the_dashboard_names_the_version_that_runs() -> None:
    assert re.findall(r'^version: "(.*)"$', (ROOT / "CITATION.cff").read_text(), flags=re.MULTILINE) == [VERSION]
