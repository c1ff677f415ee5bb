"""A good node of any SDK chain: seven validators, four proposals, three contracts, and Akash's own modules."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final

from ingest.cosmos import roles
from ingest.cosmos.lcd import PROVISIONS, CosmosChain
from ingest.network import Network
from ingest.networks.fetch import KEYS
from store.addresses import bech32
from tests.worlds import akash_market, lcd
from tests.worlds.akash_market import Rented, Served
from tests.worlds.good.clock import NOW, SECONDS_A_BLOCK
from tests.worlds.lcd import GOV, ONE, STAKING, Answer, State, Validator
from tests.worlds.servers import Request

HEAD: Final = 20_000
# Rows a page, so that every list has a first, a middle and a last one.
ROWS: Final = 3
TXS: Final = "/cosmos/tx/v1beta1/txs"
WASM: Final = "/cosmwasm/wasm/v1"
ACCOUNTS: Final = "/cosmos/auth/v1beta1/accounts"
KEY: Final = {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": base64.b64encode(bytes(33)).decode()}


def cosmos(network: Network, time: datetime, blocks_ago: int) -> Answer:
    """A node of an SDK chain with seven validators, four proposals, two contracts and Akash's market."""
    assert isinstance(network.chain, CosmosChain)
    prefix, one = network.address.partition(":")[2], 10**network.decimals
    tokens = [one * amount for amount in (50, 40, 30, 20, 10, 5, 2)]
    statuses = ["BOND_STATUS_BONDED"] * 4 + ["BOND_STATUS_UNBONDING"] * 3
    validators = [
        Validator(
            number, amount, amount * ONE, status, status != statuses[0], f"v{number}", website="https://v.example"
        )
        for number, (amount, status) in enumerate(zip(tokens, statuses, strict=True))
    ]
    delegations = [
        (delegator, number, amount * ONE * part // 5)
        for number, amount in enumerate(tokens)
        for delegator, part in ((number, 3), (number + 10, 1), (number + 20, 1))
    ]
    state = State(
        validators,
        delegations,
        network.chain.chain_id,
        prefix,
        network.unit,
        time=time,
        head=HEAD - blocks_ago,
        seconds=SECONDS_A_BLOCK,
        most=ROWS,
    )
    state = _with_modules(_with_market(_with_votes(state), ended=not blocks_ago))
    return lcd.chain(state if network.chain.sealed_by == PROVISIONS else _with_own_mint(state, network.chain.sealed_by))


def _with_votes(state: State) -> State:
    ends = state.time + timedelta(hours=2)
    told = [("VOTING_PERIOD", ends), ("DEPOSIT_PERIOD", None), ("PASSED", NOW - timedelta(days=30)), ("REJECTED", NOW)]
    proposals = [
        {
            **lcd.proposal(number, status, end),
            "total_deposit": [{"denom": state.denom, "amount": "1000"}],
            "proposer": lcd.account(99, state.prefix),
        }
        for number, (status, end) in enumerate(told, 1)
    ]
    for row in proposals[2:]:
        row["final_tally_result"] = dict.fromkeys(row["final_tally_result"], "7")
    options = [{"option": "VOTE_OPTION_YES", "weight": "1.000000000000000000"}]
    votes = [{"voter": lcd.account(number, state.prefix), "options": options} for number in range(5)]
    coins = [{"denom": state.denom, "amount": "100"}]
    paid = [{"depositor": lcd.account(number, state.prefix), "amount": coins} for number in range(3)]
    governed = lcd.governed(state, proposals, {"1": votes}, paid)
    pages = governed.bodies[f"{GOV}/proposals"]
    # The newest few, which fit a page of any node.
    newest = lcd.governed(replace(state, most=10), proposals, {}).bodies[f"{GOV}/proposals"]
    listed = {f"{GOV}/proposals": lambda asked: (newest if "pagination.reverse" in asked.params else pages)(asked)}
    return replace(governed, bodies={**governed.bodies, **listed})


def _with_modules(state: State) -> State:
    """Mint, bank, distribution, slashing, auth, wasm, and an index of transactions."""
    one, mint = state.denom, "/cosmos/mint/v1beta1"
    coins = [{"denom": name, "amount": "1000000000"} for name in ("ibc/1", one, "uact")]
    infos = [
        {"address": bech32(f"{state.prefix}valcons", _signer(number)), "missed_blocks_counter": str(number)}
        for number in range(4)
    ]
    codes = [{"code_id": str(number), "creator": lcd.account(number, state.prefix)} for number in (1, 2, 3)]
    contracts = [bech32(state.prefix, sha256(f"contract {number}".encode()).digest()) for number in range(3)]
    inflation = {"denom": "ibc/1", "inflation": {"target_address": lcd.account(5, state.prefix), "value": "0.02"}}
    accounts = [
        {"name": name, "base_account": {"address": lcd.account(place, state.prefix)}}
        for place, name in enumerate(("gov", "mint", "distribution"), 50)
    ]
    bodies: dict[str, Any] = {
        "/cosmos/bank/v1beta1/supply": _page(coins, "supply", state),
        "/cosmos/bank/v1beta1/supply/by_denom": {"amount": {"denom": "uact", "amount": "1799814714"}},
        f"{STAKING}/params": {"params": {"bond_denom": one, "unbonding_time": "1814400s"}},
        f"{mint}/params": {"params": {"mint_denom": one, "blocks_per_year": "5256000"}},
        f"{mint}/inflation": {"inflation": "0.040000000000000000"},
        f"{mint}/municipal_inflation": {"inflations": [inflation]},
        "/cosmos/distribution/v1beta1/params": {"params": {"community_tax": "0.020000000000000000"}},
        "/cosmos/distribution/v1beta1/community_pool": {"pool": [{"denom": one, "amount": "12.5"}]},
        "/cosmos/slashing/v1beta1/params": {"params": {"signed_blocks_window": "30000"}},
        "/cosmos/slashing/v1beta1/signing_infos": _page(infos, "info", state),
        "/cosmos/auth/v1beta1/module_accounts": {"accounts": accounts},
        f"{WASM}/code": lambda request: lcd.wasm_page(codes, "code_infos", request.params, ROWS),
        f"{WASM}/codes/params": {"params": {"code_upload_access": {"permission": "Everybody"}}},
        **{
            f"{WASM}/code/{code['code_id']}/contracts": _wasm(contracts[place : place + 1])
            for place, code in enumerate(codes)
        },
        **{
            f"{WASM}/contract/{contract}": {"contract_info": {"admin": lcd.account(7, state.prefix)}}
            for contract in contracts
        },
        **_held(state.prefix),
        **_liquid(state),
        TXS: partial(_found, state.prefix),
        **{f"{lcd.TENDERMINT}/blocks/{height}": _signed(state, height) for height in (state.head - 2,)},
    }
    return replace(state, bodies={**state.bodies, **bodies})


def _with_own_mint(state: State, sealed_by: str) -> State:
    """No mint module of the SDK's; what seals a block tells its height."""
    mint = {path: lcd.failure(501, 12, "Not Implemented") for path in (PROVISIONS, *state.bodies) if "/mint/" in path}
    sealed = {sealed_by.partition("?")[0]: lambda asked: {"told": asked.headers.get("x-cosmos-block-height", "0")}}
    return replace(state, bodies={**state.bodies, **mint, **sealed})


def _liquid(state: State) -> dict[str, Any]:
    """Four records of tokenised shares."""
    records = [
        {
            "id": str(number),
            "owner": lcd.account(number, state.prefix),
            "module_account": f"tokenizeshare_{number}",
            "validator": lcd.valoper(number, state.prefix),
        }
        for number in (1, 2, 3, 4)
    ]
    liquid = "/gaia/liquid/v1beta1"
    return {
        f"{liquid}/tokenize_share_records": _page(records, "records", state),
        f"{liquid}/total_liquid_staked": {"tokens": "30"},
    }


def _held(prefix: str) -> dict[str, Any]:
    """Contracts with roles and admins, the accounts that have them, and a token factory whose minter is the first."""
    admin, factory = lcd.account(7, prefix), "/osmosis/tokenfactory/v1beta1"
    state = {
        **dict.fromkeys(roles.AMOUNTS, "7"),
        **dict.fromkeys(roles.PAUSES.values(), 2**64 - 1),
    }
    holders = {"ADMIN": admin, "MONITOR": lcd.account(8, prefix), "RELAYER": lcd.account(9, prefix)}
    stored = [
        _entry(roles.CONFIG, json.dumps(state).encode()),
        _entry(roles.PROGRAM, b'{"contract": "bridge", "version": "0.3.0"}'),
        *(
            _entry(roles.ROLES + len(holder).to_bytes(2) + holder.encode() + f"{role}_ROLE".encode(), roles.HELD)
            for role, holder in holders.items()
        ),
    ]
    info = {"contract_info": {"admin": admin}}
    return {
        f"{factory}/params": {"params": {"denom_creation_gas_consume": "1"}},
        f"{factory}/denoms/{KEYS.denom}/authority_metadata": {
            "authority_metadata": {"admin": next(iter(KEYS.bridges.values()))}
        },
        f"{factory}/sudo_admins": {"sudo_admins": [lcd.account(8, prefix)]},
        **{f"{WASM}/contract/{place}": info for place in (*KEYS.bridges.values(), *KEYS.contracts.values())},
        **{
            f"{WASM}/contract/{place}/state": lambda request: lcd.wasm_page(stored, "models", request.params, ROWS)
            for place in KEYS.bridges.values()
        },
        **{f"{ACCOUNTS}/{holder}": {"account": {"address": holder, "pub_key": KEY}} for holder in holders.values()},
    }


def _entry(key: bytes, value: bytes) -> dict[str, str]:
    return {"key": key.hex().upper(), "value": base64.b64encode(value).decode()}


def _page(rows: Sequence[Any], name: str, state: State) -> Callable[[Request], dict[str, Any]]:
    return lambda request: lcd.page(rows, name, request.params, state.most)


def _wasm(contracts: Sequence[str]) -> Callable[[Request], Any]:
    return lambda request: lcd.wasm_page(contracts, "contracts", request.params, ROWS)


def _signer(number: int) -> bytes:
    return sha256(sha256(f"key {number}".encode()).digest()).digest()[:20]


def _signed(state: State, height: int) -> dict[str, Any]:
    """A block that all but the fourth of the bonded validators signed."""
    block = state.block(height)
    signatures = [
        {"block_id_flag": "BLOCK_ID_FLAG_COMMIT", "validator_address": base64.b64encode(_signer(number)).decode()}
        for number in range(3)
    ]
    return {**block, "block": {**block["block"], "last_commit": {"signatures": signatures}}}


def _found(prefix: str, request: Request) -> dict[str, Any]:
    """Transactions with votes on the third proposal, so many a page that there are three."""
    rows = [_transaction(10 + number, _cast(number, prefix)) for number in range(7)]
    if "submit" in request.params["query"]:
        rows = [_transaction(1)]
    start = (int(request.params["page"]) - 1) * ROWS
    return {"tx_responses": rows[start : start + ROWS], "pagination": None, "total": str(len(rows))}


def _cast(voter: int, prefix: str) -> dict[str, Any]:
    told = {"proposal_id": "3", "voter": lcd.account(voter, prefix), "option": "VOTE_OPTION_NO"}
    return {"@type": "/cosmos.gov.v1.MsgVote", **told}


def _transaction(height: int, *messages: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "height": str(height),
        "txhash": sha256(f"{height}".encode()).hexdigest().upper(),
        "code": 0,
        "timestamp": f"{NOW - timedelta(days=31):%Y-%m-%dT%H:%M:%SZ}",
        "tx": {"body": {"messages": list(messages)}},
    }


def _with_market(state: State, *, ended: bool) -> State:
    """Akash's own modules: leases in two denoms, of which one ends between two readings."""
    leases = [
        Rented(
            number,
            akash_market.tenant(number),
            akash_market.provider(number % 2),
            ("uact", "uakt", akash_market.USDC)[number % 3],
            (number + 1) * ONE,
            state="closed" if ended and number == 4 else "active",
            signed_by=(lcd.account(30),),
            gpus={"nvidia/a100": 2} if number == 1 else {},
            settled=number * 10**4 * ONE,
        )
        for number in range(1, 6)
    ]
    served = Served(leases, version="v2beta1", most=10**9)
    providers = [
        {
            "owner": akash_market.provider(number),
            "host_uri": f"https://p{number}.example:8443",
            "attributes": [{"key": "country", "value": "US"}, {"key": "tier", "value": "community"}],
            "info": {"email": "", "website": "https://p.example"},
        }
        for number in range(3)
    ]
    price = {
        "aggregated_price": {
            "twap": "0.525000000000000000",
            "median_price": "0.520000000000000000",
            "timestamp": "2025-11-22T08:02:56.417055995Z",
            "num_sources": 2,
        },
        "price_health": {"is_healthy": True},
    }
    status = {"status": "mint_status_healthy", "collateral_ratio": "2.5", "mints_allowed": True}
    feed = bech32("akash", sha256(b"a feed of prices").digest())
    vault = [{"denom": "uact", "amount": "1799814714"}, {"denom": "uakt", "amount": "1003026416385"}]
    bodies: dict[str, Any] = {
        f"/akash/market/{served.version}/leases/list": lambda request: akash_market.leases_list(
            served, _short(request)
        ),
        f"/akash/market/{served.version}/leases/info": partial(akash_market.lease_info, served),
        "/akash/deployment/v1beta5/deployments/list": lambda request: akash_market.deployments_list(
            served, _short(request)
        ),
        "/akash/deployment/v1beta5/deployments/info": partial(akash_market.deployment_info, served),
        "/akash/provider/v1beta4/providers": _page(providers, "providers", state),
        **{
            f"/akash/audit/v1/audit/attributes/{row['owner']}/list": {
                "providers": [{"owner": row["owner"], "auditor": lcd.account(30), "attributes": row["attributes"]}],
                "pagination": None,
            }
            for row in providers
        },
        "/akash/bme/v1/status": {**status, "warn_threshold": "0.95", "halt_threshold": "0.9", "refunds_allowed": True},
        "/akash/bme/v1/vault": {
            "vault_state": dict.fromkeys(("balances", "total_burned", "total_minted", "remint_credits"), vault)
        },
        "/akash/bme/v1/params": {"params": {"mint_spread_bps": 25, "min_mint": vault[:1]}},
        "/akash/oracle/v2/aggregated_price/akt": price,
        "/akash/oracle/v2/params": {
            "params": {"sources": [feed, lcd.account(41)], "min_price_sources": 2, "twap_window": "60s"}
        },
        f"{WASM}/contract/{feed}": {"contract_info": {"admin": lcd.account(41)}},
        f"{ACCOUNTS}/{feed}": {"account": {"address": feed, "pub_key": None}},
        f"{ACCOUNTS}/{lcd.account(41)}": {"account": {"address": lcd.account(41), "pub_key": KEY}},
    }
    return replace(state, bodies={**state.bodies, **bodies})


def _short(request: Request) -> Request:
    """A market's list gives as many rows as are asked for; this one has short pages."""
    limit = min(ROWS, int(request.params.get("pagination.limit", ROWS)))
    return replace(request, params={**request.params, "pagination.limit": str(limit)})
