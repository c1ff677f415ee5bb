"""Curated facts: every row has evidence and says what the evidence says; one that lacks it is refused by name."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ingest.networks import fet, networks
from store import reference
from store.addresses import address
from store.faults import BadData
from store.reference import CUSTODIAN, entities
from tests.worlds.each import each

TAG = re.compile(r"name tag '([^']+)'")


@pytest.fixture(scope="module")
def labels() -> pl.DataFrame:
    found = entities()
    assert not found.is_empty()
    return found


def test_every_address_is_in_its_canonical_spelling(labels: pl.DataFrame) -> None:
    for written in labels["address"]:
        assert address(written).canonical == written


def test_every_row_is_of_a_known_network(labels: pl.DataFrame) -> None:
    assert set(labels["network"]) <= set(networks())


def test_every_row_names_a_public_source(labels: pl.DataFrame) -> None:
    for source in labels["source"]:
        assert re.search(r"https://\S+", source), source


def test_an_entity_is_of_one_kind(labels: pl.DataFrame) -> None:
    kinds = labels.group_by("entity").agg(pl.col("kind").n_unique().alias("kinds"))
    assert kinds.filter(pl.col("kinds") > 1).is_empty()


@pytest.mark.slow
def test_custodians_are_what_the_public_name_tags_say(labels: pl.DataFrame, shared: Path) -> None:
    with gzip.open(shared / "evm" / "labels_btl_ethereum.jsonl.gz", "rt") as file:
        tags = {row["address"].lower(): row for row in map(json.loads, file)}
    custodians = labels.filter((pl.col("kind") == CUSTODIAN) & (pl.col("network") == "fet"))
    assert custodians.height > 100
    for written, name, source in custodians.select("address", "name", "source").iter_rows():
        tag = TAG.search(source)
        assert tag is not None
        assert tag[1] == (tags[written].get("extra_info") or tags[written]["name"])
        # Some bear a newer name, or that of a daughter.
        assert tags[written]["name"] in name


def test_contracts_of_the_projects_are_those_of_their_own_lists(labels: pl.DataFrame, shared: Path) -> None:
    escrows = json.loads((shared / "evm" / "snet_mpe.json").read_text())
    published = escrows["1"]["FET"]["prod"]["address"].lower()
    assert labels.filter(pl.col("kind") == "escrow")["address"].to_list().count(published) == 1
    burned = {row["address"].lower() for row in json.loads((shared / "evm" / "btl_special_ethereum.json").read_text())}
    special = labels.filter((pl.col("entity") == "burn") & (pl.col("network") == "fet"))
    assert set(special["address"]) <= burned


def test_the_contracts_that_are_read_are_labelled(labels: pl.DataFrame) -> None:
    known = dict(labels.filter(pl.col("network") == "fet").select("address", "kind").iter_rows())
    assert (known[fet.BRIDGE], known[fet.ESCROW], known[fet.STAKING]) == ("bridge", "escrow", "staking")
    assert known[fet.DEAD] == "burn"


def test_every_event_names_a_public_source() -> None:
    assert reference.events()["source"].str.starts_with("https://").all()


# A whole row of each file, each value as TOML, and the reader of the file.
Reader = Callable[[Path], pl.DataFrame]
WHOLE: dict[str, tuple[Reader, dict[str, str]]] = {
    "entity": (
        entities,
        {
            "network": '"akash"', "address": '"akash1x"', "entity": '"x"', "name": '"X"', "kind": '"operator"',
            "source": '"a page"', "recorded_at": "2026-01-01",
        },
    ),
    "event": (
        reference.events,
        {"time": "2026-01-01T00:00:00Z", "network": '"akash"', "title": '"Halved"', "source": '"a page"'},
    ),
    "claim": (
        reference.claims,
        {
            "claim": '"a"', "reading": '"b"', "sentence": '"S"', "says": '"T"', "network": '"akash"',
            "measure": '"spend"', "period_start": "2026-01-01", "period_end": "2026-03-31", "claimed": "5",
            "bound": '"near"', "formula": '"sum"', "falsifier": '"f"', "public": '"p"', "who": '"w"',
            "kind": '"press"', "source": '"s"', "recorded_at": "2026-11-22",
        },
    ),
    "blank": (
        reference.blanks,
        {
            "network": '"fet"', "axis": '"both"', "state": '"not applicable"',
            "reason": '"no stake"', "source": '"a page"',
        },
    ),
    "planned": (
        reference.planned,
        {
            "title": '"Later"', "stack": '"data"', "says": '"two machines"', "source": '"a page"',
            "recorded_at": "2026-11-30",
        },
    ),
    "explorer": (
        reference.explorers,
        {
            "network": '"akash"', "title": '"Scan"', "account": '"https://scan.example/{address}"',
            "source": '"a page"', "recorded_at": "2026-12-01",
        },
    ),
}  # fmt: skip


def written(folder: Path, rows: str, row: dict[str, str]) -> Path:
    path = folder / f"{rows}.toml"
    path.write_text(f"[[{rows}]]\n" + "\n".join(f"{name} = {text}" for name, text in row.items()))
    return path


@pytest.mark.parametrize("rows", WHOLE)
def test_a_whole_row_is_read(tmp_path: Path, rows: str) -> None:
    read, row = WHOLE[rows]
    assert read(written(tmp_path, rows, row)).height == 1
    assert read(tmp_path / "none.toml").is_empty()


@each(("rows", "column"), [(rows, column) for rows, (_, row) in WHOLE.items() for column in row])
@each("fault", ["left out", "empty", "another type", "misspelled"])
def test_what_a_row_lacks_is_refused_with_its_file_and_column(
    tmp_path: Path, rows: str, column: str, fault: str
) -> None:
    read, whole = WHOLE[rows]
    row = dict(whole)
    text = row.pop(column)
    match fault:
        case "empty":
            row[column] = '""'
        case "another type":
            row[column] = "[1]"
        case "misspelled":
            row = {**whole, f"{column}s": text}
    with pytest.raises(BadData, match=rf"^{rows}\.toml: .*{column}|is a \[1\]; known"):
        read(written(tmp_path, rows, row))


@pytest.mark.parametrize(
    ("rows", "column", "text", "reason"),
    [
        ("event", "time", "2026-01-01T00:00:00", "without a zone"),
        ("entity", "kind", '"friend"', "is a 'friend'; known"),
        ("entity", "name", '"X, owner as of 2021"', "akash1x has no valid_to"),
        ("entity", "name", '"Former owner"', "akash1x has no valid_to"),
        ("entity", "name", '"“X”"', "akash1x has quotation marks"),
        ("entity", "entity", '"claim:x"', "akash1x is of no entity in small letters"),
        ("blank", "axis", '"math"', "is a 'math'; known"),
        ("planned", "stack", '"layer two"', "is a 'layer two'; known"),
        ("explorer", "account", '"https://scan.example/"', "has no address of a page"),
        ("explorer", "account", '"http://scan.example/{address}"', "has no address of a page"),
        ("explorer", "account", '"javascript:{address}"', "has no address of a page"),
        ("explorer", "account", '"https://{address}.example/"', "has no address of a page"),
        ("explorer", "account", '"https://scan.example/{address}/{address}"', "has no address of a page"),
        ("explorer", "account", '"https://scan.example/ {address}"', "has no address of a page"),
        ("claim", "claimed", "true", "cannot be True"),
        ("claim", "claimed", "-5", "claims -5"),
        ("claim", "claimed", "inf", "claims inf"),
        ("claim", "tolerance", "1", "has a tolerance of 1"),
        ("claim", "word", '"confirmed"', "a formula or a word, and not both"),
        ("claim", "word", '"proved"', "is a 'proved'; known"),
        ("claim", "period_end", "2025-01-01", "has no period of days"),
    ],
)
def test_a_value_that_cannot_be_is_refused(tmp_path: Path, rows: str, column: str, text: str, reason: str) -> None:
    read, whole = WHOLE[rows]
    with pytest.raises(BadData, match=reason):
        read(written(tmp_path, rows, {**whole, column: text}))


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "entity.toml").write_text("[[entity")
    with pytest.raises(BadData, match=r"^entity\.toml: "):
        entities(tmp_path / "entity.toml")


def test_what_is_planned_has_a_source_and_a_day_and_is_no_network_that_is_read() -> None:
    found = reference.planned()
    assert "ASI Chain" in set(found["title"])
    assert not {one.title for one in networks().values()} & set(found["title"])
    assert found["source"].str.starts_with("https://").all()
    assert (found["checked_at"].is_null() | (found["checked_at"] >= found["recorded_at"])).all()


def test_powers_off_the_chain_have_a_network_a_source_and_a_day() -> None:
    found = reference.offchain_powers()
    assert set(found["network"]) <= set(networks())
    assert {"akash", "fetch", "bittensor"} <= set(found["network"])
    assert found["source"].str.starts_with("https://").all()
    assert (found["checked_at"].is_null() | (found["checked_at"] >= found["recorded_at"])).all()


@pytest.mark.parametrize(
    ("left_out", "said"), [("source", "has no source"), ("who", "has no who"), ("recorded_at", "has no recorded_at")]
)
def test_a_power_off_the_chain_without_evidence_is_refused(tmp_path: Path, left_out: str, said: str) -> None:
    row = {"network": '"akash"', "kind": '"release"', "power": '"publish"', "who": '"somebody"'}
    row |= {"source": '"https://example.org"', "recorded_at": "2026-11-30"}
    (tmp_path / "powers.toml").write_text(
        "[[power]]\n" + "\n".join(f"{name} = {value}" for name, value in row.items() if name != left_out)
    )
    with pytest.raises(BadData, match=said):
        reference.offchain_powers(tmp_path / "powers.toml")
