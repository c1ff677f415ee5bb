"""What compute costs on Akash: the escrow module's own arithmetic, in whole units of 1e-18 of a denom.

A tenant's deployment has one escrow account. Payers (the tenant, or somebody who granted it) put deposits into it, and
each lease takes its rate from them every block. The chain moves money only when somebody touches the account, so what
has been earned at a block is what was settled plus what a touch at that block would move: the functions here repeat
that touch (x/escrow/keeper of the node) and never look at dollars.

Everything is told in flows: one lease takes so much from one payer. Whatever the grouping (providers, payers, tenants,
auditors), the flows add up to the same total.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from analytics.decimals import ONE, product, quotient
from analytics.impossible import Impossible

DAY_MICROSECONDS: Final = 86_400_000_000


class Settlement(StrEnum):
    """How the chain divides an account's money among its leases when somebody touches it."""

    # Before v1.0.0: as many blocks as all leases together can be paid for, then the rest weighted by rate.
    FULL_BLOCKS = "full blocks"
    # Since v1.2.0: lease by lease, rounded down to whole units of the denom, until the deposits are used up.
    WHOLE_UNITS = "whole units"


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is left of one deposit; `payer` is the depositor: the tenant, or the granter of its money."""

    payer: str
    denom: str
    amount: int


@dataclass(frozen=True, slots=True)
class Payment:
    """The stream of money of one lease: rate a block, and what the chain has settled so far.

    lease: owner/dseq/gseq/oseq/bseq/provider. auditors: whose signature the order demanded of a provider. trial: the
    order asked for providers that serve the console's trials.
    """

    lease: str
    denom: str
    rate: int
    settled: int
    open: bool
    auditors: tuple[str, ...] = ()
    trial: bool = False

    @property
    def provider(self) -> str:
        """Who earns."""
        return self.lease.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Account:
    """The escrow account of one deployment as the chain stores it; deposits and payments in the order it uses them.

    transferred: what it has paid in all, by denom, as the chain counts it. created_at: the block in which the
    deployment began. Ledgers of version 1.0.0 kept neither (empty, 0).
    """

    name: str
    open: bool
    settled_at: int
    deposits: tuple[Deposit, ...]
    payments: tuple[Payment, ...]
    settlement: Settlement = Settlement.WHOLE_UNITS
    transferred: tuple[tuple[str, int], ...] = ()
    created_at: int = 0

    @property
    def tenant(self) -> str:
        """Who owns the deployment; not always who pays."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Taking:
    """Money that one lease took from one payer."""

    lease: str
    payer: str
    denom: str
    amount: int
    auditors: tuple[str, ...] = ()
    trial: bool = False

    @property
    def provider(self) -> str:
        """Who earned it."""
        return self.lease.rpartition("/")[2]

    @property
    def tenant(self) -> str:
        """Who owns the lease."""
        return self.lease.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every escrow account that was seen at one block, by name."""

    height: int
    accounts: Mapping[str, Account]


def touched(account: Account, height: int) -> Account:
    """The account as the chain would store it if somebody touched it at this block."""
    if not account.open or height <= account.settled_at:
        return account
    blocks = height - account.settled_at
    running = [payment for payment in account.payments if payment.open]
    moved: dict[str, int] = {}
    for denom in dict.fromkeys(payment.denom for payment in running):
        funds = sum(deposit.amount for deposit in account.deposits if deposit.denom == denom)
        same = [payment for payment in running if payment.denom == denom]
        moved |= DIVISION[account.settlement](same, funds, blocks)
    deposits = account.deposits
    for payment in running:
        deposits = _spent(deposits, payment.denom, moved[payment.lease])
    payments = tuple(replace(one, settled=one.settled + moved.get(one.lease, 0)) for one in account.payments)
    return replace(account, settled_at=height, deposits=deposits, payments=payments)


def run_rate(ledger: Ledger, *, blocks: int, microseconds: int) -> Iterator[Taking]:
    """What each lease would take in one day if nothing changed: rate x blocks a day, from who pays the next block.

    `blocks` were made in `microseconds`: the measured speed of the chain. Leases whose account is empty are left out.
    """
    if blocks <= 0 or microseconds <= 0:
        raise Impossible(f"{blocks} blocks in {microseconds} microseconds give no block time")
    for account in ledger.accounts.values():
        now = touched(account, ledger.height)
        for payment in _running(now):
            payer = _next_payer(now, payment.denom)
            if payer:
                amount = payment.rate * blocks * DAY_MICROSECONDS // microseconds
                yield _flow(payment, payer, amount)


def unfunded(ledger: Ledger) -> Iterator[Payment]:
    """Leases that the chain still calls running, though nothing is left to pay them."""
    for account in ledger.accounts.values():
        now = touched(account, ledger.height)
        yield from (payment for payment in _running(now) if not _next_payer(now, payment.denom))


def accrued(before: Ledger, after: Ledger) -> Iterator[Taking]:
    """What each lease earned between two blocks, and who paid: settled by the chain or not.

    Every lease that ran at `before` must be in `after`, ended or not; raises Impossible naming the first that is not.
    A flow is negative where two leases that drain one account correct each other, and where the chain took what a lease
    had earned (see `deposited`).
    """
    return _between(before, after, touched)


def settled(before: Ledger, after: Ledger) -> Iterator[Taking]:
    """What the chain moved from deposits to leases between two blocks."""
    return _between(before, after, lambda account, _: account)


def deposited(before: Ledger, after: Ledger) -> Iterator[Deposit]:
    """What payers put into accounts between two blocks, less what came back, by account and payer.

    What is left of the deposits and what the account paid out, now less then. Negative where an account was closed and
    its rest returned.
    """
    _refuse_lost(before, after)
    for name, account in after.accounts.items():
        yield from _put_in(before.accounts.get(name), account, before.height)


def _put_in(old: Account | None, new: Account, since: int) -> Iterator[Deposit]:
    paid = dict.fromkeys(_left(new) | _left(old), 0)
    for denom, amount in _paid_out(old, new, since).items():
        for payer, part in _payers(old.deposits if old else (), denom, amount, _unseen_payer(old, new, denom)):
            paid[payer, denom] = paid.get((payer, denom), 0) + part
    for key, amount in _left(new).items():
        paid[key] += amount
    for key, amount in _left(old).items():
        paid[key] -= amount
    for (payer, denom), amount in paid.items():
        yield Deposit(payer, denom, amount)


def _paid_out(old: Account | None, new: Account, since: int) -> dict[str, int]:
    """What left the deposits of an account after block `since`, by denom.

    The chain's own count is more than what its leases got: where a second lease begins, what the first had earned since
    it was last settled is taken from the deposits and given to nobody (PaymentCreate in x/escrow saves the account
    alone). Where the count at the start is not known it is what the leases got.
    """
    paid: dict[str, int] = {}
    for flow in _taken(old, new):
        paid[flow.denom] = paid.get(flow.denom, 0) + flow.amount
    # What began in the very block of `since` had paid nothing by then.
    known = bool(old.transferred) if old else new.created_at >= since
    start = dict(old.transferred) if old else {}
    for denom, amount in new.transferred if known else ():
        paid[denom] = max(paid.get(denom, 0), amount - start.get(denom, 0))
    return paid


def account_of(lease: str) -> str:
    """Name of the escrow account (owner/dseq) that pays a lease."""
    owner, dseq, *_ = lease.split("/")
    return f"{owner}/{dseq}"


def whole_units(payments: list[Payment], funds: int, blocks: int) -> dict[str, int]:
    """Lease by lease, rounded down to whole units, until the funds are used up (node v1.2.0 and later)."""
    moved = {}
    for payment in payments:
        amount = min(payment.rate * blocks // ONE * ONE, funds)
        moved[payment.lease] = amount
        funds -= amount
    return moved


def full_blocks(payments: list[Payment], funds: int, blocks: int) -> dict[str, int]:
    """As many blocks as all leases can be paid for, then the rest weighted by rate (node before v1.0.0)."""
    block_rate = sum(payment.rate for payment in payments)
    paid_blocks = min(quotient(funds, block_rate) // ONE, blocks)
    moved = {payment.lease: payment.rate * paid_blocks for payment in payments}
    if paid_blocks < blocks:
        rest = funds - block_rate * paid_blocks
        for payment in payments:
            moved[payment.lease] += quotient(product(rest, payment.rate), block_rate)
    return moved


DIVISION: Final[Mapping[Settlement, Callable[[list[Payment], int, int], dict[str, int]]]] = {
    Settlement.FULL_BLOCKS: full_blocks,
    Settlement.WHOLE_UNITS: whole_units,
}


def _between(before: Ledger, after: Ledger, at: Callable[[Account, int], Account]) -> Iterator[Taking]:
    _refuse_lost(before, after)
    for name, account in after.accounts.items():
        earlier = before.accounts.get(name)
        old = at(earlier, before.height) if earlier else None
        yield from _taken(old, at(account, after.height))


def _refuse_lost(before: Ledger, after: Ledger) -> None:
    for name in before.accounts.keys() - after.accounts.keys():
        if any(_running(before.accounts[name])):
            raise Impossible(f"escrow account {name} was seen at {before.height} and not looked up at {after.height}")


def _taken(old: Account | None, new: Account) -> Iterator[Taking]:
    """Flows of one account; deposits are used up in their order, so the payers of a period are known."""
    known = {payment.lease: payment for payment in old.payments} if old else {}
    seen = {payment.lease for payment in new.payments}
    for earlier in known.values():
        if earlier.open and earlier.lease not in seen:
            raise Impossible(f"lease {earlier.lease} was running and was not looked up after it vanished")
    queue = old.deposits if old else ()
    for payment in new.payments:
        before = known.get(payment.lease)
        if before and before.denom != payment.denom:
            raise Impossible(f"lease {payment.lease} was paid in {before.denom} and is paid in {payment.denom}")
        amount = payment.settled - (before.settled if before else 0)
        for payer, part in _payers(queue, payment.denom, amount, _unseen_payer(old, new, payment.denom)):
            yield _flow(payment, payer, part)
        queue = _spent(queue, payment.denom, amount)


def _payers(queue: tuple[Deposit, ...], denom: str, amount: int, unseen: str) -> Iterator[tuple[str, int]]:
    """Who paid an amount: the deposits in their order, then `unseen` for what they could not have paid."""
    for deposit in queue:
        part = min(deposit.amount, amount) if deposit.denom == denom else 0
        if part > 0:
            yield deposit.payer, part
            amount -= part
    if amount:
        yield unseen, amount


def _unseen_payer(old: Account | None, new: Account, denom: str) -> str:
    """Who is taken to have paid from a deposit that came and went between two blocks."""
    later = [deposit.payer for deposit in new.deposits if deposit.denom == denom]
    sooner = [deposit.payer for deposit in old.deposits if deposit.denom == denom] if old else []
    return later[0] if later else sooner[-1] if sooner else new.tenant


def _spent(deposits: tuple[Deposit, ...], denom: str, amount: int) -> tuple[Deposit, ...]:
    """The deposits after `amount` was taken, the first one first; used-up ones are gone."""
    left = []
    for deposit in deposits:
        part = min(deposit.amount, amount) if deposit.denom == denom and amount > 0 else 0
        amount -= part
        if deposit.amount > part:
            left.append(replace(deposit, amount=deposit.amount - part))
    return tuple(left)


def _running(account: Account) -> Iterator[Payment]:
    return (payment for payment in account.payments if payment.open and account.open)


def _next_payer(account: Account, denom: str) -> str:
    """Whose deposit the next block takes; empty when nothing is left."""
    return next((one.payer for one in account.deposits if one.denom == denom and one.amount > 0), "")


def _left(account: Account | None) -> dict[tuple[str, str], int]:
    """What is left of the deposits of an account, by payer and denom."""
    found: dict[tuple[str, str], int] = {}
    for deposit in account.deposits if account else ():
        key = (deposit.payer, deposit.denom)
        found[key] = found.get(key, 0) + deposit.amount
    return found


def _flow(payment: Payment, payer: str, amount: int) -> Taking:
    return Taking(payment.lease, payer, payment.denom, amount, payment.auditors, payment.trial)


def populations(flows: Iterable[Taking], unsigned: str) -> dict[str, dict[str, int]]:
    """Flows of one denom by provider, payer, tenant and auditor; each adds up to the same total.

    So do auditors: an amount whose order demands several signatures is divided equally among those named, and one that
    demands none is nobody's, under the name `unsigned`.
    """
    found: dict[str, dict[str, int]] = {"providers": {}, "payers": {}, "tenants": {}, "auditors": {}}
    for flow in flows:
        for population, holder in (("providers", flow.provider), ("payers", flow.payer), ("tenants", flow.tenant)):
            found[population][holder] = found[population].get(holder, 0) + flow.amount
        demanded = flow.auditors or (unsigned,)
        for position, auditor in enumerate(demanded):
            part = (flow.amount + position) // len(demanded)
            found["auditors"][auditor] = found["auditors"].get(auditor, 0) + part
    return found


def surely_internal(flow: Taking, insiders: frozenset[str]) -> bool:
    """Money that is nobody's demand: a provider rents from itself, or a labelled insider (foundation, console) pays."""
    return flow.provider in (flow.payer, flow.tenant) or flow.payer in insiders


def perhaps_internal(flow: Taking, insiders: frozenset[str]) -> bool:
    """Also every lease whose order asks for trial providers: some are trials, some are paying users of the console."""
    return flow.trial or surely_internal(flow, insiders)


def external(
    flows: Iterable[Taking], rule: Callable[[Taking, frozenset[str]], bool], insiders: Iterable[str]
) -> list[Taking]:
    """Flows that outsiders pay, by one of the two rules above; `perhaps_internal` leaves the least."""
    known = frozenset(insiders)
    return [flow for flow in flows if not rule(flow, known)]
