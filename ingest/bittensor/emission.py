"""Who gets what Bittensor emits: TAO by subnet, and each subnet's own token by role and by coldkey."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

import polars as pl

from ingest.bittensor.epochs import Split, splits
from ingest.bittensor.positions import positions
from ingest.bittensor.subnets import BLOCKS_A_DAY, ROOT, Subnet, spelled, subnets
from ingest.network import Memo
from ingest.substrate.node import Substrate
from store.faults import SourceChanged
from store.rows import SINK, Facts, Kind, frame, holdings, observation

DAY: Final = timedelta(days=1)
ALPHA_A_DAY: Final = "rao alpha a day"
# Holders that are no party begin so: they stay in the total, and labels keep them out of the parties.
Row = tuple[str, str, int]


def subnet_emission(node: Substrate) -> Facts:
    """TAO that the chain puts into each subnet's pool: liquidity and chain buys of this block, projected to one day.

    Read from SubnetTaoInEmission and SubnetExcessTao; the rule that shares it out has changed five times and is never
    recomputed. Subnets that the root has switched off get none and are not listed.
    """
    rows = [("subnets", subnet.label, tao_a_day(subnet)) for subnet in subnets(node) if tao_a_day(subnet)]
    return Facts(holdings(rows), since=node.block.time - DAY, empty=not rows)


def tao_a_day(subnet: Subnet) -> int:
    """Rao that a subnet gets in a day at the rate of this block; raises SourceChanged where no item tells it."""
    if subnet.netuid == ROOT:
        return 0
    if "SubnetTaoInEmission" in subnet.columns:
        rao = int(subnet.columns["SubnetTaoInEmission"]) + int(subnet.get("SubnetExcessTao", 0))
    elif "EmissionValues" in subnet.columns:
        rao = int(subnet.columns["EmissionValues"])
    else:
        raise SourceChanged("the runtime does not tell what subnets get")
    return rao * BLOCKS_A_DAY


def gated_emission(node: Substrate) -> Facts:
    """Daily TAO of the subnets of each owner: who owns a subnet sets its parameters and gets a cut of its token.

    The same amounts as of subnets, by the coldkey that owns each; what has no owner is nobody's.
    """
    gated: dict[str, int] = defaultdict(int)
    for subnet in subnets(node):
        owner = subnet.get("SubnetOwner", None)
        gated[spelled(owner) if owner else f"{SINK}unowned"] += tao_a_day(subnet)
    rows = [("subnet_owners", owner, rao) for owner, rao in gated.items() if rao]
    return Facts(holdings(rows), since=node.block.time - DAY, empty=not rows)


def alpha_emission(node: Substrate) -> Facts:
    """Each subnet's own token by role in its last epoch, projected to one day: owner, miners, validators.

    By coldkey, in rao of that subnet's alpha. Validators: everything paid through their hotkeys, their take and their
    nominators' dividends. What owner-keyed miners earned is withheld, what root stakers have not claimed unclaimed;
    these and other sinks (`sink:...`) are in the total but are nobody's. The parts add up to what was issued.
    """
    rows = [row for split in splits(node) for row in _roles(split)]
    return Facts(holdings(rows), since=node.block.time - DAY, empty=not rows)


def _roles(split: Split) -> Iterator[Row]:
    """Rows of a subnet's three populations; the sinks stand where their amount would have gone."""
    label = split.subnet.label
    halves = {"miners": ("withheld",), "validators": ("claimable", "recycled", "pending", "unexplained", "rounding")}
    yield from _rows(f"{label}/owner", _daily(split, split.owner))
    for role, sinks in halves.items():
        parts = {f"{SINK}{name}": parts_a_day(split)[name] for name in sinks}
        yield from _rows(f"{label}/{role}", {**_daily(split, getattr(split, role)), **parts})


def _rows(population: str, parts: Mapping[str, int]) -> Iterator[Row]:
    return ((population, holder, amount) for holder, amount in parts.items() if amount)


def _daily(split: Split, parts: Mapping[str, int]) -> dict[str, int]:
    return {party: amount * BLOCKS_A_DAY // split.blocks for party, amount in parts.items()}


def parts_a_day(split: Split) -> dict[str, int]:
    """What each role and each sink of a subnet gets in a day; together exactly what the subnet issues in a day."""
    parts = {
        "owner": sum(_daily(split, split.owner).values()),
        "miners": sum(_daily(split, split.miners).values()),
        "validators": sum(_daily(split, split.validators).values()),
    }
    for name in ("withheld", "claimable", "recycled", "pending", "unexplained"):
        parts[name] = getattr(split, name) * BLOCKS_A_DAY // split.blocks
    parts["rounding"] = split.issued * BLOCKS_A_DAY // split.blocks - sum(parts.values())
    return parts


def emission_parts(node: Substrate) -> Facts:
    """How each subnet's own token is split in a day: owner, miners, takes, nominators, and what nobody gets.

    withheld: earned by miners keyed to the subnet's owner, burned or recycled. claimable: root stakers' part, not
    claimed yet. recycled: the root's part while root dividends are off. pending: no epoch has ended yet. unexplained:
    the parts do not add up to what was issued. The parts together are `issued`.
    """
    rows = []
    for split in splits(node):
        parts = parts_a_day(split)
        takes = sum(_daily(split, split.takes).values())
        parts |= {"takes": takes, "nominators": parts.pop("validators") - takes}
        parts["issued"] = split.issued * BLOCKS_A_DAY // split.blocks
        rows += [
            observation(f"emission_{name}", node.block.time, amount, ALPHA_A_DAY, subject=split.subnet.label)
            for name, amount in parts.items()
        ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def recipients(node: Substrate, memo: Memo) -> Facts:
    """Everything emitted to people in a day, by coldkey over all roles and subnets, at each subnet's spot price in TAO.

    Owners' cuts, miners, validators' takes, and nominators by their part of the hotkey that earned the dividends.
    Sinks (withheld, unclaimed root dividends, ...) stay in the total and are nobody's.
    """
    shares = _nominators(positions(node, memo))
    found: dict[str, int] = defaultdict(int)
    total = 0
    for split in splits(node):
        total += split.subnet.tao(split.issued * BLOCKS_A_DAY // split.blocks)
        for party, alpha in _parties(split, shares):
            found[party] += split.subnet.tao(alpha)
    found[f"{SINK}rounding"] = total - sum(amount for party, amount in found.items() if party != f"{SINK}rounding")
    rows = [("recipients", party, amount) for party, amount in found.items() if amount]
    return Facts(holdings(rows), {"recipients": total} if rows else {}, since=node.block.time - DAY, empty=not rows)


Nominators = Mapping[tuple[str, int], tuple[int, list[tuple[str, int]]]]


def _nominators(found: pl.DataFrame) -> Nominators:
    """The coldkeys behind each hotkey on each subnet with their stakes, and the sum of these."""
    grouped: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for hotkey, coldkey, netuid, alpha in found.iter_rows():
        grouped[hotkey, netuid].append((coldkey, alpha))
    return {pool: (sum(alpha for _, alpha in stakes), stakes) for pool, stakes in grouped.items()}


def _parties(split: Split, shares: Nominators) -> Iterable[tuple[str, int]]:
    """Alpha of one day by coldkey and sink; what roundings lose is not among it."""
    for parts in (split.owner, split.miners, split.takes):
        yield from _daily(split, parts).items()
    for hotkey, alpha in _daily(split, split.nominators).items():
        total, stakes = shares.get((hotkey, split.subnet.netuid), (0, []))
        yield from ((coldkey, alpha * stake // total) for coldkey, stake in stakes)
    yield from ((f"{SINK}{name}", amount * BLOCKS_A_DAY // split.blocks) for name, amount in split.sinks.items())


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
subnet_emission:
  subnets | <subnet> | | subnets, with the TAO that goes into their pools in a day
gated_emission:
  subnet_owners | <address> or sink:unowned | | owners of subnets, with the TAO that goes into their subnets' pools in a day
alpha_emission:
  <subnet>/owner | <address> | | owner of a subnet, with its cut of the subnet's token
  <subnet>/miners | <address> or sink:withheld | | miners of a subnet by coldkey, with what they earn in a day
  <subnet>/validators | <address> or sink:<what> | | validators of a subnet by coldkey, with all that is paid through their hotkeys
emission_parts:
  emission_issued | <subnet> | rao alpha a day | what the subnet issues of its token; the other parts add up to it
  emission_owner | <subnet> | rao alpha a day | the owner's cut
  emission_miners | <subnet> | rao alpha a day | what miners get
  emission_takes | <subnet> | rao alpha a day | what validators keep of their nominators' dividends
  emission_nominators | <subnet> | rao alpha a day | what nominators get, validators among them
  emission_withheld | <subnet> | rao alpha a day | earned by miners keyed to the owner: burned or recycled
  emission_claimable | <subnet> | rao alpha a day | root stakers' part, not claimed yet
  emission_recycled | <subnet> | rao alpha a day | the root's part while root dividends are off
  emission_pending | <subnet> | rao alpha a day | no epoch has ended yet
  emission_unexplained | <subnet> | rao alpha a day | the parts do not add up to what was issued
  emission_rounding | <subnet> | rao alpha a day | lost by rounding
recipients:
  recipients | <address> or sink:<what> | | coldkeys, with everything emitted to them in a day at spot prices
"""  # noqa: E501 - a row each
