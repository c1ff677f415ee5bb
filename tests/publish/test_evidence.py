"""Verdicts on the sample and on a real state: the glue from the mart to the words."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.power.coverage import Covered
from analytics.power.paths import Action, Side
from analytics.power.verdict import Math
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.token import erc20
from ingest.importer import import_file
from ingest.network import Keys, Network, Way
from ingest.networks import networks
from ingest.publication import build
from publish import evidence
from publish.look import Known
from publish.ways import ways
from questions import scorecard
from questions.populations import headlines, populations
from questions.ranking import ranking
from questions.thresholds import thresholds, values
from store import reference
from store.addresses import account, bech32
from store.columns import Column
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation

pytestmark = pytest.mark.slow

FET = networks()["fet"]
NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)


def landed(
    data: Path, network: str, reading: str, measure: Measure | None, rows: pl.DataFrame, *, empty: bool = False
) -> None:
    kind = Kind.HOLDINGS if measure else Kind.OBSERVATIONS
    snapshot = Snapshot(
        network=network,
        chain_id="test-1",
        reading=reading,
        kind=kind,
        measure=measure,
        unit="power",
        block=Block(7, "AB", NOON),
        method="A test's.",
        endpoint="http://127.0.0.1",
    )
    Landing(data).land(snapshot, Facts(rows, empty=empty))


def consensus(data: Path, *power: int) -> None:
    rows = holdings(("validators", f"akashvaloper1{place}", amount) for place, amount in enumerate(power))
    landed(data, "akash", "consensus", Measure.VOTING_POWER, rows)


def parameters(data: Path, quorum: str, threshold: str, veto: str) -> None:
    told = {"quorum": quorum, "threshold": threshold, "veto_threshold": veto}
    rows = [observation(name, NOON, value, "ratio", subject="gov") for name, value in told.items()]
    landed(data, "akash", "parameters", None, frame(Kind.OBSERVATIONS, rows))


def said(mart: Mart, network: str, measure: str, axis: str) -> dict[str, Any]:
    (row,) = mart.table(
        "FROM verdict WHERE network = ? AND measure = ? AND axis = ?", network, measure, axis
    ).to_dicts()
    return row


def power(mart: Mart, network: str, side: str = "force", action: str = "") -> dict[str, Any]:
    """K of a network over all actions, or of one."""
    (row,) = mart.table(
        "FROM power WHERE network = ? AND side = ? AND action = ? AND grouping = 'control'", network, side, action
    ).to_dicts()
    return row


def test_a_third_of_the_power_can_halt_and_is_named(tmp_path: Path) -> None:
    consensus(tmp_path, 30, 30, 20, 10, 10)
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        force = power(mart, "akash")
        assert (force["number"], force["words"], force["seconds"]) == (2, "at most two parties", 0)
        assert force["how"] == "halt by validators with 1/3 of the power"
        assert json.loads(force["parties"]) == ["akashvaloper10", "akashvaloper11"]
        assert force["note"] == "independence not shown"
        assert force["version"] == "verdict rule v2"
        # The chain has votes, of which nothing was read: they could take fewer.
        assert force["at_most"]
        assert "governance vote, all others against: its rule or its voters have not been read" in force["unknown"]
        assert power(mart, "akash", action="censor")["number"] == 3
        assert power(mart, "akash", action="change the rules")["state"] == "not read"
        assert said(mart, "akash", "voting_power", "math")["number"] == pytest.approx(1 / 0.24)


def test_governance_is_a_path_where_its_parameters_were_read(tmp_path: Path) -> None:
    operators = [bech32("akashvaloper", bytes([place]) * 20) for place in range(10)]
    stake = [("validators", one, 10) for one in operators]
    landed(tmp_path, "akash", "validators", Measure.STAKE, holdings(stake))
    own = [(f"delegators@{one}", account(one), 10) for one in operators]
    landed(tmp_path, "akash", "delegators", Measure.STAKE, holdings(own))
    parameters(tmp_path, "0.334", "0.5", "0.334")
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        paths = {
            path.name: need.need
            for path in ways(Known(mart, "akash"), "control")
            for need in path.needs
            if isinstance(need, Covered)
        }
        stop = power(mart, "akash", "stop")
    # To pass against all others, their veto must be no more than 33.4 %; to veto against all others, more than that.
    assert paths["governance vote, all others against"] == 67
    assert paths["governance veto, all others for"] == 34
    assert (stop["number"], stop["words"], stop["at_most"]) == (4, "at most a handful", False)


def sudo(data: Path, *, signers: str, threshold: int, rule: str = "sudo") -> None:
    keys = [("sudo", f"0x{place:064x}", 1) for place in range(3)]
    landed(data, "bittensor", "control_keys", Measure.CONTROL, holdings(keys))
    told = {"rule": rule, "sudo_signers": signers, "sudo_threshold": str(threshold)}
    rows = [observation(name, NOON, text, "") for name, text in told.items()]
    landed(data, "bittensor", "control", None, frame(Kind.OBSERVATIONS, rows))


@pytest.mark.parametrize(
    ("signers", "rule", "state", "number"),
    [
        ("verified", "sudo", "rated", 2),
        ("unverified", "sudo", "not rated", None),
        ("verified", "rule unknown: referenda", "not rated", None),
    ],
)
def test_a_multisig_counts_its_threshold_and_an_unproved_one_is_not_rated(
    tmp_path: Path, signers: str, rule: str, state: str, number: int | None
) -> None:
    sudo(tmp_path, signers=signers, threshold=2, rule=rule)
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        force = power(mart, "bittensor", action="change the rules")
    assert (force["state"], force["number"]) == (state, number)


SAFE, ADMIN, LONE = (f"0x{place:040x}" for place in (0xA, 0xB, 0xC))
SIGNERS = [f"0x{place:040x}" for place in range(1, 6)]


def contracts(data: Path, keys: list[tuple[str, str]], state: dict[str, dict[str, str]], of: Network = FET) -> None:
    """Keys of a network's contracts as (population, holder), and what is said of addresses."""
    landed(data, of.name, "control", Measure.CONTROL, holdings((*key, 1) for key in keys))
    rows = [
        observation(name, NOON, text, "", subject=subject)
        for subject, said in state.items()
        for name, text in said.items()
    ]
    landed(data, of.name, "control_state", None, frame(Kind.OBSERVATIONS, rows))
    holders = holdings(("holders", f"0x{place:040x}", 10) for place in range(100, 110))
    landed(data, of.name, "holders", Measure.TOKEN, holders)
    build(data, networks() | {of.name: of})


SAFE_STATE = {SAFE: {"account": "contract", "threshold": "3", "proved": "Safe 1.4.1"}} | {
    one: {"account": "key"} for one in SIGNERS
}
SAFE_KEYS = [(f"{SAFE}/signers", one) for one in SIGNERS]


def test_the_multisig_behind_the_owner_of_a_proxys_admin_is_counted(tmp_path: Path) -> None:
    keys = [("token/proxy_admin", ADMIN), (f"{ADMIN}/owner", SAFE), *SAFE_KEYS]
    contracts(tmp_path, keys, SAFE_STATE | {ADMIN: {"account": "contract"}})
    with opened(tmp_path) as mart:
        force = power(mart, "fet")
    assert force["number"] == 3
    assert force["how"] == "change the rules by proxy admin of the token, a multisig 3 of 5"
    assert set(json.loads(force["parties"])) <= set(SIGNERS)


def test_a_contract_that_nobody_owns_by_a_key_is_not_rated(tmp_path: Path) -> None:
    keys = [("token/proxy_admin", ADMIN), (f"{ADMIN}/owner", LONE)]
    contracts(tmp_path, keys, {ADMIN: {"account": "contract"}, LONE: {"account": "contract"}})
    with opened(tmp_path) as mart:
        assert power(mart, "fet")["state"] == "not rated"


def test_owners_that_own_each_other_end(tmp_path: Path) -> None:
    keys = [("token/proxy_admin", ADMIN), (f"{ADMIN}/owner", LONE), (f"{LONE}/owner", ADMIN)]
    contracts(tmp_path, keys, {ADMIN: {"account": "contract"}, LONE: {"account": "contract"}})
    with opened(tmp_path) as mart:
        assert power(mart, "fet")["state"] == "not rated"


@pytest.mark.parametrize(
    ("labelled", "number"), [([], 3), ([SAFE], 3), (SIGNERS[:1], 3), (SIGNERS[:2], 2), (SIGNERS[:3], 1)]
)
def test_a_label_merges_signers_and_never_makes_one_key_of_a_multisig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labelled: list[str], number: int
) -> None:
    rows = [
        ("fet", one, "firm", "Firm", "multisig", None, None, "https://firm.example", NOON, None) for one in labelled
    ]
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame(rows, schema=reference.ENTITIES, orient="row"))
    contracts(tmp_path, [("token/minter", SAFE), *SAFE_KEYS], SAFE_STATE)
    with opened(tmp_path) as mart:
        force = power(mart, "fet")
    assert force["number"] == number


NEWCOMER = Network("newcomer", "Newcomer", "data", "NEW", "new", 18, "hex", chain=ETHEREUM)
ITS_TOKEN = erc20(NEWCOMER, {"token": f"0x{99:040x}"})


@pytest.mark.parametrize(
    ("network", "text", "how"),
    [
        (
            ITS_TOKEN,
            "at most a handful (C)",
            "change the rules by admin of the token, a multisig 3 of 5",
        ),
        (replace(ITS_TOKEN, ways=()), "not read: no rule, vote or key of this network was read", ""),
    ],
    ids=["declared", "not declared"],
)
def test_a_token_of_a_file_of_its_own_has_the_ways_that_it_declares(
    tmp_path: Path, network: Network, text: str, how: str
) -> None:
    keys = [(f"token/{power}", SAFE) for power in ("pauser", "minter", "admin")] + SAFE_KEYS
    contracts(tmp_path, keys, SAFE_STATE, network)
    with opened(tmp_path) as mart:
        force = power(mart, "newcomer")
    assert (force["text"], force["how"]) == (text, how)


def test_keys_that_a_network_declares_to_act_together_are_told_as_so_many_of_so_many(tmp_path: Path) -> None:
    council = Way(Action.CHANGE_RULES, Side.FORCE, "council", Keys("council", needed="seats"), "a test")
    landed(tmp_path, "newcomer", "control", Measure.CONTROL, holdings(("council", one, 1) for one in SIGNERS))
    landed(tmp_path, "newcomer", "control_state", None, frame(Kind.OBSERVATIONS, [observation("seats", NOON, 3, "")]))
    build(tmp_path, {"newcomer": replace(NEWCOMER, ways=(council,))})
    with opened(tmp_path) as mart:
        (population,) = populations(mart)
        (decides,) = thresholds(mart, population)
        assert decides.amount == "3 of 5 keys"
        assert decides.own


@pytest.mark.parametrize(
    ("owners", "fewest"),
    [(("firm", "firm", "firm"), 1), (("firm", "firm", "bank"), 2), (("firm", "bank", "pool"), 3), ((), 3)],
)
def test_so_many_keys_together_are_as_few_parties_as_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owners: tuple[str, ...], fewest: int
) -> None:
    """As K of the same keys says: who has several of them needs fewer others. A label of a pool takes out no key."""
    kinds = {"firm": "operator", "bank": "custodian", "pool": "protocol"}
    rows = [
        (
            "newcomer",
            one,
            who,
            f"{who.title()}, key {one[-4:]}",
            kinds[who],
            None,
            None,
            "https://a.example",
            NOON,
            NOON,
        )
        for one, who in zip(SIGNERS, owners, strict=False)
    ]
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame(rows, schema=reference.ENTITIES, orient="row"))
    council = Way(Action.CHANGE_RULES, Side.FORCE, "council", Keys("council", needed="seats"), "a test")
    landed(tmp_path, "newcomer", "control", Measure.CONTROL, holdings(("council", one, 1) for one in SIGNERS))
    landed(tmp_path, "newcomer", "control_state", None, frame(Kind.OBSERVATIONS, [observation("seats", NOON, 3, "")]))
    build(tmp_path, {"newcomer": replace(NEWCOMER, ways=(council,))})
    with opened(tmp_path) as mart:
        (population,) = populations(mart)
        (decides,) = thresholds(mart, population)
        assert decides.value(values(mart, population, "control")).count == fewest == power(mart, "newcomer")["number"]
        assert decides.value(values(mart, population, "address")).count == 3
        if fewest < 3:
            assert ranking(mart, population, "control")["name"][0] == "Firm"


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (("bridge", "protocol"), "not applicable"),
        # One who has nothing makes nobody a party; a custodian is one, and so is who has no label.
        (("bridge", "protocol", ""), "not applicable"),
        (("bridge", "custodian"), "rated"),
        (("bridge", ""), "rated"),
        (("", ""), "rated"),
    ],
)
def test_of_what_protocols_alone_hold_no_address_is_a_party(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], state: str
) -> None:
    held = [bech32("akashvaloper", bytes([place]) * 20) for place in range(1, 1 + len(kinds))]
    rows = [
        ("akash", one, f"a{one}", f"A {one}", kind, None, None, "https://a.example", NOON, NOON)
        for one, kind in zip(held, kinds, strict=True)
        if kind
    ]
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame(rows, schema=reference.ENTITIES, orient="row"))
    amounts = [("validators", one, 50 if place < 2 else 0) for place, one in enumerate(held)]
    landed(tmp_path, "akash", "consensus", Measure.VOTING_POWER, holdings(amounts))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        told = said(mart, "akash", "voting_power", "math")
        assert (told["state"], told["number"] is None) == (state, state != "rated")
        assert ("accounts of protocols" in told["reason"]) == (state != "rated")


def test_tokens_that_do_not_vote_are_not_applicable_and_what_was_not_read_says_so(tmp_path: Path) -> None:
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert said(mart, "fet", "voting_power", "math")["state"] == "not applicable"
        assert said(mart, "akash", "stake", "math")["text"] == "not read: no run has read it yet"
        assert said(mart, "bittensor", "compute_spend", "math")["state"] == "not verifiable"


def test_an_imported_state_has_math_and_the_power_of_its_validators(shared: Path, tmp_path: Path) -> None:
    file = shared / "cosmos" / "cudos_export_trimmed.json.gz"
    list(import_file(file, networks()["cudos"], NOON, Landing(tmp_path)))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        math = said(mart, "cudos", "stake_by_operator", "math")
        assert math["by_address"] == pytest.approx(10_000 / 675.874, rel=1e-4)
        # Clusters 1 to 3 have 4.75, 14.02 and 4.99 % of all: one operator's 23.76 %.
        together = 675.874 + 23.763**2 - (4.7451**2 + 14.0185**2 + 4.9936**2)
        assert math["number"] == pytest.approx(10_000 / together, rel=1e-3)
        # Two operators of its 31 validators have a third of the power between them; three validators.
        force = power(mart, "cudos")
        assert (force["number"], force["how"]) == (2, "halt by validators with 1/3 of the power")
        assert "cudos-clusters" in json.loads(force["parties"])
        apart = mart.table("SELECT number FROM power WHERE network = 'cudos' AND grouping = 'address' AND action = ''")
        assert apart["number"].to_list()[0] == 3


def test_what_was_not_seen_gives_bounds_that_hold_the_truth(tmp_path: Path) -> None:
    snapshot = Snapshot(
        network="fet",
        chain_id="eip155:1",
        reading="holders",
        kind=Kind.HOLDINGS,
        measure=Measure.TOKEN,
        unit=FET.unit,
        block=Block(7, "AB", NOON),
        method="A test's.",
        endpoint="http://127.0.0.1",
        reported={"holders": 100},
    )
    rows = holdings(("holders", f"0x{place:040x}", amount) for place, amount in enumerate((40, 30, 10)))
    Landing(tmp_path).land(snapshot, Facts(rows))
    build(tmp_path, networks())
    query = "SELECT metric, value, low, high FROM metric WHERE grouping = 'address'"
    with opened(tmp_path) as mart:
        found = {name: rest for name, *rest in mart.table(query).iter_rows()}
        confidence = said(mart, "fet", "token", "math")["letter"]
        words = said(mart, "fet", "token", "math")["words"]
        (cell,) = [
            cell for row in scorecard.rows(mart, populations(mart)) for cell in row.cells.values() if cell.population
        ]
    # The missing fifth as dust: 40, 30, 10 and twenty of one; or all with the largest: 60, 30, 10.
    assert found["top_1"] == pytest.approx([0.4, 0.4, 0.6])
    assert found["nc_gt_1_2"] == [2, 1, 2]
    assert found["effective_parties"] == pytest.approx([1 / 0.262, 1 / 0.46, 1 / 0.262])
    assert found["gini"] == [None, None, None]
    assert confidence == "C"
    # Joined to the largest party the unseen would make it fewer than two: the word says so.
    assert words == "at most a handful"
    assert cell.bounds is not None
    assert cell.bounds[0] < 2 < cell.bounds[1] == cell.math.number


@pytest.mark.parametrize(("sent", "letter"), [(150_000, "A"), (14 * 10**9, "A"), (16 * 10**9, "C")])
def test_what_a_stranger_sends_to_the_bonded_pool_does_not_lower_a_letter(
    tmp_path: Path, sent: int, letter: str
) -> None:
    known = reference.entities().filter(pl.col("network") == "akash")
    operators = known["address"].to_list()
    bonded = 150 * 10**12 // len(operators) * len(operators)
    snapshot = Snapshot(
        network="akash",
        chain_id="akashnet-2",
        reading="validators",
        kind=Kind.HOLDINGS,
        measure=Measure.STAKE,
        unit="uakt",
        block=Block(7, "AB", NOON),
        method="A test's.",
        endpoint="http://127.0.0.1",
        witness="http://127.0.0.2",
        reported={"validators": bonded + sent},
    )
    rows = holdings(("validators", operator, bonded // len(operators)) for operator in operators)
    Landing(tmp_path).land(snapshot, Facts(rows))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert said(mart, "akash", "stake_by_operator", "math")["letter"] == letter


def test_another_population_never_stands_in_for_the_one_a_measure_is_told_of(tmp_path: Path) -> None:
    rows = holdings(("hotkeys", f"0x{place:064x}", 10) for place in range(5))
    landed(tmp_path, "bittensor", "stake", Measure.STAKE, rows)
    landed(tmp_path, "bittensor", "subnet_emission", Measure.EMISSION, rows.with_columns(population=pl.lit("subnets")))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        emission = said(mart, "bittensor", "emission", "math")
        assert (emission["state"], emission["reason"]) == ("not read", "no run has read it yet")
        assert [one.in_column for one in headlines(populations(mart))] == ["stake_by_operator"]


def test_a_measure_is_told_of_the_population_that_the_network_declares(tmp_path: Path) -> None:
    landed(tmp_path, "bittensor", "recipients", Measure.EMISSION, holdings([("recipients", f"0x{1:064x}", 10)]))
    network = replace(networks()["bittensor"], scorecard={Column.EMISSION: "recipients/recipients"})
    build(tmp_path, {"bittensor": network})
    with opened(tmp_path) as mart:
        assert [one.key for one in headlines(populations(mart))] == ["recipients/recipients"]
        assert said(mart, "bittensor", "emission", "math")["number"] == 1


@pytest.mark.parametrize(("checked", "reviewed"), [(NOON, 0.6), (None, 0.0)])
def test_a_label_whose_source_nobody_could_open_raises_no_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked: datetime | None, reviewed: float
) -> None:
    row = ("akash", "akashvaloper10", "firm", "Firm", "operator", None, None, "https://firm.example", NOON, checked)
    monkeypatch.setattr(reference, "entities", lambda: pl.DataFrame([row], schema=reference.ENTITIES, orient="row"))
    consensus(tmp_path, 60, 40)
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        (one,) = headlines(populations(mart))
        math = evidence.evidence(one, evidence.Read.of(mart, [one])).math
    assert isinstance(math, Math)
    assert math.confidence.reviewed == pytest.approx(reviewed)


def test_services_that_are_paid_in_a_token_are_ruled_by_the_keys_of_the_token(tmp_path: Path) -> None:
    landed(tmp_path, "singularitynet", "claims", Measure.COMPUTE_SPEND, holdings([("recipients", LONE, 1)]))
    keys = [("token/minter", SAFE), *SAFE_KEYS, ("bridge/monitor", LONE)]
    contracts(tmp_path, keys, SAFE_STATE | {LONE: {"account": "key"}})
    with opened(tmp_path) as mart:
        mint, halt, stop = (
            power(mart, "singularitynet", side, action)
            for side, action in (("force", "mint or redirect"), ("force", "halt"), ("stop", "mint or redirect"))
        )
    assert (mint["number"], stop["number"]) == (3, 3)
    assert mint["path"] == "the keys of FET, in which services are paid: minter of the token, a multisig 3 of 5"
    # The bridge is another part of FET: who pauses it pauses no service.
    assert halt["state"] == "not applicable"
    assert "keys of FET apply" in halt["reason"]


def test_a_network_whose_keys_are_elsewhere_is_not_read_before_those_are(tmp_path: Path) -> None:
    landed(tmp_path, "singularitynet", "claims", Measure.COMPUTE_SPEND, holdings([("recipients", LONE, 1)]))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert power(mart, "singularitynet")["state"] == "not read"


def test_keys_that_were_read_and_found_with_nobody_are_not_called_unread(tmp_path: Path) -> None:
    """A contract that everybody has renounced: no run could read more of it."""
    landed(tmp_path, "singularitynet", "claims", Measure.COMPUTE_SPEND, holdings([("recipients", LONE, 1)]))
    landed(tmp_path, "fet", "control", Measure.CONTROL, holdings([]), empty=True)
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert power(mart, "fet")["text"] == "not rated: no way to force it is known"
        assert power(mart, "singularitynet")["state"] == "not applicable"
