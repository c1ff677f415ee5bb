"""Finney's genesis (March 2023), from the chain's own snapshot file: decentralization on the first day."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.spread.metrics import distribution
from ingest.bittensor.genesis import finney_genesis
from ingest.importer import import_file
from ingest.networks import networks
from ingest.substrate.metadata import hashed, twox128
from store.addresses import address
from store.faults import BadData, ReadingError, SourceChanged
from store.impossible import check
from store.landing import Landing
from store.rows import Facts, Measure
from tests.worlds.each import each

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ALICE_KEY = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"


@pytest.fixture(scope="module")
def parts(shared: Path) -> dict[str, Facts]:
    packed = (shared / "bittensor" / "finney_genesis_snapshot.json.gz").read_bytes()
    found = {}
    for name, kind, _, unit, facts in finney_genesis(json.loads(gzip.decompress(packed)), "rao"):
        check(facts, kind)
        assert unit == "rao"
        found[name] = facts
    return found


def amounts(facts: Facts, population: str) -> list[int]:
    return [int(amount) for amount in facts.rows.filter(pl.col("population") == population)["amount"]]


@pytest.mark.slow
def test_stake_at_genesis_is_the_published_distribution(parts: dict[str, Facts]) -> None:
    stake = amounts(parts["stake"], "coldkeys")
    assert (len(stake), sum(1 for amount in stake if amount)) == (371, 370)
    assert sum(stake) == sum(amounts(parts["stake"], "hotkeys"))
    found = distribution(stake)
    assert found["gini_all"] == pytest.approx(0.810, abs=5e-4)
    assert found["top_10"] == pytest.approx(0.405, abs=5e-4)
    assert found["nc_gt_1_2"] == 17


@pytest.mark.slow
def test_balances_at_genesis_show_why_gini_is_no_headline(parts: dict[str, Facts]) -> None:
    free = amounts(parts["balances"], "coldkeys")
    assert len(free) == 18_618
    assert distribution(free)["gini"] == pytest.approx(0.98, abs=5e-3)
    assert distribution(free)["effective_parties"] == pytest.approx(62, abs=0.5)
    large = distribution([amount for amount in free if amount > 100 * 10**9])
    assert large["gini"] == pytest.approx(0.84, abs=5e-3)
    assert large["effective_parties"] == pytest.approx(56.4, abs=0.05)


def test_addresses_are_stored_as_public_keys() -> None:
    stake, balances = finney_genesis({"stakes": {ALICE: {ALICE: [5, 0]}}, "balances": {ALICE: 7}}, "rao")
    assert (stake[2], balances[2]) == (Measure.STAKE, Measure.TOKEN)
    assert balances[4].rows.rows() == [("coldkeys", ALICE_KEY, 7)]


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"balances": {}}, SourceChanged),
        ({"stakes": {}, "balances": {"5Nonsense": 1}}, BadData),
        ({"stakes": {}, "balances": {ALICE: -1}}, BadData),
        ({"stakes": {ALICE: {ALICE: ["5", 0]}}, "balances": {}}, BadData),
        ({"stakes": {ALICE: {ALICE: [5]}}, "balances": {}}, SourceChanged),
        # One account in two spellings: what the first has would be lost.
        ({"stakes": {}, "balances": {ALICE: 1, ALICE_KEY: 2}}, BadData),
        ({"stakes": {ALICE: {ALICE: [5, 0]}, ALICE_KEY: {ALICE: [7, 0]}}, "balances": {}}, BadData),
        ({"stakes": {ALICE: {ALICE: [5, 0], ALICE_KEY: [7, 0]}}, "balances": {}}, BadData),
    ],
)
def test_a_snapshot_that_cannot_be_true_is_refused(document: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        finney_genesis(document, "rao")


# --- the raw chain spec -----------------------------------------------------------------------------------------------

KEYS = {name: bytes([place]) * 32 for place, name in enumerate(("alice", "bob", "carol"), start=1)}
ISSUANCE = "0x" + (twox128("Balances") + twox128("TotalIssuance")).hex()


def raw(balances: dict[bytes, int], stakes: dict[tuple[bytes, bytes], int], reserved: int = 0) -> dict[str, Any]:
    """A chain spec as `build-spec --raw` writes it, invented: of accounts the free rao, of (hot, cold) the stake."""
    account, stake = twox128("System") + twox128("Account"), twox128("SubtensorModule") + twox128("Stake")
    top = {
        account + hashed(B2C, who): bytes(16) + rao(free) + rao(reserved) + bytes(24) for who, free in balances.items()
    }
    top |= {stake + hashed(B2C, hot) + cold: rao(staked) for (hot, cold), staked in stakes.items()}
    top[bytes.fromhex(ISSUANCE[2:])] = rao(sum(balances.values()) + reserved * len(balances))
    storage = {f"0x{key.hex()}": f"0x{value.hex()}" for key, value in top.items()}
    properties = {"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TAO"}
    return {"name": "Bittensor", "id": "bittensor", "properties": properties, "genesis": {"raw": {"top": storage}}}


B2C = "Blake2_128Concat"


def rao(amount: int) -> bytes:
    return amount.to_bytes(8, "little")


ALICE_RAW, BOB, CAROL = KEYS.values()
SMALL = raw({ALICE_RAW: 5, BOB: 7}, {(ALICE_RAW, CAROL): 11, (BOB, CAROL): 13}, reserved=1)


def landed(folder: Path, document: dict[str, Any], network: str = "bittensor") -> dict[str, pl.DataFrame]:
    """What lands of a document, by reading."""
    path, landing = folder / "raw_spec.json", Landing(folder)
    path.write_text(json.dumps(document))
    found = [one.snapshot for one in import_file(path, networks()[network], MARCH, landing)]
    assert all(one.block.height == 0 for one in found)
    return {one.reading: landing.read(landing.held(one)[0], one.key) for one in found}  # type: ignore[index]


MARCH = datetime(2023, 3, 20, tzinfo=UTC)


def test_an_invented_raw_spec_is_read_to_the_last_rao(tmp_path: Path) -> None:
    found = landed(tmp_path, SMALL)
    spelled = {name: f"0x{key.hex()}" for name, key in KEYS.items()}
    assert found["balances"].rows() == [("coldkeys", spelled["alice"], 6), ("coldkeys", spelled["bob"], 8)]
    assert found["stake"].rows() == [
        ("coldkeys", spelled["carol"], 24),
        ("hotkeys", spelled["alice"], 11),
        ("hotkeys", spelled["bob"], 13),
    ]


@pytest.mark.slow
def test_the_state_that_the_real_runtime_builds_is_that_of_the_snapshot(shared: Path, tmp_path: Path) -> None:
    built = json.loads(gzip.decompress((shared / "bittensor/genesis_balances_3000_state_218.json.gz").read_bytes()))
    # Its one subnet is of a later runtime than finney began with.
    alpha = key_of("SubtensorModule", "Alpha")
    top = {name: value for name, value in built["state"].items() if not name.startswith(alpha)}
    found = landed(tmp_path, {"genesis": {"raw": {"top": top}}, "properties": built["properties"]})
    packed = (shared / "bittensor/finney_genesis_snapshot.json.gz").read_bytes()
    free = {address(who).canonical: amount for who, amount in json.loads(gzip.decompress(packed))["balances"].items()}
    largest = dict(sorted(free.items(), key=lambda pair: -pair[1])[:3000])
    held = {who: int(amount) for _, who, amount in found["balances"].rows()}
    assert sum(held.values()) // 10**6 == 1_806_985_925
    assert held == largest
    assert "stake" not in found


@pytest.mark.slow
def test_a_part_of_the_snapshot_written_as_a_raw_spec_lands_the_same_rows(shared: Path, tmp_path: Path) -> None:
    """The storage is invented from every twentieth account of the real snapshot, by this test."""
    packed = json.loads(gzip.decompress((shared / "bittensor/finney_genesis_snapshot.json.gz").read_bytes()))
    part = {name: dict(list(packed[name].items())[::20]) for name in ("stakes", "balances")}
    key = {who: bytes.fromhex(address(who).canonical[2:]) for who in {*part["balances"], *names(part["stakes"])}}
    stakes = {(key[hot], key[cold]): entry[0] for cold, of in part["stakes"].items() for hot, entry in of.items()}
    found = landed(tmp_path, raw({key[who]: free for who, free in part["balances"].items()}, stakes))
    for reading, _, _, _, facts in finney_genesis(part, "rao"):
        assert found[reading].equals(facts.rows.sort("population", "holder")), reading


def names(stakes: dict[str, dict[str, Any]]) -> set[str]:
    return set(stakes) | {hot for of in stakes.values() for hot in of}


def with_storage(name: str, value: str) -> dict[str, Any]:
    """The small spec with another line of storage."""
    top = {**SMALL["genesis"]["raw"]["top"], name: value}
    return {**SMALL, "genesis": {"raw": {"top": top}}}


def key_of(pallet: str, item: str, rest: bytes = b"") -> str:
    return f"0x{(twox128(pallet) + twox128(item) + rest).hex()}"


RAW_FAULTS = [
    (with_storage(key_of("System", "Account", bytes(16) + CAROL), "0x" + "00" * 56), "behind its hash"),
    (with_storage(key_of("System", "Account", hashed(B2C, CAROL)), "0x00"), "has 1 bytes"),
    (with_storage(key_of("System", "Account", hashed(B2C, CAROL)), "0x" + "01" * 48), "the chain reports 14"),
    (with_storage(ISSUANCE, "0xff"), "the chain reports 255"),
    (with_storage(key_of("SubtensorModule", "Alpha", CAROL), "0x00"), "no state of March 2023"),
    (with_storage(key_of("SubtensorModule", "Stake", hashed(B2C, CAROL)), "0x" + "00" * 8), "a key of 48 bytes"),
    (with_storage("genesis", "0x"), "not hexadecimal"),
    (with_storage("0x00", "x"), "not hexadecimal"),
    ({**SMALL, "genesis": {"raw": {"top": {}}}}, "no System.Account"),
    ({**SMALL, "genesis": {"runtimeGenesis": {}}}, "not raw"),
    ({**SMALL, "genesis": None}, "not raw"),
    ({**SMALL, "properties": {"tokenSymbol": "DOT"}}, "tokenSymbol is 'DOT'"),
    ({**SMALL, "properties": {"tokenDecimals": 12}}, "tokenDecimals is '12'"),
    ({**SMALL, "properties": {"ss58Format": 0}}, "ss58Format is '0'"),
]


@each(("document", "words"), RAW_FAULTS, ids=lambda one: one if isinstance(one, str) else "")
def test_a_raw_spec_that_cannot_be_true_is_refused_in_words(
    tmp_path: Path, document: dict[str, Any], words: str
) -> None:
    with pytest.raises(ReadingError) as refused:
        landed(tmp_path, document)
    assert words in str(refused.value)
    assert Landing(tmp_path).files() == []


def test_a_raw_spec_is_of_no_cosmos_chain(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="Substrate"):
        landed(tmp_path, SMALL, "fetch")
