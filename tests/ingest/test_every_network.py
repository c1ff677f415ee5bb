"""What every network file must keep, found by itself: a new network is covered the moment its file exists."""

import inspect
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.job import endpoints
from ingest.network import Network, Reading
from ingest.networks import networks
from ingest.sample.world import Simulated, readings
from ingest.transport import Http
from questions.populations import whole
from store.addresses import bech32
from store.columns import ABOUT, Column, misplaced
from store.faults import BadData, SourceDown
from store.rows import IS_ADDRESS, LEFT_OUT, PARTY, Facts, Kind, frame, holdings, observation
from store.spelling import ACCOUNT, ADDRESS, ANY, KINDS, spelled, strangers
from tests.worlds.each import each
from ui.colours import of_network

pytestmark = pytest.mark.wide

NETWORKS = networks()
READINGS = [(network, reading) for network in NETWORKS.values() for reading in network.readings]
SIMULATED = list(readings())
NAME = re.compile(r"[a-z][a-z0-9_]*")


def named(value: object) -> str:
    return value.name if isinstance(value, Network | Reading) else ""


@each("network", NETWORKS.values(), ids=named)
def test_a_network_says_who_it_is(network: Network) -> None:
    assert NAME.fullmatch(network.name)
    assert network.title
    assert network.stack in {"compute", "data", "model", "agents", ""}
    assert network.address.partition(":")[0] in {*KINDS, ""}
    assert network.decimals in range(19)


@pytest.mark.parametrize("network", [one for one in NETWORKS.values() if one.chain], ids=named)
def test_a_chain_has_public_endpoints_over_https_that_can_be_replaced(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoints(network)
    assert all(address.startswith("https://") for address in endpoints(network))
    assert [name for name in plain(network.chain) if name != "peers"] == []
    monkeypatch.setenv(f"{network.name.upper()}_URL", "http://127.0.0.1:1, http://127.0.0.1:2")
    assert endpoints(network) == ("http://127.0.0.1:1", "http://127.0.0.1:2")


def plain(chain: object) -> dict[str, list[str]]:
    """Addresses of a chain that speak plain HTTP, by the field in which they stand."""
    told = {one.name: getattr(chain, one.name) for one in fields(chain)}  # type: ignore[arg-type]
    texts = {name: [value] if isinstance(value, str) else value for name, value in told.items()}
    found = {
        name: [one for one in value if isinstance(one, str) and one.startswith("http://")]
        for name, value in texts.items()
        if isinstance(value, list | tuple)
    }
    return {name: addresses for name, addresses in found.items() if addresses}


PEERED = [one for one in NETWORKS.values() if hasattr(one.chain, "peers")]


@pytest.mark.parametrize("network", PEERED, ids=named)
def test_plain_http_is_spoken_to_peers_alone_of_which_two_must_agree(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they say counts by its hash; that of the block comes over HTTPS too."""
    assert network.chain
    peers = plain(network.chain)["peers"]
    assert len({urlsplit(one).hostname for one in peers}) == len(peers) > 2
    assert {urlsplit(one).port for one in peers} == {1984}
    chain: Any = network.chain
    monkeypatch.setenv(chain.peers_variable, "http://127.0.0.1:1")
    with Http(10_000, Retry(0)) as http, pytest.raises(SourceDown, match=r"^http://127\.0\.0\.1:1: "):
        network.chain.head(http, endpoints(network))


def test_an_address_over_plain_http_is_found_wherever_it_stands() -> None:
    @dataclass(frozen=True)
    class Planted:
        chain_id: str = "x"
        endpoints: tuple[str, ...] = ("https://a.example",)
        explorer: str = "http://b.example"

    assert plain(Planted()) == {"explorer": ["http://b.example"]}


@each(("network", "reading"), READINGS, ids=named)
def test_a_reading_is_named_explained_and_has_one_unit(network: Network, reading: Reading) -> None:
    assert NAME.fullmatch(reading.name)
    assert [one.name for one in network.readings].count(reading.name) == 1
    assert len(reading.method) > 40, "the docstring is the method that readers see"
    assert reading.method == inspect.cleandoc(reading.method)
    assert reading.every.total_seconds() >= 600
    if reading.kind is Kind.HOLDINGS:
        assert reading.measure
        assert reading.unit
    else:
        assert not reading.newest_only or reading.kind is Kind.OBSERVATIONS


@each("network", NETWORKS.values(), ids=named)
def test_rules_are_parts_of_populations_that_are_read(network: Network) -> None:
    measures = {reading.measure for reading in network.readings}
    for rule in network.rules:
        assert rule.measure in (measures or network.scorecard.keys())
        assert 0 < rule.numerator <= rule.denominator
        assert rule.action


# --- what readers are told of a network -------------------------------------------------------------------------------

HOLDINGS = [(network, reading) for network, reading in READINGS if reading.kind is Kind.HOLDINGS]
MEASURED = {(network.name, reading.measure) for network, reading in HOLDINGS}
# Networks of the field, which have a place on the scorecard; sources off chain have none.
OF_THE_FIELD = [network for network in NETWORKS.values() if network.stack]


@each(("network", "reading"), HOLDINGS, ids=named)
def test_a_unit_has_a_token_or_is_said_to_be_counted_as_it_is(network: Network, reading: Reading) -> None:
    assert reading.unit in network.all_units


@each("network", NETWORKS.values(), ids=named)
def test_a_token_has_one_name_and_so_many_decimals(network: Network) -> None:
    for unit, told in network.all_units.items():
        assert told.token
        assert told.decimals in range(37)
        assert told.decimals or told.token in (unit, network.token), "what has no decimals is counted as it is"
    assert all(coin for coin in network.prices.values())


def test_a_token_has_one_price_id() -> None:
    ids = {(token, coin) for network in NETWORKS.values() for token, coin in network.prices.items()}
    assert len(ids) == len({token for token, _ in ids})


def drawn(network: str, reading: str) -> set[str]:
    """The populations that the sample draws of a reading."""
    (one,) = (one for one in SIMULATED if (one.network.name, one.reading.name) == (network, reading))
    return set(one.rows(0)["population"].unique())


@pytest.mark.parametrize("network", NETWORKS.values(), ids=named)
def test_each_column_is_told_of_one_population_that_is_read(network: Network) -> None:
    measures = {measure for name, measure in MEASURED if name == network.name}
    told = {ABOUT[column].measure for column in network.scorecard}
    assert measures <= told
    if network.readings:
        assert measures == told
    for column, key in network.scorecard.items():
        reading, _, population = key.partition("/")
        by_name = {one.name: one for one in network.readings}
        if key and network.readings:
            assert by_name[reading].measure is ABOUT[column].measure
            assert by_name[reading].kind is Kind.HOLDINGS
            assert population in drawn(network.name, reading)
            assert whole(population)


@each("network", NETWORKS.values(), ids=named)
def test_under_one_heading_stand_parties_of_one_kind(network: Network) -> None:
    assert list(misplaced(network.scorecard)) == []


@pytest.mark.parametrize(
    ("column", "key"),
    [
        (Column.EMISSION, "subnet_emission/subnets"),
        (Column.EMISSION, "emission/stakers"),
        (Column.COMPUTE_SUPPLY, "organizations/organizations"),
        (Column.STAKE, "validators/validators"),
        (Column.STAKE_BY_OPERATOR, "stake/coldkeys"),
    ],
)
def test_markets_things_and_others_are_refused_in_a_column_of_parties(column: Column, key: str) -> None:
    assert len(list(misplaced({column: key}))) == 1


def test_each_network_of_the_field_has_a_colour_of_its_own() -> None:
    colours = [network.colour for network in OF_THE_FIELD]
    free = min(set(range(1, len(colours) + 2)) - set(colours))
    assert all(colour > 0 for colour in colours), f"the next is {free}"
    assert len({of_network(colour) for colour in colours}) == len(colours), f"the next is {free}"


@each("network", NETWORKS.values(), ids=named)
def test_a_network_with_proposals_says_how_they_are_decided(network: Network) -> None:
    voted = any(reading.kind in (Kind.PROPOSALS, Kind.VOTES) for reading in network.readings)
    assert network.decision or not voted


def test_the_sample_has_every_distribution_that_is_read_and_no_other() -> None:
    real = {(network.name, reading.name) for network, reading in READINGS if reading.kind is Kind.HOLDINGS}
    assert {(one.network.name, one.reading.name) for one in SIMULATED} == real


NOW = datetime(2026, 11, 29, tzinfo=UTC)
KEY = sha256(b"somebody").digest()
# What a real node told as the owner of an audited provider, by decoding one message as another.
GARBLED = "\n\x06region\x12\x07us-west"
# Readings of networks that have addresses and name somebody, not a text of somebody's choice.
NAMING = [(network, reading) for network, reading in READINGS if network.address and ANY not in reading.others]


def an_address(network: Network) -> str:
    return spelled(network.address, KEY)


def no_addresses(network: Network) -> list[str]:
    """Texts that are nobody on this network, though some are somebody elsewhere or were before a letter was lost."""
    right, other = an_address(network), bech32("cosmos", KEY[:20])
    wrong = [*planted(network), "nobody at all", right + "\n", " " + right, other]
    # Without a checksum a letter less, or another case, may be somebody else.
    return wrong if network.address in LAST else [*wrong, right[:-1], right.upper()]


# A last letter that no address has, where any other may be somebody else's.
LAST = {"base58": "0", "f0": "p", "base64url": "p"}


def planted(network: Network) -> list[str]:
    """Two of them: one that is nothing at all, and one that is wrong in its last letter only."""
    right = an_address(network)
    return [GARBLED, right[:-1] + LAST.get(network.address, "q" if right[-1] == "p" else "p")]


@pytest.fixture(autouse=True)
def listed() -> None:
    """The facts of these tests are no reading's, and their names are in no dictionary."""


def facts_of(reading: Reading, party: str, name: str = "", exact: str = "1", unit: str = "") -> Facts:
    """The smallest facts of a reading that name this party."""
    match reading.kind:
        case Kind.HOLDINGS:
            return Facts(holdings([(name or "some", party, 1)]))
        case Kind.OBSERVATIONS:
            return Facts(frame(reading.kind, [observation(name or "some", NOW, exact, unit, subject=party)]))
        case Kind.VOTES:
            row: dict[str, Any] = {"proposal": "1", "option": "yes", "weight": 1, "height": 1}
        case Kind.PROPOSALS:
            row = {"proposal": "1", "title": "", "type": "", "status": "passed", "deposit": 1, "expedited": False}
    return Facts(frame(reading.kind, [{**row, PARTY[reading.kind]: party}]))


def a_name(network: Network, reading: Reading, party: str) -> str:
    return next((filled(form, party) for form in reading.names if ADDRESS in form), "")


def filled(form: str, party: str) -> str:
    slots = {ADDRESS: party, "<number>": "7", "<denom>": "ibc/17", "<word>": "owner"}
    return re.sub(r"<\w+>", lambda slot: slots[slot[0]], form)


@each("network", [one for one in NETWORKS.values() if one.address], ids=named)
def test_what_only_looks_like_an_address_is_told_from_one(network: Network) -> None:
    wrong = no_addresses(network)
    found = strangers(pl.Series([*wrong, an_address(network)]), [ADDRESS, "<word>", "<denom>"], network.address)
    assert found == sorted(wrong)


@each("network", [one for one in NETWORKS.values() if one.address], ids=named)
def test_a_token_may_be_named_after_an_address(network: Network) -> None:
    party = an_address(network)
    told = [f"{bech32('fetchvaloper', KEY[:20])}/5", f"factory/{party}/x", f"ibc/{KEY.hex().upper()}", f"cw20:{party}"]
    assert strangers(pl.Series(told), ["<denom>"], network.address) == []


@pytest.mark.parametrize("network", [one for one in NETWORKS.values() if one.address.startswith("bech32")], ids=named)
def test_an_account_that_a_chain_obeys_may_have_any_bytes_but_no_wrong_letter(network: Network) -> None:
    prefix = network.address.partition(":")[2]
    right = [bech32(prefix, (KEY * 8)[:size]) for size in (1, 2, 3, 4, 5, 20, 24, 32, 255)]
    wrong = [text[:-1] + ("q" if text[-1] == "p" else "p") for text in right]
    wrong += [bech32("cosmos", KEY[:5]), bech32(prefix, b""), bech32(prefix, KEY * 8), right[0].upper(), "nobody", ""]
    assert strangers(pl.Series([*right, *wrong]), [ACCOUNT], network.address) == sorted(wrong)
    # Nobody holds or votes with such a one.
    assert len(strangers(pl.Series(right), [ADDRESS], network.address)) == len(right) - 2


@pytest.mark.table
@each(("network", "reading"), NAMING, ids=named)
def test_whom_a_reading_names_is_an_address_of_its_network(network: Network, reading: Reading) -> None:
    right = an_address(network)
    name = a_name(network, reading, right)
    network.check(reading, facts_of(reading, right, name))
    for wrong in planted(network):
        with pytest.raises(BadData, match=f"{PARTY[reading.kind]} .* is no <address>"):
            network.check(reading, facts_of(reading, wrong, name))


@pytest.mark.table
@each(("network", "reading"), NAMING, ids=named)
def test_an_address_within_a_name_a_pair_or_a_value_is_one_too(network: Network, reading: Reading) -> None:
    right = an_address(network)
    name = a_name(network, reading, right)
    pairs = [form for form in reading.others if ADDRESS in form]

    for form in pairs:
        network.check(reading, facts_of(reading, filled(form, right), name))
    for wrong in planted(network):
        asked = [facts_of(reading, filled(form, wrong), name) for form in pairs]
        asked += [facts_of(reading, right, a_name(network, reading, wrong))] if name else []
        if reading.kind is Kind.OBSERVATIONS:
            asked.append(facts_of(reading, right, name, wrong, IS_ADDRESS))
        for facts in asked:
            with pytest.raises(BadData, match=" is no "):
                network.check(reading, facts)


def test_a_note_of_what_is_left_out_may_name_anything() -> None:
    for network, reading in NAMING:
        if reading.kind is Kind.OBSERVATIONS:
            network.check(reading, facts_of(reading, "dailyUUsdSpent", f"{LEFT_OUT}:{reading.name}"))


@each(("network", "reading"), READINGS, ids=named)
def test_forms_beside_addresses_are_declared_in_known_slots(network: Network, reading: Reading) -> None:
    for form in (*reading.others, *reading.names):
        slots = set(re.findall(r"<[^>]*>", form))
        assert slots <= {ADDRESS, ANY, "<number>", "<word>", "<denom>"}, form
        assert form == ANY or ANY not in form


# The first of each network that names addresses; whoever makes the sample asks the gate of all.
DRAWN = {one.network.name: one for one in reversed(SIMULATED) if (one.network, one.reading) in NAMING}


@pytest.mark.parametrize("simulated", DRAWN.values(), ids=DRAWN)
def test_one_stranger_among_the_holders_of_the_sample_is_refused(simulated: Simulated) -> None:
    rows = simulated.rows(0)
    stranger = pl.when(pl.int_range(pl.len()) == rows.height // 2).then(pl.lit(GARBLED)).otherwise("holder")
    simulated.network.check(simulated.reading, Facts(rows))
    with pytest.raises(BadData, match="region"):
        simulated.network.check(simulated.reading, Facts(rows.with_columns(holder=stranger)))
