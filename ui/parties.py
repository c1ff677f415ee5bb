"""How parties of a population are named in prose, charts and tables."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl
import streamlit as st

from analytics.power.verdict import BROAD, NOT_SHOWN, word
from analytics.spread.change import Change
from analytics.spread.metrics import HEADLINE
from questions.entity import link
from questions.populations import Population
from questions.thresholds import DecidingShare, Value
from ui import inert, tables, words
from ui.charts import MOST_BARS
from ui.choose import GROUPINGS

# Below this part of the chain's total, readers are told.
CENSUS = 0.9999
# A ranking has at most so many rows.
TABLED = 1000
NAME_FROM = {"label": "a label", "chain": "itself", "nobody": ""}


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """A ranking with a column `party` (a name, else a short address) and `known_as` (who gave the name).

    A party of several addresses says of how many: by its name alone it would look like the one that bears it, too.
    """
    party = [
        (inert.plain(name or "") or words.short(address)) + (f" ({members} addresses)" if members > 1 else "")
        for name, address, members in rows.select("name", "address", "members").iter_rows()
    ]
    return rows.with_columns(
        pl.Series("party", party, dtype=pl.String), known_as=pl.col("name_from").replace_strict(NAME_FROM)
    )


def called(rows: pl.DataFrame, network: str = "") -> pl.DataFrame:
    """Rows with an address and a name that may be empty: the name, else the short address, as `party`.

    network: of whose addresses, as they are stored, the rows are; then the name leads to the page of the address.
    """
    party = [inert.plain(name) or words.short(address) for name, address in rows.select("party", "address").iter_rows()]
    # Beside what rows have: a column of that name would be overwritten in silence.
    led = rows.hstack(rows.select(of=link(network, "") + pl.col("address"))) if network else rows
    return led.with_columns(pl.Series("party", party, dtype=pl.String))


def scenario_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """The parties of a scenario with names to show; parts of a split party keep their number."""
    shown = []
    for name, address in rows.select("name", "address").iter_rows():
        plain, _, part = address.partition(" ")
        shown.append(f"{inert.plain(name or '') or words.short(plain)} {part}".strip())
    return rows.with_columns(name=pl.Series(shown, dtype=pl.String))


SURELY: Final = tables.figures("Surely", "Between which numbers that lies: of many parties weights are rounded first.")


def columns(population: Population, rows: pl.DataFrame) -> tables.Columns:
    """The columns of a ranking's table; those that say nothing here are left out."""
    largest = float(rows["share"].max() or 1.0)  # type: ignore[arg-type]
    found = {
        "party": tables.text("Party", pinned=True),
        "rank": tables.count("Rank"),
        "share": tables.bar("Share", most=largest),
        "cumulative": tables.percent("Together", "This party and all larger ones."),
        "decides": tables.proportion(
            "Decides", "How often it is the one that tips the threshold, if nothing is known about how parties vote."
        ),
        "surely": SURELY,
        "amount_tokens": tables.number(words.sentence(population.token_unit)),
        "base_units": tables.text(
            words.sentence(f"exactly, in {population.unit}"), "To the last unit, as the chain has it."
        ),
        "members": tables.count("How many", "Addresses that were merged into this party."),
        "known_as": tables.text(
            "Named by", "Itself, in quotation marks: the address calls itself so on its chain, which nobody checks."
        ),
        "kind": tables.text("Kind", "A custodian holds for many customers; it is not one person."),
        "addresses": tables.text("Addresses", "All of the party, the largest first."),
        "evidence": tables.text("Evidence", "Public evidence of the label."),
    }
    dull = {name for name in ("kind", "evidence") if rows[name].null_count() == rows.height}
    dull |= {"known_as"} if rows["known_as"].eq("").all() else set()
    # In whole units both say the same.
    dull |= {"base_units"} if population.token_decimals == 0 else set()
    dull |= {"members"} if rows["members"].eq(1).all() else set()
    dull |= {"decides", "surely"} - set(rows.columns)
    dull |= {"surely"} if "surely" in rows.columns and not rows["surely"].fill_null("").ne("").any() else set()
    return {name: column for name, column in found.items() if name not in dull}


def headline(population: Population, rule: DecidingShare, enough: Value, ranks: pl.DataFrame) -> str:
    """The page's answer as one sentence with the number; enough: how few parties reach the threshold."""
    if enough.count is None:
        return f"{population.title}: nobody holds anything here"
    alone = enough.count == 1 and enough.bounds is None
    who = _who(population, enough, int(ranks.filter("coalition")["members"].sum()))
    if rule.own:
        return f"{population.title}: {who} {'alone' if alone else 'together'} can {rule.action}"
    return f"{population.title}: {who} {'holds' if alone else 'together hold'} {rule.amount}"


def _who(population: Population, enough: Value, addresses: int) -> str:
    """So many validators; where some are one party's, so many parties with so many validators."""
    one, many = words.one(population.thing), population.thing
    if enough.bounds is not None:
        return f"{words.count(int(enough.bounds[0]))} to {words.count(int(enough.bounds[1]))} {many}"
    k = enough.count or 0
    if addresses > k:
        return f"{words.several(k, 'party', 'parties')} with {words.several(addresses, one, many)}"
    return words.several(k, one, many)


def largest(rows: pl.DataFrame) -> str:
    """Who is first, and with how much, as a sentence for alt texts."""
    name, share = rows.select("party", "share").row(0)
    return f"The largest is {name} with {words.share(share)}."


def cut(rows: pl.DataFrame, population: Population) -> str:
    """What the chart leaves out, where it leaves out something."""
    if rows.height <= MOST_BARS:
        return ""
    if rows.height < TABLED:
        return f"The chart shows the largest {MOST_BARS}, the table all {words.count(rows.height)} parties."
    shown = f"The chart shows the largest {MOST_BARS}, the table the largest {words.count(rows.height)}"
    return f"{shown} of {words.count(population.n)} {population.thing}."


def cautions(population: Population, rows: pl.DataFrame) -> None:
    """What keeps a reader from a wrong conclusion, where it applies."""
    if population.measure == "token" and not population.tokens_vote:
        st.caption("These tokens do not vote: who holds many can sell many, and decides nothing by that.")
    if population.measure == "control":
        st.caption("Keys, not people: who holds a key, and whether two keys have two owners, is not on the chain.")
    if rows["name_from"].eq("chain").any():
        st.caption("A name in quotation marks is what an address calls itself: anybody can write any name.")
    if rows["kind"].eq("custodian").any():
        st.caption("A custodian, such as an exchange, holds for many customers: it is one key and not one owner.")
    if population.coverage is not None and population.coverage < CENSUS:
        st.caption(f"Only {words.share(population.coverage)} of the chain's own total was read.")


def deciding(rows: pl.DataFrame, found: pl.DataFrame | None) -> pl.DataFrame:
    """A ranking with how often each party decides, where that is known, and between which numbers where rounded."""
    if found is None:
        return rows
    surely = [surely_in(low, high) for low, high in found.select("decides_low", "decides_high").iter_rows()]
    told = found.select("address", "decides", surely=pl.Series(surely, dtype=pl.String))
    return rows.join(told, on="address", how="left", maintain_order="left")


def surely_in(low: float, high: float) -> str:
    """Between which parts something lies: 9.1%–9.4%; nothing where both read the same."""
    told = words.between(low, (low, high), as_share=True)
    return told if told != words.share(low) else ""


def at_most(number: float | None, least: float | None) -> str:
    """The word for so many parties, of whom there may be no more than `least`; nothing is known of that where None."""
    if number is None:
        return ""
    if word(number) == word(min(least or 1.0, number)):
        return word(number)
    return NOT_SHOWN if number >= BROAD else f"at most {word(number)}"


# Beside the ways of counting that readers can choose for a whole page.
CLAIMED = {"claimed": "One operator as they claim"}


def sensitivity(
    found: Mapping[str, Mapping[str, Value]], threshold: DecidingShare, least: float | None
) -> pl.DataFrame:
    """The main numbers under every grouping that changes who is one party, one row each.

    least: if all addresses without a label were one party's. Each number has a column of its text, a range where not
    everything was read, and the ends of its range, k_low and k_high.
    """
    called = GROUPINGS | CLAIMED
    rows = []
    for grouping, values in found.items():
        # A grouping that no label or claim touches is plain addresses once more.
        if values[HEADLINE].grouping not in (grouping, ""):
            continue
        k = threshold.value(values)
        low, high = k.bounds or (k.value, k.value)
        told = {"m": values[HEADLINE], "k": k, "top_1": values["top_1"], "top_10": values["top_10"]}
        rows.append(
            {"grouping": called[grouping], "word": at_most(values[HEADLINE].value, least), "k_low": low, "k_high": high}
            | {name: one.value for name, one in told.items()}
            | {
                f"{name}_told": words.between(one.value, one.bounds, as_share=name.startswith("top"))
                for name, one in told.items()
            }
        )
    numbers = dict.fromkeys(("m", "top_1", "top_10"), pl.Float64) | dict.fromkeys(("k", "k_low", "k_high"), pl.Int64)
    return pl.DataFrame(rows, schema_overrides=numbers)


SENSITIVITY = {
    "grouping": tables.text("Parties", pinned=True),
    "word": tables.text("Math, in a word"),
    "m_told": tables.figures("Effective parties", "At most: each address without a label is taken for a party."),
    "k_told": tables.figures("Fewest for the threshold"),
    "top_1_told": tables.figures("Largest"),
    "top_10_told": tables.figures("Largest ten"),
}


def depends(rows: pl.DataFrame, population: Population, threshold: DecidingShare) -> str:
    """Whether the word and the count change with the grouping, as a sentence; or that no other one was tried."""
    labels = {GROUPINGS["control"], GROUPINGS["ownership"]} & set(rows["grouping"])
    untried = "" if labels else "No address here has a label, so nothing was merged by labels. "
    told = list(dict.fromkeys(rows["word"]))
    if rows.height == 1:
        same = f"{untried}It is *{told[0]}* if each address is a party"
    elif len(told) == 1:
        same = f"{untried}It is *{told[0]}* however parties are counted"
    else:
        same = f"{untried}It is {' or '.join(told)}, depending on how parties are counted"
    counts = sorted({*rows["k_low"].drop_nulls(), *rows["k_high"].drop_nulls()})
    if not counts:
        return f"{same}."
    if counts == [1]:
        return f"{same}; one alone makes {threshold.amount}."
    range_ = " to ".join(words.count(one) for one in dict.fromkeys((counts[0], counts[-1])))
    return f"{same}; {range_} {population.thing} make {threshold.amount}."


# In the order in which analytics.spread.change replaces them: in another one they would be other numbers.
CAUSES = (
    ("population", "Who is counted: parties came and went"),
    ("relabelling", "Relabelling: addresses turned out to be one party"),
    ("price", "Prices, where several tokens are added up"),
    ("moves", "Real moves: what the parties did"),
)


def changed_hands(churn: float) -> str:
    """Which part of it other parties have than did thirty days ago, as a sentence."""
    if not churn:
        return "None of it changed hands."
    return f"{words.share(churn)} of it changed hands: other parties have it than did thirty days ago."


def change_of_a_month(change: Change) -> str:
    """The change of thirty days with its direction, as its causes add up to it."""
    return words.moved(change.before, change.after, places=_places(change))


def causes(change: Change) -> pl.DataFrame:
    """The change of thirty days, one row a cause that changed something, from before to after; they add up."""
    places = _places(change)
    told = [(title, by) for name, title in CAUSES if (by := getattr(change, name))]
    before, after = (round(end, places) for end in (change.before, change.after))
    parts = words.adding_up([by for _, by in told], after - before, places)
    rows = [(title, by) for (title, _), by in zip(told, parts, strict=True)]
    ends = [("Thirty days ago", before), ("Now", after)]
    return pl.DataFrame([ends[0], *rows, ends[1]], schema={"cause": pl.String, "parties": pl.Float64}, orient="row")


def _places(change: Change) -> int:
    """So many decimals that no cause reads as nothing."""
    return max(1, tables.decimals(pl.Series([by for name, _ in CAUSES if (by := getattr(change, name))])))


def covered(known: Sequence[Population]) -> pl.DataFrame:
    """What was read of each population that the chain tells a total of, the smallest part first."""
    rows = [
        {
            "network": one.title,
            "population": one.heading,
            "measure": one.measure.replace("_", " "),
            "n": one.n,
            "coverage": one.coverage,
            "read": one.total / 10**one.token_decimals,
            "reported": one.reported_total / 10**one.token_decimals,
            "unit": one.token_unit,
            "height": one.height,
            "time": one.time,
            "source": one.endpoint,
            "endpoint": one.endpoint,
            "chain_id": one.chain_id,
            "hash": one.hash,
            "simulated": one.simulated,
        }
        for one in known
        if one.reported_total is not None and one.coverage is not None
    ]
    return pl.DataFrame(rows, infer_schema_length=None).sort("coverage", "network") if rows else pl.DataFrame()
