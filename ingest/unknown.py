"""Variables of the environment that look like ours and set nothing, each with the nearest name that does."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from ingest.networks import networks

OURS: Final = frozenset(
    f"DEAI_{name}"
    for name in (
        *("ALLOWANCE", "ARCHIVE", "BACKEND", "BESIDE", "DASK", "DATA", "FRAMED_BY", "MEMORY", "MIRROR", "RECORDED"),
        *("REQUESTS_PER_SECOND", "SHARED", "SIGNERS", "SITE", "SITE_AT", "SKIPS"),
    )
)
# Addresses of a chain that several networks share, and of nodes that are asked beside gateways.
OF_CHAINS: Final = re.compile(r"EIP155_[0-9]+_(ARCHIVE|EXPLORER)_URL|ARWEAVE_PEERS_URL")
# What is less alike is somebody else's: many programs have a variable that ends so.
ALIKE: Final = 0.8


def unknown(variables: Iterable[str]) -> Iterator[str]:
    """A sentence for each variable that sets nothing here, though its name is nearly one that does."""
    addresses = sorted(name for name in variables if name.endswith("_URL"))
    for name in sorted(name for name in variables if name.startswith("DEAI_") and name not in OURS):
        near = get_close_matches(name, sorted(OURS), 1, 0)
        yield f"{name} sets nothing here; did you mean {near[0]}?"
    if not addresses:
        return
    families: dict[str, list[str]] = {}
    for one in networks().values():
        family = type(one.chain).__module__.split(".")[1] if one.chain else ""
        families.setdefault(family.upper(), []).append(f"{one.name.upper()}_URL")
    known = [variable for own in families.values() for variable in own]
    for name in addresses:
        if name in known or OF_CHAINS.fullmatch(name):
            continue
        near = families.get(name.removesuffix("_URL")) or get_close_matches(name, known, 1, ALIKE)
        if near:
            yield f"{name} sets nothing here; did you mean {' or '.join(sorted(near))}?"
