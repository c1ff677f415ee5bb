"""FET on Ethereum: contracts at their real addresses on a real node, read by the network's own readings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from web3.contract import Contract

from ingest.evm.holders import token_holders
from ingest.evm.node import EvmChain, EvmNode
from ingest.evm.roles import ROLES
from ingest.job import read_network
from ingest.network import InParts, Reading
from ingest.networks.fet import BRIDGE, DEAD, ESCROW, FET, NETWORK, STAKING, bridge
from ingest.transport import Http
from store.faults import SourceChanged
from store.impossible import check
from store.landing import Landing
from store.rows import Facts
from tests.worlds.evm_node import Anvil, Shelf, anvil, at_their_places
from tests.worlds.servers import Reply, serving

pytestmark = pytest.mark.slow

FET_UNITS = 10**18
READINGS = {reading.name: reading for reading in NETWORK.readings}


@dataclass(frozen=True)
class Ethereum:
    node: Anvil
    safe: str
    accounts: list[str]


def deployed(node: Anvil) -> Mapping[str, Contract]:
    """The token minted by a 2-of-3 Safe, and the bridge with an admin, a relayer and a monitor of its own."""
    admin, relayer, monitor = node.accounts[1:4]
    safe = node.safe(node.accounts[4:7], 2)
    token = node.compiled("Token", node.accounts[0])
    node.send(token.functions.mint(node.accounts[0], 2_630_547_141 * FET_UNITS))
    node.send(token.functions.grantRole(ROLES["minter"], safe.address))
    node.send(token.functions.renounceRole(ROLES["minter"], node.accounts[0]))
    node.send(token.functions.grantRole(ROLES["admin"], safe.address))
    return {FET: token, BRIDGE: node.compiled("Bridge", FET_CHECKSUM, admin, relayer, monitor)}


FET_CHECKSUM = "0xaea46A60368A7bD060eec7DF8CBa43b7EF41Ad85"


@pytest.fixture(scope="module")
def ethereum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ethereum]:
    with at_their_places(tmp_path_factory.mktemp("ethereum"), deployed) as (node, contracts):
        token, bridge_ = contracts[FET], contracts[BRIDGE]
        safe = token.functions.getRoleMember(ROLES["minter"], 0).call()
        node.send(token.functions.approve(bridge_.address, 10**30))
        node.send(bridge_.functions.swap(1_000_000 * FET_UNITS))
        for place, amount in ((DEAD, 7), (ESCROW, 11), (STAKING, 13)):
            node.send(token.functions.transfer(node.w3.to_checksum_address(place), amount * FET_UNITS))
        node.finalize()
        yield Ethereum(node, safe.lower(), [account.lower() for account in node.accounts])


@pytest.fixture
def node(ethereum: Ethereum) -> EvmNode:
    ethereum.node.mine(1)
    return pinned_mainnet(ethereum.node.url)


def pinned_mainnet(url: str) -> EvmNode:
    return EvmChain("eip155:1", (url,), pauses=()).head(Http(per_second=10_000), (url,))


def read(reading: Reading, node: EvmNode) -> Facts:
    facts = reading.facts(node, Shelf(), lambda: [READINGS["control"].facts(node, Shelf(), list).rows])
    NETWORK.check(reading, facts)
    return facts


def exact(facts: Facts) -> dict[str, str]:
    return dict(facts.rows.select("name", "exact").iter_rows())


def test_supply_tells_what_is_locked_where(node: EvmNode) -> None:
    found = exact(read(READINGS["supply"], node))
    assert found == {
        "total_supply": str(2_630_547_141 * FET_UNITS),
        "bridge_locked": str(1_000_000 * FET_UNITS),
        "burned": str(7 * FET_UNITS),
        "escrow_locked": str(11 * FET_UNITS),
        "staking_locked": str(13 * FET_UNITS),
    }


def test_the_bridge_tells_its_caps_and_what_is_on_the_other_side(node: EvmNode) -> None:
    facts = read(READINGS["bridge"], node)
    found = exact(facts)
    assert found["bridge_supply"] == str(1_000_000 * FET_UNITS)
    assert found["bridge_cap"] == str(30_000_000 * FET_UNITS)
    assert (found["bridge_swaps"], found["bridge_relay_eon"]) == ("1", "3")
    assert (found["bridge_public_paused"], found["bridge_relayer_paused"]) == ("false", "false")
    assert facts.rows.filter(pl.col("name") == "bridge_cap")["value"][0] == 30_000_000 * float(FET_UNITS)


def test_control_names_every_key_and_the_multisig_behind_it(node: EvmNode, ethereum: Ethereum) -> None:
    keys = read(READINGS["control"], node).rows
    held = {
        population: sorted(rows["holder"].to_list())
        for (population,), rows in keys.group_by("population", maintain_order=True)
    }
    me, admin, relayer, monitor, *signers = ethereum.accounts[:7]
    assert held == {
        "token/admin": sorted([me, ethereum.safe]),
        "token/minter": [ethereum.safe],
        "bridge/admin": [admin],
        "bridge/relayer": [relayer],
        "bridge/monitor": [monitor],
        f"{ethereum.safe}/signers": sorted(signers),
    }
    assert set(keys["amount"].to_list()) == {1}


def test_the_state_of_control_tells_how_many_must_sign(node: EvmNode, ethereum: Ethereum) -> None:
    rows = read(READINGS["control_state"], node).rows
    said = {(subject, name): exact for name, subject, exact in rows.select("name", "subject", "exact").iter_rows()}
    assert said[ethereum.safe, "threshold"] == "2"
    assert said[ethereum.safe, "account"] == "contract"
    assert said[ethereum.safe, "version"] == "1.4.1"
    assert said[ethereum.accounts[1], "account"] == "key"
    assert said[FET, "account"] == "contract"


def test_holders_come_from_logs_when_the_explorer_is_silent(
    node: EvmNode, ethereum: Ethereum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EIP155_1_EXPLORER_URL", "http://127.0.0.1:9")
    facts = token_holders(FET, since=0)(node, Shelf())
    held = {holder: int(amount) for _, holder, amount in facts.rows.iter_rows()}
    assert held[BRIDGE] == 1_000_000 * FET_UNITS
    assert sum(held.values()) == facts.reported["holders"] == 2_630_547_141 * FET_UNITS


def test_holders_come_from_the_explorer_when_logs_do_not_reach_back(
    node: EvmNode, ethereum: Ethereum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says of amounts is not taken: the contract is asked. Who is missing shows as missing coverage."""
    items = [{"address": {"hash": place}, "value": "1"} for place in (BRIDGE, ESCROW, "0x" + "77" * 20)]
    with serving(lambda _: Reply({"items": items, "next_page_params": None})) as url:
        monkeypatch.setenv("EIP155_1_EXPLORER_URL", url)
        facts = token_holders(FET, since=node.block.height)(node, Shelf())
    check(facts, READINGS["holders"].kind, partial=True)
    assert {holder: int(amount) for _, holder, amount in facts.rows.iter_rows()} == {
        BRIDGE: 1_000_000 * FET_UNITS,
        ESCROW: 11 * FET_UNITS,
    }
    assert facts.reported == {"holders": 2_630_547_141 * FET_UNITS}


def test_the_network_is_read_by_a_run(ethereum: Ethereum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Head, readings, gate and landing as cron runs them; a second run at the same block reads nothing again."""
    monkeypatch.setenv("FET_URL", ethereum.node.url)
    monkeypatch.setenv("EIP155_1_EXPLORER_URL", "http://127.0.0.1:9")
    ethereum.node.mine(1)
    holders = replace(READINGS["holders"], read=InParts(token_holders(FET, since=0)))
    network = replace(NETWORK, readings=(*NETWORK.readings[:-1], holders))
    landing = Landing(tmp_path)
    for _ in range(2):
        outcomes = read_network(network, network.readings, Http(per_second=10_000), landing, lambda _: None)
        assert [(outcome.reading, outcome.error) for outcome in outcomes] == [
            (reading.name, "") for reading in network.readings
        ]
    assert len(landing.files()) == len(network.readings)


def test_every_reading_says_that_this_token_does_not_vote_or_counts_apart() -> None:
    assert "does not vote" in READINGS["control"].method
    assert "never added up" in READINGS["supply"].method
    assert all(reading.method for reading in NETWORK.readings)


def test_a_bridge_of_another_token_is_an_error(tmp_path_factory: pytest.TempPathFactory) -> None:
    def other(chain: Anvil) -> Mapping[str, Contract]:
        someone = chain.accounts[0]
        token = chain.compiled("Token", someone)
        return {FET: token, BRIDGE: chain.compiled("Bridge", someone, someone, someone, someone)}

    with at_their_places(tmp_path_factory.mktemp("other"), other) as (chain, _):
        chain.finalize()
        with pytest.raises(SourceChanged, match="is for the token"):
            bridge(pinned_mainnet(chain.url))


def test_a_chain_without_the_token_is_an_error() -> None:
    with anvil("--chain-id", "1") as chain:
        chain.finalize()
        with pytest.raises(SourceChanged, match="does not answer totalSupply"):
            read(READINGS["supply"], pinned_mainnet(chain.url))
