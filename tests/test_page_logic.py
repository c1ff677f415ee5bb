"""What each page answers when a reader turns its controls, without a browser."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.hamlet import VALIDATORS, address
from tests.test_every_page import opened
from ui import words

Open = Callable[..., AppTest]


@pytest.fixture
def visit(hamlet: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of the small world with what its address says."""

    def shown(name: str, **query: str) -> AppTest:
        return opened(name, hamlet, monkeypatch, **query)

    return shown


def texts(shown: AppTest) -> str:
    """All prose of a page."""
    return "\n".join(part.value for part in (*shown.header, *shown.markdown, *shown.caption, *shown.info))


def table(shown: AppTest, *columns: str) -> Any:
    """The table of a page that has these columns."""
    return next(found.value for found in shown.dataframe if set(columns) <= set(found.value.columns))


def chosen(shown: AppTest, key: str, value: str) -> AppTest:
    """The page after a choice in a menu."""
    shown.selectbox(key=key).set_value(value).run()
    assert not shown.exception
    return shown


# --- scorecard -------------------------------------------------------------------------------------------------------


def test_the_scorecard_has_a_row_a_network_and_a_word_a_measure(visit: Open) -> None:
    (matrix,) = (found.value for found in visit("scorecard").table)
    rows = {row["Network"].split("**")[1]: row for row in matrix.to_dict("records")}
    assert rows.keys() >= {"Akash", "Bittensor"}
    assert re.search(r"\*\*\d.*-badge\[.*[ABC]\]", rows["Akash"]["Voting power"], re.DOTALL)
    assert rows["Akash"]["Can force"].startswith("**2**")
    assert rows["Bittensor"]["Compute spend"] == ":gray[not verifiable]"


def test_the_scorecard_names_who_can_halt_a_chain(visit: Open) -> None:
    said = [text.value for text in visit("scorecard").markdown]
    (akash, fetch) = (text for text in said if "can halt or censor" in text)
    assert akash == fetch
    assert akash.startswith("**Two parties**")
    assert "Honest 0 and " in akash


def test_the_scorecard_leads_to_who_holds_the_power(visit: Open) -> None:
    links = [link.proto for link in visit("scorecard").get("page_link")]
    assert any("net=fetch&what=voting_power" in str(link) for link in links)


# --- power -----------------------------------------------------------------------------------------------------------


def test_another_network_is_another_answer(visit: Open) -> None:
    shown = visit("power", net="akash")
    assert shown.header[0].value == "Akash: two validators together can halt the chain"
    assert chosen(shown, "net", "fetch").header[0].value.startswith("Fetch.ai: two validators")


def test_another_threshold_is_another_count(visit: Open) -> None:
    shown = visit("power", net="akash")
    third = shown.header[0].value
    assert chosen(shown, "rule", "nc_gt_1_2").header[0].value != third
    assert "more than half" in shown.header[0].value


def test_stake_is_told_among_validators_and_among_delegators(visit: Open) -> None:
    shown = chosen(visit("power", net="akash"), "what", "stake")
    among = shown.selectbox(key="of").options
    assert "Validators" in among
    assert "Delegators" in among
    assert "delegator" in chosen(shown, "of", "delegators/delegators").header[0].value


def test_a_pasted_address_is_told_its_rank_share_index_and_who_outvotes_it(visit: Open) -> None:
    shown = visit("power", net="akash", q=address("fetchvaloper", 0))
    rows = table(shown, "decides", "outvoted").to_dict("records")
    first = next(row for row in rows if (row["network"], row["measure"]) == ("Akash", "voting power"))
    assert first["rank"] == 1
    assert 0 < first["share"] < first["decides"] < 1
    assert first["outvoted"] == "three others"
    assert {row["network"] for row in rows} >= {"Akash", "Fetch.ai"}


def test_nobody_of_that_name_is_said_so(visit: Open) -> None:
    assert "Nobody of that address or name" in texts(visit("power", q="nobody at all"))


# --- proposals -------------------------------------------------------------------------------------------------------


def test_open_proposals_come_first_in_plain_words(visit: Open) -> None:
    rows = table(visit("proposals"), "quorum", "turnout")
    assert rows["status"][0] == "open for voting"
    assert "voting_period" not in set(rows["status"])


def test_a_proposal_tells_who_voted_who_did_not_and_what_would_turn_it(visit: Open) -> None:
    shown = visit("proposals", p="akash:2")
    voters = table(shown, "option", "own_tokens", "inherited_tokens", "overridden_tokens")
    assert voters["share"].is_monotonic_decreasing
    assert len(table(shown, "route", "fewest")) == 5
    absent = next(
        found.value for found in shown.dataframe if list(found.value.columns) == ["party", "share", "address"]
    )
    assert not set(absent["address"]) & set(voters["address"])
    assert 0 < len(absent) < VALIDATORS
    assert f"{words.sentence(words.several(len(absent), 'validator'))} " in texts(shown)


def test_a_voter_is_told_what_its_stake_counts_as(visit: Open) -> None:
    rows = table(visit("proposals", p="akash:2", q=address("akash", 4)), "counts_as")
    assert "no with veto: its own vote" in set(rows["counts_as"])


def test_an_address_without_stake_is_told_so(visit: Open) -> None:
    assert "holds stake on Akash" in texts(visit("proposals", p="akash:2", q="akash1nobody"))


# --- what if ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"if": "cap", "pct": "10"}, "cap what counts: from"),
        ({"if": "remove", "many": "3"}, "remove the largest: from"),
        ({"if": "merge"}, "merge"),
        ({"if": "split", "many": "4"}, "split"),
    ],
)
def test_a_scenario_in_the_address_is_computed(visit: Open, query: dict[str, str], told: str) -> None:
    shown = visit("whatif", net="akash", **query)
    assert told in shown.header[0].value.lower()
    rows = table(shown, "before", "after")
    assert (rows["before"] != rows["after"]).any()


def test_nothing_changes_before_apply(visit: Open) -> None:
    shown = visit("whatif", net="akash")
    before = shown.header[0].value
    shown.slider(key="pct").set_value(2.0)
    assert shown.header[0].value == before
    shown.button[0].click().run()
    assert shown.header[0].value != before


# --- trends ----------------------------------------------------------------------------------------------------------


def test_a_metric_over_time_has_a_chart_a_network_and_one_for_all(visit: Open) -> None:
    shown = visit("trends", what="stake", metric="top_10", days="30")
    assert shown.header[0].value.startswith("Share of the largest ten in 30 days: Akash")
    networks = set(table(shown, "method_version", "value")["title"])
    assert len(shown.get("plotly_chart")) == len(networks) + 1


def test_events_have_the_number_that_stands_on_the_curves(visit: Open) -> None:
    rows = table(visit("trends"), "mark", "source")
    assert list(rows["mark"]) == [str(number) for number in range(1, len(rows) + 1)]
    assert rows["source"].str.startswith("https://").all()


# --- markets ---------------------------------------------------------------------------------------------------------


def test_another_market_is_another_page(visit: Open) -> None:
    shown = visit("markets")
    assert shown.header[0].value.startswith("Akash")
    assert chosen(shown, "net", "bittensor").header[0].value.startswith("Bittensor")


@pytest.mark.parametrize("side", ["providers", "payers", "tenants", "auditors"])
def test_each_side_of_the_market_has_its_ranking(visit: Open, side: str) -> None:
    rows = table(visit("markets", net="akash", side=side), "rank", "cumulative")
    assert rows["share"].is_monotonic_decreasing


# --- sources ---------------------------------------------------------------------------------------------------------


def test_what_was_read_is_told_against_the_chains_own_total(visit: Open) -> None:
    rows = table(visit("sources"), "coverage", "reported")
    assert (rows["coverage"] == 1).any()


@pytest.mark.parametrize("metric", ["gini", "nc_ge_1_3", "hhi"])
def test_every_metric_can_be_looked_up(visit: Open, metric: str) -> None:
    assert f"`{metric}`" in texts(visit("sources", metric=metric))
