"""Bittensor's subnets at one block: which there are, what their tokens cost, and the columns that readings share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ingest.fields import part
from ingest.substrate.node import Substrate, encoded
from store.faults import BadData, SourceChanged

PALLET: Final = "SubtensorModule"
ROOT: Final = 0
# Base units of one TAO (rao) and of one alpha.
ONE: Final = 10**9
BLOCKS_A_DAY: Final = 7200
ALL_PRICES: Final = "SwapRuntimeApi_current_alpha_price_all"
ONE_PRICE: Final = "SwapRuntimeApi_current_alpha_price"
# Vectors of the consensus are stored under netuid + 4096 x mechanism.
MECHANISM_STRIDE: Final = 4096

# Items keyed by netuid alone that some reading needs: asked together, so that all subnets cost a few requests.
COLUMNS: Final = (
    "ActivityCutoff",
    "ActivityCutoffFactorMilli",
    "AlphaSigmoidSteepness",
    "BlocksSinceLastStep",
    "Dividends",
    "Emission",
    "EmissionValues",
    "FirstEmissionBlockNumber",
    "Incentive",
    "Kappa",
    "LastMechansimStepBlock",
    "MechanismCountCurrent",
    "MechanismEmissionSplit",
    "MinerBurned",
    "NetworkRegisteredAt",
    "NetworkRegistrationAllowed",
    "OwnerCutEnabled",
    "RegisteredSubnetCounter",
    "StakeWeight",
    "SubnetAlphaIn",
    "SubnetAlphaInEmission",
    "SubnetAlphaOut",
    "SubnetAlphaOutEmission",
    "SubnetEmissionEnabled",
    "SubnetExcessTao",
    "SubnetMechanism",
    "SubnetMovingPrice",
    "SubnetOwner",
    "SubnetOwnerHotkey",
    "SubnetTAO",
    "SubnetTaoInEmission",
    "SubnetworkN",
    "SubtokenEnabled",
    "Tempo",
    "TokenSymbol",
    "ValidatorPermit",
)


@dataclass(frozen=True, slots=True, eq=False)
class Subnet:
    """One subnet; `count` tells apart the subnets that had the same netuid one after the other."""

    netuid: int
    count: int
    price: int
    columns: dict[str, Any]

    @property
    def label(self) -> str:
        """The name under which its facts are stored."""
        return f"subnet:{self.netuid}.{self.count}"

    def get(self, column: str, absent: Any) -> Any:
        """The value of a column, or `absent` where the runtime of this block has no such item."""
        return self.columns.get(column, absent)

    def tao(self, alpha: int) -> int:
        """What an amount of the subnet's token is worth at its spot price, in rao, rounded down."""
        return alpha * self.price // ONE


def subnets(node: Substrate) -> tuple[Subnet, ...]:
    """Every registered subnet in the order of netuids, the root first; not fewer than the chain itself counts."""
    return node.once("subnets", partial(_subnets, node))


def _subnets(node: Substrate) -> tuple[Subnet, ...]:
    netuids = sorted(int(netuid) for netuid, added in node.map(PALLET, "NetworksAdded") if added)
    total = node.value(PALLET, "TotalNetworks")
    if not netuids:
        raise BadData(f"no subnet is registered at block {node.block.height}, not even the root: it has no state")
    if len(netuids) < total:
        raise BadData(f"{len(netuids)} subnets are registered at block {node.block.height}, the chain counts {total}")
    present = [name for name in COLUMNS if node.has(PALLET, name)]
    table = node.table(PALLET, present, [(netuid,) for netuid in netuids])
    price = prices(node, netuids, table)
    every = []
    for place, netuid in enumerate(netuids):
        columns = {name: column[place] for name, column in table.items()}
        every.append(Subnet(netuid, int(columns.get("RegisteredSubnetCounter", 0)), price[netuid], columns))
    return tuple(every)


def prices(node: Substrate, netuids: Sequence[int], table: dict[str, list[Any]]) -> dict[int, int]:
    """Spot price of each subnet's token in rao for one whole alpha, as the runtime itself tells it.

    Never the ratio of the reserves where the runtime can be asked: pools have had four different curves. Root stake is
    TAO.
    """

    def complete(rao: Mapping[int, int]) -> dict[int, int]:
        missing = set(netuids) - {ROOT} - set(rao)
        if missing:
            raise SourceChanged(f"the runtime tells no price of subnets {sorted(missing)}")
        return {**rao, ROOT: ONE}

    if node.answers(ALL_PRICES):
        return complete(_rao(node.call(ALL_PRICES, judge=lambda told: complete(_rao(told)))))
    if node.answers(ONE_PRICE):
        rao = {netuid: int(node.call(ONE_PRICE, encoded(netuid, 2))) for netuid in netuids}
    elif "Swap" in node.metadata.pallets:
        raise SourceChanged(f"runtime {node.runtime_version} has pools whose curve is not known here")
    else:
        rao = _constant_product(netuids, table)
    return complete(rao)


def _rao(prices: Sequence[Any]) -> dict[int, int]:
    return {int(part(row, "netuid")): int(part(row, "price")) for row in prices}


def _constant_product(netuids: Sequence[int], table: dict[str, list[Any]]) -> dict[int, int]:
    """Prices before the swap pallet (August 2025): tao over alpha in the pool, or one where it has no pool."""
    rao = {}
    if "SubnetAlphaIn" not in table:
        return dict.fromkeys(netuids, ONE)
    for netuid, tao, alpha, mechanism in zip(
        netuids, table["SubnetTAO"], table["SubnetAlphaIn"], table["SubnetMechanism"], strict=True
    ):
        rao[netuid] = ONE if mechanism == 0 else tao * ONE // alpha if alpha else 0
    return rao


def accounts(node: Substrate, hotkeys: Sequence[bytes]) -> dict[bytes, str]:
    """The coldkey that owns each hotkey, in canonical spelling; a hotkey that nobody owns stands for itself."""
    known = list(dict.fromkeys(hotkeys))
    owners = node.values(PALLET, "Owner", [(hotkey,) for hotkey in known])
    return {hotkey: spelled(owner or hotkey) for hotkey, owner in zip(known, owners, strict=True)}


def pool_account(netuid: int) -> bytes:
    """The account that holds a subnet's TAO: a pallet's, to which nobody has a key (docs/special-account-ids.md)."""
    return (b"modlsubtensr" + netuid.to_bytes(2, "little")).ljust(32, b"\0")


def spelled(account: bytes) -> str:
    """The canonical spelling of an account."""
    return "0x" + account.hex()
