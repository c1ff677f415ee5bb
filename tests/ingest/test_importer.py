import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.spread.batches import Threshold
from analytics.votes.rules import fewest
from ingest.importer import import_file
from ingest.networks import networks
from ingest.publication import build
from publish.look import LATE, Known, Look
from publish.voters import covered, stake
from store.addresses import bech32
from store.faults import BadData, SourceChanged
from store.landing import Landing
from store.mart import current, opened
from store.rows import LARGEST_AMOUNT

pytestmark = pytest.mark.slow

THEN = datetime(2024, 9, 1, tzinfo=UTC)
METRICS = """
    SELECT m.metric, m.value FROM metric m
    JOIN snapshot s ON s.id = m.snapshot JOIN population p ON p.id = m.population
    WHERE s.network = ? AND s.measure = 'stake' AND p.name = ? AND m.grouping = 'address'
"""


def measured(data: Path, network: str, population: str) -> dict[str, float]:
    with opened(data) as mart:
        return dict(mart.table(METRICS, network, population).iter_rows())


VOTE = "FROM way WHERE network = ? AND kind = 'vote' ORDER BY place LIMIT 1"


@pytest.fixture(scope="module")
def imported(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three real states, imported and published."""
    data = tmp_path_factory.mktemp("imported")
    files = {
        "cudos": "cudos_export_trimmed.json.gz",
        "fetch_stage_2021": "fetchhub2_stage_2021.json.gz",
        "akash_state_2021": "akashnet1_state_2021.json.gz",
    }
    for network, file in files.items():
        list(import_file(shared / "cosmos" / file, networks()[network], THEN, Landing(data)))
    build(data, networks())
    return data


# Network, population, holders, metrics: computed independently.
PUBLISHED: list[tuple[str, str, int, dict[str, float]]] = [
    ("cudos", "validators", 31, {"nc_gt_1_3": 3, "nc_gt_1_2": 6, "nc_gt_2_3": 9, "top_1": 0.140, "top_10": 0.696}),
    ("cudos", "validators", 31, {"gini": 0.489, "hhi": 675.874}),
    ("cudos", "delegators", 2812, {"nc_gt_1_3": 11, "nc_gt_1_2": 21, "gini": 0.959, "top_10": 0.326}),
    ("fetch_stage_2021", "validators", 23, {"nc_gt_1_3": 2, "nc_gt_1_2": 2, "nc_gt_2_3": 3, "gini": 0.840}),
    ("fetch_stage_2021", "delegators", 2121, {"nc_gt_1_3": 1, "nc_gt_1_2": 2, "gini": 0.942, "top_10": 0.707}),
    ("akash_state_2021", "validators", 30, {"nc_gt_1_3": 2, "nc_gt_1_2": 3, "nc_gt_2_3": 7, "gini": 0.633}),
    ("akash_state_2021", "delegators", 34, {"nc_gt_1_3": 1, "nc_gt_1_2": 2, "gini": 0.896, "top_10": 0.998}),
]
HOLDERS = """
    SELECT d.n FROM distribution d
    JOIN snapshot s ON s.id = d.snapshot JOIN population p ON p.id = d.population
    WHERE s.network = ? AND s.measure = 'stake' AND p.name = ? AND d.grouping = 'address'
"""


@pytest.mark.parametrize(("network", "population", "holders", "known"), PUBLISHED)
def test_real_states_give_the_known_metrics(
    imported: Path, network: str, population: str, holders: int, known: dict[str, float]
) -> None:
    found = measured(imported, network, population)
    with opened(imported) as mart:
        assert mart.table(HOLDERS, network, population)["n"].to_list() == [holders]
    assert {name: round(found[name], 3) for name in known} == known


def test_delegations_are_worth_the_bonded_tokens_within_two_units(imported: Path) -> None:
    with opened(imported) as mart:
        rows = mart.table(
            """
            SELECT s.network, d.n, d.total, d.reported_total FROM distribution d
            JOIN snapshot s ON s.id = d.snapshot JOIN population p ON p.id = d.population
            WHERE p.name = 'delegators' AND d.grouping = 'address'
            """
        )
    # Each holder is rounded down once, so the sum may fall short by less than one unit a holder and by nothing more.
    for network, n, total, reported in rows.iter_rows():
        assert 0 <= reported - total <= n, network


def test_duckdb_1_5_opens_the_published_mart(imported: Path) -> None:
    program = Path(sys.executable).with_name("duckdb")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    query = "SELECT count(*) FROM snapshot"
    found = subprocess.run(
        [program, "-readonly", "-csv", "-noheader", str(current(imported)), "-c", query],
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.startswith("v1.5")
    assert int(found.stdout) == 21


def test_importing_twice_changes_nothing(imported: Path, shared: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in Landing(imported).files()}
    file = shared / "cosmos" / "cudos_export_trimmed.json.gz"
    list(import_file(file, networks()["cudos"], THEN, Landing(imported)))
    assert {path: path.stat().st_mtime_ns for path in Landing(imported).files()} == before


# Fewest parties with a share of all votes: validators if no delegator votes for itself, delegators if no validator
# does, and both together, by addresses and with labels. Counted independently.
FEWEST: list[tuple[str, Threshold, tuple[int, int, int, int]]] = [
    ("cudos", Threshold(1, 3, strict=False), (3, 11, 3, 2)),
    ("cudos", Threshold(1, 2, strict=True), (6, 21, 6, 4)),
    ("fetch_stage_2021", Threshold(1, 3, strict=True), (2, 1, 1, 1)),
    ("fetch_stage_2021", Threshold(2, 3, strict=True), (3, 6, 2, 2)),
    ("akash_state_2021", Threshold(1, 3, strict=True), (2, 1, 1, 1)),
    ("akash_state_2021", Threshold(2, 3, strict=True), (7, 3, 3, 3)),
]


@pytest.mark.parametrize(("network", "share", "expected"), FEWEST, ids=[f"{a} {b.name}" for a, b, _ in FEWEST])
def test_real_states_have_the_known_coalitions(
    imported: Path, network: str, share: Threshold, expected: tuple[int, ...]
) -> None:
    with opened(imported) as mart:
        known = Known(mart, network)
        looks = [Look(known, one, mart.table(VOTE, network).row(0, named=True)) for one in ("address", "control")]
        need = share.need(sum(looks[0].holders("stake", "validators").values()))
        found = [
            fewest(looks[0].holders("stake", population).values(), need) for population in ("validators", "delegators")
        ]
        together = [covered(look, stake(look), need).fewest() for look in looks]
    assert (*found, *(one.upper for one in together)) == expected
    assert all(one.lower == one.upper for one in together)


@pytest.mark.parametrize(
    ("network", "force", "stop"),
    [("cudos", 2, 3), ("fetch_stage_2021", 2, 1), ("akash_state_2021", 2, 1)],
)
def test_real_states_have_a_known_power_and_are_told_by_delegators(
    imported: Path, network: str, force: int, stop: int
) -> None:
    with opened(imported) as mart:
        rows = mart.table("FROM power WHERE network = ? AND grouping = 'control' AND action = ''", network)
        of_late = mart.table("FROM power WHERE network = ? AND grouping = ?", network, LATE)
    assert dict(rows.select("side", "number").iter_rows()) == {"force": force, "stop": stop}
    assert not any(rows["unknown"])
    # No vote stands in these files.
    assert "who voted on its last proposals has not been read" in " ".join(of_late["unknown"])


def state(*tokens: int, shares: str | None = None) -> dict[str, Any]:
    """A chain with one validator and one delegator for each amount."""
    rows = [
        {
            "operator_address": bech32("cudosvaloper", bytes([place] * 20)),
            "status": "BOND_STATUS_BONDED",
            "tokens": str(amount),
            "delegator_shares": f"{amount}.000000000000000000",
            "description": {"moniker": "=cmd|' /C calc'!A0"},
        }
        for place, amount in enumerate(tokens)
    ]
    delegations = [
        {
            "delegator_address": bech32("cudos", bytes([place] * 20)),
            "validator_address": row["operator_address"],
            "shares": shares or row["delegator_shares"],
        }
        for place, row in enumerate(rows)
    ]
    params = {"bond_denom": "acudos"}
    return {"staking": {"params": params, "validators": rows, "delegations": delegations}, "initial_height": "8"}


def written(folder: Path, document: object) -> Path:
    path = folder / "state.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path


def test_the_largest_amount_survives_to_the_mart(tmp_path: Path) -> None:
    list(import_file(written(tmp_path, state(LARGEST_AMOUNT - 5, 5)), networks()["cudos"], THEN, Landing(tmp_path)))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        amounts = mart.table("SELECT DISTINCT amount FROM holding ORDER BY 1")["amount"].to_list()
    assert amounts == [5, LARGEST_AMOUNT - 5]


@pytest.mark.parametrize("tokens", [(LARGEST_AMOUNT + 1,), (LARGEST_AMOUNT, 1), (10**60,)])
def test_an_amount_or_a_sum_of_more_than_38_digits_is_refused_by_name(tmp_path: Path, tokens: tuple[int, ...]) -> None:
    with pytest.raises(BadData, match="38 digits") as refused:
        list(import_file(written(tmp_path, state(*tokens)), networks()["cudos"], THEN, Landing(tmp_path)))
    assert bech32("cudosvaloper", bytes(20)) in str(refused.value)
    assert Landing(tmp_path).files() == []


def test_delegations_that_miss_the_tokens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="delegations are worth"):
        list(import_file(written(tmp_path, state(100, shares="97.0")), networks()["cudos"], THEN, Landing(tmp_path)))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x1f\x8b torn", BadData),
        (b"<html>", BadData),
        (b"[1, 2]", BadData),
        (b'{"app_state": {}}', SourceChanged),
        (b"{}", SourceChanged),
    ],
)
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(error):
        list(import_file(path, networks()["cudos"], THEN, Landing(tmp_path)))


def test_hostile_names_are_kept_as_they_came(tmp_path: Path) -> None:
    list(import_file(written(tmp_path, state(7)), networks()["cudos"], THEN, Landing(tmp_path)))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        names = mart.table("SELECT exact FROM observation WHERE name = 'moniker'")["exact"].to_list()
    assert names == ["=cmd|' /C calc'!A0"]


def test_the_finney_genesis_gives_the_known_metrics(shared: Path, tmp_path: Path) -> None:
    # The network file of the live chain is not needed for an import; any network of this address format serves.
    finney = replace(networks()["cudos"], name="finney", unit="rao", decimals=9, address="ss58:42")
    list(import_file(shared / "bittensor" / "finney_genesis_snapshot.json.gz", finney, THEN, Landing(tmp_path)))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        found = mart.table(
            """
            SELECT s.reading, d.n, d.n_all, m.metric, m.value FROM metric m
            JOIN snapshot s ON s.id = m.snapshot JOIN population p ON p.id = m.population
            JOIN distribution d USING (snapshot, population, grouping)
            WHERE p.name = 'coldkeys' AND m.grouping = 'address'
            """
        )
    values = {(reading, metric): value for reading, _, _, metric, value in found.iter_rows()}
    sizes = {reading: (n, n_all) for reading, n, n_all, _, _ in found.iter_rows()}
    assert sizes["stake"] == (370, 371)
    assert round(values["stake", "gini_all"], 3) == 0.810
    assert round(values["stake", "top_10"], 3) == 0.405
    assert values["stake", "nc_gt_1_2"] == 17
    assert round(values["balances", "gini"], 2) == 0.98
    assert round(values["balances", "effective_parties"]) == 62


def test_the_largest_amount_is_on_the_page_and_in_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list(import_file(written(tmp_path, state(LARGEST_AMOUNT - 5, 5)), networks()["cudos"], THEN, Landing(tmp_path)))
    build(tmp_path, networks())
    monkeypatch.setenv("DEAI_DATA", str(tmp_path))
    # A page links to others: they are known to the app alone.
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60)
    page = app.switch_page("pages/power.py").run()
    assert not page.exception
    assert not page.error
    cells = [str(cell) for table in page.dataframe for column in table.value for cell in table.value[column]]
    assert str(LARGEST_AMOUNT - 5) in cells


def test_an_exported_table_runs_no_formula_of_a_chain(tmp_path: Path) -> None:
    list(import_file(written(tmp_path, state(7)), networks()["cudos"], THEN, Landing(tmp_path)))
    build(tmp_path, networks())
    file = tmp_path / "observation.csv"
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "export", "observation", str(file)],
        env={**os.environ, "DEAI_DATA": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.returncode == 0
    assert "'=cmd|" in file.read_text()
    assert ",=cmd|" not in file.read_text()
    assert "'7" not in file.read_text()
