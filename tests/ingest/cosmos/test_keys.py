"""Who can have a chain's token minted, and who has the roles of a contract: answers invented after the sources."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import new, sha256
from typing import Any

import pytest

from ingest.cosmos.keys import Named, readings
from ingest.network import Network
from ingest.networks import networks
from store.addresses import bech32
from store.faults import SourceDown
from store.rows import Facts
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import at_once
from tests.worlds.lcd import ONE, State, Validator, account, chain, wasm_page
from tests.worlds.servers import Request

FETCH: Network = networks()["fetch"]
WASM, FACTORY, ACCOUNTS = "/cosmwasm/wasm/v1", "/osmosis/tokenfactory/v1beta1", "/cosmos/auth/v1beta1/accounts"
SECP256K1 = "/cosmos.crypto.secp256k1.PubKey"
BRIDGE, ALMANAC = (bech32("fetch", sha256(name).digest()) for name in (b"bridge", b"almanac"))
OVER = Named("afet", {"bridge": BRIDGE}, {"almanac": ALMANAC})
NOTHING: Mapping[str, Any] = {}
ADA, BOB, EVE, GOV = (account(number, "fetch") for number in (1, 2, 3, 4))


def entry(key: bytes, value: bytes) -> dict[str, str]:
    return {"key": key.hex().upper(), "value": base64.b64encode(value).decode()}


def role(name: str, holder: str, value: bytes = b"\x01") -> dict[str, str]:
    """As PrefixedStorage of cosmwasm-storage keeps it: access_control.rs of the bridge."""
    key = b"".join(len(one).to_bytes(2) + one for one in (b"access_control", holder.encode()))
    return entry(key + f"{name}_ROLE".encode(), value)


def bridge(*roles: Mapping[str, str], version: str = "0.3.0", public: int = 2**64 - 1) -> list[Mapping[str, str]]:
    state = {
        "supply": "5",
        "cap": "9",
        "fees_accrued": "1",
        "reverse_aggregated_allowance": "3",
        "paused_since_block_public_api": public,
        "paused_since_block_relayer_api": 2**64 - 1,
        "denom": "afet",
    }
    program = {"contract": "fetch-bridge", "version": version}
    rest = [entry(b"contract_info", json.dumps(program).encode())] if version else []
    refund = entry(b"\x00\x07refunds" + bytes(8), b"\x01")
    return [entry(b"\x00\x06config", json.dumps(state).encode()), refund, *rest, *roles]


def plain(address: str, key: bytes = b"k") -> dict[str, Any]:
    public = {"@type": SECP256K1, "key": base64.b64encode(key).decode()}
    return {"account": {"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": address, "pub_key": public}}


def multisig(address: str, needed: int, *keys: bytes) -> dict[str, Any]:
    public = [{"@type": SECP256K1, "key": base64.b64encode(one).decode()} for one in keys]
    key = {"@type": "/cosmos.crypto.multisig.LegacyAminoPubKey", "threshold": needed, "public_keys": public}
    base = {"address": address, "pub_key": key}
    return {"account": {"@type": "/cosmos.vesting", "base_vesting_account": {"base_account": base}}}


def signer(key: bytes) -> str:
    return bech32("fetch", new("ripemd160", sha256(key).digest()).digest())


def state(
    models: Sequence[Mapping[str, str]], admin: str = "", minter: str | None = BRIDGE, but: Mapping[str, Any] = NOTHING
) -> State:
    """A chain with a bridge; without a minter it has no token factory. but: other answers."""
    factory = {
        f"{FACTORY}/params": {"params": {"denom_creation_fee": []}},
        f"{FACTORY}/denoms/afet/authority_metadata": {"authority_metadata": {"admin": minter}},
        f"{FACTORY}/sudo_admins": {"sudo_admins": []},
    }

    def stored(request: Request) -> Any:
        return wasm_page(models, "models", request.params, 3)

    bodies: dict[str, Any] = {
        f"{WASM}/contract/{BRIDGE}": {"contract_info": {"admin": admin}},
        f"{WASM}/contract/{BRIDGE}/state": stored,
        f"{WASM}/contract/{ALMANAC}": {"contract_info": {"admin": EVE}},
        **{f"{ACCOUNTS}/{one}": plain(one) for one in (ADA, BOB, EVE)},
        **(factory if minter is not None else {}),
        **but,
    }
    return State([Validator(0, 10, 10 * ONE)], chain_id="fetchhub-4", prefix="fetch", denom="afet", bodies=bodies)


def read(world: State, name: str = "control") -> Facts:
    (reading,) = [one for one in readings(OVER) if one.name == name]
    with pinned(chain(world), chain_id=world.chain_id) as node:
        facts = reading.facts(node, at_once, list)
    FETCH.check(reading, facts)
    return facts


def held(world: State) -> set[tuple[str, str]]:
    return set(read(world).rows.select("population", "holder").rows())


def told(world: State) -> dict[tuple[str, str], str]:
    rows = read(world, "control_state").rows.select("name", "subject", "exact").iter_rows()
    return {(name, subject): exact for name, subject, exact in rows}


def test_invented_roles_are_all_that_the_contract_stores() -> None:
    models = bridge(role("ADMIN", ADA), role("MONITOR", BOB), role("RELAYER", BOB), role("APPROVER", EVE, b"\x00"))
    assert held(state(models, minter=None)) == {
        ("bridge/admin", ADA),
        ("bridge/monitor", BOB),
        ("bridge/relayer", BOB),
        ("almanac/upgrader", EVE),
    }


@pytest.mark.parametrize(
    ("version", "minter", "admin", "minters"),
    [
        # Without a token factory (SDK 0.45) nobody mints, whatever roles there are.
        ("0.3.0", None, EVE, set()),
        ("0.3.0", "", EVE, set()),
        # Its admins have the contract mint, and whoever may give it another program.
        ("0.3.0", BRIDGE, "", {ADA}),
        ("0.3.0", BRIDGE, EVE, {ADA, EVE}),
        # A program that cannot mint leaves it to who may replace it.
        ("0.2.9", BRIDGE, EVE, {EVE}),
        ("", BRIDGE, "", set()),
        ("latest", BRIDGE, "", set()),
        # A key is the minter itself.
        ("0.3.0", BOB, EVE, {BOB}),
    ],
)
def test_invented_minters_are_who_can_have_the_token_minted(
    version: str, minter: str | None, admin: str, minters: set[str]
) -> None:
    found = held(state(bridge(role("ADMIN", ADA), version=version), admin, minter))
    assert {holder for population, holder in found if population == "token/minter"} == minters


@pytest.mark.parametrize("nobody", ["x", "", "FETCH1" + "q" * 38, bech32("fetch", bytes(5)), account(1, "cosmos"), "é"])
def test_a_role_of_what_nobody_can_sign_with_is_nobodys_and_stops_no_reading(nobody: str) -> None:
    world = state(bridge(role("ADMIN", ADA), role("MONITOR", nobody)), bech32("fetch", bytes(255)))
    assert held(world) == {("bridge/admin", ADA), ("token/minter", ADA), ("almanac/upgrader", EVE)}
    assert told(world)["account", ADA] == "key"


def test_invented_sudo_admins_may_mint_every_token() -> None:
    found = held(state(bridge(), but={f"{FACTORY}/sudo_admins": {"sudo_admins": [BOB]}}))
    assert ("token/sudo_minter", BOB) in found


def test_what_an_invented_module_holds_is_left_to_governance() -> None:
    module = {"account": {"name": "gov", "base_account": {"address": GOV}}}
    world = state(bridge(role("ADMIN", GOV)), GOV, but={f"{ACCOUNTS}/{GOV}": module})
    assert held(world) == {("almanac/upgrader", EVE)}
    assert told(world)["account", GOV] == "module"


def test_the_keys_of_an_invented_multisig_are_named_and_how_many_must_sign() -> None:
    world = state(bridge(role("ADMIN", ADA)), but={f"{ACCOUNTS}/{ADA}": multisig(ADA, 2, b"a", b"b", b"c")})
    assert {holder for population, holder in held(world) if population == f"{ADA}/signers"} == {
        signer(one) for one in (b"a", b"b", b"c")
    }
    found = told(world)
    assert (found["account", ADA], found["threshold", ADA]) == ("contract", "2")
    assert found["proved", ADA] == "LegacyAminoPubKey"
    assert {found["account", signer(one)] for one in (b"a", b"b", b"c")} == {"key"}


def test_of_an_address_that_never_signed_nobody_can_tell_what_it_is() -> None:
    nothing = {"account": {"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": ADA, "pub_key": None}}
    long = bech32("fetch", bytes(32))
    world = state(bridge(role("ADMIN", ADA), role("MONITOR", long)), but={f"{ACCOUNTS}/{ADA}": nothing})
    found = told(world)
    assert ("account", ADA) not in found
    assert found["account", long] == "contract"


def test_the_state_of_an_invented_bridge_is_told() -> None:
    found = told(state(bridge(role("ADMIN", ADA), public=998)))
    assert {name: exact for (name, subject), exact in found.items() if subject in (BRIDGE, "afet")} == {
        "contract": "bridge",
        "bridge_version": "0.3.0",
        "bridge_supply": "5",
        "bridge_cap": "9",
        "bridge_fees_accrued": "1",
        "bridge_reverse_aggregated_allowance": "3",
        "bridge_public_paused": "true",
        "bridge_relayer_paused": "false",
        "token_factory": "present",
        "token_minter": BRIDGE,
    }


def test_a_chain_without_the_modules_has_no_such_keys() -> None:
    world = replace(state((), minter=None), bodies={})
    assert held(world) == set()
    assert told(world) == {("token_factory", "afet"): "absent"}


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([role("ADMIN", ADA)], "no configuration"),
        (bridge(role("mint", ADA)), "no role that is known"),
        (bridge({"key": "zz", "value": "AQ=="}), "not hexadecimal"),
        ([*bridge(), *bridge()], "twice|two pages"),
        ([entry(b"\x00\x06config", b"[]")], "is no object"),
        ([entry(b"\x00\x06config", b"{")], "is no JSON"),
    ],
)
def test_a_state_of_another_shape_is_refused(models: Sequence[Mapping[str, str]], said: str) -> None:
    with pytest.raises(SourceDown, match=said):
        read(state(models))


def test_the_account_of_somebody_else_is_refused() -> None:
    with pytest.raises(SourceDown, match="got that of"):
        read(state(bridge(role("ADMIN", ADA)), but={f"{ACCOUNTS}/{ADA}": plain(BOB)}))
