"""Who can make power on Filecoin: the keys that name allocators, allocators with DataCap left, and who owners are.

All but the kinds of owners is proved from the final tipset's own hash on. Data that an allocator's DataCap is spent on
counts ten times in power (FIP-0003, FIP-0028), so DataCap is a mint of power, not of FIL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ingest.fields import optional, text
from ingest.filecoin.cbor import Link, big, named
from ingest.filecoin.chain import FilecoinNode
from ingest.filecoin.hamt import actor_of, pairs
from ingest.filecoin.power import OWNERS
from ingest.filecoin.rpc import AT_ONCE
from ingest.network import Earlier
from store.faults import BadData, SourceChanged
from store.rows import Facts, Kind, frame, holdings, observation

REGISTRY: Final = "f06"
# An actor of each kind: the root key of the registry of mainnet's first block, and the one to which is burned.
MULTISIG, ACCOUNT = "f080", "f099"
# Addresses of Ethereum's kind (f410...), of keys and of contracts.
ETHEREUM: Final = "f410"


@dataclass(frozen=True, slots=True)
class Registry:
    """Who may name allocators, how many of them must sign, and the map of allocators."""

    root: str
    signers: tuple[str, ...]
    needed: int
    allocators: str


def registry(node: FilecoinNode) -> Registry:
    """The verified registry and its root key; raises SourceChanged for a root key of another kind."""
    return node.once("registry", lambda: _registry(node))


def _registry(node: FilecoinNode) -> Registry:
    match node.actors(REGISTRY)[REGISTRY]:
        case [bytes(key), Link() as allocators, *_]:
            root = actor_of(key)
        case other:
            raise SourceChanged(f"no registry of allocators: {str(other)[:80]}")
    signers, needed = _multisig(root, node.actors(root)[root])
    return Registry(root, signers, needed, named(allocators))


def _multisig(root: str, state: Any) -> tuple[tuple[str, ...], int]:
    match state:
        case [[*signers], int(needed), *_] if 0 < needed <= len(signers):
            found = tuple(actor_of(one) for one in signers if isinstance(one, bytes))
            if len(set(found)) == len(signers):
                return found, needed
    raise SourceChanged(f"{root}, which names allocators, is no multisig: {str(state)[:80]}")


def root_keys(node: FilecoinNode) -> Facts:
    """Who together name allocators, a key each: the signers of the multisig that the verified registry (f06) obeys.

    Proved from the hash of the final tipset on. Allocators hand out DataCap, and data that it is spent on counts ten
    times in power: these keys mint power, not FIL.
    """
    return Facts(holdings(("root_key", signer, 1) for signer in registry(node).signers))


def root_threshold(node: FilecoinNode) -> Facts:
    """How many of the signers must act together to name an allocator, by the multisig's state, proved likewise."""
    told, time = registry(node), node.block.time
    rows = [
        observation("root_threshold", time, told.needed, "count"),
        observation("root_key", time, told.root, "address"),
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def allocators(node: FilecoinNode) -> Facts:
    """What each allocator may still hand out of DataCap, in bytes; the whole map of the verified registry (f06).

    Proved from the hash of the final tipset on, so that nobody is missing. What has been handed out is in no sum here.
    """
    told = {actor_of(key): _cap(value) for key, value in pairs(registry(node).allocators, node.objects)}
    rows = holdings(("allocators", allocator, cap) for allocator, cap in told.items() if cap)
    return Facts(rows, empty=True)


def _cap(value: Any) -> int:
    cap = big(value)
    if cap < 0:
        raise BadData(f"an allocator has {cap} bytes of DataCap")
    return cap


def owner_kinds(node: FilecoinNode, earlier: Earlier) -> Facts:
    """What each owner of miners is: a key, a multisig of several, or an address of Ethereum's kind, key or contract.

    Who is behind a contract is not known (leasing pools are such): it counts as one party. By one endpoint's word
    (StateGetActor), each kind told by an actor of which it is known.
    """
    told = _owners(earlier[-1]) if earlier else []
    known = (MULTISIG, ACCOUNT)
    rows = []
    for start in range(0, len(told), AT_ONCE - len(known)):
        some = told[start : start + AT_ONCE - len(known)]
        calls = [node.state("StateGetActor", one) for one in (*known, *some)]
        kinds = node.ask(calls, _kinds)
        rows += [
            observation("owner_kind", node.block.time, kind, "", subject=one)
            for one, kind in zip(some, kinds, strict=True)
        ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=True)


def _owners(rows: pl.DataFrame) -> list[str]:
    of_owners = rows.filter(population=OWNERS)["holder"]
    return sorted(of_owners.to_list(), key=lambda owner: int(owner[2:]))


def _kinds(actors: Sequence[Any]) -> list[str]:
    """What each actor behind the first two is, which are a multisig and a key."""
    multisig, account, *others = [(text(one, "Code", "/"), optional(one, "DelegatedAddress")) for one in actors]
    if multisig[0] == account[0]:
        raise BadData("a multisig and a key are told to run the same program")
    of_kind = {multisig[0]: "multisig", account[0]: "key"}
    return [_kind(of_kind.get(code, ""), delegated) for code, delegated in others]


def _kind(known: str, delegated: Any) -> str:
    if known:
        return known
    if not str(delegated).startswith(ETHEREUM):
        raise BadData("an owner of miners runs a program that is none of a key, a multisig or Ethereum's kind")
    return "Ethereum key or contract"


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
root_keys:
  root_key | <address> | | who together name allocators, a key each
root_threshold:
  root_threshold | | count | how many of the root key's signers must act together
  root_key | | address | the multisig that the registry of allocators obeys
allocators:
  allocators | <address> | | who may hand out DataCap, with the bytes that are left
owner_kinds:
  owner_kind | <address> | | key, multisig, or Ethereum key or contract
"""
