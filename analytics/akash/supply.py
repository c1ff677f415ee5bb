"""Tables of who offers compute on Akash: by organisation, who signs for it, and what stands behind the money."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import polars as pl

from analytics.linked import linked

RESOURCES: Final = {"leased_cpu": 1e-3, "leased_memory": 2.0**-30, "leased_storage": 2.0**-30, "leased_gpu": 1.0}
AUDITED: Final = "audited_by:"
# Sums of dollars are floating; a rest below this part of them is none.
ROUNDING: Final = 1e-9
BREAKER: Final = "circuit_breaker"
BACKING: Final = (
    BREAKER,
    *("collateral_ratio", "warn_threshold", "halt_threshold", "mints_allowed", "refunds_allowed", "outstanding_act"),
    *(f"vault_{book}" for book in ("balances", "total_burned", "total_minted", "remint_credits")),
)


def organisations(holders: Iterable[str], text: pl.DataFrame) -> dict[str, str]:
    """The organisation of each provider: those that share a domain or name the same organisation are one.

    text: observations domain (the registered one of its host) and organization, by provider. Providers say this of
    themselves and nobody checks it. One that says nothing stands for itself. The name is the organisation named most,
    else the domain, else the address.
    """
    told: dict[str, dict[str, str]] = {}
    for name, subject, exact in text.select("name", "subject", "exact").iter_rows():
        told.setdefault(subject, {})[name] = exact
    marks = {holder: _marks(told.get(holder, {})) for holder in holders}
    return {holder: _name(same, told) for same in linked(marks) for holder in same}


def supply(holdings: pl.DataFrame, text: pl.DataFrame) -> pl.DataFrame:
    """Leased resources by organisation, most GPUs first.

    holdings: reading (leased_cpu and the like), holder, amount. Columns: organisation, providers, cpu_cores,
    memory_gib, storage_gib, gpus.
    """
    names = organisations(holdings["holder"].unique().to_list(), text)
    columns = dict(zip(RESOURCES, ("cpu_cores", "memory_gib", "storage_gib", "gpus"), strict=True))
    amount = pl.col("amount").cast(pl.Float64)
    of = [
        (amount.filter(pl.col("reading") == reading).sum() * RESOURCES[reading]).alias(column)
        for reading, column in columns.items()
    ]
    organisation = pl.col("holder").replace_strict(names, default=None, return_dtype=pl.String)
    return (
        holdings.with_columns(organisation.alias("organisation"))
        .group_by("organisation", maintain_order=True)
        .agg(pl.col("holder").n_unique().alias("providers"), *of)
        .sort(["gpus", "cpu_cores", "organisation"], descending=[True, True, False])
    )


def gate(spent: pl.DataFrame, audits: pl.DataFrame, entities: Mapping[str, str]) -> pl.DataFrame:
    """Who opens the gate: auditors by the spend that needs their signature and the working providers that have it.

    spent: as markets.parties gives it, with the same entities. audits: observations audited_by:<auditor> by provider.
    Columns: auditor (a party's largest address), low_usd, of_spend, signed, of_providers; the last row, with an empty
    auditor, is spend that needs no signature. Providers are parties as well: one with several addresses counts once.
    """
    working = set(spent.filter((pl.col("population") == "providers") & (pl.col("low_usd") > 0))["party"])
    total = float(spent.filter(population="providers")["low_usd"].sum())
    auditors = spent.filter(population="auditors")
    demanded = dict(auditors.select("party", "low_usd").iter_rows())
    address = dict(auditors.select("party", "holder").iter_rows())
    signatures = [one for one in _signatures(audits, entities) if one[2] in working]
    address = {party: auditor for party, auditor, _ in signatures} | address
    signed = Counter(party for party, _ in {(party, provider) for party, _, provider in signatures})
    rest = total - sum(demanded.values())
    free = rest if rest > total * ROUNDING else 0.0
    rows = [
        (address[party], usd, _part(usd, total), signed[party], _part(signed[party], len(working)))
        for party, usd in ((one, demanded.get(one, 0.0)) for one in address)
    ]
    ranked = sorted(rows, key=lambda row: (-row[1], -row[3], row[0]))
    return pl.DataFrame([*ranked, ("", free, _part(free, total), None, None)], schema=GATE_SCHEMA, orient="row")


def _signatures(audits: pl.DataFrame, entities: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Who signed for whom: the auditor's party, the address that signed, the provider's party."""
    rows = (
        audits.filter(pl.col("name").str.starts_with(AUDITED)).select("name", "subject").sort("name", descending=True)
    )
    signed = ((name.removeprefix(AUDITED), provider) for name, provider in rows.iter_rows())
    return [(entities.get(one, one), one, entities.get(provider, provider)) for one, provider in signed]


def capacity(observations: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """What providers said they have when last asked: name, subject, value, unit, time, and its age in age_hours."""
    rows = observations.filter(pl.col("name").str.contains("^(capacity_|gpu_alloc)"))
    newest = rows.sort("time").group_by("name", "subject").last()
    age = (pl.lit(now) - pl.col("time")).dt.total_seconds() / 3600
    return newest.select("name", "subject", "value", "unit", "time", age.alias("age_hours")).sort("name", "subject")


def backing(observations: pl.DataFrame) -> pl.DataFrame:
    """How ACT is backed, newest state: name, subject (denom), exact, value, unit, time."""
    rows = observations.filter(pl.col("name").is_in(BACKING)).sort("time").group_by("name", "subject").last()
    place = pl.col("name").replace_strict(list(BACKING), list(range(len(BACKING))), return_dtype=pl.Int64)
    return rows.select("name", "subject", "exact", "value", "unit", "time").sort(place, "subject")


def _marks(told: dict[str, str]) -> list[str]:
    """What makes two providers one: their domain, the organisation they name."""
    found = [f"domain {told.get('domain', '')}", f"organization {_plain(told.get('organization', ''))}"]
    return [mark for mark in found if not mark.endswith(" ")]


def _name(same: list[str], told: dict[str, dict[str, str]]) -> str:
    for kind in ("organization", "domain"):
        named = Counter(name for holder in sorted(same) if (name := told.get(holder, {}).get(kind, "").strip()))
        if named:
            return named.most_common(1)[0][0]
    return same[0]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _part(some: float, whole: float) -> float | None:
    return some / whole if whole else None


GATE_SCHEMA: Final = pl.Schema(
    {
        "auditor": pl.String(),
        "low_usd": pl.Float64(),
        "of_spend": pl.Float64(),
        "signed": pl.Int64(),
        "of_providers": pl.Float64(),
    }
)
