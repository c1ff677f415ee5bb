"""Holders of a real ERC-20 on a real EVM node: complete through every obstacle, and proved."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import requests
from web3.contract import Contract

from ingest.evm.calls import Call
from ingest.evm.holders import balances, deployed, participants, replayed, token_holders
from ingest.evm.logs import NOBODY, TRANSFER, Transfers, Wanted, segments, transfers
from ingest.evm.node import EvmChain, EvmNode
from ingest.network import Memo
from ingest.transport import Http
from store.faults import BadData, SourceChanged, SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.worlds.evm_node import CHAIN, Anvil, Shelf, anvil, gated, pinned
from tests.worlds.servers import Reply, Request, serving

pytestmark = pytest.mark.slow

# More than two questions for balances; fifty blocks hold more logs than a span that is halved asks for.
PARTIES = 2_400
TRANSFERS = 19_900
# A round number of logs in a block would be counted twice.
A_TRANSACTION = 199
ALL = 10**9


@dataclass(frozen=True)
class Chain:
    """A node whose chain has a token, and how many Transfer logs it wrote."""

    node: Anvil
    token: Contract
    logs: int

    @property
    def address(self) -> str:
        return str(self.token.address).lower()


@pytest.fixture(scope="module")
def crowd() -> Iterator[Chain]:
    """Some 20,000 transfers among 2,400 parties in about 300 blocks, all of them final; the node has full history."""
    with anvil("--hardfork", "prague", "--gas-limit", "400000000") as node:
        token = node.compiled("Token", node.accounts[0])
        for first in range(0, PARTIES, 400):
            node.send(token.functions.endow(first, 400, 10**24), gas=300_000_000)
        for seed in range(TRANSFERS // A_TRANSACTION):
            node.send(token.functions.churn(seed, A_TRANSACTION, PARTIES), gas=300_000_000)
            node.mine(2)
        node.send(token.functions.mint(node.accounts[1], 10**30))
        node.send(token.functions.burn(10**29), sender=1)
        node.finalize()
        yield Chain(node, token, PARTIES + TRANSFERS + 2)


@pytest.fixture(scope="module")
def small() -> Iterator[Chain]:
    """600 transfers among 100 parties."""
    with anvil() as node:
        token = node.compiled("Token", node.accounts[0])
        node.send(token.functions.endow(0, 100, 10**18))
        for seed in range(10):
            node.send(token.functions.churn(seed, 50, 100))
            node.mine(20)
        node.finalize()
        yield Chain(node, token, 600)


def truth(chain: Chain, node: EvmNode, holders: list[str]) -> dict[str, int]:
    """What balanceOf says, asked one by one in plain JSON-RPC: nothing of ours between the node and the number."""
    found = []
    for start in range(0, len(holders), 1000):
        batch = [
            {
                "jsonrpc": "2.0",
                "id": index,
                "method": "eth_call",
                "params": [{"to": chain.address, "data": f"0x70a08231{holder[2:]:0>64}"}, hex(node.block.height)],
            }
            for index, holder in enumerate(holders[start : start + 1000])
        ]
        replies = requests.post(chain.node.url, json=batch, timeout=60).json()
        found += [int(reply["result"], 16) for reply in sorted(replies, key=lambda reply: reply["id"])]
    return dict(zip(holders, found, strict=True))


def held(facts: Facts) -> dict[str, int]:
    check(facts, Kind.HOLDINGS, partial=True)
    return {holder: int(amount) for _, holder, amount in facts.rows.iter_rows()}


def parties(chain: Chain, count: int) -> list[str]:
    return [chain.token.functions.party(index).call().lower() for index in range(count)]


def everyone(chain: Chain, node: EvmNode) -> list[Transfers]:
    read = partial(transfers, token=chain.address)
    return list(node.logs(Wanted((chain.address,), (TRANSFER,)), 0, node.block.height, read))


def test_holders_are_complete_through_a_cap_of_fifty_blocks(crowd: Chain) -> None:
    crowd.node.mine(1)
    with gated(crowd.node.url, blocks_allowed=50) as (url, gate):
        node = pinned(url)
        facts = token_holders(crowd.address, since=0, answers_a_run=ALL)(node, Shelf())
        moves = everyone(crowd, node)
    assert gate.refused > 0
    assert sum(len(move.amount) for move in moves) == crowd.logs
    seen = {party for move in moves for party in (*move.sender, *move.receiver)} - {NOBODY}
    assert len(seen) > PARTIES
    expected = truth(crowd, node, sorted(seen))
    assert held(facts) == {holder: amount for holder, amount in expected.items() if amount}
    assert facts.reported == {"holders": crowd.token.functions.totalSupply().call()}
    assert sum(held(facts).values()) == facts.reported["holders"], "coverage is complete"


def test_a_replay_from_the_first_block_passes_its_audit(crowd: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd.node.mine(1)
    with gated(crowd.node.url, blocks_allowed=50) as (url, _):
        monkeypatch.setenv("EIP155_31337_ARCHIVE_URL", url)
        node = pinned(crowd.node.url)
        replay = token_holders(crowd.address)(node, Shelf())
    monkeypatch.delenv("EIP155_31337_ARCHIVE_URL")
    seeded = token_holders(crowd.address, since=0, answers_a_run=ALL)(node, Shelf())
    assert held(replay) == held(seeded)
    assert sum(held(replay).values()) == replay.reported["holders"]


def test_the_block_of_deployment_is_found(small: Chain) -> None:
    small.node.mine(1)
    assert deployed(pinned(small.node.url), small.address) == 1


def test_an_audit_fails_where_logs_do_not_tell_the_whole_story(small: Chain) -> None:
    """Blocks hidden behind a provider's empty answer: a sum that is wrong must never look like holders."""
    small.node.mine(1)
    session = requests.Session()

    def silent_about_old_blocks(request: Request) -> Reply:
        question = json.loads(request.body)
        if question["method"] == "eth_getLogs" and int(question["params"][0]["toBlock"], 16) > 100:
            question["params"][0]["fromBlock"] = hex(max(100, int(question["params"][0]["fromBlock"], 16)))
        return Reply(session.post(small.node.url, json=question, timeout=60).content)

    with serving(silent_about_old_blocks) as url:
        node = pinned(url)
        supply = node.call(Call(small.address, "totalSupply()"))
        with pytest.raises(BadData, match="totalSupply is"):
            replayed(node, small.address, Shelf(), segments(0, node.block.height), supply)


def test_asking_twice_changes_nothing(small: Chain) -> None:
    small.node.mine(1)
    node, shelf = pinned(small.node.url), Shelf()
    read = token_holders(small.address, since=0, answers_a_run=ALL)
    first = read(node, shelf)
    assert read(node, shelf).rows.equals(first.rows)


def test_what_one_run_leaves_the_next_one_reads() -> None:
    with anvil() as chain:
        token = chain.compiled("Token", chain.accounts[0])
        for seed in range(3):
            chain.send(token.functions.endow(10 * seed, 10, 10**18))
            chain.mine(99)
        chain.finalize()
        node, shelf = pinned(chain.url), Shelf()

        def seen(memo: Memo, answers: int) -> set[str]:
            stretches = segments(0, node.block.height, 100)
            return participants(node, str(token.address).lower(), memo, stretches, answers)

        whole = seen(Shelf(), ALL)
        assert len(whole) == 30
        runs = [seen(shelf, 2) for _ in range(4)]
    assert [len(found) for found in runs] == [10, 20, 30, 30], "the newest first, and nothing is forgotten"
    assert runs[-1] == whole
    assert sorted(shelf.made) == [f"final-transfers-{first}-{first + 99}" for first in (0, 100, 200)]


def test_a_reorganisation_after_the_last_final_block_changes_nothing() -> None:
    with anvil() as node:
        token = node.compiled("Token", node.accounts[0])
        chain = Chain(node, token, 0)
        node.send(token.functions.endow(0, 10, 10**18))
        node.finalize()
        node.send(token.functions.churn(1, 30, 10))
        height = node.w3.eth.block_number
        lost = node.w3.eth.get_block(height)["hash"]
        read = token_holders(chain.address, since=0, answers_a_run=ALL)
        before = pinned(node.url)
        facts = read(before, Shelf())
        node.ask("anvil_reorg", 3, [])
        assert node.w3.eth.get_block(height)["hash"] != lost
        again = EvmChain(CHAIN, (node.url,)).at(Http(per_second=10_000), (node.url,), before.block.height)
        assert again.block == before.block
        assert read(again, Shelf()).rows.equals(facts.rows)
        # Read at the newest block instead, the lost transfers would have been counted.
        assert held(facts) == {party: 10**18 + index for index, party in enumerate(parties(chain, 10))}


def test_a_proxy_that_cuts_lists_of_logs_without_a_word_hides_none(small: Chain) -> None:
    """Blocks of exactly a hundred logs, of fifty, and six hundred in all; no answer has more than a hundred."""

    def cut(request: Request) -> Reply:
        answer = requests.post(small.node.url, json=json.loads(request.body), timeout=60).json()
        if json.loads(request.body)["method"] == "eth_getLogs":
            answer["result"] = answer["result"][:100]
        return Reply(answer)

    small.node.mine(1)
    with serving(cut) as url:
        moves = everyone(small, pinned(url))
    assert sum(len(move.amount) for move in moves) == small.logs


def test_a_pruned_node_is_left_for_one_that_has_the_state(small: Chain, tmp_path: Path) -> None:
    small.node.mine(1)
    state = tmp_path / "state.json"
    state.write_bytes(gzip.decompress(bytes.fromhex(small.node.ask("anvil_dumpState")[2:])))
    with anvil("--load-state", str(state), "--prune-history", "3") as pruned:
        node = pinned(pruned.url, small.node.url)
        holders = sorted(participants(node, small.address, Shelf(), segments(0, node.block.height), ALL))
        assert node.endpoint == pruned.url
        assert balances(node, small.address, holders) == list(truth(small, node, holders).values())
        assert node.endpoint == small.node.url


def test_a_pruned_node_alone_is_an_error(small: Chain) -> None:
    with anvil("--prune-history", "3") as pruned:
        token = pruned.compiled("Token", pruned.accounts[0])
        pruned.finalize()
        with pytest.raises(SourceDown, match="BlockOutOfRange"):
            pinned(pruned.url).call(Call(str(token.address), "totalSupply()"))


def test_a_contract_that_is_no_token_is_an_error(small: Chain) -> None:
    small.node.mine(1)
    node = pinned(small.node.url)
    stranger = "0x" + "12" * 20
    assert node.calls([Call(stranger, "totalSupply()")]) == [()]
    with pytest.raises(SourceChanged, match="does not answer totalSupply"):
        token_holders(stranger, since=0)(node, Shelf())
    with pytest.raises(SourceDown, match=r"balanceOf\(address\) of 0x1212\w+, asked 1 times"):
        balances(node, stranger, [NOBODY])
