"""Build and publish: from landing and the reference files to the next mart."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import polars as pl

from analytics.spread.batches import Threshold
from ingest.cluster import Mapped
from ingest.imported import imported
from ingest.measuring import measure_elsewhere
from ingest.network import Deciding, Gate, Network, Reading, Rule, Way
from ingest.settings import memory
from publish import akash_market, claims, deciding, delegated, evidence, halting, operators, swept, turned, yardsticks
from publish.change import changes
from publish.concentration import method_version, metrics
from publish.trouble import errors, troubles
from store import grounds, reference
from store.columns import ABOUT
from store.described import IMPORTED
from store.draft import Distributions, Draft
from store.ledger import LISTS

# What landed with each imported network.
DESCRIPTIONS: Final = """
    SELECT network, max_by(described, row(time, id)) AS described FROM snapshot WHERE described <> ''
    GROUP BY network ORDER BY network
"""


def build(
    data: Path,
    networks: Mapping[str, Network],
    *,
    afresh: bool = False,
    doubted: Collection[Path] = (),
    shared: Mapped | None = None,
    events: pl.DataFrame | None = None,
    told: Callable[[Sequence[str]], None] = lambda _: None,
) -> tuple[Path, tuple[str, ...]]:
    """Build the next mart from landing and reference files and publish it.

    doubted: landing files that are looked at again. shared: who else computes the metrics of a mart that is built
    afresh. events: what happened, if not what data/reference tells. `told` hears of files that are torn, before the
    ledger is loaded.
    Returns the mart's path and what is said of them.
    """
    with Draft(data, afresh=afresh, memory=memory()) as draft:
        draft.doubt(doubted)
        fill(draft, networks, shared=shared if afresh else None, events=events)
        runs, torn = _ledger(draft, told)
        for table, rows in ledger(runs).items():
            draft.replace(table, rows)
        draft.replace("torn", pl.DataFrame({"message": torn}, {"message": pl.String()}))
        return draft.publish(datetime.now(UTC)), torn


def fill(
    draft: Draft,
    networks: Mapping[str, Network],
    *,
    shared: Mapped | None = None,
    events: pl.DataFrame | None = None,
    labels: pl.DataFrame | None = None,
) -> None:
    """Put into a draft all that follows from landing and the reference files; the ledger is not among it.

    events, labels: if not those that data/reference tells.
    """
    draft.replace("reference_file", reference.files())
    draft.replace("event", reference.events() if events is None else events)
    draft.replace("offchain_power", reference.offchain_powers())
    draft.replace("planned", reference.planned())
    draft.replace("explorer", reference.explorers().with_row_index("place"))
    draft.replace("yardstick", yardsticks.rows(reference.yardsticks()))
    draft.take_in()
    networks = {**imported(dict(draft.table(DESCRIPTIONS).iter_rows()), networks.values()), **networks}
    for table, rows in described(networks).items():
        draft.replace(table, rows)
    draft.replace("entity", reference.entities() if labels is None else labels)
    rules = thresholds(networks)
    measured = partial(metrics, rules=rules)
    if shared:
        measure_elsewhere(draft, rules, shared)
    draft.measure(method_version(rules), measured)
    draft.take_in_swept(swept.version())
    draft.keep_newest()
    draft.keep_ranks()
    told_of, blanks = reference.claims(), reference.blanks()
    if not draft.stands("all that is told of the newest", grounds.everything(draft, told_of, blanks)):
        _tell(draft, measured, told_of)


def _tell(draft: Draft, measured: Callable[[Distributions], pl.DataFrame], told_of: pl.DataFrame) -> None:
    """Write what follows from the newest of all, and from what was measured before."""
    draft.replace("alike", operators.alike(draft.table(operators.TEXTS)))
    draft.replace("claim", operators.claims(draft.table("FROM alike"), draft.table(operators.CURATED)))
    draft.measure_newest(measured)
    draft.replace("delegated", delegated.rows(draft))
    draft.replace("change", changes(draft))
    draft.replace("halt_cost", halting.halt_costs(draft))
    draft.replace("slack", halting.slacks(draft))
    draft.replace("verdict", evidence.verdict_rows(draft))
    draft.replace("deciding_set", deciding.rows(draft))
    for table, rows in evidence.power_rows(draft).items():
        draft.replace(table, rows)
    draft.replace("claim_reading", claims.rows(draft, told_of))
    for table, rows in (akash_market.rows(draft) | turned.rows(draft)).items():
        draft.replace(table, rows)


def _ledger(draft: Draft, told: Callable[[Sequence[str]], None]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The runs, of which the last names what is torn: landing files, and lines of the ledger itself."""
    files = tuple(map(str, draft.torn.values()))
    told(files)
    runs, damaged = draft.landing.ledger.runs()
    if not damaged:
        return runs, files
    torn = files + tuple(map(str, damaged))
    told(torn)
    return draft.landing.ledger.runs()[0], torn


def thresholds(networks: Mapping[str, Network]) -> tuple[Threshold, ...]:
    """Every threshold that some chain's own rules name, once."""
    rules = [Threshold(r.numerator, r.denominator, r.strict) for network in networks.values() for r in network.rules]
    return tuple(dict.fromkeys(rules))


def described(networks: Mapping[str, Network]) -> dict[str, pl.DataFrame]:
    """What pages need to know of networks, readings, rules and ways to power, as tables of the mart."""
    known = networks.values()
    return {
        "network": _table(map(_network, known)),
        "unit": _table(
            {"network": one.name, "unit": unit, **_every(told)} for one in known for unit, told in one.all_units.items()
        ),
        "word": _table(
            {"network": one.name, "name": name, "word": word} for one in known for name, word in _words(one).items()
        ),
        "scorecard": _table(
            {
                "network": one.name,
                "in_column": column,
                "measure": ABOUT[column].measure,
                "reading": key.partition("/")[0],
                "population": key.partition("/")[2],
            }
            for one in known
            for column, key in one.scorecard.items()
        ),
        "reading": _table(_reading(one, reading) for one in known for reading in one.readings),
        "rule": _table(_rule(one, rule) for one in known for rule in one.rules),
        "way": _table(_way(one, place, way) for one in known for place, way in enumerate(one.ways)),
        "deciding": _table({"network": one.name, **_deciding(one.deciding)} for one in known if one.deciding),
        "gate": _table({"network": one.name, **_gate(gate)} for one in known for gate in one.gates),
    }


def _table(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


def _network(one: Network) -> dict[str, Any]:
    names = ("name", "title", "stack", "token", "unit", "decimals", "address")
    told = ("tokens_vote", "decision", "colour", "credit")
    own = {"chain_id": one.chain.chain_id if one.chain else None, "imported": one.name.startswith(IMPORTED)}
    return {**_fields(one, *names, *told), **own}


def _words(one: Network) -> dict[str, str]:
    return {**one.parties, **{f"{part}:": word for part, word in one.parts.items()}}


def _reading(one: Network, reading: Reading) -> dict[str, Any]:
    told = _fields(reading, "name", "kind", "measure", "unit", "headline", "method")
    return {"network": one.name, **told, "every_seconds": int(reading.every.total_seconds())}


def _rule(one: Network, rule: Rule) -> dict[str, Any]:
    told = _fields(rule, "measure", "population", "action", "numerator", "denominator", "strict")
    return {"network": one.name, **told, "metric": Threshold(rule.numerator, rule.denominator, rule.strict).name}


def _way(one: Network, place: int, way: Way) -> dict[str, Any]:
    told = _fields(way, "action", "side", "name", "source", "effect")
    takes = {"seconds": way.takes} if isinstance(way.takes, int) else {"takes": " ".join(way.takes or ())}
    # A rule has an action of its own, in the chain's words.
    kind = type(way.needs).__name__.lower()
    # Bodies are several: they stand in one column as a list.
    needs = {name: _cell(told) for name, told in _every(way.needs).items()}
    return {"network": one.name, "place": place, **needs, "kind": kind, **told, **takes}


def _cell(told: object) -> object:
    return json.dumps(told, default=_every) if isinstance(told, tuple) else told


def _gate(gate: Gate) -> dict[str, Any]:
    reading, _, population = gate.population.partition("/")
    return {**_fields(gate, "measure", "name"), "reading": reading, "population": population}


def _deciding(told: Deciding) -> dict[str, Any]:
    reading, _, population = told.population.partition("/")
    return {**_every(told), "reading": reading, "population": population}


def _fields(one: Network | Reading | Rule | Way | Gate, *names: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _every(one: Any) -> dict[str, Any]:
    """The fields of a dataclass; what they hold is not copied."""
    return {name: getattr(one, name) for name in _names(one.__class__)}


@cache
def _names(of: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(of))


def ledger(runs: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The runs and their errors, as tables of the mart."""
    return {
        "run": runs.drop(LISTS),
        "run_error": errors(runs).drop(runs.columns, strict=False),
        "trouble": troubles(runs),
    }
