"""What every simulated part is drawn with: dice and addresses that follow from a name, the same on every run."""

import re
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from store.rows import HOLDINGS
from store.spelling import ADDRESS, ANY, spelled

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
DAY: Final = timedelta(days=1)
DAYS: Final = 180
# Whom the bytes of an address are drawn for where that is not its prefix: one key is the same party on all of them.
FAMILIES: Final = {"ss58": "substrate", "hex": "evm", "base64url": "weave", "base58": "solana"}
# What stands in a slot before the number of its party.
FILLED: Final = {"<number>": "", "<word>": "party", "<denom>": "udenom", ANY: "party "}
# How far log sizes wander.
WANDER: Final = 0.15


def dice(name: str) -> np.random.Generator:
    """Random numbers that follow from a name."""
    return np.random.default_rng(int.from_bytes(sha256(name.encode()).digest()[:8], "big"))


def wandered(phase: Floats, back: int) -> Floats:
    """How far log sizes are from their means `back` days before the newest day: slow waves, ranks change but rarely."""
    return WANDER * np.sin(phase + back / 40.0)


def held(population: str, holders: pl.Series, parts: Whole, *, unit: int) -> pl.DataFrame:
    """Holdings of one population: each holder's parts, of `unit` base units each."""
    units = pl.Series([unit], dtype=pl.Int128)
    return holding(named(population, holders), parts, units)


def named(population: str, holders: pl.Series) -> pl.DataFrame:
    """The holders of one population, which has the same on every day."""
    return pl.DataFrame({"population": pl.repeat(population, len(holders), eager=True), "holder": holders})


def holding(who: pl.DataFrame, parts: Whole, units: pl.Series) -> pl.DataFrame:
    """Holdings of a day: who (population and holder) has how many parts, of so many base units each."""
    amounts = (pl.Series("amount", parts).cast(pl.Int128) * units).cast(HOLDINGS["amount"])
    return who.hstack([amounts])


@cache
def parties(form: str, spelling: str, n: int) -> pl.Series:
    """The first n simulated parties whose names have a form."""
    return pl.Series([party(form, spelling, place) for place in range(n)])


def party(form: str, spelling: str, place: int) -> str:
    """A simulated party whose name has a form (store.spelling), on a network that spells addresses so."""
    return "".join([_filled(slot, spelling, place) for slot in _slots(form)])


@cache
def _slots(form: str) -> tuple[str, ...]:
    """The parts of a form: its slots, and what stands between."""
    return tuple(slot for slot in re.split(r"(<\w+>)", form) if slot)


def _filled(slot: str, spelling: str, place: int) -> str:
    """What stands in a slot of a form; what is no slot stays."""
    if slot == ADDRESS:
        return address(spelling, place)
    return f"{FILLED[slot]}{place + 1}" if slot in FILLED else slot


@cache
def address(spelling: str, place: int) -> str:
    """The address of a simulated holder; its bytes say that it is simulated."""
    kind, _, prefix = spelling.partition(":")
    of = FAMILIES.get(kind) or prefix.removesuffix("valoper") or kind
    return spelled(spelling, sha256(f"simulated {of} {place}".encode()).digest())
