"""A chain in miniature: the escrow keeper of the Akash node, written down again with decimals, for comparison.

Nothing here is shared with the product. Bank balances are kept, so that what people paid and got can be counted
independently of what the escrow's own state says.
"""

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext

WIDE = Context(prec=120)
DIGITS = Decimal(1).scaleb(-18)
ZERO = Decimal(0)


def rounded(number: Decimal) -> Decimal:
    return number.quantize(DIGITS, ROUND_HALF_EVEN, WIDE)


def whole(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1), ROUND_DOWN, WIDE)


@dataclass
class LeaseState:
    provider: str
    rate: Decimal
    state: str = "open"
    balance: Decimal = ZERO
    withdrawn: Decimal = ZERO
    unsettled: Decimal = ZERO


@dataclass
class AccountState:
    owner: str
    settled_at: int
    state: str = "open"
    deposits: list[list] = field(default_factory=list)  # type: ignore[type-arg]  # [payer, what is left]
    leases: dict[str, LeaseState] = field(default_factory=dict)
    created_at: int = 0
    transferred: Decimal = ZERO


class Chain:
    """Accounts, leases and a bank; `legacy` settles in full blocks (before v1.0.0), else in whole units."""

    def __init__(self, *, legacy: bool) -> None:
        self.legacy = legacy
        self.height = 1
        self.accounts: dict[str, AccountState] = {}
        self.bank: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.paid: defaultdict[str, Decimal] = defaultdict(Decimal)
        # Taken from deposits and given to nobody.
        self.lost = ZERO

    def create(self, name: str, payer: str, amount: int) -> None:
        self.accounts[name] = AccountState(name.partition("/")[0], self.height, created_at=self.height)
        self.deposit(name, payer, amount)

    def deposit(self, name: str, payer: str, amount: int) -> None:
        account = self.accounts[name]
        granters = {entry[0] for entry in account.deposits} - {account.owner}
        if self.legacy and payer != account.owner and not granters <= {payer}:
            return  # an account had one granter at most
        self.bank[payer] -= amount
        self.bank["escrow"] += amount
        if self.legacy:
            for entry in account.deposits:
                if entry[0] == payer:
                    entry[1] += Decimal(amount)
                    return
            # What a granter gave is used before the owner's own balance.
            position = len(account.deposits) if payer == account.owner else 0
            account.deposits.insert(position, [payer, Decimal(amount)])
        else:
            account.deposits.append([payer, Decimal(amount)])

    def lease(self, name: str, lease: str, provider: str, rate: Decimal) -> None:
        """Settles, but since v1.0.0 saves the account alone: what the others had earned is gone (PaymentCreate)."""
        before, paid, bank = deepcopy((self.accounts[name], self.paid, self.bank))
        if self.touch(name):
            if not self.legacy:  # the transaction fails, and leaves nothing behind
                self.accounts[name], self.paid, self.bank = before, paid, bank
            return
        if not self.legacy:
            self.lost += self._waiting(self.accounts[name]) - self._waiting(before)
            self.accounts[name].leases, self.paid = before.leases, paid
        self.accounts[name].leases[lease] = LeaseState(provider, rate)

    def _waiting(self, account: AccountState) -> Decimal:
        with localcontext(WIDE):
            return sum((one.balance for one in account.leases.values()), ZERO)

    def withdraw(self, name: str, lease: str) -> None:
        if not self.touch(name):
            self._withdraw(self.accounts[name].leases[lease])

    def close_lease(self, name: str, lease: str) -> None:
        if not self.touch(name):
            stream = self.accounts[name].leases[lease]
            stream.state = "closed"
            self._withdraw(stream)

    def close(self, name: str) -> None:
        account = self.accounts[name]
        if not self.touch(name):
            account.state = "closed"
            for stream in account.leases.values():
                if stream.state == "open":
                    stream.state = "closed"
                    self._withdraw(stream)
            self._refund(account)

    def touch(self, name: str) -> bool:
        """Moves what is due; true when the account is overdrawn."""
        account = self.accounts[name]
        blocks, account.settled_at = self.height - account.settled_at, self.height
        running = [(key, one) for key, one in sorted(account.leases.items()) if one.state == "open"]
        if not blocks or not running:
            return False
        settle = self._settle_full_blocks if self.legacy else self._settle_whole_units
        if not settle(account, [one for _, one in running], blocks):
            return False
        account.state = "overdrawn"
        for _, stream in running:
            stream.state = "overdrawn"
            self._withdraw(stream)
        if not self.legacy:
            self._refund(account)
        return True

    def in_escrow(self) -> Decimal:
        """What the accounts and leases say is still there; the module's bank balance has to agree."""
        with localcontext(WIDE):
            kept = (left for account in self.accounts.values() for _, left in account.deposits)
            waiting = (stream.balance for account in self.accounts.values() for stream in account.leases.values())
            return sum(kept, ZERO) + sum(waiting, ZERO) + self.lost

    def _settle_whole_units(self, account: AccountState, running: list[LeaseState], blocks: int) -> bool:
        short = False
        for stream in running:
            due = (stream.rate * blocks).quantize(Decimal(1), ROUND_FLOOR, WIDE)
            got = self._take(account, due)
            stream.balance += got
            if got < due:
                stream.unsettled, short = stream.unsettled + due - got, True
        return short

    def _settle_full_blocks(self, account: AccountState, running: list[LeaseState], blocks: int) -> bool:
        with localcontext(WIDE):
            block_rate = sum((stream.rate for stream in running), ZERO)
            total = sum((left for _, left in account.deposits), ZERO)
            full = min(int(whole(rounded(total / block_rate))), blocks)
            for stream in running:
                stream.balance += self._take(account, stream.rate * full)
            if full == blocks:
                return False
            rest = total - block_rate * full
            for stream in running:
                stream.balance += self._take(account, rounded(rounded(rest * stream.rate) / block_rate))
            return True

    def _take(self, account: AccountState, due: Decimal) -> Decimal:
        got = ZERO
        with localcontext(WIDE):
            for entry in account.deposits:
                part = min(entry[1], due - got)
                entry[1] -= part
                got += part
                self.paid[entry[0]] += part
            account.transferred += got
        account.deposits = [entry for entry in account.deposits if entry[1]]
        return got

    def _withdraw(self, stream: LeaseState) -> None:
        amount = whole(stream.balance)
        stream.balance -= amount
        stream.withdrawn += amount
        self.bank["escrow"] -= amount
        self.bank[stream.provider] += amount

    def _refund(self, account: AccountState) -> None:
        for entry in account.deposits:
            amount = whole(entry[1])
            entry[1] -= amount
            self.bank["escrow"] -= amount
            self.bank[entry[0]] += amount
        account.deposits = [entry for entry in account.deposits if entry[1]]
