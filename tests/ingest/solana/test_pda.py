"""Which addresses keys can sign for, and which programs derive: equal to Solana's own library on a thousand keys."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from solders.pubkey import Pubkey

from ingest.solana.accounts import LOADER, SQUADS_3, SQUADS_4, programdata, vault
from ingest.solana.pda import derived, on_curve
from store.addresses import NotAnAddress, base58, unbase58

# Random ones, and the edges: nought, one, the prime and around it, with the sign and without.
EDGES = [
    (y + sign).to_bytes(32, "little")
    for y in (0, 1, 2, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2**255 - 1)
    for sign in (0, 2**255)
]
KEYS = [sha256(f"key {number}".encode()).digest() for number in range(1_000)]


@pytest.mark.slow
def test_a_key_is_one_where_the_curve_has_its_point_as_for_a_thousand_keys_of_solders() -> None:
    assert [on_curve(key) for key in KEYS] == [Pubkey(key).is_on_curve() for key in KEYS]
    assert 400 < sum(map(on_curve, KEYS)) < 600


@pytest.mark.parametrize("key", EDGES, ids=lambda key: key.hex())
def test_the_edges_of_the_field_are_told_as_solders_tells_them(key: bytes) -> None:
    assert on_curve(key) == Pubkey(key).is_on_curve()


@pytest.mark.slow
def test_addresses_of_programs_are_derived_as_solders_derives_them() -> None:
    for key in KEYS[:200]:
        program, seeds = base58(key[::-1]), [b"seed", key]
        found, _ = Pubkey.find_program_address(seeds, Pubkey.from_string(program))
        assert derived(seeds, program) == str(found)
        assert not on_curve(unbase58(derived(seeds, program)))


def test_a_program_that_is_no_address_is_refused() -> None:
    with pytest.raises(NotAnAddress):
        derived([b"seed"], "0" * 40)


def test_vaults_of_squads_follow_from_their_multisigs(shared: Path) -> None:
    known = json.loads((shared / "other" / "squads_vectors.json").read_text())
    assert [vault(known["v4_multisig"], index, SQUADS_4) for index in (0, 1)] == [
        known["v4_vault0"],
        known["v4_vault1"],
    ]
    assert vault(known["v3_ms"], 1, SQUADS_3) == known["v3_auth1"]
    assert (known["v4_program"], known["v3_program"]) == (SQUADS_4, SQUADS_3)


def test_real_vaults_follow_from_their_multisigs(shared: Path) -> None:
    pairs = json.loads((shared / "other" / "squads_v4_real_vaults.json").read_text())["pairs"]
    assert {one["name"] for one in pairs} >= {"Nosana"}
    for one in pairs:
        assert vault(one["multisig"], one["index"], SQUADS_4) == one["vault"]


def test_the_code_of_a_program_lies_where_the_loader_keeps_it(shared: Path) -> None:
    known = json.loads((shared / "other" / "solana_upgradeable.json").read_text())
    assert programdata("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA") == known["programdata_address"]
    assert LOADER.startswith("BPFLoaderUpgradeab1e")
