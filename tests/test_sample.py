from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.sample import build_sample
from store.landing import Landing
from store.mart import opened
from store.rows import Measure

pytestmark = pytest.mark.slow
END = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data") / "sample"
    build_sample(data, END, days=40)
    return data


def test_every_fact_of_the_sample_says_that_it_is_simulated(sample: Path) -> None:
    with opened(sample) as mart:
        assert mart.table("SELECT DISTINCT simulated FROM snapshot")["simulated"].to_list() == [True]
        assert mart.table("SELECT simulated FROM meta")["simulated"].to_list() == [True]


def test_the_sample_covers_every_measure_in_the_sizes_of_the_real_networks(sample: Path) -> None:
    with opened(sample) as mart:
        measures = mart.table("SELECT DISTINCT measure FROM snapshot WHERE kind = 'holdings'")["measure"].to_list()
        subnets = mart.table("SELECT count(*) AS n FROM population WHERE name LIKE 'subnet:%/coldkeys'")["n"][0]
        largest = mart.table(
            "SELECT s.network, max(d.n) AS n FROM distribution d JOIN snapshot s ON s.id = d.snapshot GROUP BY 1"
        )
    assert set(measures) == set(Measure)
    assert subnets == 128
    assert dict(largest.iter_rows())["fet"] == 100_000


def test_every_distribution_is_measured(sample: Path) -> None:
    with opened(sample) as mart:
        without = mart.table("SELECT * FROM distribution ANTI JOIN metric USING (snapshot, population, grouping)")
        assert mart.table("SELECT count(snapshot) AS n FROM distribution")["n"][0] > 1_000
    assert without.is_empty()


def test_a_population_has_the_same_holders_over_time(sample: Path) -> None:
    """Else its change of thirty days would be one of size."""
    with opened(sample) as mart:
        sizes = mart.table(
            """
            SELECT s.network, s.reading, d.population, count(DISTINCT d.n) AS sizes, count(*) AS days
            FROM distribution d JOIN snapshot s ON s.id = d.snapshot WHERE d.grouping = 'address' GROUP BY ALL
            """
        )
    assert sizes["sizes"].unique().to_list() == [1]
    assert sizes.filter(network="fet")["days"].min() == 2


def test_the_sample_is_the_same_every_time(sample: Path, tmp_path: Path) -> None:
    again = tmp_path / "sample"
    build_sample(again, END, days=40)
    query = "SELECT network, reading, height, sha256 FROM snapshot ORDER BY ALL"
    with opened(sample) as first, opened(again) as second:
        assert first.table(query).equals(second.table(query))
        metrics = "SELECT snapshot, population, grouping, metric, value FROM metric ORDER BY ALL"
        assert first.table(metrics).equals(second.table(metrics))


def test_the_sample_refuses_the_folder_of_real_data(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="do not belong"):
        build_sample(tmp_path / "data", END, days=2)
    assert Landing(tmp_path / "data").files() == []
