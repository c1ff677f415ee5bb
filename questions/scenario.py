"""What if: a scenario asked of a population, the distribution before and after, and what every metric says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import isnan
from typing import Final

import polars as pl

from analytics.spread import whatif
from analytics.spread.batches import Threshold
from analytics.spread.whatif import Distribution
from questions import ranking
from questions import thresholds as rules
from questions.populations import Population
from store.mart import Mart

# Parties that a scenario moves one by one; what is below them counts as held by very many.
PARTIES: Final = 20_000
SHOWN: Final = 15
# The largest by their addresses, those who are shown and those to choose from; the others' say nothing.
NAMED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """What changes: its kind, a number (per cent, or how many), and the parties that it is about, by address."""

    kind: str
    number: float = 0.0
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of scenario in words: its title, what its number means, and which parties it asks for.

    asks: no parties, one, or several. unit: percent, count, or nothing where there is no number.
    """

    title: str
    explained: str
    unit: str
    asks: str
    low: float
    high: float
    usual: float
    answer: Callable[[Distribution, Scenario], Distribution]


def _percent(asked: Scenario) -> Fraction:
    return Fraction(str(asked.number)) / 100


def _merged(now: Distribution, parties: tuple[str, ...]) -> Distribution:
    """Under the name of the first with how many more: fifty addresses are no name."""
    first, *more = dict.fromkeys(parties)
    return whatif.merged(now, parties, f"{first} and {len(more)} more" if more else "")


QUESTIONS: Final[Mapping[str, Question]] = {
    "cap": Question(
        "Cap what counts",
        "What a party holds above this share of the whole does not count, for it or for anybody else.",
        "percent", "none", 0.5, 100, 10,
        lambda now, asked: whatif.cut(now, _percent(asked)),
    ),
    "spread": Question(
        "Cap what is held",
        "What a party holds above this share goes to the others in proportion.",
        "percent", "none", 0.5, 100, 10,
        lambda now, asked: whatif.handed_on(now, _percent(asked)),
    ),
    "split": Question(
        "Split a party",
        "The party becomes so many equal parties, each with its part; together they hold what it held.",
        "count", "one", 2, 100, 2,
        lambda now, asked: whatif.split(now, asked.parties[0], int(asked.number)),
    ),
    "merge": Question(
        "Merge parties",
        "The chosen parties turn out to be one, or act as one: what they hold is added up.",
        "", "several", 0, 0, 0,
        lambda now, asked: _merged(now, asked.parties),
    ),
    "remove": Question(
        "Remove the largest",
        "So many of the largest leave and take along what they hold; what is left is the new whole.",
        "count", "none", 1, 100, 1,
        lambda now, asked: whatif.without_largest(now, int(asked.number)),
    ),
    "exit": Question(
        "Parties leave",
        "The chosen parties leave, and what they held goes to those who stay, in proportion to what these hold. "
        "The numbers are those of their abstaining, where what they hold is not counted.",
        "", "several", 0, 0, 0,
        lambda now, asked: whatif.replaced(now, asked.parties),
    ),
    "abstain": Question(
        "Parties abstain",
        "The chosen parties take no part in a decision; those who do are the new whole. The numbers are those of their "
        "leaving, where what they held is handed on in proportion.",
        "", "several", 0, 0, 0,
        lambda now, asked: whatif.leaving(now, asked.parties),
    ),
    "turnout": Question(
        "Low turnout",
        "Only the largest take part, as many as make up this share of everything; they are the new whole.",
        "percent", "none", 1, 100, 40,
        lambda now, asked: whatif.turnout(now, _percent(asked)),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Before and after: metrics by name (None where undefined), and the largest parties of both."""

    before: dict[str, float | None]
    after: dict[str, float | None]
    parties: pl.DataFrame


def answer(mart: Mart, population: Population, grouping: str, asked: Scenario) -> Answer:
    """What a scenario changes; raises ValueError where it cannot be, with the reason."""
    question = QUESTIONS[asked.kind]
    if question.asks != "none" and not asked.parties:
        raise ValueError("choose a party first")
    rows = ranking.ranking(mart, population, grouping, NAMED)
    if not {*asked.parties} <= {*rows["address"]}:
        rows = ranking.ranking(mart, population, grouping, PARTIES)
    amounts = ranking.amounts(mart, population, grouping, PARTIES)
    now = _distribution(rows["address"].to_list(), amounts, ranking.counted_total(mart, population, grouping))
    then = question.answer(now, asked)
    if then.total == 0:
        # Keys cannot be divided: of three of them a tenth is none.
        raise ValueError("so small a part of it is less than one" if then.held else "nobody is left")
    named = [Threshold(one.numerator, one.denominator, one.strict) for one in rules.thresholds(mart, population)]
    after = {**then.metrics(named), **then.of_sums()}
    return Answer(_known(now.metrics(named)), _known(after), _parties(rows, now, then))


def _distribution(named: Sequence[str], amounts: Sequence[int], total: int) -> Distribution:
    """Amounts of parties, the largest first; who is not named stands under its rank."""
    names = chain(named, map("#{}".format, range(len(named) + 1, len(amounts) + 1)))
    return Distribution(dict(zip(names, amounts, strict=True)), max(0, total - sum(amounts)))


def _known(found: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if isnan(value) else value for name, value in found.items()}


def _parties(rows: pl.DataFrame, now: Distribution, then: Distribution) -> pl.DataFrame:
    """The largest parties before or after, with their shares: address, name, before, after."""
    largest = sorted(
        {*_largest(now), *_largest(then)}, key=lambda one: (-then.held.get(one, 0), -now.held.get(one, 0), one)
    )
    called = rows.filter(pl.col("address").is_in([one.partition(" ")[0] for one in largest]))
    names = dict(called.select("address", "name").iter_rows())
    before, after = now.total, then.total
    return pl.DataFrame(
        [
            {
                "address": one,
                "name": names.get(one.partition(" ")[0]),
                "before": now.held[one] / before if one in now.held else None,
                "after": then.held[one] / after if one in then.held else None,
            }
            for one in largest
        ],
        schema={"address": pl.String, "name": pl.String, "before": pl.Float64, "after": pl.Float64},
    )


def _largest(held: Distribution) -> list[str]:
    # They are nearly in order, which a sort sees and a heap does not.
    return sorted(held.held, key=held.held.__getitem__, reverse=True)[:SHOWN]
