"""What every protocol family must have for tests to try it: a new kind of chain is covered by itself, or named."""

import ast
from collections.abc import Iterator

from ingest.network import Network
from tests.conftest import ROOT
from tests.worlds.each import each
from tests.worlds.families import families, uncovered
from tests.worlds.good import good
from tests.worlds.hostile import list_of, listers

DECODERS = ROOT / "tests" / "worlds" / "decoders.py"
# What takes bytes of our own making, or of one width that was looked at before.
TOLD = {
    "ingest.cosmos.keys.addressed",
    "ingest.evm.keys.is_key",
    "ingest.bittensor.subnets.spelled",
    # Any bytes have a hash, and a spelling of it.
    "ingest.filecoin.cbor.name_of",
    "ingest.filecoin.cbor.named",
    "ingest.solana.pda.on_curve",
    # What is signed is any bytes, and ssh-keygen judges the signature.
    "ingest.archive.signing.signature",
    "ingest.archive.signing.signer",
    # The JSON of every answer: all decoders begin with it.
    "ingest.parsing.parsed",
}


def named(network: object) -> str:
    return network.name if isinstance(network, Network) else ""


@each("network", families().values(), ids=named)
def test_a_family_has_a_good_server_and_one_whose_list_has_no_end(network: Network) -> None:
    world = good(network)
    assert list_of(network) in {reading.name for reading in network.readings}
    assert listers(world)
    assert type(world.network.chain) is type(network.chain)


def of_bytes() -> Iterator[str]:
    """Functions of ingest that make something of bytes: their names with their module."""
    sources = {path: path.read_text() for path in sorted((ROOT / "ingest").rglob("*.py"))}
    for path, source in sources.items():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for one in ast.parse(source).body if ": bytes" in source else ():
            taken = one.args.args[:1] if isinstance(one, ast.FunctionDef) and one.name[0] != "_" else []
            if any(ast.unparse(first.annotation or first).split(" ")[0] == "bytes" for first in taken):
                yield f"{module}.{one.name}"  # type: ignore[attr-defined]


def tried() -> set[str]:
    """What the decoders import, and what they take from modules that they import."""
    tree = ast.parse(DECODERS.read_text())
    origins = {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
    }
    taken = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    parts = {f"{origins.get(ast.unparse(node.value), '')}.{node.attr}" for node in taken}
    return {*origins.values(), *parts}


def test_whatever_makes_something_of_bytes_is_tried_with_odd_ones() -> None:
    found = set(of_bytes())
    assert "ingest.substrate.metadata.metadata" in found
    assert sorted(found - tried() - TOLD) == [], "is neither tried in tests/worlds/decoders.py nor said to need it not"
    assert found >= TOLD


def test_a_family_that_a_table_lacks_is_named_with_its_network() -> None:
    first, *others = families()
    assert uncovered(families(), "world") == []
    (told,) = uncovered(others, "recorded world")
    assert told == f"{first.__name__} ({families()[first].name}): no recorded world of this family"
    assert uncovered([*families(), int], "world") == ["int: a world of a family that no network is of"]
