"""What is said of parties is grammar for one as for many."""

from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from analytics.spread.change import Change
from questions.populations import Population
from questions.thresholds import DecidingShare, Value
from ui import parties

VOTERS = cast(Population, SimpleNamespace(thing="voters"))
THREE_PERCENT = DecidingShare("pass a proposal", "nc_ge_3_100", 3, 100, strict=False, own=True)


def values(grouping: str, m: float, *k: float) -> dict[str, Value]:
    """Metrics that were found under a grouping; k: how few, or between which numbers."""
    few = Value(k[0], k[0], k[-1], "", grouping) if k else Value(None, None, None, "", grouping)
    top = Value(0.067, 0.037, 0.067, "", grouping)
    return {
        "effective_parties": Value(m, None, None, "", grouping),
        "nc_ge_3_100": few,
        "top_1": top,
        "top_10": top,
    }


def rows(of: dict[str, dict[str, Value]]) -> pl.DataFrame:
    return parties.sensitivity(of, THREE_PERCENT, None)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ([(1,), (1,)], "It is *broad* however parties are counted; one alone makes 3/100 or more."),
        ([(1,), (4,)], "It is *broad* however parties are counted; 1 to 4 voters make 3/100 or more."),
        ([(4,), (4,)], "It is *broad* however parties are counted; 4 voters make 3/100 or more."),
        ([(54, 69), (60,)], "It is *broad* however parties are counted; 54 to 69 voters make 3/100 or more."),
        ([(), ()], "It is *broad* however parties are counted."),
    ],
)
def test_how_few_suffice_under_every_grouping_is_a_sentence(counts: list[tuple[int, ...]], text: str) -> None:
    found = {name: values(name, 20, *k) for name, k in zip(("control", "address"), counts, strict=True)}
    told = rows(found).with_columns(word=pl.lit("broad"))
    assert parties.depends(told, VOTERS, THREE_PERCENT) == text


def test_where_no_label_applies_nothing_is_said_of_other_ways_to_count() -> None:
    found = {name: values("address", 20, 4) for name in ("control", "address", "ownership", "claimed")}
    told = rows(found)
    assert told["grouping"].to_list() == ["Plain addresses"]
    said = parties.depends(told, VOTERS, THREE_PERCENT)
    assert said.startswith("No address here has a label, so nothing was merged by labels. It is *")
    assert "however" not in said


def test_what_was_read_in_part_is_a_range_in_the_table_too() -> None:
    told = rows({"address": values("address", 20, 54, 69)}).row(0, named=True)
    assert (told["k_told"], told["top_1_told"]) == ("54–69", "3.7%–6.7%")


def ranks() -> pl.DataFrame:
    """A party of two addresses under the name of one, and one by itself."""
    return parties.named(
        pl.DataFrame(
            {
                "name": ["Sample 1", None],
                "name_from": ["label", "nobody"],
                "address": ["akash1a", "akash1c"],
                "addresses": ["akash1a, akash1b", "akash1c"],
                "members": [2, 1],
                "share": [0.293, 0.1],
            }
        )
    )


def test_a_party_of_several_addresses_is_not_called_like_one_of_them() -> None:
    assert ranks()["party"].to_list() == ["Sample 1 (2 addresses)", "akash1c"]


def test_only_causes_that_changed_something_are_told() -> None:
    rows = parties.causes(Change(before=10, after=12, population=0.0, relabelling=0.0, price=0.0, moves=2.0))
    assert rows["parties"].to_list() == [10, 2, 12]
    assert rows["cause"][1].startswith("Real moves")


def test_the_causes_of_a_change_add_up_as_they_are_written() -> None:
    """A table said 16.4, 0.7 and 17.2, below a heading that said up 0.7."""
    change = Change(before=16.424, after=17.169, population=0.3726, relabelling=0.0, price=0.0, moves=0.3724)
    assert parties.causes(change)["parties"].to_list() == [16.4, 0.4, 0.4, 17.2]
    assert parties.change_of_a_month(change) == "up 0.8"
    small = Change(before=16.424, after=16.427, population=0.0, relabelling=0.0, price=0.0, moves=0.003)
    assert parties.causes(small)["parties"].to_list() == [16.424, 0.003, 16.427]
    assert parties.change_of_a_month(small) == "up 0.003"


def test_where_nothing_changed_hands_no_other_party_has_it() -> None:
    assert parties.changed_hands(0.0) == "None of it changed hands."
    assert parties.changed_hands(0.033).startswith("3.3% of it changed hands: other parties")
