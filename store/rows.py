"""The vocabulary of facts: what is stored, in which units, and what makes a set of facts impossible.

Errors, as a tree:

    ReadingError            a reading did not give facts; the message names the address, path or block
    ├── SourceDown          nobody answered: the next run tries again
    ├── SourceChanged       the answer has an unknown shape: a person must look
    └── BadData             the values are impossible: nothing of them is kept
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

import polars as pl

from store.spelling import ACCOUNT, ADDRESS, strangers

# DECIMAL(38,0) is exact in DuckDB, Polars, Arrow and Parquet; HUGEINT is not (Parquet makes it DOUBLE).
LARGEST_AMOUNT = 10**38 - 1
Amount = pl.Decimal(38, 0)
Key = tuple[str, str, str, int]
Place = tuple[str, str, str]
Time = pl.Datetime("us", "UTC")
# A block may be this far ahead of our clock; one that is further tells nothing of how old the data is.
AHEAD = timedelta(minutes=5)


class Cause(StrEnum):
    """Why a host did not give what was asked of it."""

    SILENT = "silent"
    REFUSES = "refuses"
    FAILS = "fails"
    LACKS = "lacks"
    BEHIND = "behind"
    DOWN = "down"
    CHANGED = "changed"
    WRONG = "wrong"
    ENDLESS = "endless"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a host did; the host is empty where none is to blame."""

    host: str
    cause: Cause
    message: str


class ReadingError(Exception):
    """A reading did not give facts; the message says where and why, `faults` which hosts are to blame.

    reason: the message without the address, where whoever raised it has one.
    """

    cause: Cause = Cause.DOWN
    reason: str = ""
    faults: tuple[Fault, ...] = ()

    def of(self, cause: Cause, reason: str = "") -> Self:
        """The same error, of this cause."""
        self.cause, self.reason = cause, reason
        return self

    def at(self, host: str) -> Fault:
        """The error as a fault of a host."""
        return Fault(host, self.origin.cause, self.origin.reason or str(self))

    @property
    def origin(self) -> "ReadingError":
        """The error that knows its cause: one that only passes another on has none of its own."""
        before = self.__cause__
        return before.origin if self.cause is Cause.DOWN and isinstance(before, ReadingError) else self


class SourceDown(ReadingError):
    """No endpoint answered; the next run tries again."""


class SourceChanged(ReadingError):
    """An answer has a shape that is not known; a person must look."""

    cause = Cause.CHANGED


class BadData(ReadingError):
    """Values that cannot be true; nothing of the reading is kept."""

    cause = Cause.WRONG


class Measure(StrEnum):
    """What is spread over parties."""

    STAKE = "stake"
    EMISSION = "emission"
    COMPUTE_SUPPLY = "compute_supply"
    COMPUTE_SPEND = "compute_spend"
    TOKEN = "token"
    VOTING_POWER = "voting_power"
    CONTROL = "control"


class Kind(StrEnum):
    """What one row of a reading says."""

    HOLDINGS = "holdings"
    OBSERVATIONS = "observations"
    PROPOSALS = "proposals"
    VOTES = "votes"


class Decision(StrEnum):
    """How a network decides its proposals; the arithmetic of each is in analytics/votes."""

    STAKE_TALLY = "stake_tally"
    # More Yes than No, and a quorum: which counts make it, and of how much, is a fact of each proposal.
    MAJORITY = "majority"


# Who has how much: `amount` in whole base units of the reading's one unit; `population` says who is compared with whom.
HOLDINGS = pl.Schema({"population": pl.String(), "holder": pl.String(), "amount": Amount})

# A named value of the chain. `exact` is the chain's own text (large integers, names, addresses); `value` is for charts.
OBSERVATIONS = pl.Schema(
    {
        "name": pl.String(),
        "subject": pl.String(),
        "time": Time,
        "value": pl.Float64(),
        "exact": pl.String(),
        "unit": pl.String(),
        "source": pl.String(),
    }
)

# A proposal as the chain tells it at one block; yes to no_with_veto: the running or final tally in base units, or null.
# Where a contract tells it of each proposal: `power`, of all who could vote; `quorum`, how much of what `quorum_counts`
# names (options with a comma between) it needs; `quota`, which part of Yes and No must be Yes, null where more Yes than
# No is enough. What its contract does not prove is null.
PROPOSALS = pl.Schema(
    {
        "proposal": pl.String(),
        "title": pl.String(),
        "type": pl.String(),
        "status": pl.String(),
        "proposer": pl.String(),
        "submitted": Time,
        "deposit_end": Time,
        "voting_start": Time,
        "voting_end": Time,
        "deposit": Amount,
        "yes": Amount,
        "abstain": Amount,
        "no": Amount,
        "no_with_veto": Amount,
        "expedited": pl.Boolean(),
        "power": Amount,
        "quorum": Amount,
        "quorum_counts": pl.String(),
        "quota": pl.Decimal(38, 18),
    }
)

# One option of one voter; a split vote has several rows whose weights add up to one. power: what the option got by it,
# where whoever counts tells it with the vote, else null. overrides: from whose vote it took that, or would take it.
VOTES = pl.Schema(
    {
        "proposal": pl.String(),
        "voter": pl.String(),
        "option": pl.String(),
        "weight": pl.Decimal(38, 18),
        "height": pl.Int64(),
        "power": Amount,
        "overrides": pl.String(),
    }
)

SCHEMAS: Mapping[Kind, pl.Schema] = {
    Kind.HOLDINGS: HOLDINGS,
    Kind.OBSERVATIONS: OBSERVATIONS,
    Kind.PROPOSALS: PROPOSALS,
    Kind.VOTES: VOTES,
}

# Columns that files of before a schema version do not have, by that version: nothing is known of them.
LATER: Mapping[int, Mapping[Kind, tuple[str, ...]]] = {
    4: {Kind.PROPOSALS: ("power", "quorum", "quorum_counts"), Kind.VOTES: ("power",)},
    5: {Kind.PROPOSALS: ("quota",), Kind.VOTES: ("overrides",)},
}

# What every row must say; other columns may be null, where a chain has no such thing or does not tell it.
REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    Kind.HOLDINGS: ("population", "holder", "amount"),
    Kind.OBSERVATIONS: ("name", "subject", "time", "exact", "unit", "source"),
    Kind.PROPOSALS: ("proposal", "title", "type", "status", "deposit", "expedited"),
    Kind.VOTES: ("proposal", "voter", "option", "weight", "height"),
}
# Until when one can vote: a vote that is open must say so.
OPEN_UNTIL = ("voting_start", "voting_end")

# Units of texts: what stands under any other unit is a number, also where the chain writes it as a text.
TEXT_UNITS = ("", "address")
NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")

# Spreadsheets run a cell that begins like this; text from chains must not, in any file that we write.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
# A negative number is no formula, and an apostrophe would make a text of it.
NEGATIVE_NUMBER = r"^-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"

# Begins the name of a holder that is nobody: what a flow gives to no party (burned, withheld, not claimed yet). It is
# in the total; in SQL `is_sink` (store/schema.sql) tells it from parties.
SINK = "sink:"

VOTE_OPTIONS = ("yes", "abstain", "no", "no_with_veto")

# Begins the name of an observation that says why its subject is missing among many; after a colon, of which reading.
LEFT_OUT = "left_out"

# Columns that name one fact; nothing may appear twice under the same name.
KEYS: Mapping[Kind, tuple[str, ...]] = {
    Kind.HOLDINGS: ("population", "holder"),
    Kind.OBSERVATIONS: ("name", "subject", "time", "source"),
    Kind.PROPOSALS: ("proposal",),
    Kind.VOTES: ("proposal", "voter", "option"),
}


# The column that names a party.
PARTY: Mapping[Kind, str] = {
    Kind.HOLDINGS: "holder",
    Kind.OBSERVATIONS: "subject",
    Kind.PROPOSALS: "proposer",
    Kind.VOTES: "voter",
}
# Of these some rows are of nobody: a value of the whole chain, a proposal of a chain that does not keep who made it.
OF_NOBODY = (Kind.OBSERVATIONS, Kind.PROPOSALS)
# The unit of an observation whose text is an address.
IS_ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Parties:
    """Who a reading may name: addresses of its network, and nothing else that is not declared.

    spelling: as the network tells it (bech32:<prefix>, ss58:42, hex); empty where it has no addresses. others: forms
    that the named party may have beside an address (store.spelling). names: the only forms of a population, or of the
    name of an observation, where these hold addresses too.
    """

    spelling: str = ""
    others: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A final block; an off-chain series has the time it was read as height, and an empty hash."""

    height: int
    hash: str
    time: datetime

    def __post_init__(self) -> None:
        if self.time.utcoffset() is None:
            raise BadData(f"block {self.height} has a time without a zone: {self.time}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reading found at one block.

    rows: one frame in the schema of the reading's kind. reported: the chain's own total of a population, in base units.
    since: start of the period of a flow (emission, spend). empty: the source itself says that there is nothing.
    left_out: things that are missing among many independent ones, each with the reason.
    """

    rows: pl.DataFrame
    reported: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None
    empty: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a set of facts comes from: everything that a reader needs to ask the source again.

    newest_only: observations that describe a state (names, who is jailed), of which the mart keeps the last.
    flow: amounts that moved from `since` to the block; periods of a reading join, so their sum is what moved in all.
    witness: another endpoint that had the same block, empty where none was asked.
    described: what is known of a network that no file of the program describes (store.described), else empty.
    mirrored: the archive from which it was taken, empty where it was read here.
    """

    network: str
    chain_id: str
    reading: str
    kind: Kind
    measure: Measure | None
    unit: str
    block: Block
    method: str
    endpoint: str
    runtime_version: str = ""
    since: datetime | None = None
    reported: Mapping[str, int] = field(default_factory=dict)
    newest_only: bool = False
    witness: str = ""
    simulated: bool = False
    flow: bool = False
    described: str = ""
    mirrored: str = ""

    @property
    def place(self) -> Place:
        """Network, chain id and reading: where it lands."""
        return (self.network, self.chain_id, self.reading)

    @property
    def origin(self) -> str:
        """Who answered, and from which archive the answer was taken, as readers are told."""
        return f"{self.endpoint}, mirrored from {self.mirrored}" if self.mirrored else self.endpoint

    @property
    def key(self) -> Key:
        """Network, chain id, reading and height: the name of a snapshot."""
        return (self.network, self.chain_id, self.reading, self.block.height)


def holdings(rows: Iterable[tuple[str, str, int]]) -> pl.DataFrame:
    """Holdings frame from (population, holder, whole base units).

    Raises BadData naming the holder whose amount does not fit DECIMAL(38,0).
    """
    populations, holders, amounts = [], [], []
    for population, holder, amount in rows:
        if type(amount) is not int or not -LARGEST_AMOUNT <= amount <= LARGEST_AMOUNT:
            raise BadData(f"{holder} in {population}: {str(amount)[:80]} base units do not fit 38 digits")
        populations.append(population)
        holders.append(holder)
        amounts.append(amount)
    # Large numbers go through integers ten times as fast; the loop has seen that they fit.
    exact = pl.Series(amounts, dtype=pl.Int128).cast(Amount)
    return _frame(Kind.HOLDINGS, {"population": populations, "holder": holders}).with_columns(amount=exact)


def observation(
    name: str,
    time: datetime,
    exact: str | int | float,
    unit: str,
    *,
    subject: str = "",
    source: str = "chain",
) -> dict[str, object]:
    """One observation row; `value` is the number in `exact`.

    A text is a number only where its unit says so. Raises BadData where such a text, or a number, is none that a chart
    can show: 1_000, nan, inf, digits of other scripts.
    """
    is_text = isinstance(exact, str) and unit in TEXT_UNITS
    return {
        "name": name,
        "subject": subject,
        "time": time.astimezone(UTC),
        "value": None if is_text else _number(exact, f"{name} {subject}".strip()),
        "exact": str(exact),
        "unit": unit,
        "source": source,
    }


def _number(exact: str | int | float, what: str) -> float:
    if not isinstance(exact, str) or NUMBER.fullmatch(exact):
        try:
            number = float(exact)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise BadData(f"{what}: {str(exact)[:80]!r} is no number")


def frame(kind: Kind, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Frame of a kind from plain rows; absent columns are null.

    Raises BadData naming the row and the column that would not give back the value as it is: a text for a number, more
    digits than fit, a time without a zone.
    """
    rows = list(rows)
    unknown = set[str]().union(*rows) - set(SCHEMAS[kind])
    if unknown:
        raise BadData(f"{kind} have no column {', '.join(sorted(unknown))}")
    return _frame(kind, {name: [row.get(name) for row in rows] for name in SCHEMAS[kind]})


def _frame(kind: Kind, columns: Mapping[str, list[Any]]) -> pl.DataFrame:
    kept = {}
    for name, values in columns.items():
        try:
            kept[name] = _column(values, SCHEMAS[kind][name])
        except _Unfit as odd:
            place = values.index(odd.value)
            who = " ".join(str(columns[part][place]) for part in KEYS[kind])
            raise BadData(f"{who}: {name} cannot be {str(odd.value)[:80]!r}") from odd
    return pl.DataFrame(kept)


class _Unfit(Exception):
    """A value that its column would lose or change."""

    def __init__(self, value: object) -> None:
        self.value = value


def _column(values: list[Any], dtype: pl.DataType) -> pl.Series:
    """The values as a column that gives each of them back; raises _Unfit with the first that it would not."""
    column = _exactly(values, dtype)
    if column is None:
        raise _Unfit(next(value for value in values if _exactly([value], dtype) is None))
    return column


def _exactly(values: list[Any], dtype: pl.DataType) -> pl.Series | None:
    """The values as a column, or None where Polars would lose or change one: it cuts digits without a word."""
    slow = dtype.is_temporal() or dtype.is_decimal()
    try:
        # Times and decimals are slow to convert, and most rows share a few of them.
        distinct = list(dict.fromkeys(values)) if slow else values
        given = [_decimal(value, dtype) for value in distinct] if isinstance(dtype, pl.Decimal) else distinct
        column = pl.Series(given, dtype=dtype, strict=True)
        kept = column.to_list()
    except (TypeError, ValueError, ArithmeticError, pl.exceptions.PolarsError):
        return None
    if kept != distinct or (bool in set(map(type, distinct)) and dtype != pl.Boolean):
        return None
    if not slow:
        return column
    places = {value: place for place, value in enumerate(distinct)}
    return column.gather([places[value] for value in values])


def _decimal(value: object, dtype: pl.Decimal) -> Decimal | None:
    """A number that a decimal column has room for; Polars itself reads texts as numbers, and panics at NaN."""
    if value is None:
        return None
    number = Decimal(value) if isinstance(value, int) else value
    if not isinstance(number, Decimal) or not number.copy_abs() < 10 ** (dtype.precision - dtype.scale):
        raise TypeError
    return number


def check(facts: Facts, kind: Kind, *, tolerance: int = 0, partial: bool = False, parties: Parties = Parties()) -> None:
    """Refuse facts that cannot be true: the one gate between a source and the store.

    tolerance: base units that a total may differ from the chain's own. partial: the total may be smaller than the
    chain's (coverage below one), never larger. parties: how those who are named must be spelled. Raises BadData.
    """
    check_each([facts], kind, tolerance=tolerance, partial=partial, parties=parties)


def check_each(
    found: Iterable[Facts], kind: Kind, *, tolerance: int = 0, partial: bool = False, parties: Parties = Parties()
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
