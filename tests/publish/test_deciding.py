"""The fewest that decide over each part of a network, from what was read of it: a network that no file knows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from ingest.network import Deciding, Network
from ingest.networks import networks
from ingest.publication import described
from publish.deciding import rows
from store.draft import Draft

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
TOLD = Deciding("weights/judges", "quorum", 10, "pay/guilds", "of the pay is judged")
PAID = {"guild:1": 10, "guild:2": 20, "guild:3": 30, "guild:4": 40, "sink:nobody": 7}
JUDGES = {
    "guild:1/judges": {"a": 5, "b": 5},
    "guild:2/judges": {"a": 3, "b": 3, "c": 4},
    "guild:3/judges": {"a": 1},
    "guild:9/judges": {"z": 1},
    "guild:1/scribes": {"s": 99},
}
NEEDS = {"guild:1": "5", "guild:2": "6", "guild:4": "6"}


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Draft]:
    with Draft(tmp_path_factory.mktemp("deciding")) as draft:
        yield draft


def filled(draft: Draft, told: Deciding | None) -> Draft:
    network = Network("newcomer", "Newcomer", "data", "NEW", "new", 0, "hex", deciding=told)
    held = [(1, "guilds", one, amount) for one, amount in PAID.items()]
    held += [(2, population, one, amount) for population, of in JUDGES.items() for one, amount in of.items()]
    populations, holders = (list(dict.fromkeys(row[column] for row in held)) for column in (1, 2))
    tables: dict[str, list[dict[str, object]]] = {
        "snapshot": [
            {"id": 1, "network": "newcomer", "reading": "pay", "unit": "coin", "time": NOON},
            {"id": 2, "network": "newcomer", "reading": "weights", "unit": "weight", "time": NOON},
        ],
        "population": [{"id": place, "name": name} for place, name in enumerate(populations)],
        "holder": [{"id": place, "network": "newcomer", "address": one} for place, one in enumerate(holders)],
        "holding": [
            {"snapshot": of, "population": populations.index(p), "holder": holders.index(h), "amount": n}
            for of, p, h, n in held
        ],
        "observation": [
            {"network": "newcomer", "name": "quorum", "subject": part, "time": NOON, "exact": exact}
            for part, exact in NEEDS.items()
        ],
        "entity": [
            {"network": "newcomer", "address": one, "entity": "twins", "recorded_at": NOON} for one in ("a", "c")
        ],
    }
    for table, frame in described({network.name: network}).items():
        draft.replace(table, frame)
    for table, told_rows in tables.items():
        draft.replace(table, pl.DataFrame(told_rows))
    return draft


def test_each_part_has_the_fewest_that_reach_what_it_asks_for(draft: Draft) -> None:
    found = {
        (row["grouping"], row["part"]): (row["fewest"], json.loads(row["parties"]), int(row["amount"]), row["snapshot"])
        for row in rows(filled(draft, TOLD)).iter_rows(named=True)
    }
    assert found == {
        ("address", "guild:1"): (1, ["a"], 10, 2),
        ("control", "guild:1"): (1, ["twins"], 10, 2),
        ("address", "guild:2"): (2, ["c", "a"], 20, 2),
        ("control", "guild:2"): (1, ["twins"], 20, 2),
        # What it asks for, or who weighs there, was not read: not known, which is not nobody.
        ("address", "guild:3"): (None, [], 30, 2),
        ("control", "guild:3"): (None, [], 30, 2),
        ("address", "guild:4"): (None, [], 40, None),
        ("control", "guild:4"): (None, [], 40, None),
    }
    assert rows(draft)["unit"].unique().to_list() == ["coin"]


def test_a_network_that_declares_nothing_has_no_rows(draft: Draft) -> None:
    assert rows(filled(draft, None)).is_empty()


@pytest.mark.parametrize("network", [one for one in networks().values() if one.deciding], ids=lambda one: one.name)
def test_what_is_declared_rests_on_what_the_network_reads(network: Network) -> None:
    told = network.deciding
    assert told
    read = {reading.name for reading in network.readings}
    assert {told.population.partition("/")[0], told.over.partition("/")[0]} <= read
    assert told.denominator > 0
