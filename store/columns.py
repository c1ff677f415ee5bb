"""The columns of the scorecard: under one heading stand parties of one kind, whichever network they are of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from store.rows import Measure


class Column(StrEnum):
    """What is told of every network; one that has its measure alone has the measure's name."""

    STAKE = "stake"
    STAKE_BY_OPERATOR = "stake_by_operator"
    VOTING_POWER = "voting_power"
    EMISSION = "emission"
    EMISSION_BY_OPERATOR = "emission_by_operator"
    COMPUTE_SUPPLY = "compute_supply"
    COMPUTE_SPEND = "compute_spend"
    TOKEN = "token"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class About:
    """What a column is called, of which measure it tells, and whose amounts stand in it.

    kind: of party, as a sentence begins with it. populations: the names under which networks have parties of that kind.
    """

    title: str
    measure: Measure
    kind: str
    populations: tuple[str, ...]


# Subnets are markets and leases are things: neither decides anything, so they are in no column.
ABOUT: Final[Mapping[Column, About]] = {
    Column.STAKE: About(
        "Stake by owner", Measure.STAKE, "those who own it", ("coldkeys", "delegators", "lockers", "stakers", "owners")
    ),
    Column.STAKE_BY_OPERATOR: About(
        "Stake by operator", Measure.STAKE, "those who run with it", ("hotkeys", "validators")
    ),
    Column.VOTING_POWER: About(
        "Voting power", Measure.VOTING_POWER, "those who vote with it", ("validators", "voters", "miners", "owners")
    ),
    Column.EMISSION: About("Emission by recipient", Measure.EMISSION, "those who own what was paid", ("recipients",)),
    Column.EMISSION_BY_OPERATOR: About(
        "Emission by operator",
        Measure.EMISSION,
        "those who earn it, with what they pass on",
        ("stakers", "miners", "owners"),
    ),
    Column.COMPUTE_SUPPLY: About(
        "Compute and storage", Measure.COMPUTE_SUPPLY, "those who provide it", ("providers", "owners")
    ),
    Column.COMPUTE_SPEND: About(
        "Compute spend", Measure.COMPUTE_SPEND, "those who are paid", ("providers", "recipients")
    ),
    Column.TOKEN: About("Unstaked tokens", Measure.TOKEN, "those who own them", ("coldkeys", "holders")),
    Column.CONTROL: About("Control", Measure.CONTROL, "those who have a key", ("sudo",)),
}


def of_measure(measure: str) -> list[Column]:
    """The columns that tell of a measure, the first the one to begin with."""
    return [column for column, about in ABOUT.items() if about.measure == measure]


def misplaced(shown: Mapping[Column, str]) -> Iterator[str]:
    """What stands in a column of another kind of party; shown: reading/population by column, empty where none."""
    for column, key in shown.items():
        population = key.partition("/")[2]
        about = ABOUT[Column(column)]
        if key and population not in about.populations:
            kind = f"{about.title} is of {about.kind} ({' or '.join(about.populations)})"
            yield f"{kind}: {population} are no such parties"
