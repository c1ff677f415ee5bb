"""Many small chains in one mart, each a network of its own: validators, what they say, and who has a label."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from ingest.network import Network
from ingest.networks import networks
from ingest.publication import build
from store import reference
from store.addresses import account
from store.landing import Landing
from store.layout import objects
from store.mart import Mart
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.lcd import valoper

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS: Final = ("moniker", "identity", "website")


@dataclass(frozen=True)
class Chain:
    """A chain of validators by number: stake, texts by name, and labels as entity and kind.

    Who has texts and no stake is there and signs nothing. unread: stake that the chain tells of and nobody read.
    """

    stake: Mapping[int, int]
    texts: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    labels: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    unread: int = 0


def network(name: str) -> Network:
    """A network of its own with the rules and ways of Cosmos chains."""
    akash = networks()["akash"]
    shown = {column: key for column, key in akash.scorecard.items() if key.partition("/")[0] in READINGS}
    return replace(akash, name=name, title=name, chain_ids=(), gates=(), scorecard=shown, prices={})


READINGS: Final = ("validators", "delegators", "consensus")


def published(data: Path, chains: Mapping[str, Chain], patch: pytest.MonkeyPatch) -> Path:
    """Lands the chains and builds one mart of them."""
    for name, chain in chains.items():
        _land(data, name, chain)
    rows = [
        (name, address, entity, entity.title(), kind, None, None, "https://firm.example", NOON, NOON)
        for name, chain in chains.items()
        for number, (entity, kind) in chain.labels.items()
        for address in (valoper(number), account(valoper(number)))
    ]
    patch.setattr(reference, "entities", lambda: pl.DataFrame(rows, schema=ENTITIES, orient="row"))
    return build(data, {name: network(name) for name in chains})[0]


def _land(data: Path, name: str, chain: Chain) -> None:
    landing = Landing(data)

    def land(reading: str, measure: Measure | None, rows: pl.DataFrame, **more: object) -> None:
        kind = Kind.HOLDINGS if measure else Kind.OBSERVATIONS
        source = (Block(7, "AA", NOON), "Made up.", "https://lcd.example")
        landing.land(Snapshot(name, "made-1", reading, kind, measure, "uakt", *source, **more), Facts(rows))  # type: ignore[arg-type]

    power = [("validators", valoper(number), amount) for number, amount in chain.stake.items()]
    total = sum(chain.stake.values()) + chain.unread
    land("validators", Measure.STAKE, holdings(power), reported={"validators": total})
    land("consensus", Measure.VOTING_POWER, holdings(power))
    own = [
        (population, account(operator), amount)
        for _, operator, amount in power
        for population in ("delegators", f"delegators@{operator}")
    ]
    land("delegators", Measure.STAKE, holdings(own))
    told = [("quorum", "0.334"), ("threshold", "0.5"), ("veto_threshold", "0.334")]
    rows = [observation(name, NOON, text, "ratio", subject="gov") for name, text in told]
    rows += [
        observation(name, NOON, text, "", subject=valoper(number))
        for number, words in chain.texts.items()
        for name, text in words.items()
        if text
    ]
    land("names", None, frame(Kind.OBSERVATIONS, rows), newest_only=True)


# What was read, and what was written by strangers as it was written; all else follows and is looked at.
READ: Final = frozenset(
    {"meta", "landing_file", "snapshot", "reported", "population", "holder", "holding", "observation", "measured"}
)
SAID: Final = frozenset({"claim", "alike", "entity", "holder_label", "network"})
BESIDE: Final = "grouping <> 'claimed'"


def headlines(mart: Mart, name: str) -> dict[str, list[str]]:
    """All that the mart says of a network but what stands beside the headline: rows by table, without ids."""
    found = {}
    for one in objects():
        columns = [column.name for column in one.columns]
        if one.kind != "TABLE" or one.name in READ | SAID or not {"network", "snapshot"} & set(columns):
            continue
        by_snapshot = "network" not in columns
        source = f"{one.name} t JOIN snapshot s ON s.id = t.snapshot" if by_snapshot else f"{one.name} t"
        where = "s.network = ?" if by_snapshot else "t.network = ?"
        kept = [c for c in columns if c not in ("network", "snapshot", "snapshots", "earlier", "claimed")]
        shown = ", ".join(f"t.{column}" for column in kept) + (", s.reading AS reading" if by_snapshot else "")
        beside = f"AND t.{BESIDE}" if "grouping" in columns else ""
        rows = mart.table(f"SELECT {shown} FROM {source} WHERE {where} {beside} ORDER BY ALL", name)
        found[one.name] = [repr(row) for row in rows.rows()]
    return found


def effective(mart: Mart, name: str, grouping: str) -> list[float]:
    """Effective parties of the validators by their stake, where they were computed under the grouping."""
    query = """
        SELECT m.value FROM metric m JOIN snapshot s ON s.id = m.snapshot
        WHERE (s.network, s.reading, m.grouping, m.metric) = (?, 'validators', ?, 'effective_parties')
            AND m.population = (SELECT id FROM population WHERE name = 'validators')
    """
    return list(mart.table(query, name, grouping)["value"])
