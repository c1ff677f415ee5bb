"""What makes a set of facts impossible: the one gate between a source and the store."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from store.faults import BadData
from store.rows import (
    IS_ADDRESS,
    KEYS,
    LARGEST_AMOUNT,
    LEFT_OUT,
    OF_NOBODY,
    OPEN_UNTIL,
    PARTY,
    REQUIRED,
    SCHEMAS,
    VOTE_OPTIONS,
    Facts,
    Kind,
    Parties,
)
from store.spelling import ACCOUNT, ADDRESS, strangers

# Where nothing is declared of parties.
ANYBODY: Final = Parties()


def check(facts: Facts, kind: Kind, *, tolerance: int = 0, partial: bool = False, parties: Parties = ANYBODY) -> None:
    """Refuse facts that cannot be true: the one gate between a source and the store.

    tolerance: base units that a total may differ from the chain's own. partial: the total may be smaller than the
    chain's (coverage below one), never larger. parties: how those who are named must be spelled. Raises BadData.
    """
    check_each([facts], kind, tolerance=tolerance, partial=partial, parties=parties)


def check_each(
    found: Iterable[Facts], kind: Kind, *, tolerance: int = 0, partial: bool = False, parties: Parties = ANYBODY
) -> None:
    """The same of what a reading found at several blocks: most name the same parties, each of whom is proved once."""
    told = [facts for facts in found if _tells(facts, kind)]
    for facts in told:
        _refuse_nameless(facts.rows, kind)
        _refuse_twice(facts.rows, kind)
    if parties.spelling and told:
        _refuse_strangers(pl.concat([facts.rows for facts in told]), kind, parties)
    for facts in told:
        _refuse_values(facts, kind, tolerance, partial=partial)


def _tells(facts: Facts, kind: Kind) -> bool:
    """Whether there are rows, of the columns of their kind."""
    if facts.rows.schema != SCHEMAS[kind]:
        raise BadData(f"columns are {dict(facts.rows.schema)}, {kind} needs {dict(SCHEMAS[kind])}")
    if facts.rows.is_empty() and not facts.empty:
        raise BadData("no rows: a source that has nothing must say so")
    return not facts.rows.is_empty()


def _refuse_values(facts: Facts, kind: Kind, tolerance: int, *, partial: bool) -> None:
    rows = facts.rows
    if kind is Kind.HOLDINGS:
        _refuse_amounts(rows)
        _refuse_totals(rows, facts.reported, tolerance, partial=partial)
    if kind is Kind.OBSERVATIONS and not rows["value"].drop_nulls().is_finite().all():
        raise BadData(f"{rows.filter(~pl.col('value').is_finite())['name'][0]} has a value that is no number")
    if kind is Kind.PROPOSALS:
        _refuse_half_told(rows)
    if kind is Kind.VOTES:
        _refuse_votes(rows)


def _refuse_nameless(rows: pl.DataFrame, kind: Kind) -> None:
    for column in REQUIRED[kind]:
        if rows[column].null_count():
            raise BadData(f"{rows[column].null_count()} rows have no {column}")
    for column in KEYS[kind]:
        # What is said of the whole chain has no subject.
        if rows.schema[column] == pl.String and column != "subject" and (rows[column] == "").any():
            raise BadData(f"a row has an empty {column}")


def _refuse_strangers(rows: pl.DataFrame, kind: Kind, parties: Parties) -> None:
    """Refuses who is no address of the network: text that was decoded wrongly has no owner."""
    nobody = ("",) if kind in OF_NOBODY else ()
    if kind is Kind.OBSERVATIONS:
        # What is missing may be a series, a token, or the very text that was no address.
        rows = rows.filter(~pl.col("name").str.starts_with(f"{LEFT_OUT}:"))
    asked = [(PARTY[kind], rows, (ADDRESS, *nobody, *parties.others))]
    if parties.names:
        asked.append(("population" if kind is Kind.HOLDINGS else "name", rows, parties.names))
    if kind is Kind.OBSERVATIONS:
        asked.append(("exact", rows.filter(pl.col("unit") == IS_ADDRESS), (ACCOUNT,)))
    for column, told, forms in asked:
        for text in strangers(told[column].drop_nulls(), forms, parties.spelling):
            known = ", ".join(form for form in forms if form)
            raise BadData(f"{column} {text[:80]!r} is no {known} of {parties.spelling}")


def _refuse_twice(rows: pl.DataFrame, kind: Kind) -> None:
    key = list(KEYS[kind])
    if _grows([rows[column] for column in key]):
        return
    twice = rows.filter(rows.select(key).is_duplicated())
    if not twice.is_empty():
        raise BadData(f"{' '.join(str(twice[column][0]) for column in key)} appears twice")


def _grows(keys: Sequence[pl.Series]) -> bool:
    """Whether each row comes after the one before it, as rows lie in landing: then none is there twice."""
    after: pl.Series | None = None
    for column in reversed([column for column in keys if not _is_one(column)]):
        before, now = column.head(-1), column.slice(1)
        after = now > before if after is None else (now > before) | ((now == before) & after)
    return len(keys[0]) <= 1 if after is None else after.all(ignore_nulls=False) is True


def _is_one(column: pl.Series) -> bool:
    """Whether a column says the same in each row."""
    return (column == column.first()).all(ignore_nulls=False) is True


def _refuse_amounts(rows: pl.DataFrame) -> None:
    least = rows["amount"].min()
    if not isinstance(least, Decimal) or least < 0:
        wrong = rows.filter(pl.col("amount").is_null() | (pl.col("amount") < 0))
        raise BadData(f"{wrong['holder'][0]} in {wrong['population'][0]} holds {wrong['amount'][0]}")


def totals(rows: pl.DataFrame) -> dict[str, int]:
    """Exact total of each population, in base units.

    Summed in halves of nineteen digits where a sum may not fit 38, because Polars' integer sums wrap silently. Raises
    BadData above 38 digits.
    """
    amounts, populations = rows["amount"].cast(pl.Int128), rows["population"]
    ends = [abs(end) for end in (amounts.min(), amounts.max()) if isinstance(end, int)]
    if not ends or rows.height * max(ends) > LARGEST_AMOUNT:
        return _totals_in_halves(rows)
    if _is_one(populations):
        return {str(populations[0]): int(amounts.sum())}
    found = pl.DataFrame([populations, amounts]).group_by("population").sum()
    return {str(population): int(total) for population, total in found.iter_rows()}


def _totals_in_halves(rows: pl.DataFrame) -> dict[str, int]:
    half = 10**19
    low = pl.col("amount").cast(pl.Int128)
    parts = rows.group_by("population").agg(
        (low // half).sum().alias("high"),
        (low % half).sum().alias("low"),
        pl.col("holder").get(pl.col("amount").arg_max()).alias("largest"),
    )
    found = {}
    for population, high, rest, largest in parts.iter_rows():
        total = int(high) * half + int(rest)
        if abs(total) > LARGEST_AMOUNT:
            raise BadData(f"{population}: the sum {total} does not fit 38 digits; the largest holder is {largest}")
        found[str(population)] = total
    return found


def _refuse_totals(rows: pl.DataFrame, reported: Mapping[str, int], tolerance: int, *, partial: bool) -> None:
    found = totals(rows)
    for population, total in reported.items():
        if population not in found:
            raise BadData(f"{population}: the chain reports {total}, no rows were read")
        excess = found[population] - total
        if excess > tolerance or (excess < -tolerance and not partial):
            raise BadData(f"{population}: rows add up to {found[population]}, the chain reports {total}")


def _refuse_half_told(rows: pl.DataFrame) -> None:
    """A count has all options or none, and fits 38 digits as a whole; a vote that is open has its times."""
    told = pl.sum_horizontal(pl.col(option).is_not_null() for option in VOTE_OPTIONS)
    endless = (pl.col("status") == "voting_period") & pl.any_horizontal(pl.col(time).is_null() for time in OPEN_UNTIL)
    wrong = rows.filter(~told.is_in([0, len(VOTE_OPTIONS)]) | endless)
    if not wrong.is_empty():
        raise BadData(
            f"proposal {wrong['proposal'][0]} has a part of a count, or is open without times: {wrong.row(0)}"
        )
    for name, *counts in rows.select("proposal", *VOTE_OPTIONS).iter_rows():
        if sum(int(one or 0) for one in counts) > LARGEST_AMOUNT:
            raise BadData(f"proposal {name} has a count beyond 38 digits")
    wrong = rows.filter((pl.col("power") < 0) | (pl.col("quorum") < 0))
    if not wrong.is_empty():
        raise BadData(f"proposal {wrong['proposal'][0]} has less than no power or quorum: {wrong.row(0)}")
    for told_of in rows["quorum_counts"].drop_nulls().unique():
        if not {*told_of.split(",")} <= {*VOTE_OPTIONS}:
            raise BadData(f"a quorum is made of {told_of[:80]!r}")


def _refuse_votes(rows: pl.DataFrame) -> None:
    unknown = rows.filter(~pl.col("option").is_in(VOTE_OPTIONS))
    if not unknown.is_empty():
        raise BadData(f"{unknown['voter'][0]} voted {unknown['option'][0]!r}")
    wrong = rows.filter((pl.col("weight") <= 0) | (pl.col("weight") > 1))
    if not wrong.is_empty():
        raise BadData(f"{wrong['voter'][0]} voted with weight {wrong['weight'][0]}")
    wrong = rows.filter(pl.col("power") < 0)
    if not wrong.is_empty():
        raise BadData(f"{wrong['voter'][0]} voted with power {wrong['power'][0]}")
