"""Who is paid, who pays and who opens the gate on Akash: read from a node's whole market at one block."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from analytics.akash.escrow import Account, Deposit, Ledger, Payment
from ingest.akash import bme, supply
from ingest.akash.compute import (
    UNSIGNED,
    accrued,
    deposited,
    external_least,
    external_most,
    lease_totals,
    run_rate,
    settled,
    speed,
)
from ingest.akash.escrow import market
from ingest.akash.ledger import lease_ledger, ledger_of, ledger_rows
from ingest.cosmos.lcd import NotFound, NotServed
from ingest.networks import networks
from ingest.networks.akash import DENOMS
from store.faults import BadData, SourceDown
from store.impossible import check
from store.rows import Block, Facts, Kind
from tests.ingest.cosmos.test_lcd import pinned
from tests.worlds.akash_market import USDC, Rented, Served, node, provider, tenant
from tests.worlds.lcd import ONE, account
from tests.worlds.servers import Reply, Request

pytestmark = pytest.mark.wide

CONSOLE, AUDITOR, OTHER = account(7), account(8), account(9)
MILLI = ONE // 1000
# Blocks of six seconds: 14,400 a day.
DAY = 14_400


def big_market() -> list[Rented]:
    """1,000 leases of 100 providers: in each denom provider p has (p + 1)/5050 of the spend.

    Of every provider's 10 leases 8 are paid in uact, one in uakt, one in USDC. Of those in uact the console pays every
    other one, 6 of 8 demand the auditor's signature, 2 of 8 ask for trial providers, one is being reclaimed.
    """
    leases = []
    for number in range(1000):
        place, turn = number % 100, number // 100
        denom = "uact" if turn < 8 else "uakt" if turn < 9 else USDC
        payer = CONSOLE if turn % 2 else ""
        signed = (AUDITOR,) if turn < 6 else ()
        state = "reclaiming" if turn == 7 else "active"
        leases.append(
            Rented(
                number + 1,
                tenant(number % 250),
                provider(place),
                denom,
                (place + 1) * MILLI,
                state,
                payer,
                signed_by=signed,
                trial=turn < 2,
            )
        )
    return leases


# Leases of the past, which a list without a state would add.
PAST = [Rented(9_000_000 + number, tenant(number), provider(0), "uact", 10**6 * ONE, "closed") for number in range(500)]
BIG = Served([*PAST, *big_market()])
SMALL = Served(big_market()[:100])


def shares(facts: Facts, population: str) -> dict[str, Fraction]:
    rows = facts.rows.filter(pl.col("population") == population)
    amounts = {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}
    total = sum(amounts.values())
    return {holder: Fraction(amount, total) for holder, amount in amounts.items()}


def amounts(facts: Facts, population: str) -> dict[str, int]:
    rows = facts.rows.filter(pl.col("population") == population)
    return {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}


def values(facts: Facts, subject: str = "") -> dict[str, float | None]:
    rows = facts.rows.filter(pl.col("subject") == subject)
    return dict(rows.select("name", "value").iter_rows())


@pytest.mark.slow
def test_a_node_that_ignores_the_filter_adds_no_lease_of_the_past() -> None:
    served = Served([*PAST[:50], *big_market()[:100]])

    def ignoring(request: Request) -> Reply:
        params = {name: value for name, value in request.params.items() if name != "filters.state"}
        return node(served)(replace(request, params=params))

    with pinned(node(served)) as honest, pinned(ignoring) as careless:
        assert market(careless).ledger.accounts == market(honest).ledger.accounts


@pytest.mark.parametrize("rows_a_page", [7, 99, 100])
def test_100_leases_are_read_completely_at_every_page_size(monkeypatch: pytest.MonkeyPatch, rows_a_page: int) -> None:
    monkeypatch.setattr("ingest.cosmos.lcd.ROWS_A_PAGE", rows_a_page)
    with pinned(node(SMALL)) as chain:
        facts = run_rate("uact")(chain)
    assert amounts(facts, "providers") == {provider(place): (place + 1) * MILLI * DAY for place in range(100)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows_a_page", "most"), [(200, 10**9), (1000, 10**9), (200, 60), (100, 10**9), (7, 10**9), (999, 63)]
)
def test_1000_leases_are_read_completely_at_every_page_size(
    monkeypatch: pytest.MonkeyPatch, rows_a_page: int, most: int
) -> None:
    monkeypatch.setattr("ingest.cosmos.lcd.ROWS_A_PAGE", rows_a_page)
    with pinned(node(replace(BIG, most=most))) as chain:
        assert sum(1 for _ in market(chain).leases()) == 1000
        facts = {name: run_rate(denom)(chain) for name, denom in DENOMS.items()}
    for name, leases in (("uact", 8), ("uakt", 1), ("uusdc", 1)):
        check(facts[name], Kind.HOLDINGS)
        assert amounts(facts[name], "providers") == {
            provider(place): leases * (place + 1) * MILLI * DAY for place in range(100)
        }
    uact = facts["uact"]
    assert shares(uact, "providers")[provider(99)] == Fraction(100, 5050)
    assert shares(uact, "payers")[CONSOLE] == Fraction(1, 2)
    assert len(shares(uact, "tenants")) == 250
    assert amounts(uact, "auditors") == {AUDITOR: 6 * 5050 * MILLI * DAY, UNSIGNED: 2 * 5050 * MILLI * DAY}
    assert sum(amounts(uact, "payers").values()) == sum(amounts(uact, "tenants").values()) == 8 * 5050 * MILLI * DAY


@pytest.mark.parametrize(
    ("version", "nested", "reclaims"), [("v2beta1", True, True), ("v1beta5", True, False), ("v1beta4", False, False)]
)
def test_every_version_of_the_market_tells_the_same_spend(version: str, nested: bool, reclaims: bool) -> None:
    leases = [one for one in big_market() if one.dseq <= 200]
    served = Served(leases, version=version, nested=nested, reclaims=reclaims)
    with pinned(node(served)) as chain:
        facts = run_rate("uact")(chain)
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "providers") == {provider(place): 2 * (place + 1) * MILLI * DAY for place in range(100)}
    assert shares(facts, "payers")[CONSOLE] == Fraction(1, 2)


def test_a_market_version_that_nobody_knows_is_a_change_of_the_source() -> None:
    served = Served(big_market()[:5])
    gone = {f"/akash/market/v1beta5/leases/{name}": lambda _: Reply({"code": 12, "message": "", "details": []}, 501)
            for name in ("list", "info")}  # fmt: skip
    with pinned(node(replace(served, bodies=gone))) as chain, pytest.raises(NotServed, match="serves none of"):
        run_rate("uact")(chain)


def test_a_lease_without_a_payment_is_an_error_and_not_less_spend() -> None:
    with (
        pinned(node(replace(SMALL, broken=frozenset({77})))) as chain,
        pytest.raises(SourceDown, match="fetching escrow payment"),
    ):
        run_rate("uact")(chain)


def test_a_node_that_refuses_the_list_of_active_leases_is_an_error() -> None:
    def refusing(request: Request) -> Reply:
        asked = (request.path.rpartition("/akash/market")[1], request.params.get("filters.state"))
        if asked == ("/akash/market", "active") and request.params.get("pagination.limit") != "1":
            return Reply({"code": 3, "message": "invalid state value", "details": []}, 400)
        return node(SMALL)(request)

    with pinned(refusing) as chain, pytest.raises(NotFound, match="invalid state value"):
        run_rate("uact")(chain)


@pytest.mark.slow
def test_a_deployment_that_is_not_listed_is_looked_up() -> None:
    with pinned(node(replace(SMALL, unlisted=frozenset({1})))) as chain:
        assert len(amounts(run_rate("uact")(chain), "providers")) == 100


def test_reclaiming_leases_still_pay() -> None:
    leases = [
        Rented(1, tenant(1), provider(1), "uact", ONE),
        Rented(2, tenant(1), provider(2), "uact", ONE, "reclaiming"),
    ]
    with pinned(node(Served(leases))) as chain:
        assert amounts(run_rate("uact")(chain), "providers") == {provider(1): DAY * ONE, provider(2): DAY * ONE}


def gated(name: str, facts: Facts) -> Facts:
    akash = networks()["akash"]
    akash.check(next(one for one in akash.readings if one.name == name), facts)
    return facts


@pytest.mark.parametrize("junk", ["overclock", "", " ", AUDITOR + "\n", AUDITOR[:-1], AUDITOR.upper(), "\x00"])
def test_a_text_that_is_no_address_demands_nobodys_signature(junk: str) -> None:
    leases = [replace(STAYS, signed_by=(junk, AUDITOR)), replace(STAYS, dseq=2, signed_by=(junk,))]
    with pinned(node(Served(leases))) as chain:
        facts = gated("leases_uact", run_rate("uact")(chain))
    assert amounts(facts, "auditors") == {AUDITOR: 2 * ONE * DAY, UNSIGNED: 2 * ONE * DAY}
    assert amounts(facts, "tenants") == {tenant(1): 4 * ONE * DAY}


def test_a_ledger_that_kept_such_a_text_is_still_read() -> None:
    with pinned(node(Served([STAYS]))) as chain:
        told = lease_ledger(chain, [])
    kept = told.rows.with_columns(pl.col("exact").str.replace(AUDITOR, "overclock", literal=True))
    assert not kept.equals(told.rows)
    assert [one.auditors for account in ledger_of(kept).accounts.values() for one in account.payments] == [()]


def test_addresses_that_came_in_capitals_are_the_same_parties() -> None:
    loud = replace(STAYS, tenant=STAYS.tenant.upper(), provider=STAYS.provider.upper(), payer=CONSOLE.upper())
    with pinned(node(Served([STAYS]))) as plain, pinned(node(Served([loud]))) as chain:
        assert gated("leases_uact", run_rate("uact")(chain)).rows.equals(run_rate("uact")(plain).rows)


def test_nobody_paying_in_a_denom_is_a_fact() -> None:
    with pinned(node(Served([Rented(1, tenant(1), provider(1), "uact", ONE)]))) as chain:
        facts = run_rate(DENOMS["uusdc"])(chain)
    check(facts, Kind.HOLDINGS)
    assert facts.rows.is_empty()


@pytest.mark.slow
def test_a_days_rate_is_told_for_the_day_before_the_block() -> None:
    with pinned(node(SMALL)) as chain:
        assert run_rate("uact")(chain).since == chain.block.time - timedelta(days=1)


def test_block_time_is_measured_not_assumed() -> None:
    with pinned(node(replace(SMALL, seconds=5.91))) as chain:
        measured = speed(chain)
    assert measured["microseconds"] / measured["blocks"] == pytest.approx(5.91e6, rel=1e-9)


def test_a_node_that_keeps_few_blocks_is_measured_over_those() -> None:
    def pruned(request: Request) -> Reply:
        height = request.path.rsplit("/", 1)[1]
        if "/blocks/" in request.path and int(height) < 800:
            return Reply({"code": 3, "message": "height is not available", "details": []}, 400)
        return node(SMALL)(request)

    with pinned(pruned) as chain:
        assert speed(chain) == {"blocks": 100, "microseconds": 600_000_000}


def test_the_market_in_numbers_counts_what_no_reading_knows() -> None:
    leases = [
        Rented(1, tenant(1), provider(1), "uact", ONE, price=7 * ONE),
        Rented(2, tenant(1), provider(1), "uact", ONE, funds=98 * ONE),
        Rented(3, tenant(1), provider(1), "ibc/NEW", 2 * ONE),
    ]
    with pinned(node(Served(leases))) as chain:
        facts = lease_totals(chain)
    check(facts, Kind.OBSERVATIONS)
    assert values(facts) == {"block_seconds": 6.0, "leases_unfunded": 1.0, "leases_odd_price": 1.0}
    assert values(facts, "uact") == {"leases_running": 1.0, "run_rate": float(DAY * ONE)}
    assert values(facts, "ibc/NEW") == {"leases_running": 1.0, "run_rate": float(2 * DAY * ONE)}


# --- a period: the ledger of one block and of a later one -----------------------------------------------------------

# Pinned two blocks below the head; accounts were settled at block 900.
FIRST, THEN, LATER = 1000, 1300, 1600
# A period is the difference of ledgers that were landed; nothing is asked of the node.
NO_NODE: Any = None
STAYS = Rented(1, tenant(1), provider(1), "uact", 2 * ONE, payer=CONSOLE, signed_by=(AUDITOR,), trial=True)
ENDS = Rented(2, tenant(2), provider(2), "uact", 3 * ONE, settled=40 * ONE, signed_by=(OTHER,), trial=True, bseq=1)
BEGINS = Rented(3, tenant(3), provider(3), "uact", ONE, settled=7 * ONE)
OWN = Rented(4, provider(4), provider(4), "uact", ONE)
IN_AKT = Rented(5, tenant(5), provider(5), "uakt", ONE)


def ledger_at(head: int, leases: Sequence[Rented], earlier: Sequence[pl.DataFrame] = ()) -> pl.DataFrame:
    # A tenth of a second a block, so that all heads are young enough.
    time = datetime.now(UTC) - timedelta(seconds=(LATER - head) / 10)
    with pinned(node(Served(leases, seconds=0.1, time=time.replace(microsecond=0)), head)) as chain:
        facts = lease_ledger(chain, earlier)
    check(facts, Kind.OBSERVATIONS)
    return facts.rows


def before() -> pl.DataFrame:
    return ledger_at(FIRST, [STAYS, ENDS, OWN, IN_AKT])


def after() -> list[Rented]:
    return [STAYS, replace(ENDS, state="closed", settled=3 * 150 * ONE + 40 * ONE), BEGINS, OWN, IN_AKT]


def run_after(*earlier: pl.DataFrame) -> list[pl.DataFrame]:
    """Those ledgers and that of the later block."""
    return [*earlier, ledger_at(LATER, after(), earlier)]


def test_a_ledger_comes_back_as_it_was() -> None:
    with pinned(node(Served([STAYS, ENDS, IN_AKT]))) as chain:
        assert ledger_of(lease_ledger(chain, []).rows) == market(chain).ledger


def test_accrual_counts_what_was_settled_what_was_not_and_what_ended() -> None:
    start = before()
    facts = accrued("uact")(NO_NODE, run_after(start))
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "providers") == {
        provider(1): 2 * 600 * ONE,  # 600 blocks at 2
        provider(2): 3 * (150 - 98) * ONE,  # ended after 150 blocks, 98 of them before the period
        provider(3): 7 * ONE + (1598 - 900) * ONE,  # began in the period
        provider(4): 600 * ONE,
    }
    assert amounts(facts, "payers")[CONSOLE] == 1200 * ONE
    # What the order of the ended lease demanded is remembered.
    signed = {AUDITOR: 1200 * ONE, OTHER: 3 * 52 * ONE}
    rest = sum(amounts(facts, "providers").values()) - sum(signed.values())
    assert amounts(facts, "auditors") == {**signed, UNSIGNED: rest}
    assert facts.since == start["time"][0]


@pytest.mark.slow
def test_a_period_is_the_sum_of_its_ledgers() -> None:
    start = before()
    middle = ledger_at(THEN, [STAYS, ENDS, OWN, IN_AKT, BEGINS], [start])
    whole = accrued("uact")(NO_NODE, run_after(start))
    parts = accrued("uact")(NO_NODE, run_after(start, middle))
    assert amounts(parts, "providers") == amounts(whole, "providers")
    assert parts.since == whole.since == start["time"][0] < middle["time"][0]


def test_a_lease_that_ended_between_two_ledgers_is_remembered_in_the_later_one() -> None:
    start = before()
    middle = ledger_at(THEN, [STAYS, replace(ENDS, state="closed", settled=490 * ONE), OWN, IN_AKT], [start])
    facts = accrued("uact")(NO_NODE, run_after(start, middle))
    assert amounts(facts, "providers")[provider(2)] == 3 * (150 - 98) * ONE


@pytest.mark.slow
def test_what_has_ended_is_looked_up_once() -> None:
    start = before()
    middle = ledger_at(THEN, after(), [start])
    asked = []

    def watch(request: Request) -> Reply:
        asked.append(request.path)
        return node(Served(after()), LATER)(request)

    with pinned(watch) as chain:
        last = lease_ledger(chain, [middle]).rows
    facts = accrued("uact")(NO_NODE, [start, middle, last])
    assert amounts(facts, "providers")[provider(2)] == 3 * (150 - 98) * ONE
    assert not [path for path in asked if path.endswith("/info")]


def test_settled_spend_lags_what_was_earned() -> None:
    facts = settled("uact")(NO_NODE, run_after(before()))
    assert amounts(facts, "providers") == {provider(2): 450 * ONE, provider(3): 7 * ONE}


def test_deposits_are_told_by_payer_less_what_came_back() -> None:
    more = [replace(STAYS, funds=STAYS.funds + 50 * ONE), *after()[1:]]
    start = before()
    facts = deposited("uact")(NO_NODE, [start, ledger_at(LATER, more, [start])])
    check(facts, Kind.HOLDINGS)
    # The account that ended gave 450 of its deposit and returned the rest: its payer is left out.
    assert amounts(facts, "payers") == {CONSOLE: 50 * ONE, tenant(3): BEGINS.funds + 7 * ONE}


def test_external_spend_is_a_range_between_two_stated_rules() -> None:
    ledgers = run_after(before())
    least, most = external_least("uact")(NO_NODE, ledgers), external_most("uact")(NO_NODE, ledgers)
    assert provider(4) not in amounts(most, "providers")
    assert set(amounts(most, "providers")) - set(amounts(least, "providers")) == {provider(1), provider(2)}


def losing() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Ledgers around a second lease of an account, which takes all that the first had earned: 105 blocks at one.

    Meanwhile 200 more are put in.
    """
    first = Payment(f"{tenant(1)}/1/1/1/0/{provider(1)}", "uact", ONE, 0, open=True)
    second = replace(first, lease=f"{tenant(1)}/1/2/1/0/{provider(2)}")
    start = Account(
        f"{tenant(1)}/1", True, 0, (Deposit(tenant(1), "uact", 1000 * ONE),), (first,), transferred=(("uact", 0),)
    )
    end = replace(
        start,
        settled_at=105,
        deposits=(Deposit(tenant(1), "uact", 1095 * ONE),),
        payments=(first, second),
        transferred=(("uact", 105 * ONE),),
    )
    ledgers = ((100, start, datetime(2026, 11, 29, 8, tzinfo=UTC)), (110, end, datetime(2026, 11, 29, 9, tzinfo=UTC)))
    before, after = (
        ledger_rows(Ledger(height, {one.name: one}), Block(height, "", time)) for height, one, time in ledgers
    )
    return before, after


def test_a_provider_that_lost_more_than_it_earned_fails_no_reading() -> None:
    facts = accrued("uact")(NO_NODE, losing())
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "providers") == {provider(2): 5 * ONE}


def test_what_the_chain_lost_was_put_in_by_the_payer() -> None:
    before, after = losing()
    facts = deposited("uact")(NO_NODE, [before, after])
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "payers") == {tenant(1): 200 * ONE}
    put_in = deposited("uact")(NO_NODE, [before.filter(pl.col("name") == "ledger_height"), after])
    # An account of unknown age: what its leases got, and what is left.
    assert amounts(put_in, "payers") == {tenant(1): 1095 * ONE}


def test_a_ledger_of_version_1_0_0_is_still_read() -> None:
    before, after = losing()
    texts = [json.loads(text) for text in before["exact"] if text.startswith("{")]
    old = json.dumps({name: kept for name, kept in texts[0].items() if name not in ("transferred", "created_at")})
    stored = before.with_columns(exact=pl.when(pl.col("name") == "escrow_account").then(pl.lit(old)).otherwise("exact"))
    (account,) = ledger_of(stored).accounts.values()
    assert (account.transferred, account.created_at) == ((), 0)
    assert amounts(deposited("uact")(NO_NODE, [stored, after]), "payers") == {tenant(1): 95 * ONE}


def test_the_first_run_has_no_period_yet() -> None:
    start = before()
    facts = accrued("uact")(NO_NODE, [start])
    check(facts, Kind.HOLDINGS)
    assert facts.rows.is_empty()
    assert facts.since == start["time"][0]


def test_a_ledger_that_is_none_is_refused() -> None:
    with pytest.raises(BadData, match="one height, not 0"):
        ledger_of(before().filter(pl.col("name") != "ledger_height"))


# --- providers --------------------------------------------------------------------------------------------------------

RENTED_GPUS = [
    Rented(1, tenant(1), provider(1), "uact", ONE, gpus={"nvidia/h100": 4}),
    Rented(2, tenant(1), provider(1), "uact", ONE, gpus={"nvidia/h100": 1}),
    Rented(3, tenant(1), provider(2), "uakt", ONE, "reclaiming"),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cpu", {provider(1): 2000, provider(2): 1000}),
        ("memory", {provider(1): 4 * 2**30, provider(2): 2 * 2**30}),
        ("storage", {provider(1): 8 * 2**30, provider(2): 4 * 2**30}),
        ("gpu", {provider(1): 10}),
    ],
)
def test_leased_resources_are_those_of_running_leases(name: str, expected: dict[str, int]) -> None:
    with pinned(node(Served(RENTED_GPUS))) as chain:
        facts = supply.resource(name)(chain)
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "providers") == expected


def test_leased_gpus_are_told_by_model() -> None:
    with pinned(node(Served(RENTED_GPUS))) as chain:
        facts = supply.gpu_models(chain)
    assert values(facts, provider(1)) == {"leased_gpu:nvidia/h100": 10.0}


def test_gpus_of_no_model_are_told_as_any() -> None:
    with pinned(node(Served([Rented(1, tenant(1), provider(1), "uact", ONE, gpus={"": 1})]))) as chain:
        assert values(supply.gpu_models(chain), provider(1)) == {"leased_gpu:any/any": 2.0}


def provider_row(number: int, **attributes: str) -> dict[str, object]:
    return {
        "owner": provider(number),
        "host_uri": f"https://provider.farm{number}.example:8443",
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
        "info": {"email": "someone@example.org", "website": ""},
    }


def test_providers_speak_for_themselves_and_their_mail_is_not_kept() -> None:
    rows = [provider_row(1, organization="=cmd()", host="akash"), provider_row(2)]
    bodies = {"/akash/provider/v1beta4/providers": {"providers": rows, "pagination": {"next_key": None, "total": "2"}}}
    with pinned(node(Served([], bodies=bodies))) as chain:
        facts = supply.provider_text(chain)
    check(facts, Kind.OBSERVATIONS)
    assert facts.rows.select("name", "subject", "exact").rows() == [
        ("host_uri", provider(1), "https://provider.farm1.example:8443"),
        ("organization", provider(1), "=cmd()"),
        ("host_uri", provider(2), "https://provider.farm2.example:8443"),
    ]
    assert "example.org" not in facts.rows.write_csv()


# --- ACT --------------------------------------------------------------------------------------------------------------

STATUS = {
    "status": "mint_status_healthy",
    "collateral_ratio": "1.234500000000000000",
    "warn_threshold": "0.950000000000000000",
    "halt_threshold": "0.900000000000000000",
    "mints_allowed": True,
    "refunds_allowed": True,
}
VAULT = {
    "vault_state": {
        "balances": [{"denom": "uakt", "amount": "1200000000"}],
        "total_burned": [{"denom": "uakt", "amount": "5"}, {"denom": "uact", "amount": "6"}],
        "total_minted": [{"denom": "uact", "amount": "7"}],
        "remint_credits": [],
    }
}
ACT = {
    bme.STATUS: STATUS,
    bme.VAULT: VAULT,
    bme.SUPPLY: {"amount": {"denom": "uact", "amount": "424242"}},
}


def test_the_backing_of_act_is_told_in_full() -> None:
    with pinned(node(Served([], bodies=ACT))) as chain:
        facts = bme.bme("uact")(chain)
    check(facts, Kind.OBSERVATIONS)
    assert values(facts) == {
        "circuit_breaker": None,
        "outstanding_act": 424242.0,
        "mints_allowed": 1.0,
        "refunds_allowed": 1.0,
        "collateral_ratio": 1.2345,
        "warn_threshold": 0.95,
        "halt_threshold": 0.9,
    }
    assert values(facts, "uakt") == {"vault_balances": 1_200_000_000.0, "vault_total_burned": 5.0}
    assert values(facts, "uact") == {"vault_total_burned": 6.0, "vault_total_minted": 7.0}
    assert facts.rows.filter(pl.col("name") == "circuit_breaker")["exact"].item() == "mint_status_healthy"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "mint_status_asleep"}, "is 'mint_status_asleep'; known"),
        ({"mints_allowed": None}, "mints_allowed is neither true nor false"),
        ({"collateral_ratio": "high"}, "collateral_ratio is no decimal number"),
    ],
)
def test_an_unknown_state_of_the_circuit_breaker_is_named(change: dict[str, object], reason: str) -> None:
    bodies = {**ACT, bme.STATUS: {**STATUS, **change}}
    with pinned(node(Served([], bodies=bodies))) as chain, pytest.raises(SourceDown, match=reason):
        bme.bme("uact")(chain)
