"""The market, deployment, escrow and provider interfaces of an Akash node over a market that a test makes up.

Follows answers of akashnet-2 recorded in August and September 2026 and, for pages, the node's query code: 100 rows
where no limit is given, `total` counts the rows of the page, a key holds its own states and ignores filters, an offset
needs a state, no state means every lease of all time.
"""

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from tests.worlds.lcd import ONE, Answer, State, Validator, account, chain, decimal, failure
from tests.worlds.servers import Reply, Request

USDC = "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"
STATES = ("active", "insufficient_funds", "closed", "reclaiming")
SETTLED_AT = 900
NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rented:
    """One lease with the deployment it alone lives on; amounts in 1e-18 of the denom."""

    dseq: int
    tenant: str
    provider: str
    denom: str
    rate: int
    state: str = "active"
    payer: str = ""
    funds: int = 10**9 * ONE
    settled: int = 0
    signed_by: tuple[str, ...] = NOBODY
    trial: bool = False
    gpus: Mapping[str, int] = field(default_factory=dict)
    bseq: int = 0
    price: int = 0

    @property
    def running(self) -> bool:
        return self.state in ("active", "reclaiming")


@dataclass(frozen=True)
class Served:
    """What a node knows and how it tells it: `nested` are the shapes since v1.0.0, `most` the largest page it sends."""

    leases: Sequence[Rented]
    version: str = "v1beta5"
    nested: bool = True
    reclaims: bool = True
    most: int = 10**9
    broken: frozenset[int] = frozenset()
    unlisted: frozenset[int] = frozenset()
    bodies: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 6.0
    time: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))


DEPLOYMENT_OF = {"v2beta1": "v1beta5", "v1beta5": "v1beta4", "v1beta4": "v1beta3"}
VALIDATORS = [Validator(0, 10**12, 10**30)]


def node(served: Served, head: int = 1000) -> Answer:
    """A node at `head` that holds this market at every height."""
    market = f"/akash/market/{served.version}/leases"
    deployment = f"/akash/deployment/{DEPLOYMENT_OF[served.version]}/deployments"
    bodies = {
        f"{market}/list": lambda request: leases_list(served, request),
        f"{market}/info": lambda request: lease_info(served, request),
        f"{deployment}/list": lambda request: deployments_list(served, request),
        f"{deployment}/info": lambda request: deployment_info(served, request),
        **served.bodies,
    }
    return chain(State(VALIDATORS, bodies=bodies, head=head, seconds=served.seconds, time=served.time))


def leases_list(served: Served, request: Request) -> Reply | dict[str, Any]:
    wanted = states_of(request, served)
    if isinstance(wanted, Reply):
        return wanted
    rows = [one for state in wanted for one in served.leases if one.state == state]
    if any(one.dseq in served.broken for one in rows):
        return failure(500, 13, "payment not found: fetching escrow payment for LeaseID")
    shown = page(rows, request, served.most, wanted)
    return shown if isinstance(shown, Reply) else encoded(shown, "leases", lambda one: lease(one, served))


def deployments_list(served: Served, request: Request) -> Reply | dict[str, Any]:
    listed = [one for one in served.leases if one.dseq not in served.unlisted]
    rows = [one for one in listed if one.running or request.params.get("filters.state") != "active"]
    shown = page(rows, request, served.most, ["active"])
    return shown if isinstance(shown, Reply) else encoded(shown, "deployments", lambda one: deployment(one, served))


def lease_info(served: Served, request: Request) -> Reply | dict[str, Any]:
    for one in served.leases:
        asked = tuple(request.params.get(f"id.{name}", "0") for name in ("dseq", "owner", "provider", "bseq"))
        if asked == (str(one.dseq), one.tenant, one.provider, str(one.bseq)):
            return lease(one, served)
    return failure(404, 5, "lease not found")


def deployment_info(served: Served, request: Request) -> Reply | dict[str, Any]:
    for one in served.leases:
        if str(one.dseq) == request.params.get("id.dseq") and one.tenant == request.params.get("id.owner"):
            return deployment(one, served)
    return failure(404, 5, "deployment not found")


def states_of(request: Request, served: Served) -> list[str] | Reply:
    if "pagination.key" in request.params:
        try:
            return opened(request.params["pagination.key"])[0]
        except ValueError:
            return failure(400, 3, "pagination: invalid key")
    state = request.params.get("filters.state", "")
    if not state:
        if int(request.params.get("pagination.offset", "0")):
            return failure(400, 3, "invalid request parameters. if offset is set, filter.state must be provided")
        return list(STATES)
    if state not in STATES or (state == "reclaiming" and not served.reclaims):
        return failure(400, 3, "invalid state value")
    return [state]


Page = tuple[Sequence[Rented], str | None]


def page(rows: Sequence[Rented], request: Request, most: int, states: Sequence[str]) -> Reply | Page:
    limit = int(request.params.get("pagination.limit", "100"))
    if limit > most:
        return failure(429, 8, f"grpc: received message larger than max ({limit * 1500} vs. {most * 1500})")
    start = opened(request.params["pagination.key"])[1] if "pagination.key" in request.params else 0
    key = sealed(states, start + limit) if start + limit < len(rows) else None
    return rows[start : start + limit], key


def encoded(shown: Page, field: str, encode: Callable[[Rented], dict[str, Any]]) -> dict[str, Any]:
    rows, key = shown
    return {field: [encode(one) for one in rows], "pagination": {"next_key": key, "total": str(len(rows))}}


def sealed(states: Sequence[str], position: int) -> str:
    """An opaque key as the node makes it: checksum, states, prefix and the primary key of the next row."""
    numbers = bytes(STATES.index(state) + 1 for state in states)
    body = bytes([len(numbers)]) + numbers + bytes([1]) + numbers[:1] + bytes([4]) + position.to_bytes(4)
    return base64.b64encode(zlib.crc32(body).to_bytes(4) + body).decode()


def opened(key: str) -> tuple[list[str], int]:
    raw = base64.b64decode(key, validate=True)
    body = raw[4:]
    if zlib.crc32(body).to_bytes(4) != raw[:4]:
        raise ValueError("checksum")
    return [STATES[number - 1] for number in body[1 : 1 + body[0]]], int.from_bytes(body[-4:])


def coin(denom: str, scaled: int) -> dict[str, str]:
    return {"denom": denom, "amount": decimal(scaled)}


def lease(one: Rented, served: Served) -> dict[str, Any]:
    name: dict[str, Any] = {"owner": one.tenant, "dseq": str(one.dseq), "gseq": 1, "oseq": 1, "provider": one.provider}
    if served.nested:
        name["bseq"] = one.bseq
    price = coin(one.denom, one.price or one.rate)
    told = {
        ("id" if served.nested else "lease_id"): name,
        "state": one.state,
        "created_at": str(one.dseq),
        "closed_on": "0" if one.running else "990",
        **({"prices": [price]} if served.version == "v2beta1" else {"price": price}),
        **({"reason": "lease_closed_invalid", "reclamation": None} if served.nested else {}),
    }
    return {"lease": told, "escrow_payment": payment(one, served)}


def payment(one: Rented, served: Served) -> dict[str, Any]:
    xid, stream = f"{one.tenant}/{one.dseq}", f"1/1/{one.provider}"
    state = {
        "owner": one.provider,
        "state": "open" if one.running else "closed",
        "rate": coin(one.denom, one.rate),
        "balance": coin(one.denom, one.settled % ONE),
        "withdrawn": {"denom": one.denom, "amount": str(one.settled // ONE)},
    }
    if not served.nested:
        return {"account_id": {"scope": "deployment", "xid": xid}, "payment_id": stream, **state}
    state["unsettled"] = coin(one.denom, 0)
    return {"id": {"aid": {"scope": "deployment", "xid": xid}, "xid": stream}, "state": state}


def deployment(one: Rented, served: Served) -> dict[str, Any]:
    name = {"owner": one.tenant, "dseq": str(one.dseq)}
    identity = "id" if served.nested else "deployment_id"
    return {
        "deployment": {identity: name, "state": "active" if one.running else "closed", "created_at": str(one.dseq)},
        "groups": [group(one, served)],
        "escrow_account": escrow(one, served),
    }


def group(one: Rented, served: Served) -> dict[str, Any]:
    attributes = [{"key": f"vendor/{model.replace('/', '/model/')}", "value": "true"} for model in one.gpus if model]
    unit = {
        "resource": {
            "id": 1,
            "cpu": {"units": {"val": "500"}, "attributes": []},
            "memory": {"quantity": {"val": "1073741824"}, "attributes": []},
            "storage": [{"name": "default", "quantity": {"val": "2147483648"}, "attributes": []}],
            "gpu": {"units": {"val": str(sum(one.gpus.values()))}, "attributes": attributes},
            "endpoints": [],
        },
        "count": 2,
        "price": coin(one.denom, 10 * one.rate),
    }
    demand = {
        "signed_by": {"all_of": [], "any_of": list(one.signed_by)},
        "attributes": [{"key": "console/trials", "value": "true"}] if one.trial else [],
    }
    name = {"owner": one.tenant, "dseq": str(one.dseq), "gseq": 1}
    spec = {"name": "dcloud", "requirements": demand, "resources": [unit]}
    return {("id" if served.nested else "group_id"): name, "state": "open", "group_spec": spec}


def escrow(one: Rented, served: Served) -> dict[str, Any]:
    name = {"scope": "deployment", "xid": f"{one.tenant}/{one.dseq}"}
    state, left = ("open", one.funds) if one.running else ("closed", 0)
    granted = one.payer not in ("", one.tenant)
    if not served.nested:
        balance, funds = (0, left) if granted else (left, 0)
        return {
            "id": name,
            "owner": one.tenant,
            "state": state,
            "balance": coin(one.denom, balance),
            "transferred": coin(one.denom, one.settled),
            "settled_at": str(SETTLED_AT),
            "depositor": one.payer or one.tenant,
            "funds": coin(one.denom, funds),
        }
    deposit = {
        "owner": one.payer or one.tenant,
        "height": "0",
        "source": "grant" if granted else "balance",
        "balance": coin(one.denom, left),
    }
    told = {
        "owner": one.tenant,
        "state": state,
        "transferred": [coin(one.denom, one.settled)],
        "settled_at": str(SETTLED_AT),
        "funds": [coin(one.denom, left)],
        "deposits": [deposit] if left else [],
    }
    return {"id": name, "state": told}


@cache
def provider(number: int) -> str:
    return account(1_000_000 + number)


@cache
def tenant(number: int) -> str:
    return account(2_000_000 + number)
