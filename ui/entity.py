"""An entity in sentences, tables and a chart: where it stands, who says who it is, what it can do, how it voted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import polars as pl

from questions.a_priori import Decides
from questions.candidates import Candidate, Candidates
from questions.entity import Entity, Member
from questions.explorers import Page
from questions.rank_history import ALL
from questions.reach import ALONE, AMONG, NEEDED
from questions.standing import Standing, Together, votes
from ui import colours, inert, tables, words
from ui.figure import MOST_POINTS, TIME, Figure, Part, drawn, thin
from ui.parties import SURELY, surely_in

One = TypeVar("One", Standing, Together)

# So many pages of explorers are linked; of a party with many addresses those of the first.
PAGES: Final = 8
# So many lines are told apart.
LINES: Final = 8

STANDS: Final = {
    "network": tables.text("Network", pinned=True),
    "population": tables.text("Among"),
    "measure": tables.text("Of"),
    "rank": tables.count("Rank"),
    "parties": tables.count("Addresses"),
    "part": tables.figures("Share"),
    "party_rank": tables.count("Rank as a party", "Addresses that labels put together count once."),
    "party_part": tables.figures("With its party", "Of what is counted once protocol accounts are left out."),
    "amount_tokens": tables.number("Has"),
    "unit": tables.text("Unit"),
    "decides": tables.proportion(
        "Decides", "How often it is the one that tips the threshold, if nothing is known about how parties vote."
    ),
    "surely": SURELY,
    "rule": tables.text("What is decided"),
    "outvoted": tables.text("To outvote it", "Fewest others that together have more, the largest first."),
    "address": tables.text("Address"),
}
MEMBERS: Final = {
    "party": tables.text("Address", pinned=True),
    "name": tables.text("Name"),
    "kind": tables.text("Kind"),
    "network": tables.text("Network"),
    "source": tables.text("Evidence"),
    "valid_from": tables.day("From"),
    "valid_to": tables.day("To", "Until when it was true; empty: it holds."),
    "recorded_at": tables.day("Recorded"),
    "checked_at": tables.day("Opened", "When somebody opened the evidence; empty: nobody could."),
}
SIDES: Final = {"force": "can force", "stop": "can stop", "gate": "gates", "decide": "decides"}
LEADERS: Final = {
    "party": tables.text("First", pinned=True),
    "network": tables.text("Network"),
    "share": tables.percent("Share"),
    "population": tables.text("Among"),
    "measure": tables.text("Of"),
}
REACH: Final = {
    "network": tables.text("Network", pinned=True),
    "side": tables.text("It"),
    "action": tables.text("What"),
    "way": tables.text("By which way"),
    "role": tables.text("Its part"),
    "number": tables.count("With how many", "The fewest that are enough; 1: it alone."),
    "soon": tables.text("How soon", "From the start to the effect, at the earliest."),
    "letter": tables.text("Letter", "How sure what was read of it is, from A to C."),
    "note": tables.text("Note"),
}
VOTES: Final = {
    "proposal": tables.text("Proposal", pinned=True),
    "title": tables.text("Title"),
    "vote": tables.text("It voted"),
    "status": tables.text("The proposal"),
    "ends": tables.time("Voting ends"),
    "share": tables.percent("With", "Of all that could vote, where whoever counts tells it with the vote."),
    "address": tables.text("Address"),
}
RANKS: Final = {
    "network": tables.text("Network", pinned=True),
    "population": tables.text("Among"),
    "time": tables.time("Time"),
    "rank": tables.count("Rank"),
    "share": tables.percent("Share"),
    "amount_tokens": tables.number("Had"),
    "unit": tables.text("Unit"),
    "height": tables.identity("Block"),
    "address": tables.text("Address"),
    "addresses": tables.count("With so many addresses", "Of a party, on past days those among the hundred largest."),
}
SAID: Final = {
    "party": tables.text("Says the same", pinned=True),
    "share": tables.percent("Of the power"),
    "network": tables.text("Network"),
    "said": tables.text("Namely"),
    "address": tables.text("Address"),
}


def called(one: Entity) -> str:
    """Its name, else its address cut short."""
    return inert.plain(one.name) or (words.short(one.members[0].address) if one.members else one.key)


def who(one: Entity) -> str:
    """Who it is by which evidence, as sentences of Markdown."""
    if one.party:
        kinds = list(dict.fromkeys(member.kind for member in one.members))
        what = f", {inert.markdown(words.listed(kinds))}" if kinds else ""
        return f"A party{what}: {words.several(len(one.members), 'address', 'addresses')} that labels put together."
    labelled = [member for member in one.members if member.party]
    if labelled:
        return f"A label says: **{inert.markdown(labelled[0].name)}**, {inert.markdown(labelled[0].kind)}."
    if one.name:
        return (
            f"It calls itself {inert.markdown(one.name)}; anybody can write any name. No label says who is behind it."
        )
    return "No label says who is behind it, and it does not name itself."


def parties(one: Entity) -> list[tuple[str, str]]:
    """The parties to which labels put its addresses, by slug and name; none where it is the party itself."""
    return [] if one.party else list({member.party: member.name for member in one.members if member.party}.items())


def pages_called(pages: Sequence[Page]) -> list[str]:
    """What links to pages of explorers say: of several addresses on the same one also which it is."""
    called = [f"{inert.plain(page.network)} on {inert.plain(page.title)}" for page in pages]
    alike = Counter(called)
    return [
        name if alike[name] == 1 else f"{name}: {words.short(page.address)}"
        for name, page in zip(called, pages, strict=True)
    ]


def spelled(members: Sequence[Member]) -> str:
    """All spellings, each whole, with the networks where it is known."""
    networks: dict[str, list[str]] = {}
    for one in members:
        networks.setdefault(one.address, []).append(one.title)
    lines = [
        f"`{inert.plain(address, 120)}` ({inert.markdown(words.listed(list(dict.fromkeys(titles))))})"
        for address, titles in networks.items()
    ]
    return "  \n".join(lines)


def stands(
    found: Sequence[Standing],
    parties: Mapping[tuple[int, int], Together],
    index: Sequence[Decides | None],
) -> pl.DataFrame:
    """Where an address stands, one row a population; parties: where its party does. index: how often it decides."""
    return pl.DataFrame(
        [
            {
                **_place(one),
                "rank": one.rank,
                "share": one.share,
                "part": words.share(one.share),
                **_party(parties.get(_key(one))),
                **_decides(decides),
                "outvoted": outvoted(one),
                "address": one.address,
            }
            for one, decides in zip(found, index, strict=True)
        ],
        schema_overrides={"party_rank": pl.Int64, "decides": pl.Float64},
        infer_schema_length=None,
    )


def party_stands(found: Sequence[Together], index: Sequence[Decides | None]) -> pl.DataFrame:
    """Where a party stands, one row a population."""
    return pl.DataFrame(
        [
            {
                **_place(one),
                "rank": one.rank,
                "share": one.share,
                "part": words.share(one.share),
                "of_addresses": one.addresses,
                **_decides(decides),
                "outvoted": outvoted(one),
            }
            for one, decides in zip(found, index, strict=True)
        ],
        schema_overrides={"decides": pl.Float64},
        infer_schema_length=None,
    )


def columns(rows: pl.DataFrame) -> tables.Columns:
    """The columns of such a table; those that say nothing here are left out."""
    found = {**STANDS, "of_addresses": tables.count("With so many addresses")}
    dull = (
        {"party_rank", "party_part"} if "party_rank" in rows.columns and rows["party_rank"].is_null().all() else set()
    )
    dull |= {"decides", "rule"} if rows["decides"].is_null().all() else set()
    dull |= {"surely"} if rows["surely"].eq("").all() else set()
    return {name: one for name, one in found.items() if name in rows.columns and name not in dull}


def _place(one: Standing | Together) -> dict[str, object]:
    among = one.population
    return {
        "network": among.title,
        "population": among.heading,
        "measure": among.measure.replace("_", " "),
        "parties": among.n,
        "amount_tokens": one.amount_tokens,
        "unit": among.token_unit,
        "block": among.height,
        "time": among.time,
    }


def _party(one: Together | None) -> dict[str, object]:
    return {
        "party_rank": one.rank if one else None,
        "party_share": one.share if one else None,
        "party_part": words.share(one.share) if one else "",
    }


def _decides(found: Decides | None) -> dict[str, object]:
    return {
        "decides": found.value if found else None,
        "surely": surely_in(found.low, found.high) if found else "",
        "rule": words.sentence(found.rule.action or found.rule.amount) if found else "",
    }


def _key(one: Standing) -> tuple[int, int]:
    return one.population.snapshot, one.population.population_id


def members(rows: pl.DataFrame) -> pl.DataFrame:
    """The labels of an entity with the address of each cut short, by which the page of the address is opened."""
    return rows.with_columns(party=pl.Series([words.short(one) for one in rows["address"]], dtype=pl.String))


def place(found: Sequence[Standing], parties: Mapping[tuple[int, int], Together], called_so: str) -> str:
    """Where an address stands on each network, as sentences; called_so: what its party is called."""
    told = []
    for one in _first_of_each(found):
        among, party = one.population, parties.get(_key(one))
        merged = party is not None and party.addresses > 1
        held = f"number {words.count(one.rank)} of {inert.markdown(words.counted(among.n, among.thing))}"
        held += f" by {among.measure.replace('_', ' ')}, {'alone ' if merged else ''}with {words.share(one.share)}"
        if party is not None and merged:
            held += f", with its party {inert.markdown(called_so)} {words.share(party.share)}"
        told.append(_sentence(among.title, held, outvoted(one)))
    return "  \n".join(told)


def party_place(found: Sequence[Together]) -> str:
    """Where a party stands on each network, as sentences."""
    told = []
    for one in _first_of_each(found):
        held = f"number {words.count(one.rank)} among {inert.markdown(one.population.heading.lower())} by "
        held += f"{one.population.measure.replace('_', ' ')}, with {words.share(one.share)} by "
        held += words.several(one.addresses, "address", "addresses")
        told.append(_sentence(one.population.title, held, outvoted(one)))
    return "  \n".join(told)


def _sentence(title: str, held: str, others: str) -> str:
    said = f"**{inert.markdown(title)}**: {held}."
    return f"{said} To outvote it: {others}." if others else said


def _first_of_each(found: Sequence[One]) -> list[One]:
    """Of each network where somebody stands in the population in which it has most to say."""
    first: dict[str, One] = {}
    for one in found:
        first.setdefault(one.population.network, one)
    return list(first.values())


def outvoted(one: Standing | Together) -> str:
    """What it takes to outvote somebody; empty where amounts are no votes."""
    if not votes(one.population):
        return ""
    return "nothing does" if one.others is None else words.several(one.others, "other")


def can(rows: pl.DataFrame) -> str:
    """What an entity can do in a sentence: what by itself, what nobody can without it, what as one of the fewest."""
    told = []
    for role, said in (
        (ALONE, "By itself it can {what}."),
        (NEEDED, "Nobody can {what} without it."),
        (AMONG, "It is one of the fewest who together can {what}."),
    ):
        done = list(dict.fromkeys(_done(row) for row in rows.filter(role=role, note="").iter_rows(named=True)))
        if done:
            more = f", and {len(done) - LINES} more" if len(done) > LINES else ""
            told.append(said.format(what=words.listed(done[:LINES]) + more))
    return " ".join(told) or "In none of the ways that are known is it enough, needed, or one of the fewest."


# What is done on each side, before what it is done to.
DOES: Final = {"force": "", "stop": "stop others who would ", "gate": "gate ", "decide": "decide over "}


def _done(row: Mapping[str, object]) -> str:
    what = str(row["way"] if row["side"] == "decide" else row["action"])
    return f"{DOES[str(row['side'])]}{inert.markdown(what, 120)} ({inert.markdown(str(row['network']))})"


def reach(rows: pl.DataFrame) -> pl.DataFrame:
    """What an entity can do as a table."""
    soon = [
        "" if side in ("gate", "decide") else words.delay(seconds)
        for side, seconds in rows.select("side", "seconds").iter_rows()
    ]
    return rows.with_columns(pl.col("side").replace(SIDES), soon=pl.Series(soon, dtype=pl.String))


def rank_lines(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The histories of more than one day, one a population and address or party, the longest first."""
    parts = rows.partition_by("network", "population", "address", maintain_order=True)
    several = [part for part in parts if part["time"].n_unique() > 1]
    return sorted(several, key=lambda part: -part.height)[:LINES]


def moving(lines: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Those of some histories in which the rank changed."""
    return [part for part in lines if part["rank"].n_unique() > 1]


def steady(lines: Sequence[pl.DataFrame]) -> str:
    """Which ranks never changed, as sentences: a flat line says no more, and fills a chart."""
    still = [part for part in lines if part["rank"].n_unique() == 1]
    alone = len({part["address"][0] for part in lines}) == 1
    return "  \n".join(_always(part.sort("time"), alone) for part in still)


def _always(part: pl.DataFrame, alone: bool) -> str:
    network, population, address, rank = part.select("network", "population", "address", "rank").row(0)
    whose = "" if alone else f" ({address if address == ALL else words.short(address)})"
    days = part["time"].dt.date()
    return (
        f"Always number {words.count(rank)} among {inert.markdown(population.lower())} of {inert.markdown(network)}"
        f"{whose}, on each of {words.several(days.n_unique(), 'day')} from {words.day(days[0])} to "
        f"{words.day(days[-1])}."
    )


def rank_columns(rows: pl.DataFrame) -> tables.Columns:
    """The columns of such histories; how many addresses are meant is told where they are several."""
    several = rows["addresses"].gt(1).any()
    return {name: column for name, column in RANKS.items() if several or name != "addresses"}


def rank_chart(lines: Sequence[pl.DataFrame]) -> Figure:
    """Rank by day, the first at the top."""
    each = MOST_POINTS // max(1, len(lines))
    worst = max((int(part["rank"].max() or 1) for part in lines), default=1)  # type: ignore[arg-type]
    return drawn(
        [_line(part, place, each) for place, part in enumerate(lines)],
        height=320,
        x=TIME,
        y={"title": "Rank", "range": [worst + 0.6, 0.4], "tickformat": ",d", **({"dtick": 1} if worst < 10 else {})},
    )


def _line(part: pl.DataFrame, place: int, most: int) -> Part:
    shown = thin(part.sort("time"), most)
    network, population, address = part.select("network", "population", "address").row(0)
    if address == ALL:
        who, by = address, [f" by {words.several(number, 'address', 'addresses')}" for number in shown["addresses"]]
    else:
        who, by = words.short(address), [""] * shown.height
    return {
        "type": "scatter",
        "x": shown["time"].dt.replace_time_zone(None),
        "y": shown["rank"],
        "customdata": [[share, said] for share, said in zip(shown["share"], by, strict=True)],
        "name": inert.svg(f"{network}: {population}, {who}"),
        "mode": "lines+markers" if shown.height < 15 else "lines",
        # Between two days nobody is between two ranks.
        "line": {"shape": "hv", "width": 2.5, "color": colours.of_place(place)},
        "marker": {"size": 6},
        "connectgaps": False,
        "hovertemplate": "%{x|%-d %b %Y}<br>rank %{y:,d}, %{customdata[0]:.2%}%{customdata[1]}"
        "<extra>%{fullData.name}</extra>",
    }


def ranked(rows: pl.DataFrame, together: pl.DataFrame) -> str:
    """What is known of past ranks, and of which days nothing is kept. together: of a party, its addresses as one."""
    kept = "Of each day the hundred largest addresses of each population on the scorecard are kept."
    if rows.is_empty():
        return f"No past rank of it is known. {kept}"
    days = rows["time"].dt.date().n_unique()
    if not together.is_empty():
        rows = together
        kept += " Where there are more, a rank is among these alone: what it had at smaller ones is not counted, and "
        kept += "others with many smaller ones may have stood higher. At the newest block all are counted, as above."
    best = rows.sort("rank", "time").row(0, named=True)
    first = "Highest rank known" if together.is_empty() else "Highest rank known of all its addresses together"
    return (
        f"{first}: number {words.count(best['rank'])} among {inert.markdown(best['population'].lower())} of "
        f"{inert.markdown(best['network'])}, on {words.day(best['time'])}. Known of "
        f"{words.several(days, 'day')}. {kept}"
    )


def ranks_alt(together: pl.DataFrame) -> str:
    """What a chart and a table of past ranks show; together: as of `ranked`."""
    if together.is_empty():
        return "Rank by day of its addresses"
    return (
        "Rank by day of the party among the hundred largest addresses of each day, where others with many smaller ones "
        "may have stood higher, at the newest block among all; and of its addresses"
    )


def voted(rows: pl.DataFrame) -> str:
    """How many votes are known, as a sentence."""
    cast = rows.filter(pl.col("vote") != "did not vote")
    absent = rows.height - cast.height
    said = f"{words.sentence(words.several(cast.height, 'vote'))} of it {'is' if cast.height == 1 else 'are'} known"
    return f"{said}, and {words.several(absent, 'proposal')} on which it did not vote." if absent else f"{said}."


def candidate(one: Candidate) -> str:
    """What tells a candidate from others, as lines of Markdown."""
    lines = [f"`{inert.plain(one.address, 120)}`"] if one.address else []
    told = [inert.markdown(words.listed(list(one.networks)))] if one.networks else []
    if one.population is None:
        told.append("holds nothing in the newest data")
    else:
        amount = f"{words.decimal(one.amount, 2)} {inert.markdown(one.population.token_unit)}"
        where = inert.markdown(f"{one.population.heading.lower()} of {one.population.title}")
        told.append(f"{words.share(one.share)} of {one.population.measure.replace('_', ' ')} among {where}, {amount}")
    told.append(f"among the largest since {words.day(one.since)}" if one.since else "not known to be among the largest")
    return "  \n".join([*lines, " · ".join(told)])


def asked_which(found: Candidates, text: str) -> str:
    """Why a reader has to choose, as sentences."""
    many = f"{words.sentence(words.several(len(found.found), 'address', 'addresses'))}"
    if found.cut:
        said = f"{many} {'has' if len(found.found) == 1 else 'have'} these ends."
        said += " Compare the whole address with yours: anybody can make one with the same ends, to be paid in "
        said += "another's place."
        more = " There are more: write more of the beginning."
    else:
        said = f"{words.sentence(words.several(len(found.found), 'candidate'))} for {inert.markdown(text, 80)}."
        said += " A name in quotation marks is what an address calls itself: anybody can write any name."
        more = " There are more: write more of the name."
    return said + (more if found.more else "")
