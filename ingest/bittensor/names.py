"""What coldkeys and subnets call themselves on Bittensor: anybody's text, stored as it came."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ingest.bittensor.subnets import PALLET, ROOT, pool_account, spelled, subnets
from ingest.bittensor.validators import owners
from ingest.substrate import Substrate
from store.rows import Facts, Kind, frame, observation

# The newest items first; what an old one says of somebody who is in a newer one is outdated.
COLDKEYS: Final = ("IdentitiesV2", "Identities")
SUBNETS: Final = ("SubnetIdentitiesV3", "SubnetIdentitiesV2", "SubnetIdentities")
LONGEST: Final = 10_000
# Other accounts of the runtime's modules (PalletId in runtime/src/lib.rs).
PALLETS: Final = {
    b"modlburntnsr": "burned",
    b"modlten/swap": "swap pallet",
    b"modlbt/cloan": "crowdloans",
    b"modlbt/limit": "limit orders",
}
Row = dict[str, Any]


def names(node: Substrate) -> Facts:
    """Names and websites that coldkeys and subnets gave themselves; nobody checked them. A validator has its owner's.

    From IdentitiesV2 and SubnetIdentitiesV3 of the subtensor pallet, older items where the runtime has no newer ones.
    Accounts of the chain's own modules, which hold the pools, have the name of what they are for.
    """
    people = list(_coldkeys(node))
    rows = [*people, *_hotkeys(node, people), *_subnets(node), *_pools(node)]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


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


def _subnets(node: Substrate) -> Iterator[Row]:
    every = subnets(node)
    item = next((item for item in SUBNETS if node.has(PALLET, item)), None)
    if item is not None:
        found = node.values(PALLET, item, [(subnet.netuid,) for subnet in every])
        for subnet, identity in zip(every, found, strict=True):
            fields = {"moniker": "subnet_name", "website": "subnet_url", "repository": "github_repo"}
            yield from _told(node, subnet.label, identity or {}, fields)
    for subnet in every:
        yield from _told(node, subnet.label, subnet.columns, {"symbol": "TokenSymbol"})


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
