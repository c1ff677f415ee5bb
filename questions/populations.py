"""Which populations can be looked at: their newest block, size, unit and source, in words that readers know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from store.mart import Tables

# Base units as their users call them: display token and decimals. Units that are not here are counted as they are.
UNITS: Final[dict[str, tuple[str, int]]] = {
    "uakt": ("AKT", 6),
    "uact": ("ACT", 6),
    "uusdc": ("USDC", 6),
    "rao": ("TAO", 9),
    "rao alpha": ("alpha", 9),
    "rao alpha a day": ("alpha a day", 9),
    "afet": ("FET", 18),
}
# What parties are called whose population is named after a power; the plural.
THINGS: Final = {
    "sudo": "sudo keys",
    "authorities": "block authorities",
    "grandpa": "finality voters",
    "owner": "owners",
    "pending_owner": "pending owners",
    "proxy_admin": "proxy admins",
    "pool": "pools",
    **{power: f"{power}s" for power in ("minter", "burner", "pauser", "admin", "upgrader", "relayer", "approver")},
}
# Leases are priced with 18 decimals of the smallest coin.
FINE: Final = "1e-18 "
FINE_DECIMALS: Final = 18

_NEWEST: Final = """
    WITH newest AS (
        SELECT max_by(id, row(time, id)) AS id FROM snapshot WHERE kind = 'holdings' GROUP BY network, reading
    )
    SELECT s.id AS snapshot, s.network, coalesce(w.title, s.network) AS title, coalesce(w.stack, '') AS stack,
           coalesce(w.address, '') AS spelling, w.token, w.unit AS base_unit, w.decimals,
           s.reading, s.measure, s.unit, s.chain_id, s.height, s.hash, s.time, s.since, s.endpoint, s.method,
           s.simulated, coalesce(r.headline, false) AS headline,
           p.id AS population_id, p.name AS population, d.n, d.n_all, d.total, d.reported_total, d.coverage
    FROM newest JOIN snapshot s ON s.id = newest.id
    JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address'
    JOIN population p ON p.id = d.population
    LEFT JOIN network w ON w.name = s.network
    LEFT JOIN reading r ON r.network = s.network AND r.name = s.reading
    ORDER BY s.network, s.measure, s.reading, p.name
"""


@dataclass(frozen=True, slots=True)
class Population:
    """Parties that are compared with each other, at their newest block: what they share, in which unit, read where."""

    snapshot: int
    population_id: int
    network: str
    title: str
    stack: str
    spelling: str
    reading: str
    measure: str
    population: str
    unit: str
    token_unit: str
    token_decimals: int
    heading: str
    thing: str
    chain_id: str
    height: int
    hash: str
    time: datetime
    since: datetime | None
    endpoint: str
    method: str
    simulated: bool
    headline: bool
    n: int
    n_all: int
    total: int
    reported_total: int | None
    coverage: float | None

    @property
    def key(self) -> str:
        """What a permalink carries: the reading and the population, where the reading has several."""
        return f"{self.reading}/{self.population}"


def populations(mart: Tables) -> list[Population]:
    """Every population that is held in full, at its newest block."""
    return [_population(row) for row in mart.table(_NEWEST).iter_rows(named=True)]


def _population(row: dict[str, Any]) -> Population:
    token, decimals = token_unit(row["unit"], row.pop("base_unit"), row.pop("token"), row.pop("decimals"))
    return Population(
        **row | {"total": int(row["total"]), "reported_total": _integer(row["reported_total"])},
        token_unit=token,
        token_decimals=decimals,
        heading=heading(row["population"]),
        thing=things(row["population"]),
    )


def _integer(number: Decimal | None) -> int | None:
    return None if number is None else int(number)


def token_unit(unit: str, base: str | None, token: str | None, decimals: int | None) -> tuple[str, int]:
    """Display token and decimals of a base unit: uakt is AKT with 6; what is no coin is counted as it is."""
    if unit.startswith(FINE):
        name, places = token_unit(unit.removeprefix(FINE), base, token, decimals)
        return name, places + FINE_DECIMALS
    if unit == base and token is not None and decimals is not None:
        return token, decimals
    return UNITS.get(unit, (unit, 0))


def things(population: str) -> str:
    """What the parties of a population are called: validators, coldkeys, holders."""
    name = population.rpartition("/")[2].partition("@")[0]
    return THINGS.get(name, name.replace("_", " "))


def subnet_number(label: str) -> str:
    """How readers call a subnet: by its netuid, with the count of registrations where the netuid was given again."""
    return label.removeprefix("subnet:").removesuffix(".0")


def heading(population: str) -> str:
    """A population as a heading: `subnet:4.0/miners` is Subnet 4, miners; `delegators@x` is Delegators of x.

    A netuid that was given again carries the count of its registrations: `subnet:4.2/miners` is Subnet 4.2, miners.
    """
    scope, _, name = population.rpartition("/")
    name, _, of = name.partition("@")
    spoken = name.replace("_", " ")
    if scope.startswith("subnet:"):
        return f"Subnet {subnet_number(scope)}, {spoken}"
    spoken = spoken[:1].upper() + spoken[1:]
    return f"{spoken} of {of}" if of else spoken


def whole(population: str) -> bool:
    """Whether a population spans its network, and is no part such as one subnet or one validator's delegators."""
    return "@" not in population and "/" not in population


# Who is looked at first where a measure has several populations.
FIRST: Final = ("validators", "providers", "recipients", "coldkeys", "holders", "stakers", "organizations", "sudo")


def headlines(known: Sequence[Population]) -> list[Population]:
    """One population a network: the one that its measure is usually told of."""
    found: dict[str, Population] = {}
    for one in sorted((one for one in known if whole(one.population)), key=_place):
        found.setdefault(one.network, one)
    return [found[network] for network in sorted(found)]


def _place(one: Population) -> tuple[bool, int, int, str]:
    place = FIRST.index(one.population) if one.population in FIRST else len(FIRST)
    return (not one.headline, place, -one.n, one.key)


def in_tokens(column: str, decimals: int) -> pl.Expr:
    """Base units as tokens, for charts and tables; exact amounts stay in their own column."""
    return pl.col(column).cast(pl.Float64) / 10.0**decimals
