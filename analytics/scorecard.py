"""One row a network and measure: the verdict on each axis, what it rests on, and how it changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analytics import history
from analytics.evidence import HEADLINE
from analytics.populations import Population, headlines
from store.mart import Mart

GROUPING: Final = "control"
AXES: Final = ("math", "force", "stop")


@dataclass(frozen=True, slots=True)
class Said:
    """What a verdict says on one axis; number is None where there is no word, and `text` says which silence it is."""

    state: str
    number: float | None
    words: str
    letter: str
    text: str
    how: str
    note: str
    parties: tuple[str, ...]
    stable: tuple[int, int] | None

    @property
    def sensitivity(self) -> str:
        """In how many ways of counting the word stays the same."""
        return f"stable in {self.stable[0]} of {self.stable[1]}" if self.stable else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict on a measure of a network; population is None where nothing is held."""

    network: str
    title: str
    stack: str
    measure: str
    population: Population | None
    math: Said
    force: Said
    stop: Said
    by_address: float | None
    excluded: Mapping[str, float]
    change: float | None
    version: str


_VERDICTS: Final = """
    SELECT v.*, coalesce(n.title, v.network) AS title, coalesce(n.stack, '') AS stack
    FROM verdict v LEFT JOIN network n ON n.name = v.network ORDER BY stack, v.network, v.measure
"""


def cells(mart: Mart, known: Sequence[Population]) -> list[Cell]:
    """The verdict on every network and measure, by layer, network and measure."""
    measures = list(dict.fromkeys(one.measure for one in known))
    shown = {
        (one.network, measure): one
        for measure in measures
        for one in headlines([other for other in known if other.measure == measure])
    }
    grouped: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in mart.table(_VERDICTS).iter_rows(named=True):
        grouped.setdefault((row["network"], row["measure"]), {})[row["axis"]] = row
    changes = _changes(mart, list(shown.values()))
    return [_cell(axes, shown.get(key), changes.get(key)) for key, axes in grouped.items()]


def _cell(axes: Mapping[str, dict[str, Any]], population: Population | None, change: float | None) -> Cell:
    math = axes["math"]
    math_said, force_said, stop_said = (_said(axes[axis]) for axis in AXES)
    return Cell(
        network=math["network"],
        title=math["title"],
        stack=math["stack"],
        measure=math["measure"],
        population=population,
        math=math_said,
        force=force_said,
        stop=stop_said,
        by_address=math["by_address"],
        excluded=json.loads(math["excluded"]),
        change=change,
        version=math["version"],
    )


def _said(row: Mapping[str, Any]) -> Said:
    stable = (row["stable"], row["settings"]) if row["settings"] else None
    texts = {name: row[name] for name in ("state", "number", "words", "letter", "text", "how", "note")}
    return Said(**texts, parties=tuple(json.loads(row["parties"])), stable=stable)


def _changes(mart: Mart, shown: Sequence[Population]) -> dict[tuple[str, str], float | None]:
    """By network and measure: how effective parties changed in thirty days."""
    series = [f"{one.network} {one.reading} {one.population}" for one in shown]
    past = history.history(mart, HEADLINE, GROUPING, series)
    return {
        (str(network), str(measure)): history.thirty_day_change(part)
        for (network, measure), part in past.group_by("network", "measure")
    }


def table(found: Sequence[Cell]) -> pl.DataFrame:
    """The cells as a frame, one row each."""
    return pl.DataFrame(
        [
            {
                "stack": one.stack,
                "network_id": one.network,
                "network": one.title,
                "measure": one.measure,
                "population": one.population.population if one.population else "",
                "m": one.math.number,
                "m_address": one.by_address,
                "word_m": one.math.text,
                "sensitivity_m": one.math.sensitivity,
                "k": None if one.force.number is None else int(one.force.number),
                "word_k": one.force.text,
                "path": one.force.how,
                "note": one.force.note,
                "k_stop": None if one.stop.number is None else int(one.stop.number),
                "word_stop": one.stop.text,
                "path_stop": one.stop.how,
                "change_30d": one.change,
                "n": one.population.n if one.population else None,
                "block": one.population.height if one.population else None,
                "time": one.population.time if one.population else None,
                "rule": one.version,
            }
            for one in found
        ],
        schema_overrides={
            **dict.fromkeys(("m", "m_address", "change_30d"), pl.Float64),
            **dict.fromkeys(("k", "k_stop", "n", "block"), pl.Int64),
            "time": pl.Datetime("us", "UTC"),
        },
        infer_schema_length=None,
    )
