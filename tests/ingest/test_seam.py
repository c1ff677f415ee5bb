"""A reading fits the chain that it was written for, and is called as its kind is called: the types say so."""

import ast
import importlib
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from mypy import api

from ingest.networks import networks
from tests.worlds.each import each

ROOT = Path(__file__).parents[2]
# Checked by its types and never run, so its functions have no bodies.
BEFORE = """
from ingest.cosmos.lcd import CosmosChain, Lcd
from ingest.evm.node import EvmChain, EvmNode
from ingest.network import DAILY, Earlier, InParts, Memo, Network, Reading, Since
from ingest.networks import {networks}
from ingest.offchain.feed import Feed, OffChain, reading
from store.rows import Facts, Kind

def lcd(node: Lcd) -> Facts: raise NotImplementedError
def lcd_parts(node: Lcd, memo: Memo) -> Facts: raise NotImplementedError
def lcd_since(node: Lcd, earlier: Earlier) -> Facts: raise NotImplementedError
def evm(node: EvmNode) -> Facts: raise NotImplementedError
def evm_parts(node: EvmNode, memo: Memo) -> Facts: raise NotImplementedError
def evm_since(node: EvmNode, earlier: Earlier) -> Facts: raise NotImplementedError
def fed(source: Feed) -> Facts: raise NotImplementedError

def planted(
    evms: EvmChain, lcds: CosmosChain, feeds: OffChain, its: Network[Lcd], node: Lcd, memo: Memo, rows: Earlier
) -> None:
    what = "a", Kind.HOLDINGS, None, "", DAILY
    who = "a", "A", "", "A", "u", 6, "hex"
"""
# Lines that are refused, beside one like it that is taken.
REFUSED = {
    "Network(*who, lcds, (Reading(*what, {0}),))": ("lcd", "evm"),
    "Network(*who, evms, (Reading(*what, {0}),))": ("evm", "lcd"),
    "Network(*who, evms, (Reading(*what, InParts({0})),))": ("evm_parts", "lcd_parts"),
    "Network(*who, lcds, (Reading(*what, Since('a', {0})),))": ("lcd_since", "evm_since"),
    "Network(*who, evms, (Reading(*what, evm), Reading(*what, {0})))": ("evm", "lcd"),
    "Network(*who, feeds, ({0},))": ("reading('a', fed, DAILY)", "Reading(*what, lcd)"),
    "reading('a', {0}, DAILY)": ("fed", "lcd"),
    "Reading(*what, {0})": ("lcd", "lcd_parts"),
    "Reading(*what, InParts({0}))": ("lcd_parts", "lcd"),
    "InParts({0})": ("lcd_parts", "lcd_since"),
    "Since('a', {0})": ("lcd_since", "lcd"),
    "Reading(*what, lcd{0})": ("", ", long=True"),
    "Reading(*what, lcd{0}, flow=True)": ("", ", after='a'"),
    "its.check(Reading(*what, {0}), lcd(node))": ("lcd", "evm"),
    "Reading(*what, InParts({0})).facts(node, memo, lambda: rows)": ("lcd_parts", "evm_parts"),
}
REFUSAL = r"incompatible type|Unexpected keyword|Cannot infer value of type parameter .N. of .Network"

CASES = [line.format(filled) for line, choices in REFUSED.items() for filled in choices]
SHOWN = [name for name, network in networks().items() if network.chain]
# What one folder of ingest makes, but for the list of all networks and the simulated history, which are of any node.
MADE = [
    path
    for path in (ROOT / "ingest").glob("*/*.py")
    if path.name != "__init__.py" and path.parent.name not in {"sample", "commands"}
]
OF_A_NODE = {"Archive", "Chain", "InParts", "Network", "Reading", "Since"}


def _declared(name: str) -> str:
    """How a network's module declares it: alone, or from what the others declare."""
    return "NETWORK" if hasattr(importlib.import_module(f"ingest.networks.{name}"), "NETWORK") else "network([])"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, str]:
    """What mypy says first of each line of a file with a line for each case and one for each network."""
    lines = [*CASES, *(f"reveal_type({name}.{_declared(name)})" for name in SHOWN)]
    head = BEFORE.format(networks=", ".join(SHOWN))
    file = tmp_path_factory.mktemp("seam") / "planted.py"
    file.write_text(head + "".join(f"    {line}\n" for line in lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        told, fault, _ = api.run(["--config-file", "pyproject.toml", "--no-error-summary", str(file)])
    assert not fault
    found = [re.fullmatch(r".*planted\.py:(\d+): (?:error|note): (.*)", line) for line in told.splitlines()]
    return {int(one[1]) - head.count("\n") - 1: one[2] for one in reversed(found) if one}


@pytest.mark.slow
@pytest.mark.parametrize("place", range(0, len(CASES), 2), ids=lambda place: CASES[place + 1])
def test_what_does_not_fit_is_refused_and_what_is_like_it_and_fits_is_not(place: int, said: Mapping[int, str]) -> None:
    assert place not in said
    assert re.search(REFUSAL, said[place + 1])


@pytest.mark.slow
@pytest.mark.parametrize("network", SHOWN)
def test_the_type_of_a_network_names_its_node(network: str, said: Mapping[int, str]) -> None:
    (node,) = re.findall(r"ingest\.network\.Network\[(.*)\]", said[len(CASES) + SHOWN.index(network)])
    assert node != "Any"
    assert node.startswith("ingest.")


@pytest.mark.slow
@each("path", MADE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_function_makes_of_a_node_names_it(path: Path) -> None:
    """Written bare it would be of any node, and mypy would refuse nothing from there on."""
    functions = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.FunctionDef)]
    told = [node for function in functions if function.returns for node in ast.walk(function.returns)]
    named = {id(node.value) for node in told if isinstance(node, ast.Subscript)}
    bare = [node for node in told if isinstance(node, ast.Name) and node.id in OF_A_NODE and id(node) not in named]
    assert not [(node.id, node.lineno) for node in bare]
