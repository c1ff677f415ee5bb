"""A network is one file: what it is called, and its tokens and units, stand in its own rooms and nowhere else.

Its rooms are its file and every folder or module that is named after it. Everything else has its words from the mart
or as an argument. Comments may name anybody.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import ingest.networks
from ingest.network import Network
from ingest.networks import networks
from tests.conftest import ROOT
from tests.worlds.each import each

pytestmark = pytest.mark.wide

PACKAGES = ("analytics", "files", "ingest", "pages", "publish", "questions", "store", "ui")
# Of these no constant of a network's room may be had either.
TOLD_BY_THE_MART = ("analytics", "files", "pages", "questions", "ui")


def words(network: Network) -> set[str]:
    """What a network alone is called: its names, its tokens and their units; what is counted as it is, is no token."""
    coins = {unit: told.token for unit, told in network.all_units.items() if told.decimals}
    units = {unit.split()[-1] for unit in coins} | {unit for unit in coins if " " not in unit}
    return {network.name, network.title, network.token, *coins.values(), *units, *network.prices}


# Everybody measures in bytes; a source that is no chain and has no accounts, such as prices, is called by words of
# everybody.
WORDS = {word for network in networks().values() if network.address for word in words(network)} - {"bytes", "PB"}
# A price source's id of a coin is no name of its network, though it may be spelled alike: the sample draws by it.
IDS = {coin for network in networks().values() for coin in network.prices.values()}
# Whole words; a part of a host's name is none.
SAID = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(WORDS, key=len, reverse=True)))})(?![\w-]|\.\w)")
ROOMS = {module.name.partition("_")[0] for module in pkgutil.iter_modules(ingest.networks.__path__)} - {"prices"}


def is_room(path: Path) -> bool:
    """Whether a module belongs to one network: it, or its folder, is named after the network's file."""
    parts = (part.removesuffix(".py").partition("_")[0] for part in path.relative_to(ROOT).parts)
    return bool(ROOMS.intersection(parts))


def outside() -> list[Path]:
    files = [ROOT / "app.py", *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))]
    return [path for path in files if not is_room(path)]


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every text of a module with its line: constants, parts of f-strings, docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def literals(source: str, but: Collection[str] = ()) -> list[str]:
    """What a module says that only a network's own rooms may; but: texts that are meant otherwise there."""
    told = ((line, text) for line, text in texts(ast.parse(source)) if text not in but)
    return [f"{line}: {found}" for line, text in told for found in SAID.findall(text)]


def borrowed(source: str) -> list[str]:
    """Constants of rooms that a module takes, and which say such a word."""
    taken = [f"{module}.{name}" for module, name in _taken(ast.parse(source)) if _says(module, name)]
    return sorted(set(taken))


def _taken(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name of everything that is imported from a room, or read from one that is imported."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            yield from ((node.module, one.name) for one in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (module := modules.get(ast.unparse(node.value))):
            yield module, node.attr


def _says(module: str, name: str) -> bool:
    if not is_room(ROOT / module.replace(".", "/")) or module.startswith("pages"):
        return False
    found = getattr(importlib.import_module(module), name, None)
    parts = [found] if isinstance(found, str) else found if isinstance(found, Collection) else []
    return any(isinstance(part, str) and SAID.search(part) for part in parts)


@each("path", outside(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_outside_its_rooms_names_a_network(path: Path) -> None:
    source, drawn = path.read_text(), path.is_relative_to(ROOT / "ingest" / "sample")
    assert literals(source, but=IDS if drawn else ()) == []
    if path.relative_to(ROOT).parts[0] in TOLD_BY_THE_MART:
        assert borrowed(source) == []


def test_a_text_that_names_a_network_is_found_wherever_it_stands() -> None:
    network = next(one for one in networks().values() if one.chain and one.address and one.units)
    name, token = network.name, network.token
    body = f'    "{network.title} here"\n    return f"a {{X}} {network.unit}."\n'
    planted = f'"""Of {name}."""\nX = "{token}"\ndef f():\n{body}'
    assert literals(planted) == [f"1: {name}", f"2: {token}", f"4: {network.title}", f"5: {network.unit}"]
    assert literals(f'X = "{name}1xyz the_{name} {name}-2 {name}.example"') == []


# Tests that find what they try by themselves: one that names a network would try that one alone.
EVERY = sorted((ROOT / "tests").rglob("test_every_*.py"))


def called(source: str) -> list[str]:
    """Rooms that a module names in its code: what it imports, and what it reads from them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=module, names=names):
                found += [*(module or "").split("."), *(one.name for one in names)]
            case ast.Import(names=names):
                found += [part for one in names for part in one.name.split(".")]
            case ast.Attribute(attr=name):
                found.append(name)
    return sorted({name for name in found if name.partition("_")[0] in ROOMS})


@each("path", EVERY, ids=lambda path: path.name)
def test_what_is_tried_of_every_thing_is_tried_of_no_network_by_its_name(path: Path) -> None:
    assert literals(path.read_text()) == []
    assert called(path.read_text()) == []


def test_a_network_that_such_a_test_names_is_found() -> None:
    assert len(EVERY) > 4
    room = min(ROOMS)
    assert called(f"from ingest.networks import {room}") == [room]
    assert called(f"import ingest.{room}.market\nfrom tests.worlds import each") == [room]
    assert called(f"import ingest.networks as them\nX = them.{room}_state") == [f"{room}_state"]


@pytest.mark.parametrize(
    "source",
    [
        "from ingest.networks.bittensor import ALPHA",
        "from ingest.networks import bittensor\nX = bittensor.ALPHA",
        "import ingest.networks.bittensor as b\ndef f():\n    return b.NETWORK, b.ALPHA",
        "if TYPE_CHECKING:\n    from ingest.networks.bittensor import ALPHA as UNIT",
    ],
)
def test_a_constant_that_is_borrowed_from_a_room_is_found(source: str) -> None:
    assert borrowed(source) == ["ingest.networks.bittensor.ALPHA"]
    assert borrowed("from ingest.networks.bittensor import GENESIS, READINGS") == []


def test_every_network_has_its_words_and_its_room() -> None:
    assert {one.token for one in networks().values() if one.address} <= WORDS
    assert ROOMS
    assert all(is_room(path) for path in (ROOT / "ingest/networks").glob("[a-oq-z]*.py"))
