"""A reader of "Compute and emissions" is told of parties, amounts with their unit, and which part of what they are."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from analytics.akash import spend as markets
from analytics.akash import supply as compute_supply
from ingest.networks import networks
from ingest.publication import build
from publish import akash_market as of_market
from questions import akash_market as market_facts
from questions import deciding, emission, scenario, takeover
from questions import thresholds as rules
from questions.populations import Population, populations
from questions.thresholds import Value
from store.landing import Landing
from store.mart import Mart, current
from store.rows import Kind, frame, holdings, observation
from tests.analytics.akash.test_spend import COSTS, MARKET, NOON, TOKEN, land, text
from tests.pages.test_every_page import opened
from ui import akash_market, market, served, tables

pytestmark = pytest.mark.wide

# Two of the console's addresses, as data/reference/entities.toml has them.
CONSOLE = ("akash19rlpd2spv5ngl8zkdzrgw7h37hz3egumz8nmj2", "akash1p4k0jer30g25mf62h5yc42agtjeumw4gxk8z37")
Open = Callable[..., AppTest]


def land_akash(landing: Landing) -> None:
    """One payer with two addresses, hardware in fractions, and an emission of which most goes to the pool."""
    sides = [("providers", "p1", 60), ("providers", "p2", 40), ("payers", CONSOLE[0], 25), ("payers", CONSOLE[1], 35),
             ("payers", "other", 40), ("tenants", "t", 100), ("auditors", "a1", 100)]  # fmt: skip
    day = NOON - timedelta(days=1)
    land(landing, "akash", "leases_uact", holdings((side, holder, n * TOKEN) for side, holder, n in sides), day)
    land(landing, "akash", "leased_cpu", holdings([("providers", "p1", 3_354_436)]))
    land(landing, "akash", "provider_audits", text([("audited_by:a1", "p1", "tier")]))
    breaker = observation("circuit_breaker", NOON, "mint_status_healthy", "")
    land(landing, "akash", "bme", frame(Kind.OBSERVATIONS, [breaker]))
    split = [("stakers", "v1", 20 * 10**6), ("stakers", "v2", 10 * 10**6), ("pool", "m", 70 * 10**6)]
    land(landing, "akash", "emission", holdings(split), day)


def land_services(landing: Landing) -> None:
    """Claims of thirty days between one sender and 70 recipients, and what lies in escrow."""
    rows = [("senders", f"0x{1:040x}", 71 * 70 // 2 * 10**18)]
    rows += [("recipients", f"0x{place:040x}", place * 10**18) for place in range(1, 71)]
    land(landing, "singularitynet", "claims", holdings(rows), NOON - timedelta(days=30))
    left = [observation("escrow_balance", NOON, 5_000 * 10**18, "afet")]
    land(landing, "singularitynet", "deposits", frame(Kind.OBSERVATIONS, left))


def land_blocks(landing: Landing) -> None:
    """What three miners were paid in a day, of whom two have one owner: the same FIL told twice."""
    paid = {"f01001": 60, "f01002": 30, "f01003": 10}
    owned = {"f0101": 90, "f0102": 10}
    rows = [(name, who, fil * 10**18) for name, of in (("miners", paid), ("owners", owned)) for who, fil in of.items()]
    land(landing, "filecoin", "wins", holdings(rows), NOON - timedelta(days=1))
    land(landing, "filecoin", "allocators", holdings([("allocators", "f01001", 10**6), ("allocators", "f01002", 3)]))
    land(landing, "filecoin", "root_keys", holdings([("root_key", f"f0120{place}", 1) for place in range(3)]))


def land_scoring(landing: Landing) -> None:
    """Four subnets that get TAO: one scored by one coldkey, one by two; of one nobody knows, one nobody scores."""
    key = [f"0x{place:064x}" for place in range(1, 6)]
    paid = [("subnets", f"subnet:{place}.0", tao * 10**9) for place, tao in enumerate((50, 30, 15, 5), 1)]
    land(landing, "bittensor", "subnet_emission", holdings(paid), NOON - timedelta(days=1))
    judges = {"subnet:1.0": [60, 40], "subnet:2.0": [40, 35, 25], "subnet:3.0": [1], "subnet:4.0": [0]}
    rows = [(f"{part}/validators", key[at], n) for part, weights in judges.items() for at, n in enumerate(weights)]
    land(landing, "bittensor", "subnet_validators", holdings(rows))
    told = [observation("kappa", NOON, 32_767, "", subject=part) for part in judges if part != "subnet:3.0"]
    told += [observation("price", NOON, 0.5, "", subject=part) for part in judges if part != "subnet:4.0"]
    told += [observation("alpha_outside", NOON, 400 * 10**9, "rao alpha", subject=part) for part in judges]
    land(landing, "bittensor", "subnets", frame(Kind.OBSERVATIONS, told))
    locks = [observation("takeover_rule", NOON, "one hotkey has enough", "")]
    height = int(NOON.timestamp())
    for part, missing, block in (
        ("subnet:1.0", 40, 0),
        ("subnet:2.0", 20, 0),
        ("subnet:3.0", 10, 1),
        ("subnet:4.0", 5, 0),
    ):
        for name, alpha in {"takeover_missing": missing, "conviction_challenger": 7, "conviction_owner": 3}.items():
            locks.append(observation(name, NOON, alpha * 10**9, "rao alpha", subject=part))
        locks.append(observation("takeover_from", NOON, height + block, "block", subject=part))
    land(landing, "bittensor", "conviction", frame(Kind.OBSERVATIONS, locks))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("markets")
    landing = Landing(folder)
    land_akash(landing)
    land_services(landing)
    land_scoring(landing)
    land_blocks(landing)
    _, torn = build(folder, networks())
    assert not torn
    yield folder
    served.forget()


@pytest.fixture
def mart(data: Path) -> Iterator[Mart]:
    with Mart(current(data)) as found:
        yield found


@pytest.fixture
def known(mart: Mart) -> dict[str, Population]:
    return {one.population: one for one in populations(mart) if one.reading in ("emission", "claims")}


@pytest.fixture
def visit(data: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    return lambda **query: opened("markets", data, monkeypatch, **query)


def fewest(k: int) -> Value:
    return Value(k, None, None, "", "control")


def captions(shown: AppTest) -> str:
    return "\n".join(caption.value.replace("\\", "") for caption in shown.caption)


def table(shown: AppTest, *columns: str) -> Any:
    return next(found.value for found in shown.dataframe if set(columns) <= set(found.value.columns))


# --- one party once ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_addresses_of_one_party_are_one_payer() -> None:
    merged = markets.parties(MARKET, COSTS, {"console": "them", "tenant": "them"}).filter(population="payers")
    assert merged.select("rank", "party", "holder", "addresses", "low_usd", "share").rows() == [
        (1, "them", "console", 2, 100.0, 1.0)
    ]


@pytest.mark.slow
def test_a_curated_label_merges_addresses_in_the_title_and_in_the_table(mart: Mart, visit: Open) -> None:
    payers = market_facts.spend_parties(mart).filter(population="payers")
    assert payers.select("party", "holder", "addresses", "low_usd").rows() == [
        ("akash-console", CONSOLE[1], 2, 60.0),
        ("other", "other", 1, 40.0),
    ]
    shown = visit(net="akash", side="payers")
    assert shown.header[0].value == "Akash: 100 USD a day; one provider gets over half, one payer pays over half"
    assert list(table(shown, "addresses", "rank")["address"]) == [CONSOLE[1], "other"]
    assert "2 payers, addresses of one party merged · in US dollars a day" in captions(shown)


def test_protocol_addresses_are_no_party(mart: Mart) -> None:
    holders = market_facts.spend_parties(mart)["holder"].to_list()
    assert "p1" in holders
    labelled = pl.DataFrame({"address": ["p1"], "entity": ["pool"], "kind": ["protocol"]})
    assert of_market.counted(pl.DataFrame({"holder": ["p1", "p2"]}), labelled)["holder"].to_list() == ["p2"]


def test_an_auditor_with_two_addresses_is_one_signer_and_a_provider_with_two_is_signed_once() -> None:
    audits = text([("audited_by:a1", "p1", "x"), ("audited_by:a2", "p2", "x"), ("audited_by:a2", "gone", "x")])
    entities = {"a1": "A", "a2": "A", "p1": "P", "p2": "P"}
    found = compute_supply.gate(markets.parties(MARKET, COSTS, entities), audits, entities)
    assert found.rows() == [("a1", 75.0, 0.75, 1, 1.0), ("", 25.0, 0.25, None, None)]


# --- units ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_table_names_its_own_unit(visit: Open) -> None:
    said = captions(visit(net="akash"))
    for unit in (
        "in US dollars, and tokens of each row's own kind",
        "1 organisation · in GPUs, CPU cores and GiB",
        "1 auditor, addresses of one party merged · in US dollars a day",
        "published figures · in US dollars ·",
    ):
        assert unit in said
    assert "millicores" not in said
    assert "in ACT" not in said


@pytest.mark.slow
def test_the_letters_of_the_columns_of_spend_are_told(visit: Open) -> None:
    said = captions(visit(net="akash"))
    assert all(f"{letter}, " in said for letter in table(visit(net="akash"), "column")["column"])
    assert akash_market.COLUMNS["column"]["help"] == akash_market.LETTERS


@pytest.mark.slow
def test_cores_are_shown_whole_and_kept_exact(mart: Mart, visit: Open) -> None:
    assert tables.kind(akash_market.SUPPLY["cpu_cores"])["format"] == "%,.0f"
    assert list(table(visit(net="akash"), "cpu_cores")["cpu_cores"]) == [3354.436]
    assert market_facts.supply(mart)["cpu_cores"].to_list() == [3354.436]


# --- flows ------------------------------------------------------------------------------------------------------------


def test_the_scorecard_says_of_which_part_of_an_emission_it_tells(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "\n".join(one.value.replace("\\", "") for one in opened("scorecard", data, monkeypatch).markdown)
    assert "70% to the pool and 30% to stakers. What a column of emission tells is of its own part." in said


def test_an_emission_is_told_by_population_with_its_part_of_the_whole(mart: Mart, visit: Open) -> None:
    rows = emission.by_population(mart, [one for one in populations(mart) if one.measure == "emission"])
    assert rows.select("population", "amount_tokens", "share", "parties", "top_1").rows() == [
        ("pool", 70.0, 0.7, 1, 1.0),
        ("stakers", 30.0, 0.3, 2, pytest.approx(2 / 3)),
    ]
    titles = [header.value for header in visit(net="akash").header]
    assert titles[-1] == "Akash: 100 AKT emitted a day, 70% to the pool and 30% to stakers"


@pytest.mark.slow
def test_paying_for_services_is_no_emission_that_is_shared_out(mart: Mart, known: dict[str, Population]) -> None:
    assert emission.flow(mart, known["senders"], list(known.values())).part is None
    assert emission.by_population(mart, [known["senders"], known["recipients"]]).is_empty()


@pytest.mark.slow
def test_what_miners_and_their_owners_were_paid_is_one_emission(mart: Mart, visit: Open) -> None:
    found = [one for one in populations(mart) if one.reading == "wins"]
    assert emission.by_population(mart, found).is_empty()
    assert [header.value for header in visit(net="filecoin").header] == [
        "Filecoin: 100 FIL a day; one of 2 owners gets over half"
    ]


@pytest.mark.slow
def test_what_keys_may_give_out_is_not_counted_as_so_many_keys(mart: Mart) -> None:
    """A million bytes of DataCap are no million keys; real ones are 10^17, which no machine counts one by one."""
    found = {
        one.population: rules.values(mart, one, "control") for one in populations(mart) if one.measure == "control"
    }
    keys = {name: sum(metric.startswith(rules.KEYS) for metric in values) for name, values in found.items()}
    assert keys["allocators"] == 0
    assert keys["root_key"] <= 1


@pytest.mark.slow
def test_a_cap_below_one_key_says_so(mart: Mart) -> None:
    (keys,) = [one for one in populations(mart) if one.population == "root_key"]
    with pytest.raises(ValueError, match="so small a part of it is less than one"):
        scenario.answer(mart, keys, "address", scenario.Scenario("cap", 10))


@pytest.mark.slow
def test_a_part_of_an_emission_says_so(mart: Mart, known: dict[str, Population]) -> None:
    told = emission.flow(mart, known["stakers"], list(known.values()))
    assert (told.amount_tokens, told.lost, told.parties, told.part) == (30.0, 0.0, 2, 0.3)
    assert market.flow_headline(known["stakers"], told, fewest(1)) == (
        "Akash: 30 AKT a day to stakers, 30% of all that is emitted; one of 2 stakers gets over half"
    )


def test_what_reaches_nobody_is_told_in_the_headline(known: dict[str, Population]) -> None:
    told = emission.Flow(amount_tokens=3000.4, lost=0.4, days=1.0, parties=9000, part=None)
    assert market.flow_headline(known["stakers"], told, fewest(157)) == (
        "Akash: 3,000 AKT a day, of which 40% reaches nobody; 157 of 9,000 parties get over half"
    )


@pytest.mark.slow
def test_half_is_a_range_where_not_everything_was_read(known: dict[str, Population]) -> None:
    told = emission.Flow(amount_tokens=30.0, lost=0.0, days=1.0, parties=2, part=None)
    assert market.flow_headline(known["stakers"], told, Value(1, 1, 2, "", "control")) == (
        "Akash: 30 AKT a day; 1 to 2 of 2 stakers get over half"
    )


@pytest.mark.parametrize(
    ("side", "headline", "unit"),
    [
        ("recipients", "2,485 FET paid in 30 days; 21 of 70 recipients received over half", "FET received"),
        ("senders", "2,485 FET paid in 30 days; all of it is one party's", "FET paid"),
    ],
)
def test_senders_paid_and_recipients_received(visit: Open, side: str, headline: str, unit: str) -> None:
    shown = visit(net="singularitynet", of=f"claims/{side}")
    assert shown.header[0].value == f"SingularityNET: {headline}"
    assert f"in {unit} ·" in captions(shown)
    assert "In escrow and not claimed: 5,000 FET on 17 Jul 2026." in captions(shown)


@pytest.mark.slow
def test_a_chart_that_leaves_out_parties_says_how_many_half_needs(visit: Open, known: dict[str, Population]) -> None:
    told = emission.Flow(3000.0, 0.0, 1.0, 9000, None)
    assert market.half_drawn(known["recipients"], told, fewest(157)) == (
        "The largest 60 of 9,000 parties are drawn; half needs 157."
    )
    shown = captions(visit(net="singularitynet", of="claims/recipients"))
    assert "The largest 60 of 70 recipients are drawn; half needs 21." in shown
    assert "are drawn" not in captions(visit(net="singularitynet", of="claims/senders"))


# --- who decides over the parts of a network --------------------------------------------------------------------------


def test_how_much_of_the_emission_is_scored_by_few_is_told(mart: Mart, visit: Open) -> None:
    (one,) = [one for one in populations(mart) if one.reading == "subnet_emission"]
    found = deciding.deciding(mart, one)
    assert found is not None
    assert (found.few, found.unknown) == ({1: 0.5, 2: 0.8, 3: 0.8, 5: 0.8}, 0.15)
    assert found.parts.drop("parties").rows() == [
        ("Subnet 1", 50.0, 0.5, 1),
        ("Subnet 2", 30.0, 0.3, 2),
        ("Subnet 3", 15.0, 0.15, None),
        ("Subnet 4", 5.0, 0.05, 0),
    ]
    (other,) = [one for one in populations(mart) if one.reading == "emission" and one.population == "pool"]
    assert deciding.deciding(mart, other) is None
    shown = visit(net="bittensor")
    assert "Bittensor: at least 50% of the TAO that subnets get is scored by one party alone" in [
        header.value for header in shown.header
    ]
    assert "Two or fewer 80%, three or fewer 80% and five or fewer 80%. Of 15% it is not known." in captions(shown)
    assert list(table(shown, "part", "fewest")["part"]) == ["Subnet 1", "Subnet 2", "Subnet 3", "Subnet 4"]


def test_how_far_a_subnet_is_from_being_taken_over_is_told(mart: Mart, visit: Open) -> None:
    """What is missing over its token outside the pool, and in TAO at the price; too young ones last."""
    assert takeover.takeovers(mart, "bittensor").rows() == [
        ("Subnet 2", 20.0, 0.05, 10.0, 7.0, 3.0, True),
        ("Subnet 1", 40.0, 0.1, 20.0, 7.0, 3.0, True),
        ("Subnet 4", 5.0, 0.0125, None, 7.0, 3.0, True),
        ("Subnet 3", 10.0, 0.025, 5.0, 7.0, 3.0, False),
    ]
    assert takeover.takeovers(mart, "akash").is_empty()
    shown = visit(net="bittensor")
    assert "Bittensor: Subnet 2 is the cheapest to take over, for 10 TAO to lock" in [one.value for one in shown.header]
    assert "One hotkey has enough. To buy that much moves the price." in captions(shown)


# --- a network of which keys alone were read ---


@pytest.mark.slow
def test_where_only_keys_were_read_trends_says_that_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(Landing(tmp_path), "filecoin", "root_keys", holdings([("root_key", "f01201", 1)]))
    build(tmp_path, networks())
    shown = opened("trends", tmp_path, monkeypatch)
    assert [one.value for one in shown.info] == ["Nothing that is spread over parties was read yet\\."]


# --- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_whoever_finds_a_labelled_address_reads_its_evidence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened("entity", data, monkeypatch, q=CONSOLE[0])
    (rows,) = [one.value for one in shown.dataframe if "recorded_at" in one.value.columns]
    own = rows[rows["source"].str.contains("NEXT_PUBLIC_UAKT_TOP_UP_MASTER_WALLET_ADDRESS")].iloc[0]
    assert own["name"].startswith("Akash Console")
    assert (str(own["recorded_at"])[:10], str(own["checked_at"])[:10]) == ("2026-11-22", "2026-11-30")
    unlabelled = opened("entity", data, monkeypatch, q="p1")
    assert not [one for one in unlabelled.dataframe if "recorded_at" in one.value.columns]
