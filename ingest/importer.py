"""State of a chain from a file: Cosmos SDK exports and genesis files, and the finney genesis snapshot.

Errors beside those of store.rows:

    Mismatch        the file is not of the network or the time that were named with it
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ingest.bittensor.genesis import METHOD, finney_genesis
from ingest.cosmos import state as cosmos_state
from ingest.cosmos.proposals import rows_of
from ingest.cosmos.stake import operator_of
from ingest.cosmos.state import Part
from ingest.fields import optional, text, whole
from ingest.network import Network
from ingest.state_file import state
from store.addresses import NotAnAddress, unbech32
from store.landing import Landing
from store.rows import KEYS, BadData, Block, Parties, Snapshot, SourceChanged, check

# Chains number a billion blocks in thirty years.
LAST_BLOCK: Final = 10**12


class Mismatch(BadData):
    """The file is not of the network or the time that were named with it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A reading of a state file, and whether it was in landing before."""

    snapshot: Snapshot
    was_there: bool


def import_file(path: Path, network: Network, time: datetime, landing: Landing) -> Iterator[Imported]:
    """Land every part of a state file as a snapshot of `network` at `time`, or none where one cannot be taken.

    Yields what landed. Raises Mismatch for a file of another network and for another state of a block that is there
    already, BadData for what is not JSON or cannot be true, and SourceChanged for a shape that is not known.
    """
    document, digest = state(path)
    try:
        _refuse_other(document, network)
        block = Block(_height(document), digest, time)
        told = parts(document, block, network.unit)
        found = [(_snapshot(part, document, network, block, path), part) for part in told]
        for _, part in found:
            parties = Parties(network.address, part.others, part.names)
            check(part.facts, part.kind, tolerance=part.tolerance, parties=parties)
        known = [_is_there(landing, snapshot, part) for snapshot, part in found]
    except (BadData, SourceChanged) as error:
        raise type(error)(f"{path}: {error}") from error
    for (snapshot, part), was_there in zip(found, known, strict=True):
        if not was_there:
            landing.land(snapshot, part.facts)
        yield Imported(snapshot, was_there)


def parts(document: dict[str, Any], block: Block, unit: str) -> list[Part]:
    """The readings in a state document, of amounts in a unit; raises SourceChanged when its shape is not known."""
    if _is_finney(document):
        return [Part(*found[:4], METHOD, found[4]) for found in finney_genesis(document, unit)]
    return cosmos_state.parts(_modules(document), block)


def _is_finney(document: dict[str, Any]) -> bool:
    return {"stakes", "balances"} <= set(document)


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
    told = optional(document, "chain_id")
    known = {*([network.chain.chain_id] if network.chain else []), *network.chain_ids}
    if told is not None and str(told) not in known:
        raise Mismatch(f"it is a state of the chain {str(told)[:80]!r}; {network.title} is {', '.join(sorted(known))}")
    unit = text(modules, "staking", "params", "bond_denom") if modules else network.unit
    if unit != network.unit:
        raise Mismatch(f"its stake is in {unit[:80]!r}, that of {network.title} in {network.unit}")
    for validator in rows_of(modules.get("staking", {}), "validators"):
        if (found := _prefix(operator_of(validator))) != f"{prefix}valoper":
            raise Mismatch(f"its validators are {found}1..., those of {network.title} {prefix}valoper1...")


def _prefix(operator: str) -> str:
    try:
        return unbech32(operator)[0]
    except NotAnAddress as error:
        raise BadData(f"operator_address: {error}") from error


def _snapshot(part: Part, document: dict[str, Any], network: Network, block: Block, path: Path) -> Snapshot:
    return Snapshot(
        network=network.name,
        chain_id=_chain_id(document, network),
        reading=part.reading,
        kind=part.kind,
        measure=part.measure,
        unit=part.unit,
        block=block,
        method=part.method,
        # Names of files need not be text.
        endpoint=f"file:{os.fsencode(path.name).decode(errors='replace')}",
        reported=part.facts.reported,
        newest_only=part.newest_only,
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
