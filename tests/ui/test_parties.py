"""What is said of parties is grammar for one as for many."""

from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from questions.populations import Population
from questions.thresholds import DecidingShare
from ui import parties

VOTERS = cast(Population, SimpleNamespace(thing="voters"))
THREE_PERCENT = DecidingShare("pass a proposal", "nc_ge_3_100", 3, 100, strict=False, own=True)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ([1, 1], "It is *broad* however parties are counted; one alone makes 3/100 or more."),
        ([1, 4], "It is *broad* however parties are counted; 1 to 4 voters make 3/100 or more."),
        ([4, 4], "It is *broad* however parties are counted; 4 voters make 3/100 or more."),
        ([None, None], "It is *broad* however parties are counted."),
    ],
)
def test_how_few_suffice_under_every_grouping_is_a_sentence(counts: list[int | None], text: str) -> None:
    rows = pl.DataFrame({"word": ["broad", "broad"], "k": pl.Series(counts, dtype=pl.Int64)})
    assert parties.depends(rows, VOTERS, THREE_PERCENT) == text


def test_where_nothing_changed_hands_no_other_party_has_it() -> None:
    assert parties.changed_hands(0.0) == "None of it changed hands."
    assert parties.changed_hands(0.033).startswith("3.3% of it changed hands: other parties")
