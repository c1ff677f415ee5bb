"""Who must agree about a block of Arweave, and what is told of whoever does not.

The chain is small and invented (tests/worlds/arweave_chain.py); its servers are real ones on loopback.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from urllib3.util import Retry

from ingest import transport
from ingest.arweave.node import ArweaveChain, ArweaveNode
from ingest.backfill import Backfill, Day, Lacking, readable
from ingest.job import due, read_network, run
from ingest.network import Network
from ingest.networks.arweave import NETWORK, PEERS
from ingest.settings import WrongSetting
from ingest.transport import Http
from store.faults import Cause, SourceDown
from store.landed import contents
from store.landing import Landing
from tests.worlds.arweave_chain import HISTORY, Small, block, entry, fake_name, letters, linked, miner, raw
from tests.worlds.servers import Raw, Reply, Request, serving

FOUND = 1_786_082_968
NOW = datetime.fromtimestamp(FOUND, UTC) + timedelta(minutes=40)
SMALL = Small(FOUND)
# Another history of as many blocks, and so another chain.
FORK = replace(SMALL, paid=[entry(miner("thief"), 10**12)] * HISTORY)
POOL, SECOND = (letters(miner(name)) for name in ("pool", "second"))
Answer = Callable[[Request], Reply | Raw]


def saying(**other: object) -> Small:
    """A server that answers one route otherwise."""
    replies = {name: told if isinstance(told, Reply) else Reply(told) for name, told in other.items()}
    return replace(SMALL, of_its_own=replies, asked=[])


@contextmanager
def at_head(gateways: Sequence[Answer], peers: Sequence[Answer], clock: datetime = NOW) -> Iterator[ArweaveNode]:
    """The chain at its newest final block, with these servers."""
    with ExitStack() as open_ones, Http(10_000, Retry(0)) as http:
        first, *others = [open_ones.enter_context(serving(one)) for one in (*gateways, *peers)]
        addresses = [first, *others]
        chain = ArweaveChain(
            "arweave.N.1", tuple(addresses[: len(gateways)]), tuple(addresses[len(gateways) :]), HISTORY, lambda: clock
        )
        yield chain.head(http, chain.endpoints)


def refused(match: str, gateways: Sequence[Answer], peers: Sequence[Answer], clock: datetime = NOW) -> None:
    with pytest.raises(SourceDown, match=match), at_head(gateways, peers, clock):
        pass


def test_a_block_is_twenty_below_the_newest_and_named_by_two_peers_and_a_gateway() -> None:
    with at_head([SMALL], [SMALL, SMALL]) as node:
        assert (node.block.height, node.block.hash) == (1_999_980, SMALL.pinned["indep_hash"])
        assert (node.block.time, node.runtime_version) == (NOW - timedelta(minutes=40), "92")
        assert node.chain_id == "arweave.N.1"
        assert "" != node.witness != node.endpoint
        history = node.history()
        assert (len(history.rewards), history.since) == (HISTORY, NOW - timedelta(minutes=40 + 2 * HISTORY))


def test_recorded_words_of_nodes_about_themselves_are_read(shared: Path) -> None:
    told = json.loads((shared / "other" / "arweave_info.json").read_text())
    releases = []
    for name in ("2023", "2025", "2026-05-07"):
        with at_head([saying(info=told[name])], [SMALL, SMALL]) as node:
            releases.append(node.runtime_version)
    assert releases == ["53", "84", "91"]


def test_a_day_costs_seven_questions_and_an_hour_none() -> None:
    gateway, one, two = (replace(SMALL, asked=[]) for _ in range(3))
    with at_head([gateway], [one, two]) as node:
        node.history()
        node.history()
    assert sorted(path.split("/")[1] for path in gateway.asked) == ["block", "block", "info"]
    assert [path.split("/")[1] for path in one.asked] == ["recent_hash_list", "block_index", "reward_history"]
    assert [path.split("/")[1] for path in two.asked] == ["recent_hash_list"]


@pytest.mark.slow
def test_of_a_day_of_hourly_runs_one_asks_seven_questions_and_the_others_none(tmp_path: Path) -> None:
    """0.3 questions an hour, where three are granted."""
    asked: list[str] = []
    known = [replace(SMALL, asked=asked)]
    spent = []

    def answer(request: Request) -> Reply:
        return known[0](request)

    with ExitStack() as open_ones, Http(10_000, Retry(0)) as http, pytest.MonkeyPatch.context() as patch:
        addresses = [open_ones.enter_context(serving(answer)) for _ in range(3)]
        patch.setenv("ARWEAVE_URL", addresses[0])
        patch.setenv("ARWEAVE_PEERS_URL", ",".join(addresses[1:]))
        chain = ArweaveChain("arweave.N.1", (), (), HISTORY, lambda: now)
        network, landing = replace(NETWORK, chain=chain), Landing(tmp_path)
        for hour in range(48):
            now = NOW + timedelta(hours=hour)
            known[0] = Small(FOUND + 3600 * hour, top=SMALL.top + 30 * hour, asked=asked)
            before = len(asked)
            outcomes = (
                read_network(network, wanted, http, landing, print) if (wanted := due(network, landing, now)) else []
            )
            assert [one.error for one in outcomes] in ([], ["", "", ""])
            spent.append(len(asked) - before)
    assert set(spent) == {0, 7}
    assert spent.count(7) == 3


# --- peers ------------------------------------------------------------------------------------------------------------


def test_two_peers_that_disagree_are_told_and_a_third_decides() -> None:
    refused(r"http://127.0.0.1:[0-9]+ and http://127.0.0.1:[0-9]+ disagree about block", [SMALL], [SMALL, FORK])
    for peers in ([FORK, SMALL, SMALL], [SMALL, FORK, SMALL]):
        with at_head([SMALL], peers) as node:
            assert node.block.hash == SMALL.pinned["indep_hash"]
            assert len(node.history().rewards) == HISTORY


def test_a_peer_alone_is_not_believed() -> None:
    refused("is one peer alone", [SMALL], [SMALL])
    refused("is one peer alone; .*answers 404 to /recent_hash_list", [SMALL], [SMALL, lambda _: Reply(b"", 404)])


def test_one_address_twice_is_one_peer() -> None:
    with serving(SMALL) as address, Http(10_000, Retry(0)) as http:
        chain = ArweaveChain("arweave.N.1", (address,), (address, f"{address}/"), HISTORY, lambda: NOW)
        with pytest.raises(SourceDown, match=r"disagree about block|one peer alone"):
            chain.head(http, [address])


def test_no_peer_and_no_gateway_are_told() -> None:
    refused("no peer is configured", [SMALL], [])
    with serving(SMALL) as one, serving(SMALL) as two, Http(10_000, Retry(0)) as http:
        chain = ArweaveChain("arweave.N.1", (), (one, two), HISTORY, lambda: NOW)
        with pytest.raises(SourceDown, match="no endpoint is configured"):
            chain.head(http, [])


def test_a_peer_a_few_blocks_behind_agrees_and_one_far_behind_does_not() -> None:
    def behind(blocks: int) -> Small:
        later = [fake_name(height) for height in range(SMALL.top - 50, SMALL.top - 50 - blocks, -1)]
        return saying(recent_hash_list=[*SMALL.recent[blocks:], *later])

    with at_head([SMALL], [SMALL, behind(4)]) as node:
        assert node.block.height == 1_999_980
    refused("disagree about block", [SMALL], [SMALL, behind(9)])


@pytest.mark.parametrize(
    "odd",
    [
        [],
        None,
        {},
        "not_joined",
        [fake_name(1)] * 50,
        SMALL.recent[:21],
        [*SMALL.recent[:49], "x"],
        [*SMALL.recent[:49], None],
    ],
)
def test_a_list_that_is_none_is_the_reason_of_its_peer(odd: object) -> None:
    refused("is one peer alone; http://127.0.0.1:[0-9]+", [SMALL], [SMALL, saying(recent_hash_list=odd)])
    with at_head([SMALL], [saying(recent_hash_list=odd), SMALL, SMALL]) as node:
        assert node.block.hash == SMALL.pinned["indep_hash"]


def test_a_list_in_another_order_is_no_chain() -> None:
    refused("disagree about block", [SMALL], [saying(recent_hash_list=SMALL.recent[::-1]), SMALL])


# --- gateways ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_gateway_that_has_another_header_is_left_for_the_next() -> None:
    lie = {**SMALL.pinned, "weave_size": "1"}
    forged = block(SMALL.height, FOUND, b"\1" * 32)
    for odd, told in (
        (lie, "do not hash to its name"),
        (forged, "asked for block"),
        ({}, "no height"),
        (Reply(b"<html>", 200), "without JSON"),
        (Reply(b"Block not found.", 404), "answers 404 to /block"),
    ):
        refused(told, [saying(block=odd)], [SMALL, SMALL])
        with at_head([saying(block=odd), SMALL], [SMALL, SMALL]) as node:
            assert node.header.weave_size == 389_381_078_163_702


def test_a_gateway_of_another_network_is_refused() -> None:
    info = json.loads(SMALL(Request("GET", "/info", {}, {}, b"")).encoded())
    refused(r"is a gateway of arweave\.N\.2", [saying(info={**info, "network": "arweave.N.2"})], [SMALL, SMALL])
    refused("no network in the answer", [saying(info={})], [SMALL, SMALL])


def test_an_old_block_and_one_ahead_of_the_clock_are_refused() -> None:
    refused("block 1999980 is of 2026-08-07", [SMALL], [SMALL, SMALL], NOW + timedelta(hours=3))
    refused("block 1999980 is of 2026-08-07", [SMALL], [SMALL, SMALL], NOW - timedelta(hours=1))


def test_a_block_that_follows_another_than_the_peers_say_is_refused() -> None:
    names = [*SMALL.recent[:21], fake_name(7), *SMALL.recent[22:]]
    peers = [saying(recent_hash_list=names)] * 2
    refused("follows another block than the peers say", [SMALL], peers)


def test_a_block_of_the_past_is_told_by_nobody() -> None:
    with Http(10_000, Retry(0)) as http, pytest.raises(SourceDown, match="of block 7 no node tells the rewards"):
        ArweaveChain("arweave.N.1", (), ()).at(http, [], 7)


# --- the history of rewards -------------------------------------------------------------------------------------------

STREAM = b"".join(SMALL.paid)
# A history that is right by itself, of a chain that nobody else has.
STOLEN = b"".join(FORK.paid)


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (Reply(b"", 404), "answers 404 to /reward_history"),
        (Reply(b"", 503), "answers 503 to /reward_history"),
        (Reply(STREAM[:-7]), "is cut off"),
        (Reply(STREAM[: len(STREAM) // 2 // 45 * 45]), r"cut off|rewards, not those"),
        (Reply(STREAM * 2), "more rewards than those of 90 blocks"),
        (Reply(STOLEN), "do not lead to the hash of the block"),
        (Reply(b""), "0 rewards, not those of 90 blocks"),
        (Reply({"error": "busy"}), "cut off"),
    ],
)
def test_a_history_that_is_none_is_the_reason_of_its_peer_and_the_next_is_asked(odd: Reply, told: str) -> None:
    with at_head([SMALL], [saying(reward_history=odd)] * 2) as node, pytest.raises(SourceDown, match=told):
        node.history()
    with at_head([SMALL], [saying(reward_history=odd), SMALL]) as node:
        assert len(node.history().rewards) == HISTORY


def test_a_peer_without_the_block_in_its_cache_is_told_to_lack_it() -> None:
    with at_head([SMALL], [saying(reward_history=Reply(b"", 404))] * 2) as node:
        with pytest.raises(SourceDown) as caught:
            node.history()
        assert {fault.cause for fault in caught.value.faults} == {Cause.LACKS}


def test_a_gateway_and_peers_that_lie_together_about_the_past_cannot_change_what_was_paid() -> None:
    """The header before the first reward is of a forger's making, and so is the history that begins with it."""
    past = FOUND - HISTORY * 120
    forged = block(SMALL.height - HISTORY, past, raw(FORK.before["reward_history_hash"]))
    assert linked(raw(forged["reward_history_hash"]), FORK.paid) != raw(SMALL.pinned["reward_history_hash"])
    known: Mapping[str, object] = {SMALL.pinned["indep_hash"]: SMALL.pinned, forged["indep_hash"]: forged}

    def gateway(request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        return Reply(known[name]) if name in known else SMALL(request)

    liar = saying(block_index=[forged["indep_hash"]], reward_history=Reply(STOLEN))
    with at_head([gateway], [liar, liar]) as node, pytest.raises(SourceDown, match="do not lead to the hash"):
        node.history()


@pytest.mark.parametrize(
    "odd", [[], [fake_name(1)], ["x"], None, [SMALL.pinned["indep_hash"]], [SMALL.before["indep_hash"]] * 2]
)
def test_a_peer_that_names_another_block_of_the_past_is_left_for_the_next(odd: object) -> None:
    with at_head([SMALL], [saying(block_index=odd)] * 2) as node, pytest.raises(SourceDown):
        node.history()
    with at_head([SMALL], [saying(block_index=odd), SMALL]) as node:
        assert node.history().since == datetime.fromtimestamp(SMALL.before["timestamp"], UTC)


# --- what a peer does to the wire -------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["recent_hash_list", "block_index", "reward_history"])
def test_a_redirect_of_a_peer_is_followed_nowhere(route: str) -> None:
    asked: list[str] = []

    def target(request: Request) -> Reply:
        asked.append(request.path)
        return SMALL(request)

    with serving(target) as other:
        away = saying(**{route: Reply(b"", 302, {"location": f"{other}/{route}"})})
        told = pytest.raises(SourceDown, match="redirects, where none is followed")
        with told, at_head([SMALL], [away, away]) as node:
            node.history()
    assert asked == []
    with at_head([SMALL], [away, SMALL, SMALL]) as node:
        assert len(node.history().rewards) == HISTORY


@pytest.mark.slow
def test_a_slow_drip_of_three_megabytes_is_left_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.3)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 3059576\r\n\r\n"

    def drips(request: Request) -> Reply | Raw:
        dripping = request.path.startswith("/reward_history")
        return Raw([head, *[b"x"] * 10_000], 0.01) if dripping else SMALL(request)

    with at_head([SMALL], [drips, SMALL]) as node:
        assert len(node.history().rewards) == HISTORY
    with at_head([SMALL], [drips, drips]) as node, pytest.raises(SourceDown, match="no whole answer within"):
        node.history()


def test_a_body_of_more_than_is_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 20_000)
    with at_head([SMALL], [saying(reward_history=Reply(bytes(30_000))), SMALL]) as node:
        assert len(node.history().rewards) == HISTORY
    told = pytest.raises(SourceDown, match="more than 0 MiB")
    with told, at_head([SMALL], [saying(reward_history=Reply(bytes(30_000)))] * 2) as node:
        node.history()


def test_peers_are_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as one, serving(SMALL) as two, Http(10_000, Retry(0)) as http:
        monkeypatch.setenv("ARWEAVE_PEERS_URL", f"{one}, {two}/")
        chain = ArweaveChain("arweave.N.1", (), PEERS, HISTORY, lambda: NOW)
        assert chain.head(http, [one]).witness == two


def test_a_variable_that_names_no_peer_is_told_before_anybody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARWEAVE_PEERS_URL", "peer.example:1984")
    wrong = pytest.raises(WrongSetting, match="ARWEAVE_PEERS_URL: address 1 must be")
    with Http(10_000, Retry(0)) as http, wrong:
        run(tmp_path, [(NETWORK, ())], http, started=NOW)


# --- nobody is believed alone -----------------------------------------------------------------------------------------


def test_whoever_has_all_of_plain_http_can_tell_nothing_that_the_gateway_does_not_know() -> None:
    """A man in the way between this machine and every peer, with a chain of his own making."""
    refused("answers 404 to /block", [SMALL], [FORK, FORK, FORK])
    invented = [saying(block_index=[fake_name(5)])] * 3
    with pytest.raises(SourceDown, match="that no gateway has"), at_head([SMALL], invented) as node:
        node.history()


def test_a_gateway_that_lies_alone_can_tell_nothing_that_the_peers_do_not_name() -> None:
    refused("answers 404 to /block", [FORK], [SMALL, SMALL])
    renamed = {**FORK.pinned, "indep_hash": SMALL.pinned["indep_hash"]}
    refused("do not hash to its name", [saying(block=renamed)], [SMALL, SMALL])


def test_what_was_told_is_forgotten_where_it_cannot_be_true() -> None:
    peer = replace(SMALL, asked=[])
    with at_head([SMALL], [peer, SMALL]) as node:
        node.history()
        node.forget()
        node.history()
    assert sum(path.startswith("/reward_history") for path in peer.asked) == 2


@contextmanager
def in_the_past(gateways: Sequence[Answer], peers: Sequence[Answer]) -> Iterator[Network]:
    """The network at these servers, whose days are half an hour of fifteen blocks, as its history is three hours."""
    with ExitStack() as open_ones:
        first, *others = [open_ones.enter_context(serving(one)) for one in (*gateways, *peers)]
        own, nodes = (first, *others)[: len(gateways)], (first, *others)[len(gateways) :]
        yield replace(NETWORK, chain=ArweaveChain("arweave.N.1", own, nodes, HISTORY, lambda: NOW, window=30))


def half_hours(network: Network, landing: Landing, many: int) -> list[Day]:
    """What became of so many half hours before the newest block."""
    step = timedelta(minutes=30)
    wanted = [
        Lacking(network, NOW - timedelta(minutes=41) - step * number, step, readable(network))
        for number in range(1, many + 1)
    ]
    with Http(10_000, Retry(0)) as http:
        return list(Backfill([network], http).read(wanted, landing))


@pytest.mark.slow
def test_who_found_the_blocks_before_a_past_day_is_proved_by_the_newest(tmp_path: Path) -> None:
    """Pool found blocks 1 to 50 of the 90, second 51 to 80, third the last ten."""
    gateway, peer, landing = replace(SMALL, asked=[]), replace(SMALL, asked=[]), Landing(tmp_path)
    with in_the_past([gateway], [peer, peer]) as network:
        days = half_hours(network, landing, 5)
    found = {
        contents(path)[0].snapshot.block.height - SMALL.before["height"]: landing.read(
            path, contents(path)[0].snapshot.key
        )
        for path in landing.files()
        if path.parent.name == "blocks"
    }
    assert {many: dict(zip(rows["holder"], map(int, rows["amount"]), strict=True)) for many, rows in found.items()} == {
        75: {POOL: 50, SECOND: 25},
        60: {POOL: 50, SECOND: 10},
        45: {POOL: 45},
    }
    assert {path.parent.name for path in landing.files()} == {"blocks", "state"}
    # Of the blocks before the thirtieth fewer are told than a day needs: whether it is the first nobody can say.
    assert "keeps no block before" in days[3].outcomes[0].message
    # One history for all days.
    assert sum("reward_history" in path for path in (*gateway.asked, *peer.asked)) == 1


def test_a_past_block_with_other_rewards_is_refused(tmp_path: Path) -> None:
    place = SMALL.before["height"] + 60
    other = block(place, SMALL.blocks[place]["timestamp"], linked(b"another", SMALL.paid[:60]))
    lying = replace(SMALL, asked=[])
    vars(lying)["blocks"] = {**SMALL.blocks, place: other}
    with in_the_past([lying], [lying, lying]) as network:
        days = half_hours(network, Landing(tmp_path), 2)
    assert [day.height for day in days] == [SMALL.before["height"] + 75, None]
    assert "has other rewards than block" in days[1].outcomes[0].message
