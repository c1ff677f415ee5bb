"""A token's network of a few lines, read from a real node: supply, holders, keys, and the multisig behind them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pytest
from web3.contract import Contract

from analytics.power.paths import Action, fewest
from ingest.evm.roles import ROLES
from ingest.job import read_network
from ingest.publication import build
from ingest.recording import READ, record
from ingest.transport import Http
from publish.look import Known
from publish.ways import ways
from store.landing import Landing
from store.mart import opened
from store.rows import Kind, Measure
from tests.worlds.bundles import bundle, replayed
from tests.worlds.evm_node import Anvil, at_their_places
from tests.worlds.made_up import DEAD, NETWORK, TOKEN
from tests.worlds.servers import Reply, serving

pytestmark = pytest.mark.slow
SUPPLY = 1_000_000


def deployed(node: Anvil) -> Mapping[str, Contract]:
    """A token that a 2-of-3 Safe alone can mint and change."""
    me, safe = node.accounts[0], node.safe(node.accounts[1:4], 2)
    token = node.compiled("Token", me)
    node.send(token.functions.mint(me, SUPPLY))
    for power in ("minter", "admin"):
        node.send(token.functions.grantRole(ROLES[power], safe.address))
    for power in ("minter", "admin"):
        node.send(token.functions.renounceRole(ROLES[power], me))
    return {TOKEN: token}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with at_their_places(tmp_path_factory.mktemp("chain"), deployed) as (node, contracts):
        node.send(contracts[TOKEN].functions.transfer(node.w3.to_checksum_address(DEAD), 7))
        node.finalize()
        yield node


def landed(landing: Landing, reading: str) -> pl.DataFrame:
    """The rows of a reading's only snapshot."""
    (rows,) = landing.between(NETWORK.name, "eip155:1", reading, -1, 10**9).values()
    return rows


def test_a_run_reads_the_whole_network(chain: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADE_UP_URL", chain.url)
    landing = Landing(tmp_path)
    ranked = [{"address": {"hash": place}, "value": "1"} for place in (chain.accounts[0], DEAD)]
    with serving(lambda _: Reply({"items": ranked, "next_page_params": None})) as explorer:
        monkeypatch.setenv("EIP155_1_EXPLORER_URL", explorer)
        outcomes = read_network(NETWORK, NETWORK.readings, Http(per_second=10_000), landing, lambda _: None)
    assert [(one.reading, one.error) for one in outcomes] == [(one.name, "") for one in NETWORK.readings]
    rows = {name: landed(landing, name) for name in ("supply", "control", "control_state", "holders")}
    me, *owners = (account.lower() for account in chain.accounts[:4])
    assert dict(rows["holders"].select("holder", "amount").iter_rows()) == {me: SUPPLY - 7, DEAD: 7}
    assert dict(rows["supply"].select("name", "exact").iter_rows()) == {"total_supply": str(SUPPLY), "dead_locked": "7"}
    held = dict(rows["control"].group_by("population").agg("holder").iter_rows())
    (safe,) = held["token/minter"]
    assert held["token/admin"] == [safe]
    assert sorted(held[f"{safe}/signers"]) == sorted(owners)
    behind = rows["control_state"].filter(subject=safe)
    assert dict(behind.select("name", "exact").iter_rows())["threshold"] == "2"


def test_its_mart_says_how_many_must_act_together(
    chain: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_UP_URL", chain.url)
    keys = tuple(reading for reading in NETWORK.readings if reading.measure is Measure.CONTROL)
    read_network(NETWORK, keys, Http(per_second=10_000), Landing(tmp_path), lambda _: None)
    build(tmp_path, {NETWORK.name: NETWORK})
    with opened(tmp_path) as mart:
        told = {path.action: path for path in ways(Known(mart, NETWORK.name), "address")}
    for action in (Action.MINT, Action.CHANGE_RULES):
        assert "a multisig 2 of 3" in told[action].name
        assert fewest(told[action]).upper == 2


def test_its_readings_say_in_words_what_they_are() -> None:
    told = {reading.name: reading for reading in NETWORK.readings}
    assert list(told) == ["supply", "control", "control_state", "holders"]
    assert "mint, burn, pause" in told["control"].method
    assert told["control"].kind is Kind.HOLDINGS


def test_what_a_node_answers_is_recorded_and_replayed(
    chain: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_UP_URL", chain.url)
    ranked = [{"address": {"hash": place}, "value": "1"} for place in (chain.accounts[0], DEAD)]
    with serving(lambda _: Reply({"items": ranked, "next_page_params": None})) as explorer:
        monkeypatch.setenv("EIP155_1_EXPLORER_URL", explorer)
        record([NETWORK], tmp_path / "bundle", per_second=10_000)
    again = replayed(bundle(tmp_path / "bundle")[NETWORK.name], {NETWORK.name: NETWORK})
    assert {one["became"] for one in again.recorded.readings.values()} == {READ}
    assert {name: why for name in again.recorded.readings if (why := again.differs(name))} == {}
