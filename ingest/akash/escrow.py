"""Leases, deployments and escrow of Akash as the chain tells them, old and new shapes, in the terms of analytics.spend.

Nodes before v1.0.0 tell flat payments and accounts (`lease_id`, `account_id`, one `balance`, one `funds`); later ones
nest them (`id`, `state`) and keep a list of deposits. A lease of market v2beta1 has a list of prices.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from analytics.akash.escrow import Account, Deposit, Ledger, Payment, Settlement, account_of
from analytics.decimals import ONE
from ingest.cosmos.lcd import Lcd, NotFound
from ingest.fields import address, fixed, listed, once, table, text, whole, word
from store.faults import BadData, SourceChanged
from store.spelling import is_address

# Newest first; a node that does not know a version answers 501.
LEASES: Final = tuple(f"/akash/market/{version}/leases" for version in ("v2beta1", "v1beta5", "v1beta4"))
DEPLOYMENTS: Final = tuple(f"/akash/deployment/{version}/deployments" for version in ("v1beta5", "v1beta4", "v1beta3"))
# A lease that its provider reclaims (AEP-82) still pays. Without a state the list walks every lease of all time.
PAYING_STATES: Final = ("active", "reclaiming")
LEASE_STATES: Final = (*PAYING_STATES, "insufficient_funds", "closed")
SPELLING: Final = "bech32:akash"
ESCROW_STATES: Final = ("open", "closed", "overdrawn")
# What the console adds to the orders of its trial users (TRIAL_ATTRIBUTE, TRIAL_REGISTERED_ATTRIBUTE).
TRIALS: Final = ("console/trials", "console/trials-registered")


@dataclass(frozen=True, slots=True)
class Group:
    """What one order asks for: whose signatures a provider needs, and how much of each resource.

    cpu in thousandths of a core, memory and storage in bytes, gpus by vendor/model.
    """

    auditors: tuple[str, ...]
    trial: bool
    cpu: int
    memory: int
    storage: int
    gpus: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Market:
    """All leases that pay at one block with their escrow accounts, and the groups (owner/dseq/gseq) they serve."""

    ledger: Ledger
    groups: Mapping[str, Group]
    # Leases whose price is not the rate that escrow takes; none are expected.
    odd_prices: tuple[str, ...]

    def leases(self) -> Iterator[Payment]:
        """Every lease that pays."""
        for account in self.ledger.accounts.values():
            yield from account.payments


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease and its payment, before the order's demands are known."""

    payment: Payment
    state: str
    prices: tuple[tuple[str, int], ...]

    @property
    def price_is_rate(self) -> bool:
        """Whether escrow takes what the lease says."""
        return (self.payment.denom, self.payment.rate) in self.prices


def market(node: Lcd) -> Market:
    """Every paying lease with its account at the node's block; raises SourceChanged or BadData naming what is odd."""
    return node.once("market", lambda: _market(node))


def _market(node: Lcd) -> Market:
    leases: dict[str, list[Lease]] = {}
    for found in paying(node):
        leases.setdefault(account_of(found.payment.lease), []).append(found)
    rows = _deployments(node, leases)
    groups = {name: group for row in rows.values() for name, group in groups_of(row).items()}
    accounts = {
        name: account(rows[name], [_demanding(one.payment, groups) for one in leases[name]]) for name in sorted(leases)
    }
    odd = [one.payment.lease for found in leases.values() for one in found if not one.price_is_rate]
    return Market(Ledger(node.block.height, accounts), groups, tuple(odd))


def paying(node: Lcd) -> list[Lease]:
    """All leases that pay."""
    path = f"{_served(node, LEASES, 'leases')}/list"
    return [lease for state in PAYING_STATES for lease in _in_state(node, path, state)]


def ended(node: Lcd, before: Ledger, now: Market) -> Ledger:
    """The accounts of `now`, those of `before` until they are closed, and every lease that paid then and is in no list
    any more, looked up one by one.
    """
    accounts = dict(now.ledger.accounts)
    running = {payment.lease for payment in now.leases()}
    final = {
        name: [_final(node, payment) for payment in old.payments if payment.open and payment.lease not in running]
        for name, old in before.accounts.items()
    }
    idle = [name for name, old in before.accounts.items() if name not in accounts and (old.open or final[name])]
    accounts |= {name: account(row, ()) for name, row in _deployments(node, idle).items()}
    for name in final.keys() & accounts.keys():
        accounts[name] = replace(accounts[name], payments=_in_order([*accounts[name].payments, *final[name]]))
    return Ledger(node.block.height, accounts)


def lease(row: Mapping[str, Any]) -> Lease:
    """One row of a list of leases, of any version."""
    told = table(row, "lease")
    name = _lease_name(_either(told, "id", "lease_id"))
    state = word(told, "state")
    if state not in LEASE_STATES:
        raise SourceChanged(f"lease {name} is {state!r}; known: {', '.join(LEASE_STATES)}")
    prices = listed(told, "prices") if "prices" in told else [table(told, "price")]
    payment = payment_of(table(row, "escrow_payment"), name)
    return Lease(payment, state, tuple((word(price, "denom"), fixed(price, "amount")) for price in prices))


def payment_of(told: Mapping[str, Any], lease_name: str) -> Payment:
    """The payment of a lease; raises BadData when it is another lease's or mixes denoms."""
    flat = "account_id" in told
    state = told if flat else table(told, "state")
    account_name = word(told, "account_id", "xid") if flat else word(told, "id", "aid", "xid")
    stream = word(told, "payment_id") if flat else word(told, "id", "xid")
    owner, dseq, gseq, oseq, _, provider = lease_name.split("/")
    if (account_name.lower(), stream.lower()) != (f"{owner}/{dseq}", f"{gseq}/{oseq}/{provider}"):
        raise BadData(f"lease {lease_name} comes with the payment {account_name} {stream}")
    denom, rate = word(state, "rate", "denom"), fixed(state, "rate", "amount")
    for field in ("balance", "withdrawn"):
        if word(state, field, "denom") != denom:
            raise BadData(f"lease {lease_name}: rate in {denom}, {field} in {state[field]['denom']}")
    if rate <= 0:
        raise BadData(f"lease {lease_name} costs {rate} a block")
    settled = fixed(state, "balance", "amount") + whole(state, "withdrawn", "amount") * ONE
    return Payment(lease_name, denom, rate, settled, _escrow_state(state, lease_name) == "open")


def account(row: Mapping[str, Any], payments: Iterable[Payment]) -> Account:
    """The escrow account of a deployment with the payments of its leases."""
    told, name = table(row, "escrow_account"), deployment_name(row)
    if word(told, "id", "xid").lower() != name:
        raise BadData(f"deployment {name} comes with the escrow account {told['id']['xid']}")
    flat = "depositor" in told
    state = told if flat else table(told, "state")
    return Account(
        name=name,
        open=_escrow_state(state, name) == "open",
        settled_at=whole(state, "settled_at"),
        deposits=tuple(_flat_deposits(state)) if flat else _deposits(state, name),
        payments=_in_order(payments),
        settlement=Settlement.FULL_BLOCKS if flat else Settlement.WHOLE_UNITS,
        transferred=tuple((word(coin, "denom"), fixed(coin, "amount")) for coin in _transferred(state, flat=flat)),
        created_at=whole(row, "deployment", "created_at"),
    )


def _transferred(state: Mapping[str, Any], *, flat: bool) -> list[Any]:
    return [table(state, "transferred")] if flat else listed(state, "transferred")


def groups_of(row: Mapping[str, Any]) -> dict[str, Group]:
    """The groups of a deployment by owner/dseq/gseq."""
    found = {}
    for told in listed(row, "groups"):
        name = _either(table(told), "id", "group_id")
        spec = table(told, "group_spec")
        found[f"{_party(name, 'owner')}/{whole(name, 'dseq')}/{whole(name, 'gseq')}"] = _group(spec)
    return found


def deployment_name(row: Mapping[str, Any]) -> str:
    """owner/dseq of a row of a list of deployments."""
    name = _either(table(row, "deployment"), "id", "deployment_id")
    return f"{_party(name, 'owner')}/{whole(name, 'dseq')}"


def group_of(lease_name: str) -> str:
    """owner/dseq/gseq: the group that a lease serves."""
    return "/".join(lease_name.split("/")[:3])


def _group(spec: Mapping[str, Any]) -> Group:
    demand = table(spec, "requirements")
    signers = [*listed(demand, "signed_by", "all_of"), *listed(demand, "signed_by", "any_of")]
    auditors = auditors_of(text({"signed_by": signer}, "signed_by") for signer in signers)
    asked = {text(attribute, "key") for attribute in listed(demand, "attributes")}
    gpus: dict[str, int] = {}
    cpu = memory = storage = 0
    for unit in listed(spec, "resources"):
        wanted, count = _either(unit, "resource", "resources"), whole(unit, "count")
        cpu += count * whole(wanted, "cpu", "units", "val")
        memory += count * whole(wanted, "memory", "quantity", "val")
        storage += count * sum(whole(disk, "quantity", "val") for disk in listed(wanted, "storage"))
        for model, units in _gpus(wanted):
            gpus[model] = gpus.get(model, 0) + count * units
    return Group(auditors, not asked.isdisjoint(TRIALS), cpu, memory, storage, gpus)


def auditors_of(demanded: Iterable[str]) -> tuple[str, ...]:
    """Whose signatures an order demands, each once. The chain takes whatever a tenant writes for a signer; what is no
    address can sign nothing, and names nobody.
    """
    return tuple(text for text in dict.fromkeys(demanded) if is_address(text, SPELLING))


def _gpus(wanted: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """vendor/model and units; alternatives are joined by a bar, and a request that names none is any/any."""
    if wanted.get("gpu") is None:  # before 2023 orders could not ask for one
        return
    units = whole(wanted, "gpu", "units", "val")
    keys = [text(attribute, "key").split("/") for attribute in listed(wanted, "gpu", "attributes")]
    models = {f"{key[1]}/{key[3]}" for key in keys if len(key) > 3 and (key[0], key[2]) == ("vendor", "model")}
    if units:
        yield "|".join(sorted(models)) or "any/any", units


def _deposits(state: Mapping[str, Any], name: str) -> tuple[Deposit, ...]:
    """What is left of each deposit; raises BadData where they are not the funds that the account itself counts."""
    found = tuple(
        Deposit(address(told, "owner"), word(told, "balance", "denom"), fixed(told, "balance", "amount"))
        for told in listed(state, "deposits")
    )
    left: dict[str, int] = {}
    for deposit in found:
        left[deposit.denom] = left.get(deposit.denom, 0) + deposit.amount
    coins = once(listed(state, "funds"), lambda coin: word(coin, "denom"))
    # Of an overdrawn account the chain counts what it still owes, below zero.
    funds = {word(coin, "denom"): max(0, fixed(coin, "amount")) for coin in coins}
    if any(left.get(denom, 0) != funds.get(denom, 0) for denom in left | funds):
        raise BadData(f"escrow of {name} has deposits of {left} and funds of {funds}")
    return found


def _flat_deposits(state: Mapping[str, Any]) -> Iterator[Deposit]:
    """Before v1.0.0: `funds` came from the depositor's grant and were used before the owner's `balance`."""
    for payer, field in (("depositor", "funds"), ("owner", "balance")):
        amount = fixed(state, field, "amount")
        if amount > 0:
            yield Deposit(address(state, payer), word(state, field, "denom"), amount)


def _deployments(node: Lcd, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Rows of the deployments that have paying leases; one that the list lacks is looked up."""
    path = f"{_served(node, DEPLOYMENTS, 'deployments')}/list"
    active = node.pages(path, "deployments", _named, {"filters.state": "active"})
    return {name: active[name] if name in active else _deployment(node, name) for name in wanted}


def _named(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows of deployments by their names, each once, each with its groups and its account."""
    for row in rows:
        groups_of(row), account(row, ())
    return {deployment_name(row): row for row in once(rows, deployment_name)}


def _deployment(node: Lcd, name: str) -> dict[str, Any]:
    owner, dseq = name.split("/")

    def told(row: dict[str, Any]) -> dict[str, Any]:
        found = _named([row])
        if name not in found:
            raise BadData(f"asked for deployment {name}, got {', '.join(found)}")
        return row

    path = f"{_served(node, DEPLOYMENTS, 'deployments')}/info"
    return node.get(path, told, {"id.owner": owner, "id.dseq": dseq})


def _final(node: Lcd, payment: Payment) -> Payment:
    """What became of a lease that left the lists; what its order demanded is remembered."""
    owner, dseq, gseq, oseq, bseq, provider = payment.lease.split("/")
    name = {"owner": owner, "dseq": dseq, "gseq": gseq, "oseq": oseq, "provider": provider}
    # Older nodes do not know bseq; it is zero for all but a provider's second bid.
    asked = name if bseq == "0" else {**name, "bseq": bseq}

    def told(row: dict[str, Any]) -> Payment:
        found = lease(row).payment
        if found.lease != payment.lease:
            raise BadData(f"asked for lease {payment.lease}, got {found.lease}")
        return replace(found, auditors=payment.auditors, trial=payment.trial)

    path = f"{_served(node, LEASES, 'leases')}/info"
    return node.get(path, told, {f"id.{field}": value for field, value in asked.items()})


def _served(node: Lcd, bases: Iterable[str], field: str) -> str:
    """The newest version of a list that the node serves."""
    paths = [f"{base}/list" for base in bases]
    return node.first_list(paths, field, {"filters.state": "active"}).removesuffix("/list")


def _in_state(node: Lcd, path: str, state: str) -> list[Lease]:
    def told(rows: list[dict[str, Any]]) -> list[Lease]:
        found = [lease(row) for row in rows]
        once(found, lambda one: one.payment.lease)
        # A node that ignores the filter lists what ended as well.
        return [one for one in found if one.state == state]

    try:
        return node.pages(path, "leases", told, {"filters.state": state})
    except NotFound:
        # Before v2.1.0 no lease could be reclaimed, and a node does not know the word.
        if state != "reclaiming":
            raise
        return []


def _demanding(payment: Payment, groups: Mapping[str, Group]) -> Payment:
    name = group_of(payment.lease)
    if name not in groups:
        raise BadData(f"lease {payment.lease} serves a group that its deployment lacks")
    return replace(payment, auditors=groups[name].auditors, trial=groups[name].trial)


def _in_order(payments: Iterable[Payment]) -> tuple[Payment, ...]:
    """As the chain walks them: by the text gseq/oseq/provider."""
    return tuple(sorted(payments, key=lambda one: _stream(one.lease)))


def _stream(lease_name: str) -> str:
    _, _, gseq, oseq, _, provider = lease_name.split("/")
    return f"{gseq}/{oseq}/{provider}"


def _lease_name(told: Mapping[str, Any]) -> str:
    bseq = whole(told, "bseq") if "bseq" in told else 0
    numbers = "/".join(str(whole(told, field)) for field in ("dseq", "gseq", "oseq"))
    return f"{_party(told, 'owner')}/{numbers}/{bseq}/{_party(told, 'provider')}"


def _escrow_state(state: Mapping[str, Any], where: str) -> str:
    found = word(state, "state")
    if found not in ESCROW_STATES:
        raise SourceChanged(f"escrow of {where} is {found!r}; known: {', '.join(ESCROW_STATES)}")
    return found


def _either(told: Mapping[str, Any], newer: str, older: str) -> Mapping[str, Any]:
    """The object under the newer name, else under the older one; raises SourceChanged naming the newer."""
    return table(told, older if newer not in told and older in told else newer)


def _party(told: Any, *names: str) -> str:
    """An address; it must not hold the slash that separates the parts of a lease's name."""
    found = address(told, *names)
    if not found or "/" in found:
        raise SourceChanged(f"{'.'.join(names)} is no address: {found[:80]!r}")
    return found
