"""Verdicts on the sample and on a real state: the glue from the mart to the words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.ways import ways
from ingest.importer import import_file
from ingest.networks import networks
from ingest.publication import build
from store.addresses import bech32
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)


def landed(data: Path, network: str, reading: str, measure: Measure | None, rows: pl.DataFrame) -> None:
    kind = Kind.HOLDINGS if measure else Kind.OBSERVATIONS
    snapshot = Snapshot(
        network=network,
        chain_id=networks()[network].chain.chain_id,  # type: ignore[union-attr]  # these networks have a chain
        reading=reading,
        kind=kind,
        measure=measure,
        unit="power",
        block=Block(7, "AB", NOON),
        method="A test's.",
        endpoint="http://127.0.0.1",
    )
    Landing(data).land(snapshot, Facts(rows))


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


def test_a_third_of_the_power_can_halt_and_is_named(tmp_path: Path) -> None:
    consensus(tmp_path, 30, 30, 20, 10, 10)
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        force = said(mart, "akash", "voting_power", "force")
        assert (force["number"], force["words"]) == (2, "one party or a handful")
        assert force["how"] == "halt or censor by validators with 1/3 of the power"
        assert json.loads(force["parties"]) == ["akashvaloper10", "akashvaloper11"]
        assert force["note"] == "independence not shown"
        assert force["version"] == "verdict rule v1"
        assert said(mart, "akash", "voting_power", "math")["number"] == pytest.approx(1 / 0.24)


def test_governance_is_a_path_where_its_parameters_were_read(tmp_path: Path) -> None:
    consensus(tmp_path, *[10] * 10)
    parameters(tmp_path, "0.334", "0.5", "0.334")
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        paths = {path.name: len(path.needs[0].votes) and path.needs[0].need for path in ways(mart, "akash", "control")}
        stop = said(mart, "akash", "voting_power", "stop")
    # To pass against all others, their veto must be no more than 33.4 %; to veto against all others, more than that.
    assert paths["governance vote, all others against"] == 67
    assert paths["governance veto, all others for"] == 34
    assert (stop["number"], stop["words"]) == (4, "a handful")


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
        force = said(mart, "bittensor", "control", "force")
    assert (force["state"], force["number"]) == (state, number)


def test_tokens_that_do_not_vote_are_not_applicable_and_what_was_not_read_says_so(tmp_path: Path) -> None:
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert said(mart, "fet", "voting_power", "force")["state"] == "not applicable"
        assert said(mart, "akash", "stake", "math")["text"] == "not read: no run has read it yet"
        assert said(mart, "bittensor", "compute_spend", "math")["state"] == "not verifiable"


def test_an_imported_state_has_math_and_says_that_power_was_not_read(shared: Path, tmp_path: Path) -> None:
    file = shared / "cosmos" / "cudos_export_trimmed.json.gz"
    list(import_file(file, networks()["cudos"], NOON, Landing(tmp_path)))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        math = said(mart, "cudos", "stake", "math")
        assert math["number"] == pytest.approx(10_000 / 675.874, rel=1e-4)
        assert math["words"] == "a committee or broad" or math["words"] == "a committee"
        assert said(mart, "cudos", "stake", "force")["state"] == "not read"


def test_what_was_not_seen_gives_bounds_that_hold_the_truth(tmp_path: Path) -> None:
    fet = networks()["fet"]
    snapshot = Snapshot(
        network="fet",
        chain_id="eip155:1",
        reading="holders",
        kind=Kind.HOLDINGS,
        measure=Measure.TOKEN,
        unit=fet.unit,
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
    # The missing fifth as dust: 40, 30, 10 and twenty of one; or all with the largest: 60, 30, 10.
    assert found["top_1"] == pytest.approx([0.4, 0.4, 0.6])
    assert found["nc_gt_1_2"] == [2, 1, 2]
    assert found["effective_parties"] == pytest.approx([1 / 0.262, 1 / 0.46, 1 / 0.262])
    assert found["gini"] == [None, None, None]
    assert confidence == "C"


def test_validators_of_one_operator_are_one_party(tmp_path: Path) -> None:
    who = [bech32("akashvaloper", bytes([number] * 20)) for number in range(3)]
    rows = holdings(("validators", operator, 10) for operator in who)
    landed(tmp_path, "akash", "consensus", Measure.VOTING_POWER, rows)
    names = [observation("website", NOON, "https://one-operator.com", "", subject=operator) for operator in who[:2]]
    landed(tmp_path, "akash", "names", None, frame(Kind.OBSERVATIONS, names))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert said(mart, "akash", "voting_power", "math")["number"] == pytest.approx(1 / (4 / 9 + 1 / 9))
        assert said(mart, "akash", "voting_power", "math")["by_address"] == pytest.approx(3)
        evidence = mart.table("SELECT source FROM entity WHERE address = ?", who[0])["source"].to_list()
    assert "one-operator.com" in evidence[0]
