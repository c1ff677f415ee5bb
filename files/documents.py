"""The numbers of a mart as documents: one of all networks, one of each network and measure, one of each one's power."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from files.watched import Basis, counted
from questions import proposals
from questions.freshness import freshness
from questions.populations import Population
from questions.power import GROUPING, Power, table
from questions.ranking import ranking
from questions.scorecard import Cell, Row
from questions.thresholds import values
from questions.words import decimal, listed, several, share, short
from store.columns import ABOUT, Column
from store.mart import Mart
from store.visible import plain

FORMAT: Final = 1
# The largest parties; the mart has all.
PARTIES: Final = 100
NAMED: Final = 3
LONGEST: Final = 300
COLUMNS: Final = (
    *(
        "network",
        "measure",
        "metric",
        "population",
        "grouping",
        "rank",
        "party",
        "named_by",
        "address",
        "addresses",
        "amount",
    ),
    *("unit", "share", "cumulative", "chain_id", "block", "block_hash", "block_time", "endpoint", "coverage"),
    *("method_version", "simulated"),
)
# What a row is of: what a party has; how few parties are enough.
AMOUNT: Final = "amount"
FEWEST: Final = "fewest_parties"
# A share as readers see it, which no file for programs has.
PART: Final = "part"
NOBODY: Final = pl.DataFrame(schema=dict.fromkeys((*COLUMNS, PART), pl.String))
LARGEST: Final = ("rank", "party", "named_by", "address", "addresses", "amount", "share", "cumulative")


@dataclass(frozen=True, slots=True)
class Document:
    """What is told at one address: the numbers, a sentence, and rows for a table; columns: all that rows may have.

    shown: the columns of the table that readers see, with their headings.
    """

    path: str
    title: str
    sentence: str
    numbers: Mapping[str, Any]
    rows: pl.DataFrame
    shown: Mapping[str, str]


def of_network(mart: Mart, row: Row, basis: Basis, *, simulated: bool) -> list[Document]:
    """The documents of one network: its power, and each measure."""
    cells = [_cell(mart, row, cell, basis, simulated) for column, cell in row.cells.items() if column != Column.CONTROL]
    return [_power(mart, row.power, simulated), *cells]


def _cell(mart: Mart, row: Row, cell: Cell, basis: Basis, simulated: bool) -> Document:
    about, population = ABOUT[Column(cell.column)], cell.population
    found = values(mart, population, GROUPING) if population else {}
    rows = _parties(mart, cell, population, simulated) if population else NOBODY
    numbers = {
        "format": FORMAT,
        "simulated": simulated,
        "network": row.network,
        "title": row.title,
        "stack": row.stack,
        "measure": cell.column,
        "measure_title": about.title,
        "grouping": GROUPING,
        "sentence": sentence(cell),
        "verdict": verdict(cell),
        "source": source(population, basis) if population else None,
        "parties": None if population is None else population.n,
        "total": None if population is None else str(population.total),
        "reported_total": None
        if population is None or population.reported_total is None
        else str(population.reported_total),
        "metrics": {name: asdict(one) for name, one in sorted(found.items())},
        "largest": rows.select(LARGEST).to_dicts(),
    }
    shown = {
        "rank": "Rank",
        "party": "Party",
        PART: "Share",
        "amount": f"Amount, in {population.unit}" if population else "Amount",
    }
    return Document(
        f"{row.network}/{cell.column}", f"{row.title}: {about.title.lower()}", sentence(cell), numbers, rows, shown
    )


def verdict(cell: Cell) -> dict[str, Any]:
    """What is said of a cell: at most and at least so many equal parties, the word, who gates it; or which silence."""
    math, gate = cell.math, cell.gate
    return {
        "state": math.state,
        "word": math.words,
        "letter": math.letter,
        "text": math.text,
        "at_most": cell.bounds[1] if cell.bounds else math.number,
        "at_least": math.lower if math.number is not None else None,
        "as_claimed": math.claimed,
        "by_address": cell.by_address,
        "left_out": dict(cell.excluded),
        "rule": cell.version,
        "gate": {
            "state": gate.state,
            "text": gate.text,
            "how": gate.how,
            "half_needs": gate.number,
            "third_needs": gate.third,
        },
    }


def source(one: Population, basis: Basis) -> dict[str, Any]:
    """Where the numbers of a population come from."""
    return {
        "chain_id": one.chain_id,
        "reading": one.reading,
        "population": one.population,
        "block": one.height,
        "hash": one.hash,
        "time": _time(one.time),
        "since": _time(one.since),
        "endpoint": one.endpoint,
        "method": one.method,
        "labels": basis.of(one.network),
        "coverage": one.coverage,
        "unit": one.unit,
        "token": one.token_unit,
        "decimals": one.token_decimals,
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def sentence(cell: Cell) -> str:
    """What is said of a cell, as a sentence."""
    of = ABOUT[Column(cell.column)].title.lower()
    if cell.math.number is None:
        return f"{cell.title}, {of}: {cell.math.text}."
    told = verdict(cell)
    most, least = decimal(told["at_most"]), decimal(told["at_least"] or 1.0)
    spread = most if most == least else f"at most {most} and at least {least}"
    return f"{cell.title}, {of}: spread as over {spread} equal parties, {cell.math.text}."


def _parties(mart: Mart, cell: Cell, one: Population, simulated: bool) -> pl.DataFrame:
    """The largest parties, each row with where it was read."""
    rows = ranking(mart, one, GROUPING, PARTIES)
    party = [plain(name or "") or short(address) for name, address in rows.select("name", "address").iter_rows()]
    return rows.select(
        "rank",
        pl.Series("party", party, dtype=pl.String),
        pl.col("name_from").alias("named_by"),
        "address",
        "addresses",
        pl.col("base_units").alias("amount"),
        "share",
        "cumulative",
        pl.Series(PART, [share(part) for part in rows["share"]], dtype=pl.String),
        network=pl.lit(one.network),
        measure=pl.lit(cell.column),
        metric=pl.lit(AMOUNT),
        population=pl.lit(one.population),
        grouping=pl.lit(GROUPING),
        unit=pl.lit(one.unit),
        chain_id=pl.lit(one.chain_id),
        block=pl.lit(one.height),
        block_hash=pl.lit(one.hash),
        block_time=pl.lit(_time(one.time)),
        endpoint=pl.lit(one.endpoint),
        coverage=pl.lit(one.coverage, pl.Float64),
        method_version=pl.lit(cell.version),
        simulated=pl.lit(simulated),
    ).select(*COLUMNS, PART)


_REST: Final = """
    SELECT p.side, p.action, list({'reading': s.reading, 'chain_id': s.chain_id, 'block': s.height, 'hash': s.hash,
                                   'time': strftime(s.time, '%Y-%m-%dT%H:%M:%SZ')} ORDER BY s.reading) AS read
    FROM power p JOIN snapshot s ON list_contains(from_json(p.snapshots, '["INTEGER"]'), s.id)
    WHERE p.network = ? AND p.grouping = ? GROUP BY p.side, p.action
"""


def _power(mart: Mart, power: Power, simulated: bool) -> Document:
    """How few can force, and stop, each action on a network."""
    read = {(side, action): blocks for side, action, blocks in mart.table(_REST, power.network, GROUPING).iter_rows()}
    rows = table([power])
    actions = ["" if action == "any of the five" else action for action in rows["action"]]
    blocks = [read.get((side, action), []) for side, action in zip(rows["side"], actions, strict=True)]
    at = [" ".join(f"{one['reading']}@{one['block']}:{one['hash']}" for one in several_) for several_ in blocks]
    told = [{**row, "read": list(found)} for row, found in zip(rows.to_dicts(), blocks, strict=True)]
    # Of what rests on one block the columns of other files; what rests on several has all of them in `read`.
    alone = [found[0] if len(found) == 1 else {} for found in blocks]
    named = {"chain_id": "chain_id", "block": "block", "hash": "block_hash", "time": "block_time"}
    types = {"block": pl.Int64()}
    rows = rows.with_columns(
        pl.Series("read", at, dtype=pl.String),
        *(
            pl.Series(column, [one.get(name) for one in alone], dtype=types.get(name, pl.String()))
            for name, column in named.items()
        ),
        metric=pl.lit(FEWEST),
        grouping=pl.lit(GROUPING),
        method_version=pl.col("rule"),
        simulated=pl.lit(simulated),
    )
    said = power_sentence(power)
    numbers = {
        "format": FORMAT,
        "simulated": simulated,
        "network": power.network,
        "title": power.title,
        "measure": "power",
        "grouping": GROUPING,
        "sentence": said,
        "actions": told,
    }
    shown = {
        "side": "Side",
        "action": "To",
        "number": "Fewest",
        "word": "In a word",
        "path": "By which way",
        "who": "By whom",
    }
    return Document(f"{power.network}/power", f"{power.title}: who can force or stop what", said, numbers, rows, shown)


def power_sentence(power: Power) -> str:
    """The fewest that can force something on a network, and stop it, as sentences."""
    told = []
    for side, does in (("force", "to force something on all others"), ("stop", "to stop others")):
        said = power.of(side)
        names = [plain(one.name) or short(one.address) for one in said.who]
        more = len(names) - NAMED
        who = listed(names[:NAMED] + [several(more, "other")] * (more > 0))
        told.append(f"{power.title}, {does}: {counted(said)}{f' ({who})' if said.number is not None and who else ''}.")
    return plain(" ".join(told), 2 * LONGEST)


def latest(
    mart: Mart, rows: Sequence[Row], basis: Basis, found: Sequence[Document], built: datetime, *, simulated: bool
) -> dict[str, Any]:
    """All networks at a glance, and which files there are."""
    meta = mart.table("SELECT generation FROM meta").row(0)
    return {
        "$schema": "latest.schema.json",
        "format": FORMAT,
        "simulated": simulated,
        "generation": meta[0],
        "built": built.isoformat(),
        "grouping": GROUPING,
        "networks": [_network(row, basis) for row in rows],
        "readings": [
            {
                **{name: row[name] for name in ("network", "reading", "state", "chain_id", "hash", "endpoint")},
                "block": row["height"],
                "time": _time(row["time"]),
            }
            for row in freshness(mart, built).iter_rows(named=True)
        ],
        "open_proposals": [_proposal(one) for one in proposals.still_open(proposals.proposals(mart), built)],
        "files": sorted(f"{one.path}.{ending}" for one in found for ending in ("json", "csv", "html")),
    }


def _network(row: Row, basis: Basis) -> dict[str, Any]:
    return {
        "network": row.network,
        "title": row.title,
        "stack": row.stack,
        "power": [
            {
                "side": side,
                "state": said.state,
                "number": said.number,
                "least": said.least,
                "if_unlabelled_are_one": said.lower,
                "word": said.words,
                "letter": said.letter,
                "text": said.text,
                "way": said.how,
                "seconds": said.seconds,
                "rule": said.version,
            }
            for side in ("force", "stop")
            for said in [row.power.of(side)]
        ],
        "measures": [
            {
                "measure": column,
                "sentence": sentence(cell),
                "verdict": verdict(cell),
                "source": source(cell.population, basis) if cell.population else None,
            }
            for column, cell in row.cells.items()
            if column != Column.CONTROL
        ],
    }


def _proposal(one: proposals.Proposal) -> dict[str, Any]:
    return {
        "network": one.network,
        "chain_id": one.chain_id,
        "number": one.number,
        "title": plain(one.title, LONGEST),
        "voting_end": _time(one.voting_end),
        "turnout": one.turnout,
        "block": one.height,
        "read_at": _time(one.read_at),
    }


def as_json(document: Mapping[str, Any]) -> bytes:
    """A document as it is written: the same numbers are the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"
