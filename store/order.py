"""The order of amounts: each is the two words of a DECIMAL(38,0), which sort faster as numbers than as decimals."""

import numpy as np
import numpy.typing as npt
import polars as pl

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


def largest_first(holdings: pl.DataFrame) -> pl.DataFrame:
    """Rows of `holding` by snapshot and population, the largest amount first; of equal ones the first holder."""
    # The last to count is put in order first: what comes after leaves equals as they are.
    backwards = np.argsort(holdings["holder"].to_numpy(), kind="stable")[::-1]
    low, high = _words(holdings["amount"])
    places = backwards[ascending(low[backwards], high[backwards])[::-1]]
    part = (holdings["snapshot"].cast(pl.Int64) * 2**32 + holdings["population"]).to_numpy()
    return holdings[places[np.argsort(part[places], kind="stable")]]


def _words(amounts: pl.Series) -> tuple[Words, Ints]:
    told = amounts.to_arrow()
    words = np.frombuffer(told.buffers()[1], np.int64).reshape(-1, 2)[told.offset : told.offset + len(told)]
    return words[:, 0].view(np.uint64), words[:, 1]


def ascending(low: Words, high: Ints) -> Ints:
    """Places of amounts in order, the smallest first; of equal amounts the first comes first. None is negative."""
    lacking = int(high.max(initial=0)).bit_length() + 1
    first = high << (64 - lacking) | (low >> np.uint64(lacking)).astype(np.int64)
    # Floats have the order of their bits, of which the last give way to places: numbers are sorted faster than places.
    bits = len(low).bit_length()
    keys = np.sort(first.astype(np.float64).view(np.int64) >> bits << bits | np.arange(len(low)))
    order, known = keys & (1 << bits) - 1, keys >> bits
    some = _not_told_apart(known, low[order], high[order])
    mixed = order[some]
    order[some] = mixed[np.lexsort((low[mixed], high[mixed]))]
    return order


def _not_told_apart(known: Ints, low: Words, high: Ints) -> Ints:
    """Where amounts stand of which the first bits are the same, and not all the others."""
    same = known[1:] == known[:-1]
    differ = same & ((low[1:] != low[:-1]) | (high[1:] != high[:-1]))
    if not differ.any():
        return np.empty(0, np.int64)
    run = np.cumsum(np.append(True, ~same))
    mixed = np.zeros(run[-1] + 1, np.bool_)
    mixed[run[1:][differ]] = True
    return np.flatnonzero(mixed[run])
