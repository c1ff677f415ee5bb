"""How close a chain is to standing still, in sentences and tables."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from questions.halting import Slack
from ui import inert, tables, words

FAULTS: Final = {"silence": "Stop blocks, by silence", "double signing": "Fork, by signing twice"}
COST: Final = {
    "what": tables.text("What", pinned=True),
    "n": tables.count("Operators", "Those who could do it with the least of their own at stake."),
    "controlled_usd": tables.number("They control, USD", places=0),
    "loss_usd": tables.number("They can lose, USD", places=2),
    "delegators_loss_usd": tables.number("Their delegators lose, USD", places=0),
    "fraction": tables.proportion("Taken for it", "Part of bonded tokens that the chain takes for the fault."),
    "bonded_tokens": tables.number("Controlled, tokens", places=0),
    "own_tokens": tables.number("Of it their own, tokens", places=0),
    "own_least_tokens": tables.number("No others have less than", "A bound: no set of operators has less.", places=0),
    "usd": tables.number("Price, USD", "The lower where sources differ."),
    "priced": tables.time("Priced at"),
    "reason": tables.text("Not known, because"),
}


def costs(rows: pl.DataFrame) -> pl.DataFrame:
    """What stopping and forking cost, with each fault in words."""
    return rows.with_columns(what=pl.col("fault").replace_strict(FAULTS))


def headline(rows: pl.DataFrame) -> str:
    """What those control who could stop the chain, and what of it they can lose, as a sentence."""
    halt = rows.row(by_predicate=pl.col("fault") == "silence", named=True)
    # The cheapest set, not the smallest: the latter stands among the ways.
    who = f"The {words.several(halt['n'], 'operator')} with the least to lose"
    if halt["controlled_usd"] is None or halt["loss_usd"] is None:
        return f"{who} can stop the chain; what that costs is not known: {inert.markdown(halt['reason'], 200)}"
    lose = words.usd(halt["loss_usd"])
    return (
        f"{who} can stop the chain: they control {words.usd(halt['controlled_usd'])}, and can lose {lose} of their own"
    )


LIMITS: Final = (
    "The cheapest set of operators with a third of the stake. Their own is what they delegated to themselves. What the "
    "chain takes for downtime it takes once blocks go on: while it stands still nobody loses anything."
)


def slack(one: Slack) -> str:
    """How few more would have to fall silent, as a sentence."""
    return "  \n".join(_slack(one))


def _slack(one: Slack) -> Iterator[str]:
    away = f"{words.several(one.absent, 'operator')} with {words.share(one.share)} of the power"
    if one.operators:
        further = words.several(one.operators, "further operator")
        yield f"If **{further}** fell silent, blocks would stop. {words.sentence(away)} did not sign."
    else:
        yield f"**Blocks stand still**: {away} did not sign."
    if one.blocks > 1:
        fewest = f"the fewest were {words.numeral(one.least)}, on {words.day(one.least_at)}"
        yield f"Over the {words.count(one.blocks)} blocks of thirty days of which it was read, {fewest}."
