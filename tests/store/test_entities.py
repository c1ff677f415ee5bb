"""Labels: every row is about a canonical address, has evidence, and says what the evidence says."""

import gzip
import json
import re
from pathlib import Path

import polars as pl
import pytest

from ingest.networks import fet, networks
from store.addresses import address
from store.labels import CUSTODIAN, KINDS, entities

TAG = re.compile(r"name tag '([^']+)'")


@pytest.fixture(scope="module")
def labels() -> pl.DataFrame:
    found = entities()
    assert not found.is_empty()
    return found


def test_every_address_is_in_its_canonical_spelling(labels: pl.DataFrame) -> None:
    for written in labels["address"]:
        assert address(written).canonical == written


def test_every_row_is_of_a_known_network_and_kind(labels: pl.DataFrame) -> None:
    assert set(labels["network"]) <= set(networks())
    assert set(labels["kind"]) <= set(KINDS)


def test_every_row_names_a_public_source(labels: pl.DataFrame) -> None:
    for source in labels["source"]:
        assert re.search(r"https://\S+", source), source


def test_an_entity_is_of_one_kind(labels: pl.DataFrame) -> None:
    kinds = labels.group_by("entity").agg(pl.col("kind").n_unique().alias("kinds"))
    assert kinds.filter(pl.col("kinds") > 1).is_empty()


def test_custodians_are_what_the_public_name_tags_say(labels: pl.DataFrame, shared: Path) -> None:
    with gzip.open(shared / "evm" / "labels_btl_ethereum.jsonl.gz", "rt") as file:
        tags = {row["address"].lower(): row for row in map(json.loads, file)}
    custodians = labels.filter((pl.col("kind") == CUSTODIAN) & (pl.col("network") == "fet"))
    assert custodians.height > 100
    for written, name, source in custodians.select("address", "name", "source").iter_rows():
        tag = TAG.search(source)
        assert tag is not None
        assert tag[1] == (tags[written].get("extra_info") or tags[written]["name"])
        assert name == tags[written]["name"]


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
