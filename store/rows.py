"""The vocabulary of facts: what is stored, and in which units."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import polars as pl

from store.faults import BadData

# DECIMAL(38,0) is exact in DuckDB, Polars, Arrow and Parquet; HUGEINT is not (Parquet makes it DOUBLE).
LARGEST_AMOUNT = 10**38 - 1
Amount = pl.Decimal(38, 0)
Key = tuple[str, str, str, int]
Place = tuple[str, str, str]
Time = pl.Datetime("us", "UTC")
# A block may be this far ahead of our clock; one that is further tells nothing of how old the data is.
AHEAD = timedelta(minutes=5)


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
