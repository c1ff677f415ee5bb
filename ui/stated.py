"""Which numbers the parts of pages state, each with its origin: what `cite` needs to know of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import polars as pl

from analytics.decimals import ONE
from analytics.power.paths import Action, Side
from analytics.spread.change import Change
from analytics.spread.metrics import HEADLINE, METRICS
from questions import cited
from questions import thresholds as rules
from questions.ballots import Count
from questions.cited import Cited, Origin, Told
from questions.deciding import Deciding
from questions.emission import EMITTED, PARTS
from questions.entity import Member
from questions.halting import Slack
from questions.migration import READING as MIGRATION
from questions.migration import Migration
from questions.populations import Population
from questions.power import ANY, CLAIMED, GROUPING, LATE, Power, powers
from questions.proposals import Proposal
from questions.scenario import QUESTIONS, Answer, Scenario
from questions.scorecard import Cell, Row
from questions.standing import Standing, Together
from questions.thresholds import DecidingShare, Value
from store.columns import ABOUT, Column
from store.rows import SINK
from ui import served, votes, words
from ui.choose import GROUPINGS


def spread(population: Population, grouping: str, values: Mapping[str, Value], names: Sequence[str]) -> list[Cited]:
    """Metrics of a population; where not everything was read both ends."""
    return [one for name in names for one in _metric(population, grouping, name, values[name])]


def _metric(population: Population, grouping: str, name: str, found: Value) -> Iterator[Cited]:
    metric = METRICS.get(name)
    title, share = (metric.title, metric.share) if metric else (name, False)
    called = f"{title} of {population.thing}"
    if found.bounds is None:
        origin = cited.of_population(population, name, grouping)
        yield Cited(called, origin, found.value, words.value(found.value, as_share=share))
        return
    for end, number in zip((cited.LOW, cited.HIGH), found.bounds, strict=True):
        origin = cited.of_population(population, f"{name}{end}", grouping)
        said = f"{called}, {'at least' if end == cited.LOW else 'at most'}"
        yield Cited(said, origin, number, words.value(number, as_share=share))


def size(population: Population, grouping: str = "address") -> Cited:
    """How many have something of a population; `n`: as addresses."""
    origin = cited.of_population(population, "distribution.n", grouping)
    return Cited(f"How many {population.thing}", origin, population.n, words.count(population.n))


def deciding(
    population: Population, grouping: str, values: Mapping[str, Value], threshold: DecidingShare
) -> list[Cited]:
    """How few reach a threshold, of how many; of keys how many must act together."""
    few = spread(population, grouping, values, [threshold.metric]) if threshold.metric else []
    keys = [] if threshold.metric else observed(served.asked(cited.needed, population.network))
    return [*few, size(population), *keys]


def observed_of(network: str, names: str) -> list[Cited]:
    """What a network's chain or a source says at its newest block. names: a regular expression."""
    return observed(served.asked(cited.told, network, names))


def observed(found: Sequence[Told]) -> list[Cited]:
    """What a chain or a source says, in tokens where it is an amount of some."""
    return [
        Cited(
            f"{one.name.replace('_', ' ')}{f' of {words.short(one.subject)}' if one.subject else ''}",
            one.origin,
            one.exact,
            f"{one.exact} {one.unit}".strip()
            if one.decimals is None or "." in one.exact
            else words.tokens(int(one.exact), one.decimals, one.token or ""),
        )
        for one in found
    ]


def sensitivity(
    population: Population,
    found: Mapping[str, Mapping[str, Value]],
    threshold: DecidingShare,
    unlabelled: float | None,
) -> list[Cited]:
    """The main numbers under every way of counting parties."""
    names = [HEADLINE, *([threshold.metric] if threshold.metric else [])]
    told = [
        Cited(f"{one.said}, {GROUPINGS.get(grouping, 'as claimed').lower()}", one.origin, one.value, one.shown)
        for grouping, values in found.items()
        for one in spread(population, grouping, values, [name for name in names if name in values])
    ]
    if unlabelled is not None:
        origin = cited.of_population(population, HEADLINE, "unlabelled_one")
        said = f"{METRICS[HEADLINE].title} if all without a label are one"
        told.append(Cited(said, origin, unlabelled, words.decimal(unlabelled)))
    return told


def history(rows: pl.DataFrame, metric: str, grouping: str, said: str = "") -> list[Cited]:
    """The newest value of each series, and the first one: rows of a history."""
    named, share = METRICS.get(metric), bool(METRICS.get(metric) and METRICS[metric].share)
    told = []
    for (title, population), part in rows.drop_nulls("value").group_by("title", "population", maintain_order=True):
        ends = part.sort("time")
        for row in ends.head(1).to_dicts() * (ends.height > 1) + ends.tail(1).to_dicts():
            called = f"{title}, {population}: {said or (named.title if named else metric)} on {words.day(row['time'])}"
            origin = cited.of_row(row, metric, grouping)
            told.append(Cited(called, origin, row["value"], words.value(row["value"], as_share=share)))
    return told[::-1]


def power(found: Sequence[Power], sides: Sequence[str] = tuple(Side), actions: Sequence[str] = (ANY,)) -> list[Cited]:
    """How few can force, and stop, something on each network."""
    told = []
    for one in found:
        for side in sides:
            for action in actions:
                said = one.of(side, action)
                called = f"{one.title}: fewest that can {side} {action or 'something'}"
                for grouping in (GROUPING, CLAIMED, LATE):
                    number = said.number if grouping == GROUPING else one.beside(side, action, grouping)
                    origin = cited.of_power(one.network, "number", side, action, grouping)
                    by = "" if grouping == GROUPING else f", {grouping}"
                    told.append(Cited(f"{called}{by}", origin, number, words.count(number or 0)))
                lower = cited.of_power(one.network, "lower", side, action)
                told.append(
                    Cited(f"{called}, if all without a label are one", lower, said.lower, words.count(said.lower or 0))
                )
    return told


def cells(rows: Sequence[Row]) -> list[Cited]:
    """The numbers of the scorecard's cells: over how many equal parties each resource is spread, and who gates it."""
    return [number for row in rows for cell in row.cells.values() for number in _cell(cell)]


def _cell(cell: Cell) -> Iterator[Cited]:
    if cell.column == Column.CONTROL:
        return
    named = f"{cell.title}, {ABOUT[Column(cell.column)].title.lower()}"
    ends = {"number": "at most", "lower": "at least", "claimed": "as claimed"}
    for column, said in ends.items():
        if column == "number" and cell.bounds and cell.population:
            # Where not everything was read the upper end is told.
            origin = cited.of_population(cell.population, f"{HEADLINE}{cited.HIGH}")
            yield Cited(f"{named}: effective parties, {said}", origin, cell.bounds[1], words.decimal(cell.bounds[1]))
            continue
        value = getattr(cell.math, column)
        origin = cited.of_verdict(cell.network, column, "math", cell.column)
        yield Cited(f"{named}: effective parties, {said}", origin, value, words.decimal(value or 0.0))
    for column, part in (("number", "half"), ("third", "a third")):
        value = getattr(cell.gate, column)
        origin = cited.of_verdict(cell.network, column, "gate", cell.column)
        yield Cited(f"{named}: who gate {part}", origin, value, words.count(int(value or 0)))


# The causes of a change, by the columns that have them.
CAUSES: Final = {
    "by_population": "others are counted",
    "by_labels": "labels",
    "by_price": "prices",
    "by_moves": "moves",
}


def month(population: Population, found: Change) -> list[Cited]:
    """Effective parties before and after thirty days, and what each cause made of them."""
    parts = zip(CAUSES, (found.population, found.relabelling, found.price, found.moves), strict=True)
    ends = {"before": "thirty days before", "after": "now"}
    told = [(column, said, getattr(found, column)) for column, said in ends.items()]
    told += [(column, f"because of {CAUSES[column]}", value) for column, value in parts]
    return [
        Cited(
            f"{METRICS[HEADLINE].title}, {said}",
            cited.of_population(population, f"change.{column}"),
            value,
            words.decimal(value),
        )
        for column, said, value in told
    ]


def churn(population: Population, part: float | None) -> list[Cited]:
    """Which part of it changed hands."""
    origin = cited.of_population(population, "change.churn")
    return [Cited("What changed hands", origin, part, words.share(part or 0.0))]


def halting(network: str, costs: pl.DataFrame, slack: Slack | None, place: Origin | None) -> list[Cited]:
    """What it would cost to stop a chain, and how few more would have to fall silent."""
    told = []
    for row in costs.to_dicts():
        numbers: dict[str, tuple[Any, str]] = {
            "operators": (row["n"], words.count(row["n"])),
            "controlled_usd": (row["controlled_usd"], words.usd(row["controlled_usd"])),
            "loss_usd": (row["loss_usd"], words.usd(row["loss_usd"])),
            "usd": (row["usd"], str(row["usd"])),
        }
        for column, (value, shown) in numbers.items():
            origin = Origin(f"halt_cost.{column}", network, of=row["fault"])
            told.append(Cited(f"{row['fault']}: {column.replace('_', ' ')}", origin, value, shown))
    if slack and place:
        for column in ("operators", "absent", "share"):
            value = getattr(slack, column)
            shown = words.share(value) if column == "share" else words.count(value)
            origin = Origin(f"slack.{column}", place.network, place.chain_id, place.reading, place.height)
            told.append(Cited(f"Further silence: {column}", origin, value, shown))
    return told


def yardsticks(rows: pl.DataFrame) -> list[Cited]:
    """What the networks are compared with."""
    return [
        Cited(
            f"{row['title']}: {'equal parties' if name[0] == 'm' else 'enough'}, {name.partition('_')[2]} end",
            Origin(f"yardstick.{name}", of=row["yardstick"]),
            row[name],
            words.decimal(float(row[name])),
        )
        for row in rows.to_dicts()
        for name in ("m_low", "m_high", "k_low", "k_high")
        if row[name] is not None
    ]


def decided(network: str, found: Deciding) -> list[Cited]:
    """Which share of what the parts of a network get so few decide over."""
    named = {1: "by_one", 2: "by_two", 3: "by_three", 5: "by_five"}
    told = [(named[few], f"{words.numeral(few)} or fewer decide", share) for few, share in found.few.items()]
    told.append(("not_known", "Not known", found.unknown))
    return [
        Cited(said, Origin(f"deciding_set.{column}", network, grouping=GROUPING), share, words.share(share))
        for column, said, share in told
    ]


def amounts(known: Sequence[Population]) -> list[Cited]:
    """How much populations hold, or get, together, and how many they are."""
    return [
        Cited(
            f"{one.heading}: {said}",
            cited.of_population(one, f"distribution.{column}", "address"),
            value,
            words.count(value) if column == "n" else words.tokens(value, one.token_decimals, one.token_unit),
        )
        for one in known
        for column, said, value in (("total", "all together", one.total), ("n", f"how many {one.thing}", one.n))
    ]


def shares(known: Sequence[Population]) -> list[Cited]:
    """Part of the chain's own total that was read."""
    return [
        Cited(
            f"{one.title}, {one.heading}: read",
            cited.of_population(one, "distribution.coverage", "address"),
            one.coverage,
            words.share(one.coverage or 0.0),
        )
        for one in known
    ]


def rows(table: str, of: str, counted: int, said: str) -> Cited:
    """How many rows of a table there are."""
    return Cited(said, Origin(f"{table}.rows", of=of), counted, words.count(counted))


def claims(readings: pl.DataFrame) -> list[Cited]:
    """How many readings have each word, and what each reading claims and measures."""
    counted = readings.group_by("word", maintain_order=True).len().iter_rows()
    told = [rows("claim_reading", word, count, f"Readings that are {word}") for word, count in counted]
    return [*told, *claimed(readings)]


def claimed(readings: pl.DataFrame) -> list[Cited]:
    """What readings of claims claim and what was measured."""
    told = []
    for row in readings.to_dicts():
        for column in ("measured", "claimed"):
            origin = Origin(f"claim_reading.{column}", of=f"{row['claim']}{cited.BETWEEN}{row['reading']}")
            shown = words.usd(row[column]) if row["unit"] == "USD" else words.decimal(row[column] or 0.0)
            told.append(Cited(f"{row['claim']}, read as {row['reading']}: {column}", origin, row[column], shown))
    return told


def proposal(one: Proposal) -> list[Cited]:
    """The chain's own count of a proposal, and the parts that follow from it."""

    def origin(column: str) -> Origin:
        return Origin(f"proposal.{column}", one.network, one.chain_id, of=one.number)

    parts = {"turnout": ("Turnout", one.turnout), "yes_share": ("Yes", one.yes), "veto_share": ("Veto", one.veto)}
    told = [Cited(said, origin(column), part, words.share(part or 0.0)) for column, (said, part) in parts.items()]
    told += [
        Cited(
            f"Voted {option.replace('_', ' ')}", origin(option), amount, words.tokens(amount, one.decimals, one.token)
        )
        for option, amount in (one.counts or {}).items()
    ]
    return told


def proposals(found: Sequence[Proposal]) -> list[Cited]:
    """How many proposals there are in each state."""
    counted = {state: sum(one.status == state for one in found) for state in dict.fromkeys(one.status for one in found)}
    return [
        rows("proposal", state, count, f"Proposals that were read as {state.replace('_', ' ')}")
        for state, count in counted.items()
    ]


def swept(found: pl.DataFrame, metric: str) -> list[Cited]:
    """What was computed of resampled days, the newest of each series: rows of `sweep`."""
    newest = (
        found.filter(pl.col("metric") == metric).drop_nulls("value").sort("time", "scenario", descending=[False, True])
    )
    told = []
    series = ("network", "reading", "population", "scenario")
    for row in newest.group_by(series, maintain_order=True).last().to_dicts():
        place = Origin(
            "sweep.value",
            row["network"],
            row["chain_id"],
            row["reading"],
            row["height"],
            row["grouping"],
            f"{metric}{cited.BETWEEN}{row['scenario']}{cited.BETWEEN}{row['population']}",
        )
        share = metric == "decides_1"
        shown = words.value(row["value"], as_share=share)
        then = f", {QUESTIONS[row['scenario']].title.lower()}" if row["scenario"] else ""
        told.append(Cited(f"{row['title']}, {row['population']}: {metric}{then}", place, row["value"], shown))
    return told


def flows(known: Sequence[Population]) -> list[Cited]:
    """What populations get or pay together, how many they are, and how it is spread over them; what reaches nobody."""
    names = (HEADLINE, "top_1")
    told = amounts(known)
    for one in known:
        told += spread(one, GROUPING, served.asked(rules.values, one, GROUPING), names)
        told += lost(one)
    return told


def lost(population: Population) -> list[Cited]:
    """What of a flow reaches nobody."""
    return [
        Cited(
            f"{population.heading}: {sink.replace('_', ' ')}",
            cited.of_holder(population, f"{SINK}{sink}"),
            amount,
            words.tokens(amount, population.token_decimals, population.token_unit),
        )
        for sink, amount in served.asked(cited.sinks, population)
    ]


def switched_off(network: str, counted: int) -> Cited:
    """How many parts of a network get nothing by decision."""
    return Cited("Switched off", Origin("emission_switch.off", network), counted, words.count(counted))


def split(network: str, rows_: pl.DataFrame) -> list[Cited]:
    """How each subnet splits what it issues in a day: rows of `emission.split`."""
    shared = {(subnet, part): share for subnet, part, share in rows_.select("subnet", "part", "share").iter_rows()}
    told = served.asked(cited.told, network, "|".join(f"{EMITTED}{name}" for name in PARTS))
    named = [(one, PARTS[one.name.removeprefix(EMITTED)]) for one in told]
    return [
        Cited(
            f"Subnet {one.subject}: {part}",
            replace(one.origin, metric="observation.of_issued"),
            share,
            words.share(share),
        )
        for one, part in named
        if (share := shared.get((one.subject, part))) is not None
    ]


def turning(counted: Count) -> list[Cited]:
    """How few would turn a vote, along each route, where the mart has it."""
    return [
        Cited(
            f"Fewest voters, had they {votes.ROUTES[route]}: {said}",
            _of_vote(counted.proposal, f"flip.{column}", route),
            number,
            words.count(number or 0),
        )
        for route, flip in counted.flips.items()
        if flip and counted.kept
        for column, said, number in (("fewest", "at least", flip.fewest), ("most", "at most", flip.most))
    ]


def recounted(counted: Count, absent: pl.DataFrame) -> list[Cited]:
    """Who voted and who did not, where the mart has it. absent: rows of `ballots.absent`."""
    whole = counted.tally.bonded
    if not (counted.kept and whole):
        return []
    away = float(absent["share"].sum())
    told: dict[str, tuple[str, float, str]] = {
        "voters": ("Who voted", len(counted.tally.voters), words.count(len(counted.tally.voters))),
        "turnout": ("Turnout, counted again", (part := counted.tally.turnout / ONE / whole), words.share(part)),
        "absent": ("Who did not vote", absent.height, words.count(absent.height)),
        "absent_share": ("What is with those who did not vote", away, words.share(away)),
    }
    return [
        Cited(said, _of_vote(counted.proposal, f"recount.{column}"), number, shown)
        for column, (said, number, shown) in told.items()
    ]


def _of_vote(one: Proposal, metric: str, route: str = "") -> Origin:
    of = f"{one.number}{cited.BETWEEN}{route}" if route else one.number
    return Origin(metric, one.network, one.chain_id, of=of)


def supposed(
    population: Population, grouping: str, asked: Scenario, found: Answer, names: Sequence[str]
) -> list[Cited]:
    """Metrics of what a scenario leaves, those that SQL gives."""
    origins = [(name, cited.of_scenario(population, asked, name, grouping)) for name in names]
    return [
        Cited(
            f"After: {METRICS[name].title if name in METRICS else name}",
            origin,
            found.after[name],
            words.value(found.after[name], as_share=name in METRICS and METRICS[name].share),
        )
        for name, origin in origins
        if origin
    ]


def turnouts(over: Sequence[Proposal]) -> list[Cited]:
    """Turnout of the votes that are over."""
    return [number for one in over for number in proposal(one)[:1]]


def read(readings: pl.DataFrame) -> list[Cited]:
    """How many rows each reading has at its newest block: rows of `freshness`."""
    return [
        Cited(
            f"{row['title']}, {row['reading']}: rows",
            Origin("snapshot.n", row["network"], row["chain_id"], row["reading"], row["height"]),
            row["n"],
            words.count(row["n"]),
        )
        for row in readings.to_dicts()
    ]


def run(last: pl.DataFrame) -> list[Cited]:
    """What a run landed and asked: its row of `run`."""
    row = last.row(0, named=True)
    return [
        Cited(f"Last run: {column}", Origin(f"run.{column}", of=row["id"]), row[column], words.count(row[column]))
        for column in ("landed", "requests")
    ]


def labels(rows_: pl.DataFrame) -> Cited:
    """How many addresses have a label."""
    return rows("entity", "", rows_.height, "Addresses with a label")


def standing(stands: Sequence[Standing]) -> list[Cited]:
    """What an address has of each population that has it, and how much that population holds together."""
    return [number for one in stands for number in (_held(one), *amounts([one.population])[:1])]


def _held(one: Standing) -> Cited:
    among = one.population
    return Cited(
        f"{among.title}, {among.heading}: {words.short(one.address)}",
        cited.of_holder(among, one.canonical),
        one.amount,
        words.tokens(one.amount, among.token_decimals, among.token_unit),
    )


def together(stands: Iterable[Together]) -> list[Cited]:
    """What a party has of each population with all its addresses, and how many they are."""
    return [
        number
        for one in stands
        for number in _party(one.population, one.party, f"{one.population.title}, {one.population.heading}", one)
    ]


def merged(population: Population, ranks: pl.DataFrame) -> list[Cited]:
    """What each party of a ranking has that labels put together of several addresses."""
    return [
        number
        for row in ranks.filter(pl.col("members") > 1).to_dicts()
        for number in _party(population, row["entity"], row["party"], Merged(int(row["base_units"]), row["members"]))
    ]


class Merged(NamedTuple):
    """What a party has in base units, and at how many addresses."""

    amount: int
    addresses: int


def _party(among: Population, party: str, called: str, has: Merged | Together) -> Iterator[Cited]:
    shown = words.tokens(has.amount, among.token_decimals, among.token_unit)
    yield Cited(f"{called}: all its addresses together", cited.of_party(among, party), has.amount, shown)
    origin = cited.of_party(among, party, "addresses")
    yield Cited(f"{called}: how many addresses", origin, has.addresses, words.count(has.addresses))


def merger(found: Migration) -> list[Cited]:
    """Sums and rests of tokens that became another one: all that was minted, and of each what it would become."""
    told = []
    for one in found.parts:
        numbers = {
            "all_minted": ("minted for all of them", found.minted),
            "outstanding": (f"{one.token} that is not burned", one.outstanding),
            "would_become": (f"what {one.token} that is not burned would become", one.becomes(one.outstanding)),
            "became": (f"what burned {one.token} became at most", one.becomes(one.burned)),
        }
        read = found.read
        for column, (said, amount) in numbers.items():
            origin = Origin(f"merger.{column}", read.network, read.chain_id, MIGRATION, read.height, of=one.address)
            if amount and (column != "all_minted" or one is found.parts[0]):
                shown = words.tokens(amount.units, amount.decimals, amount.token)
                told.append(Cited(words.sentence(said), origin, amount.units, shown))
    return told


def two_days(found: pl.DataFrame, metric: str, grouping: str) -> list[Cited]:
    """A metric of each network and measure at two days: rows of `questions.two_days`."""
    share = METRICS[metric].share
    return [
        Cited(
            f"{row['title']}, {row['population']} on {words.day(row[f'time{end}'])}",
            cited.of_row({**row, "chain_id": row[f"chain_id{end}"], "height": row[f"height{end}"]}, metric, grouping),
            row[f"value{end}"],
            words.value(row[f"value{end}"], as_share=share),
        )
        for row in found.to_dicts()
        for end in ("", "_then")
        if row[f"value{end}"] is not None
    ]


def reach(rows_: pl.DataFrame) -> list[Cited]:
    """How few can force, and stop, something on the networks on which somebody can."""
    titles = set(rows_["network"])
    known = [one for one in served.asked(powers).values() if one.title in titles]
    return power(known, actions=(ANY, *Action))


def ranks(members: Sequence[Member]) -> list[Cited]:
    """The highest ranks of addresses, and what they had then."""
    return [
        Cited(f"{said}: {column}", replace(origin, metric=f"ranked.{column}"), value, words.count(value))
        for member in members
        for said, origin, rank, amount in served.asked(cited.ranks, member.network, member.canonical)
        for column, value in (("rank", rank), ("amount", amount))
    ]


def ballots(members: Sequence[Member]) -> list[Cited]:
    """On how many proposals addresses voted."""
    counted = ((one, served.asked(cited.ballots, one.network, one.canonical)) for one in members)
    return [
        Cited(
            f"{words.short(one.address)}: proposals on which it voted",
            Origin("ballots.cast", one.network, of=one.canonical),
            number,
            words.count(number),
        )
        for one, number in counted
        if number
    ]
