"""A network that the sample has never seen is drawn from what its file declares."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ingest.network import DAILY, Network, Reading
from ingest.networks import networks
from ingest.sample import world
from store import reference
from store.columns import Column
from store.rows import Facts, Kind, Measure
from store.spelling import KINDS

END = datetime(2026, 11, 1, tzinfo=UTC)


def read(_: object) -> Facts:
    raise AssertionError


def made_up(spelling: str, *readings: Reading) -> Network:
    return Network("made_up", "Made up", "compute", "UP", "aup", 12, spelling, readings=readings)


def distribution(measure: Measure, unit: str, **declared: object) -> Reading:
    plain = Reading("shares", Kind.HOLDINGS, measure, unit, DAILY, read)
    return replace(plain, **declared)  # type: ignore[arg-type]


def drawn(network: Network, monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """The newest holdings of the only reading, which passed the network's own gate."""
    monkeypatch.setattr(world, "networks", lambda: {network.name: network})
    (simulated,) = world.readings()
    snapshot, facts = world._holdings(simulated, END, 0)
    assert snapshot.measure is network.readings[0].measure
    return facts.rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("measure", Measure)
def test_an_unknown_reading_is_drawn_with_addresses_of_its_network(
    kind: str, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = drawn(made_up(f"{kind}:up", distribution(measure, "aup", partial=True)), monkeypatch)
    assert rows["population"].unique().to_list() == ["shares"]
    assert rows["holder"].n_unique() == rows.height > 1


def test_populations_have_the_names_that_are_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("token/owner", "<address>/signers")
    rows = drawn(made_up("hex", distribution(Measure.CONTROL, "key", names=names)), monkeypatch)
    assert sorted(name.partition("/")[2] for name in rows["population"].unique()) == ["owner", "signers"]
    assert set(rows["amount"].to_list()) == {1}, "keys count one each"


@pytest.mark.parametrize("name", ["balances", "subnet_emission", "organizations", "holders", "leased_gpu"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_reading_named_like_another_networks_has_its_own_population_on_the_scorecard(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = distribution(Measure.TOKEN, "aup", name=name)
    network = replace(made_up(f"{kind}:up", reading), scorecard={Column.TOKEN: f"{name}/everybody"})
    assert "everybody" in drawn(network, monkeypatch)["population"].unique()


@pytest.mark.parametrize(
    ("spelling", "others", "first"),
    [("", (), "party 1"), ("", ("pool:<number>",), "pool:1"), ("hex", ("<text>",), "party 1")],
)
def test_holders_that_are_no_addresses_have_the_form_that_is_declared(
    spelling: str, others: tuple[str, ...], first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = drawn(made_up(spelling, distribution(Measure.COMPUTE_SUPPLY, "gpus", others=others)), monkeypatch)
    assert rows["holder"][0] == first


def test_an_amount_of_a_period_says_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    network = made_up("hex", distribution(Measure.TOKEN, "aup", flow=True))
    monkeypatch.setattr(world, "networks", lambda: {network.name: network})
    (simulated,) = world.readings()
    assert world._holdings(simulated, END, 0)[1].since == END - timedelta(days=1)


def test_no_look_belongs_to_the_name_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed network has the same populations, of the same sizes."""

    def sizes(known: dict[str, Network]) -> list[list[tuple[str, int]]]:
        monkeypatch.setattr(world, "networks", lambda: known)
        quick = [one for one in world.readings() if one.reading.measure is Measure.CONTROL]
        return [one.rows(0).group_by("population").len().sort("population").rows() for one in quick]

    known = networks()
    renamed = {f"{name}x": replace(one, name=f"{name}x", title="X", token="X") for name, one in known.items()}
    assert sizes(renamed) == sizes(known)


def test_simulated_sudo_keys_are_the_published_ones_that_labels_name() -> None:
    simulated = [one for one in world.readings() if one.reading.name == "control_keys"]
    assert simulated
    for one in simulated:
        _, facts = world._holdings(one, END, 0)
        keys = set(facts.rows.filter(population="sudo")["holder"])
        labelled = reference.entities().filter(pl.col("address").is_in(keys), network=one.network.name)
        assert (len(keys), labelled["entity"].n_unique(), labelled.height) == (3, 1, 3)
