"""A memo that keeps nothing: long readings in tests are never cut off."""

from collections.abc import Callable

import polars as pl


def no_memo(name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    return make()
