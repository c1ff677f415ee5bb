"""What coldkeys and subnets call themselves on Bittensor: anybody's text, stored as it came."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from ingest.bittensor.subnets import PALLET, ROOT, pool_account, spelled, subnets
from ingest.bittensor.validators import owners
from ingest.substrate.node import Substrate
from store.rows import Facts, Kind, frame, observation

# The newest items first; what an old one says of somebody who is in a newer one is outdated.
COLDKEYS: Final = ("IdentitiesV2", "Identities")
SUBNETS: Final = ("SubnetIdentitiesV3", "SubnetIdentitiesV2", "SubnetIdentities")
SUBNET_FIELDS: Final = {"moniker": "subnet_name", "website": "subnet_url", "repository": "github_repo"}
LONGEST: Final = 10_000
# Other accounts of the runtime's modules (PalletId in runtime/src/lib.rs).
PALLETS: Final = {
    b"modlburntnsr": "burned",
    b"modlten/swap": "swap pallet",
    b"modlbt/cloan": "crowdloans",
    b"modlbt/limit": "limit orders",
}
Row = dict[str, Any]


def names(node: Substrate, earlier: Sequence[pl.DataFrame]) -> Facts:
    """Names and websites that coldkeys and subnets gave themselves; nobody checked them. A validator has its owner's.

    From IdentitiesV2 and SubnetIdentitiesV3 of the subtensor pallet, older items where the runtime has no newer ones.
    Accounts of the chain's own modules, which hold the pools, have the name of what they are for. A netuid that was
    given again carries the count of its registrations (58.2). The chain may keep the identity of the subnet that had
    the netuid before: what is the same as its predecessor's is no name of the new one.
    """
    people = list(_coldkeys(node))
    before = _before(earlier, {subnet.label for subnet in subnets(node)})
    rows = [*people, *_hotkeys(node, people), *_subnets(node, before), *_pools(node), *before]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _before(earlier: Sequence[pl.DataFrame], today: set[str]) -> list[Row]:
    """What subnets that are no more called themselves, as last read: handed on from one reading to the next."""
    if not earlier:
        return []
    gone = pl.col("subject").str.starts_with("subnet:") & ~pl.col("subject").is_in(list(today))
    return earlier[-1].filter(gone).to_dicts()


def _coldkeys(node: Substrate) -> Iterator[Row]:
    item = next((item for item in COLDKEYS if node.has(PALLET, item)), None)
    if item is not None:
        for coldkey, identity in node.map(PALLET, item):
            yield from _told(node, coldkey, identity, {"moniker": "name", "website": "url"})


def _hotkeys(node: Substrate, people: Iterable[Row]) -> Iterator[Row]:
    """Validators' hotkeys under the names of the coldkeys that own them; a key with a name of its own keeps it."""
    known = {row["subject"]: row["exact"] for row in people if row["name"] == "moniker"}
    for hotkey, owner in owners(node).items():
        if owner in known and spelled(hotkey) not in known:
            yield observation("moniker", node.block.time, known[owner], "", subject=spelled(hotkey))


def _subnets(node: Substrate, before: Sequence[Row]) -> Iterator[Row]:
    every = subnets(node)
    item = next((item for item in SUBNETS if node.has(PALLET, item)), None)
    if item is not None:
        found = node.values(PALLET, item, [(subnet.netuid,) for subnet in every])
        for subnet, identity in zip(every, found, strict=True):
            told = list(_told(node, subnet.label, identity or {}, SUBNET_FIELDS))
            if not _inherited(told, subnet.netuid, before):
                yield from told
    for subnet in every:
        yield from _told(node, subnet.label, subnet.columns, {"symbol": "TokenSymbol"})


def _inherited(told: Sequence[Row], netuid: int, before: Sequence[Row]) -> bool:
    """Whether an identity is, word for word, that of a subnet which had the netuid before."""
    predecessors: dict[str, dict[str, str]] = defaultdict(dict)
    for row in before:
        if row["subject"].startswith(f"subnet:{netuid}.") and row["name"] in SUBNET_FIELDS:
            predecessors[row["subject"]][row["name"]] = row["exact"]
    return {row["name"]: row["exact"] for row in told} in predecessors.values()


def _pools(node: Substrate) -> Iterator[Row]:
    for subnet in subnets(node):
        text = "pool of the root" if subnet.netuid == ROOT else f"pool of subnet {subnet.netuid}"
        yield observation("moniker", node.block.time, text, "", subject=spelled(pool_account(subnet.netuid)))
    for account, text in PALLETS.items():
        yield observation("moniker", node.block.time, text, "", subject=spelled(account.ljust(32, b"\0")))


def _told(node: Substrate, subject: str, identity: Mapping[str, Any], fields: Mapping[str, str]) -> Iterator[Row]:
    for name, member in fields.items():
        text = bytes(identity.get(member, b"")).decode("utf-8", "replace")[:LONGEST]
        if text:
            yield observation(name, node.block.time, text, "", subject=subject)


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
names:
  moniker | <address> or <subnet> | | what a key or a subnet calls itself, or what a pool's account is for
  website | <address> or <subnet> | | website that it names
  repository | <subnet> | | repository that a subnet names
  symbol | <subnet> | | sign of a subnet's token
"""
