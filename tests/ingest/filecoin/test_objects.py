"""Objects of Filecoin's states: the first blocks of two real networks, proved hash by hash; and bytes that are none."""

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ingest.filecoin.cbor import Link, big, decoded, link_of, name_of, named
from ingest.filecoin.control import _multisig
from ingest.filecoin.hamt import actor_of, found, key_of, pairs
from ingest.filecoin.power import claim_of, miner_of, owner_of, totals_of
from store.faults import BadData, SourceChanged
from tests.worlds.filecoin_state import Store, address, cbor, number


def genesis(shared: Path, network: str) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    told = json.loads((shared / "other" / f"filecoin_{network}_power.json").read_text())
    return told, {name: base64.b64decode(content) for name, content in told["blocks"].items()}


@pytest.mark.parametrize(("network", "miners"), [("mainnet", 3), ("butterflynet", 3)])
def test_a_recorded_first_state_adds_up_from_its_blocks_own_hash(shared: Path, network: str, miners: int) -> None:
    told, blocks = genesis(shared, network)

    def fetch(names: Sequence[str]) -> dict[str, bytes]:
        assert all(name_of(blocks[name]) == name for name in names)
        return {name: blocks[name] for name in names}

    root = decoded(fetch([told["root"]])[told["root"]])[8]
    assert named(root) == told["parent_state_root"]
    state = decoded(blocks[named(root)])
    # The first state of mainnet is the map of actors itself; later ones begin with a version.
    actors = found(named(state[1]) if network == "butterflynet" else named(root), [key_of("f04"), key_of("f06")], fetch)
    total = totals_of(blocks[named(actors[key_of("f04")][1])])
    claims = {actor_of(key): claim_of(value) for key, value in pairs(total.claims, fetch)}
    assert claims == {name: tuple(claim[-2:]) for name, claim in told["claims"].items()}
    assert sum(qa for _, qa in claims.values()) == total.qa
    assert sum(raw for raw, _ in claims.values()) == total.raw_committed
    assert (total.miners, len(claims)) == (miners, miners)


def test_recorded_power_of_fast_finality_has_the_name_that_its_own_library_gives_it(shared: Path) -> None:
    told = json.loads((shared / "other" / "filecoin_f3_powertable_calibnet_part.json").read_text())
    entries = told["Entries"]
    table = [[one["ID"], number(int(one["Power"])), base64.b64decode(one["PubKey"])] for one in entries]
    # certs.MakePowerTableCID of go-f3 v0.8.12 for these five; the recorded name is of all, and the others are lost.
    assert name_of(cbor(table)) == "bafy2bzacebgktig7nwwhvxfirsmj2e4awwkuwlddzpk77cx2srhbihlkop4zq"
    assert [[actor, big(power)] for actor, power, _ in decoded(cbor(table))] == [
        [one["ID"], int(one["Power"])] for one in entries
    ]
    assert link_of({"CID": {"/": told["CID"]}}, "CID") == told["CID"]


def test_a_recorded_miner_pledged_its_part_of_all_and_has_an_owner(shared: Path) -> None:
    told, blocks = genesis(shared, "butterflynet")
    root = named(decoded(blocks[told["parent_state_root"]])[1])
    keys = [key_of(name) for name in (*told["claims"], "f04")]
    heads = {actor_of(key): head for key, (_, head, *_) in found(root, keys, lambda names: pick(blocks, names)).items()}
    total = totals_of(blocks[named(heads.pop("f04"))])
    states = {name: decoded(blocks[named(head)]) for name, head in heads.items()}
    # A first state has rewards that vest and are in no total yet.
    assert sum(big(state[5]) for state in states.values()) == total.pledge == 3 * 480
    info, amount = miner_of(states["f01000"])
    assert (owner_of(blocks[info]), amount) == ("f0100", 480 + 6249999878634120)


def pick(blocks: Mapping[str, bytes], names: Sequence[str]) -> dict[str, bytes]:
    return {name: blocks[name] for name in names}


def test_the_root_key_of_mainnets_first_state_was_one_of_one(shared: Path) -> None:
    told, blocks = genesis(shared, "mainnet")
    state = found(
        told["parent_state_root"], [key_of("f06"), key_of("f080")], lambda names: {n: blocks[n] for n in names}
    )
    assert actor_of(decoded(blocks[named(state[key_of("f06")][1])])[0]) == "f080"
    assert _multisig("f080", decoded(blocks[named(state[key_of("f080")][1])])) == (("f0104",), 1)


def test_a_map_gives_back_what_was_written_and_finds_single_keys() -> None:
    store = Store()
    entries = {address(f"f0{place}"): number(place) for place in range(2_000)}
    root = store.map(entries).text
    asked: list[str] = []

    def fetch(names: Sequence[str]) -> dict[str, bytes]:
        asked.extend(names)
        return {name: store[name] for name in names}

    assert dict(pairs(root, fetch)) == entries
    asked.clear()
    some = [address("f07"), address("f01999"), address("f05000")]
    assert found(root, some, fetch) == {key: entries[key] for key in some[:2]}
    # Three ways down, of which the first step is one.
    assert len(asked) <= 7


@pytest.mark.parametrize("actor", ["f00", "f0127", "f0128", "f080", "f03759983", "f09223372036854775807"])
def test_an_actors_key_is_its_number_in_seven_bits_a_byte(actor: str) -> None:
    assert key_of(actor) == address(actor)
    assert actor_of(key_of(actor)) == actor


@pytest.mark.parametrize("key", [b"", b"\1\7", b"\0\x80\0", b"\0" + b"\xff" * 10, b"\0"])
def test_a_key_that_no_actor_has_is_refused(key: bytes) -> None:
    with pytest.raises(BadData, match="no actor's address"):
        actor_of(key)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "too early"),
        (b"\x82\x01", "too early"),
        (b"\x9a\xff\xff\xff\xff\x01", "too early"),
        (b"\xbb" + b"\xff" * 8, "too early"),
        (b"\x5b" + b"\xff" * 8, "too early"),
        (b"\x01\x01", "ends after 1"),
        (b"\x81" * 5_000 + b"\x01", "too many levels"),
        (b"\x9f\x01\xff", "not told"),
        (b"\xfb" + bytes(8), "kind 27"),
        (b"\xc1\x01", "tag 1"),
        (b"\xd8\x2a\x01", "tag 42"),
        (b"\xa1\x01\x01", "ends too early|in bytes|text that is none"),
        (b"\x62\xff\xfe", "ends too early|in bytes|text that is none"),
        (b"\x18\x07", "more bytes than it needs"),
        (b"\x19\x00\xff", "more bytes than it needs"),
        (b"\x9b" + bytes(8), "more bytes than it needs"),
        (b"\xa2\x61\x30\x01\x61\x30\x02", "twice"),
    ],
)
def test_bytes_that_are_no_object_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadData, match=why):
        decoded(content)


def test_no_odd_object_ends_the_decoder_in_another_way() -> None:
    dice, store = Random(7), Store()
    store.map({address(f"f0{place}"): [1, number(place), {"a": None}] for place in range(50)})
    for content in store.values():
        for _ in range(200):
            odd = bytearray(content)
            odd[dice.randrange(len(odd))] = dice.randrange(256)
            with suppress(BadData):
                decoded(bytes(odd[: dice.randrange(1, len(odd) + 1)]))


@pytest.mark.parametrize(
    "node",
    [
        [b"\3", [[[b"\0\7", 1]]]],
        [b"\1", [[[b"\0\7", 1], 7]]],
        [b"\1", [[[7, 1]]]],
        [1, []],
        [b"\1", [{"2": []}]],
        {},
    ],
)
def test_what_is_no_node_of_a_map_is_refused(node: object) -> None:
    with pytest.raises(BadData, match=r"no node|no pointer"):
        list(pairs("x", lambda names: {name: cbor(node) for name in names}))


def test_large_numbers_have_a_sign_and_no_other_byte() -> None:
    assert (big(b""), big(b"\0\1\0"), big(b"\1\2")) == (0, 256, -2)
    for wrong in (b"\2\1", 7, None):
        with pytest.raises(BadData):
            big(wrong)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "bafy",
        "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm3",
        "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
    ],
)
def test_a_name_has_one_spelling_and_one_kind(told: str) -> None:
    with pytest.raises(SourceChanged):
        link_of({"/": told})


def test_the_layout_of_the_power_actor_is_refused_where_it_is_another() -> None:
    states: tuple[Any, ...] = ([b""] * 12, [b""] * 16, {}, [*[b""] * 9, 1, 2, *[b""] * 5])
    for state in states:
        with pytest.raises(SourceChanged):
            totals_of(cbor(state))
    assert isinstance(Link(b"x"), bytes)
