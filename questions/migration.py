"""Tokens that became another one: what was minted for them, by which rate, who converted how much, and what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from questions.populations import Population
from store.mart import Mart

# The readings that tell of it; whichever network has them.
READING: Final = "migration"
CONVERSIONS: Final = "conversions"
_SNAPSHOT: Final = """
    SELECT s.network, coalesce(n.title, s.network) AS title, s.height, s.time, s.endpoint, s.method, s.simulated,
           s.chain_id, s.hash
    FROM newest s LEFT JOIN network n ON n.name = s.network WHERE s.reading = $1 ORDER BY s.network LIMIT 1
"""
_TOLD: Final = """
    SELECT o.name, o.subject, o.time, o.exact, o.source, u.token, u.decimals
    FROM observation o JOIN newest s ON s.id = o.snapshot
    LEFT JOIN unit u ON (u.network, u.unit) = (o.network, o.unit)
    WHERE s.reading = $1 AND o.network = $2 ORDER BY o.time, o.name, o.subject
"""
_NETWORK: Final = "SELECT network FROM reading WHERE name = $1 ORDER BY network LIMIT 1"
# Of an observation that is an amount: as tokens for tables and charts, never for sums.
_TOKENS: Final = pl.col("exact").cast(pl.Float64, strict=False) / 10.0 ** pl.col("decimals")


@dataclass(frozen=True, slots=True)
class Read:
    """Where numbers come from: one reading at one block."""

    network: str
    title: str
    height: int
    time: datetime
    endpoint: str
    method: str
    simulated: bool
    chain_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Amount:
    """Whole base units of a token."""

    units: int
    token: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Part:
    """One token that became another.

    rate: what one becomes; by_contract: whether the contract of its conversion says so, else a source does. minted:
    what was minted for it, as that source says. supply, burned: None where its own contract did not prove itself.
    """

    token: str
    address: str
    rate: Amount
    by_contract: bool
    minted: Amount
    supply: Amount | None
    burned: Amount | None
    doubt: str
    not_found: str
    source: str

    @property
    def outstanding(self) -> Amount | None:
        """What is not burned."""
        if self.supply is None or self.burned is None:
            return None
        return Amount(self.supply.units - self.burned.units, self.supply.token, self.supply.decimals)

    def becomes(self, amount: Amount | None) -> Amount | None:
        """What an amount of it becomes by its rate."""
        if amount is None:
            return None
        return Amount(amount.units * self.rate.units // 10**amount.decimals, self.rate.token, self.rate.decimals)


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract of a conversion: what it can still pay out, and whether somebody can take that out.

    doubt: why it is not taken for that; then nothing else is known. recoverable, paused: None where it does not say.
    """

    address: str
    doubt: str
    old_token: str
    left: Amount | None
    recoverable: bool | None
    paused: bool | None
    owner: str


@dataclass(frozen=True, slots=True)
class Migration:
    """What became of tokens that merged into one, at one block."""

    read: Read
    supply: Amount
    before: Amount | None
    parts: tuple[Part, ...]
    contract: Contract
    locked: Amount | None
    power: Amount | None

    @property
    def minted(self) -> Amount:
        """All that was minted for the others, as the sources say."""
        return Amount(sum(one.minted.units for one in self.parts), self.supply.token, self.supply.decimals)

    @property
    def converted(self) -> Part | None:
        """The token that the contract of the conversion takes; None where that is not proved."""
        return next((one for one in self.parts if one.address == self.contract.old_token), None)


@dataclass(frozen=True, slots=True)
class Conversions:
    """Who converted most, as far as it is read.

    largest: who, time, block, given, got (tokens), units (base units of given). curve: network, title, time, value.
    unread: blocks that are left for later runs. sent: what whoever converted most sent since: who, time, sent (tokens);
    sent_total, sent_to: all of it, and to how many; None where that is not read yet. signers, needed: of whoever
    converted most; None where that is no multisig.
    """

    read: Read
    token: str
    got_token: str
    largest: pl.DataFrame
    curve: pl.DataFrame
    unread: int
    sent: pl.DataFrame
    sent_total: Amount | None
    sent_to: int
    sent_unread: int
    account: str
    largest_converter: str
    signers: tuple[str, ...]
    needed: int | None


def converters(known: Sequence[Population], read: Conversions) -> Population | None:
    """Those who converted, where they were read."""
    return _population(known, read.read, "converters")


def lockers(known: Sequence[Population], found: Migration) -> Population | None:
    """Those who locked, where they were read."""
    return _population(known, found.read, "lockers")


def _population(known: Sequence[Population], read: Read, reading: str) -> Population | None:
    return next((one for one in known if (one.network, one.reading) == (read.network, reading)), None)


def network(mart: Mart) -> str:
    """The network whose merger this is; empty where none has one."""
    return "".join(mart.table(_NETWORK, READING)["network"])


def migration(mart: Mart) -> Migration | None:
    """What was minted for tokens that merged, what they are and what is left; None where it was not read yet."""
    read = _read(mart, READING)
    if read is None:
        return None
    rows = mart.table(_TOLD, READING, read.network)
    told = {(name, subject): row for name, subject, *row in rows.select(_COLUMNS).iter_rows()}
    old = [subject for name, subject in told if name == "stated_rate"]
    (new,) = (subject for name, subject in told if name == "new_supply")
    (conversion,) = (subject for name, subject in told if name == "proof" and subject not in old)
    locks = next((subject for name, subject in told if name == "locked"), "")
    contract = _contract(told, conversion)
    rate = _amount(told, "conversion_ratio", conversion)
    parts = [_part(told, one, rate if one == contract.old_token else None) for one in old]
    return Migration(
        read=read,
        supply=_surely(_amount(told, "new_supply", new)),
        before=_amount(told, "stated_before", new),
        parts=tuple(sorted(parts, key=lambda one: (-one.minted.units, one.address))),
        contract=contract,
        locked=_amount(told, "locked", locks),
        power=_amount(told, "locked_power", locks),
    )


def conversions(mart: Mart) -> Conversions | None:
    """Who converted most and when, and who signs for the largest; None where it was not read yet."""
    read = _read(mart, CONVERSIONS)
    if read is None:
        return None
    rows = mart.table(_TOLD, CONVERSIONS, read.network).with_columns(tokens=_TOKENS)
    given = rows.filter(name="conversion").select(
        "time", who="subject", given="tokens", units="exact", token="token", decimals="decimals"
    )
    got = rows.filter(name="conversion_got").select("time", who="subject", got="tokens", got_token="token")
    block = rows.filter(name="conversion_block").select("time", who="subject", block=pl.col("exact").cast(pl.Int64))
    largest = given.join(got, on=["time", "who"]).join(block, on=["time", "who"]).sort("given", "who", descending=True)
    curve = rows.filter(name="converted").select(
        "time", network=pl.lit(read.network), title=pl.lit("Converted"), value="tokens"
    )
    said = {name: (subject, exact) for name, subject, exact in rows.select("name", "subject", "exact").iter_rows()}
    threshold = said.get("threshold", ("", ""))[1]
    sums = {(name, subject): row for name, subject, *row in rows.select(_COLUMNS).iter_rows()}
    largest_converter = said.get("account", ("", ""))[0]
    return Conversions(
        read=read,
        token=next(iter(largest["token"]), ""),
        got_token=next(iter(largest["got_token"]), ""),
        largest=largest.drop("token", "got_token"),
        curve=curve,
        unread=int(said["unread_blocks"][1]),
        sent=rows.filter(name="sent").select("time", who="subject", sent="tokens").sort("sent", "who", descending=True),
        sent_total=_amount(sums, "sent_total", largest_converter),
        sent_to=int(said.get("sent_to", ("", "0"))[1]),
        sent_unread=int(said.get("sent_unread_blocks", ("", "0"))[1]),
        account=said.get("account", ("", ""))[1],
        largest_converter=largest_converter,
        signers=tuple(rows.filter(name="signer")["subject"]),
        needed=int(threshold) if threshold else None,
    )


_COLUMNS: Final = ("name", "subject", "exact", "source", "token", "decimals")
_Rows = dict[tuple[str, str], list[Any]]


def _read(mart: Mart, reading: str) -> Read | None:
    return next((Read(*row) for row in mart.table(_SNAPSHOT, reading).iter_rows()), None)


def _amount(told: _Rows, name: str, subject: str) -> Amount | None:
    if (name, subject) not in told:
        return None
    exact, _, token, decimals = told[name, subject]
    return Amount(int(exact), token, decimals)


def _surely(amount: Amount | None) -> Amount:
    assert amount is not None
    return amount


def _text(told: _Rows, name: str, subject: str) -> str:
    return str(told[name, subject][0]) if (name, subject) in told else ""


def _doubt(told: _Rows, subject: str) -> str:
    """Why a contract is not what it is taken for; empty where it is."""
    return _text(told, "proof", subject).removeprefix("proved").removeprefix("not proved: ")


def _part(told: _Rows, subject: str, rate: Amount | None) -> Part:
    return Part(
        token=_text(told, "stated_name", subject),
        address=subject,
        rate=rate or _surely(_amount(told, "stated_rate", subject)),
        by_contract=rate is not None,
        minted=_surely(_amount(told, "stated_minted", subject)),
        supply=_amount(told, "old_supply", subject),
        burned=_amount(told, "old_burned", subject),
        doubt=_doubt(told, subject),
        not_found=_text(told, "not_found", subject),
        source=str(told["stated_rate", subject][1]),
    )


def _contract(told: _Rows, subject: str) -> Contract:
    flags = {"true": True, "false": False}
    return Contract(
        address=subject,
        doubt=_doubt(told, subject),
        old_token=_text(told, "old_token", subject),
        left=_amount(told, "left", subject),
        recoverable=flags.get(_text(told, "recoverable", subject)),
        paused=flags.get(_text(told, "paused", subject)),
        owner=_text(told, "migrator_owner", subject),
    )
