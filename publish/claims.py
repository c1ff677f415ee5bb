"""What others claim, held against what was read: one word a reading of each sentence (docs/claims.md).

A formula is one pure function from the mart's tables to a number with the snapshots behind it; registering it is all
that a row of data/reference/claims.toml needs to name it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import polars as pl

from analytics.prices import Price, closes
from store.faults import BadData
from store.mart import Tables
from store.reference import CONFIRMED, CONTRADICTED, NOT_READ, NOT_VERIFIABLE, OTHER_READING

OBSERVED: Final = pl.Schema({"time": pl.Datetime("us", "UTC"), "snapshot": pl.Int32(), "value": pl.Float64()})
# A moment that is no further from the edge of a period stands for the edge.
NEAR: Final = timedelta(days=2)
SIMULATED: Final = "simulated data say nothing of the world"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a formula needs to know: of which network, from the first to the last day, of which observation."""

    network: str
    first: date
    last: date
    subject: str

    @property
    def since(self) -> datetime:
        """The beginning of its first day."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        """The end of its last day."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """A measured number in the claim's unit, when it was so, and the snapshots that it comes from.

    low: the least that it could be, where what was read leaves that open.
    """

    value: float
    time: datetime
    snapshots: tuple[int, ...]
    note: str = ""
    low: float | None = None


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a formula gives no number."""

    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """The mart, with the values of all observations that claims name, by network/observation: asked for once."""

    mart: Tables
    observed: Mapping[str, pl.DataFrame]
    # Of others no question about holders or keys has an answer.
    networks: Set[str]

    @classmethod
    def of(cls, mart: Tables, subjects: Iterable[str]) -> "Read":
        """What a mart has of these subjects."""
        networks = set(mart.table("SELECT DISTINCT network FROM snapshot")["network"])
        split = (subject.split("/") for subject in subjects if subject.count("/") == 1)
        asked = [(network, name) for network, name in split if network in networks]
        if not asked:
            return cls(mart, {}, networks)
        told = mart.table(_OBSERVED, [network for network, _ in asked], [name for _, name in asked])
        parts = told.partition_by("subject", include_key=False, as_dict=True)
        return cls(mart, {str(subject): rows for (subject,), rows in parts.items()}, networks)

    def of_network(self, query: str, network: str, *parameters: object) -> pl.DataFrame:
        """Rows of a query about a network; none, and nothing asked, where nothing of it was read."""
        return self.mart.table(query, network, *parameters) if network in self.networks else pl.DataFrame()


Formula = Callable[[Read, Claim], Found | NotRead]
FORMULAS: Final[dict[str, Formula]] = {}


def formula(of: Formula) -> Formula:
    """Register a function of the mart under its own name."""
    FORMULAS[of.__name__] = of
    return of


def rows(mart: Tables, claims: pl.DataFrame) -> pl.DataFrame:
    """The claims with what was measured, and the word that follows, as rows of the table `claim_reading`."""
    read = Read.of(mart, claims["subject"].unique().sort())
    told = [{"place": place, **row, **_answered(read, row)} for place, row in enumerate(claims.iter_rows(named=True))]
    return pl.DataFrame(told, schema_overrides={**claims.schema, "measured": pl.Float64}, infer_schema_length=None)


def word(measured: float, claimed: float, *, bound: str, tolerance: float, plain: bool) -> str:
    """What a claim is called by its numbers alone.

    tolerance: the part of the claimed number by which the measured one may miss it. plain: it is how the sentence reads
    at first; of another reading that holds no more is said than that.
    """
    least, most = claimed - tolerance * claimed, claimed + tolerance * claimed
    holds = {
        "near": least <= measured <= most,
        "at_least": measured >= least,
        "at_most": measured <= most,
        "needs": measured >= least,
    }[bound]
    if not holds:
        return CONTRADICTED
    if bound == "needs":
        return NOT_VERIFIABLE
    return CONFIRMED if plain else OTHER_READING


def _answered(read: Read, row: Mapping[str, Any]) -> dict[str, Any]:
    """Word, note, measured number, its time and its snapshots; of a claim without a formula the curated word."""
    if not row["formula"]:
        return _told(row["word"])
    if row["formula"] not in FORMULAS:
        raise BadData(f"claims.toml: {row['says']} has no formula {row['formula']}; known: {', '.join(FORMULAS)}")
    claim = Claim(row["network"], row["period_start"], row["period_end"], row["subject"])
    found = FORMULAS[row["formula"]](read, claim)
    if isinstance(found, NotRead):
        return _told(NOT_READ, found.reason)
    if _simulated(read, found.snapshots):
        return _told(NOT_READ, SIMULATED)
    how = {name: row[name] for name in ("bound", "tolerance", "plain")}
    ends = {word(end, row["claimed"], **how) for end in (found.value, found.low) if end is not None}
    # What was read leaves it open.
    return _told(ends.pop() if len(ends) == 1 else NOT_VERIFIABLE, found.note, found)


def _told(called: str, note: str = "", found: Found | None = None) -> dict[str, Any]:
    return {
        "word": called,
        "note": note,
        "measured": found.value if found else None,
        "measured_at": found.time if found else None,
        "snapshots": json.dumps(sorted(found.snapshots) if found else []),
    }


def _simulated(read: Read, snapshots: Sequence[int]) -> bool:
    query = "SELECT count(*) AS n FROM snapshot WHERE simulated AND id IN (SELECT unnest(?::INTEGER[]))"
    return bool(read.mart.table(query, list(snapshots))["n"][0])


# --- formulas ---------------------------------------------------------------------------------------------------------

# Values of observations of whole networks, in tokens where its unit is one of the network's own,
# in wholes where the unit says its part (1e-6 usd). A day that was told anew counts as the newest snapshot has it.
_OBSERVED: Final = """
    SELECT o.network || '/' || o.name AS subject, o.time, o.snapshot,
        o.value * coalesce(TRY_CAST(regexp_extract(o.unit, '^(1e-[0-9]+) ', 1) AS DOUBLE), 1)
        / pow(10, coalesce(u.decimals, 0)) AS value
    FROM observation o
    JOIN snapshot s ON s.id = o.snapshot
    LEFT JOIN unit u ON u.network = o.network AND u.unit = regexp_extract(o.unit, '^\\S+')
    WHERE o.network IN (SELECT unnest(?1::VARCHAR[])) AND o.name IN (SELECT unnest(?2::VARCHAR[]))
        AND o.subject = '' AND o.value IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY o.network, o.name, o.time ORDER BY s.time DESC, s.id DESC) = 1
    ORDER BY o.network, o.name, o.time
"""


@formula
def newest(read: Read, claim: Claim) -> Found | NotRead:
    """The newest value of an observation in the period. subject: network/observation."""
    told = _observed(read, claim)
    if told.is_empty():
        return NotRead(f"{claim.subject} was not read between {claim.first} and {claim.last}")
    when, snapshot, value = told.row(-1)
    return Found(value, when, (snapshot,))


@formula
def sum_of_days(read: Read, claim: Claim) -> Found | NotRead:
    """A daily observation added up over the period, of which no day may be missing. subject: network/observation."""
    told = _observed(read, claim)
    days, wanted = told["time"].dt.date().n_unique(), (claim.last - claim.first).days + 1
    if (days, told.height) != (wanted, wanted):
        return NotRead(f"{days} of {wanted} {'day' if wanted == 1 else 'days'} of {claim.subject} were read")
    return _added(told)


@formula
def sum_until(read: Read, claim: Claim) -> Found | NotRead:
    """A daily observation added up from its first day, which the period must not begin before, to the last.

    subject: network/observation.
    """
    told = _observed(read, Claim(claim.network, date(1970, 1, 1), claim.last, claim.subject))
    if told.is_empty():
        return NotRead(f"no day of {claim.subject} was read")
    first = told["time"][0].date()
    wanted = (claim.last - first).days + 1
    if first > claim.first or told.height != wanted or told["time"].dt.date().n_unique() != wanted:
        asked = f"all from {claim.first} to {claim.last} are needed"
        return NotRead(f"{told.height} days of {claim.subject} were read since {first}, {asked}")
    return _added(told)


@formula
def issued_usd(read: Read, claim: Claim) -> Found | NotRead:
    """Growth of the supply over the period in dollars, at the mean of its daily closing prices.

    subject: network/observation of the supply, read within two days of both edges.
    """
    wide = Claim(claim.network, claim.first - NEAR, claim.last + NEAR, claim.subject)
    told = _observed(read, wide)
    edges = [_nearest(told, edge) for edge in (claim.since, claim.until)]
    if None in edges:
        return NotRead(f"{claim.subject} was not read on {claim.first} and {claim.last}")
    (_, one, before), (when, other, after) = (edge for edge in edges if edge is not None)
    priced = _mean_price(read, claim)
    if isinstance(priced, NotRead):
        return priced
    note = f"{after - before:,.0f} tokens at {priced.value:,.2f} USD"
    return Found((after - before) * priced.value, when, (one, other, *priced.snapshots), note)


@formula
def largest_usd(read: Read, claim: Claim) -> Found | NotRead:
    """What the largest party held at the end of the period, in dollars; no party can have put in more and kept it.

    subject: reading/population of the network; addresses of one party are merged. Not older than a week.
    """
    reading, _, population = claim.subject.partition("/")
    week = claim.until - timedelta(days=7), claim.until
    last = read.of_network(_LAST, claim.network, reading, population, *week)
    if last.is_empty():
        return NotRead(f"{claim.subject} was not read in the week before {claim.until.date()}")
    when, snapshot, tokens = read.mart.table(_LARGEST, *last.row(0)).row(0)
    priced = _mean_price(read, Claim(claim.network, when.date(), when.date(), ""))
    if isinstance(priced, NotRead):
        return priced
    note = f"{tokens:,.0f} tokens at {priced.value:,.2f} USD"
    return Found(tokens * priced.value, when, (snapshot, *priced.snapshots), note)


@formula
def fewest_to_force(read: Read, claim: Claim) -> Found | NotRead:
    """The fewest parties that can force something on the network now (K of docs/verdicts.md).

    Fewer could be enough where a way is unknown, or where keys without a label are one party's.
    """
    told = read.of_network(_FEWEST, claim.network)
    if told.is_empty():
        return NotRead("how few can force something is not rated")
    number, low, how, snapshots, time = told.row(0)
    fewer = f"; could be as few as {low}" if low < number else ""
    return Found(float(number), time, tuple(json.loads(snapshots)), how + fewer, float(low))


_LAST: Final = """
    SELECT s.id, p.id AS population FROM snapshot s
    JOIN distribution d ON d.snapshot = s.id JOIN population p ON p.id = d.population
    JOIN unit u ON u.network = s.network AND u.unit = s.unit
    WHERE s.network = ?1 AND s.reading = ?2 AND p.name = ?3 AND s.time >= ?4 AND s.time < ?5
    ORDER BY s.time DESC LIMIT 1
"""
# Of one snapshot, by its number: of all there are millions.
_LARGEST: Final = """
    SELECT s.time, s.id, m.value * d.total::DOUBLE / pow(10, u.decimals) AS tokens
    FROM metric_under('control') m
    JOIN size_under('control') d USING (snapshot, population)
    JOIN snapshot s ON s.id = m.snapshot
    JOIN unit u ON u.network = s.network AND u.unit = s.unit
    WHERE m.metric = 'top_1' AND m.snapshot = ?1 AND d.snapshot = ?1 AND m.population = ?2 AND d.population = ?2
"""
_FEWEST: Final = """
    SELECT p.number, least(p.number, p.least, p.lower) AS low, p.how, p.snapshots,
        (SELECT max(time) FROM snapshot WHERE network = p.network) AS time
    FROM power p WHERE p.network = ? AND p.grouping = 'control' AND p.side = 'force' AND p.action = ''
        AND p.number IS NOT NULL
"""
_CLOSES: Final = """
    SELECT o.name, o.subject, o.time, o.value, o.source, o.snapshot FROM observation o
    JOIN network n ON n.token = o.subject AND n.name = ?1
    WHERE o.name = 'price_usd' AND o.time >= ?2 AND o.time < ?3
"""


def _observed(read: Read, claim: Claim) -> pl.DataFrame:
    """Time, snapshot and value of an observation within the period, oldest first."""
    told = read.observed.get(claim.subject)
    if told is None:
        return pl.DataFrame(schema=OBSERVED)
    return told.filter(pl.col("time") >= claim.since, pl.col("time") < claim.until)


def _added(told: pl.DataFrame) -> Found:
    """The sum of daily values; it is of the end of the last day."""
    end = told["time"][-1] + timedelta(days=1)
    return Found(float(told["value"].sum()), end, tuple(told["snapshot"].unique()), f"{told.height} days")


def _nearest(told: pl.DataFrame, edge: datetime) -> tuple[datetime, int, float] | None:
    """The row that is nearest to a moment, None where none is near."""
    near = [row for row in told.iter_rows() if abs(row[0] - edge) <= NEAR]
    return min(near, key=lambda row: abs(row[0] - edge), default=None)


def _mean_price(read: Read, claim: Claim) -> Found | NotRead:
    """Mean of the closing prices of all days of a period, in dollars; where sources differ the middle counts."""
    days = [claim.first + timedelta(days=back) for back in range((claim.last - claim.first).days + 1)]
    # A close is told at the midnight after its day, by some sources hours beside it.
    told = read.mart.table(_CLOSES, claim.network, claim.since, claim.until + timedelta(days=1))
    if told.is_empty():
        return NotRead(f"no price of {claim.network} was read between {claim.first} and {claim.last}")
    judged = closes(told, told["subject"][0], days)
    good = [one for one in judged.values() if isinstance(one, Price)]
    if len(good) != len(days):
        return NotRead(f"{len(good)} of {len(days)} days have a price")
    mean = sum((one.low + one.high) / 2 for one in good) / len(good)
    return Found(mean, claim.until, tuple(told["snapshot"].unique()))
