"""Answers of a real Cosmos SDK 0.43 node that holds the state of CUDOS mainnet (2024), replayed."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.votes.tally import choices, stake, tally, thresholds
from ingest.cosmos.control import parameters, signing
from ingest.cosmos.emission import economy, supply
from ingest.cosmos.governance import votes
from ingest.cosmos.stake import consensus_power, delegators, names, shares, validators
from store.addresses import account
from store.impossible import check
from store.rows import Kind
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import amounts, at_once
from tests.worlds.lcd import OLD_GOV, STAKING, State, chain, page
from tests.worlds.servers import Request

pytestmark = pytest.mark.slow
# The five largest, in FET's predecessor's 1e-18 units.
LARGEST = {
    "cluster-2-validator": 349358436,
    "staking4all": 299525093,
    "chainstaking": 263887948,
    "Cosmostation": 177655236,
    "Hindsight": 155513211,
}
RULE = {
    "voting": {"voting_params": {"voting_period": "432000s"}},
    "deposit": {"deposit_params": {"min_deposit": [], "max_deposit_period": "1209600s"}},
    "tallying": {"tally_params": {"quorum": "0.334", "threshold": "0.5", "veto_threshold": "0.334"}},
}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> State:
    folder = shared / "cosmos"

    def answer(name: str) -> Any:
        return json.loads((folder / f"simapp_0_43_cudos/{name}.json").read_text())

    with gzip.open(folder / "cudos_export_trimmed.json.gz") as file:
        export = json.load(file)
    balance = {"denom": "acudos", "amount": "0"}
    store = [
        {"delegation": row, "balance": balance} for row in export.get("app_state", export)["staking"]["delegations"]
    ]
    operators = {row["delegation"]["validator_address"] for row in store}

    def behind(request: Request) -> dict[str, Any]:
        operator = request.path.split("/")[-2]

        def hit(row: dict[str, Any]) -> bool:
            return bool(row["delegation"]["validator_address"] == operator)

        return page(store, "delegation_responses", request.params, 500, hit=hit, sdk="0.45")

    # The list was recorded before proposal 22 was put to the vote.
    *_, newest = answer("cosmos__gov__v1beta1__proposals_pagination_limit_100")["proposals"]
    voted_on = {**newest, "proposal_id": "22", "status": "PROPOSAL_STATUS_VOTING_PERIOD"}
    ballots = answer("votes_prop22")["votes"]

    def proposals(request: Request) -> dict[str, Any]:
        found = [voted_on] if request.params.get("proposal_status") == "2" else []
        return page(found, "proposals", request.params, 100, sdk="0.45")

    bodies: dict[str, Any] = {
        f"{STAKING}/params": answer("cosmos__staking__v1beta1__params"),
        f"{STAKING}/pool": answer("cosmos__staking__v1beta1__pool"),
        f"{STAKING}/validators": answer("cosmos__staking__v1beta1__validators_pagination_limit_1000"),
        "/cosmos/slashing/v1beta1/signing_infos": answer(
            "cosmos__slashing__v1beta1__signing_infos_pagination_limit_100"
        ),
        "/cosmos/bank/v1beta1/supply": answer("cosmos__bank__v1beta1__supply"),
        "/cosmos/distribution/v1beta1/community_pool": answer("cosmos__distribution__v1beta1__community_pool"),
        "/cosmos/distribution/v1beta1/params": answer("cosmos__distribution__v1beta1__params"),
        "/cosmos/mint/v1beta1/params": answer("cosmos__mint__v1beta1__params"),
        "/cosmos/mint/v1beta1/annual_provisions": answer("cosmos__mint__v1beta1__annual_provisions"),
        "/cosmos/mint/v1beta1/inflation": {"inflation": "0.130000000000000000"},
        f"{OLD_GOV}/proposals": proposals,
        f"{OLD_GOV}/proposals/22/votes": lambda request: page(ballots, "votes", request.params, 100),
        **{f"{OLD_GOV}/params/{kind}": body for kind, body in RULE.items()},
        **{f"{STAKING}/validators/{operator}/delegations": behind for operator in operators},
    }
    return State([], chain_id="cudos-replay", prefix="cudos", denom="acudos", bodies=bodies)


def test_stake_is_the_chains_to_the_last_base_unit(recorded: State) -> None:
    with pinned(chain(recorded), chain_id="cudos-replay") as node:
        facts, power, said = validators(node), consensus_power(10**18)(node), names(node)
    check(facts, Kind.HOLDINGS)
    check(power, Kind.HOLDINGS)
    assert len(facts.rows) == 31
    assert facts.reported == {"validators": 2492124559542265360835103218}
    monikers = dict(said.rows.filter(pl.col("name") == "moniker").select("subject", "exact").rows())
    whole = {monikers[holder]: amount for holder, amount in amounts(power, "validators").items()}
    assert {name: whole[name] for name in LARGEST} == LARGEST


def test_every_delegator_of_the_chain_is_read(recorded: State) -> None:
    with pinned(chain(recorded), chain_id="cudos-replay") as node:
        facts = delegators(node, at_once)
    check(facts, Kind.HOLDINGS, tolerance=3_000)
    held = amounts(facts, "delegators")
    # 35 delegators have shares for less than one base unit.
    assert len(held) == 2_847
    assert sum(tokens > 0 for tokens in held.values()) == 2_812
    assert round(1000 * sum(sorted(held.values())[-10:]) / 2492124559542265360835103218) == 326


def test_the_tally_of_proposal_22_is_the_nodes(recorded: State, shared: Path) -> None:
    with pinned(chain(recorded), chain_id="cudos-replay") as node:
        ballots, held = votes(node), shares(node, at_once)
    check(ballots, Kind.VOTES)
    result = tally(*stake(held.rows), choices(ballots.rows, "22"), account=account)
    path = shared / "cosmos/simapp_0_43_cudos/tally_synthetic_votes_real_stake_prop22.json"
    told = json.loads(path.read_text())["tally"]
    assert result.options == {option: int(amount) for option, amount in told.items()}
    assert result.options["abstain"] == 148132053218839697151881546
    assert len(result.voters) == 623


def test_supply_pool_and_missed_blocks_are_read(recorded: State) -> None:
    with pinned(chain(replace(recorded, head=20_000)), chain_id="cudos-replay") as node:
        assert supply(node, "acudos") == 9311408790831603290000091977
        found = {row["name"]: row["exact"] for row in economy(node).rows.iter_rows(named=True)}
        missed = signing(node).rows.filter(pl.col("name") == "missed_blocks")
    assert found["community_pool"] == "86819910156987366976034999.616201394211836828"
    assert found["annual_provisions"] == "1210483348227766114368539776.704924674731607424"
    assert len(missed) == 31


def test_thresholds_are_read_from_the_stored_parameters(recorded: State) -> None:
    more: dict[str, Any] = {"/cosmos/slashing/v1beta1/params": {"params": {"signed_blocks_window": "100"}}}
    with pinned(chain(replace(recorded, bodies={**recorded.bodies, **more})), chain_id="cudos-replay") as node:
        rule = thresholds(parameters(node).rows)
    assert (rule.quorum, rule.threshold, rule.veto) == (334 * 10**15, 5 * 10**17, 334 * 10**15)
