"""Compute on Akash: who is paid, who pays, who opens the gate; the readings of leases, escrow and providers.

Five columns of spend, never mixed: R what leases take a day at this block, A what they earned over a period (settled by
the chain or not), S what the chain settled, D what payers put in, E what of A outsiders pay. Each denom is a reading of
its own, in 1e-18 of the denom; dollars are made once, in analytics.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import polars as pl

from analytics.akash import escrow
from analytics.akash.escrow import Ledger, Taking
from ingest.akash.escrow import market
from ingest.akash.ledger import lease_ledger, ledger_of
from ingest.cosmos.lcd import Lcd
from ingest.network import DAILY, HOURLY, Reading, Since
from store.faults import SourceDown
from store.reference import entities
from store.rows import SINK, Facts, Kind, Measure, frame, holdings, observation

UNIT: Final = "1e-18 {}"
# A market where 985 leases begin a day is looked at every half hour, because what ends unseen is missed.
HALF_HOURLY: Final = timedelta(minutes=30)
# Over how many blocks the block time is measured: a day where the node still has it, else what it has.
SPANS: Final = (14_000, 1_000, 100)
# Holds, among auditors, what needs no signature: it is in the total and nobody gates it.
UNSIGNED: Final = f"{SINK}unsigned"
# Whose money is no demand from outside: slugs in entities.toml.
INSIDERS: Final = ("akash-foundation", "overclock-labs", "akash-community-pool")

Read = Callable[[Lcd], Facts]
ReadBetween = Callable[[Lcd, Sequence[pl.DataFrame]], Facts]


def run_rate(denom: str) -> Read:
    """The reading of R in one denom."""

    def leases(node: Lcd) -> Facts:
        """What running leases take a day, projected: each lease's rate per block (market and escrow modules; active and
        reclaiming leases) times the blocks of a day as measured on the chain. Payers are those whose deposit the next
        block is taken from; tenants own the lease; auditors are those whose signature the order demanded, equally where
        it demands several; what needs none is nobody's. Leases whose escrow account is empty are left out.
        """
        rates = escrow.run_rate(market(node).ledger, **speed(node))
        return _facts(rates, denom, node.block.time - DAILY)

    return leases


def accrued(denom: str) -> ReadBetween:
    """The reading of A in one denom."""

    def accrual(_: Lcd, ledgers: Sequence[pl.DataFrame]) -> Facts:
        """What leases earned since the last reading, settled by the chain or not: withdrawn + balance + rate x blocks
        since the last settlement, capped by the account's funds (escrow module), summed over half-hourly ledgers.
        Leases that ended are looked up one by one; those that began and ended within one half hour are missed. When a
        second lease begins on an account the chain forgets what the first had earned since it was last settled; who
        lost more by that than it earned is left out.
        """
        return _period(ledgers, denom, escrow.accrued)

    return accrual


def settled(denom: str) -> ReadBetween:
    """The reading of S in one denom."""

    def settlement(_: Lcd, ledgers: Sequence[pl.DataFrame]) -> Facts:
        """What the escrow module moved from deposits to leases since the last reading (withdrawn + balance). It lags
        what was earned, because the chain only settles an account when somebody touches it.
        """
        return _period(ledgers, denom, escrow.settled)

    return settlement


def deposited(denom: str) -> ReadBetween:
    """The reading of D in one denom."""

    def deposits(_: Lcd, ledgers: Sequence[pl.DataFrame]) -> Facts:
        """What payers put into escrow accounts since the last reading, less what came back when an account was closed:
        what the account has paid out by the chain's own count, and what is left of the deposits. A payer that got back
        more than it put in is left out. The depositor is the payer, also for a grant.
        """
        net: dict[str, int] = {}
        for before, after in pairwise(map(ledger_of, ledgers)):
            for deposit in escrow.deposited(before, after):
                if deposit.denom == denom:
                    net[deposit.payer] = net.get(deposit.payer, 0) + deposit.amount
        rows = holdings(("payers", payer, amount) for payer, amount in net.items() if amount > 0)
        return Facts(rows, since=_since(ledgers), empty=True)

    return deposits


def external_least(denom: str) -> ReadBetween:
    """The reading of the lower end of E in one denom."""

    def least(_: Lcd, ledgers: Sequence[pl.DataFrame]) -> Facts:
        """What leases earned since the last reading from outsiders, at least: without leases where the provider itself
        is tenant or payer, without payers labelled as the foundation or the community pool, and without every lease
        whose order asks for the console's trial providers (attribute console/trials), though some of those users pay.
        """
        return _period(ledgers, denom, escrow.accrued, escrow.perhaps_internal)

    return least


def external_most(denom: str) -> ReadBetween:
    """The reading of the upper end of E in one denom."""

    def most(_: Lcd, ledgers: Sequence[pl.DataFrame]) -> Facts:
        """What leases earned since the last reading from outsiders, at most: without leases where the provider itself
        is tenant or payer and without payers labelled as the foundation or the community pool. Trials are still in it.
        """
        return _period(ledgers, denom, escrow.accrued, escrow.surely_internal)

    return most


def lease_totals(node: Lcd) -> Facts:
    """The market in a few numbers: leases and daily rate of every denom, known to this program or not,
    leases without money, leases whose price is not the rate that escrow takes, and the measured block time.
    """
    now, measured = market(node), speed(node)
    rates: dict[str, int] = {}
    counts: dict[str, int] = {}
    for flow in escrow.run_rate(now.ledger, **measured):
        rates[flow.denom] = rates.get(flow.denom, 0) + flow.amount
        counts[flow.denom] = counts.get(flow.denom, 0) + 1
    time, seconds = node.block.time, measured["microseconds"] / measured["blocks"] / 1e6
    rows = [
        observation("block_seconds", time, seconds, "s"),
        observation("leases_unfunded", time, sum(1 for _ in escrow.unfunded(now.ledger)), "leases"),
        observation("leases_odd_price", time, len(now.odd_prices), "leases"),
    ]
    for denom, amount in rates.items():
        rows.append(observation("leases_running", time, counts[denom], "leases", subject=denom))
        rows.append(observation("run_rate", time, amount, f"{UNIT.format(denom)} a day", subject=denom))
    return Facts(frame(Kind.OBSERVATIONS, rows))


def speed(node: Lcd) -> dict[str, int]:
    """Blocks and the microseconds they took, up to the node's block; raises SourceDown when no older block is kept."""
    head, reasons = node.block, []
    for span in SPANS:
        try:
            past = node.block_at(max(1, head.height - span))
        except SourceDown as error:
            reasons.append(str(error))
            continue
        took = (head.time - past.time) // timedelta(microseconds=1)
        return {"blocks": head.height - past.height, "microseconds": took}
    raise SourceDown("; ".join(reasons))


def _period(
    ledgers: Sequence[pl.DataFrame],
    denom: str,
    flows: Callable[[Ledger, Ledger], Iterator[Taking]],
    leave_out: Callable[[Taking, frozenset[str]], bool] | None = None,
) -> Facts:
    found = [flow for before, after in pairwise(map(ledger_of, ledgers)) for flow in flows(before, after)]
    if leave_out:
        found = escrow.external(found, leave_out, _insiders())
    return _facts(found, denom, _since(ledgers))


def _since(ledgers: Sequence[pl.DataFrame]) -> datetime:
    """Start of the period: the block of the first ledger. With a single one no time has passed and nothing accrued."""
    start = ledgers[0]["time"].min()
    assert isinstance(start, datetime)
    return start


def _facts(flows: Iterable[Taking], denom: str, since: datetime) -> Facts:
    """Holdings of one denom; nobody paying with it is a fact too. Who lost more than it earned is left out."""
    told = escrow.populations((flow for flow in flows if flow.denom == denom), UNSIGNED)
    rows = holdings(
        (population, holder, amount)
        for population, held in told.items()
        for holder, amount in held.items()
        if amount > 0
    )
    return Facts(rows, since=since, empty=True)


def _insiders() -> list[str]:
    labelled = entities().filter((pl.col("network") == "akash") & pl.col("entity").is_in(INSIDERS))
    return labelled["address"].to_list()


def _spend(name: str, denom: str, *, headline: bool) -> tuple[Reading[Lcd], ...]:
    """The readings of one denom."""
    unit = UNIT.format(name)

    def flow(prefix: str, read: ReadBetween) -> Reading[Lcd]:
        of, since = Measure.COMPUTE_SPEND, Since("lease_ledger", read)
        return Reading(f"{prefix}_{name}", Kind.HOLDINGS, of, unit, DAILY, since, flow=True, others=(UNSIGNED,))

    return (
        Reading(
            f"leases_{name}",
            Kind.HOLDINGS,
            Measure.COMPUTE_SPEND,
            unit,
            HOURLY,
            run_rate(denom),
            headline=headline,
            others=(UNSIGNED,),
        ),
        flow("accrued", accrued(denom)),
        flow("settled", settled(denom)),
        flow("deposited", deposited(denom)),
        flow("external_least", external_least(denom)),
        flow("external_most", external_most(denom)),
    )


def readings(denoms: Mapping[str, str]) -> tuple[Reading[Lcd], ...]:
    """The ledger, and spend in each denom, by name and as the chain spells it; the first is the one most pay with."""
    usual = next(iter(denoms))
    spent = (_spend(name, denom, headline=name == usual) for name, denom in denoms.items())
    return (*MARKET, *(reading for of_one in spent for reading in of_one))


MARKET: Final = (
    Reading(
        "lease_ledger",
        Kind.OBSERVATIONS,
        None,
        "",
        HALF_HOURLY,
        Since("lease_ledger", lease_ledger),
        newest_only=True,
        others=("<address>/<number>",),
    ),
    Reading("lease_totals", Kind.OBSERVATIONS, None, "", HOURLY, lease_totals, others=("<denom>",)),
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
run_rate:
  providers | <address> | | who leases out, with what running leases pay it a day
  payers | <address> | | who pays, with what its running leases cost a day
  tenants | <address> | | who deploys, with what its running leases cost a day
  auditors | <address> or sink:unsigned | | whose signature orders demand, with what their leases cost a day
accrued:
  providers | <address> | | who leases out, with what its leases earned in the period
  payers | <address> | | who pays, with what it owed for the period
  tenants | <address> | | who deploys, with what its leases earned in the period
  auditors | <address> or sink:unsigned | | whose signature orders demand, with what the leases of these orders earned
settled:
  providers | <address> | | who leases out, with what the escrow moved to its leases in the period
  payers | <address> | | who pays, with what the escrow moved from its deposits
  tenants | <address> | | who deploys, with what the escrow moved for its leases
  auditors | <address> or sink:unsigned | | whose signature orders demand, with what the escrow moved for them
deposited:
  payers | <address> | | who pays, with what it put into escrow in the period less what came back
external_least:
  providers | <address> | | as under `accrued`, of outsiders at least
  payers | <address> | | as under `accrued`, of outsiders at least
  tenants | <address> | | as under `accrued`, of outsiders at least
  auditors | <address> or sink:unsigned | | as under `accrued`, of outsiders at least
external_most:
  providers | <address> | | as under `accrued`, of outsiders at most
  payers | <address> | | as under `accrued`, of outsiders at most
  tenants | <address> | | as under `accrued`, of outsiders at most
  auditors | <address> or sink:unsigned | | as under `accrued`, of outsiders at most
lease_totals:
  block_seconds | | s | mean time of a block
  leases_unfunded | | leases | running leases whose deposit is used up
  leases_odd_price | | leases | leases whose price could not be read
  leases_running | <denom> | leases | running leases that are paid in it
  run_rate | <denom> | 1e-18 <denom> a day | what running leases cost a day
"""
