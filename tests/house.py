"""The rules of the house: who may import what, what arithmetic may not touch, and what passes between rooms.

`python -m tests.house` says each breach with its file, its line and the rule; `make check` runs it.
"""

import ast
import re
import sys
from collections.abc import Iterator, Set
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final, NamedTuple

# Of each name, the rooms that may import it. A room is a package or a module, and all that is in it. A new module has
# what its room has; a new library, and a new room, has a place only once it is named here.
MAY_IMPORT: Final = {
    # Ours, from below to above: facts in -> landing -> mart -> questions -> pages. Nobody imports upwards.
    "store": "store publish questions files ingest ui pages",
    "store.draft": "store publish ingest",
    "store.landed": "store ingest",
    "store.landing": "store ingest",
    "store.parts": "store ingest",
    "analytics": "analytics publish questions files ingest ui pages",
    "questions": "questions publish files ingest ui pages",
    "files": "files ingest",
    "publish": "publish ingest",
    "ingest": "ingest",
    # Those that go through all networks; so no network imports another, and no protocol a network.
    "ingest.networks": "ingest.commands ingest.dictionary ingest.elsewhere ingest.job ingest.sample ingest.serve "
    "ingest.spoken ingest.unknown",
    "ui": "ui pages app server",
    "pages": "",
    "app": "",
    "server": "",
    "tests": "",
    "benchmarks": "",
    # Databases, the network, the screen and the GPU have one door each.
    "duckdb": "store",
    "http": "ingest ui.beside",
    "requests": "ingest",
    "socket": "ingest ui.beside",
    "urllib.request": "ingest",
    "urllib3": "ingest",
    # To import it takes a CPU-second; of its parts the coder and the hash are used (decision 1401).
    "web3": "tests benchmarks",
    # It brings its list of public suffixes along, and could fetch another.
    "tldextract": "store.domains",
    "xxhash": "ingest.substrate",
    "eth_abi": "ingest.evm",
    "eth_utils": "ingest.evm ingest.olas ingest.networks",
    "typing_extensions": "ingest.network",
    "rich": "ingest.commands ingest.serve",
    "typer": "ingest.__main__ ingest.commands",
    "plotly": "ui pages",
    "google": "ui.border",
    "starlette": "ui.border ui.beside ui.packed ui.shell ui.site ui.warm server",
    "uvicorn": "ui.beside ingest.listening",
    "streamlit": "ui pages app server",
    # The Brotli codec (decision 1661), and what Polars leaves of the memory behind missing cells of a table.
    "pyarrow": "ui.packed ui.tables",
    "cupy": "analytics.spread.backend",
    # By name and while it runs: where a library may be missing, and for each file of a folder.
    "importlib": "analytics.spread.backend ingest.networks ingest.cluster ingest.archive.objects",
    "dask": "ingest.cluster",
    "distributed": "ingest.cluster",
    "obstore": "ingest.archive.objects",
    # Arithmetic reads and writes no file; spread and power take arrays.
    "io": "store ingest ui",
    "os": "store ingest ui server analytics.spread.backend",
    "pathlib": "store questions files ingest ui server",
    "shutil": "store",
    "sqlite3": "",
    # OpenSSH signs and proves archives.
    "subprocess": "ingest.archive.signing",
    # Where a worker of a cluster has a disk of its own.
    "tempfile": "store.draft store.layout ingest.serve",
    "numpy": "store analytics publish questions ingest",
    "polars": "store analytics.akash analytics.prices analytics.votes publish questions files ingest ui pages",
}
NO_PRODUCT: Final = {"benchmarks", "build", "data", "docs", "tests"}
# How Polars, NumPy and paths open a file.
FILES: Final = re.compile(r"(read|scan|write|sink)_\w+|load|loadtxt|genfromtxt|fromfile|memmap|save\w*|tofile|dump")
# What may be anything: nobody who is given it can know what is in it.
ANYTHING: Final = re.compile(r"\b(Any|Json|JSON)\b")


class Import(NamedTuple):
    """A name that a file imports, in full, and the line."""

    line: int
    name: str


def parsed(path: Path) -> ast.Module:
    """What a file says."""
    return _parsed(path.read_text())


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def files(tree: Path) -> dict[str, Path]:
    """Every product module of a tree, by its dotted name."""
    rooms = [one for one in tree.iterdir() if one.is_dir() and one.name not in NO_PRODUCT and one.name[0] != "."]
    paths = [*tree.glob("*.py"), *(path for room in rooms for path in room.rglob("*.py"))]
    return {".".join(path.relative_to(tree).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports(path: Path) -> list[Import]:
    """All that a file imports, wherever in it and in whatever form."""
    return _imports(parsed(path))


@cache
def _imports(tree: ast.Module) -> list[Import]:
    return [one for node in ast.walk(tree) for one in _imported(node)]


def _imported(node: ast.AST) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(node.lineno, one.name) for one in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            yield from (Import(node.lineno, f"{'.' * level}{module or ''}.{one.name}") for one in names)
        case ast.Name(id="__import__"):
            yield Import(node.lineno, "importlib")
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in {"import_module", "__import__"}:
                yield Import(node.lineno, name)


def within(name: str, rooms: str) -> bool:
    """Whether a module is one of some rooms, or in one."""
    return any(f"{name}.".startswith(f"{room}.") for room in rooms.split())


def strangers(module: str, path: Path) -> Iterator[str]:
    """Imports that the table does not allow."""
    for line, name in imports(path):
        top = name.split(".")[0]
        if not top:
            yield f"{line}: imports {name}: imports are absolute"
        elif top not in MAY_IMPORT and top not in sys.stdlib_module_names:
            yield f"{line}: imports {name}: {top} has no place in tests/house.py"
        for said, rooms in MAY_IMPORT.items():
            if within(name, said) and not within(module, rooms):
                yield f"{line}: imports {name}: {f'only {rooms} may import' if rooms else 'nobody imports'} {said}"


def opened(module: str, path: Path) -> Iterator[str]:
    """Where arithmetic reads or writes a file."""
    if not within(module, "analytics"):
        return
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Name(id="open" as name, ctx=ast.Load()) | ast.Call(func=ast.Attribute(attr="open" as name)):
                yield f"{node.lineno}: {name}: arithmetic reads and writes no file"
            case ast.Attribute(attr=name) if FILES.fullmatch(name):
                yield f"{node.lineno}: {name}: arithmetic reads and writes no file"


def loose(module: str, path: Path, used: Set[str]) -> Iterator[str]:
    """Public signatures and fields that say nothing of what passes, where another room uses them."""
    for node in parsed(path).body:
        name = str(getattr(node, "name", "_"))
        if not name.startswith("_") and f"{module}.{name}" in used:
            for line, annotation in annotations(node):
                if ANYTHING.search(said := ast.unparse(annotation)):
                    yield f"{line}: {name}: {said} passes to another room, which cannot know what is in it"


def taken(path: Path) -> Iterator[str]:
    """The names that a file has of others: those it imports, and those it takes from a module that it imports."""
    local: dict[str, str] = {}
    for node in ast.walk(parsed(path)):
        match node:
            case ast.ImportFrom(module=module, names=names):
                local |= {one.asname or one.name: f"{module}.{one.name}" for one in names}
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in local:
                yield f"{local[name]}.{attribute}"
    yield from local.values()


def annotations(node: ast.AST) -> Iterator[tuple[int, ast.expr]]:
    """What a function or a class says of what it takes, gives and has; not of what is its own."""
    match node:
        case ast.FunctionDef(args=args, returns=returns):
            given = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
            told = [*(one.annotation for one in given if one), returns]
            yield from ((node.lineno, one) for one in told if one)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if not name.startswith("_"):
            yield node.lineno, annotation
        case ast.ClassDef(body=body):
            for one in body:
                if not re.match("_(?!_init__)", getattr(one, "name", "")):
                    yield from annotations(one)


def circles(modules: dict[str, Path]) -> Iterator[str]:
    """Packages that import each other; a package and those inside it are one house."""
    packages = {
        module: module if path.name == "__init__.py" else module.rpartition(".")[0] for module, path in modules.items()
    }
    below: dict[str, set[str]] = {}
    for module, path in modules.items():
        for _, name in imports(path):
            theirs = packages.get(name, packages.get(name.rpartition(".")[0], ""))
            ours = packages[module]
            if theirs and not within(ours, theirs) and not within(theirs, ours):
                below.setdefault(ours, set()).add(theirs)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        yield f"{' imports '.join(reversed(error.args[1]))}: packages import in one direction"


def breaches(tree: Path) -> list[str]:
    """Every breach of a rule in a tree, with its file and line."""
    modules = files(tree)
    used = {
        name for module, path in modules.items() for name in taken(path) if name.split(".")[0] != module.split(".")[0]
    }
    return [
        f"{path.relative_to(tree)}:{breach}"
        for module, path in sorted(modules.items())
        for breach in [*strangers(module, path), *opened(module, path), *loose(module, path, used)]
    ] + list(circles(modules))


if __name__ == "__main__":
    found = breaches(Path(__file__).parent.parent)
    print("\n".join(found) or "The house keeps its rules.")  # noqa: T201
    sys.exit(bool(found))
