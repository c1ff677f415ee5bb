"""A random market served in each version's shapes, read from run to run: every unit that was paid is accounted for."""

import random
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from analytics.akash import escrow as spend
from ingest.akash.ledger import lease_ledger, ledger_of
from store.impossible import check
from store.rows import Kind
from tests.analytics.akash.test_escrow import PROVIDERS, one_step, units
from tests.ingest.cosmos.test_lcd import pinned
from tests.worlds.akash_market import DEPLOYMENT_OF, opened, sealed
from tests.worlds.escrow_chain import AccountState, Chain, LeaseState
from tests.worlds.lcd import Answer, State, Validator, chain, failure
from tests.worlds.servers import Reply, Request

LEASE_STATE = {"open": "active", "closed": "closed", "overdrawn": "insufficient_funds"}
# The node is read two blocks below its head; the block before counts for the market of a made-up chain.
BEHIND = 2


def node(market: Chain, version: str) -> Answer:
    """A node at the market's height, in the shapes of a version; three rows a page."""
    nested = version != "v1beta4"
    bodies = {
        f"/akash/market/{version}/leases/list": lambda request: leases(market, request, version),
        f"/akash/market/{version}/leases/info": lambda request: one_lease(market, request, version),
        f"/akash/deployment/{DEPLOYMENT_OF[version]}/deployments/list": lambda request: accounts(
            market, request, nested
        ),
        f"/akash/deployment/{DEPLOYMENT_OF[version]}/deployments/info": lambda request: one_account(
            market, request, nested
        ),
    }
    validators = [Validator(0, 10**12, 10**30)]
    return chain(State(validators, bodies=bodies, head=market.height + BEHIND))


def leases(market: Chain, request: Request, version: str) -> Any:
    asked = request.params.get("filters.state", "")
    wanted = opened(request.params["pagination.key"])[0] if "pagination.key" in request.params else [asked]
    if "reclaiming" in wanted:
        return failure(400, 3, "invalid state value")
    rows = [
        lease(name, key, stream, version)
        for name, account in sorted(market.accounts.items())
        for key, stream in sorted(account.leases.items())
        if LEASE_STATE[stream.state] in wanted
    ]
    return page(rows, "leases", request, wanted)


def accounts(market: Chain, request: Request, nested: bool) -> dict[str, Any]:
    rows = [deployment(name, one, nested) for name, one in sorted(market.accounts.items()) if one.state == "open"]
    return page(rows, "deployments", request, ["active"])


def page(rows: list[dict[str, Any]], field: str, request: Request, states: list[str]) -> dict[str, Any]:
    start = opened(request.params["pagination.key"])[1] if "pagination.key" in request.params else 0
    most = min(3, int(request.params.get("pagination.limit", "3")))
    key = sealed(states, start + most) if start + most < len(rows) else None
    shown = rows[start : start + most]
    return {field: shown, "pagination": {"next_key": key, "total": str(len(shown))}}


def one_lease(market: Chain, request: Request, version: str) -> Reply | dict[str, Any]:
    asked = {name: request.params[f"id.{name}"] for name in ("owner", "dseq", "gseq", "oseq", "provider")}
    name = f"{asked['owner']}/{asked['dseq']}"
    key = f"{name}/{asked['gseq']}/{asked['oseq']}/0/{asked['provider']}"
    stream = market.accounts[name].leases.get(key)
    return lease(name, key, stream, version) if stream else failure(404, 5, "lease not found")


def one_account(market: Chain, request: Request, nested: bool) -> dict[str, Any]:
    name = f"{request.params['id.owner']}/{request.params['id.dseq']}"
    return deployment(name, market.accounts[name], nested)


def coin(amount: Decimal) -> dict[str, str]:
    return {"denom": "uact", "amount": f"{amount:.18f}"}


def lease(name: str, key: str, stream: LeaseState, version: str) -> dict[str, Any]:
    owner, dseq, gseq, oseq, _, provider = key.split("/")
    nested = version != "v1beta4"
    told: dict[str, Any] = {
        ("id" if nested else "lease_id"): {
            "owner": owner,
            "dseq": dseq,
            "gseq": int(gseq),
            "oseq": int(oseq),
            "provider": provider,
        },
        "state": LEASE_STATE[stream.state],
        **({"prices": [coin(stream.rate)]} if version == "v2beta1" else {"price": coin(stream.rate)}),
    }
    state = {
        "owner": provider,
        "state": stream.state,
        "rate": coin(stream.rate),
        "balance": coin(stream.balance),
        "withdrawn": {"denom": "uact", "amount": str(int(stream.withdrawn))},
    }
    xid = f"{int(gseq)}/{int(oseq)}/{provider}"
    if nested:
        payment: dict[str, Any] = {"id": {"aid": {"scope": "deployment", "xid": name}, "xid": xid}, "state": state}
    else:
        payment = {"account_id": {"scope": "deployment", "xid": name}, "payment_id": xid, **state}
    return {"lease": told, "escrow_payment": payment}


def deployment(name: str, account: AccountState, nested: bool) -> dict[str, Any]:
    owner, dseq = name.split("/")
    groups = []
    for gseq in sorted({int(key.split("/")[2]) for key in account.leases}):
        spec = {
            "name": "g",
            "requirements": {"signed_by": {"all_of": [], "any_of": []}, "attributes": []},
            "resources": [],
        }
        groups.append(
            {("id" if nested else "group_id"): {"owner": owner, "dseq": dseq, "gseq": gseq}, "group_spec": spec}
        )
    identity = {("id" if nested else "deployment_id"): {"owner": owner, "dseq": dseq}}
    return {
        "deployment": {**identity, "state": "active", "created_at": str(account.created_at)},
        "groups": groups,
        "escrow_account": {"id": {"scope": "deployment", "xid": name}, **escrow(account, nested)},
    }


def escrow(account: AccountState, nested: bool) -> dict[str, Any]:
    head = {"owner": account.owner, "state": account.state, "settled_at": str(account.settled_at)}
    if nested:
        deposits = [
            {"owner": payer, "height": "1", "source": "x", "balance": coin(left)} for payer, left in account.deposits
        ]
        held = [coin(sum((left for _, left in account.deposits), Decimal(0)))]
        return {"state": {**head, "transferred": [coin(account.transferred)], "funds": held, "deposits": deposits}}
    left = dict(account.deposits)
    granters = [payer for payer in left if payer != account.owner]
    payer = granters[0] if granters else account.owner
    funds = left[payer] if granters else Decimal(0)
    return {
        **head,
        "transferred": coin(account.transferred),
        "depositor": payer,
        "funds": coin(funds),
        "balance": coin(left.get(account.owner, Decimal(0))),
    }


def read(market: Chain, version: str, earlier: list[pl.DataFrame]) -> pl.DataFrame:
    with pinned(node(market, version)) as lcd:
        facts = lease_ledger(lcd, earlier)
    check(facts, Kind.OBSERVATIONS)
    return facts.rows


def money(market: Chain) -> dict[str, int]:
    """What each provider got and what waits for it, told by the chain's bank and payments."""
    found: defaultdict[str, int] = defaultdict(int)
    for name in PROVIDERS:
        found[name] += units(market.bank[name])
    for account in market.accounts.values():
        for stream in account.leases.values():
            found[stream.provider] += units(stream.balance)
    return {name: amount for name, amount in found.items() if amount}


@pytest.mark.slow
@pytest.mark.parametrize("version", ["v2beta1", "v1beta5", "v1beta4"])
@pytest.mark.parametrize("seed", [2, 4, 5])
def test_what_is_read_from_run_to_run_is_what_the_chain_paid(version: str, seed: int) -> None:
    dice, market = random.Random(seed), Chain(legacy=version == "v1beta4")
    rows = [read(market, version, [])]
    for _ in range(40):
        one_step(market, dice)
        rows.append(read(market, version, rows[-1:]))
    for name, account in market.accounts.items():
        if account.state == "open":
            market.touch(name)
    rows.append(read(market, version, rows[-1:]))
    ledgers = [ledger_of(one) for one in rows]
    assert {stream.state for account in market.accounts.values() for stream in account.leases.values()} == {
        *LEASE_STATE
    }
    earned: defaultdict[str, int] = defaultdict(int)
    paid = 0
    for before, after in pairwise(ledgers):
        for flow in spend.accrued(before, after):
            earned[flow.provider] += flow.amount
            paid += flow.amount
    assert {name: amount for name, amount in earned.items() if amount} == money(market)
    outlay = -sum(units(amount) for name, amount in market.bank.items() if name not in {"escrow", *PROVIDERS})
    unspent = sum(units(left) for account in market.accounts.values() for _, left in account.deposits)
    assert outlay == paid + unspent + units(market.lost)
    put_in = sum(one.amount for before, after in pairwise(ledgers) for one in spend.deposited(before, after))
    # An account is not looked at before its first lease.
    unrented = sum(units(left) for one in market.accounts.values() if not one.leases for _, left in one.deposits)
    assert put_in == outlay - unrented
    assert bool(market.lost) is (version != "v1beta4"), "second leases begin, and the chain loses what the first earned"
