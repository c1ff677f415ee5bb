"""State of a chain from a file: Cosmos SDK exports and genesis files, finney's genesis snapshot and raw chain spec."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from analytics.impossible import Impossible
from ingest.bittensor.genesis import METHOD, RAW_METHOD, finney_genesis, finney_storage
from ingest.cosmos import state as cosmos_state
from ingest.cosmos.proposals import rows_of
from ingest.cosmos.stake import operator_of
from ingest.cosmos.state import Part
from ingest.fields import optional, text, whole
from ingest.imported import full_name, imported, named, refuse_taken
from ingest.network import Network
from ingest.state_file import Mismatch, state
from ingest.told import Told, described, prefix_of, refuse_time
from store.described import Described
from store.faults import BadData, SourceChanged
from store.impossible import check
from store.landing import Landing
from store.rows import KEYS, Block, Parties, Snapshot

# Chains number a billion blocks in thirty years.
LAST_BLOCK: Final = 10**12


@dataclass(frozen=True, slots=True)
class Imported:
    """A reading of a state file, and whether it was in landing before."""

    snapshot: Snapshot
    was_there: bool


@dataclass(frozen=True, slots=True)
class _Origin:
    """Whose state it is, of which block, and in which file; described: what an imported network is."""

    network: Network
    chain_id: str
    block: Block
    path: Path
    described: str = ""


def import_file(path: Path, network: Network, time: datetime, landing: Landing) -> Iterator[Imported]:
    """Land every part of a state file as a snapshot of `network` at `time`, or none where one cannot be taken.

    Yields what landed. Raises Mismatch for a file of another network and for another state of a block that is there
    already, BadData for what is not JSON or cannot be true, and SourceChanged for a shape that is not known.
    """
    document, digest = state(path)
    with _told_of(path):
        _refuse_other(document, network)
        block = Block(_height(document), digest, time)
        found = _proved(document, _Origin(network, _chain_id(document, network), block, path), landing)
    yield from _landed(found, landing)


def import_as(
    path: Path, name: str, told: Told, landing: Landing, known: Collection[Network], now: datetime
) -> Iterator[Imported]:
    """Land a state of any chain of the Cosmos SDK as a network of its own, which nobody had described.

    name: what is imported under `full_name` of it; the same name again must be of the same chain. known: the networks
    of the program, as none of which it may pass. Yields and raises as `import_file`; Mismatch where what is told and
    what the file says differ, or are not enough.
    """
    document, digest = state(path)
    name = full_name(name)
    with _told_of(path):
        own, time = _described(document, name, told, landing, known)
        refuse_time(_modules(document), time, now)
        block = Block(_own_height(document, told), digest, time)
        origin = _Origin(named(name, own), own.chain_id, block, path, own.written)
        found = _proved(document, origin, landing)
    yield from _landed(found, landing)


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """What is refused is told with the name of the file."""
    try:
        yield
    except (BadData, SourceChanged) as error:
        raise type(error)(f"{path}: {error}") from error
    # What the arithmetic of votes refuses in a state is a fault of the state.
    except Impossible as error:
        raise BadData(f"{path}: {error}") from error


def _proved(document: dict[str, Any], origin: _Origin, landing: Landing) -> list[tuple[Part, Imported]]:
    """Every part of a state, each of which could land, and whether it is there already."""
    network = origin.network
    found = [(_snapshot(part, origin), part) for part in parts(document, origin.block, network.unit)]
    for _, part in found:
        parties = Parties(network.address, part.others, part.names)
        check(part.facts, part.kind, tolerance=part.tolerance, parties=parties)
    return [(part, Imported(snapshot, _is_there(landing, snapshot, part))) for snapshot, part in found]


def _landed(found: Iterable[tuple[Part, Imported]], landing: Landing) -> Iterator[Imported]:
    for part, one in found:
        if not one.was_there:
            landing.land(one.snapshot, part.facts)
        yield one


def _described(
    document: dict[str, Any], name: str, told: Told, landing: Landing, known: Collection[Network]
) -> tuple[Described, datetime]:
    """What an imported network is and of when its state, by all who say something; it looks like no other network."""
    if _is_finney(document):
        raise Mismatch("it is a state of a Substrate chain: name its network with --network")
    there = landing.descriptions()
    if name not in there and any(landing.folder.glob(f"{name}/*/*/*.parquet")):
        raise BadData(f"what landed as {name} is torn: restore it from a backup, or delete {landing.folder / name}")
    before = Described.read(there.pop(name)) if name in there else None
    own, time = described(document, _modules(document), name, told, before)
    refuse_taken(name, own, known, imported(there, known).values())
    return own, time


def _own_height(document: dict[str, Any], told: Told) -> int:
    """The block of the state: by the file, or as told where that has none."""
    if told.height is None or "initial_height" not in document:
        return told.height or _height(document)
    if told.height != (own := _height(document)):
        raise Mismatch(f"its state is of block {own} (initial_height less one), and not of {told.height}")
    return own


def parts(document: dict[str, Any], block: Block, unit: str) -> list[Part]:
    """The readings in a state document, of amounts in a unit; raises SourceChanged when its shape is not known."""
    if (top := _storage(document)) is not None:
        return [Part(*found[:4], RAW_METHOD, found[4]) for found in finney_storage(top, unit)]
    if _is_finney(document):
        return [Part(*found[:4], METHOD, found[4]) for found in finney_genesis(document, unit)]
    return cosmos_state.parts(_modules(document), block)


def _is_finney(document: dict[str, Any]) -> bool:
    """Whether it is a state of a Substrate chain: the snapshot of finney, or a chain spec."""
    return {"stakes", "balances"} <= set(document) or "genesis" in document


def _storage(document: dict[str, Any]) -> Mapping[str, Any] | None:
    """The storage in a raw chain spec; raises SourceChanged for a spec that is not raw."""
    if "genesis" not in document:
        return None
    raw = document["genesis"].get("raw") if isinstance(document["genesis"], dict) else None
    if not isinstance(raw, dict) or not isinstance(raw.get("top"), dict):
        raise SourceChanged("a chain spec that is not raw: it has no genesis.raw.top")
    top: dict[str, Any] = raw["top"]
    return top


def _modules(document: dict[str, Any]) -> dict[str, Any]:
    """The state of a Cosmos chain, module by module."""
    modules = document.get("app_state", document)
    if not isinstance(modules, dict) or "staking" not in modules:
        raise SourceChanged(f"no known state file: it has {', '.join(list(document)[:8]) or 'nothing'}")
    return modules


def _height(document: dict[str, Any]) -> int:
    """The block whose state it is: an export for block n + 1 holds the state after n."""
    first = whole(document, "initial_height") if "initial_height" in document else 1
    if first > LAST_BLOCK:
        raise BadData(f"initial_height {first} is no block")
    return max(0, first - 1)


def _chain_id(document: dict[str, Any], network: Network) -> str:
    own = network.chain.chain_id if network.chain else network.name
    return own if optional(document, "chain_id") is None else text(document, "chain_id")


def _refuse_other(document: dict[str, Any], network: Network) -> None:
    """Refuse a state of another kind of chain, another chain, other tokens or other addresses than the network's."""
    kind, _, prefix = network.address.partition(":")
    stack, its_kind = ("Substrate", "ss58") if _is_finney(document) else ("Cosmos", "bech32")
    modules = {} if _is_finney(document) else _modules(document)
    if kind != its_kind:
        raise Mismatch(f"it is a state of a {stack} chain, and {network.title} is none")
    _refuse_other_coin(document, network)
    told = optional(document, "chain_id")
    known = {*([network.chain.chain_id] if network.chain else []), *network.chain_ids}
    if told is not None and str(told) not in known:
        raise Mismatch(f"it is a state of the chain {str(told)[:80]!r}; {network.title} is {', '.join(sorted(known))}")
    unit = text(modules, "staking", "params", "bond_denom") if modules else network.unit
    if unit != network.unit:
        raise Mismatch(f"its stake is in {unit[:80]!r}, that of {network.title} in {network.unit}")
    for validator in rows_of(modules.get("staking", {}), "validators"):
        if (found := prefix_of(operator_of(validator))) != f"{prefix}valoper":
            raise Mismatch(f"its validators are {found}1..., those of {network.title} {prefix}valoper1...")


def _refuse_other_coin(document: dict[str, Any], network: Network) -> None:
    """Refuse a chain spec of another token, other decimals or other addresses than the network's."""
    kind, _, prefix = network.address.partition(":")
    own = {"tokenSymbol": network.token, "tokenDecimals": network.decimals}
    own |= {"ss58Format": int(prefix)} if kind == "ss58" else {}
    properties = optional(document, "properties") or {}
    for name, known in own.items():
        if (told := optional(properties, name)) not in (None, known):
            raise Mismatch(f"its {name} is {str(told)[:80]!r}, that of {network.title} {known!r}")


def _snapshot(part: Part, origin: _Origin) -> Snapshot:
    return Snapshot(
        network=origin.network.name,
        chain_id=origin.chain_id,
        reading=part.reading,
        kind=part.kind,
        measure=part.measure,
        unit=part.unit,
        block=origin.block,
        method=part.method,
        # Names of files need not be text.
        endpoint=f"file:{os.fsencode(origin.path.name).decode(errors='replace')}",
        reported=part.facts.reported,
        newest_only=part.newest_only,
        described=origin.described,
    )


def _is_there(landing: Landing, snapshot: Snapshot, part: Part) -> bool:
    """Whether these facts landed before; raises Mismatch where others did for this block."""
    held = landing.held(snapshot)
    if held is None:
        return False
    path, landed = held
    there = landed.snapshot.block.time
    where = f"{snapshot.reading} of {snapshot.chain_id} at block {snapshot.block.height} is in {path} already"
    if there != snapshot.block.time:
        raise Mismatch(f"{where}, at {there:%Y-%m-%d %H:%M:%S} UTC; was the chain in this state twice?")
    if not landing.read(path, snapshot.key).equals(part.facts.rows.sort(KEYS[part.kind])):
        if landed.snapshot.block.hash == snapshot.block.hash:
            raise Mismatch(f"{where}, as an earlier version read the same file: delete that and import again")
        raise Mismatch(f"{where}, with other values: two states of one block cannot both be true")
    return True
