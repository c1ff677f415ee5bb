"""Answers of akashnet-2, recorded in 2024 and 2026, field by field; and what changed shapes lead to."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from analytics.akash.escrow import Deposit, Payment, Settlement
from analytics.decimals import ONE
from ingest.akash.escrow import Group, account, deployment_name, groups_of, lease
from store.faults import BadData, SourceChanged
from tests.worlds.each import each
from tests.worlds.lcd import account as signer

OWNER = "akash102kdwsssl6jf4frdcz50mua6j0h6d8wdhjh7nq"
PROVIDER = "akash19zzh7whjt4vfwxd5wtj3tjtyatnpntfhldshd8"
DEPLOYER = "akash100dwtg4hqnd240x583spjwnk4kanp559xwtvmg"


def recorded(shared: Path, name: str) -> Any:
    return json.loads((shared / "cosmos/akash_2026" / name).read_text())["body"]


def first_lease(shared: Path) -> Any:
    return copy.deepcopy(recorded(shared, "akash_leases_list_v1beta5.json")["leases"][0])


def first_deployment(shared: Path) -> Any:
    return copy.deepcopy(recorded(shared, "akash_deployments_list_v1beta4.json")["deployments"][0])


def test_a_lease_of_2026_is_read_field_by_field(shared: Path) -> None:
    found = lease(first_lease(shared))
    payment = found.payment
    assert payment.lease == f"{OWNER}/25880666/1/1/0/{PROVIDER}"
    assert (payment.denom, payment.rate) == ("uact", 4_826603 * 10**12)
    assert payment.settled == 13_780_746 * ONE
    assert payment.open
    assert payment.provider == PROVIDER
    assert found.state == "active"
    assert found.prices == (("uact", 4_826603 * 10**12),)
    assert found.price_is_rate


def test_a_lease_of_2024_is_read_field_by_field(shared: Path) -> None:
    found = lease(recorded(shared, "akash_lease_legacy_v1beta3_v1beta4.json"))
    payment = found.payment
    assert payment.lease == (
        "akash1c3er49222vygzm6g4djr52muf3mspqam6cpqpy/17158585/1/1/0/akash1u5cdg7k3gl43mukca4aeultuz8x2j68mgwn28e"
    )
    assert (payment.denom, payment.rate) == ("uakt", 305_958 * 10**12)
    assert payment.settled == payment.rate * (17_181_604 - 17_158_596) == 7039_481664 * 10**12
    assert not payment.open
    assert found.state == "closed"


def test_a_lease_with_a_list_of_prices_is_read(shared: Path) -> None:
    row = first_lease(shared)
    price = row["lease"].pop("price")
    row["lease"]["prices"] = [{"denom": "uakt", "amount": "9.000000000000000000"}, price]
    assert lease(row).price_is_rate
    row["lease"]["prices"] = []
    assert not lease(row).price_is_rate


def test_a_deployment_of_2026_is_read_field_by_field(shared: Path) -> None:
    row = first_deployment(shared)
    assert deployment_name(row) == f"{DEPLOYER}/16122570"
    found = account(row, [])
    assert found.name == f"{DEPLOYER}/16122570"
    assert found.tenant == DEPLOYER
    assert found.open
    assert found.settled_at == 16_122_572
    assert found.settlement is Settlement.WHOLE_UNITS
    # The migration to ACT left `transferred` in uakt beside funds in uact: money is counted by denom.
    assert found.deposits == (Deposit(DEPLOYER, "uact", 292_317_57 * 10**16),)
    assert groups_of(row) == {
        f"{DEPLOYER}/16122570/1": Group((), trial=False, cpu=500, memory=2**29, storage=2**29, gpus={})
    }


def test_leases_of_one_account_are_paid_in_the_order_of_their_names(shared: Path) -> None:
    streams = ["10/1/0/b", "2/1/0/a", "1/1/0/z"]
    payments = [Payment(f"{DEPLOYER}/16122570/{stream}", "uact", ONE, 0, open=True) for stream in streams]
    found = account(first_deployment(shared), payments)
    # The store's keys are text: 1/1, 10/1, 2/1.
    assert [one.lease.rpartition("/")[2] for one in found.payments] == ["z", "b", "a"]


def test_a_granted_deposit_is_paid_by_the_granter(shared: Path) -> None:
    row = first_deployment(shared)
    granted = {
        "owner": "akash1granter",
        "height": "9",
        "source": "grant",
        "balance": {"denom": "uact", "amount": "1.5"},
    }
    state = row["escrow_account"]["state"]
    state["deposits"].insert(0, granted)
    state["funds"] = [{"denom": "uact", "amount": "292319.07"}]
    assert account(row, []).deposits[0] == Deposit("akash1granter", "uact", 15 * 10**17)


def test_the_deposits_of_a_real_node_are_the_funds_of_their_accounts(shared: Path) -> None:
    """Overdrawn, closed and mixed accounts too: what is owed (negative funds) is no deposit."""
    rows = json.loads((shared / "cosmos/akash_node_v2_1/deployments_active.json").read_text())["body"]["deployments"]
    assert {account(row, ()).name for row in rows} == {deployment_name(row) for row in rows}
    owed = [fund for row in rows for fund in row["escrow_account"]["state"]["funds"] if fund["amount"].startswith("-")]
    assert owed


@each(
    "deposits",
    [
        [],
        [{"owner": DEPLOYER, "balance": {"denom": "uact", "amount": "1"}}],
        [{"owner": DEPLOYER, "balance": {"denom": "uakt", "amount": "292317.570000000000000000"}}],
        [{"owner": DEPLOYER, "balance": {"denom": "uact", "amount": "292317.570000000000000000"}}] * 2,
    ],
)
def test_deposits_that_are_not_the_funds_of_their_account_are_refused_invented(shared: Path, deposits: Any) -> None:
    row = first_deployment(shared)
    row["escrow_account"]["state"]["deposits"] = deposits
    with pytest.raises(BadData, match=r"escrow of .* has deposits of .* and funds of"):
        account(row, ())


def legacy_deployment() -> dict[str, Any]:
    """The shape before v1.0.0 (deployment v1beta3): flat account, ids by their long names."""
    name = {"owner": DEPLOYER, "dseq": "7"}
    unit = {
        "resource": {
            "id": 1,
            "cpu": {"units": {"val": "1000"}, "attributes": []},
            "memory": {"quantity": {"val": "1024"}, "attributes": []},
            "storage": [{"name": "default", "quantity": {"val": "10"}, "attributes": []}],
            "gpu": {
                "units": {"val": "2"},
                "attributes": [
                    {"key": "vendor/nvidia/model/h100/ram/80Gi", "value": "true"},
                    {"key": "vendor/nvidia/model/a100", "value": "true"},
                ],
            },
        },
        "count": 3,
        "price": {"denom": "uakt", "amount": "100.000000000000000000"},
    }
    demand = {
        "signed_by": {"all_of": [signer(8)], "any_of": [signer(9), signer(8)]},
        "attributes": [{"key": "console/trials", "value": "true"}],
    }
    group = {"group_id": {**name, "gseq": 1}, "state": "open",
             "group_spec": {"name": "dc", "requirements": demand, "resources": [unit]}}  # fmt: skip
    escrow = {
        "id": {"scope": "deployment", "xid": f"{DEPLOYER}/7"},
        "owner": DEPLOYER,
        "state": "open",
        "balance": {"denom": "uakt", "amount": "5.000000000000000000"},
        "transferred": {"denom": "uakt", "amount": "0.000000000000000000"},
        "settled_at": "17158596",
        "depositor": "akash1granter",
        "funds": {"denom": "uakt", "amount": "3.000000000000000000"},
    }
    return {
        "deployment": {"deployment_id": name, "state": "active", "created_at": "7"},
        "groups": [group],
        "escrow_account": escrow,
    }


def test_a_deployment_of_2024_spends_the_grant_before_the_owners_balance() -> None:
    found = account(legacy_deployment(), [])
    assert found.deposits == (Deposit("akash1granter", "uakt", 3 * ONE), Deposit(DEPLOYER, "uakt", 5 * ONE))
    assert found.settlement is Settlement.FULL_BLOCKS


def test_a_group_tells_signatures_trial_and_resources_times_count() -> None:
    (group,) = groups_of(legacy_deployment()).values()
    assert group.auditors == (signer(8), signer(9))
    assert group.trial
    assert (group.cpu, group.memory, group.storage) == (3000, 3072, 30)
    assert group.gpus == {"nvidia/a100|nvidia/h100": 6}


@pytest.mark.parametrize("group", [None, 1, True, "group", []])
def test_a_group_that_is_none_is_refused(group: object) -> None:
    with pytest.raises(SourceChanged, match="is no object"):
        groups_of({"groups": [group]})


def test_an_order_from_before_gpus_asks_for_none(shared: Path) -> None:
    row = first_deployment(shared)
    wanted = row["groups"][0]["group_spec"]["resources"][0]["resource"]
    wanted["gpu"] = None
    assert [group.gpus for group in groups_of(row).values()] == [{}]
    del wanted["gpu"]
    assert [group.gpus for group in groups_of(row).values()] == [{}]


def without(row: Any, path: tuple[Any, ...], put: Any) -> Any:
    """The row with another value at a path, or with the field taken out when `put` is ..."""
    row = copy.deepcopy(row)
    place = row
    for key in path[:-1]:
        place = place[key]
    if put is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = put
    return row


def used(prefix: str, fields: str) -> list[tuple[Any, ...]]:
    steps = prefix.split(".") if prefix else []
    found = [[*steps, *field.split(".")] for field in fields.split()]
    return [tuple(int(step) if step.isdigit() else step for step in path) for path in found]


USED_OF_LEASE = [
    *used("", "lease lease.id lease.state lease.price escrow_payment escrow_payment.id escrow_payment.state"),
    *used("lease.id", "owner dseq gseq oseq provider"),
    *used("lease.price", "denom amount"),
    *used("escrow_payment.id", "aid.xid xid"),
    *used("escrow_payment.state", "state rate balance withdrawn rate.denom rate.amount balance.denom balance.amount"),
    *used("escrow_payment.state", "withdrawn.denom withdrawn.amount"),
]
UNIT = "groups.0.group_spec.resources.0"
USED_OF_DEPLOYMENT = [
    *used("", "deployment deployment.id groups escrow_account escrow_account.id escrow_account.state"),
    *used("deployment.id", "owner dseq"),
    *used("groups.0", "id id.owner id.dseq id.gseq group_spec group_spec.requirements group_spec.resources"),
    *used("groups.0.group_spec.requirements", "signed_by signed_by.all_of signed_by.any_of attributes"),
    *used(
        UNIT, "resource count resource.cpu resource.cpu.units resource.cpu.units.val resource.memory resource.storage"
    ),
    *used(f"{UNIT}.resource", "memory.quantity memory.quantity.val storage.0.quantity storage.0.quantity.val"),
    *used(f"{UNIT}.resource", "gpu.units gpu.units.val gpu.attributes"),
    *used("escrow_account", "id.xid state.state state.settled_at state.deposits"),
    *used("escrow_account.state.deposits.0", "owner balance balance.denom balance.amount"),
]


@each("put", [None, ...])
@each("path", USED_OF_LEASE)
def test_a_missing_or_nulled_field_of_a_lease_is_named(shared: Path, path: tuple[Any, ...], put: Any) -> None:
    with pytest.raises(SourceChanged, match=str(path[-1])):
        lease(without(first_lease(shared), path, put))


@each("put", [None, ...])
@each("path", USED_OF_DEPLOYMENT)
def test_a_missing_or_nulled_field_of_a_deployment_is_named(shared: Path, path: tuple[Any, ...], put: Any) -> None:
    row = without(first_deployment(shared), path, put)
    with pytest.raises(SourceChanged, match=str(path[-1])):
        (account(row, []), groups_of(row))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("lease", "state"), "paused", "is 'paused'; known: active, reclaiming"),
        (("escrow_payment", "state", "state"), "frozen", "is 'frozen'; known: open, closed, overdrawn"),
        (("escrow_payment", "state", "rate", "amount"), "4,8", "rate.amount is no decimal number"),
        (("escrow_payment", "state", "withdrawn", "amount"), "1.5", "withdrawn.amount is no whole number"),
        (("lease", "id", "provider"), "", "provider is no address"),
        (("lease", "id", "owner"), "a/b", "owner is no address"),
    ],
)
def test_an_unknown_word_or_number_is_named(shared: Path, path: tuple[str, ...], value: str, reason: str) -> None:
    with pytest.raises(SourceChanged, match=reason):
        lease(without(first_lease(shared), path, value))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("escrow_payment", "id", "xid"), "1/2/other", "comes with the payment"),
        (("escrow_payment", "id", "aid", "xid"), "someone/1", "comes with the payment someone/1"),
        (("escrow_payment", "state", "balance", "denom"), "uakt", "rate in uact, balance in uakt"),
        (("escrow_payment", "state", "withdrawn", "denom"), "uakt", "rate in uact, withdrawn in uakt"),
        (("escrow_payment", "state", "rate", "amount"), "0.000000000000000000", "costs 0 a block"),
    ],
)
def test_a_lease_that_contradicts_itself_is_refused(
    shared: Path, path: tuple[str, ...], value: str, reason: str
) -> None:
    with pytest.raises(BadData, match=reason):
        lease(without(first_lease(shared), path, value))


def test_an_escrow_account_of_another_deployment_is_refused(shared: Path) -> None:
    with pytest.raises(BadData, match="comes with the escrow account someone/1"):
        account(without(first_deployment(shared), ("escrow_account", "id", "xid"), "someone/1"), [])
