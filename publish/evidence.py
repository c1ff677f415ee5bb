"""From the mart to verdicts: what is known of each measure and of the power over each network, and the silences."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import polars as pl

from analytics.power.confidence import Confidence
from analytics.power.count import Count, counts
from analytics.power.paths import Path, alone, fewest, needed
from analytics.power.verdict import VERSION, Blank, Evidence, Gate, Math, Setting, State, Verdict, verdict
from analytics.spread.metrics import HEADLINE
from publish.confidence import confidence
from publish.look import CLAIMED, GROUPINGS, LABELLED, LATE, Known
from publish.ways import ways
from questions.populations import Population, headlines, populations
from store import reference
from store.columns import of_measure
from store.mart import Tables
from store.rows import SINK
from store.statements import PALLET, UNLABELLED_ONE

Row = dict[str, Any]

DAYS: Final = 30
# How the groupings of the mart are named in a verdict: what is done with addresses, and with custodians.
SETTINGS: Final[Mapping[str, Setting]] = {
    "control": Setting("control", "in"),
    "ownership": Setting("control", "out"),
    "address": Setting("address", "in"),
}
UNSEEN: Final = "unseen with the largest"
NO_GATE: Final = Blank(
    State.NOT_APPLICABLE, "no gatekeeper is declared for it; the power over its network stands apart"
)
UNREAD: Final = Blank(State.NOT_READ, "no rule, vote or key of this network was read")

# Headline populations by their snapshot and number.
_WANTED: Final = "WITH wanted AS (SELECT unnest(?::INTEGER[]) AS snapshot, unnest(?::INTEGER[]) AS population)"
_HISTORY: Final = f"""
    {_WANTED}, labels AS (
        SELECT snapshot, grouping, max(labels_version) AS version FROM metric
        WHERE snapshot IN (SELECT snapshot FROM wanted) GROUP BY ALL
    )
    SELECT w.snapshot, w.population, m.grouping, date_diff('day', s.time, newest.time) AS day,
           max_by(m.value, s.time) AS value, max_by(m.low, s.time) AS low
    FROM wanted w
    JOIN snapshot newest ON newest.id = w.snapshot
    JOIN snapshot s ON (s.network, s.reading) = (newest.network, newest.reading)
        AND s.time > newest.time - INTERVAL 31 DAY
    JOIN metric m ON (m.snapshot, m.population) = (s.id, w.population)
    LEFT JOIN labels l ON (l.snapshot, l.grouping) = (w.snapshot, m.grouping)
    WHERE m.metric = ? AND m.value IS NOT NULL AND m.labels_version IN ('', l.version)
    GROUP BY ALL
"""
# A label whose source nobody could open merges, and raises no letter. Where a label touches a population there is a row
# for `control`, and what is left out of it counts.
_KNOWN: Final = f"""
    {_WANTED}, called AS (
        SELECT DISTINCT h.id, e.valid_from, e.valid_to FROM (SELECT DISTINCT holder FROM holder_label) l
        JOIN holder h ON h.id = l.holder JOIN entity e ON (e.network, e.address) = (h.network, h.address)
        WHERE e.checked_at IS NOT NULL
    ), protocol AS (
        SELECT l.holder, l.valid_from, l.valid_to FROM holder_label l JOIN holder h ON h.id = l.holder
        WHERE l.kind IN {reference.PROTOCOL} AND NOT is_sink(h.address)
        UNION ALL SELECT id, NULL, NULL FROM holder WHERE {PALLET.format(holder="address")}
    )
    SELECT w.snapshot, w.population, s.witness <> '' AS witnessed,
           (SELECT sum(g.amount) FROM holding g JOIN called c ON c.id = g.holder
            WHERE (g.snapshot, g.population) = (w.snapshot, w.population)
                AND in_force(c.valid_from, c.valid_to, s.time)) AS reviewed,
           (SELECT sum(amount) FROM (
                SELECT DISTINCT g.holder, g.amount FROM holding g JOIN protocol p ON p.holder = g.holder
                WHERE (g.snapshot, g.population) = (w.snapshot, w.population)
                    AND in_force(p.valid_from, p.valid_to, s.time))) AS protocol,
           (SELECT exclusions FROM distribution d WHERE (d.snapshot, d.population) = (w.snapshot, w.population)
                AND d.grouping IN ('address', 'control') ORDER BY grouping DESC LIMIT 1) AS exclusions
    FROM wanted w JOIN snapshot s ON s.id = w.snapshot
"""


_GATED: Final = """
    SELECT g.network, g.measure AS gated, g.name, h.address, h.amount,
           e.entity, e.checked_at IS NOT NULL AS checked, s.witness <> '' AS witnessed,
           h.measure, h.population, d.n_all, d.total, d.reported_total, d.coverage
    FROM gate g
    JOIN newest s ON s.network = g.network AND s.reading = g.reading
    JOIN held h ON h.snapshot = s.id AND h.population = g.population
    JOIN distribution d ON d.snapshot = s.id AND d.population = h.population_id AND d.grouping = 'address'
    LEFT JOIN entity e ON e.network = h.network AND e.address = h.address
        AND in_force(e.valid_from, e.valid_to, h.time)
    ORDER BY g.network, g.measure, g.name, h.address
"""


# Networks of which something was read; one that is only described has nobody in power yet, a source of prices never.
_RULED: Final = """
    SELECT DISTINCT network FROM snapshot
    WHERE network IN (SELECT network FROM way UNION ALL SELECT network FROM snapshot WHERE kind = 'holdings')
    ORDER BY network
"""


def verdict_rows(mart: Tables) -> pl.DataFrame:
    """Verdicts as rows of the table `verdict`, one an axis."""
    return pl.DataFrame(
        [
            {
                "network": network,
                "measure": measure,
                "axis": axis,
                "state": str(one.state),
                "number": one.number,
                "lower": one.lower,
                "claimed": one.claimed,
                "third": one.third,
                "words": one.said,
                "letter": one.letter,
                "text": one.text,
                "reason": one.reason,
                "how": one.how,
                "parties": json.dumps(one.parties),
                "stable": one.stable[0] if one.stable else None,
                "settings": one.stable[1] if one.stable else None,
                "by_address": verdict_.by_address if axis == "math" else None,
                "excluded": json.dumps(dict(verdict_.excluded)) if axis == "math" else None,
                "version": verdict_.version,
            }
            for (network, measure), verdict_ in sorted(verdicts(mart).items())
            for axis, one in (("math", verdict_.math), ("gate", verdict_.gate))
        ],
        infer_schema_length=None,
    )


def verdicts(mart: Tables) -> dict[tuple[str, str], Verdict]:
    """The verdict on every network and column of which anything is held, or is known not to exist."""
    shown = headlines(populations(mart))
    read = Read.of(mart, shown)
    found = {(one.network, one.in_column): verdict(evidence(one, read)) for one in shown}
    for network, column, blank in _not_applicable():
        found.setdefault((network, column), verdict(Evidence(network, column, blank, blank)))
    for network, column, blank in _not_read(mart):
        if (network, column) not in found:
            # Who gates it is read apart.
            found[network, column] = verdict(Evidence(network, column, blank, _gates(read, network, column)))
    return found


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of headline populations, by snapshot and population: numbers of thirty days, and what is known.

    gated: by network and measure of which a gate is declared, who holds what of it; nobody where it was not read.
    """

    history: Mapping[tuple[int, int], list[tuple[str, int, float, float | None]]]
    known: Mapping[tuple[int, int], Row]
    gated: Mapping[tuple[str, str], Sequence[Row]]

    @classmethod
    def of(cls, mart: Tables, shown: Sequence[Population]) -> "Read":
        wanted = [one.snapshot for one in shown], [one.population_id for one in shown]
        history: dict[tuple[int, int], list[tuple[str, int, float, float | None]]] = defaultdict(list)
        for snapshot, population, *told in mart.table(_HISTORY, *wanted, HEADLINE).iter_rows():
            grouping, day, value, low = told
            history[snapshot, population].append((grouping, day, value, low))
        known = {(row["snapshot"], row["population"]): row for row in mart.table(_KNOWN, *wanted).iter_rows(named=True)}
        gated: dict[tuple[str, str], list[Row]] = {
            (network, measure): [] for network, measure in mart.table("SELECT network, measure FROM gate").iter_rows()
        }
        for row in mart.table(_GATED).iter_rows(named=True) if gated else ():
            gated[row["network"], row["gated"]].append(row)
        return cls(history, known, gated)


def evidence(one: Population, read: Read) -> Evidence:
    """What a verdict on the measure of a population rests on."""
    return Evidence(one.network, one.in_column, _math(one, read), _gates(read, one.network, one.measure))


def power_rows(mart: Tables) -> dict[str, pl.DataFrame]:
    """The tables `power` and `path`: how few can force or stop what on each network, by every way that is known."""
    counted: list[dict[str, Any]] = []
    looked: list[dict[str, Any]] = []
    declared = set(mart.table("SELECT DISTINCT network FROM way")["network"])
    for network, grouping, paths, labelled in powers(mart):
        named = {"network": network, "grouping": grouping}
        # Of one whose ways are known, and were read, nobody was found who could.
        blank = None if paths or network in declared else UNREAD
        counted += [named | _counted(one) for one in counts(paths, labelled, _blank_power(network) or blank)]
        looked += [named | {"place": place} | _looked_at(path) for place, path in enumerate(paths)]
    return {
        "power": pl.DataFrame(counted, infer_schema_length=None),
        "path": pl.DataFrame(looked, infer_schema_length=None),
    }


def powers(mart: Tables) -> Iterator[tuple[str, str, tuple[Path, ...], frozenset[str]]]:
    """Every network under every grouping: its paths, and which of their parties are known by a label."""
    behind = set(mart.table("SELECT DISTINCT network FROM way WHERE behind <> ''")["network"])
    claims = set(mart.table("SELECT DISTINCT network FROM claim")["network"])
    asked: dict[Any, Any] = {}
    for (network,) in mart.table(_RULED).iter_rows():
        known = Known(mart, network, asked)
        for grouping in (*GROUPINGS, *([CLAIMED] if network in claims else []), *([LATE] if network in behind else [])):
            paths = ways(known, grouping)
            yield network, grouping, paths, known.labels() if grouping in (LABELLED, LATE) else frozenset()


def _counted(one: Count) -> dict[str, Any]:
    return {
        "side": str(one.side),
        "action": str(one.action or ""),
        "state": str(one.state),
        "number": one.number,
        "least": one.least if one.number is not None else None,
        "lower": one.lower if one.number is not None else None,
        "at_most": one.at_most,
        "words": one.words,
        "letter": one.letter,
        "text": one.text,
        "reason": one.reason,
        "unknown": one.unknown,
        "how": one.how,
        "path": one.path.name if one.path else "",
        "seconds": one.seconds,
        "note": one.note,
        "parties": json.dumps(one.parties),
        "snapshots": json.dumps(one.path.snapshots if one.path else ()),
        "version": VERSION,
    }


def _looked_at(path: Path) -> dict[str, Any]:
    found = fewest(path) if path.needs else None
    return {
        "side": str(path.side),
        "action": str(path.action),
        "effect": path.effect,
        "name": path.name,
        "number": found.upper if found else None,
        "least": found.lower if found else None,
        "missing": path.missing,
        "seconds": path.seconds,
        "letter": path.confidence.letter if found else "",
        "parties": json.dumps(found.parties if found else ()),
        "alone": json.dumps(sorted(alone(path)) if found else ()),
        "needed": json.dumps(sorted(needed(path)) if found else ()),
        "snapshots": json.dumps(path.snapshots),
        "basis": path.basis,
    }


def _math(one: Population, read: Read) -> Math | Blank:
    """Effective parties under every grouping, today and on each of the last thirty days."""
    numbers: dict[Setting, float] = {}
    lows: dict[str, float] = {}
    by_day: dict[int, dict[str, float]] = defaultdict(dict)
    for grouping, day, value, low in read.history.get((one.snapshot, one.population_id), ()):
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
    known = read.known[one.snapshot, one.population_id]
    # Where nobody is left the mart has no number under any grouping but by address, which none of them may stand for.
    if int(known["protocol"] or 0) == one.total > 0:
        return Blank(State.NOT_APPLICABLE, "only accounts of protocols hold any, and they are no party")
    excluded = json.loads(known["exclusions"] or "{}")
    sure = _confidence(one, known)
    return Math(numbers, sure, excluded=excluded, lower=by_day[0].get(UNLABELLED_ONE), claimed=by_day[0].get(CLAIMED))


def _of(values: Mapping[str, float], grouping: str) -> float | None:
    """The number under a grouping; one that no label touches equals the addresses."""
    return values.get(grouping, values.get("control", values.get("address")))


def _confidence(one: Population, known: Row) -> Confidence:
    names = ("measure", "population", "n_all", "total", "reported_total", "coverage")
    told = {name: getattr(one, name) for name in names}
    reviewed = float(known["reviewed"] or 0) / one.total if one.total else 0.0
    return confidence(told | {"witnessed": known["witnessed"]}, reviewed)


def _gates(read: Read, network: str, measure: str) -> tuple[Gate, ...] | Blank:
    """The gatekeepers of a measure, by every gate that its network declares."""
    if (network, measure) not in read.gated:
        return _blanks().get((network, measure, "power")) or NO_GATE
    held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    labelled: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, int] = defaultdict(int)
    sure: dict[str, Mapping[str, Any]] = {}
    total: dict[str, int] = defaultdict(int)
    for row in read.gated[network, measure]:
        name, party = row["name"], row["entity"] or row["address"]
        total[name] += int(row["amount"])
        sure[name] = row
        if row["address"].startswith(SINK):
            continue
        held[name][party] += int(row["amount"])
        if row["entity"]:
            labelled[name].add(party)
            shown[name] += int(row["amount"]) * row["checked"]
    found = []
    for name, parties in held.items():
        known = confidence(sure[name], shown[name] / sum(parties.values()) if any(parties.values()) else 0.0)
        found.append(Gate(name, dict(parties), total[name], known, frozenset(labelled[name])))
    return tuple(found)


@cache
def _blanks() -> dict[tuple[str, str, str], Blank]:
    """Curated silences: what a network does not have, with the reason."""
    rows = reference.blanks().select("network", "measure", "axis", "state", "reason").iter_rows()
    return {(network, measure, axis): Blank(State(state), reason) for network, measure, axis, state, reason in rows}


def _blank_power(network: str) -> Blank | None:
    """What is said of the power over a network as a whole."""
    return _blanks().get((network, "", "power"))


def _not_applicable() -> list[tuple[str, str, Blank]]:
    return [
        (network, column, blank)
        for (network, measure, axis), blank in _blanks().items()
        if axis == "both"
        for column in of_measure(measure)
    ]


def _not_read(mart: Tables) -> list[tuple[str, str, Blank]]:
    """Columns that a network has readings for, of which the one that is told of has not landed."""
    rows = mart.table(
        """
        SELECT DISTINCT r.network, coalesce(c.in_column, r.measure) AS in_column FROM reading r
        LEFT JOIN scorecard c ON c.network = r.network AND c.measure = r.measure AND c.reading <> ''
        ANTI JOIN snapshot s
            ON s.network = r.network AND s.measure = r.measure AND s.reading = coalesce(c.reading, s.reading)
        WHERE r.kind = 'holdings' ORDER BY ALL
        """
    )
    blank = Blank(State.NOT_READ, "no run has read it yet")
    return [(network, column, blank) for network, column in rows.iter_rows()]
