"""SingularityNET's own published contracts on a real node: channels opened, claimed, and read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
import pytest
import requests
from eth_account import Account
from eth_account.messages import encode_defunct
from web3 import Web3
from web3.contract import Contract

from ingest.evm.events import events, last_blocks
from ingest.evm.node import EvmChain, EvmNode
from ingest.networks.singularitynet import (
    CLAIM,
    CLAIMS,
    ESCROW,
    FET,
    FUNDS,
    NETWORK,
    REGISTRY,
    claims,
    directory,
    organizations,
)
from ingest.transport import Http
from store.faults import BadData, SourceChanged
from store.impossible import check
from store.rows import Facts
from tests.worlds.evm_node import Anvil, Shelf, at_their_places
from tests.worlds.servers import Reply, Request, serving

pytestmark = pytest.mark.slow

ONE_FET = 10**18
FET_CHECKSUM = Web3.to_checksum_address(FET)
SIGNER = Account.from_key("0x" + "42" * 32)
GROUP = b"replicas".ljust(32, b"\0")
READINGS = {reading.name: reading for reading in NETWORK.readings}


@dataclass(frozen=True)
class Market:
    """A chain with the escrow, the registry and FET at their real addresses."""

    node: Anvil
    escrow: Contract
    registry: Contract
    accounts: list[str]

    def open(self, sender: int, recipient: int, fet: int) -> int:
        """A channel of so many FET; returns its id."""
        channel = self.escrow.functions.nextChannelId().call()
        value = fet * ONE_FET
        to = Web3.to_checksum_address(self.accounts[recipient])
        self.node.send(
            self.escrow.functions.depositAndOpenChannel(SIGNER.address, to, GROUP, value, 10**9), sender=sender
        )
        return int(channel)

    def claim(self, channel: int, recipient: int, fet: int, *, send_back: bool = False) -> None:
        nonce = self.escrow.functions.channels(channel).call()[0]
        amount = fet * ONE_FET
        said = Web3.solidity_keccak(
            ["string", "address", "uint256", "uint256", "uint256"],
            ["__MPE_claim_message", self.escrow.address, channel, nonce, amount],
        )
        signed = SIGNER.sign_message(encode_defunct(said))
        r, s = (number.to_bytes(32, "big") for number in (signed.r, signed.s))
        claim = self.escrow.functions.channelClaim(channel, amount, amount, signed.v, r, s, send_back)
        self.node.send(claim, sender=recipient)


def deployed(node: Anvil) -> Mapping[str, Contract]:
    token = node.compiled("Token", node.accounts[0])
    for account in node.accounts:
        node.send(token.functions.mint(account, 1_000 * ONE_FET))
    return {
        FET: token,
        ESCROW: node.published("MultiPartyEscrow", FET_CHECKSUM),
        REGISTRY: node.published("Registry"),
    }


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with at_their_places(tmp_path_factory.mktemp("market"), deployed) as (node, contracts):
        for account in range(4):
            node.send(contracts[FET].functions.approve(contracts[ESCROW].address, 10**30), sender=account)
        accounts = [account.lower() for account in node.accounts]
        yield Market(node, contracts[ESCROW], contracts[REGISTRY], accounts)


@pytest.fixture(scope="module")
def busy(market: Market) -> Market:
    """Three channels; two providers claim from two customers; one deposit stays unclaimed."""
    first, second, third = market.open(0, 5, 100), market.open(1, 5, 50), market.open(1, 6, 80)
    market.claim(first, 5, 30)
    market.node.mine(20)
    market.claim(first, 5, 20, send_back=True)
    market.claim(second, 5, 7)
    market.claim(third, 6, 80)
    market.node.send(market.escrow.functions.deposit(9 * ONE_FET), sender=2)
    market.node.send(market.escrow.functions.withdraw(4 * ONE_FET), sender=2)
    for number, organisation in enumerate((b"snet", b"nunet", b"=cmd|'", b"empty")):
        key = organisation.ljust(32, b"\0")
        market.node.send(market.registry.functions.createOrganization(key, b"ipfs://x", []), sender=number)
        for service in range((3, 1, 2, 0)[number]):
            name = f"service-{service}".encode().ljust(32, b"\0")
            made = market.registry.functions.createServiceRegistration(key, name, b"ipfs://y")
            market.node.send(made, sender=number)
    market.node.finalize()
    return market


@pytest.fixture
def node(busy: Market) -> EvmNode:
    busy.node.mine(1)
    return pinned(busy.node.url)


def pinned(url: str) -> EvmNode:
    return EvmChain("eip155:1", (url,), pauses=()).head(Http(per_second=10_000), (url,))


def read(name: str, node: EvmNode) -> Facts:
    reading = READINGS[name]
    facts = reading.facts(node, Shelf(), list)
    NETWORK.check(reading, facts)
    return facts


def test_spend_is_what_was_claimed_by_recipient_and_sender(node: EvmNode, busy: Market) -> None:
    facts = read("claims", node)
    found = {(population, holder): int(amount) // ONE_FET for population, holder, amount in facts.rows.iter_rows()}
    assert found == {
        ("recipients", busy.accounts[5]): 30 + 20 + 7,
        ("recipients", busy.accounts[6]): 80,
        ("senders", busy.accounts[0]): 30 + 20,
        ("senders", busy.accounts[1]): 7 + 80,
    }
    assert facts.since is not None
    # The node mines several blocks a second.
    assert facts.since <= node.block.time


def test_deposits_are_told_apart_from_spend(node: EvmNode, busy: Market) -> None:
    rows = read("deposits", node).rows
    said = {(name, subject): int(exact) for name, subject, exact in rows.select("name", "subject", "exact").iter_rows()}
    assert said["deposits", ""] == (100 + 50 + 80 + 9) * ONE_FET
    assert said["withdrawals", ""] == 4 * ONE_FET
    assert said["escrow_balance", ""] == said["deposits", ""] - said["withdrawals", ""]
    assert said["channels", ""] == 3
    assert said["deposited", busy.accounts[1]] == 130 * ONE_FET
    assert said["deposited", busy.accounts[2]] == 9 * ONE_FET


def test_supply_is_services_by_organisation(node: EvmNode) -> None:
    found = {holder: int(amount) for _, holder, amount in read("organizations", node).rows.iter_rows()}
    hostile = "0x" + b"=cmd|'".ljust(32, b"\0").hex()
    assert found == {"snet": 3, "nunet": 1, hostile: 2}


def test_the_directory_names_owners(node: EvmNode, busy: Market) -> None:
    rows = read("directory", node).rows
    owners = dict(rows.filter(pl.col("name") == "organization_owner").select("subject", "exact").iter_rows())
    assert (owners["snet"], owners["nunet"], owners["empty"]) == tuple(busy.accounts[i] for i in (0, 1, 3))
    counts = dict(rows.filter(pl.col("subject") == "").select("name", "exact").iter_rows())
    assert counts == {"organizations": "4", "services": "6"}


def test_the_same_period_read_in_parts_and_at_once_is_the_same(node: EvmNode) -> None:
    shelf = Shelf()
    whole = events(node, Shelf(), ESCROW, CLAIMS | FUNDS, 1)
    parts = events(node, shelf, ESCROW, CLAIMS | FUNDS, 1, segment_blocks=16)
    again = events(node, shelf, ESCROW, CLAIMS | FUNDS, 1, segment_blocks=16)
    assert whole == parts == again
    assert [len(found) for found in whole.values()] == [4, 4, 1]
    assert len(shelf.made) == len(set(shelf.made)) > 3


def test_only_events_of_the_period_count(node: EvmNode) -> None:
    every = events(node, Shelf(), ESCROW, CLAIMS, 1)[CLAIM]
    later = every[1].block
    assert [event.block for event in events(node, Shelf(), ESCROW, CLAIMS, later)[CLAIM]] == [
        event.block for event in every[1:]
    ]
    period = last_blocks(node, node.block.height - later + 1)
    assert period.first == later
    assert period.since == node.ask(lambda provider: provider.block(later - 1)).time


def test_a_quiet_period_is_empty_and_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with at_their_places(tmp_path_factory.mktemp("quiet"), deployed) as (chain, _):
        chain.finalize()
        facts = claims(pinned(chain.url), Shelf())
        assert facts.empty
        check(facts, READINGS["claims"].kind)
        nothing = organizations(pinned(chain.url))
        assert nothing.empty


def test_contracts_that_are_gone_or_others_are_errors(tmp_path_factory: pytest.TempPathFactory) -> None:
    def for_another_token(chain: Anvil) -> Mapping[str, Contract]:
        return {ESCROW: chain.published("MultiPartyEscrow", chain.accounts[0])}

    with at_their_places(tmp_path_factory.mktemp("other"), for_another_token) as (chain, _):
        chain.finalize()
        with pytest.raises(SourceChanged, match="pays in"):
            claims(pinned(chain.url), Shelf())
        with pytest.raises(SourceChanged, match="does not answer listOrganizations"):
            directory(pinned(chain.url))


def test_a_claim_that_the_escrow_does_not_confirm_is_refused(node: EvmNode, busy: Market) -> None:
    """A provider's log that names another recipient than the channel has."""
    thief = busy.accounts[9]

    def lying(request: Request) -> Reply:
        question = json.loads(request.body)
        answer = requests.post(busy.node.url, json=question, timeout=60).json()
        if question["method"] == "eth_getLogs" and answer["result"]:
            answer["result"] = [{**answer["result"][0], "topics": [CLAIM, f"0x{0:064x}", f"0x{int(thief, 16):064x}"]}]
        return Reply(answer)

    with serving(lying) as url, pytest.raises(BadData, match=f"channel 0 was claimed by {thief}"):
        claims(pinned(url), Shelf())
