"""Validators that claim one operator: listed, one party under `claimed`, and in no headline."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publish.operators import ALIKE, BOTH, CLAIM, alike, claims, identity
from store.addresses import account as account_of
from tests.worlds.lcd import valoper

TEXTS = pl.Schema(
    {**dict.fromkeys(("network", "name", "subject", "exact"), pl.String()), "share": pl.Float64()},
)
ONE, OTHER = "5489ADE7B1B91C65", "0000000000000001"


def said(*rows: tuple[str, int, str, str, str], share: float = 0.1) -> pl.DataFrame:
    """Texts from (network, number, moniker, identity, website)."""
    found = []
    for network, number, *words in rows:
        for name, text in zip(("moniker", "identity", "website"), words, strict=True):
            if text:
                found.append((network, name, valoper(number, network), text, share))
    return pl.DataFrame(found, schema=TEXTS, orient="row")


def curated(*rows: tuple[str, int, str, str]) -> pl.DataFrame:
    """Labels from (network, number, entity, name)."""
    found = [(network, valoper(number, network), entity, name) for network, number, entity, name in rows]
    return pl.DataFrame(found, schema=dict.fromkeys(("network", "address", "entity", "name"), pl.String), orient="row")


def merged(texts: pl.DataFrame, labels: pl.DataFrame | None = None) -> dict[str, set[str]]:
    rows = claims(alike(texts), curated() if labels is None else labels)
    groups: dict[str, set[str]] = {}
    for entity, address in rows.filter(pl.col("address").str.contains("valoper")).select("entity", "address").rows():
        groups.setdefault(entity, set()).add(address)
    return groups


def told(texts: pl.DataFrame) -> dict[tuple[str, str], set[str]]:
    rows = alike(texts).select("alike", "said", "address").rows()
    groups: dict[tuple[str, str], set[str]] = {}
    for mark, text, address in rows:
        groups.setdefault((mark, text), set()).add(address)
    return groups


def test_two_claims_that_agree_make_one_operator_on_both_chains() -> None:
    texts = said(
        ("akash", 1, "Node A", "5489ade7b1b91c65", "https://www.a.example/x"),
        ("fetch", 2, "Node A", " 5489ADE7B1B91C65 ", "a.example"),
        ("fetch", 3, "Other", OTHER, "a.example"),
    )
    found = claims(alike(texts), curated())
    assert found.schema == CLAIM
    both = {valoper(1, "akash"), valoper(2, "fetch")}
    assert merged(texts) == {"claim:5489ade7b1b91c65:a.example": both}
    row = found.filter(pl.col("address") == account_of(valoper(1, "akash"))).row(0, named=True)
    assert row["name"] == "Node A"
    assert row["source"] == "says of itself: identity and website 5489ADE7B1B91C65 a.example; so do 1 more"


@pytest.mark.parametrize(
    ("first", "second", "mark"),
    [
        (("A", ONE, ""), ("B", ONE, ""), "identity"),
        (("A", ONE, "a.example"), ("B", ONE, ""), "identity"),
        (("A", ONE, "a.example"), ("B", ONE, "b.example"), "identity"),
        (("A", "", "a.example"), ("B", "", "a.example"), "website"),
        (("A", ONE, "a.example"), ("B", OTHER, "a.example"), "website"),
        (("Everstake", ONE, "a.example"), ("Еverstаke", OTHER, "b.example"), "name"),
        (("Ever Stake", "", ""), ("EVER-STAKE ✓", "", ""), "name"),
        (("Mill1on", "", ""), ("MiIIion", "", ""), "name"),
    ],
)
def test_one_text_alone_and_a_name_that_reads_alike_join_nobody_and_are_listed(
    first: tuple[str, str, str], second: tuple[str, str, str], mark: str
) -> None:
    texts = said(("akash", 1, *first), ("akash", 2, *second))
    assert merged(texts) == {}
    assert {kind: members for (kind, _), members in told(texts).items()} == {mark: {valoper(1), valoper(2)}}


def test_nobody_joins_others_by_standing_between_them() -> None:
    """Thirty validators, and thirty more of which each says the identity of one and the website of the next."""
    ids = [f"{number:016X}" for number in range(30)]
    rows = [("akash", number, f"V{number}", ids[number], f"v{number}.example") for number in range(30)]
    between = [
        ("akash", 100 + number, f"X{number}", ids[number], f"v{(number + 1) % 30}.example") for number in range(30)
    ]
    assert merged(said(*rows, *between)) == {}


def test_who_says_all_that_another_says_joins_that_one_and_nobody_else() -> None:
    rows = [("akash", number, f"V{number}", f"{number:016X}", f"v{number}.example") for number in range(30)]
    copies = [
        ("akash", 100 + number, "X", *words) for number, (*_, words) in enumerate((*one[:3], one[3:]) for one in rows)
    ]
    found = merged(said(*rows, *copies))
    assert sorted(map(sorted, found.values())) == sorted(sorted((valoper(n), valoper(100 + n))) for n in range(30))


def test_what_both_texts_join_is_not_told_again_for_each() -> None:
    texts = said(("akash", 1, "A", ONE, "a.example"), ("akash", 2, "A", ONE, "a.example"))
    assert set(told(texts)) == {(BOTH, f"{ONE} a.example")}
    third = said(("akash", 3, "C", ONE, ""))
    assert set(told(pl.concat([texts, third]))) == {(BOTH, f"{ONE} a.example"), ("identity", ONE)}


def test_the_list_says_what_was_said_and_how_large_each_is() -> None:
    texts = pl.concat([said(("akash", 1, "A", ONE, ""), share=0.3), said(("akash", 2, "B", ONE, ""), share=0.05)])
    found = alike(texts)
    assert found.schema == ALIKE
    assert sorted(found.select("name", "alike", "said", "share", "joined").rows()) == [
        ("A", "identity", ONE, 0.3, False),
        ("B", "identity", ONE, 0.05, False),
    ]


def test_a_page_on_a_shared_site_is_no_website_of_ones_own() -> None:
    texts = said(
        ("akash", 1, "A", ONE, "https://twitter.com/a"),
        ("akash", 2, "B", ONE, "https://twitter.com/b"),
        ("akash", 3, "C", OTHER, "c.github.io"),
        ("akash", 4, "D", OTHER, "d.github.io"),
        ("akash", 6, "F", "none", ""),
        ("akash", 7, "G", "none", ""),
    )
    assert merged(texts) == {}
    assert {mark for mark, _ in told(texts)} == {"identity"}


@pytest.mark.parametrize("text", ["", "lD08DACF48F4E81D7", "5489ADE7B1B91C6", "5489ADE7B1B91C65F", "keybase"])
def test_what_is_no_identity_joins_nobody(text: str) -> None:
    assert identity(text) == ""


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_text_a_validator_writes_is_taken(moniker: str, key: str, site: str) -> None:
    assert identity(key) == "" or len(identity(key)) == 16
    found = alike(said(("akash", 1, moniker, key, site), ("akash", 2, moniker, key, site)))
    assert set(found["address"]) <= {valoper(1), valoper(2)}


def test_who_says_the_same_as_a_labelled_one_is_claimed_to_be_that_party_whose_label_stays() -> None:
    texts = said(
        ("akash", 1, "A", ONE, "a.example"),
        ("fetch", 2, "B", ONE, "a.example"),
        ("fetch", 3, "C", OTHER, "c.example"),
        ("fetch", 4, "C", OTHER, "c.example"),
    )
    found = claims(alike(texts), curated(("akash", 1, "firm", "The Firm")))
    called = {address: (entity, name) for _, address, entity, name, _ in found.rows()}
    assert valoper(1, "akash") not in called
    assert called[valoper(2, "fetch")] == ("firm", "The Firm")
    assert called[valoper(3, "fetch")] == ("claim:0000000000000001:c.example", "C")
    assert found.select("network", "address").is_unique().all()


def test_two_labels_are_never_joined_by_a_claim() -> None:
    texts = said(*(("akash", number, "A", ONE, "a.example") for number in (1, 2, 3)))
    labels = curated(("akash", 1, "firm", "The Firm"), ("akash", 2, "bank", "The Bank"))
    assert merged(texts, labels) == {"bank": {valoper(3)}}


def test_a_labelled_party_cannot_stand_between_two_others_either() -> None:
    """The firm's two validators say what two others say: these join each its copy's group, and not each other."""
    texts = said(
        ("akash", 1, "A", ONE, "a.example"),
        ("akash", 2, "B", OTHER, "b.example"),
        ("akash", 3, "A", ONE, "a.example"),
        ("akash", 4, "B", OTHER, "b.example"),
    )
    labels = curated(("akash", 3, "firm", "The Firm"), ("akash", 4, "firm", "The Firm"))
    assert sorted(map(len, merged(texts, labels).values())) == [1, 1]


@pytest.mark.slow
def test_operators_of_real_chains_are_found(shared: Path) -> None:
    """akashnet-1 and fetchhub-2 in 2021: of three validators of StakeTab two say both the same."""
    rows = []
    for network, export in (("akash", "akashnet1_state_2021"), ("fetch", "fetchhub2_stage_2021")):
        with gzip.open(shared / f"cosmos/{export}.json.gz") as file:
            state = json.load(file)
        for row in state.get("app_state", state)["staking"]["validators"]:
            words = row["description"]
            rows += [
                (network, name, row["operator_address"], words[name], 0.1)
                for name in ("moniker", "identity", "website")
            ]
    texts = pl.DataFrame(rows, schema=TEXTS, orient="row")
    assert {entity: len(members) for entity, members in merged(texts).items()} == {
        "claim:d55266e648f3f70b:staketab.com": 2
    }
    assert {key: len(members) for key, members in told(texts).items()} == {
        (BOTH, "D55266E648F3F70B staketab.com"): 2,
        ("website", "staketab.com"): 3,
        ("identity", "DDE22A590FA11060"): 2,
    }
