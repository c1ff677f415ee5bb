"""Validators that one operator runs, by what they say of themselves."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.networks import networks
from ingest.publication import build
from publish.operators import identity, operators, with_operators
from store.addresses import account as account_of
from store.landing import Landing
from store.mart import opened
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, check, frame, holdings, observation
from tests.worlds.lcd import valoper

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TEXTS = pl.Schema({"network": pl.String(), "name": pl.String(), "subject": pl.String(), "exact": pl.String()})


def said(*rows: tuple[str, int, str, str, str]) -> pl.DataFrame:
    """Texts from (network, number, moniker, identity, website)."""
    found = []
    for network, number, *words in rows:
        for name, text in zip(("moniker", "identity", "website"), words, strict=True):
            if text:
                found.append((network, name, valoper(number, network), text))
    return pl.DataFrame(found, schema=TEXTS, orient="row")


def merged(found: pl.DataFrame) -> dict[str, set[str]]:
    rows = found.filter(pl.col("address").str.contains("valoper")).select("entity", "address")
    groups: dict[str, set[str]] = {}
    for entity, address in rows.iter_rows():
        groups.setdefault(entity, set()).add(address)
    return groups


def test_the_same_identity_is_one_operator_on_both_chains() -> None:
    texts = said(
        ("akash", 1, "Node A", "5489ade7b1b91c65", ""),
        ("fetch", 2, "Node A", " 5489ADE7B1B91C65 ", ""),
        ("fetch", 3, "Other", "0000000000000001", ""),
    )
    found = operators(texts)
    assert found.schema == ENTITIES
    assert merged(found) == {"operator-5489ade7b1b91c65": {valoper(1, "akash"), valoper(2, "fetch")}}
    row = found.filter(pl.col("address") == valoper(1, "akash")).row(0, named=True)
    assert (row["name"], row["kind"], row["recorded_at"]) == ("Node A", "operator", None)
    assert row["source"] == ("said by the validator in the staking module: identity 5489ADE7B1B91C65 (also of 1 more)")
    assert account_of(valoper(1, "akash")) in set(found["address"])


def test_operators_are_joined_through_others_and_each_keeps_its_own_evidence() -> None:
    texts = said(
        ("akash", 1, "A one", "5489ADE7B1B91C65", ""),
        ("akash", 2, "A two", "5489ADE7B1B91C65", "https://www.a.example/x"),
        ("akash", 3, "A three", "", "a.example"),
    )
    found = operators(texts)
    assert set(merged(found)) == {"operator-a.example"}
    evidence = dict(found.select("address", "source").iter_rows())
    assert "identity" not in evidence[valoper(3)]
    assert "domain a.example (also of 1 more)" in evidence[valoper(3)]
    assert "domain" not in evidence[valoper(1)]


def test_a_page_on_a_shared_site_joins_nobody() -> None:
    texts = said(
        ("akash", 1, "A", "", "https://twitter.com/a"),
        ("akash", 2, "B", "", "https://twitter.com/b"),
        ("akash", 3, "C", "", "c.github.io"),
        ("akash", 4, "D", "", "d.github.io"),
        ("akash", 5, "E", "", ""),
        ("akash", 6, "F", "none", ""),
        ("akash", 7, "G", "none", ""),
    )
    assert operators(texts).is_empty()


@pytest.mark.parametrize("text", ["", "lD08DACF48F4E81D7", "5489ADE7B1B91C6", "5489ADE7B1B91C65F", "keybase"])
def test_what_is_no_identity_joins_nobody(text: str) -> None:
    assert identity(text) == ""


@given(st.text(max_size=40))
def test_any_text_a_validator_writes_is_taken(text: str) -> None:
    assert identity(text) == "" or len(identity(text)) == 16


def test_operators_of_real_chains_are_found(shared: Path) -> None:
    """akashnet-1 and fetchhub-2 in 2021: three validators of StakeTab, and two operators who ran on both chains."""
    rows = []
    for network, export in (("akash", "akashnet1_state_2021"), ("fetch", "fetchhub2_stage_2021")):
        with gzip.open(shared / f"cosmos/{export}.json.gz") as file:
            state = json.load(file)
        for row in state.get("app_state", state)["staking"]["validators"]:
            words = row["description"]
            rows += [
                (network, name, row["operator_address"], words[name]) for name in ("moniker", "identity", "website")
            ]
    texts = pl.DataFrame(rows, schema=TEXTS, orient="row")
    found = operators(texts)
    sizes = {entity: len(members) for entity, members in merged(found).items()}
    assert sizes == {
        "operator-staketab.com": 3,
        "operator-4fe263d11b21735f": 2,
        "operator-1c5486895fd0090c": 2,
        "operator-dde22a590fa11060": 2,
    }
    both = found.group_by("entity").agg(pl.col("network").n_unique())
    assert set(both.filter(pl.col("network") == 2)["entity"]) == {
        "operator-4fe263d11b21735f",
        "operator-1c5486895fd0090c",
    }


def curated(network: str, number: int) -> pl.DataFrame:
    row = (
        network,
        valoper(number, network),
        "firm",
        "The Firm",
        "operator",
        None,
        None,
        "https://firm.example",
        NOW,
        None,
    )
    return pl.DataFrame([row], schema=ENTITIES, orient="row")


def test_a_group_with_a_curated_member_takes_its_name_and_leaves_it_alone() -> None:
    texts = said(
        ("akash", 1, "A", "5489ADE7B1B91C65", ""),
        ("fetch", 2, "B", "5489ADE7B1B91C65", ""),
        ("fetch", 3, "C", "0000000000000001", ""),
        ("fetch", 4, "C", "0000000000000001", ""),
    )
    found = with_operators(curated("akash", 1), texts)
    assert found.filter(pl.col("address") == valoper(1, "akash")).equals(curated("akash", 1))
    called = {
        address: (entity, name) for address, entity, name in found.select("address", "entity", "name").iter_rows()
    }
    assert called[valoper(2, "fetch")] == ("firm", "The Firm")
    assert called[valoper(3, "fetch")] == ("operator-0000000000000001", "C")
    assert found.select("network", "address").is_unique().all()


def test_without_texts_there_are_only_curated_entities() -> None:
    none = said()
    assert with_operators(curated("akash", 1), none).equals(curated("akash", 1))


def test_a_published_mart_merges_the_validators_of_one_operator(tmp_path: Path) -> None:
    """Three validators of 50, 30 and 20, of which the last two state one identity: two parties of 50 and 50."""
    landing, block = Landing(tmp_path), Block(7, "AA", NOW)

    def land(reading: str, kind: Kind, facts: Facts) -> None:
        measure = Measure.STAKE if kind is Kind.HOLDINGS else None
        one = Snapshot("akash", "akashnet-2", reading, kind, measure, "uakt", block, "Made up.", "https://lcd.example")
        check(facts, kind)
        landing.land(one, facts)

    stake = [("validators", valoper(number), amount) for number, amount in ((1, 50), (2, 30), (3, 20))]
    land("validators", Kind.HOLDINGS, Facts(holdings(stake)))
    texts = [observation("identity", NOW, "5489ADE7B1B91C65", "", subject=valoper(number)) for number in (2, 3)]
    land("names", Kind.OBSERVATIONS, Facts(frame(Kind.OBSERVATIONS, texts)))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        rows = mart.table(
            "SELECT grouping, round(value, 2) FROM metric"
            " WHERE metric = 'effective_parties' AND grouping IN ('address', 'control')"
        )
        sources = set(mart.table("SELECT source FROM entity WHERE entity = 'operator-5489ade7b1b91c65'")["source"])
    # 1 / (0.5² + 0.3² + 0.2²) and 1 / (0.5² + 0.5²).
    assert dict(rows.rows()) == {"address": 2.63, "control": 2.0}
    assert sources == {"said by the validator in the staking module: identity 5489ADE7B1B91C65 (also of 1 more)"}
