"""What is cited of a market in dollars."""

import polars as pl

from ui import akash_spend


def test_dollars_that_lack_a_price_are_not_cited_as_nought() -> None:
    rows = pl.DataFrame({"title": ["Escrow"], "token": ["AKT"], "tokens": [7.0], "low_usd": [None], "high_usd": [None]})
    assert [one.value for one in akash_spend.counted("akash", rows)] == [7.0]
    gate = pl.DataFrame({"auditor": [""], "low_usd": [None], "of_spend": [None], "of_providers": [0.5]})
    assert [one.value for one in akash_spend.gates("akash", gate)] == [0.5]
