"""Who can change or stop a Cosmos chain."""

import base64
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ingest.akash.control import oracle_feeders, oracle_sources
from ingest.cosmos.control import authorities, parameters, signing
from ingest.networks import networks
from store.addresses import bech32
from store.faults import SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import at_once
from tests.worlds.lcd import GOV, ONE, State, Validator, account, chain, governed, page, valoper, wasm_page
from tests.worlds.recordings import recorded_chain, recording
from tests.worlds.servers import Request

JAILED = Validator(3, 50, 50 * ONE, "BOND_STATUS_UNBONDED", jailed=True)
STATE = State([*(Validator(number, 100, 100 * ONE) for number in range(3)), JAILED])
WASM = "/cosmwasm/wasm/v1"
# Contracts of the second code were not asked for when the answers were recorded.
UNASKED = {f"{WASM}/code/2/contracts": {"contracts": [], "pagination": {"next_key": None}}}


def consensus_address(number: int) -> bytes:
    return sha256(sha256(f"key {number}".encode()).digest()).digest()[:20]


def told(facts: Facts) -> dict[tuple[str, str], tuple[str, str]]:
    check(facts, Kind.OBSERVATIONS)
    return {(row["name"], row["subject"]): (row["exact"], row["unit"]) for row in facts.rows.iter_rows(named=True)}


def with_parameters(shared_mint: Any) -> State:
    state = governed(STATE, [], {})
    gov = {
        "quorum": "0.200000000000000000",
        "voting_period": "604800s",
        "min_deposit": [{"denom": "uakt", "amount": "1000000000"}, {"denom": "uact", "amount": "5"}],
        "burn_vote_veto": True,
        "expedited_min_deposit": [],
    }
    modules = {
        "staking": {"unbonding_time": "1814400s", "max_validators": 100, "bond_denom": "uakt"},
        "distribution": {"community_tax": "0.700000000000000000", "withdraw_addr_enabled": True},
        "slashing": {"signed_blocks_window": "30000", "downtime_jail_duration": "60.5s"},
    }
    bodies: dict[str, Any] = {f"/cosmos/{name}/v1beta1/params": {"params": body} for name, body in modules.items()}
    bodies |= {"/cosmos/mint/v1beta1/params": shared_mint, f"{GOV}/params/tallying": {"params": gov}}
    return replace(state, bodies={**state.bodies, **bodies})


def test_parameters_are_kept_in_the_chains_words(shared: Path) -> None:
    mint = json.loads((shared / "cosmos/akash_2026/akash_mint_params.json").read_text())["body"]
    with pinned(chain(with_parameters(mint))) as node:
        found = told(parameters(node))
    assert found == {
        ("unbonding_time", "staking"): ("1814400", "s"),
        ("max_validators", "staking"): ("100", ""),
        ("bond_denom", "staking"): ("uakt", ""),
        ("mint_denom", "mint"): ("uakt", ""),
        ("inflation_rate_change", "mint"): ("1.000000000000000000", "ratio"),
        ("inflation_max", "mint"): ("0.040000000000000000", "ratio"),
        ("inflation_min", "mint"): ("0.030000000000000000", "ratio"),
        ("goal_bonded", "mint"): ("0.670000000000000000", "ratio"),
        ("blocks_per_year", "mint"): ("5256000", ""),
        ("community_tax", "distribution"): ("0.700000000000000000", "ratio"),
        ("withdraw_addr_enabled", "distribution"): ("true", ""),
        ("signed_blocks_window", "slashing"): ("30000", ""),
        ("downtime_jail_duration", "slashing"): ("60.5", "s"),
        ("quorum", "gov"): ("0.200000000000000000", "ratio"),
        ("voting_period", "gov"): ("604800", "s"),
        ("min_deposit", "gov|uakt"): ("1000000000", "uakt"),
        ("min_deposit", "gov|uact"): ("5", "uact"),
        ("burn_vote_veto", "gov"): ("true", ""),
        ("expedited_min_deposit", "gov"): ("[]", ""),
    }


def test_the_slack_before_a_halt_is_what_signs_above_two_thirds() -> None:
    head, infos = STATE.head - 2, []
    flags = {0: "BLOCK_ID_FLAG_COMMIT", 1: "BLOCK_ID_FLAG_NIL", 2: "BLOCK_ID_FLAG_ABSENT"}
    signatures = [
        {
            "block_id_flag": flag,
            "validator_address": "" if number == 2 else base64.b64encode(consensus_address(number)).decode(),
        }
        for number, flag in flags.items()
    ]
    for number in range(4):
        address = bech32("akashvalcons", consensus_address(number))
        infos.append({"address": address, "missed_blocks_counter": str(number * 11), "tombstoned": False})
    block = STATE.block(head)
    block["block"]["last_commit"] = {"signatures": signatures}
    bodies: dict[str, Any] = {
        f"/cosmos/base/tendermint/v1beta1/blocks/{head}": block,
        "/cosmos/slashing/v1beta1/signing_infos": lambda request: page(infos, "info", request.params, 3),
        "/cosmos/staking/v1beta1/params": {"params": {"bond_denom": "uakt"}},
    }
    with pinned(chain(replace(STATE, bodies=bodies))) as node:
        facts = signing(node)
    found = told(facts)
    assert found["absent", valoper(2)] == ("100", "uakt")
    assert found["missed_blocks", valoper(2)] == ("22", "blocks")
    assert found["jailed", valoper(3)] == ("50", "uakt")
    assert ("absent", valoper(1)) not in found
    assert ("missed_blocks", valoper(3)) not in found
    assert abs(float(found["signing_share", ""][0]) - 2 / 3) < 1e-12
    assert abs(float(found["halt_slack", ""][0])) < 1e-12


@pytest.mark.parametrize(
    ("gov", "told"),
    [
        ("text", "params is empty"),
        ({"min_deposit": [{"denom": "uakt", "amount": "1"}, []]}, "min_deposit is no object"),
        ({"min_deposit": [None, {"denom": "uakt", "amount": "1"}]}, "min_deposit is no object"),
        ({"min_deposit": [{}, {"denom": "uakt", "amount": "1"}]}, "no denom in the answer"),
        ({"min_mint": ["\u0661\u0662"]}, "min_mint is no object"),
        ({"min_mint": [None]}, "min_mint is no object"),
        ({"min_mint": [{"denom": "uakt", "amount": "\u0661\u0662"}]}, "amount is no decimal number"),
        ({"min_mint": [{"denom": "", "amount": "1"}]}, "denom is no text"),
    ],
)
def test_parameters_that_are_something_else_are_refused(gov: Any, told: str) -> None:
    state = with_parameters({"params": gov})
    with pinned(chain(state)) as node, pytest.raises(SourceDown, match=told):
        parameters(node)


def wasm(contracts: int, **more: Any) -> State:
    def contract(request: Request) -> dict[str, Any]:
        number = int(request.path.rsplit("-", 1)[1])
        return {"contract_info": {"admin": account(number) if number % 2 else ""}}

    listed, codes = [f"contract-{number}" for number in range(contracts)], [{"code_id": "1", "creator": account(8)}]
    bodies: dict[str, Any] = {
        f"{WASM}/code": lambda request: wasm_page(codes, "code_infos", request.params, 100),
        f"{WASM}/code/1/contracts": lambda request: wasm_page(listed, "contracts", request.params, 100),
        "/cosmos/staking/v1beta1/params": {"params": {"bond_denom": "uakt"}},
        **{f"{WASM}/contract/{name}": contract for name in listed},
        **more,
    }
    return replace(STATE, bodies=bodies)


def test_contract_admins_and_upload_rules_are_read() -> None:
    rules = {"code_upload_access": {"permission": "ACCESS_TYPE_NOBODY", "addresses": []}}
    accounts = {"accounts": [{"name": "gov", "base_account": {"address": account(9)}}]}
    state = wasm(2, **{f"{WASM}/codes/params": {"params": rules}, "/cosmos/auth/v1beta1/module_accounts": accounts})
    with pinned(chain(state)) as node:
        found = told(authorities(node, at_once))
    gov = bech32("akash", sha256(b"gov").digest()[:20])
    assert found == {
        ("authority", "gov"): (gov, "address"),
        ("module_account", "gov"): (account(9), "address"),
        ("code_upload_access", "wasm"): ('{"addresses": [], "permission": "ACCESS_TYPE_NOBODY"}', ""),
        ("code_creator", "1"): (account(8), "address"),
        ("contract_admin", "contract-0"): ("nobody", ""),
        ("contract_admin", "contract-1"): (account(1), "address"),
        ("contracts", ""): ("2", "count"),
        ("contracts_not_asked", ""): ("0", "count"),
    }


@pytest.mark.parametrize("size", [5, 20, 24, 255])
def test_no_admin_that_somebody_sets_stops_the_reading(size: int) -> None:
    admin, contract = bech32("akash", bytes(size)), bech32("akash", bytes(32))
    told_of = {f"{WASM}/code/1/contracts": {"contracts": [contract], "pagination": {"next_key": None, "total": "1"}}}
    told_of[f"{WASM}/contract/{contract}"] = {"contract_info": {"admin": admin}}
    told_of[f"{WASM}/codes/params"] = {"params": {"code_upload_access": {"permission": "ACCESS_TYPE_NOBODY"}}}
    gov: Any = {"name": "gov", "base_account": {"address": account(9)}}
    told_of["/cosmos/auth/v1beta1/module_accounts"] = {"accounts": [gov]}
    akash = networks()["akash"]
    (reading,) = [one for one in akash.readings if one.name == "authorities"]
    with pinned(chain(wasm(0, **told_of))) as node:
        facts = reading.facts(node, at_once, list)
    akash.check(reading, facts)
    assert told(facts)["contract_admin", contract] == (admin, "address")


@pytest.mark.slow
def test_contracts_beyond_the_limit_are_counted_as_not_asked() -> None:
    old = {"param": {"subspace": "wasm", "key": "uploadAccess", "value": '{"permission":"Everybody"}'}}
    with pinned(chain(wasm(305, **{"/cosmos/params/v1beta1/params": old}))) as node:
        found = told(authorities(node, at_once))
    assert found["contracts", ""][0] == "305"
    assert found["contracts_not_asked", ""][0] == "5"
    assert found["code_upload_access", "wasm"][0] == '{"permission":"Everybody"}'


def test_a_chain_that_does_not_list_its_module_accounts_has_them_by_their_names(shared: Path) -> None:
    """The accounts of a real fetchd v0.14.1, which answers 501 to the question for those of modules."""
    with recorded_chain(recording(shared / "cosmos/fetchd_v0_14_1", 243, **UNASKED)) as node:
        found = told(authorities(node, at_once))
        listed = node.pages("/cosmos/auth/v1beta1/accounts", "accounts", list)
    accounts = {row["name"]: row["base_account"]["address"] for row in listed if "name" in row}
    derived = {subject: exact for (name, subject), (exact, _) in found.items() if name == "module_account"}
    assert derived == accounts
    assert len(accounts) == 7


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_whoever_writes_akashs_price_is_named(version: str) -> None:
    oracle = {
        "sources": [account(1), account(2)],
        "min_price_sources": 1,
        "twap_window": "5s",
        "max_price_deviation_bps": "150",
        "feed_contracts_params": [{"@type": "/akash.oracle.v2.PythContractParams", "akt_price_feed_id": "0x4ea5"}],
    }
    bme = {"params": {"circuit_breaker_halt_threshold": 9000, "min_epoch_blocks": "10"}}
    bodies = {f"/akash/oracle/{version}/params": {"params": oracle}, "/akash/bme/v1/params": bme}
    with pinned(chain(replace(STATE, bodies=bodies))) as node:
        found = told(oracle_feeders(node))
    assert found["oracle_feeder", account(1)] == (account(1), "address")
    assert found["oracle_feeders", ""] == ("2", "count")
    assert found["min_price_sources", "oracle"] == ("1", "")
    # Of two sources one is enough, so that both must be silent.
    assert found["oracle_needed", ""] == ("1", "count")
    assert found["oracle_needed_to_stop", ""] == ("2", "count")
    assert found["twap_window", "oracle"] == ("5", "s")
    assert found["circuit_breaker_halt_threshold", "bme"] == ("9000", "")
    assert "sources" not in {name for name, _ in found}


@pytest.mark.parametrize(
    ("sources", "needed", "to_stop"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (5, 3, 3), (1, 2, 1), (0, 1, 1)]
)
def test_so_many_silent_sources_leave_too_few_for_a_price(sources: int, needed: int, to_stop: int) -> None:
    oracle = {"sources": [account(number) for number in range(sources)], "min_price_sources": needed}
    bodies = {"/akash/oracle/v2/params": {"params": oracle}, "/akash/bme/v1/params": {"params": {"min_mint": "1"}}}
    with pinned(chain(replace(STATE, bodies=bodies))) as node:
        found = told(oracle_feeders(node))
    assert found["oracle_needed_to_stop", ""] == (str(to_stop), "count")


def test_a_chain_without_an_oracle_says_so_and_has_no_sources() -> None:
    with pinned(chain(STATE)) as node:
        found, held = told(oracle_feeders(node)), oracle_sources(node)
    assert found == {("module", "oracle"): ("absent", ""), ("module", "bme"): ("absent", "")}
    assert held.rows.is_empty()
    assert held.empty


@pytest.mark.parametrize("module", [False, True])
def test_whoever_may_replace_a_source_is_named_unless_it_is_governance(module: bool) -> None:
    feed, gov = bech32("akash", bytes(32)), account(9)
    base = {"address": gov, "pub_key": {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": ""}}
    held = {"name": "gov", "base_account": base} if module else base
    bodies = {
        "/akash/oracle/v2/params": {"params": {"sources": [feed], "min_price_sources": 1}},
        "/cosmos/auth/v1beta1/accounts/" + gov: {"account": held},
        f"{WASM}/contract/{feed}": {"contract_info": {"admin": gov}},
    }
    with pinned(chain(replace(STATE, bodies=bodies))) as node:
        rows = oracle_sources(node).rows.select("population", "holder").rows()
    assert rows == [("oracle/source", feed)] + [(f"{feed}/upgrader", gov)] * (not module)
