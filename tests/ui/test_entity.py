"""What is said of an entity: what it has alone and with its party, what it can do, and of whom nobody is chosen."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from questions.candidates import Candidate, Candidates
from questions.entity import Entity, Member
from questions.explorers import Page
from questions.populations import Population
from questions.rank_history import ALL
from questions.reach import ALONE, AMONG, DECIDE, GATE, NEEDED, REACH
from questions.standing import Standing, Together
from ui import entity as told

AMONG_VALIDATORS = cast(
    Population,
    SimpleNamespace(
        network="akash", title="Akash", n=9, thing="validators", measure="stake", population="validators",
        heading="Validators", snapshot=1, population_id=2, token_unit="AKT",
    ),
)  # fmt: skip
ONE = cast(Standing, SimpleNamespace(population=AMONG_VALIDATORS, rank=2, share=0.092, others=1))


def party(addresses: int) -> Together:
    return Together(AMONG_VALIDATORS, "sample", 1, 146, 1000, addresses, None)


def test_an_address_has_what_it_has_alone_and_what_its_party_has() -> None:
    alone, same, merged = (told.place([ONE], found, "Sample") for found in ({}, {(1, 2): party(1)}, {(1, 2): party(2)}))
    assert "number 2 of 9 validators by stake, with 9.2%. To outvote it: one other." in alone
    assert same == alone
    assert "by stake, alone with 9.2%, with its party Sample 14.6%." in merged
    assert told.party_place([party(2)]) == (
        "**Akash**: number 1 among validators by stake, with 14.6% by two addresses. To outvote it: nothing does."
    )


def member(name: str = "", party: str = "", kind: str = "") -> Member:
    return Member(
        "akash", "Akash", "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x", "akash1q", "bech32:akash", name, party, kind
    )


@pytest.mark.parametrize(
    ("one", "called", "who"),
    [
        (Entity("k", "", "", (member(),)), "akash1qyqs…lgve5x", "No label says who is behind it, and it does not name"),
        (
            Entity("k", "“*X*”", "", (member("“*X*”"),)),
            "“*X*”",
            r"It calls itself “\*X\*”; anybody can write any name.",
        ),
        (Entity("k", "Desk", "", (member("Desk", "desk", "custodian"),)), "Desk", "A label says: **Desk**, custodian."),
        (
            Entity("desk", "Desk", "desk", (member("Desk", "desk", "custodian"),)),
            "Desk",
            "A party, custodian: one address",
        ),
        (Entity("desk", "Desk", "desk", ()), "Desk", "A party: no addresses that labels put together."),
    ],
)
def test_who_it_is_says_by_whose_word(one: Entity, called: str, who: str) -> None:
    assert told.called(one) == called
    assert told.who(one).startswith(who)


def test_what_it_can_do_is_a_sentence_a_part() -> None:
    rows = [
        {"network": "A*", "side": "force", "action": "halt", "way": "w", "role": ALONE, "note": ""},
        {
            "network": "A*",
            "side": "force",
            "action": "mint or redirect",
            "way": "w",
            "role": ALONE,
            "note": "does less",
        },
        {"network": "B", "side": "stop", "action": "censor", "way": "w", "role": NEEDED, "note": ""},
        {"network": "B", "side": GATE, "action": "half of the spend", "way": "auditors", "role": AMONG, "note": ""},
        {"network": "B", "side": DECIDE, "action": "x", "way": "Subnet 4", "role": AMONG, "note": ""},
    ]
    assert told.can(pl.DataFrame(rows, schema_overrides=REACH)) == (
        r"By itself it can halt (A\*). Nobody can stop others who would censor (B) without it. "
        "It is one of the fewest who together can gate half of the spend (B) and decide over Subnet 4 (B)."
    )
    assert told.can(pl.DataFrame(schema=REACH)).startswith("In none of the ways that are known")


def candidates(*found: Candidate, cut: bool = True, more: bool = False) -> Candidates:
    return Candidates(found, cut, more)


def test_a_candidate_is_told_whole_with_what_it_holds_and_since_when() -> None:
    since = datetime(2026, 5, 3, tzinfo=UTC)
    large = Candidate("k", "", "0x12", "", ("FET",), 0.08, 12.5, AMONG_VALIDATORS, since)
    dust = Candidate("k", "", "0x12", "", ("FET",), 0.0, 0.0, None, None)
    assert told.candidate(large) == (
        "`0x12`  \nFET · 8% of stake among validators of Akash, 12.50 AKT · among the largest since 3 May 2026"
    )
    assert told.candidate(dust) == (
        "`0x12`  \nFET · holds nothing in the newest data · not known to be among the largest"
    )
    for found in (candidates(large), candidates(large, dust)):
        assert "anybody can make one with the same ends" in told.asked_which(found, "0x…12")
    assert told.asked_which(candidates(large, cut=False, more=True), "*x*") == (
        r"One candidate for \*x\*. A name in quotation marks is what an address calls itself: anybody can write any "
        "name. There are more: write more of the name."
    )


def history(days: int, address: str = "a") -> pl.DataFrame:
    rows = [
        {
            "network": "Akash",
            "population": "Validators",
            "address": address,
            "addresses": 1,
            "time": datetime(2026, 11, day, tzinfo=UTC),
            "rank": day,
            "share": 0.1,
        }
        for day in range(1, days + 1)
    ]
    return pl.DataFrame(rows)


def test_several_days_are_a_line_and_one_day_is_a_row_with_its_date() -> None:
    rows = pl.concat([history(3), history(1, "b")])
    (line,) = told.rank_lines(rows)
    figure = told.rank_chart([line])
    # The first is on top.
    low, high = figure.layout.yaxis.range
    assert low > high
    assert list(figure.data[0].y) == [1, 2, 3]
    assert told.rank_lines(history(1)) == []
    none = rows.clear()
    assert told.ranked(rows, none).startswith("Highest rank known: number 1 among validators of Akash, on 1 Nov 2026.")
    assert told.ranked(none, none).startswith("No past rank of it is known.")
    assert told.ranked(rows, rows).startswith("Highest rank known of all its addresses together: number 1 among")
    assert told.ranked(rows, rows).endswith(
        "Where there are more, a rank is among these alone: what it had at smaller ones is not counted, and others "
        "with many smaller ones may have stood higher. At the newest block all are counted, as above."
    )
    assert "may have stood higher" not in told.ranked(rows, none)
    assert "among the hundred largest addresses of each day" in told.ranks_alt(rows)
    assert told.ranks_alt(none) == "Rank by day of its addresses"


def test_a_rank_that_never_changed_is_a_sentence_and_no_line() -> None:
    """One flat line at rank 1 filled a whole chart."""
    flat, moving = history(3).with_columns(rank=1), history(3, "b")
    assert [part["address"][0] for part in told.moving([flat, moving])] == ["b"]
    assert told.steady([flat]) == (
        "Always number 1 among validators of Akash, on each of three days from 1 Nov 2026 to 3 Nov 2026."
    )
    two = flat.with_columns(address=pl.lit("akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x"))
    assert "Akash (akash1qyqs…lgve5x), on each of" in told.steady([flat.with_columns(address=pl.lit("c")), two])
    assert told.steady([moving]) == ""


def test_a_party_is_one_line_however_many_of_its_addresses_are_among_the_largest() -> None:
    rows = history(3, ALL).with_columns(addresses=pl.Series([20, 21, 1]))
    (line,) = told.rank_lines(rows)
    (trace,) = told.rank_chart([line]).data
    assert list(trace.y) == [1, 2, 3]
    assert trace.name == "Akash: Validators, all its addresses"
    assert [said for _, said in trace.customdata] == [" by 20 addresses", " by 21 addresses", " by one address"]
    assert "addresses" in told.rank_columns(rows)


def test_of_an_address_nobody_is_told_that_it_is_one() -> None:
    (trace,) = told.rank_chart([history(2)]).data
    assert {said for _, said in trace.customdata} == {""}
    assert "addresses" not in told.rank_columns(history(2))


def test_votes_are_counted_apart_from_silence() -> None:
    rows = pl.DataFrame({"vote": ["yes", "did not vote", "no", "did not vote"]})
    assert told.voted(rows) == "Two votes of it are known, and two proposals on which it did not vote."
    assert told.voted(rows.head(1)) == "One vote of it is known."


def test_links_to_the_same_explorer_say_of_which_address_they_are() -> None:
    pages = [
        Page("Bittensor", "Taostats", "5E7RCRrPaaaaaaaaaaaaaaaaAgirGJ", "https://x.example/1"),
        Page("Bittensor", "Taostats", "5FevFjovaaaaaaaaaaaaaaaaa3ZphG", "https://x.example/2"),
        Page("Akash", "Mintscan", "akash1aaaaaaaaaaaaaaaaaaaaaaaa", "https://x.example/3"),
    ]
    assert told.pages_called(pages) == [
        "Bittensor on Taostats: 5E7RCRrP…AgirGJ",
        "Bittensor on Taostats: 5FevFjov…a3ZphG",
        "Akash on Mintscan",
    ]
