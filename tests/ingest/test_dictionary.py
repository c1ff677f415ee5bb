"""Every fact has its line in the dictionary, and the dictionary is what the readings say."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.dictionary import Tells, imported, page, tells, told_by, unlisted
from ingest.networks import networks
from ingest.sample.world import build_sample
from store.mart import opened
from store.rows import Kind, frame, holdings, observation
from tests.conftest import ROOT
from tests.worlds.each import each

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
KINDS = (Kind.HOLDINGS, Kind.OBSERVATIONS)
READINGS = {
    f"{network.name} {reading.name}": reading
    for network in networks().values()
    for reading in network.readings
    if reading.kind in KINDS
}


def test_the_committed_page_is_what_the_readings_say() -> None:
    assert (ROOT / "docs" / "data_dictionary.md").read_text() == page(), "run `make dictionary`"


@each("name", READINGS)
def test_every_reading_says_what_it_tells(name: str) -> None:
    reading = READINGS[name]
    lines = tells(reading)
    assert lines
    for one in lines:
        assert one.name
        assert len(one.what) > 8
        assert not (one.unit and reading.kind is Kind.HOLDINGS), "holdings have the unit of their reading"


def test_every_section_is_of_a_reading_function() -> None:
    for path in (ROOT / "ingest").rglob("*.py"):
        if "\nTELLS:" in path.read_text():
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            module = __import__(name, fromlist=["TELLS"])
            functions = set(imported()) if name == "ingest.cosmos.state" else set(vars(module))
            assert told_by(module).keys() <= functions, name


@pytest.mark.parametrize(
    ("name", "subject", "unit", "listed"),
    [
        ("to_pool", "", "uakt", True),
        ("to_pool", "", "", False),
        ("to_pool", "akash1x", "uakt", False),
        ("to_commission", "", "uakt", True),
        ("to_commission", "akash1x", "uakt", True),
        ("to_commissions", "", "uakt", False),
        ("left_out:emission", "x", "", True),
    ],
)
def test_an_observation_without_a_line_is_found(name: str, subject: str, unit: str, listed: bool) -> None:
    known = (Tells("to_pool", "", "<denom>", "x"), Tells("to_commission", "[<address>]", "<denom>", "x"))
    rows = frame(Kind.OBSERVATIONS, [observation(name, NOON, "5" if unit else "x", unit, subject=subject)])
    assert (unlisted(known, Kind.OBSERVATIONS, rows) == []) == listed


@pytest.mark.parametrize(
    ("population", "listed"),
    [("delegators", True), ("delegators@akashvaloper1x", True), ("delegators@", False), ("validators", False)],
)
def test_a_population_without_a_line_is_found(population: str, listed: bool) -> None:
    known = (Tells("delegators", "", "", "x"), Tells("delegators@<address>", "", "", "x"))
    assert (unlisted(known, Kind.HOLDINGS, holdings([(population, "a", 1)])) == []) == listed


@pytest.mark.slow
def test_every_fact_of_the_samples_mart_has_a_line(tmp_path: Path) -> None:
    build_sample(tmp_path / "sample", days=2)
    with opened(tmp_path / "sample") as mart:
        rows = mart.table(
            "SELECT s.network, s.reading, s.kind, o.name, o.subject, o.unit FROM observation o "
            "JOIN snapshot s ON s.id = o.snapshot "
            "UNION ALL SELECT s.network, s.reading, s.kind, p.name, '', '' FROM distribution d "
            "JOIN snapshot s ON s.id = d.snapshot JOIN population p ON p.id = d.population"
        )
    assert rows["kind"].unique().sort().to_list() == ["holdings", "observations"]
    for (network, reading, kind), part in rows.group_by("network", "reading", "kind"):
        one = next(one for one in networks()[str(network)].readings if one.name == reading)
        seen = part.rename({"name": "population"}) if kind == "holdings" else part
        assert unlisted(tells(one), Kind(str(kind)), seen) == [], (network, reading)
