"""Which number of the mart something is: from its origin follow its SQL, its link, and what it rests on."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import polars as pl

from questions import supposed
from questions.populations import Population
from questions.power import GROUPING
from questions.ranking import LEFT_OUT
from questions.scenario import Scenario
from store import addresses
from store.mart import Tables
from store.rows import SINK

# The part of a link that names a number.
CITE: Final = "cite"
LONGEST_LINK: Final = 4000
LONGEST_PART: Final = 400
# A scenario has the addresses of its parties in its part.
LONGEST_SCENARIO: Final = 2500
# Between the parts of an origin; the last one may hold it.
BETWEEN: Final = "/"
LOW, HIGH = ".low", ".high"
# Before a metric: of what a scenario leaves of a population.
AFTER: Final = "after"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which number it is. metric: as in docs/metrics.md, or `table.column` of the mart.

    reading, chain_id, height: of the snapshot, empty where a number rests on several. of: the population, or what it is
    about in its table. grouping: how parties are counted, empty where nothing is.
    """

    metric: str
    network: str = ""
    chain_id: str = ""
    reading: str = ""
    height: int | None = None
    grouping: str = ""
    of: str = ""

    @property
    def written(self) -> str:
        """As a link has it."""
        height = "" if self.height is None else str(self.height)
        parts = (self.metric, self.network, self.chain_id, self.reading, height, self.grouping, self.of)
        return BETWEEN.join(parts)


class NotCited(ValueError):
    """A link that names no number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Numbers that stand in one place of the mart: the relation, and by which columns one is found.

    columns: what may be asked, each with its expression. keys: for each part of an origin the columns that have it;
    `of` is divided among several. snapshots: the ids of what it rests on. method, labels: versions.
    """

    relation: str
    columns: Mapping[str, str]
    keys: Mapping[str, tuple[str, ...]]
    snapshots: str = "[]::INTEGER[]"
    method: str = "''"
    labels: str = "''"


_AT: Final = {name: (f"s.{name}",) for name in ("network", "chain_id", "reading", "height")}
_SPREAD: Final = """{} x
JOIN snapshot s ON s.id = x.snapshot
JOIN population p ON p.id = x.population"""
# The labels that were in force for a network when it was measured last.
_LABELS: Final = """(SELECT any_value(d.labels_version) FROM measured d JOIN newest n ON n.id = d.snapshot
        WHERE n.network = x.network)"""
_BONDED: Final = """(SELECT arg_min(d.total, abs(epoch(n.time) - epoch(least(coalesce(x.voting_end, s.time), s.time))))
        FROM distribution d JOIN snapshot n ON n.id = d.snapshot JOIN population p ON p.id = d.population
        WHERE n.network = x.network AND n.measure = 'stake' AND p.name = 'validators' AND d.grouping = 'address')"""
_VOTED: Final = "(x.yes + x.abstain + x.no + x.no_with_veto)"
_DECIDED: Final = """(SELECT network, grouping, list(DISTINCT snapshot) AS snapshots,
        sum(amount) FILTER (fewest = 1) / sum(amount) AS by_one,
        sum(amount) FILTER (fewest BETWEEN 1 AND 2) / sum(amount) AS by_two,
        sum(amount) FILTER (fewest BETWEEN 1 AND 3) / sum(amount) AS by_three,
        sum(amount) FILTER (fewest BETWEEN 1 AND 5) / sum(amount) AS by_five,
        coalesce(sum(amount) FILTER (fewest IS NULL), 0) / sum(amount) AS not_known
    FROM deciding_set GROUP BY network, grouping) x"""

_BALLOTS: Final = """(SELECT network, voter, count(DISTINCT chain_id || ' ' || proposal) AS "cast",
        list(DISTINCT snapshot) AS snapshots FROM vote GROUP BY network, voter) x"""
_OFF: Final = """(SELECT network, count(*) FILTER (exact = 'off') AS off, list(DISTINCT snapshot) AS snapshots FROM (
        FROM observation WHERE name = 'emission_switch'
        QUALIFY rank() OVER (PARTITION BY network ORDER BY time DESC) = 1
    ) GROUP BY network) x"""
# Which part of what a part of a network issues in a day.
_OF_ISSUED: Final = """x.value / (SELECT i.value FROM observation i
        WHERE (i.snapshot, i.subject) = (x.snapshot, x.subject) AND i.name = 'emission_issued' AND i.value > 0)"""

# What the addresses of a party have together, by the labels in force at the block; once for each, as rankings count.
_PARTIES: Final = """(SELECT o.snapshot, o.population, l.entity, sum(o.amount) AS amount, count(*) AS addresses
    FROM holding o JOIN snapshot t ON t.id = o.snapshot
    JOIN (SELECT DISTINCT network, holder, entity, valid_from, valid_to FROM holder_label) l
        ON l.network = t.network AND l.holder = o.holder AND in_force(l.valid_from, l.valid_to, t.time)
    WHERE o.amount > 0 GROUP BY ALL) x
JOIN snapshot s ON s.id = x.snapshot
JOIN population p ON p.id = x.population"""
# What is told of tokens that became another one, a row a token. Whole base units: what an amount becomes is divided by
# what one token is before it is multiplied, since the product has too many digits.
_MERGED: Final = """(WITH told AS (
        SELECT o.snapshot, o.name, o.subject, o.exact, u.decimals FROM observation o
        LEFT JOIN unit u ON (u.network, u.unit) = (o.network, o.unit)
        WHERE o.name SIMILAR TO 'stated_rate|stated_minted|old_supply|old_burned|old_token|conversion_ratio'),
    one AS (
        SELECT snapshot, subject, 10::HUGEINT ** any_value(decimals) FILTER (name = 'old_supply') AS token,
            any_value(exact) FILTER (name = 'stated_minted')::HUGEINT AS minted,
            any_value(exact) FILTER (name = 'stated_rate')::HUGEINT AS stated,
            any_value(exact) FILTER (name = 'old_burned')::HUGEINT AS burned,
            any_value(exact) FILTER (name = 'old_supply')::HUGEINT - burned AS outstanding
        FROM told GROUP BY ALL HAVING stated IS NOT NULL)
    SELECT one.*, (sum(minted) OVER (PARTITION BY one.snapshot))::HUGEINT AS all_minted,
        coalesce(c.exact::HUGEINT, stated) AS rate,
        outstanding // token::HUGEINT * rate + outstanding % token::HUGEINT * rate // token::HUGEINT AS would_become,
        burned // token::HUGEINT * rate + burned % token::HUGEINT * rate // token::HUGEINT AS became
    FROM one LEFT JOIN told t ON (t.snapshot, t.name, t.exact) = (one.snapshot, 'old_token', one.subject)
    LEFT JOIN told c ON (c.snapshot, c.name, c.subject) = (one.snapshot, 'conversion_ratio', t.subject)) x
JOIN snapshot s ON s.id = x.snapshot"""

# What spend rests on: leases as they were read last, and the prices of about that time.
_SPENT: Final = """list_concat(
        (SELECT list(n.id ORDER BY n.id) FROM newest n WHERE (n.network, n.measure) = (x.network, 'compute_spend')),
        (SELECT list(DISTINCT o.snapshot) FROM observation o JOIN unit u ON u.token = o.subject
        WHERE (u.network, o.name) = (x.network, 'price_usd') AND abs(epoch(o.time) - (
            SELECT epoch(max(n.time)) FROM newest n WHERE (n.network, n.measure) = (x.network, 'compute_spend')
        )) <= 6 * 3600))"""
# Of a day: the run rates that were read on it, and what its source told of it.
_OF_DAY: Final = """list_concat(
        (SELECT list(s.id ORDER BY s.id) FROM snapshot s
        WHERE s.network = x.network AND starts_with(s.reading, 'leases_') AND s.time::DATE = x.day),
        (SELECT list(DISTINCT o.snapshot) FROM observation o
        WHERE o.name = 'dailyUUsdSpent' AND o.time::DATE = x.day AND x.console_usd IS NOT NULL))"""
_OFFERED: Final = """(SELECT list(n.id ORDER BY n.id) FROM newest n
        WHERE n.network = x.network AND n.measure = 'compute_supply')"""

# What a count rests on: the votes, and the last shares that were read while they were taken, else the newest stake.
_RECOUNTED: Final = """list_concat(
        (SELECT list(DISTINCT v.snapshot) FROM vote v
        WHERE (v.network, v.chain_id, v.proposal) = (x.network, x.chain_id, x.proposal)),
        coalesce((
            SELECT [arg_max(c.id, row(c.time, c.reading))] FROM snapshot c, proposal p
            WHERE c.id IN (SELECT snapshot FROM share) AND c.time BETWEEN p.voting_start AND p.voting_end
                AND (c.network, c.chain_id) = (x.network, x.chain_id)
                AND (p.network, p.chain_id, p.proposal) = (x.network, x.chain_id, x.proposal)
            HAVING count(*) > 0
        ), (SELECT list(n.id ORDER BY n.id) FROM newest n
            WHERE n.network = x.network AND n.kind = 'holdings' AND n.measure IN ('stake', 'voting_power'))))"""


def _own(*names: str) -> dict[str, str]:
    return {name: f"x.{name}" for name in names}


METRIC: Final = Kind(
    _SPREAD.format("metric_under({grouping})"),
    _own("value", "low", "high"),
    {"metric": ("x.metric",), **_AT, "of": ("p.name",)},
    "[s.id]",
    "x.method_version",
    "x.labels_version",
)
KINDS: Final[Mapping[str, Kind]] = {
    # How many there are, and how much they hold together.
    "distribution": Kind(
        _SPREAD.format("size_under({grouping})"),
        _own("n", "n_all", "total", "reported_total", "coverage"),
        {**_AT, "of": ("p.name",)},
        "[s.id]",
        labels="x.labels_version",
    ),
    # What one address has; sinks are told with `sink:` before them.
    "holding": Kind(
        f"{_SPREAD.format('holding')}\nJOIN holder h ON h.id = x.holder",
        {"amount": "x.amount"},
        {**_AT, "of": ("h.address", "p.name")},
        "[s.id]",
    ),
    # Where one address stood among the largest of a past day.
    "ranked": Kind(
        _SPREAD.format("ranked"),
        _own("rank", "amount"),
        {**_AT, "of": ("x.address", "p.name")},
        "[s.id]",
    ),
    # What a party has with all its addresses that labels put together.
    "party": Kind(
        _PARTIES,
        _own("amount", "addresses"),
        {**_AT, "of": ("x.entity", "p.name")},
        "[s.id]",
        labels=_LABELS.replace("x.network", "s.network"),
    ),
    # Sums and rests of tokens that became another one.
    "merger": Kind(
        _MERGED,
        _own("all_minted", "outstanding", "would_become", "became"),
        {**_AT, "of": ("x.subject",)},
        "[s.id]",
    ),
    "ballots": Kind(_BALLOTS, {"cast": 'x."cast"'}, {"network": ("x.network",), "of": ("x.voter",)}, "x.snapshots"),
    "change": Kind(
        _SPREAD.format("change"),
        _own("before", "after", "by_population", "by_labels", "by_price", "by_moves", "churn"),
        {**_AT, "of": ("p.name",)},
        "[x.snapshot, x.earlier]",
        labels=_LABELS.replace("x.network", "s.network"),
    ),
    "sweep": Kind(
        _SPREAD.format("sweep"),
        _own("value", "low", "high"),
        {**_AT, "grouping": ("x.grouping",), "of": ("x.metric", "x.scenario", "p.name")},
        "[s.id]",
        "x.method_version",
        "x.labels_version",
    ),
    "power": Kind(
        "power x",
        _own("number", "least", "lower", "seconds"),
        {"network": ("x.network",), "grouping": ("x.grouping",), "of": ("x.side", "x.action")},
        """from_json(coalesce(nullif(x.snapshots, ''), '[]'), '["INTEGER"]')""",
        "x.version",
        _LABELS,
    ),
    "verdict": Kind(
        "verdict x",
        _own("number", "lower", "claimed", "third", "by_address"),
        {"network": ("x.network",), "of": ("x.axis", "x.measure")},
        """(SELECT list(n.id) FROM newest n JOIN scorecard c
        ON (c.network, c.measure, c.reading) = (n.network, n.measure, n.reading)
        WHERE c.network = x.network AND c.in_column = x.measure)""",
        "x.version",
        _LABELS,
    ),
    "halt_cost": Kind(
        "halt_cost x",
        {**_own("controlled_usd", "loss_usd", "usd", "bonded", "own"), "operators": "json_array_length(x.operators)"},
        {"network": ("x.network",), "of": ("x.fault",)},
        "[x.snapshot]",
        labels=_LABELS,
    ),
    "slack": Kind(
        "slack x JOIN snapshot s ON s.id = x.snapshot",
        _own("operators", "absent", "share"),
        _AT,
        "[s.id]",
        labels="x.labels_version",
    ),
    # Which share of what the parts of a network get so few parties, or fewer, decide over.
    "deciding_set": Kind(
        _DECIDED,
        _own("by_one", "by_two", "by_three", "by_five", "not_known"),
        {"network": ("x.network",), "grouping": ("x.grouping",)},
        "x.snapshots",
        labels=_LABELS,
    ),
    "claim_reading": Kind(
        "claim_reading x",
        _own("measured", "claimed"),
        {"of": ("x.claim", "x.reading")},
        """from_json(coalesce(nullif(x.snapshots, ''), '[]'), '["INTEGER"]')""",
    ),
    # A market in dollars, by every way of counting it, by side, party and day; who offers hardware, who signs for it.
    "spend": Kind(
        "spend x",
        _own("tokens", "low_usd", "high_usd"),
        {"network": ("x.network",), "of": ("x.title", "x.token")},
        _SPENT,
    ),
    "spend_side": Kind(
        "spend_side x",
        _own("parties", "usd", "of_spend", "effective_parties", "nc_gt_1_2", "top_1", "top_3", "hhi"),
        {"network": ("x.network",), "of": ("x.side",)},
        _SPENT,
        labels=_LABELS,
    ),
    "spend_party": Kind(
        "spend_party x",
        _own("rank", "addresses", "low_usd", "high_usd", "share", "cumulative"),
        {"network": ("x.network",), "of": ("x.side", "x.party")},
        _SPENT,
        labels=_LABELS,
    ),
    "spend_day": Kind(
        "spend_day x",
        _own("low_usd", "high_usd", "console_usd", "ratio"),
        {"network": ("x.network",), "of": ("x.day::VARCHAR",)},
        _OF_DAY,
    ),
    "organisation": Kind(
        "organisation x",
        _own("providers", "cpu_cores", "memory_gib", "storage_gib", "gpus"),
        {"network": ("x.network",), "of": ("x.organisation",)},
        _OFFERED,
    ),
    "auditor": Kind(
        "auditor x",
        _own("low_usd", "of_spend", "signed", "of_providers"),
        {"network": ("x.network",), "of": ("x.auditor",)},
        _SPENT,
        labels=_LABELS,
    ),
    "yardstick": Kind("yardstick x", _own("m_low", "m_high", "k_low", "k_high"), {"of": ("x.yardstick",)}),
    "proposal": Kind(
        "proposal x JOIN snapshot s ON s.id = x.snapshot",
        {
            **_own("yes", "abstain", "no", "no_with_veto", "power", "quorum"),
            "turnout": f"{_VOTED} / coalesce(x.power, {_BONDED})",
            "yes_share": f"x.yes / nullif({_VOTED} - x.abstain, 0)",
            "veto_share": f"x.no_with_veto / nullif({_VOTED}, 0)",
        },
        {"network": ("x.network",), "chain_id": ("x.chain_id",), "of": ("x.proposal",)},
        "[s.id]",
    ),
    # How few would turn a vote, and who stayed away: counted by Python when the mart is built.
    "flip": Kind(
        "flip x",
        _own("fewest", "most"),
        {"network": ("x.network",), "chain_id": ("x.chain_id",), "of": ("x.proposal", "x.route")},
        _RECOUNTED,
    ),
    "recount": Kind(
        "recount x",
        _own("voters", "absent", "turnout", "absent_share"),
        {"network": ("x.network",), "chain_id": ("x.chain_id",), "of": ("x.proposal",)},
        _RECOUNTED,
    ),
    # Parts of a network that get nothing, as the newest block says it.
    "emission_switch": Kind(
        _OFF,
        {"off": "x.off"},
        {"network": ("x.network",)},
        "x.snapshots",
    ),
    "snapshot": Kind("snapshot s", {"n": "s.n"}, _AT, "[s.id]"),
    "run": Kind("run x", _own("landed", "requests"), {"of": ("x.id",)}),
    "observation": Kind(
        "observation x JOIN snapshot s ON s.id = x.snapshot",
        {**_own("value", "exact"), "of_issued": _OF_ISSUED},
        {**_AT, "of": ("x.name", "x.subject")},
        "[s.id]",
    ),
}
# How many rows a table has; `of` names one column's value where only those are counted.
COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "claim_reading": ("word",),
    "claim": (),
    "entity": (),
    "event": (),
    "organisation": ("network",),
    "proposal": ("status",),
    "run": ("status",),
    "reading": ("network",),
    "yardstick": (),
}


# A part of an origin that a kind of number does not have: what a link tells of it is that of no number.
_NONE: Final = {**dict.fromkeys(("network", "chain_id", "reading", "grouping", "of"), "''"), "height": "-1"}
# Groupings that a population which no label touches has by its addresses; others have rows of their own, or none.
_TOLD_UNDER: Final = (*LEFT_OUT, "claimed")


class _Asked(NamedTuple):
    """A number: where it stands, the expression that gives it, what must be so, and what its braces stand for."""

    kind: Kind
    value: str
    relation: str
    where: tuple[tuple[str, str | int], ...]
    told: Mapping[str, str | int]

    def filled(self, written: Callable[[str | int], str]) -> str:
        """The relation with each of its braces as `written` writes what it stands for, in their order."""
        return re.sub(r"\{([a-z_]+)\}", lambda found: written(self.told[found[1]]), self.relation)


def _asked(origin: Origin) -> _Asked:
    """Raises NotCited where the mart has no such number."""
    table, _, column = origin.metric.partition(".")
    if table == AFTER:
        return _supposed(origin, column)
    if column == "rows" and table in COUNTED:
        kind = Kind(f"{table} x", {"rows": "count(*)"}, {"of": tuple(f"x.{name}" for name in COUNTED[table])})
    elif column and table in KINDS:
        kind = KINDS[table]
    else:
        kind, column = METRIC, column or "value"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", table):
            raise NotCited(f"{origin.metric!r} names no metric")
    if column not in kind.columns:
        raise NotCited(f"{origin.metric!r} is no number of the mart")
    parts = {name: getattr(origin, name) for name in ("network", "chain_id", "reading", "height", "grouping", "of")}
    parts["metric"] = table
    where: list[tuple[str, str | int]] = []
    for name, columns in kind.keys.items():
        told = parts[name]
        if told is None:
            raise NotCited(f"{origin.metric!r} stands at a block, and none is named")
        # Whatever is counted by a column may be counted altogether.
        if columns and not (column == "rows" and told == ""):
            values = str(told).split(BETWEEN, len(columns) - 1) if isinstance(told, str) else [told]
            if len(values) != len(columns):
                raise NotCited(f"{told!r} names nothing of {table}")
            where += zip(columns, values, strict=True)
    foreign = list(_not_its_own(kind, origin))
    if foreign and column == "rows":
        # Of what nothing has there would be none, which is a count.
        raise NotCited(f"{origin.written[:80]!r} names rows by what none has, so that there is no such number")
    where += foreign
    return _Asked(kind, kind.columns[column], kind.relation, tuple(where), {"grouping": origin.grouping})


def _not_its_own(kind: Kind, origin: Origin) -> Iterator[tuple[str, str | int]]:
    """What must be so of the parts that a kind is not found by: no number has any but a grouping."""
    for name, nothing in _NONE.items():
        told = getattr(origin, name)
        if name == "grouping" and "{grouping}" in kind.relation:
            if told not in _TOLD_UNDER:
                yield "x.grouping", told
        elif not kind.keys.get(name) and told not in ("", None):
            yield nothing, told


def _supposed(origin: Origin, metric: str) -> _Asked:
    """A number of what a scenario leaves: `of` has its kind, its number, its parties and the population."""
    kind, number, chosen, population = [*origin.of.split(BETWEEN, 3), *[""] * 4][:4]
    known = kind in supposed.STEPS and supposed.formula(metric) and origin.grouping in LEFT_OUT and population
    if not known or not re.fullmatch(supposed.NUMBER, number) or origin.height is None:
        raise NotCited(f"{origin.of[:80]!r} names no scenario of which {metric!r} has SQL")
    told = supposed.placeholders(kind, number, chosen, population, origin.grouping)
    place = {name: getattr(origin, name) for name in ("network", "chain_id", "reading", "height")}
    value = Kind("", {metric: "x.value"}, _AT, "[s.id]", labels=_LABELS.replace("x.network", "s.network"))
    return _Asked(value, "x.value", supposed.relation(kind, metric), (), {**told, **place})


def sql(origin: Origin) -> str:
    """The statement that gives the number, for the plain duckdb program on the file of the mart; raises NotCited."""
    asked = _asked(origin)
    where = [f"{column} = {_literal(value)}" for column, value in asked.where]
    conditions = f"\nWHERE {' AND '.join(where)}" if where else ""
    return f"SELECT {asked.value} AS value\nFROM {asked.filled(_literal)}{conditions};"


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Found:
    """A number as the mart has it, with the versions of its method and of the labels, and what it rests on.

    value: as the mart has it. snapshots: network, chain_id, reading, height, hash, time, endpoint, method, sha256 and
    simulated of each, and its landing file.
    """

    value: float | int | str | None
    method_version: str
    labels_version: str
    snapshots: pl.DataFrame


_SNAPSHOTS: Final = """
    SELECT network, chain_id, reading, height, hash, time, endpoint, method, sha256, simulated, file FROM snapshot
    WHERE id IN (SELECT unnest(?::INTEGER[])) ORDER BY network, reading, time DESC
"""


def found(mart: Tables, origin: Origin) -> Found | None:
    """The number with all that it rests on; None where the mart has none. Raises NotCited."""
    asked = _asked(origin)
    counted = asked.value == "count(*)"
    columns = {"value": asked.value, "method": asked.kind.method, "labels": asked.kind.labels}
    columns["snapshots"] = asked.kind.snapshots
    told = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    # What a link says is told to the database beside the statement, never in it.
    values: list[str | int] = []

    def beside(value: str | int) -> str:
        values.append(value)
        return "?"

    relation = asked.filled(beside)
    where = " AND ".join(["true", *(f"{column} = ?" for column, _ in asked.where)])
    values += [value for _, value in asked.where]
    rows = mart.table(f"SELECT {told} FROM {relation} WHERE {where}{' GROUP BY ALL' * counted}", *values)
    if rows.height != 1:
        return None
    value, method, labels, snapshots = rows.row(0)
    behind = mart.table(_SNAPSHOTS, list(snapshots or []))
    return Found(_plain(value), method or "", labels or "", behind)


def _plain(value: float | int | str | Decimal | None) -> float | int | str | None:
    """A number as Python has it: a decimal of the mart is a whole number of base units."""
    return int(value) if isinstance(value, Decimal) else value


# What may stand in each part of an origin but `of`, which is any text.
_FORMS: Final[Mapping[str, str]] = {
    "metric": r"[a-z][a-z0-9_]{0,60}(?:\.[a-z0-9_]{1,40})?",
    "network": r"[a-z0-9][a-z0-9_-]{0,80}|",
    "chain_id": r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,80}|",
    "reading": r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,120}|",
    "height": r"[0-9]{1,18}|",
    "grouping": r"[a-z][a-z_ ]{0,30}|",
}


def linked(link: str) -> Origin:
    """The number that a link names, whatever host and page it leads to; raises NotCited with the reason.

    Links are written by anybody: nothing of one is fetched, opened or run.
    """
    if len(link) > LONGEST_LINK:
        raise NotCited(f"a link of {len(link)} letters is none of ours")
    try:
        asked = parse_qs(urlsplit(link).query, keep_blank_values=True, max_num_fields=40).get(CITE, [])
    except ValueError as error:
        raise NotCited(f"{link[:80]!r} is no link: {error}") from error
    if len(asked) != 1:
        raise NotCited(f"a link to a number has one {CITE}= in it, as pages give it under Cite and reproduce")
    return parsed(asked[0])


def parsed(written: str) -> Origin:
    """The origin that a text names; raises NotCited."""
    parts = written.split(BETWEEN, len(_FORMS))
    if len(parts) <= len(_FORMS):
        raise NotCited(f"{written[:80]!r} names no number")
    for (name, form), part in zip(_FORMS.items(), parts, strict=False):
        if not re.fullmatch(form, part, re.ASCII):
            raise NotCited(f"{part[:80]!r} is no {name.replace('_', ' ')}")
    *told, of = parts
    longest = LONGEST_SCENARIO if told[0].startswith(f"{AFTER}.") else LONGEST_PART
    if len(of) > longest or not (of.isprintable() or of == ""):
        raise NotCited(f"{of[:80]!r} names nothing")
    metric, network, chain_id, reading, height, grouping = told
    origin = Origin(metric, network, chain_id, reading, int(height) if height else None, grouping, of)
    _asked(origin)
    return origin


def link(address: str, query: Mapping[str, str], origin: Origin) -> str:
    """A page's own address with the number in it: it shows the same page, and `ingest verify` recomputes the number."""
    told = {name: value for name, value in query.items() if name != CITE}
    return f"{address}?{urlencode({**told, CITE: origin.written}, safe='/:')}"


@dataclass(frozen=True, slots=True)
class Cited:
    """A number as a page states it: what it is, which one, as the page has it, and as it is written there."""

    said: str
    origin: Origin
    value: float | int | str | None
    shown: str


def of_population(one: Population, metric: str, grouping: str = GROUPING) -> Origin:
    """A number of a population at its newest block."""
    return Origin(metric, one.network, one.chain_id, one.reading, one.height, grouping, one.population)


def of_holder(one: Population, address: str) -> Origin:
    """What one address has of a population; the address as the mart spells it."""
    place = (one.network, one.chain_id, one.reading, one.height)
    return Origin("holding.amount", *place, of=f"{address}{BETWEEN}{one.population}")


def of_party(one: Population, party: str, column: str = "amount") -> Origin:
    """What a party has of a population with all its addresses that labels put together, or how many they are."""
    place = (one.network, one.chain_id, one.reading, one.height)
    return Origin(f"party.{column}", *place, of=f"{party}{BETWEEN}{one.population}")


def of_scenario(one: Population, asked: Scenario, metric: str, grouping: str) -> Origin | None:
    """A metric of what a scenario leaves; None where a link cannot carry its parties, or no SQL gives it."""
    spelled = one.spelling.startswith("ss58")
    chosen = [
        name for party in asked.parties for name in (addresses.address(party).candidates if spelled else (party,))
    ]
    number = str(asked.number)
    of = BETWEEN.join((asked.kind, number, " ".join(chosen), one.population))
    told = supposed.formula(metric) and re.fullmatch(supposed.NUMBER, number) and len(of) <= LONGEST_SCENARIO
    if not told or any(set(name) & {" ", BETWEEN} for name in chosen):
        return None
    return replace(of_population(one, f"{AFTER}.{metric}", grouping), of=of)


def of_row(row: Mapping[str, object], metric: str, grouping: str) -> Origin:
    """A number of a row of a history: network, chain_id, reading, height, population."""
    height = row["height"]
    assert isinstance(height, int)
    network, chain_id, reading, population = (
        str(row[name]) for name in ("network", "chain_id", "reading", "population")
    )
    return Origin(metric, network, chain_id, reading, height, grouping, population)


def of_power(network: str, column: str, side: str, action: str = "", grouping: str = GROUPING) -> Origin:
    """A count of power over a network: of one action, or of all together."""
    return Origin(f"power.{column}", network, grouping=grouping, of=f"{side}{BETWEEN}{action}")


def of_verdict(network: str, column: str, axis: str, measure: str) -> Origin:
    """A number of a cell of the scorecard."""
    return Origin(f"verdict.{column}", network, of=f"{axis}{BETWEEN}{measure}")


def written(found: Sequence[Cited]) -> Sequence[Cited]:
    """Those that have a number; what could not be read has nothing to cite."""
    return [one for one in found if one.value is not None]


_TOLD: Final = r"""
    SELECT o.name, o.subject, o.exact, o.unit, u.token, u.decimals, s.network, s.chain_id, s.reading, s.height
    FROM observation o JOIN newest s ON s.id = o.snapshot
    LEFT JOIN unit u ON u.network = o.network AND u.unit = o.unit
    WHERE s.network = ?1 AND regexp_full_match(o.name, ?2) AND regexp_full_match(o.exact, '-?[0-9]+([.][0-9]+)?')
    QUALIFY count(*) OVER (PARTITION BY s.id, o.name, o.subject) = 1
    ORDER BY s.reading, o.name, o.subject
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What a chain or a source says at its newest block: the number as it writes it, and in which token that is."""

    name: str
    subject: str
    exact: str
    unit: str
    token: str | None
    decimals: int | None
    origin: Origin


def told(mart: Tables, network: str, names: str) -> list[Told]:
    """The observations of a network that are numbers, and of which there is one. names: a regular expression."""
    return [
        Told(
            row["name"],
            row["subject"],
            row["exact"],
            row["unit"],
            row["token"],
            row["decimals"],
            of_row({**row, "population": f"{row['name']}{BETWEEN}{row['subject']}"}, "observation.exact", ""),
        )
        for row in mart.table(_TOLD, network, names).to_dicts()
    ]


_NEEDED: Final = """
    SELECT string_agg(needed, '|' ORDER BY needed) AS names
    FROM (SELECT DISTINCT needed FROM way WHERE network = ? AND needed <> '' UNION SELECT 'threshold')
"""


def needed(mart: Tables, network: str) -> list[Told]:
    """How many keys of each multisig of a network must act together."""
    return told(mart, network, mart.table(_NEEDED, network)["names"].item())


def sinks(mart: Tables, population: Population) -> list[tuple[str, int]]:
    """What of a flow reaches nobody, by what became of it, in base units, the most first."""
    query = """
        SELECT substr(address, ?), amount FROM held
        WHERE snapshot = ? AND population_id = ? AND is_sink(address) AND amount > 0 ORDER BY amount DESC, address
    """
    rows = mart.table(query, len(SINK) + 1, population.snapshot, population.population_id)
    return [(sink, int(amount)) for sink, amount in rows.iter_rows()]


_SLACK: Final = """
    SELECT s.network, s.chain_id, s.reading, s.height FROM slack k JOIN snapshot s ON s.id = k.snapshot
    WHERE s.network = ? ORDER BY s.time DESC LIMIT 1
"""


def silence(mart: Tables, network: str) -> Origin | None:
    """Where it was read last who signs blocks; None where nobody did."""
    rows = mart.table(_SLACK, network)
    return Origin("slack", *rows.row(0)) if rows.height else None


_RANKS: Final = """
    SELECT p.name, s.network, s.chain_id, s.reading, s.height, s.time, r.rank, r.amount
    FROM ranked r JOIN snapshot s ON s.id = r.snapshot JOIN population p ON p.id = r.population
    WHERE s.network = ? AND r.address = ?
    QUALIFY row_number() OVER (PARTITION BY s.reading, p.name ORDER BY r.rank, s.time, s.id) = 1 ORDER BY r.rank, p.name
"""


def ranks(mart: Tables, network: str, address: str) -> list[tuple[str, Origin, int, int]]:
    """The highest rank of an address in each population: the population, where it stands, the rank and the amount."""
    found = mart.table(_RANKS, network, address).to_dicts()
    return [
        (
            row["name"],
            of_row({**row, "population": f"{address}{BETWEEN}{row['name']}"}, "ranked.rank", ""),
            row["rank"],
            int(row["amount"]),
        )
        for row in found
    ]


def ballots(mart: Tables, network: str, address: str) -> int:
    """On how many proposals an address voted."""
    query = "SELECT count(DISTINCT chain_id || ' ' || proposal) AS n FROM vote WHERE network = ? AND voter = ?"
    return int(mart.table(query, network, address)["n"].item())
