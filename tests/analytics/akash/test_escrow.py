"""What compute costs: the escrow's arithmetic against a chain in miniature and against a recorded lease."""

import json
import random
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.akash import escrow as spend
from analytics.akash.escrow import Account, Deposit, Ledger, Payment, Settlement, Taking
from analytics.decimals import ONE
from analytics.impossible import Impossible
from tests.worlds.escrow_chain import Chain
from tests.worlds.examples import examples

UNSIGNED = "nobody"
PROVIDERS = [f"provider{number}" for number in range(7)]
PAYERS = ["granter1", "granter2"]


def units(number: Decimal) -> int:
    return int(number.scaleb(18))


def ledger(chain: Chain) -> Ledger:
    """The chain's state as the product sees it."""
    settlement = Settlement.FULL_BLOCKS if chain.legacy else Settlement.WHOLE_UNITS
    accounts = {
        name: Account(
            name,
            account.state == "open",
            account.settled_at,
            tuple(Deposit(payer, "uact", units(left)) for payer, left in account.deposits),
            tuple(
                Payment(lease, "uact", units(one.rate), units(one.withdrawn + one.balance), one.state == "open")
                for lease, one in sorted(account.leases.items())
            ),
            settlement,
            (("uact", units(account.transferred)),),
            account.created_at,
        )
        for name, account in chain.accounts.items()
    }
    return Ledger(chain.height, accounts)


def one_step(chain: Chain, dice: random.Random) -> None:
    """Something that happens on a market: blocks pass, deposits, leases, withdrawals, closures."""
    opened = [name for name, account in chain.accounts.items() if account.state == "open"]
    leases = [
        (name, lease) for name in opened for lease, one in chain.accounts[name].leases.items() if one.state == "open"
    ]
    chain.height += dice.choice([0, 1, 1, 7, 60, 4000])
    event = dice.choice(
        ["create", "create", "deposit", "lease", "lease", "lease", "withdraw", "end lease", "close", "touch"]
    )
    if event == "create" or not opened:
        name = f"tenant{dice.randrange(5)}/{len(chain.accounts)}"
        chain.create(name, dice.choice([*PAYERS, name.partition("/")[0]]), dice.randrange(1, 50_000))
    elif event == "deposit":
        name = dice.choice(opened)
        chain.deposit(name, dice.choice([PAYERS[0], name.partition("/")[0]]), dice.randrange(1, 50_000))
    elif event == "lease":
        name = dice.choice(opened)
        provider = dice.choice(PROVIDERS)
        rate = Decimal(dice.randrange(1, 9_000_000_000)).scaleb(-9)
        chain.lease(name, f"{name}/1/{len(chain.accounts[name].leases) + 1}/0/{provider}", provider, rate)
    elif event == "close":
        chain.close(dice.choice(opened))
    elif event == "touch":
        chain.touch(dice.choice(opened))
    elif leases:
        name, lease = dice.choice(leases)
        (chain.withdraw if event == "withdraw" else chain.close_lease)(name, lease)


def played(seed: int, steps: int, *, legacy: bool) -> tuple[Chain, list[Ledger]]:
    """A chain after so many steps, and what was seen after each."""
    dice, chain = random.Random(seed), Chain(legacy=legacy)
    seen = [ledger(chain)]
    for _ in range(steps):
        one_step(chain, dice)
        seen.append(ledger(chain))
    return chain, seen


def settle_all(chain: Chain) -> None:
    for name, account in chain.accounts.items():
        if account.state == "open":
            chain.touch(name)


def total(flows: list[Taking]) -> int:
    return sum(flow.amount for flow in flows)


def by(flows: list[Taking], name: str) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for flow in flows:
        found[getattr(flow, name)] += flow.amount
    return {key: amount for key, amount in found.items() if amount}


def test_the_recorded_legacy_lease_pays_rate_times_blocks_exactly(shared: Path) -> None:
    recorded = json.loads((shared / "cosmos/akash_2026/akash_lease_legacy_v1beta3_v1beta4.json").read_text())["body"]
    lease, payment = recorded["lease"], recorded["escrow_payment"]
    rate = units(Decimal(payment["rate"]["amount"]))
    kept = units(Decimal(payment["withdrawn"]["amount"])) + units(Decimal(payment["balance"]["amount"]))
    started, ended = int(lease["created_at"]), int(lease["closed_on"])
    running = Payment("owner/17158585/1/1/0/provider", "uakt", rate, 0, open=True)
    account = Account("owner/17158585", True, started, (Deposit("owner", "uakt", 5_000_000 * ONE),), (running,),
                      Settlement.FULL_BLOCKS)  # fmt: skip
    assert spend.touched(account, ended).payments[0].settled == kept == 7039_481664 * 10**12


def test_since_v1_2_a_touch_moves_whole_units_only() -> None:
    running = Payment("t/1/1/1/0/p", "uact", 305958 * 10**12, 0, open=True)
    account = Account("t/1", True, 100, (Deposit("t", "uact", 100 * ONE),), (running,))
    assert spend.touched(account, 110).payments[0].settled == 3 * ONE
    assert spend.touched(account, 110).deposits == (Deposit("t", "uact", 97 * ONE),)


def test_an_account_pays_no_more_than_it_has() -> None:
    running = Payment("t/1/1/1/0/p", "uact", 2 * ONE, 0, open=True)
    account = Account("t/1", True, 0, (Deposit("t", "uact", 3 * ONE), Deposit("g", "uact", 4 * ONE)), (running,))
    now = spend.touched(account, 1000)
    assert now.payments[0].settled == 7 * ONE
    assert now.deposits == ()


def test_an_account_never_pays_one_denom_out_of_another() -> None:
    running = Payment("t/1/1/1/0/p", "uact", ONE, 0, open=True)
    account = Account("t/1", True, 0, (Deposit("t", "uakt", 9 * ONE), Deposit("t", "uact", 4 * ONE)), (running,))
    now = spend.touched(account, 6)
    assert now.payments[0].settled == 4 * ONE
    assert now.deposits == (Deposit("t", "uakt", 9 * ONE),)


@pytest.mark.parametrize("legacy", [False, True])
@given(seed=st.integers(0, 2**32))
@examples(25)
def test_what_a_touch_would_move_is_what_the_chain_moves(legacy: bool, seed: int) -> None:
    chain, seen = played(seed, 30, legacy=legacy)
    settle_all(chain)
    moved = {one.lease: one.settled for account in ledger(chain).accounts.values() for one in account.payments}
    foreseen = {
        one.lease: one.settled
        for account in seen[-1].accounts.values()
        for one in spend.touched(account, seen[-1].height).payments
    }
    assert foreseen == moved


@pytest.mark.parametrize("legacy", [False, True])
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 60), max_size=8))
@examples(25)
def test_payers_paid_what_providers_earned_and_escrow_holds_over_any_split(
    legacy: bool, seed: int, cuts: list[int]
) -> None:
    chain, seen = played(seed, 60, legacy=legacy)
    settle_all(chain)
    seen.append(ledger(chain))
    stops = [seen[0], *(seen[cut] for cut in sorted(set(cuts))), seen[-1]]
    flows = [flow for before, after in pairwise(stops) for flow in spend.accrued(before, after)]
    withdrawn = {name: units(chain.bank[name]) for name in PROVIDERS}
    waiting: defaultdict[str, int] = defaultdict(int)
    for account in chain.accounts.values():
        for stream in account.leases.values():
            waiting[stream.provider] += units(stream.balance)
    # Providers: what their bank account got and what waits for them, to the last digit.
    assert by(flows, "provider") == {name: sum_ for name in PROVIDERS if (sum_ := withdrawn[name] + waiting[name])}
    # Payers: what left their bank account is earned, still in escrow, or lost by the chain.
    outlay = -sum(units(amount) for name, amount in chain.bank.items() if name not in {"escrow", *PROVIDERS})
    unspent = sum(one.amount for account in seen[-1].accounts.values() for one in account.deposits)
    assert outlay == total(flows) + unspent + units(chain.lost)
    kept = unspent + sum(waiting.values()) + units(chain.lost)
    assert units(chain.bank["escrow"]) == units(chain.in_escrow()) == kept
    # The same period in one piece.
    assert by(list(spend.accrued(seen[0], seen[-1])), "provider") == by(flows, "provider")


@pytest.mark.parametrize("legacy", [False, True])
@given(seed=st.integers(0, 2**32))
@examples(15)
def test_each_payer_is_charged_what_its_own_deposits_paid(legacy: bool, seed: int) -> None:
    chain, seen = played(seed, 50, legacy=legacy)
    settle_all(chain)
    seen.append(ledger(chain))
    charged = [flow for before, after in pairwise(seen) for flow in spend.settled(before, after)]
    assert by(charged, "payer") == {name: units(amount) for name, amount in chain.paid.items() if amount}


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 60), max_size=8))
@examples(25)
def test_deposits_of_any_split_add_up_to_what_left_the_payers(seed: int, cuts: list[int]) -> None:
    chain, seen = played(seed, 60, legacy=False)
    stops = [seen[0], *(seen[cut] for cut in sorted(set(cuts))), seen[-1]]
    put_in = sum(one.amount for before, after in pairwise(stops) for one in spend.deposited(before, after))
    assert put_in == -sum(units(amount) for name, amount in chain.bank.items() if name not in {"escrow", *PROVIDERS})


@pytest.mark.slow
def test_thousands_of_leases_balance_to_the_last_digit() -> None:
    dice, chain = random.Random(20261122), Chain(legacy=False)
    stops = [ledger(chain)]
    for step in range(2000):
        if step % 10 == 0:
            one_step(chain, dice)
        name = f"tenant{step % 40}/bulk{step}"
        chain.create(name, "granter1", 900_000)
        for number in range(2):
            provider = PROVIDERS[(step + number) % 7]
            chain.lease(name, f"{name}/{number}/1/0/{provider}", provider, Decimal(step + 1).scaleb(-7))
        if step % 700 == 699:
            stops.append(ledger(chain))
    assert sum(len(account.leases) for account in chain.accounts.values()) > 4000
    settle_all(chain)
    stops.append(ledger(chain))
    flows = [flow for before, after in pairwise(stops) for flow in spend.accrued(before, after)]
    outlay = -sum(units(amount) for name, amount in chain.bank.items() if name not in {"escrow", *PROVIDERS})
    unspent = sum(one.amount for account in stops[-1].accounts.values() for one in account.deposits)
    assert (
        outlay - unspent - units(chain.lost)
        == total(flows)
        == sum(spend.populations(flows, UNSIGNED)["payers"].values())
    )


def test_every_population_adds_up_to_the_same_total() -> None:
    _, seen = played(7, 80, legacy=False)
    sums = {
        name: sum(rows.values()) for name, rows in spend.populations(spend.accrued(seen[0], seen[-1]), UNSIGNED).items()
    }
    assert sums["providers"] == sums["payers"] == sums["tenants"] == sums["auditors"] > 0


def test_an_order_that_demands_several_signatures_divides_its_amount_among_them() -> None:
    demanding = Taking("t/1/1/1/0/p", "t", "uact", 11, auditors=("a", "b"))
    free = Taking("t/2/1/1/0/p", "t", "uact", 100)
    found = spend.populations([demanding, free], UNSIGNED)
    assert found["auditors"] == {"a": 5, "b": 6, UNSIGNED: 100}
    assert found["providers"] == {"p": 111}


def test_a_run_rate_is_the_rate_times_the_measured_blocks_of_a_day() -> None:
    running = Payment("t/1/1/1/0/p", "uact", 4_826603 * 10**12, 0, open=True, auditors=("a",))
    empty = Payment("u/1/1/1/0/p", "uact", ONE, 0, open=True)
    accounts = {
        "t/1": Account("t/1", True, 90, (Deposit("g", "uact", 10**6 * ONE),), (running,)),
        "u/1": Account("u/1", True, 90, (Deposit("u", "uact", 2 * ONE),), (empty,)),
    }
    now = Ledger(100, accounts)
    # 100 blocks in 591 s: 5.91 s a block, 14,619.28... blocks a day.
    (flow,) = spend.run_rate(now, blocks=100, microseconds=591_000_000)
    assert flow == Taking("t/1/1/1/0/p", "g", "uact", 4_826603 * 10**12 * 100 * 86_400 // 591, ("a",))
    assert [one.lease for one in spend.unfunded(now)] == ["u/1/1/1/0/p"]


def test_the_next_block_is_paid_by_whose_deposit_is_left() -> None:
    running = Payment("t/1/1/1/0/p", "uact", ONE, 0, open=True)
    account = Account("t/1", True, 0, (Deposit("t", "uact", 5 * ONE), Deposit("g", "uact", ONE)), (running,))
    payers = [
        [flow.payer for flow in spend.run_rate(Ledger(height, {"t/1": account}), blocks=1, microseconds=6_000_000)]
        for height in (4, 5, 6)
    ]
    assert payers == [["t"], ["g"], []]


def test_a_deposit_that_came_and_went_unseen_is_charged_to_the_nearest_payer_that_was_seen() -> None:
    def account(settled: int, *payers: str) -> Account:
        running = Payment("t/1/1/1/0/p", "uact", ONE, settled * ONE, open=True)
        return Account("t/1", True, 0, tuple(Deposit(payer, "uact", ONE) for payer in payers), (running,))

    def charged(before: Account, after: Account) -> list[tuple[str, int]]:
        flows = spend.settled(Ledger(0, {"t/1": before}), Ledger(0, {"t/1": after}))
        return [(flow.payer, flow.amount // ONE) for flow in flows]

    assert charged(account(0, "first"), account(5, "later", "last")) == [("first", 1), ("later", 4)]
    assert charged(account(0, "first", "second"), account(5)) == [("first", 1), ("second", 1), ("second", 3)]
    assert charged(account(0), account(5)) == [("t", 5)]


def test_closed_and_overdrawn_accounts_earn_nothing_more() -> None:
    running = Payment("t/1/1/1/0/p", "uact", ONE, 5 * ONE, open=True)
    closed = Account("t/1", False, 10, (Deposit("t", "uact", 5 * ONE),), (running,))
    assert spend.touched(closed, 1000) is closed
    assert list(spend.run_rate(Ledger(1000, {"t/1": closed}), blocks=1, microseconds=1)) == []


def test_what_vanished_without_a_look_up_is_an_error() -> None:
    running = Payment("t/1/1/1/0/p", "uact", ONE, 0, open=True)
    account = Account("t/1", True, 0, (Deposit("t", "uact", 9 * ONE),), (running,))
    with pytest.raises(Impossible, match="t/1 was seen at 5 and not looked up at 9"):
        list(spend.accrued(Ledger(5, {"t/1": account}), Ledger(9, {})))
    without = Account("t/1", True, 0, (), ())
    with pytest.raises(Impossible, match="t/1/1/1/0/p was running"):
        list(spend.accrued(Ledger(5, {"t/1": account}), Ledger(9, {"t/1": without})))


def test_what_had_ended_before_need_not_be_looked_up_again() -> None:
    ended = Payment("t/1/1/1/0/p", "uact", ONE, 5 * ONE, open=False)
    closed = Account("t/1", False, 0, (), (ended,))
    assert list(spend.accrued(Ledger(5, {"t/1": closed}), Ledger(9, {}))) == []
    reopened = Account("t/1", True, 9, (), ())
    assert list(spend.accrued(Ledger(5, {"t/1": closed}), Ledger(9, {"t/1": reopened}))) == []


def test_a_lease_that_changes_its_denom_is_an_error() -> None:
    before = Account("t/1", True, 0, (), (Payment("t/1/1/1/0/p", "uakt", ONE, 0, open=True),))
    after = Account("t/1", True, 0, (), (Payment("t/1/1/1/0/p", "uact", ONE, 0, open=True),))
    with pytest.raises(Impossible, match="was paid in uakt and is paid in uact"):
        list(spend.accrued(Ledger(1, {"t/1": before}), Ledger(2, {"t/1": after})))


def test_blocks_that_take_no_time_are_an_error() -> None:
    with pytest.raises(Impossible, match="give no block time"):
        list(spend.run_rate(Ledger(1, {}), blocks=5, microseconds=0))


def test_external_spend_is_a_range_whose_rules_differ_on_trials_only() -> None:
    flows = [
        Taking("t/1/1/1/0/p", "t", "uact", 1),
        Taking("p/1/1/1/0/p", "p", "uact", 10),
        Taking("t/2/1/1/0/p", "foundation", "uact", 100),
        Taking("t/3/1/1/0/p", "console", "uact", 1000, trial=True),
        Taking("t/4/1/1/0/p", "p", "uact", 10_000),
    ]
    assert total(spend.external(flows, spend.surely_internal, ["foundation"])) == 1001
    assert total(spend.external(flows, spend.perhaps_internal, ["foundation"])) == 1
