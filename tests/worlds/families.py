"""The protocol families: each kind of chain of which some network is read, found by itself.

Some tests try one network of each family. What they need of a family that no program can find stands in a table; a
table that lacks a family says so by `uncovered`, so that a new one is tried everywhere or fails where it is not.
"""

from collections.abc import Collection
from typing import Any

from ingest.network import Network
from ingest.networks import networks


def families() -> dict[type, Network[Any]]:
    """The first network of each kind of chain that is read."""
    return {type(one.chain): one for one in reversed(networks().values()) if one.chain and one.readings}


def uncovered(kinds: Collection[type], what: str) -> list[str]:
    """The families that a table does not have, in words that say what is missing, and kinds of chains of no network."""
    known = families()
    lacking = [f"{kind.__name__} ({one.name}): no {what} of this family" for kind, one in known.items()]
    stale = [f"{kind.__name__}: a {what} of a family that no network is of" for kind in kinds if kind not in known]
    return [told for kind, told in zip(known, lacking, strict=True) if kind not in kinds] + stale
