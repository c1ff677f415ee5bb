"""The thresholds that matter for a population: its chain's own rules first, then general ones to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from analytics.spread.metrics import HEADLINE
from questions.populations import Population
from store.mart import Mart
from store.rows import Measure


@dataclass(frozen=True, slots=True)
class DecidingShare:
    """Who together has more than (strict) or at least this share can do `action`; own: a rule of the chain itself.

    Of keys that count one each, so many of so many are needed; one party may have several of them.
    """

    action: str
    metric: str
    numerator: int
    denominator: int
    strict: bool
    own: bool

    @property
    def key(self) -> str:
        """What a permalink carries."""
        return self.action.replace(" ", "-") or self.metric

    @property
    def share(self) -> float:
        """The threshold as a fraction of everything."""
        return float(Fraction(self.numerator, self.denominator))

    @property
    def amount(self) -> str:
        """The threshold in words: one third or more, more than half."""
        if not self.metric:
            return f"{self.numerator} of {self.denominator} keys"
        part = PARTS.get((self.numerator, self.denominator), f"{self.numerator}/{self.denominator}")
        return f"more than {part}" if self.strict else f"{part} or more"

    def value(self, found: Mapping[str, "Value"]) -> "Value":
        """How few parties reach it, among the metrics of a population."""
        all_apart = Value(float(self.numerator), None, None, "", "")
        return found[self.metric] if self.metric else found.get(f"{KEYS}{self.numerator}", all_apart)


# Before the number of keys that are needed, among the metrics of a population of keys.
KEYS: Final = "keys "
PARTS: Final = {(1, 3): "one third", (1, 2): "half", (2, 3): "two thirds"}
GENERAL: Final = (
    DecidingShare("", "nc_ge_1_3", 1, 3, strict=False, own=False),
    DecidingShare("", "nc_gt_1_2", 1, 2, strict=True, own=False),
    DecidingShare("", "nc_gt_2_3", 2, 3, strict=True, own=False),
)


# Keys that act together as their network declares; of a multisig that holds a key its own contract says it.
_TOGETHER: Final = """
    SELECT DISTINCT needed FROM way WHERE network = ? AND measure = ? AND population = ? AND kind = 'keys'
"""


def thresholds(mart: Mart, population: Population) -> list[DecidingShare]:
    """The chain's rules over this population, then the general thresholds that no rule has."""
    keys = _of_keys(mart, population)
    if keys is not None:
        return [keys]
    rows = mart.table(
        """
        SELECT action, metric, numerator, denominator, strict FROM rule
        WHERE network = ? AND measure = ? AND population = ? ORDER BY numerator::DOUBLE / denominator, strict, action
        """,
        population.network,
        population.measure,
        population.population,
    )
    own = [DecidingShare(**row, own=True) for row in rows.iter_rows(named=True)]
    return own + [one for one in GENERAL if one.metric not in {rule.metric for rule in own}]


def _of_keys(mart: Mart, population: Population) -> DecidingShare | None:
    """How many keys act together: the signers of a multisig as it demands, any one of those who have a role alone."""
    together = mart.table(_TOGETHER, population.network, population.measure, population.population)
    if not together.height and (population.measure != Measure.CONTROL or "/" not in population.population):
        return None
    holder, _, power = population.population.rpartition("/")
    name, subject = (together["needed"][0], "") if together.height else ("threshold", holder)
    rows = mart.table(
        "SELECT exact FROM observation WHERE network = ? AND name = ? AND subject = ? ORDER BY time DESC LIMIT 1",
        population.network,
        name,
        subject,
    )
    if together.height or power == "signers":
        needed = int(rows["exact"][0]) if rows.height else 0
        # Nobody said how many must sign: then the shares of keys are all that can be told.
        return (
            DecidingShare("act for the multisig", "", needed, population.n, strict=False, own=True) if needed else None
        )
    return DecidingShare(f"act as {power.replace('_', ' ')}", "", 1, population.n, strict=False, own=True)


@dataclass(frozen=True, slots=True)
class Value:
    """A metric of a population; low and high where not everything was read. grouping: the one that was found."""

    value: float | None
    low: float | None
    high: float | None
    method_version: str
    grouping: str

    @property
    def count(self) -> int | None:
        """The metric as a whole number of parties; None where it is undefined."""
        return None if self.value is None else int(self.value)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Between which numbers the truth lies, where not everything was read and they differ."""
        if self.low is None or self.high is None or self.low == self.high:
            return None
        return self.low, self.high


def if_unlabelled_are_one(mart: Mart, population: Population) -> float | None:
    """Effective parties if all addresses without a label were one party's; None where that was not computed."""
    rows = mart.table(
        "SELECT value FROM metric WHERE grouping = 'unlabelled_one' AND metric = ? AND snapshot = ? AND population = ?",
        HEADLINE,
        population.snapshot,
        population.population_id,
    )
    return rows["value"][0] if rows.height else None


def values(mart: Mart, population: Population, grouping: str) -> dict[str, Value]:
    """All metrics of a population under a grouping; where no label touches it, those over plain addresses."""
    rows = mart.table(
        """
        SELECT metric, value, low, high, method_version, grouping FROM metric_under(?)
        WHERE snapshot = ? AND population = ?
        """,
        grouping,
        population.snapshot,
        population.population_id,
    )
    found = {row[0]: Value(*row[1:]) for row in rows.iter_rows()}
    keys = _of_keys(mart, population)
    return found | _keys(mart, population, grouping, keys.numerator) if keys else found


# Nobody is left out: a key of a bridge is a key.
_HELD: Final = """
    WITH label AS (
        SELECT holder, any_value(entity) AS entity FROM holder_label
        WHERE ?4 <> 'address' AND network = ?1 AND in_force(valid_from, valid_to, ?5) GROUP BY holder
    )
    SELECT sum(o.amount)::BIGINT AS keys FROM holding o LEFT JOIN label l ON l.holder = o.holder
    WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0
    GROUP BY l.entity, CASE WHEN l.entity IS NULL THEN o.holder END ORDER BY keys DESC
"""


def _keys(mart: Mart, population: Population, grouping: str, needed: int) -> dict[str, Value]:
    """How few parties have so many keys together; nothing where there are not so many."""
    placed = (population.network, population.snapshot, population.population_id)
    reached = mart.table(_HELD, *placed, grouping, population.time)["keys"].cum_sum()
    if not len(reached) or reached[-1] < needed:
        return {}
    return {f"{KEYS}{needed}": Value(float((reached < needed).sum() + 1), None, None, "", grouping)}
