"""Numbers of Bittensor as a whole and of each subnet: issuance, prices, emission, switches; and free balances."""

from typing import Final

import polars as pl

from ingest.bittensor.emission import tao_a_day
from ingest.bittensor.subnets import BLOCKS_A_DAY, ONE, PALLET, ROOT, Subnet, subnets
from ingest.network import Memo
from ingest.substrate import columns
from ingest.substrate.node import Substrate
from store.faults import BadData
from store.rows import HOLDINGS, Amount, Facts, Kind, frame, observation

BLOCK_EMISSION: Final = "SubnetInfoRuntimeApi_get_block_emission"
SUPPLY: Final = 21_000_000 * ONE
FIXED32: Final = 2**32
RAO_A_DAY: Final = "rao a day"


def chain(node: Substrate) -> Facts:
    """Issuance, stake, root share, TAO weight, block emission and subnet counts, as the chain has them at one block.

    root_share: TAO staked on the root over all TAO that is staked or in pools. A subnet pays miners when at least one
    miner that is not keyed to its owner earned something in its last epoch (see `miner_burned`).
    """
    every = [subnet for subnet in subnets(node) if subnet.netuid != ROOT]
    stake, issuance = _counted(node, PALLET, "TotalStake"), _counted(node, PALLET, "TotalIssuance")
    numbers: dict[str, tuple[float | int, str]] = {
        "issuance": (issuance, "rao"),
        "balances_issuance": (_counted(node, "Balances", "TotalIssuance"), "rao"),
        "total_stake": (stake, "rao"),
        "emission": (block_emission(node) * BLOCKS_A_DAY, RAO_A_DAY),
        "subnets_registered": (len(every), "subnets"),
        "subnets_emitting": (sum(1 for subnet in every if tao_a_day(subnet)), "subnets"),
        "subnets_paying_miners": (sum(1 for subnet in every if _pays_miners(subnet)), "subnets"),
        "spec_version": (node.spec_version, ""),
    }
    # Before February 2025 no item told the root's stake apart.
    if node.has(PALLET, "SubnetTAO"):
        root = int(node.value(PALLET, "SubnetTAO", ROOT))
        numbers |= {"root_stake": (root, "rao"), "root_share": (root / stake, "share")}
    if node.has(PALLET, "TaoWeight") and not node.metadata.item(PALLET, "TaoWeight").keys:
        numbers["tao_weight"] = (int(node.value(PALLET, "TaoWeight")) / (2**64 - 1), "share")
    rows = [observation(name, node.block.time, value, unit) for name, (value, unit) in numbers.items()]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _counted(node: Substrate, pallet: str, name: str) -> int:
    """A total of the chain; raises BadData where it is zero, which a node without state reads as well."""
    total = int(node.value(pallet, name))
    if total <= 0:
        raise BadData(f"{pallet}.{name} is {total} at block {node.block.height}")
    return total


def subnet_numbers(node: Substrate) -> Facts:
    """Each subnet's spot price, moving price, reserves, daily TAO, burned share of miners' pay, tempo and switches.

    Prices are the runtime's own. registered_at is the block at which the present holder of the netuid registered: a
    netuid may be registered again, and is then another subnet.
    """
    rows = []
    for subnet in subnets(node):
        for name, (value, unit) in _numbers(subnet).items():
            rows.append(observation(name, node.block.time, value, unit, subject=subnet.label))
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _numbers(subnet: Subnet) -> dict[str, tuple[float | int, str]]:
    numbers: dict[str, tuple[float | int, str]] = {"price": (subnet.price / ONE, "TAO an alpha")}
    plain = {
        "tempo": ("Tempo", "blocks"),
        "kappa": ("Kappa", "of 65535"),
        "tao_in_pool": ("SubnetTAO", "rao"),
        "alpha_in_pool": ("SubnetAlphaIn", "rao alpha"),
        "alpha_outside": ("SubnetAlphaOut", "rao alpha"),
        "neurons": ("SubnetworkN", "neurons"),
        "registered_at": ("NetworkRegisteredAt", "block"),
    }
    numbers |= {
        name: (int(subnet.columns[item]), unit) for name, (item, unit) in plain.items() if item in subnet.columns
    }
    for name, item in (("moving_price", "SubnetMovingPrice"), ("miner_burned", "MinerBurned")):
        if item in subnet.columns:
            numbers[name] = (subnet.columns[item] / FIXED32, "TAO an alpha" if name == "moving_price" else "share")
    if subnet.netuid != ROOT:
        numbers["tao_a_day"] = (tao_a_day(subnet), RAO_A_DAY)
        if "SubnetEmissionEnabled" in subnet.columns:
            numbers["emission_enabled"] = (int(subnet.columns["SubnetEmissionEnabled"]), "")
    return numbers


def _pays_miners(subnet: Subnet) -> bool:
    """Whether some miner earned something that was not withheld."""
    return any(subnet.get("Incentive", [])) and subnet.get("MinerBurned", 0) < FIXED32


def block_emission(node: Substrate) -> int:
    """Rao that the chain mints in a block: told by the runtime, or by the halving rule of its issuance.

    It halves whenever half of what was left of 21 million TAO is issued (source: coinbase/block_emission.rs).
    """
    if node.answers(BLOCK_EMISSION):
        return int(node.call(BLOCK_EMISSION))
    return emission_at(int(node.value(PALLET, "TotalIssuance")))


def emission_at(issuance: int) -> int:
    """Rao a block at an issuance: one TAO, halved for every half of the rest that is out."""
    if issuance >= SUPPLY:
        return 0
    halvings = 0
    while SUPPLY - issuance <= SUPPLY >> (halvings + 1):
        halvings += 1
    return ONE >> halvings


def balances(node: Substrate, memo: Memo) -> Facts:
    """Free and reserved TAO of every account. Stake is not among it, but the accounts of subnets' pools are.

    From System.Account at one block; the sum is exactly the issuance that the balances pallet counts.
    """
    accounts = node.parts("System", "Account", memo)
    data = accounts.values["data"]
    rao = data["free"].astype("u8") + data["reserved"].astype("u8")
    rows = pl.DataFrame(
        {
            "population": "coldkeys",
            "holder": columns.addresses(accounts.keys[0]),
            "amount": pl.Series(rao).cast(Amount),
        },
        schema=HOLDINGS,
    ).filter(pl.col("amount") > 0)
    return Facts(rows, {"coldkeys": int(node.value("Balances", "TotalIssuance"))})


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
balances:
  coldkeys | <address> | | accounts, with their free and reserved TAO
chain:
  issuance | | rao | all TAO, as the subtensor pallet counts it
  balances_issuance | | rao | all TAO outside of stake, as the balances pallet counts it
  total_stake | | rao | TAO that is staked or in pools
  emission | | rao a day | TAO minted in a day
  subnets_registered | | subnets | subnets besides the root
  subnets_emitting | | subnets | subnets that get TAO
  subnets_paying_miners | | subnets | subnets of which some miner earned something that was not withheld
  spec_version | | | version of the runtime
  root_stake | | rao | TAO that is staked on the root
  root_share | | share | root stake over all TAO that is staked or in pools
  tao_weight | | share | weight of root stake beside alpha in a validator's stake
subnet_numbers:
  price | <subnet> | TAO an alpha | spot price of the subnet's token
  moving_price | <subnet> | TAO an alpha | its moving average
  tempo | <subnet> | blocks | blocks of an epoch
  kappa | <subnet> | of 65535 | part of a subnet's active weight that decides what its miners get
  tao_in_pool | <subnet> | rao | TAO in the subnet's pool
  alpha_in_pool | <subnet> | rao alpha | the subnet's token in its pool
  alpha_outside | <subnet> | rao alpha | the subnet's token outside of its pool
  neurons | <subnet> | neurons | keys that are registered
  registered_at | <subnet> | block | block at which the present holder of the netuid registered
  miner_burned | <subnet> | share | part of miners' pay that is withheld, because its owner mines itself
  tao_a_day | <subnet> | rao a day | TAO that goes into the subnet's pool
  emission_enabled | <subnet> | | 1: its emission is on, 0: the root has switched it off
"""
