"""Tokens that became another one, in words and columns."""

import polars as pl

from questions.migration import Amount, Contract, Conversions, Migration, Part, Read
from questions.populations import Population
from ui import inert, tables, words
from ui.provenance import Provenance


def source(read: Read, unit: str = "") -> Provenance:
    """Where the numbers of a reading come from."""
    return Provenance(
        network=read.title,
        population="",
        unit=unit,
        height=read.height,
        time=read.time,
        source=read.endpoint,
        method=read.method,
        simulated=read.simulated,
        chain_id=read.chain_id,
        hash=read.hash,
    )


def amount(told: Amount | None) -> str:
    """An amount as readers read it: 1.41 billion with its token."""
    return words.MISSING if told is None else words.tokens(told.units, told.decimals, inert.plain(told.token))


def rate(told: Amount) -> str:
    """A rate with six decimals, as the announcement has them."""
    return f"{told.units / 10**told.decimals:.6f}"


def minted_headline(found: Migration) -> str:
    """How much was minted for how many tokens, as a sentence."""
    return f"{amount(found.minted)} were minted for {words.several(len(found.parts), 'token')} that merged"


def story(found: Migration) -> str:
    """What was minted and what there is now, in plain words."""
    before = f"Before, there were {amount(found.before)}. " if found.before else ""
    return inert.markdown(
        f"{before}For each of the others a fixed rate was set, and as much was minted as all of it would become. "
        f"On {words.moment(found.read.time)}, at {words.block(found.read.height)}, there are {amount(found.supply)} on "
        "this chain. What was minted, and a rate that no contract tells, are what their source says.",
        600,
    )


def parts(found: Migration) -> pl.DataFrame:
    """A row a token: rate, minted, supply, burned, what is not burned and what that would become, what is not known."""
    texts = dict.fromkeys(("token", "rate", "rate_by", "not_known", "address", "source"), pl.String())
    amounts = dict.fromkeys(("minted", "supply", "burned", "outstanding", "would_become"), pl.Float64())
    schema: dict[str, pl.DataType] = {**texts, **amounts}
    return pl.DataFrame([_part(one) for one in found.parts], schema=schema)


def _part(one: Part) -> dict[str, object]:
    lacking = [f"not proved: {one.doubt}"] * bool(one.doubt) + [f"not found: {one.not_found}"] * bool(one.not_found)
    return {
        "token": one.token,
        "rate": rate(one.rate),
        "rate_by": "its contract" if one.by_contract else "its source",
        "minted": _tokens(one.minted),
        "supply": _tokens(one.supply),
        "burned": _tokens(one.burned),
        "outstanding": _tokens(one.outstanding),
        "would_become": _tokens(one.becomes(one.outstanding)),
        "not_known": words.sentence("; ".join(lacking)),
        "address": one.address,
        "source": one.source,
    }


def _tokens(told: Amount | None) -> float | None:
    return None if told is None else told.units / 10**told.decimals


def part_columns(found: Migration) -> tables.Columns:
    """Columns of the tokens that merged."""
    new = inert.plain(found.supply.token)
    return {
        "token": tables.text("Token", pinned=True),
        "rate": tables.figures(f"{new} for one"),
        "rate_by": tables.text("Rate by", "Its contract: read on the chain. Its source: stated there."),
        "minted": tables.number(f"{new} minted for it", "As its source says.", places=0),
        "supply": tables.number("All of it", "The token's own total.", places=0),
        "burned": tables.number("Where nobody has a key", "Converted, or sent there otherwise.", places=0),
        "outstanding": tables.number("Not burned", "All of it, less what lies where nobody has a key.", places=0),
        "would_become": tables.number(f"Would become {new}", "What is not burned, by the rate.", places=0),
        "not_known": tables.text("What is not known"),
        "source": tables.text("Source"),
    }


def left_headline(found: Migration) -> str:
    """What can still be converted, as a sentence."""
    if found.contract.doubt or found.converted is None:
        return "What is left for conversion is not proved"
    whose = inert.plain(found.converted.token)
    return f"{amount(found.contract.left)} are left for holders of {whose}"


def left(found: Migration) -> str:
    """What the contract of the conversion holds, and who could take it, in plain words."""
    one, part = found.contract, found.converted
    if one.doubt or part is None:
        return inert.markdown(
            f"The contract {one.address} was inferred to be that of the conversion, and it is not proved: {one.doubt}. "
            "So nothing is told of what it holds; the tokens themselves are told above.",
            600,
        )
    lines = [
        f"The contract of the conversion gives {rate(part.rate)} {part.rate.token} for one {part.token} and sends "
        f"what it takes where nobody has a key: {amount(part.burned)} lie there, which is "
        f"{amount(part.becomes(part.burned))} at most.",
        f"{amount(part.outstanding)} could still come, which would become {amount(part.becomes(part.outstanding))}.",
        _taken(one),
    ]
    return inert.markdown(" ".join(lines), 900)


def _taken(one: Contract) -> str:
    paused = " It is paused." if one.paused else ""
    owner = f" Its owner is {words.short(one.owner)}." if one.owner else ""
    if one.recoverable is None:
        return f"Whether somebody can take out what it holds is not known.{owner}{paused}"
    if one.recoverable:
        return f"Its code has a function by which an administrator takes out what it holds.{owner}{paused}"
    return f"Its code has no function known to us that takes out what it holds but by converting.{owner}{paused}"


def remainder_headline(found: Migration) -> str:
    """What of the token that left was never converted, as a sentence."""
    part = found.converted or found.parts[0]
    return f"{amount(part.outstanding)} were not converted"


def remainder(found: Migration, locks: Population | None) -> str:
    """What is locked of what was not converted, and what of it still votes."""
    if found.locked is None or found.power is None:
        return "What is locked was not read."
    by = f", by {words.several(locks.n, 'locker')} as far as they are known" if locks else ""
    return inert.markdown(
        f"{amount(found.locked)} lie in locks{by}. A lock's power decays to nothing at its end, and what ran out stays "
        f"until it is withdrawn: of all that is locked {amount(found.power)} of power are left. It decided where "
        "rewards went, never over the token: no contract of it counts votes on proposals.",
        600,
    )


def converters_headline(found: Conversions, converted: Migration | None) -> str:
    """Who converted most, how much of the token, and when."""
    if found.largest.is_empty():
        return "No conversion was read yet"
    units, decimals, time = found.largest.select("units", "decimals", "time").row(0)
    given = words.tokens(int(units), decimals, inert.plain(found.token))
    part = converted.converted if converted else None
    share = ""
    if part is not None and part.supply is not None and part.supply.units:
        share = f", {words.share(int(units) / part.supply.units)} of all,"
    return f"One address converted {given}{share} on {words.day(time)}"


def largest(found: Conversions) -> pl.DataFrame:
    """The largest conversions, addresses short enough for a phone."""
    return found.largest.with_columns(short=pl.col("who").map_elements(words.short, pl.String))


def largest_columns(found: Conversions) -> tables.Columns:
    """Columns of the largest conversions."""
    return {
        "short": tables.text("Who", "The address; the CSV has it in full.", pinned=True),
        "given": tables.number(f"{inert.plain(found.token)} converted", places=0),
        "got": tables.number(f"{inert.plain(found.got_token)} received", places=0),
        "time": tables.time("When", "The time of the block."),
        "block": tables.identity("Block"),
    }


def sent(found: Conversions) -> str:
    """What whoever converted most has sent on since, in words."""
    if found.sent_total is None:
        return "What it sent on is read once all conversions are."
    told = f"Since, it has sent {amount(found.sent_total)} to {words.several(found.sent_to, 'address', 'addresses')}"
    left = f"; {words.count(found.sent_unread)} blocks are not read yet" if found.sent_unread else ""
    return f"{told}{left}. Whose these are, and what they did with it, the chain does not say by itself."


def receivers(found: Conversions) -> pl.DataFrame:
    """Whom it sent most, addresses short enough for a phone."""
    return found.sent.with_columns(short=pl.col("who").map_elements(words.short, pl.String))


def receiver_columns(found: Conversions) -> tables.Columns:
    """Columns of whom it sent most."""
    return {
        "short": tables.text("To whom", "The address; the CSV has it in full.", pinned=True),
        "sent": tables.number(f"{inert.plain(found.got_token)} sent", places=0),
        "time": tables.time("When", "The time of the block."),
    }


def curve_in_words(curve: pl.DataFrame) -> str:
    """From when to when, for who cannot see the curve."""
    times = curve["time"].sort().to_list()
    return f"Converted so far, from {times[0]:%B %Y} to {times[-1]:%B %Y}."


def in_millions(curve: pl.DataFrame) -> pl.DataFrame:
    """The curve as it is drawn: in millions, which an axis has room for."""
    return curve.with_columns(pl.col("value") / 10**6)


def read_so_far(found: Conversions, converters: Population | None) -> str:
    """How much of all conversions is known, in words."""
    known = f"{_known(converters, found.token)} " if converters else ""
    if not found.unread:
        return inert.markdown(f"{known}Every block was read.", 400)
    blocks = f"{words.count(found.unread)} blocks are not read yet, the oldest last"
    return inert.markdown(f"{known}{blocks}: the sums are of what is read, and grow from run to run.", 400)


def _known(converters: Population, token: str) -> str:
    who = words.sentence(words.several(converters.n, "address", "addresses"))
    given = words.tokens(converters.total, converters.token_decimals, token)
    part = f", {words.share(converters.coverage)} of what lies where nobody has a key" if converters.coverage else ""
    return f"{who} converted {given}{part}."


def signing(found: Conversions) -> str:
    """Who could decide to convert that much: a key, a contract, or so many of so many keys; as of now."""
    if not found.largest_converter:
        return "Who signs for whoever converted most was not read."
    who = words.short(found.largest_converter)
    if found.account == "key":
        return f"Whoever converted most ({who}) is one key."
    if found.needed is None or not found.signers:
        return f"Whoever converted most ({who}) is a contract that does not list who signs for it."
    return (
        f"Whoever converted most ({who}) is a multisig: {words.numeral(found.needed)} of "
        f"{words.several(len(found.signers), 'key')} sign for it now. Who could sign when it was converted may "
        "have been others; who holds a key is not on the chain."
    )
