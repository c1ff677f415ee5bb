"""From distributions to metrics: every population under every grouping, as rows of the mart."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

import numpy as np
import polars as pl

from analytics.spread.batches import Threshold
from analytics.spread.bounds import partly_read
from analytics.spread.metrics import HEADLINE, METRICS, Measured, measure
from store.draft import Distributions
from store.statements import UNLABELLED_ONE


def method_version(thresholds: Iterable[Threshold] = ()) -> str:
    """Names the formulas in force: it changes when a metric's version does, or when a threshold is added."""
    formulas = sorted(f"{name} {one.version}" for name, one in METRICS.items())
    return sha256("\n".join(formulas + sorted(rule.name for rule in thresholds)).encode()).hexdigest()[:12]


def metrics(groups: Distributions, rules: Sequence[Threshold]) -> pl.DataFrame:
    """Metrics of distributions, with bounds where not everything was read: rows of the table `metric`.

    With all unlabelled as one party only the headline means something: a bound of it.
    """
    found = measure(groups.amounts, groups.offsets, thresholds=rules)
    rows = _bounded(_rows(groups, found), groups, rules)
    return rows.filter(metric=HEADLINE) if groups.grouping == UNLABELLED_ONE else rows


def _rows(groups: Distributions, found: Measured) -> pl.DataFrame:
    """Metrics as rows of the table `metric`: one a distribution and metric."""
    names, n = list(found.values), len(groups.snapshot)
    labelled = [groups.labels[int(snapshot)] for snapshot in groups.snapshot]
    versions = [f"v{METRICS[name].version}" if name in METRICS else "v1" for name in names]
    return pl.DataFrame(
        {
            "snapshot": np.tile(groups.snapshot, len(names)),
            "population": np.tile(groups.population, len(names)),
            "grouping": groups.grouping,
            "metric": np.repeat(np.array(names, dtype=object), n),
            "value": np.concatenate(list(found.values.values())),
            "method_version": np.repeat(np.array(versions, dtype=object), n),
            "labels_version": labelled * len(names),
            "backend": found.backend,
        },
        schema_overrides={"metric": pl.String, "method_version": pl.String},
        nan_to_null=True,
    )


def _bounded(rows: pl.DataFrame, groups: Distributions, rules: Sequence[Threshold]) -> pl.DataFrame:
    """The rows with bounds, where a part of a population's total is at addresses that were not read.

    The value is then that of a rest scattered as dust: what is certain at least. Metrics without bounds are undefined.
    """
    told, unseen = [], groups.unseen
    for place, key in enumerate(zip(groups.snapshot.tolist(), groups.population.tolist(), strict=True)):
        if key in unseen:
            seen = groups.amounts[groups.offsets[place] : groups.offsets[place + 1]]
            dust, bounds = partly_read(seen, unseen[key], thresholds=rules)
            told += [(*key, name, dust[name], low, high) for name, (low, high) in bounds.items()]
    if not told:
        return rows
    columns = ["snapshot", "population", "metric", "value", "low", "high"]
    bounded = pl.DataFrame(told, columns, orient="row").cast(
        {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    )
    keys = pl.DataFrame(list(unseen), ["snapshot", "population"], orient="row")
    whole = rows.join(keys, on=["snapshot", "population"], how="anti")
    part = rows.join(keys, on=["snapshot", "population"], how="semi").drop("value")
    part = part.join(bounded, on=["snapshot", "population", "metric"], how="left")
    return pl.concat([whole, part], how="diagonal")
