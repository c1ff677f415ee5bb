"""What every network file must keep, found by itself: a new network is covered the moment its file exists."""

import inspect
import re

import pytest

from ingest.job import endpoints
from ingest.network import Network, Reading
from ingest.networks import networks
from ingest.sample import readings
from store.rows import Kind

NETWORKS = networks()
READINGS = [(network, reading) for network in NETWORKS.values() for reading in network.readings]
NAME = re.compile(r"[a-z][a-z0-9_]*")


def named(value: object) -> str:
    return value.name if isinstance(value, Network | Reading) else ""


@pytest.mark.parametrize("network", NETWORKS.values(), ids=named)
def test_a_network_says_who_it_is(network: Network) -> None:
    assert NAME.fullmatch(network.name)
    assert network.title
    assert network.stack in {"compute", "data", "model", "agents", ""}
    assert network.address.partition(":")[0] in {"bech32", "ss58", "hex", ""}
    assert network.decimals in range(19)


@pytest.mark.parametrize("network", [one for one in NETWORKS.values() if one.chain], ids=named)
def test_a_chain_has_public_endpoints_over_https_that_can_be_replaced(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoints(network)
    assert all(address.startswith("https://") for address in endpoints(network))
    monkeypatch.setenv(f"{network.name.upper()}_URL", "http://127.0.0.1:1, http://127.0.0.1:2")
    assert endpoints(network) == ("http://127.0.0.1:1", "http://127.0.0.1:2")


@pytest.mark.parametrize(("network", "reading"), READINGS, ids=named)
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


@pytest.mark.parametrize("network", NETWORKS.values(), ids=named)
def test_rules_are_parts_of_populations_that_are_read(network: Network) -> None:
    measures = {reading.measure for reading in network.readings}
    for rule in network.rules:
        assert rule.measure in measures
        assert 0 < rule.numerator <= rule.denominator
        assert rule.action


def test_the_sample_has_every_distribution_that_is_read_and_no_other() -> None:
    real = {(network.name, reading.name) for network, reading in READINGS if reading.kind is Kind.HOLDINGS}
    assert {(one.network, one.reading) for one in readings()} == real
