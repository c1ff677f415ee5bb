"""Every reading of Akash's own modules against the answers of a real node, also those that show the node's faults."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.akash import escrow as spend
from analytics.akash.escrow import Ledger
from analytics.akash.supply import gate
from analytics.decimals import ONE
from ingest.akash import bme, compute, control, supply
from ingest.akash.escrow import market
from ingest.network import Reading
from ingest.networks.akash import DENOMS, NETWORK
from store.faults import SourceDown
from store.mart import opened
from store.rows import Facts
from tests.ingest.cosmos.test_lcd import pinned
from tests.worlds.akash_node import ACT, ORACLE, SIGNATURES, STATUS, RealNode, body
from tests.worlds.lcd import failure
from tests.worlds.memo import no_memo
from tests.worlds.moving_chain import command, finished
from tests.worlds.servers import Reply, serving

OWN = (
    *control.READINGS,
    *compute.readings(DENOMS),
    *supply.READINGS,
    *bme.readings("AKT", "uact"),
)
READINGS = {reading.name: reading for reading in OWN}
FIRST, SECOND, THIRD = (
    "akash1gzqv4jn26p49cqlml6v8msxqxrfnazgnx483cq",
    "akash16zj93l7p5sf5atefjnu3k4k0yavdkk85emrpw9",
    "akash1msusfg2qmfsw7lqgnkjf9rtyfzkj3qhg4awnsm",
)
AUDITORS = ("akash10xl3mwlfn0x2fazwtpza6aqadzykhq39c8225e", "akash1rrsnmyfxmke73dg342hpgecl5q2lkeq5xr9jlj")

# How many facts each reading finds; the first look has no period before it, so flows are empty, and say so.
FLOWS = [name for name, reading in READINGS.items() if reading.after == "lease_ledger" and name != "lease_ledger"]
LANDED = {
    # Two feeders, three numbers of them, 10 parameters of the oracle and 9 of mint and burn, of which one has a coin.
    "oracle_feeders": 23,
    "oracle_sources": 2,
    # Ten accounts pay leases, and the height.
    "lease_ledger": 11,
    "lease_totals": 5,
    # Three providers, five payers, five tenants, two auditors, and what needs no signature.
    "leases_uact": 16,
    "leases_uakt": 0,
    "leases_uusdc": 0,
    **dict.fromkeys(FLOWS, 0),
    "leased_cpu": 3,
    "leased_memory": 3,
    "leased_storage": 3,
    "leased_gpu": 2,
    "leased_gpu_models": 2,
    "provider_text": 21,
    "provider_audits": 2,
    "bme": 14,
    "oracle_price": 4,
}


def read(shared: Path, name: str, instead: Mapping[str, Any] | None = None) -> Facts:
    """One reading of the real node, as a run would take it."""
    reading: Reading = READINGS[name]
    with pinned(RealNode(shared, instead or {}).answer()) as node:
        facts = reading.facts(node, no_memo, list)
    NETWORK.check(reading, facts)
    return facts


def told(facts: Facts) -> dict[tuple[str, str], str]:
    return {
        (name, subject): exact for name, subject, exact in facts.rows.select("name", "subject", "exact").iter_rows()
    }


@pytest.mark.slow
def test_every_reading_of_the_real_node_lands_and_is_published(shared: Path, tmp_path: Path) -> None:
    assert READINGS.keys() == LANDED.keys()
    wanted = [argument for name in READINGS for argument in ("--reading", name)]
    with serving(RealNode(shared).answer()) as address:
        run = command(tmp_path, "run", "--network", "akash", *wanted, "--all", AKASH_URL=address)
        code, _, errors = finished(run)
    assert code == 0, errors
    with opened(tmp_path) as mart:
        assert dict(mart.table("SELECT reading, n FROM snapshot").iter_rows()) == LANDED
        audits = mart.table("SELECT name, subject, time FROM observation WHERE name LIKE 'audited_by:%'")
        price = mart.table("SELECT exact FROM observation WHERE name = 'price_usd'")["exact"].to_list()
    assert sorted(audits["name"]) == [f"audited_by:{auditor}" for auditor in AUDITORS]
    assert price == ["0.525000000000000000"]
    spent = pl.DataFrame(
        [
            ("providers", FIRST, FIRST, 3.0),
            ("providers", SECOND, SECOND, 1.0),
            ("auditors", AUDITORS[0], AUDITORS[0], 2.0),
        ],
        schema={"population": pl.String(), "party": pl.String(), "holder": pl.String(), "low_usd": pl.Float64()},
        orient="row",
    )
    assert gate(spent, audits, {})["signed"].to_list() == [1, 1, None]


def test_who_signed_is_asked_provider_by_provider(shared: Path) -> None:
    assert told(read(shared, "provider_audits")) == {
        (f"audited_by:{AUDITORS[0]}", FIRST): "region, tier",
        (f"audited_by:{AUDITORS[1]}", FIRST): "region",
    }


def test_the_invented_signatures_of_another_provider_are_refused(shared: Path) -> None:
    signed = body_of_first(shared)
    instead = {f"{SIGNATURES}/{SECOND}/list": signed}
    with pytest.raises(SourceDown, match=f"asked for owner {SECOND}"):
        read(shared, "provider_audits", instead)


def test_an_invented_list_of_no_signatures_is_refused(shared: Path) -> None:
    """The node has no such answer: of a provider that nobody signed for it says that it is not found."""
    nobody: dict[str, Any] = {f"{SIGNATURES}/{FIRST}/list": {"providers": [], "pagination": None}}
    with pytest.raises(SourceDown, match="providers is empty"):
        read(shared, "provider_audits", nobody)


def body_of_first(shared: Path) -> Any:
    return json.loads((shared / "cosmos/akash_node_v2_1/audit_of_provider.json").read_text())


@pytest.mark.slow
def test_a_signature_of_nobody_is_refused_while_a_halted_oracle_is_told_invented(shared: Path, tmp_path: Path) -> None:
    signed = body_of_first(shared)
    signed["providers"][0]["auditor"] = body(shared, "audits")["providers"][0]["owner"]
    instead = {f"{SIGNATURES}/{FIRST}/list": signed, **stalled(shared, healthy=False)}
    with serving(RealNode(shared, instead).answer()) as address:
        wanted = ("--reading", "provider_audits", "--reading", "bme", "--all")
        code, _, errors = finished(command(tmp_path, "run", "--network", "akash", *wanted, AKASH_URL=address))
    assert code == 3, errors
    assert "is no audited_by:<address> of bech32:akash" in errors
    with opened(tmp_path) as mart:
        assert mart.table("SELECT reading FROM snapshot")["reading"].to_list() == ["bme"]
        told = dict(mart.table("SELECT name, exact FROM observation WHERE subject = ''").iter_rows())
    assert (told["circuit_breaker"], told["outstanding_act"]) == ("mint_status_halt_oracle", str(ACT))


def test_a_chain_without_providers_says_so_invented(shared: Path) -> None:
    none = {"providers": [], "pagination": {"next_key": None, "total": "0"}}
    for name in ("provider_text", "provider_audits"):
        facts = read(shared, name, {"/akash/provider/v1beta4/providers": none})
        assert (facts.rows.height, facts.empty) == (0, True)


def test_the_price_is_the_one_that_the_chain_mints_at_invented(shared: Path) -> None:
    price = body(shared, "oracle_akt")
    price["aggregated_price"]["twap"] = "0.515000000000000000"
    found = told(read(shared, "oracle_price", {ORACLE: price}))
    assert found["price_usd", "AKT"] == "0.515000000000000000"
    assert found["median_price_usd", "AKT"] == "0.525000000000000000"


def stalled(shared: Path, *, healthy: bool) -> dict[str, Any]:
    """A real node's own refusal while its oracle has no healthy price, by its code and words, and that price."""
    price = body(shared, "oracle_akt")
    price["price_health"] |= {"is_healthy": healthy}
    return {STATUS: failure(500, 2, "codespace oracle.v2 code 4: price stalled"), ORACLE: price}


def test_what_backs_act_is_told_while_the_oracle_halts_the_chain_invented(shared: Path) -> None:
    found = told(read(shared, "bme", stalled(shared, healthy=False)))
    assert found["circuit_breaker", ""] == "mint_status_halt_oracle"
    assert found["outstanding_act", ""] == str(ACT)
    assert found["vault_balances", "uakt"] == "1003026416385"
    assert (found["mints_allowed", ""], found["refunds_allowed", ""]) == ("0", "0")
    assert ("collateral_ratio", "") not in found


@pytest.mark.slow
def test_a_breaker_that_does_not_answer_is_no_halt_while_the_price_is_healthy_invented(shared: Path) -> None:
    with pytest.raises(SourceDown, match="price stalled"):
        read(shared, "bme", stalled(shared, healthy=True))


def test_an_empty_reply_of_the_breaker_is_no_halt_invented(shared: Path) -> None:
    with pytest.raises(SourceDown):
        read(shared, "bme", {STATUS: Reply(b"")})


def test_deposits_are_what_payers_put_in_though_the_chain_lost_some_of_it(shared: Path) -> None:
    with pinned(RealNode(shared).answer()) as node:
        now = market(node).ledger
    # Before the first deployment (block 244) there was none.
    put_in: dict[str, int] = {}
    for account in now.accounts.values():
        one = Ledger(now.height, {account.name: account})
        found = spend.deposited(Ledger(200, {}), one)
        put_in[account.name.rpartition("/")[2]] = sum(deposit.amount for deposit in found if deposit.denom == "uact")
    # Round sums, as they were sent.
    assert put_in == {
        number: amount * ONE
        for number, amount in {
            "101": 5_000_000,
            "102": 9_000_000,
            "103": 5_000_001,
            "104": 5_000_000,
            "105": 8_000_000,
            "106": 2_000_000,
            "107": 2_000_000,
            "109": 2_000_000,
            "114": 5_000_000,
            "115": 5_000,
        }.items()
    }
