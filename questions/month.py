"""Why effective parties changed in thirty days: who is counted, who is known to be one party, and who really moved."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from analytics.spread.change import Change, Known, decomposed
from questions.populations import Population
from store.labels import PROTOCOL
from store.landing import Landing
from store.mart import Mart

BACK: Final = timedelta(days=30)
NEAR: Final = timedelta(days=3)
# Both days are looked at holder by holder; a larger population is compared by its metrics alone.
MOST_HOLDERS: Final = 50_000
NOBODY: Final = ""

_EARLIER: Final = """
    SELECT network, chain_id, reading, height, time, file, n FROM snapshot
    WHERE network = ? AND chain_id = ? AND reading = ? AND time BETWEEN ?::TIMESTAMPTZ AND ?::TIMESTAMPTZ
    ORDER BY abs(epoch(time) - epoch(?::TIMESTAMPTZ)) LIMIT 1
"""


def month(mart: Mart, population: Population) -> Change | None:
    """The change split into its causes; None where no day near thirty days ago was read, or too many hold something."""
    then = population.time - BACK
    found = mart.table(
        _EARLIER, population.network, population.chain_id, population.reading, then - NEAR, then + NEAR, then
    ).to_dicts()
    if not found or max(found[0]["n"], population.n) > MOST_HOLDERS:
        return None
    before = _known(mart, population.network, _landed(mart, found[0], population.population), found[0]["time"])
    after = _known(mart, population.network, _held(mart, population), population.time)
    if not (before.amounts and after.amounts):
        return None
    return decomposed(before, after, effective)


def effective(known: Known) -> float:
    """Effective parties of what is known: those who are counted, merged by label, the protocol's own left out."""
    amounts: dict[str, int] = defaultdict(int)
    for holder in known.population:
        party = known.labels.get(holder, holder)
        if party != NOBODY:
            amounts[party] += known.amounts.get(holder, 0)
    total = sum(amounts.values())
    # One over the sum of squared shares, in whole numbers until the last division.
    return total**2 / sum(amount**2 for amount in amounts.values()) if total else 0.0


def _known(mart: Mart, network: str, amounts: Mapping[str, int], at: datetime) -> Known:
    return Known(frozenset(amounts), _labels(mart, network, at), None, amounts)


def _labels(mart: Mart, network: str, at: datetime) -> dict[str, str]:
    """The party of each labelled address, as it was known at a time; protocol accounts are nobody.

    Operators that are found from what validators say have no such time: they are taken as known all along.
    """
    rows = mart.table(
        """
        SELECT address, entity, kind FROM entity
        WHERE network = ?1 AND (recorded_at IS NULL OR recorded_at <= ?2)
            AND (valid_from IS NULL OR valid_from <= ?2) AND (valid_to IS NULL OR ?2 < valid_to)
        """,
        network,
        at,
    )
    return {address: NOBODY if kind in PROTOCOL else entity for address, entity, kind in rows.iter_rows()}


def _landed(mart: Mart, one: Mapping[str, Any], population: str) -> dict[str, int]:
    landing = Landing(mart.path.parent)
    rows = landing.read(landing.folder / one["file"], (one["network"], one["chain_id"], one["reading"], one["height"]))
    held = rows.filter(population=population).select("holder", "amount").iter_rows()
    return {holder: int(amount) for holder, amount in held if amount > 0 and not holder.startswith("sink:")}


def _held(mart: Mart, population: Population) -> dict[str, int]:
    rows = mart.table(
        """
        SELECT h.address, o.amount FROM holding o JOIN holder h ON h.id = o.holder
        WHERE o.snapshot = ? AND o.population = ? AND o.amount > 0 AND NOT starts_with(h.address, 'sink:')
        """,
        population.snapshot,
        population.population_id,
    )
    return {address: int(amount) for address, amount in rows.iter_rows()}
