"""What every simulated part is drawn with: dice and addresses that follow from a name, the same on every run."""

from functools import cache
from hashlib import sha256
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from store.addresses import bech32
from store.rows import HOLDINGS

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
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
    amount = pl.Series(parts).cast(pl.Int128) * pl.Series([unit], dtype=pl.Int128)
    return pl.DataFrame(
        {
            "population": pl.repeat(population, len(parts), eager=True),
            "holder": holders,
            "amount": amount.cast(pl.Decimal(38, 0)),
        },
        schema=HOLDINGS,
    )


@cache
def addresses(spelling: str, n: int) -> pl.Series:
    """The addresses of the first n simulated holders."""
    return pl.Series([address(spelling, place) for place in range(n)])


@cache
def address(spelling: str, place: int) -> str:
    """The address of a simulated holder; its bytes say that it is simulated."""
    raw = sha256(f"simulated {spelling.removesuffix('valoper')} {place}".encode()).digest()
    match spelling:
        case "substrate":
            return "0x" + raw.hex()
        case "evm":
            return "0x" + raw[:20].hex()
        case "subnet":
            return f"subnet:{place + 1}.0"
        case "organization":
            return f"organization {place + 1}"
        case prefix:
            return bech32(prefix, raw[:20])
