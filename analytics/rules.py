"""The thresholds that matter for a population: its chain's own rules first, then general ones to compare with."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from analytics.populations import Population
from store.mart import Mart


@dataclass(frozen=True, slots=True)
class Threshold:
    """Who together has more than (strict) or at least this share can do `action`; own: a rule of the chain itself."""

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
        part = PARTS.get((self.numerator, self.denominator), f"{self.numerator}/{self.denominator}")
        return f"more than {part}" if self.strict else f"{part} or more"


PARTS: Final = {(1, 3): "one third", (1, 2): "half", (2, 3): "two thirds"}
GENERAL: Final = (
    Threshold("", "nc_ge_1_3", 1, 3, strict=False, own=False),
    Threshold("", "nc_gt_1_2", 1, 2, strict=True, own=False),
    Threshold("", "nc_gt_2_3", 2, 3, strict=True, own=False),
)


def thresholds(mart: Mart, population: Population) -> list[Threshold]:
    """The chain's rules over this population, then the general thresholds that no rule has."""
    rows = mart.table(
        """
        SELECT action, metric, numerator, denominator, strict FROM rule
        WHERE network = ? AND measure = ? AND population = ? ORDER BY numerator::DOUBLE / denominator, strict, action
        """,
        population.network,
        population.measure,
        population.population,
    )
    own = [Threshold(**row, own=True) for row in rows.iter_rows(named=True)]
    return own + [one for one in GENERAL if one.metric not in {rule.metric for rule in own}]


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


def values(mart: Mart, population: Population, grouping: str) -> dict[str, Value]:
    """All metrics of a population under a grouping; where no label touches it, those over plain addresses."""
    rows = mart.table(
        """
        SELECT metric, value, low, high, method_version, grouping FROM metric
        WHERE snapshot = ? AND population = ? AND grouping IN (?, 'address')
        QUALIFY row_number() OVER (
            PARTITION BY metric
            ORDER BY grouping = 'address', labels_version DESC, length(method_version) DESC, method_version DESC
        ) = 1
        """,
        population.snapshot,
        population.population_id,
        grouping,
    )
    return {row[0]: Value(*row[1:]) for row in rows.iter_rows()}
