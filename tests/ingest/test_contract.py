"""One odd answer never matters: the contract of every reading of every network, found by itself.

The worlds and the faults are invented; how a spoiled answer is made, and what it may lead to, stand in
tests/worlds/spoiled.py and tests/worlds/contract.py.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from urllib3.util import Retry

from ingest.arweave.node import ArweaveNode
from ingest.cosmos.lcd import VALIDATORS, Lcd
from ingest.dictionary import tells, unlisted
from ingest.evm.calls import Call
from ingest.evm.node import EvmNode
from ingest.filecoin.chain import FilecoinNode
from ingest.job import read_network
from ingest.network import DAILY, Network, Reading
from ingest.networks import networks
from ingest.offchain.feed import Feed
from ingest.solana.accounts import SYSTEM
from ingest.solana.node import Solana
from ingest.substrate.node import Substrate
from ingest.transport import Http
from store.rows import Facts, Kind, frame, observation
from tests.worlds.arweave_chain import HISTORY
from tests.worlds.contract import DOWN, Breach, Clean, Shelf, breaches, cases, clean, of_others
from tests.worlds.families import uncovered
from tests.worlds.made_up import NETWORK as MADE_UP
from tests.worlds.made_up import TOKEN
from tests.worlds.servers import serving
from tests.worlds.spoiled import FAULTS, Asked, question, spoiled

pytestmark = pytest.mark.wide

READ = {name: network for name, network in networks().items() if network.readings}
ALL = {**READ, "made_up": MADE_UP}
ELSEWHERE = of_others(READ.values())


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What a run logs of faults is looked at elsewhere; here it would be kept for each of thousands of cases.

    What stands in the environment is gone through for every text that is told.
    """
    caplog.set_level("CRITICAL")
    with patch.dict(os.environ, clear=True):
        yield


@pytest.fixture(autouse=True)
def listed() -> None:
    """Whether facts are in the dictionary is asked of the clean run alone."""


@pytest.mark.parametrize("name", ALL)
def test_a_good_world_answers_every_question_of_every_reading(name: str, tmp_path: Path) -> None:
    for reading in ALL[name].readings:
        found = clean(ALL[name], reading, tmp_path)
        assert found.unanswered() == [], reading.name
        assert unlisted(tells(reading), reading.kind, found.landed[reading.name].rows) == [], reading.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_one_odd_answer_never_matters(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tried = [told for case in cases(ALL[name], tmp_path, ELSEWHERE.get(name, ())) for told in breaches(*case)]
    found = [told for told in tried if told]
    shorter = sum(not told.provable for told in found)
    record_property("tried", f"{name}: {len(tried):,} runs with a spoiled answer, {shorter} short unprovably")
    assert len(tried) > 20
    assert [str(told) for told in found if told.provable] == []


# --- readings that trust what they are told ---------------------------------------------------------------------------


def as_it_comes(told: Any) -> Any:
    """A judge that judges nothing."""
    return told


def trusting_lcd(node: Lcd) -> Facts:
    """Indexes the JSON, and takes the rows that it gets."""
    rows = node.get(VALIDATORS, as_it_comes, {"pagination.limit": "61"})["validators"]
    return Facts(frame(Kind.OBSERVATIONS, [observation("validators", node.block.time, len(rows), "")]))


def trusting_substrate(node: Substrate) -> Facts:
    """Takes the keys of a page for all that there are."""
    prefix = "0x" + node.metadata.item("System", "Account").prefix.hex()
    keys = node.ask(lambda ask: ask("state_getKeysPaged", prefix, 61, prefix, node.block.hash))
    return Facts(frame(Kind.OBSERVATIONS, [observation("accounts", node.block.time, len(keys), "")]))


def trusting_evm(node: EvmNode) -> Facts:
    """Takes whatever word a provider answers."""
    told = node.ask(lambda provider: provider.result("eth_getStorageAt", TOKEN, "0x0", "latest"))
    return Facts(frame(Kind.OBSERVATIONS, [observation("slot", node.block.time, int(told, 16), "")]))


def trusting_filecoin(node: FilecoinNode) -> Facts:
    """Takes whatever a miner is said to have."""
    told = node.ask([node.state("StateMinerPower", "f061")], as_it_comes)[0]
    return Facts(frame(Kind.OBSERVATIONS, [observation("power", node.block.time, str(told), "")]))


def trusting_feed(feed: Feed) -> Facts:
    """Takes a body as it comes."""
    rows = feed.get("/v1/providers", as_it_comes)
    return Facts(frame(Kind.OBSERVATIONS, [observation("providers", feed.block.time, len(rows), "")]))


def trusting_weave(node: ArweaveNode) -> Facts:
    """Takes whatever blocks a peer names."""
    height = node.block.height - HISTORY
    rows = node.from_peer(f"/block_index/{height}/{height}", as_it_comes).json()
    return Facts(frame(Kind.OBSERVATIONS, [observation("blocks", node.block.time, len(rows), "")]))


def trusting_solana(node: Solana) -> Facts:
    """Takes the transactions of a list for all that there are."""
    rows = node.ask("getSignaturesForAddress", [SYSTEM, {"limit": 61}], as_it_comes)
    return Facts(frame(Kind.OBSERVATIONS, [observation("transactions", node.block.time, len(rows), "")]))


# Of each protocol a reading that trusts, a word of its question, and faults by which it is found out beside others.
TRUSTING: dict[str, tuple[Callable[[Any], Facts], str, set[str]]] = {
    "akash": (trusting_lcd, "limit=61", {"{}", "duplicates"}),
    "bittensor": (trusting_substrate, " 61,", {"null", "{}", "text", "duplicates"}),
    "fet": (trusting_evm, "getStorageAt", {"null", "{}", "[]", "text"}),
    "filecoin": (trusting_filecoin, "f061", {"null", "{}"}),
    "akash_console": (trusting_feed, "providers", {"null", "{}", "text", "duplicates"}),
    "arweave": (trusting_weave, "block_index", {"null", "{}", "text", "duplicates"}),
    "grass": (trusting_solana, " 61}", {"null", "{}", "text", "duplicates"}),
}


def test_a_reading_that_trusts_is_tried_of_every_family() -> None:
    assert uncovered({type(READ[name].chain) for name in TRUSTING}, "reading that trusts") == []


def with_only(name: str, read: Callable[[Any], Facts]) -> tuple[Network, Reading]:
    """A copy of a network whose one reading is this."""
    one = Reading("trusting", Kind.OBSERVATIONS, None, "", DAILY, read, others=("<word>",))
    return replace(READ[name], address="", readings=(one,)), one


def broken(name: str, read: Callable[[Any], Facts], word: str, folder: Path) -> list[Breach]:
    """How the reading breaks the contract at the answer to its own question."""
    network, reading = with_only(name, read)
    found = clean(network, reading, folder)
    (own,) = (one for one in found.asked.values() if word in " ".join(question(one.request)))
    tried = (told for fault in FAULTS for told in breaches(found, own, fault))
    return [told for told in tried if told and told.provable]


@pytest.mark.parametrize("name", TRUSTING)
def test_a_reading_without_judgement_fails(name: str, tmp_path: Path) -> None:
    read, word, by = TRUSTING[name]
    found = broken(name, read, word, tmp_path)
    assert by <= {told.fault for told in found}
    assert {told.setting for told in found} == {"alone", "with a good one"}


def unknown_lcd(node: Lcd) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [node.get("/a/new/module", as_it_comes)]))


def unknown_evm(node: EvmNode) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [node.call(Call(TOKEN, "newFunction()"))]))


def unknown_substrate(node: Substrate) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [node.ask(lambda ask: ask("a_new_method"))]))


def unknown_weave(node: ArweaveNode) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [node.from_peer("/a/new/route", as_it_comes)]))


def unknown_filecoin(node: FilecoinNode) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [node.ask([("ANewMethod", ())], as_it_comes)]))


def unknown_feed(feed: Feed) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [feed.get("/a/new/path", as_it_comes)]))


def unknown_solana(node: Solana) -> Facts:
    return Facts(frame(Kind.OBSERVATIONS, [node.ask("getNewThing", [], as_it_comes)]))


@pytest.mark.parametrize(
    ("name", "read", "told"),
    [
        ("akash", unknown_lcd, "/a/new/module"),
        ("fet", unknown_evm, r"newFunction\(\)"),
        ("bittensor", unknown_substrate, "a_new_method"),
        ("filecoin", unknown_filecoin, "ANewMethod"),
        ("akash_console", unknown_feed, "/a/new/path"),
        ("arweave", unknown_weave, "/a/new/route"),
        ("grass", unknown_solana, "getNewThing"),
    ],
)
def test_a_question_that_no_good_world_answers_is_named(
    name: str, read: Callable[[Any], Facts], told: str, tmp_path: Path
) -> None:
    network, reading = with_only(name, read)
    with pytest.raises(LookupError, match=f"{name} trusting at its good world: .*{told}"):
        clean(network, reading, tmp_path)


# --- the same over sockets --------------------------------------------------------------------------------------------

OVER_SOCKETS = {
    "akash": "validators",
    "arweave": "blocks",
    "bittensor": "balances",
    "fet": "supply",
    "filecoin": "power",
    "grass": "supply",
    "akash_console": "capacity",
}


def over_sockets(found: Clean, asked: Asked, folder: Path) -> tuple[str, Shelf]:
    """What becomes of the reading at a spoiled server that listens."""
    server = spoiled(asked, FAULTS[4])
    assert server
    shelf = Shelf(folder, found.before)
    with (
        pytest.MonkeyPatch.context() as patch_,
        serving(server) as address,
        Http(10_000, Retry(0)) as http,
    ):
        name = found.good.network.name.upper()
        patch_.setenv(f"{name}_URL", address)
        # Of peers two must agree: one server under two names.
        patch_.setenv(f"{name}_PEERS_URL", f"{address},{address.replace('127.0.0.1', 'localhost')}")
        *_, outcome = read_network(found.good.network, [found.reading], http, shelf, lambda _: None)
    return outcome.error, shelf


@pytest.mark.parametrize("name", OVER_SOCKETS)
def test_over_sockets_a_spoiled_answer_is_what_it_is_within_the_process(name: str, tmp_path: Path) -> None:
    (reading,) = (one for one in READ[name].readings if one.name == OVER_SOCKETS[name])
    found = clean(READ[name], reading, tmp_path)
    largest = max(found.asked.values(), key=lambda one: len(one.reply.encoded()))
    error, shelf = over_sockets(found, largest, tmp_path)
    assert error in DOWN
    assert shelf.newest_facts == {}
