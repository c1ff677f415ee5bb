"""From the mart to verdicts: what is known of each measure of each network, and what kind of silence the rest is."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Final

import polars as pl

from analytics.power.paths import Path
from analytics.power.verdict import Blank, Confidence, Evidence, Math, Power, Setting, State, Verdict, verdict
from analytics.spread.metrics import HEADLINE
from publish.ways import GROUPINGS, ways
from questions.populations import Population, headlines, populations
from store import reference
from store.mart import Tables
from store.rows import Measure

DAYS: Final = 30
# How the groupings of the mart are named in a verdict: what is done with addresses, and with custodians.
SETTINGS: Final[Mapping[str, Setting]] = {
    "control": Setting("control", "in"),
    "ownership": Setting("control", "out"),
    "address": Setting("address", "in"),
}

# The chain tells the total of these as what an account has, and anybody can send it something that is nobody's stake.
# One part in 10,000 moves no number that is printed; to take more from a network's letter costs a stranger that much
# for ever: 15,000 AKT of 150 million.
POOLED: Final = ("validators", "delegators")
SENT_BESIDE: Final = 1e-4

UNSEEN: Final = "unseen with the largest"

_HISTORY: Final = """
    SELECT m.grouping, date_diff('day', s.time, newest.time) AS day, max_by(m.value, s.time) AS value,
           max_by(m.low, s.time) AS low
    FROM metric m
    JOIN snapshot s ON s.id = m.snapshot
    JOIN snapshot newest ON newest.id = ? AND newest.network = s.network AND newest.reading = s.reading
    WHERE m.population = ? AND m.metric = ? AND m.value IS NOT NULL AND s.time > newest.time - INTERVAL 31 DAY
      AND m.labels_version IN ('', (SELECT max_by(labels_version, snapshot) FROM metric
                                    WHERE snapshot = newest.id AND grouping = m.grouping))
    GROUP BY ALL
"""
_REVIEWED: Final = """
    SELECT sum(g.amount) FILTER (e.entity IS NOT NULL) / sum(g.amount) AS reviewed
    FROM holding g JOIN holder h ON h.id = g.holder
    LEFT JOIN entity e ON e.network = h.network AND e.address = h.address
    WHERE g.snapshot = ? AND g.population = ?
"""


def verdicts(mart: Tables) -> dict[tuple[str, str], Verdict]:
    """The verdict on every network and measure of which anything is held, or is known not to exist."""
    known = populations(mart)
    found = {}
    power: dict[str, dict[Setting, tuple[Path, ...]]] = {}
    for measure in dict.fromkeys(one.measure for one in known):
        for one in headlines([other for other in known if other.measure == measure]):
            if one.network not in power:
                power[one.network] = {SETTINGS[grouping]: ways(mart, one.network, grouping) for grouping in GROUPINGS}
            found[one.network, measure] = verdict(evidence(mart, one, power[one.network]))
    for network, measure, blank in (*_not_applicable(), *_not_read(mart)):
        if (network, measure) not in found:
            found[network, measure] = verdict(Evidence(network, measure, blank, blank))
    return found


def rows(found: Mapping[tuple[str, str], Verdict]) -> pl.DataFrame:
    """Verdicts as rows of the table `verdict`, one an axis."""
    return pl.DataFrame(
        [
            {
                "network": network,
                "measure": measure,
                "axis": axis,
                "state": str(one.state),
                "number": one.number,
                "words": " or ".join(one.words),
                "letter": one.letter,
                "text": one.text,
                "reason": one.reason,
                "how": one.how,
                "note": one.note,
                "parties": json.dumps(one.parties),
                "stable": one.stable[0] if one.stable else None,
                "settings": one.stable[1] if one.stable else None,
                "by_address": verdict_.by_address if axis == "math" else None,
                "excluded": json.dumps(dict(verdict_.excluded)) if axis == "math" else None,
                "version": verdict_.version,
            }
            for (network, measure), verdict_ in sorted(found.items())
            for axis, one in (("math", verdict_.math), ("force", verdict_.force), ("stop", verdict_.stop))
        ],
        infer_schema_length=None,
    )


def evidence(mart: Tables, one: Population, paths: Mapping[Setting, tuple[Path, ...]]) -> Evidence:
    """What a verdict on the measure of a population rests on; paths: the ways to power of its network."""
    confidence = _confidence(mart, one)
    blank = _blanks().get((one.network, one.measure, "power"))
    if blank is None and not any(paths.values()):
        blank = Blank(State.NOT_READ, "no rule, vote or key of this network was read")
    return Evidence(
        one.network,
        one.measure,
        _math(mart, one, confidence),
        blank or Power(paths, confidence, tokens_vote=one.tokens_vote),
    )


def _math(mart: Tables, one: Population, confidence: Confidence) -> Math | Blank:
    """Effective parties under every grouping, today and on each of the last thirty days."""
    numbers: dict[Setting, float] = {}
    lows: dict[str, float] = {}
    by_day: dict[int, dict[str, float]] = defaultdict(dict)
    for grouping, day, value, low in mart.table(_HISTORY, one.snapshot, one.population_id, HEADLINE).iter_rows():
        by_day[int(day)][grouping] = max(1.0, value)
        lows |= {grouping: max(1.0, low)} if low is not None and not day else {}
    for grouping, setting in SETTINGS.items():
        low = _of(lows, grouping)
        if low is not None:
            # The part that was not read may be dust, as the number has it, or belong to the largest party.
            numbers[Setting(setting.grouping, setting.custodians, floor=UNSEEN)] = low
    for day, values in by_day.items():
        for grouping, setting in SETTINGS.items():
            number = _of(values, grouping)
            if number is not None and day < DAYS:
                numbers[Setting(setting.grouping, setting.custodians, day=day)] = number
    if Setting() not in numbers:
        return Blank(State.NOT_APPLICABLE, "nobody holds any")
    return Math(numbers, confidence, excluded=_excluded(mart, one))


def _of(values: Mapping[str, float], grouping: str) -> float | None:
    """The number under a grouping; one that no label touches equals the addresses."""
    return values.get(grouping, values.get("control", values.get("address")))


def _excluded(mart: Tables, one: Population) -> dict[str, float]:
    """Kinds of holders that are no parties, with their share of the addresses' total."""
    rows = mart.table(
        """
        SELECT exclusions FROM distribution WHERE snapshot = ? AND population = ? AND grouping IN ('address', 'control')
        ORDER BY grouping DESC
        """,
        one.snapshot,
        one.population_id,
    )
    # Where a label touches the population there is a row for `control`, and it comes first.
    return dict(json.loads(rows["exclusions"][0] or "{}")) if rows.height else {}


def _confidence(mart: Tables, one: Population) -> Confidence:
    reviewed = mart.table(_REVIEWED, one.snapshot, one.population_id)["reviewed"][0] or 0.0
    missing = abs(one.total - one.reported_total) if one.reported_total is not None else None
    beside = SENT_BESIDE if one.measure == Measure.STAKE and one.population in POOLED else 0
    return Confidence(
        census=one.coverage is None or one.coverage >= 1 - max(beside, 1e-9),
        # Rounding down loses less than one base unit a holder.
        total_matches=missing is not None and missing <= max(one.n_all, beside * one.total),
        endpoints_agree=bool(mart.table("SELECT witness FROM snapshot WHERE id = ?", one.snapshot)["witness"][0]),
        reviewed=min(1.0, reviewed),
        coverage=min(1.0, one.coverage) if one.coverage is not None else 1.0,
    )


@cache
def _blanks() -> dict[tuple[str, str, str], Blank]:
    """Curated silences: what a network does not have, with the reason."""
    rows = reference.blanks().select("network", "measure", "axis", "state", "reason").iter_rows()
    return {(network, measure, axis): Blank(State(state), reason) for network, measure, axis, state, reason in rows}


def _not_applicable() -> list[tuple[str, str, Blank]]:
    return [(network, measure, blank) for (network, measure, axis), blank in _blanks().items() if axis == "both"]


def _not_read(mart: Tables) -> list[tuple[str, str, Blank]]:
    """Measures that a network has readings for, of which the one that is told of has not landed."""
    rows = mart.table(
        """
        SELECT DISTINCT r.network, r.measure FROM reading r
        LEFT JOIN scorecard c ON c.network = r.network AND c.measure = r.measure AND c.reading <> ''
        ANTI JOIN snapshot s
            ON s.network = r.network AND s.measure = r.measure AND s.reading = coalesce(c.reading, s.reading)
        WHERE r.kind = 'holdings' ORDER BY ALL
        """
    )
    blank = Blank(State.NOT_READ, "no run has read it yet")
    return [(network, measure, blank) for network, measure in rows.iter_rows()]
