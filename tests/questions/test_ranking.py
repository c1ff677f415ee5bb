"""Ranks, shares and searches are those that a person gets by sorting."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions import cited, ranking
from questions.entity import entity
from questions.populations import Population, heading, headlines, populations, things
from questions.search import beginnings, misspelled, one_each, search
from questions.standing import Standing, standing, votes
from store.addresses import ss58
from store.draft import Draft
from store.landing import Landing
from store.mart import Mart, opened
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.questions.conftest import one
from tests.worlds.hamlet import VALIDATORS, address

pytestmark = pytest.mark.wide

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)


def test_a_ranking_is_sorted_and_its_running_sum_ends_at_all(mart: Mart, known: list[Population]) -> None:
    rows = ranking.ranking(mart, one(known, "akash", "validators", "validators"), "control")
    assert rows["rank"].to_list() == list(range(1, VALIDATORS + 1))
    assert rows["amount"].is_sorted(descending=True)
    assert rows["cumulative"][-1] == pytest.approx(1)
    assert rows["amount_tokens"][0] == pytest.approx(1000)
    assert rows["share"].to_list() == pytest.approx([float(a) / float(rows["amount"].sum()) for a in rows["amount"]])


def test_validators_are_called_as_they_call_themselves(mart: Mart, known: list[Population]) -> None:
    rows = ranking.ranking(mart, one(known, "akash", "validators", "validators"), "address")
    assert rows["name"][0] == "“Honest 0”"
    assert rows["name_from"].unique().to_list() == ["chain"]


def test_addresses_are_written_as_their_users_write_them(mart: Mart, known: list[Population]) -> None:
    rows = ranking.ranking(mart, one(known, "bittensor", "stake", "coldkeys"), "address")
    assert rows["address"][0] == ss58(bytes([30]) * 32)


def labelled(
    data: Path, entities: list[tuple[str, str, str]], *, reported: int | None = None, nothing: str = ""
) -> Mart:
    """Five holders of 50, 30, 10, 6 and 4, and one of nothing, of whom some are labelled (address, entity, kind)."""
    snapshot = Snapshot(
        "fet",
        "eip155:1",
        "holders",
        Kind.HOLDINGS,
        Measure.TOKEN,
        "afet",
        Block(7, "0a", NOON),
        "",
        "https://x.example",
    )
    amounts = {"0xa": 50, "0xb": 30, "0xc": 10, "0xd": 6, "0xe": 4}
    if nothing:
        amounts[nothing] = 0
    if reported is not None:
        snapshot = replace(snapshot, reported={"holders": reported})
    Landing(data).land(snapshot, Facts(holdings(("holders", *row) for row in amounts.items())))
    rows = [
        ("fet", where, who, who.title(), kind, None, None, "a public page", NOON, None) for where, who, kind in entities
    ]
    with Draft(data) as draft:
        draft.replace("entity", pl.DataFrame(rows, schema=ENTITIES, orient="row"))
        draft.take_in()
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        draft.publish(NOON)
    return opened(data)


def parties(mart: Mart, grouping: str) -> list[tuple[str, int, float]]:
    (population,) = populations(mart)
    rows = ranking.ranking(mart, population, grouping)
    return [(row["name"] or row["address"], row["members"], round(row["share"], 4)) for row in rows.to_dicts()]


@pytest.mark.slow
def test_addresses_of_one_party_are_merged_and_the_protocol_is_left_out(tmp_path: Path) -> None:
    labels = [("0xa", "bridge", "bridge"), ("0xb", "binance", "custodian"), ("0xd", "binance", "custodian")]
    with labelled(tmp_path, labels) as mart:
        assert parties(mart, "address") == [
            ("Bridge", 1, 0.5),
            ("Binance", 1, 0.3),
            ("0xc", 1, 0.1),
            ("Binance", 1, 0.06),
            ("0xe", 1, 0.04),
        ]
        assert parties(mart, "control") == [("Binance", 2, 0.72), ("0xc", 1, 0.2), ("0xe", 1, 0.08)]
        assert parties(mart, "ownership") == [("0xc", 1, 0.7143), ("0xe", 1, 0.2857)]


@pytest.mark.slow
def test_an_address_that_has_nothing_counts_in_no_party(tmp_path: Path) -> None:
    labels = [("0xd", "binance", "custodian"), ("0xe", "binance", "custodian"), ("0xf", "binance", "custodian")]
    with labelled(tmp_path, labels, nothing="0xf") as mart:
        assert ("Binance", 2, 0.1) in parties(mart, "control")
        (population,) = populations(mart)
        found = cited.found(mart, cited.of_party(population, "binance", "addresses"))
        assert found is not None
        assert found.value == 2


@pytest.mark.slow
def test_a_share_is_of_all_that_there_is_also_where_a_part_was_not_read(tmp_path: Path) -> None:
    with labelled(tmp_path, [("0xa", "bridge", "bridge")], reported=1000) as mart:
        assert parties(mart, "address")[0] == ("Bridge", 1, 0.05)
        # A bridge is nobody's: what it holds is no part of the whole.
        assert parties(mart, "control")[0] == ("0xb", 1, round(30 / 950, 4))


@pytest.mark.slow
def test_without_labels_every_grouping_is_plain_addresses(tmp_path: Path) -> None:
    with labelled(tmp_path, []) as mart:
        assert parties(mart, "control") == parties(mart, "address")
        assert parties(mart, "control")[0] == ("0xa", 1, 0.5)


@pytest.mark.slow
def test_a_limit_keeps_the_largest_and_their_shares(tmp_path: Path) -> None:
    with labelled(tmp_path, [("0xd", "binance", "custodian"), ("0xe", "binance", "custodian")]) as mart:
        (population,) = populations(mart)
        rows = ranking.ranking(mart, population, "control", limit=3)
        assert rows["share"].to_list() == [0.5, 0.3, 0.1]
        assert rows.height == 3


@pytest.mark.parametrize("wanted", ["akash", "akashvaloper", "fetch", "fetchvaloper"])
def test_a_key_is_found_by_any_of_its_cosmos_spellings(mart: Mart, wanted: str) -> None:
    found = {(who.network, who.canonical) for who in search(mart, address(wanted, 3))}
    for network in ("akash", "fetch"):
        assert (network, address(f"{network}valoper", 3)) in found
        assert (network, address(network, 3)) in found


def test_a_substrate_key_is_found_by_ss58_and_by_hex(mart: Mart) -> None:
    key = bytes([7]) * 32
    for text in (ss58(key), "0x" + key.hex(), f"  {ss58(key)} "):
        assert [who.canonical for who in search(mart, text)] == ["0x" + key.hex()]


PLAIN = {
    "base58": ("rndrizKT3MK1iimdxRdWabcF7Zg7AR5T4nud4EkHBof", "https://solscan.io/token/{}"),
    "f0": ("f01234", "https://filfox.info/en/address/{}?page=2"),
    "base64url": ("yTeqSquiz8rXZc3sXsTESSB6wx7HA9HZhJwv-__Fpbw", "https://viewblock.io/arweave/address/{}"),
}


@pytest.mark.slow
def test_an_address_without_a_checksum_is_found_alone_and_by_a_link_on_every_network_that_has_it(
    tmp_path: Path,
) -> None:
    for network in ("one", "other"):
        snapshot = Snapshot(
            network, network, "keys", Kind.HOLDINGS, Measure.CONTROL, "key", Block(7, "0a", NOON), "", "https://x"
        )
        held = holdings(("keys", address, 1) for address, _ in PLAIN.values())
        Landing(tmp_path).land(snapshot, Facts(held))
    owner = PLAIN["base58"][0]
    label = ("one", owner, "f042", "F042 Capital", "operator", None, None, "a public page", NOON, None)
    with Draft(tmp_path) as draft:
        draft.replace("entity", pl.DataFrame([label], schema=ENTITIES, orient="row"))
        draft.take_in()
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        draft.publish(NOON)
    with opened(tmp_path) as mart:
        for address, link in PLAIN.values():
            for text in (address, f" {address}\n", link.format(address)):
                found = search(mart, text)
                assert [(who.network, who.address) for who in found] == [("one", address), ("other", address)]
                assert one_each(found) == found[:1]
        # So short an address may be a word of a name.
        assert [who.canonical for text in ("F042 capital", "f042") for who in search(mart, text)] == [owner, owner]
        assert search(mart, "f0420") == []


def test_a_name_is_found_by_a_part_of_it(mart: Mart) -> None:
    assert {who.name for who in search(mart, "honest 1")} == {"“Honest 10”"}


@pytest.mark.parametrize("text", ["", "   ", "nobody is called so", "akash1qqqqqqqqqq", "0x12", "%", "' OR 1=1 --"])
def test_a_search_for_nobody_finds_nobody(mart: Mart, text: str) -> None:
    assert search(mart, text) == []


def test_an_address_stands_where_sorting_puts_it(mart: Mart, known: list[Population]) -> None:
    (who,) = [w for w in search(mart, address("akashvaloper", 2)) if w.canonical == address("akashvaloper", 2)]
    stands = {stand.population.key: stand for stand in standing(mart, known, who)}
    validators = stands["validators/validators"]
    assert validators.rank == 3
    assert validators.share == pytest.approx(validators.amount / validators.population.total)
    assert validators.amount_tokens == pytest.approx(333)
    assert stands["consensus/validators"].amount == 333


def everywhere(mart: Mart, known: list[Population], who: str) -> list[Standing]:
    """Where the page on an address of Akash says that it stands."""
    key = entity(mart, f"akash:{who}")
    assert key is not None
    return standing(mart, known, *(member.found for member in key.members))


def test_a_key_stands_on_all_networks_whichever_spelling_was_pasted(mart: Mart, known: list[Population]) -> None:
    found = search(mart, address("akash", 3))
    assert len(one_each(found)) == 1
    stands = everywhere(mart, known, address("akash", 3))
    where = {(stand.population.network, stand.population.population) for stand in stands}
    assert {(network, who) for network in ("akash", "fetch") for who in ("validators", "delegators")} <= where
    voting = [votes(stand.population) for stand in stands]
    assert voting == sorted(voting, reverse=True)


@pytest.mark.slow
def test_what_outvotes_an_address_is_told_only_where_it_votes(mart: Mart, known: list[Population]) -> None:
    largest = address("akashvaloper", 0)
    by_population = {(s.population.network, s.population.key): s for s in everywhere(mart, known, largest)}
    first = by_population["akash", "consensus/validators"]
    amounts = sorted((1000 // (place + 1) for place in range(VALIDATORS)), reverse=True)
    assert first.others == next(n for n in range(1, VALIDATORS) if sum(amounts[1 : n + 1]) > amounts[0])
    assert by_population["akash", f"delegators/delegators@{address('akashvaloper', 0)}"].others is None


def test_smaller_voters_are_outvoted_by_one(mart: Mart, known: list[Population]) -> None:
    second = address("akashvaloper", 1)
    assert {s.others for s in everywhere(mart, known, second) if s.population.reading == "consensus"} == {1}


@given(st.lists(st.integers(1, 50), min_size=2, max_size=8), st.data())
def test_fewest_others_that_outvote_one(amounts: list[int], data: st.DataObject) -> None:
    ranked = sorted(amounts, reverse=True)
    rows = pl.DataFrame({"rank": range(1, len(ranked) + 1), "amount": [Decimal(a) for a in ranked]})
    place = data.draw(st.integers(1, len(ranked)))
    others = ranked[: place - 1] + ranked[place:]
    expected = next((n for n in range(1, len(others) + 1) if sum(others[:n]) > ranked[place - 1]), None)
    assert ranking.outvoted_by(rows, place) == expected


def test_amounts_are_written_in_the_unit_that_readers_know(known: list[Population]) -> None:
    told = {(one.network, one.unit): (one.token_unit, one.token_decimals) for one in known}
    assert told["akash", "uakt"] == ("AKT", 6)
    assert told["akash", "1e-18 uact"] == ("ACT", 24)
    assert told["bittensor", "rao"] == ("TAO", 9)
    assert told["akash", "power"] == ("power", 0)


WORDS = {("bittensor", "subnet:"): "Subnet", ("bittensor", "grandpa"): "finality voters"}


def test_populations_have_headings_for_readers() -> None:
    assert heading("akash", "validators", WORDS) == "Validators"
    assert heading("bittensor", "subnet:4.0/miners", WORDS) == "Subnet 4, miners"
    # A netuid that was given again: two subnets of one number are told apart.
    assert heading("bittensor", "subnet:4.2/miners", WORDS) == "Subnet 4.2, miners"
    assert heading("akash", "delegators@akashvaloper1x", WORDS) == "Delegators of akashvaloper1x"


def test_parties_are_called_as_their_network_says_or_as_their_population_is_named() -> None:
    assert things("bittensor", "grandpa", WORDS) == "finality voters"
    assert things("bittensor", "subnet:4.2/miners", WORDS) == "miners"
    assert things("akash", "delegators@akashvaloper1x", WORDS) == "delegators"
    assert things("akash", "community_pool", WORDS) == "community pool"


def test_each_network_has_one_headline_population_a_column(known: list[Population]) -> None:
    stake = headlines([p for p in known if p.measure == Measure.STAKE])
    assert [(p.network, p.in_column, p.population) for p in stake] == [
        ("akash", "stake", "delegators"),
        ("akash", "stake_by_operator", "validators"),
        ("bittensor", "stake", "coldkeys"),
        ("fetch", "stake", "delegators"),
        ("fetch", "stake_by_operator", "validators"),
    ]
    spend = headlines([p for p in known if p.measure == Measure.COMPUTE_SPEND])
    assert [p.population for p in spend] == ["providers", "recipients"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("akash1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "checksum"),
        ("0x12345678901234567890123456789012345678", "bytes"),
        ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "checksum"),
        ("f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za", "by its number (f0...)"),
        ("https://filfox.info/en/address/f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za", "by its number (f0...)"),
    ],
)
def test_a_mistyped_address_is_told_why(text: str, why: str) -> None:
    assert why in misspelled(text)


def test_what_can_be_pasted_is_told_by_the_kinds_of_addresses_that_there_are(mart: Mart) -> None:
    told = beginnings(mart)
    assert {"0x…", "5…"} < set(told)
    assert len([one for one in told if one.endswith("1…")]) == 1
    with_letters = {address.partition(":")[0] for address in mart.table("SELECT address FROM network")["address"]}
    assert ("f0…" in told) == ("f0" in with_letters)


def test_names_and_addresses_are_not_misspelled() -> None:
    assert [misspelled(text) for text in ("Honest 3", "a name of more than thirty letters", "short")] == [""] * 3
    assert misspelled(address("akash", 3)) == ""


def test_who_is_called_just_so_comes_first(mart: Mart) -> None:
    assert [who.name for who in search(mart, "honest 1")][:1] == ["“Honest 10”"]
    assert search(mart, "Honest 0")[0].name == "“Honest 0”"
