"""What Cosmos chains mint, and to whom: figures a person can check by hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.cosmos.emission import economy, emission, emission_split, module_account, span
from store.faults import SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.ingest.cosmos.test_lcd import but, pinned
from tests.worlds.lcd import ONE, State, Validator, account, chain, failure, page, valoper
from tests.worlds.servers import Reply, Request

MINT = "/cosmos/mint/v1beta1"
TAX = "/cosmos/distribution/v1beta1/params"


def minting(state: State, *, provisions: str, blocks_per_year: int, tax: str, **more: Any) -> State:
    """The chain with a mint and a distribution module; `more` are further answers by path."""
    supply = [{"denom": "ibc/1", "amount": "7"}, {"denom": state.denom, "amount": "1000000000"}]
    bodies: dict[str, Any] = {
        "/cosmos/bank/v1beta1/supply": lambda request: page(supply, "supply", request.params, 1),
        "/cosmos/staking/v1beta1/params": {"params": {"bond_denom": state.denom}},
        "/cosmos/distribution/v1beta1/community_pool": {"pool": [{"denom": "uakt", "amount": "12.5"}]},
        f"{MINT}/inflation": {"inflation": "0.040000000000000000"},
        f"{MINT}/annual_provisions": {"annual_provisions": provisions},
        f"{MINT}/params": {"params": {"mint_denom": state.denom, "blocks_per_year": str(blocks_per_year)}},
        TAX: {"params": {"community_tax": tax}},
    }
    return replace(state, head=20_000, bodies={**state.bodies, **bodies, **more})


# Each block mints 1,000.9, cut to 1,000; a block takes 6 s: 14,400,000 a day, of which 70 % go to the pool.
VALIDATORS = [Validator(0, 300, 300 * ONE), Validator(1, 100, 100 * ONE)]
CHAIN = minting(State(VALIDATORS), provisions="10009.0", blocks_per_year=10, tax="0.700000000000000000")


def amounts(facts: Facts) -> Mapping[tuple[str, str], int]:
    return {(population, holder): int(amount) for population, holder, amount in facts.rows.iter_rows()}


def test_a_day_of_new_tokens_goes_to_the_pool_and_to_validators_by_power() -> None:
    with pinned(chain(CHAIN)) as node:
        facts, pool = emission(node), module_account(node, "distribution")
        assert facts.since == node.block.time - timedelta(days=1)
    check(facts, Kind.HOLDINGS)
    assert amounts(facts) == {
        ("stakers", valoper(0)): 3_240_000,
        ("stakers", valoper(1)): 1_080_000,
        ("pool", pool): 10_080_000,
    }


def test_block_time_is_measured_and_not_the_nominal_one() -> None:
    slow = replace(CHAIN, seconds=12.0)
    with pinned(chain(slow)) as node:
        assert sum(amounts(emission(node)).values()) == 7_200_000
        assert span(node).seconds == 12


def test_block_time_is_measured_over_as_many_blocks_as_are_kept() -> None:
    def pruned(request: Request) -> Reply:
        if "/blocks/" in request.path and int(request.path.rsplit("/", 1)[1]) < 18_000:
            return failure(500, 2, "height 9998 is not available, lowest height is 18000")
        return chain(CHAIN)(request)

    with pinned(pruned) as node:
        assert span(node).blocks == 1_000
    with pinned(but(chain(replace(CHAIN, head=12)), "", Reply({}))) as node, pytest.raises(SourceDown, match="young"):
        span(node)


def test_commission_is_told_apart_from_what_delegators_get() -> None:
    with pinned(chain(CHAIN)) as node:
        facts = emission_split(node)
    check(facts, Kind.OBSERVATIONS)
    found = {(name, subject): exact for name, subject, exact in facts.rows.select("name", "subject", "exact").rows()}
    assert found == {
        ("to_pool", ""): "10080000",
        ("to_commission", valoper(0)): "162000",
        ("to_delegators", valoper(0)): "3078000",
        ("to_commission", valoper(1)): "54000",
        ("to_delegators", valoper(1)): "1026000",
        ("to_commission", ""): "216000",
        ("to_delegators", ""): "4104000",
    }


def test_municipal_inflation_compounds_to_its_yearly_rate() -> None:
    """Fetch's own mint module: a supply of 10^9 growing by 21 % in two blocks grows by 10 % in one."""
    pairs = [
        {"denom": "uakt", "inflation": {"target_address": account(5), "value": "0.210000000000000000"}},
        {"denom": "ibc/1", "inflation": {"target_address": account(6), "value": "0.440000000000000000"}},
    ]
    state = minting(
        State(VALIDATORS),
        provisions="0.0",
        blocks_per_year=2,
        tax="0.0",
        **{f"{MINT}/municipal_inflation": {"inflations": pairs}},
    )
    with pinned(chain(state)) as node:
        assert amounts(emission(node))["municipal", account(5)] == 100_000_000 * 14_400
        split = emission_split(node).rows.filter(pl.col("name") == "to_municipal")
    assert split["subject"].to_list() == [f"{account(5)}|uakt", f"{account(6)}|ibc/1"]
    assert split["exact"].to_list()[1] == str(1 * 14_400)  # 20 % of 7, cut to whole units


def with_municipal(*inflations: dict[str, Any]) -> State:
    return replace(CHAIN, bodies={**CHAIN.bodies, f"{MINT}/municipal_inflation": {"inflations": list(inflations)}})


def inflation(denom: str, target: int) -> dict[str, Any]:
    return {"denom": denom, "inflation": {"target_address": account(target), "value": "0.030000000000000000"}}


def test_municipal_inflation_of_a_token_without_supply_is_nothing() -> None:
    with pinned(chain(with_municipal(inflation("nanomobx", 5), inflation("uakt", 6)))) as node:
        facts, split = emission(node), emission_split(node)
    check(facts, Kind.HOLDINGS)
    check(split, Kind.OBSERVATIONS)
    assert [holder for population, holder in amounts(facts) if population == "municipal"] == [account(6)]
    told = split.rows.filter(pl.col("name") == "to_municipal").select("subject", "exact").rows()
    assert told[0] == (f"{account(5)}|nanomobx", "0")


@pytest.mark.parametrize(("without", "others"), [(1, 0), (100, 1)], ids=["asked again", "asked of another"])
def test_a_node_that_has_just_started_and_tells_no_municipal_inflation_is_not_believed(
    without: int, others: int
) -> None:
    """fetchd does not answer this question at a block: for about a second after its start there is none."""
    path, asked = f"{MINT}/municipal_inflation", []
    running = chain(with_municipal(inflation("uakt", 6)))

    def starting(request: Request) -> Reply:
        asked.append(request.path)
        return (chain(with_municipal()) if asked.count(path) <= without else running)(request)

    with pinned(starting, *[running] * others) as node:
        assert ("municipal", account(6)) in amounts(emission(node))


def test_the_economy_is_read_in_the_chains_own_numbers() -> None:
    with pinned(chain(CHAIN)) as node:
        facts = economy(node)
    check(facts, Kind.OBSERVATIONS)
    found = {(row["name"], row["subject"]): (row["exact"], row["unit"]) for row in facts.rows.iter_rows(named=True)}
    assert found == {
        ("bonded", ""): ("400", "uakt"),
        ("not_bonded", ""): ("0", "uakt"),
        ("supply", ""): ("1000000000", "uakt"),
        ("inflation", ""): ("0.040000000000000000", "ratio"),
        ("annual_provisions", ""): ("10009.0", "uakt"),
        ("block_time", ""): ("6.0", "s"),
        ("community_pool", "uakt"): ("12.5", "uakt"),
    }


def test_a_token_that_the_bank_does_not_list_is_an_error() -> None:
    other = replace(CHAIN, bodies={**CHAIN.bodies, "/cosmos/bank/v1beta1/supply": {"supply": []}})
    with pinned(chain(other)) as node, pytest.raises(SourceDown, match="lists no supply of uakt"):
        economy(node)


def test_recorded_akash_answers_are_read_field_by_field(shared: Path) -> None:
    def recorded(name: str) -> Any:
        return json.loads((shared / f"cosmos/akash_2026/akash_{name}.json").read_text())["body"]

    validator = recorded("validators_limit1")["validators"]
    state = replace(
        CHAIN,
        bodies={
            **CHAIN.bodies,
            "/cosmos/staking/v1beta1/validators": {"validators": validator, "pagination": {"total": "1"}},
            "/cosmos/staking/v1beta1/pool": recorded("staking_pool"),
            "/cosmos/distribution/v1beta1/community_pool": recorded("community_pool_page"),
            f"{MINT}/inflation": recorded("mint_inflation"),
            f"{MINT}/params": recorded("mint_params"),
        },
    )
    with pinned(chain(state)) as node:
        found = {(row["name"], row["subject"]): row for row in economy(node).rows.iter_rows(named=True)}
        assert dict(amounts(emission(node))).keys() >= {("stakers", validator[0]["operator_address"])}
    axlusdc = "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"
    assert found["bonded", ""]["exact"] == "91424223477855"
    assert found["not_bonded", ""]["exact"] == "14396906293295"
    assert found["inflation", ""]["value"] == 0.04
    assert found["community_pool", axlusdc]["value"] == 263775119968
