"""What each page answers when a reader turns its controls, without a browser."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from analytics.spread.metrics import METRICS
from ingest.networks import networks
from ingest.publication import build
from questions import history
from questions.history import events
from questions.scenario import QUESTIONS
from store.addresses import ss58
from store.columns import ABOUT
from store.landing import Landing
from store.mart import MIRRORED, Mart, published_hash
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from tests.pages.test_every_page import failures, opened
from tests.worlds.hamlet import VALIDATORS, address, build_hamlet, governed, snapshot
from ui import choose, served, words

pytestmark = pytest.mark.wide

Open = Callable[..., AppTest]


@pytest.mark.slow
def test_a_link_to_who_can_stop_others_tells_that_first_and_lists_those_ways_alone(visit: Open) -> None:
    page = visit("power", net="akash", way="stop")
    assert page.header[0].value == "Akash: who can stop others"
    assert any("can stop others who would" in one.value for one in page.markdown)
    (sides,) = [table.value["side"] for table in page.dataframe if "side" in table.value]
    assert set(sides) == {"stop"}
    assert page.segmented_control(key="way").value == "stop"


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


def address_line(shown: AppTest) -> dict[str, str]:
    """What the address of a page says."""
    return {key: value if isinstance(value, str) else value[0] for key, value in shown.query_params.items()}


def chosen(shown: AppTest, key: str, value: str) -> AppTest:
    """The page after a choice in a menu."""
    shown.selectbox(key=key).set_value(value).run()
    assert failures(shown) == []
    return shown


# --- scorecard -------------------------------------------------------------------------------------------------------


LINK = re.compile(r'<a class="leads" target="_self" href="power[?]([^"]*)"[^>]*>(.*?)</a>')


def links(shown: AppTest) -> dict[str, dict[str, str]]:
    """Where each number of the scorecard leads, by network and text without colours."""
    text = "".join(one.value for one in shown.markdown if one.allow_html)
    found = [(label, dict(parse_qsl(unescape(query)))) for query, label in LINK.findall(text)]
    return {f"{asked['net']}: {plain(label)}": asked for label, asked in found if "net" in asked}


def plain(label: str) -> str:
    return re.sub(r":[a-z]+(-background)?\[([^\]]*)\]", r"\2", label).replace("*", "").replace("\u2007", "")


@pytest.mark.slow
def test_the_scorecard_has_a_number_with_its_word_a_network_and_measure(visit: Open) -> None:
    shown = visit("scorecard")
    found = links(shown)
    assert {text.split(":")[0] for text in found} >= {"akash", "fetch", "bittensor"}
    assert "akash: 1 can force one party\u00a0C" in found
    assert any(re.match(r"akash: ≤?[\d.]+ Voting power .*\u00a0[ABC]", text) for text in found)
    silent = [
        line for text in shown.markdown for line in text.value.split("\n") if line.startswith(":small[:gray[Not ")
    ]
    assert any("Not verifiable: " in text and "compute spend" in text for text in silent)
    assert not [text for text in found if "Control" in text]


@pytest.mark.slow
def test_all_numbers_of_the_scorecard_are_tables_once_they_are_unfolded(visit: Open) -> None:
    assert not visit("scorecard").dataframe[1:]
    shown = visit("scorecard", all="true")
    assert "Control" not in set(table(shown, "m_claimed")["of"])
    assert "at once" in set(table(shown, "voters_of_late")["soon"])


@pytest.mark.slow
def test_every_number_of_the_scorecard_leads_to_the_place_that_shows_it(visit: Open) -> None:
    """Of power to the table of all ways; of a resource to the card of its population."""
    for text, asked in links(visit("scorecard")).items():
        shown = visit("power", **asked)
        assert not shown.toast, text
        assert shown.selectbox(key="net").value == asked["net"]
        count = text.split(": ")[1].removeprefix("≤").split(" ")[0]
        if " can " in text:
            side = text.split(" can ")[1].split(" ")[0]
            ways = table(shown, "side", "action", "number").query(f"side == '{side}'")
            assert int(count) == ways["number"].min(), text
        else:
            assert shown.selectbox(key="of").value == asked["of"]
            (card,) = (one for one in shown.metric if one.label == "Effective parties")
            assert card.value in {count, f"up to {count}"} or card.value.endswith(f" to {count}"), text


@pytest.mark.slow
def test_the_scorecard_names_who_can_force_something_and_counts_each_action(visit: Open) -> None:
    shown = visit("scorecard", **{"more-akash": "true", "more-fetch": "true"})
    said = [text.value for text in shown.markdown]
    # One delegator has two thirds of all stake.
    (akash, fetch) = (text for text in said if text.startswith("**One party** can change the rules"))
    assert "change the rules" in akash
    assert "change the rules" in fetch
    actions = next(found.value for found in shown.table if "Force it" in found.value)
    halt = actions.set_index("To").loc["**Halt**", "Force it"]
    assert halt.startswith("**2** ")
    assert "“Honest 0” and " in halt
    # What a tooltip says is there for those who have none, too.
    assert any("Voting power: at most " in text.value for text in shown.caption)


def shown_titles(shown: AppTest) -> list[str]:
    """The networks of the scorecard from top to bottom."""
    heads = (re.search(r"\n\n\*\*([^*]+)\*\*  \n:small\[", one.value) for one in shown.markdown if one.allow_html)
    return [head[1] for head in heads if head]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, ["Akash", "Bittensor", r"Fetch\.ai", "SingularityNET"]),
        ({"by": "name"}, ["Akash", "Bittensor", r"Fetch\.ai", "SingularityNET"]),
        ({"by": "few"}, ["Akash", r"Fetch\.ai", "Bittensor", "SingularityNET"]),
        ({"layer": "agents"}, [r"Fetch\.ai", "SingularityNET"]),
        ({"layer": "data"}, []),
        ({"layer": "agents", "by": "spread"}, [r"Fetch\.ai", "SingularityNET"]),
    ],
)
def test_the_scorecard_is_filtered_and_sorted_by_its_link(visit: Open, asked: dict[str, str], told: list[str]) -> None:
    shown = visit("scorecard", **asked)
    assert shown_titles(shown) == told
    assert not shown.toast
    assert address_line(shown) == asked
    # The answer is that of the whole field.
    assert shown.header[0].value.startswith("In two of four networks")


@pytest.mark.slow
def test_what_was_never_read_is_folded_and_tells_its_reasons_when_it_is_unfolded(visit: Open) -> None:
    folded = [one.label for one in visit("scorecard").expander if one.label.startswith("Not read yet: ")]
    assert any(r"io\.net and Render" in label for label in folded)
    shown = visit("scorecard", **{"unread-compute": "true"})
    assert "Render" in [one.value for one in shown.subheader]


@pytest.mark.slow
def test_the_scorecard_shows_powers_off_the_chain_beside_those_that_count(visit: Open) -> None:
    shown = visit("scorecard", **{"more-akash": "true"})
    said = [text.value.replace("\\", "") for text in shown.markdown]
    (akash,) = (text for text in said if "operators of console.akash.network" in text)
    assert "**Migration**: the founder" in akash
    assert "Recorded 30 Nov 2026, opened 30 Nov 2026" in akash
    assert [one.value for one in shown.markdown if one.value.startswith("**Off the chain, counted nowhere: ")]


@pytest.mark.slow
def test_the_scorecard_heads_every_layer_and_tells_what_is_planned_in_it_without_counting_it(visit: Open) -> None:
    shown = visit("scorecard")
    parts = [(one.type, str(getattr(one, "value", ""))) for one in shown.main]
    heads = [place for place, (kind, _) in enumerate(parts) if kind == "header"]
    layers = [place for place in heads if parts[place][1].startswith(("Compute:", "Data:", "Models:", "Agents:"))]
    assert len(layers) == 4
    # Networks, what is planned, or that nothing has been read: never nothing.
    assert not [place for place in layers if place + 1 in heads]
    (said,) = (text.value.replace("\\", "") for text in shown.markdown if text.value.endswith("Counted nowhere."))
    assert said.startswith("No main network yet: a development network")
    assert "Inferred: one operator" in said
    assert parts.index(("subheader", "ASI Chain (planned)")) > layers[-1]
    assert not [text for text in links(shown) if "ASI Chain" in text]


# --- power -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_power_tells_every_way_over_the_network_and_what_is_not_known_of_a_halt(visit: Open) -> None:
    shown = visit("power", net="akash")
    ways = table(shown, "action", "name", "note")
    assert {"halt", "censor", "change the rules"} <= set(ways["action"])
    notes = dict(ways[["name", "note"]].to_numpy())
    why = "does no more than stop minting ACT; who has the oracle/source keys has not been read"
    assert notes["silence of the oracle's sources"] == why
    headers = [header.value for header in shown.header]
    assert any(
        "with the least to lose can stop the chain; what that costs is not known" in header for header in headers
    )
    assert "How few more would have to fall silent is not known" in texts(shown)
    assert "fell silent, blocks would stop. One operator with " in texts(visit("power", net="fetch"))


@pytest.mark.slow
def test_another_network_is_another_answer(visit: Open) -> None:
    shown = visit("power", net="akash")
    assert shown.header[0].value == "Akash: two validators together can halt the chain"
    assert chosen(shown, "net", "fetch").header[0].value.startswith("Fetch.ai: two validators")


@pytest.mark.slow
def test_another_threshold_is_another_count(visit: Open) -> None:
    shown = visit("power", net="akash")
    third = shown.header[0].value
    assert chosen(shown, "rule", "nc_gt_1_2").header[0].value != third
    assert "more than half" in shown.header[0].value


@pytest.mark.slow
def test_stake_is_told_among_validators_and_among_delegators(visit: Open) -> None:
    shown = chosen(visit("power", net="akash"), "what", "stake")
    among = shown.selectbox(key="of").options
    assert "Validators" in among
    assert "Delegators" in among
    assert "delegator" in chosen(shown, "of", "delegators/delegators").header[0].value


@pytest.mark.slow
def test_a_pasted_address_is_told_its_rank_share_index_and_who_outvotes_it(visit: Open) -> None:
    shown = visit("entity", q=address("fetchvaloper", 0))
    rows = table(shown, "decides", "outvoted").to_dict("records")
    first = next(row for row in rows if (row["network"], row["measure"]) == ("Akash", "voting power"))
    assert first["rank"] == 1
    assert first["part"] == "32.3%"
    assert 32.3 < first["decides"] < 100
    assert "number 1 of 12 validators by" in texts(shown)
    assert first["outvoted"] == "three others"
    assert {row["network"] for row in rows} >= {"Akash", "Fetch.ai"}


@pytest.mark.slow
def test_an_explorers_link_is_as_good_as_the_address_in_it(visit: Open) -> None:
    link = f"\u200bhttps://www.mintscan.io/akash/validators/{address('akashvaloper', 0).capitalize()}?tab=x"
    rows = table(visit("entity", q=link), "decides", "outvoted").to_dict("records")
    assert next(row["rank"] for row in rows if (row["network"], row["measure"]) == ("Akash", "voting power")) == 1
    link = f"https://www.mintscan.io/akash/address/{address('akash', 4)}"
    assert "no with veto: its own vote" in set(table(visit("proposals", p="akash:2", q=link), "counts_as")["counts_as"])


@pytest.mark.slow
def test_a_link_without_an_address_is_told_so_and_no_checksum(visit: Open) -> None:
    said = texts(visit("entity", q=f"https://www.mintscan.io/akash/address/{address('akash', 4)[:-1]}b"))
    assert "No address is known here in the link" in said
    assert "checksum" not in said


@pytest.mark.slow
def test_another_chains_spelling_of_a_key_is_told_in_words(visit: Open) -> None:
    said = texts(visit("entity", q=ss58(bytes(32), 2)))
    assert f"Spelled with ss58 prefix 2, as on another chain; the same key on Bittensor is {ss58(bytes(32))}." in said
    assert "ss58" not in texts(visit("entity", q=ss58(bytes(32), 13116)))


@pytest.mark.slow
def test_nobody_of_that_name_is_said_so(visit: Open) -> None:
    assert "Nobody of that address or name" in texts(visit("entity", q="nobody at all"))


@pytest.mark.slow
def test_an_old_link_to_a_search_leads_to_the_page_of_whom_it_meant(visit: Open) -> None:
    links = [str(one.proto) for one in visit("power", q="honest").get("page_link")]
    assert [one for one in links if 'page: "entity"' in one and "q=honest" in one]


@pytest.mark.slow
def test_another_search_forgets_who_was_meant(visit: Open) -> None:
    shown = visit("proposals", p="akash:2", q="honest")
    shown.selectbox(key="who").select_index(1).run()
    assert address_line(shown)["who"] == shown.selectbox(key="who").value
    shown.text_input(key="q").set_value("honest 10").run()
    assert "who" not in address_line(shown)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "nobody at all", address("akash", 3)])
def test_who_was_meant_goes_with_the_search_or_where_only_one_is_found(visit: Open, text: str) -> None:
    shown = visit("proposals", p="akash:2", q="honest")
    shown.selectbox(key="who").select_index(1).run()
    shown.text_input(key="q").set_value(text).run()
    assert failures(shown) == []
    assert "who" not in address_line(shown)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scorecard", "entity"])
def test_what_is_sought_on_top_of_any_page_is_asked_once(visit: Open, name: str) -> None:
    shown = visit(name)
    before = [one.value for one in shown.header]
    for text in (f" {address('cosmos', 2)} ", f"{address('akash', 2)[:10]}...{address('akash', 2)[-6:]}", "honest 2"):
        shown.text_input(key="find").set_value(text).run()
        assert failures(shown) == []
        links = [str(one.proto) for one in shown.get("page_link")]
        (found,) = [one for one in links if "All about “Honest 2”" in one]
        assert f'{address("akash", 2)}"' in found or f'{address("akashvaloper", 2)}"' in found
        # The page itself stays as it is, and what was asked is forgotten.
        assert [one.value for one in shown.header] == before
        assert shown.text_input(key="find").value == ""
    shown.run()
    assert not [one for one in shown.get("page_link") if "Honest 2" in str(one.proto)]


@pytest.mark.slow
def test_a_page_on_somebody_says_where_it_stands_what_it_can_do_and_how_it_voted(visit: Open) -> None:
    shown = visit("entity", of=f"akash:{address('akashvaloper', 0)}")
    assert [one.value for one in shown.header] == [
        "“Honest 0”",
        "Where it stands",
        "What it can do",
        "Its rank, day by day",
        "Who says who it is",
        "How it voted",
    ]
    said = texts(shown)
    assert "It is one of the fewest who together can halt (Akash)" in said
    assert "Known of 40 days." in said
    assert "Open an issue in the project's repository" in said
    assert set(table(shown, "proposal", "vote")["vote"]) == {"yes"}
    links = [one.proto.url for one in shown.get("link_button")]
    assert f"https://www.mintscan.io/akash/accounts/{address('akash', 0)}" in links
    assert "Who says the same of itself" in [one.value for one in visit("entity", q=address("akash", 2)).header]


def test_a_link_to_nobody_is_told_so(visit: Open) -> None:
    said = texts(visit("entity", of="nobody")).replace("\\", "")
    assert "The link names 'nobody', which is not known here." in said


def test_a_link_to_what_is_not_here_says_so_and_shows_the_first(visit: Open) -> None:
    shown = visit("power", net="<b>nonsense", group="friends")
    assert [told.value for told in shown.toast] == [
        r"The link names '\<b\>nonsense', which is not here; showing Akash.",
        "The link names 'friends', which is not here; showing One party once.",
    ]
    assert shown.header[0].value.startswith("Akash")
    assert not {"net", "group"} & address_line(shown).keys()


@pytest.mark.slow
def test_a_choice_that_another_one_makes_impossible_is_no_fault_of_a_link(visit: Open) -> None:
    shown = visit("power", net="akash", of="leases_uact/providers", what="compute_spend")
    assert not shown.toast
    assert not chosen(shown, "net", "fetch").toast
    assert "compute_spend" not in address_line(shown).values()


# --- proposals -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_open_proposals_come_first_in_plain_words(visit: Open) -> None:
    rows = table(visit("proposals"), "quorum", "turnout")
    assert rows["status"][0] == "open for voting"
    assert "voting_period" not in set(rows["status"])


def test_a_proposal_tells_who_voted_who_did_not_and_what_would_turn_it(visit: Open) -> None:
    shown = visit("proposals", p="akash:2")
    voters = table(shown, "spoken", "own_tokens", "inherited_tokens", "overridden_tokens")
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


@pytest.mark.slow
def test_who_did_not_vote_is_told_by_the_shares_that_count_while_a_vote_is_open(visit: Open) -> None:
    """On Fetch.ai they were read in shares, in which this delegator has all of every validator."""
    rows = table(visit("proposals", p="fetch:2", q=address("fetch", 99)), "counts_as")
    assert len(rows) == VALIDATORS
    assert {"yes: inherited from the validator", "nothing: neither voted"} <= set(rows["counts_as"])


def test_who_takes_part_is_told_of_votes_that_are_over(visit: Open) -> None:
    shown = visit("proposals", p="akash:2")
    rows = table(shown, "voted", "proposals", "latest")
    assert set(rows["proposals"]) == {1}
    assert sorted(rows["voted"]) == [0] * (VALIDATORS - 5) + [1] * 5
    assert rows["latest"].to_list()[:6] == ["yes", "yes", "no", "abstain", "veto", "absent"]
    # One vote does not say how people are used to vote.
    assert "decides" not in rows.columns
    assert "Drawn at random:" not in texts(shown)
    assert "Turnout of the one vote that is over: **" in texts(shown)
    assert "validators**, with " in texts(shown)
    assert "did not vote on the one proposal whose votes were read." in texts(shown)
    assert "One account made the proposals" in texts(shown)


@pytest.mark.slow
def test_three_votes_that_are_over_show_habits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_hamlet(tmp_path, votes_over=3)
    shown = opened("proposals", tmp_path, monkeypatch, p="akash:4", q=address("akashvaloper", 2))
    assert "median of three votes that are over" in texts(shown)
    assert "It voted on **three of three** proposals that are over" in texts(shown)
    assert set(table(shown, "counts_as")["voted_on"]) == {"3 of 3"}
    assert len(table(shown, "turnout", "quorum", "time")) == 3
    rows = table(shown, "decides", "latest")
    assert rows["latest"][0] == "yes · yes · yes"
    assert rows["decides"].between(0, 100).all()
    assert "Drawn at random: 4,000 votes. Each starts from one of these 3 proposals" in texts(shown)


@pytest.mark.slow
def test_an_address_without_stake_is_told_so(visit: Open) -> None:
    assert "holds stake on Akash" in texts(visit("proposals", p="akash:2", q="akash1nobody"))


@pytest.mark.slow
def test_the_address_names_the_proposal_that_is_shown_first(visit: Open) -> None:
    shown = visit("proposals")
    assert address_line(shown)["p"] == shown.selectbox(key="p").value


@pytest.fixture(scope="module")
def two_chains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that began again under a new chain id, so that two proposals have the number 2, and another one."""
    data = tmp_path_factory.mktemp("two_chains")
    landing, now = Landing(data), datetime.now(UTC).replace(microsecond=0)
    proposals, _ = governed("akash", now - timedelta(days=300), 2)
    told = proposals[1].rows.with_columns(title=pl.format("Before the fork {}", "proposal"))
    landing.land(replace(proposals[0], chain_id="akashnet-1"), Facts(told))
    stake = snapshot("akash", "akashnet-2", "validators", Kind.HOLDINGS, now, measure=Measure.STAKE)
    landing.land(stake, Facts(holdings([("validators", address("akashvaloper", 0), 1)])))
    for network in ("akash", "fetch"):
        landing.land(*next(governed(network, now, 1)))
    build(data, networks())
    return data


@pytest.mark.slow
@pytest.mark.parametrize(
    ("link", "means", "told"),
    [
        ("akash:akashnet-1:2", "akash:akashnet-1:2", "Akash 2 on akashnet-1: Before the fork 2"),
        # Links of version 1.0.0 name no chain.
        ("akash:2", "akash:akashnet-2:2", "Akash 2 on akashnet-2: "),
        ("akash:3", "akash:akashnet-1:3", "Akash 3 on akashnet-1: Before the fork 3"),
        ("fetch:2", "fetch:fetchhub-4:2", "Fetch.ai 2: "),
    ],
)
def test_a_permalink_tells_two_proposals_of_one_number_apart(
    two_chains: Path, monkeypatch: pytest.MonkeyPatch, link: str, means: str, told: str
) -> None:
    shown = opened("proposals", two_chains, monkeypatch, p=link)
    assert shown.header[1].value.replace("\\", "").startswith(told)
    assert (address_line(shown)["p"], shown.selectbox(key="p").value) == (means, means)
    assert [one.value for one in shown.toast] == []
    chains = table(shown, "chain", "turnout").query("network == 'Akash' and proposal == '2'")["chain"]
    assert sorted(chains) == ["akashnet-1", "akashnet-2"]


# --- what if ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"if": "cap", "pct": "10"}, "cap what counts at 10%: from"),
        ({"if": "remove", "many": "3"}, "remove the largest 3: from"),
        ({"if": "merge"}, "merge"),
        ({"if": "split", "many": "4"}, "split"),
    ],
)
def test_a_scenario_in_the_address_is_computed(visit: Open, query: dict[str, str], told: str) -> None:
    shown = visit("whatif", net="akash", **query)
    assert told in shown.header[0].value.lower()
    rows = table(shown, "before", "after")
    assert (rows["before"] != rows["after"]).any()


def test_a_cap_says_of_which_whole_it_is_a_share(visit: Open) -> None:
    """Of validators with 1000, 500, 333, 250 and so on of 3,100 the first three are above a tenth: 310 of 2,197."""
    said = texts(visit("whatif", net="akash", pct="10"))
    assert "Capped at 10% of today's whole, which is 14.1% of what then counts." in said
    assert "Capped" not in texts(visit("whatif", net="akash", pct="50"))


@pytest.mark.slow
def test_of_keys_there_is_no_curve_and_no_share_of_the_largest_ten(
    visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = choose.population
    monkeypatch.setattr(choose, "population", lambda known: replace(chosen(known), measure="control"))
    shown = visit("power", net="akash")
    # What was asked of a population that is none of keys must not be taken for an answer on it by other tests.
    served.forget()
    assert len(shown.get("plotly_chart")) == 1
    assert not shown.metric


@pytest.mark.slow
def test_nothing_changes_before_apply(visit: Open) -> None:
    shown = visit("whatif", net="akash")
    before = shown.header[0].value
    shown.slider(key="pct").set_value(2.0)
    assert shown.header[0].value == before
    shown.button[0].click().run()
    assert shown.header[0].value != before


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(QUESTIONS))
def test_every_scenario_opens_by_its_link_with_a_sentence(visit: Open, kind: str) -> None:
    shown = visit("whatif", **{"if": kind})
    assert QUESTIONS[kind].title.lower() in shown.header[0].value
    assert QUESTIONS[kind].explained in texts(shown)
    assert address_line(shown) == {"if": kind}


@pytest.mark.slow
@pytest.mark.parametrize("order", [list(QUESTIONS), list(QUESTIONS)[::-1]])
def test_a_scenario_takes_nothing_over_from_another(visit: Open, order: list[str]) -> None:
    shown = visit("whatif", net="akash", **{"if": order[-1]})
    for kind in order:
        chosen(shown, "if", kind)
        assert address_line(shown) == {"net": "akash", "if": kind}
        changed_from_usual(shown)
        shown.button[0].click().run()
        assert failures(shown) == []
        assert len(address_line(shown)) > 2


def changed_from_usual(shown: AppTest) -> None:
    """Turns every control of the scenario away from what it shows at first."""
    for control in (*shown.slider, *shown.number_input):
        control.set_value(control.value + 1)
    for one in shown.multiselect:
        one.set_value(one.value[:1])
    for menu in shown.selectbox:
        if menu.key == "who":
            menu.select_index(1)


@pytest.mark.slow
def test_what_a_scenario_does_not_ask_for_leaves_the_address(visit: Open) -> None:
    shown = visit("whatif", **{"if": "remove"}, many="2", whom="a,b,c", who="a", pct="3")
    assert address_line(shown) == {"if": "remove", "many": "2"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "showing"),
    [
        ({"if": "cap", "pct": "nan"}, "10"),
        ({"if": "turnout", "pct": "0.5"}, "40"),
        ({"if": "remove", "many": "1000"}, "1"),
        ({"if": "split", "many": "few"}, "2"),
        ({"if": "merge", "whom": "akashvaloper1gone"}, "the first"),
    ],
)
def test_an_impossible_scenario_in_a_link_is_told_and_the_usual_is_shown(
    visit: Open, query: dict[str, str], showing: str
) -> None:
    shown = visit("whatif", **query)
    (told,) = shown.toast
    assert told.value.endswith(f"which is not here; showing {showing}.")
    assert address_line(shown) == {"if": query["if"]}


@pytest.mark.slow
def test_what_a_cap_is_can_be_typed(visit: Open) -> None:
    shown = visit("whatif", net="akash")
    shown.number_input(key="pct typed").set_value(2.5)
    shown.button[0].click().run()
    assert failures(shown) == []
    assert address_line(shown) == {"net": "akash", "pct": "2.5"}
    assert shown.header[0].value.startswith("Akash, cap what counts at 2.5%")


@pytest.mark.slow
def test_counts_of_every_metric_are_whole_shares_in_per_cent_and_indices_have_decimals(visit: Open) -> None:
    shown = visit("whatif", net="akash")
    tables = [one for one in shown.dataframe if list(one.value.columns) == ["metric", "before", "after", "higher"]]
    counts, shares, indices = (one.value for one in tables)
    assert set(counts["metric"]) >= {"Parties for one third", "Parties for more than half"}
    assert set(shares["metric"]) >= {"Largest share", "Share of the largest ten"}
    assert "Gini coefficient" in set(indices["metric"])
    formats = [re.findall(r'"format": ?"([^"]+)"', one.proto.columns) for one in tables]
    assert formats == [["%,.0f"] * 2, ["%,.1f%%"] * 2, ["%,.3f"] * 2]
    assert len(counts) + len(shares) + len(indices) >= len(METRICS)


@pytest.mark.slow
def test_why_leaving_and_abstaining_give_the_same_numbers_is_said_of_both(visit: Open) -> None:
    whom = address("akashvaloper", 1)
    left, abstained = (visit("whatif", net="akash", whom=whom, **{"if": kind}) for kind in ("exit", "abstain"))
    same = [[card.value for card in shown.metric] for shown in (left, abstained)]
    assert same[0] == same[1]
    assert "The numbers are those of their abstaining" in texts(left)
    assert "The numbers are those of their leaving" in texts(abstained)


@pytest.mark.slow
def test_parties_of_one_network_are_not_asked_of_another(visit: Open) -> None:
    whom = f"{address('akashvaloper', 3)},{address('akashvaloper', 4)}"
    shown = chosen(visit("whatif", net="akash", **{"if": "merge"}, whom=whom), "net", "fetch")
    assert shown.multiselect(key="whom").value[0].startswith("fetchvaloper1")
    assert "whom" not in address_line(shown)


# --- trends ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_metric_over_time_has_a_chart_a_network_and_one_for_all(visit: Open) -> None:
    shown = visit("trends", what="stake_by_operator", metric="top_10", days="30")
    assert shown.header[0].value.startswith("Share of the largest ten in 30 days: Akash")
    networks = set(table(shown, "method_version", "value")["title"])
    assert len(shown.get("plotly_chart")) == len(networks) + 1


@pytest.mark.slow
def test_networks_are_chosen_by_a_control_and_the_link_keeps_them(visit: Open) -> None:
    shown = visit("trends", what="stake_by_operator", nets="fetch,akash")
    assert set(table(shown, "method_version", "value")["title"]) == {"Akash", "Fetch.ai"}
    shown.multiselect(key="nets").set_value(["akash"]).run()
    assert failures(shown) == []
    assert address_line(shown) == {"what": "stake_by_operator", "nets": "akash"}
    assert shown.header[0].value.startswith("Effective parties since the first day: Akash")
    assert "Fetch" not in shown.header[0].value
    # Another measure keeps the choice, also where one of them has none of it.
    assert address_line(chosen(shown, "what", "voting_power"))["nets"] == "akash"


@pytest.mark.slow
def test_two_days_stand_side_by_side_with_their_blocks_for_each_network_and_measure(visit: Open) -> None:
    first, second = (datetime.now(UTC).date() - timedelta(days=back) for back in (10, 3))
    shown = visit("trends", nets="akash", **{"from": f"{first}", "to": f"{second}"})
    assert address_line(shown) == {"nets": "akash", "from": f"{first}", "to": f"{second}"}
    rows = table(shown, "value_then", "changed").set_index("what")
    stake = rows.loc["Stake by operator"]
    assert stake["changed"] == words.moved(stake["value"], stake["value_then"])
    assert (stake["time"].date(), stake["time_then"].date()) == (first, second)
    assert stake["height_then"] - stake["height"] == 7 * 86_400 // 6
    # Read today alone.
    owners = rows.loc["Stake by owner"]
    assert owners["note"].startswith("Not compared: the same reading is the nearest to both days.")
    assert f"No reading on {words.day(first)}: nearest 10 days later." in owners["note"]
    assert set(rows["title"]) == {"Akash"}


@pytest.mark.slow
def test_what_every_network_was_read_once_of_is_told_once(visit: Open) -> None:
    shown = visit("trends", what="stake", nets="akash,fetch")
    assert [one.label for one in shown.metric] == ["Akash", "Fetch\\.ai"]


@pytest.mark.slow
def test_events_have_the_number_that_stands_on_the_curves(visit: Open) -> None:
    rows = table(visit("trends"), "mark", "source")
    assert list(rows["mark"]) == [str(number) for number in range(1, len(rows) + 1)]
    assert rows["source"].str.startswith("https://").all()


@pytest.mark.slow
@pytest.mark.parametrize("metric", list(METRICS))
def test_every_metric_of_every_measure_has_its_history(visit: Open, metric: str) -> None:
    shown = visit("trends", metric=metric)
    for column, about in ABOUT.items():
        if about.title in shown.selectbox(key="what").options:
            chosen(shown, "what", str(column))
            assert shown.header or "No network has" in texts(shown)


@pytest.mark.slow
def test_a_network_without_a_value_is_left_out_with_the_reason(
    visit: Open, hamlet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = history.history

    def in_part(*asked: Any) -> pl.DataFrame:
        fetch = pl.col("network") == "fetch"
        return read(*asked).with_columns(
            value=pl.when(~fetch).then("value"), coverage=pl.when(fetch).then(0.97).otherwise("coverage")
        )

    monkeypatch.setattr(history, "history", in_part)
    # What is drawn of a mart is kept, here of one that nobody published.
    served.forget()
    shown = visit("trends", what="voting_power", metric="gini")
    served.forget()
    assert "Gini coefficient is not defined for Fetch\\.ai\\: read in part" in texts(shown)
    assert set(table(shown, "method_version", "value")["title"]) == {"Akash"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "said"), [("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), ("0", "since the first day")]
)
def test_the_heading_says_the_range_that_was_chosen(visit: Open, days: str, said: str) -> None:
    header = visit("trends", what="stake_by_operator", metric="top_10", days=days).header[0].value
    assert header.startswith(f"Share of the largest ten {said}: ")
    # The small world has forty days.
    assert ("too short a history" in header) == (days in {"90", "365"})


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["gini", "shannon", "shannon_normalised", "theil", "hhi", "effective_parties"])
def test_only_parts_of_a_whole_change_in_points(visit: Open, metric: str) -> None:
    assert "points" not in visit("trends", what="stake_by_operator", metric=metric).header[0].value
    assert "points" in visit("trends", what="stake_by_operator", metric="top_3").header[0].value


@pytest.mark.slow
def test_a_time_without_events_is_said_so(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(mart: Mart) -> pl.DataFrame:
        return events(mart).clear()

    def three_days_ago(mart: Mart) -> pl.DataFrame:
        return events(mart).filter(network="akash").with_columns(time=datetime.now(UTC) - timedelta(days=3))

    for found, said in ((none, True), (three_days_ago, False)):
        served.forget()
        monkeypatch.setattr(history, "events", found)
        assert ("No event in this period" in texts(visit("trends"))) is said
    served.forget()


# --- markets ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_another_market_is_another_page(visit: Open) -> None:
    shown = visit("markets")
    assert shown.header[0].value.startswith("Akash")
    assert chosen(shown, "net", "bittensor").header[0].value.startswith("Bittensor")


@pytest.mark.parametrize("side", ["providers", "payers", "tenants", "auditors"])
def test_each_side_of_the_market_has_its_ranking(visit: Open, side: str) -> None:
    rows = table(visit("markets", net="akash", side=side), "rank", "cumulative")
    assert rows["share"].is_monotonic_decreasing


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_was_never_read_is_folded_below_what_was(visit: Open) -> None:
    shown = visit("sources")
    assert table(shown, "state", "time")["time"].notna().all()
    (folded,) = (one for one in shown.expander if one.label.endswith("never read"))
    assert list(folded.dataframe[0].value.columns) == ["title", "called"]


def test_what_was_read_is_told_against_the_chains_own_total(visit: Open) -> None:
    rows = table(visit("sources"), "coverage", "reported")
    assert (rows["coverage"] == 100).any()


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["gini", "nc_ge_1_3", "hhi"])
def test_every_metric_can_be_looked_up(visit: Open, metric: str) -> None:
    assert f"`{metric}`" in texts(visit("sources", metric=metric))


@pytest.mark.slow
def test_those_who_serve_a_network_are_thanked_as_its_file_says(visit: Open) -> None:
    said = texts(visit("sources")).replace("\\", "")
    assert [one.credit for one in networks().values() if one.credit and f"* {one.credit}" not in said] == []
    thanks = [line for line in said.splitlines() if line.startswith("* ")]
    assert len(thanks) == len({*thanks})
    assert "* Prices: CoinGecko and DefiLlama, under the terms of their free interfaces" in said


@pytest.mark.slow
def test_what_was_left_out_of_a_reading_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    left_out = observation("left_out:now_coingecko", now, "the *price* is 0", "", subject="CUDOS", source="prices")
    rows = [observation("price_usd", now, 0.54, "usd", subject="AKT", source="coingecko"), left_out]
    one = snapshot("prices", "prices", "now_coingecko", Kind.OBSERVATIONS, now)
    Landing(tmp_path).land(one, Facts(frame(Kind.OBSERVATIONS, rows)))
    stake = snapshot("akash", "akashnet-2", "validators", Kind.HOLDINGS, now, measure=Measure.STAKE)
    Landing(tmp_path).land(stake, Facts(holdings([("validators", address("akashvaloper", 0), 1)])))
    build(tmp_path, networks())
    shown = opened("sources", tmp_path, monkeypatch)
    assert "Left out of Prices \\(off chain\\), Now coingecko: CUDOS\\: the \\*price\\* is 0." in texts(shown)
    told = table(shown, "called", "left_out").set_index("called")["left_out"].dropna()
    assert told.to_dict() == {"Now coingecko": "CUDOS: the *price* is 0"}


@pytest.mark.slow
def test_a_torn_file_is_named_also_where_the_run_that_met_it_did_not_publish(
    hamlet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(shutil.copytree(hamlet, tmp_path / "data"))
    assert not opened("sources", data, monkeypatch).error
    started = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    met = {"network": "", "reading": "", "error": "BadData", "message": f"{data}/landing/x/*7*.parquet is torn"}
    silent = {"network": "akash", "reading": "names", "error": "SourceDown", "message": "refused"}
    told = {"status": "interrupted", "landed": 0, "requests": 1, "argv": "run", "version": "1", "host": "test"}
    times = dict.fromkeys(("started", "finished"), started.isoformat())
    Landing(data).ledger.record("2999-1", {"id": "2999-1", **times, **told, "errors": [met, silent]})
    (said,) = (one.value for one in opened("sources", data, monkeypatch).error)
    assert f"The run of {words.moment(started)} is not in this database: it is at work, or was interrupted." in said
    assert r"* landing\/x\/\*7\*\.parquet is torn" in said
    assert (str(data) in said, "refused" in said) == (False, False)
    torn = next(iter(Landing(data).files()))
    torn.write_bytes(torn.read_bytes()[:-1])
    build(data, networks())
    said = "\n".join(one.value for one in opened("sources", data, monkeypatch).error)
    assert str(torn.relative_to(data)) in said.replace("\\", "")


@pytest.mark.slow
def test_a_mart_that_was_mirrored_says_from_where(
    hamlet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(shutil.copytree(hamlet, tmp_path / "data"))
    assert "mirrored" not in texts(opened("sources", data, monkeypatch))
    told = {"archive": "https://a.example/*deai*", "sha256": [published_hash(data)]}
    (data / MIRRORED).write_text(json.dumps(told))
    assert "mirrored as it is from ` https://a.example/*deai* `." in texts(opened("sources", data, monkeypatch))


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["stake", "compute_spend"])
def test_power_begins_with_the_population_that_the_scorecard_tells_of(visit: Open, measure: str) -> None:
    shown = visit("power", net="akash", what=measure)
    column = {"stake": "Stake by owner", "compute_spend": "Compute spend"}[measure]
    (told,) = (text for text in links(visit("scorecard")) if text.startswith("akash: ") and column in text)
    assert shown.metric[0].value == told.removeprefix("akash: ").removeprefix("≤").split(" ")[0]


@pytest.mark.slow
def test_the_scorecard_leads_to_each_open_vote(visit: Open) -> None:
    votes = [line for text in visit("scorecard").markdown for line in text.value.split("\n") if "Vote open: " in line]
    assert any('href="proposals?p=akash%3Aakashnet-2%3A2"' in link for link in votes)


@pytest.mark.slow
@pytest.mark.parametrize("vote", [True, False])
def test_that_tokens_do_not_vote_is_said_where_their_network_says_so(
    vote: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = replace(networks()["fet"], tokens_vote=vote)
    of_holders = snapshot("fet", "eip155:1", "holders", Kind.HOLDINGS, datetime.now(UTC), measure="token", unit="afet")
    rows = holdings([("holders", f"0x{place:040x}", place * 10**18) for place in range(1, 9)])
    Landing(tmp_path).land(of_holders, Facts(rows))
    build(tmp_path, {"fet": token})
    said = texts(opened("power", tmp_path, monkeypatch, net="fet", what="token"))
    assert ("These tokens do not vote" in said) == (not vote)
