"""One answer of one slot, proved by its genesis, its clock and a second endpoint; whatever else comes is told."""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.job import read_network
from ingest.network import Memo, Network
from ingest.networks import grass, ionet, render
from ingest.solana.accounts import CLOCK, SLICE, TOKEN, TOKEN_2022, programdata
from ingest.solana.control import Watched, look
from ingest.solana.node import MOST_ACCOUNTS, Solana, SolanaChain
from ingest.transport import Http
from store.faults import Cause, SourceDown
from store.landed import contents
from store.landing import Landing
from tests.worlds.good import good
from tests.worlds.servers import Reply, Request, serving
from tests.worlds.solana_server import GENESIS, NOW, SLOT, Cluster, account, extended, key, mint, program, token

MINT, MINTER = key(60), key(61)
WATCHED = Watched(MINT)
ACCOUNTS = token(MINT, MINTER)
BATCH = ["getGenesisHash", "getMultipleAccounts", "getLatestBlockhash"]
WITNESS = ["getGenesisHash", "getBlock", "getMultipleAccounts"]
BLOCK = ["getBlock"]


def cluster(**of: Any) -> Cluster:
    return Cluster(ACCOUNTS.get, **of)


def led_to(*met: str) -> Memo:
    """What a run of before has kept: the accounts to which the token led."""
    return lambda _, __: pl.DataFrame({"address": met}, schema={"address": pl.String})


BEFORE = led_to(MINTER)


@contextmanager
def heads(*servers: Callable[[Request], Reply], memo: Memo = BEFORE) -> Iterator[Solana]:
    """The chain at these servers, which has been read before."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(server)) for server in servers]
        http = stack.enter_context(Http(10_000, Retry(0)))
        yield SolanaChain(GENESIS, (), WATCHED, clock=lambda: NOW).head_from(http, addresses, memo)


def refused(*servers: Callable[[Request], Reply], **of: Any) -> SourceDown:
    with pytest.raises(SourceDown) as error, heads(*servers, **of):
        pass
    return error.value


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_all_is_asked_in_one_request_where_the_last_run_was_led_to_the_same() -> None:
    server = cluster()
    with heads(server) as node:
        assert (node.block.height, node.block.hash, node.block.time) == (SLOT, server.hash(SLOT), NOW)
        assert (node.chain_id, node.witness) == ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "")
        assert node.accounts[MINT] == ACCOUNTS[MINT]
    assert server.asked == [BATCH]


def test_without_a_run_before_an_authority_costs_one_more() -> None:
    server = cluster()
    with serving(server) as address, Http(10_000, Retry(0)) as http:
        chain = SolanaChain(GENESIS, (), WATCHED, clock=lambda: NOW)
        assert chain.head(http, [address]).block.height == SLOT
    assert server.asked == [BATCH, BATCH]


def test_an_hour_costs_one_request_and_one_more_where_an_authority_has_changed(tmp_path: Path) -> None:
    accounts = dict(ACCOUNTS)
    first, second = Cluster(accounts.get), Cluster(accounts.get)
    minters = []
    for minter in (MINTER, MINTER, key(62), key(62), MINTER):
        accounts[MINT] = account(TOKEN, mint(minter))
        with heads(first, second, memo=Landing(tmp_path).parts.lasting(("token", "solana", "head"))) as node:
            assert node.witness
            minters.append(sorted(node.accounts.keys() - WATCHED.addresses))
    # What nothing leads to any more is asked for no longer, and told nowhere.
    assert minters == [[MINTER], [MINTER], [key(62)], [key(62)], [MINTER]]
    # The first hour, and that of each change.
    assert len(first.asked) == 5 + 1 + 2
    assert second.asked == [WITNESS] * 5


@pytest.mark.parametrize(
    "kept", [[key(place) for place in range(300, 300 + MOST_ACCOUNTS)], [CLOCK, MINT, MINTER], [key(63)]]
)
def test_what_is_kept_is_never_believed(kept: list[str]) -> None:
    """Too much, what is known anyway, and what is wrong: all that is told follows from the mint."""
    with heads(cluster(), memo=led_to(*kept)) as node:
        assert node.accounts.keys() == {*WATCHED.addresses, MINTER}
        assert look(WATCHED, node.accounts).powers == {"token/minter": (MINTER,)}


def test_a_torn_memory_is_made_again(tmp_path: Path) -> None:
    for _ in range(2):
        with heads(cluster(), memo=Landing(tmp_path).parts.lasting(("token", "solana", "head"))):
            (path,) = tmp_path.rglob("*.parquet")
        path.write_bytes(b"torn")


def test_a_second_endpoint_is_asked_once() -> None:
    first, second = cluster(), cluster(slot=SLOT + 9, time=NOW + timedelta(seconds=4))
    with heads(first, second) as node:
        assert node.witness
    assert (first.asked, second.asked) == ([BATCH], [WITNESS])


def test_the_block_is_asked_for_by_its_slot_where_another_one_is_newest_meanwhile() -> None:
    server = cluster(ahead=2)
    with heads(server) as node:
        assert node.block.hash == server.hash(SLOT)
    assert server.asked == [BATCH, BLOCK]


@pytest.mark.parametrize("network", [render.NETWORK, ionet.NETWORK, grass.NETWORK], ids=lambda one: one.name)
def test_an_hour_of_a_network_costs_one_request_and_one_to_a_witness(network: Network[Any], tmp_path: Path) -> None:
    """And one more the first time."""
    worlds, counted = [good(network, blocks_ago=1), good(network)], [Counter[str](), Counter[str]()]
    hour = 0

    def asked(request: Request) -> Reply:
        counted[hour][request.headers["host"]] += 1
        return worlds[hour].answer(request)

    readings = [one for one in network.readings if one.headline]
    with serving(asked) as one, serving(asked) as other, Http(10_000) as http, pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"{network.name.upper()}_URL", f"{one},{other}")
        for hour in range(2):
            outcomes = read_network(worlds[hour].network, readings, http, Landing(tmp_path), lambda _: None)
            assert [outcome.error for outcome in outcomes] == [""] * 3
    assert [sorted(each.values()) for each in counted] == [[1, 2], [1, 1]]
    landed = [each.snapshot for path in Landing(tmp_path).files() for each in contents(path)]
    assert {(each.endpoint, each.witness) for each in landed} == {(one, other)}
    assert len({each.block.height for each in landed}) == 2


# --- what is no answer ------------------------------------------------------------------------------------------------


def told(**spoil: Callable[[Any], Any]) -> Cluster:
    return cluster(spoil=spoil)


def with_value(change: Callable[[list[Any]], Any]) -> Cluster:
    return told(getMultipleAccounts=lambda found: {**found, "value": change(found["value"])})


def with_account(place: int, **fields: Any) -> Cluster:
    """One account of the answer, by its place, says something else."""
    return with_value(lambda found: [*found[:place], {**found[place], **fields}, *found[place + 1 :]])


# Places of accounts in the answer: the clock, the mint, its program, that one's code, and the mint's authority.
LIES: Mapping[str, tuple[Cluster, str]] = {
    "a node of another chain": (cluster(genesis=key(9)), "is a node of another chain: its genesis is"),
    "a truncated list": (with_value(lambda found: found[:-1]), "asked for 5 accounts, got 4"),
    "a list with more": (with_value(lambda found: [*found, None]), "asked for 5 accounts, got 6"),
    "another order": (with_value(lambda found: [*found[1:], found[0]]), "belongs to"),
    "no list": (told(getMultipleAccounts=lambda found: {**found, "value": {}}), "value is no list"),
    "no slot": (told(getMultipleAccounts=lambda found: {"value": found["value"]}), "no context.slot"),
    "another slot": (
        told(getMultipleAccounts=lambda found: {**found, "context": {**found["context"], "slot": SLOT - 1}}),
        "has the clock of another",
    ),
    "a slot below nought": (
        told(getMultipleAccounts=lambda found: {**found, "context": {**found["context"], "slot": -1}}),
        "context.slot is -1",
    ),
    "no clock": (with_value(lambda found: [None, *found[1:]]), "the clock .* is not there"),
    "no mint": (with_value(lambda found: [found[0], None, *found[2:]]), f"the mint {MINT} is not there"),
    "no program": (with_value(lambda found: [*found[:2], None, *found[3:]]), f"the program {TOKEN} is not there"),
    "no code": (
        with_value(lambda found: [*found[:3], None, found[4]]),
        f"code of {TOKEN} at {programdata(TOKEN)} is not there",
    ),
    "a mint of another owner": (with_account(1, owner=key(8)), f"{MINT} belongs to {key(8)}"),
    "an owner that is no address": (with_account(1, owner="nobody"), "an account belongs to 'nobody'"),
    "a length that lies": (with_account(1, space=83), "an account of 83 bytes came with 82, 83 were asked for"),
    "a slice that lies": (with_account(3, space=9), f"an account of 9 bytes came with {SLICE}"),
    "no length": (with_account(1, space=None), "space is no number"),
    "another encoding": (with_account(1, data=["", "base58"]), "in 'base58'"),
    "bytes that are no base64": (with_account(1, data=["%%%", "base64"]), "is no base64"),
    "bytes that are no pair": (with_account(1, data="AAAA"), "the bytes of an account are"),
    "an account that is a text": (with_value(lambda found: [found[0], "closed", *found[2:]]), "no owner"),
    "no hash": (
        told(getLatestBlockhash=lambda found: {**found, "value": {"blockhash": "0x00"}}),
        "'0x00' is no hash of a block",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_and_another_endpoint_is_asked(lie: str) -> None:
    server, why = LIES[lie]
    with pytest.raises(SourceDown, match=why), heads(server):
        pass
    honest = cluster()
    with heads(server, honest) as node:
        assert node.accounts[MINT] == ACCOUNTS[MINT]
        assert node.block.hash == honest.hash(SLOT)
        assert honest.asked[0] == BATCH


@pytest.mark.parametrize("seconds", [301, -61])
def test_a_clock_that_is_not_now_is_told(seconds: int) -> None:
    error = refused(cluster(time=NOW - timedelta(seconds=seconds)))
    assert "is at slot 400000000 of 2026-11-30" in str(error)
    assert [fault.cause for fault in error.faults] == [Cause.BEHIND]


def test_a_time_beyond_all_years_is_told() -> None:
    def late(found: Any) -> Any:
        clock = dict(found["value"][0])
        clock["data"] = [b64encode(SLOT.to_bytes(8, "little") + b"\xff" * 32).decode(), "base64"]
        return {**found, "value": [clock, *found["value"][1:]]}

    assert "seconds after 1970" in str(refused(told(getMultipleAccounts=late)))


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (-32005, "Node is behind by 42 slots", Cause.BEHIND),
        (-32016, "Minimum context slot has not been reached", Cause.BEHIND),
        (-32601, "Method not found", Cause.LACKS),
        (-32602, "Too many inputs provided; max 5", Cause.DOWN),
        (429, "Too many requests for a specific RPC call", Cause.REFUSES),
        (-31999, "the moon is in the wrong house", Cause.DOWN),
    ],
)
@pytest.mark.parametrize("method", BATCH)
def test_what_a_node_refuses_is_its_reason_and_the_next_is_asked(
    method: str, code: int, text: str, cause: Cause
) -> None:
    server = cluster(refusals={method: (code, text)})
    error = refused(server)
    assert f"{method}: {code} {text}" in str(error)
    assert [fault.cause for fault in error.faults] == [cause]
    with heads(server, cluster()) as node:
        assert node.block.height == SLOT


@pytest.mark.parametrize("code", [-32004, -32007, -32009])
def test_a_slot_without_a_block_is_told_and_the_next_endpoint_asked(code: int) -> None:
    server = cluster(ahead=1, refusals={"getBlock": (code, f"Slot {SLOT} was skipped, or missing")})
    error = refused(server)
    assert f"getBlock: {code} Slot {SLOT} was skipped" in str(error)
    assert [fault.cause for fault in error.faults] == [Cause.LACKS]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (
            Reply({"jsonrpc": "2.0", "error": {"code": -32600, "message": "batches are not for you"}, "id": None}),
            "not for",
        ),
        (Reply({"jsonrpc": "2.0", "error": {"code": 429, "message": "slow down"}}, 429), "slow down"),
        (Reply(b"<html>", 403), "answered 403 without JSON"),
        (Reply([]), "no answers to these 3 questions"),
        (Reply([{"jsonrpc": "2.0", "id": 0, "result": GENESIS}] * 3), "no answers to these 3 questions"),
        (Reply([{"jsonrpc": "2.0", "id": True, "result": 1}, 7, None]), "no id in the answer"),
        (Reply([{"jsonrpc": "2.0", "id": place} for place in range(3)]), "no result"),
        (Reply({}), "is no list"),
        (Reply([{"jsonrpc": "2.0", "id": place, "error": "no"} for place in range(3)]), "None no"),
    ],
)
def test_what_is_no_answer_to_the_questions_is_told(reply: Reply, why: str) -> None:
    assert why in str(refused(lambda _: reply))


# --- two endpoints ----------------------------------------------------------------------------------------------------


def test_two_endpoints_with_other_blocks_disagree_and_a_third_decides() -> None:
    forked = cluster()
    forked.hash = lambda slot: key(slot % 1_000 + 7)  # type: ignore[method-assign]
    assert f"disagree about block {SLOT}" in str(refused(forked, cluster()))
    honest = cluster()
    with heads(forked, honest, cluster()) as node:
        assert node.block.hash == honest.hash(SLOT)


def test_two_endpoints_with_other_keys_disagree_and_a_third_decides() -> None:
    lying = Cluster({**ACCOUNTS, MINT: account(TOKEN, mint(key(99)))}.get)
    assert f"disagree about block {SLOT}: other keys" in str(refused(lying, cluster()))
    with heads(lying, cluster(), cluster()) as node:
        assert node.accounts[MINT] == ACCOUNTS[MINT]


@pytest.mark.parametrize(
    "other",
    [
        {MINT: account(TOKEN_2022, extended([(26, bytes(32) + b"\1")], minter=MINTER)), **program(TOKEN_2022)},
        {MINT: account(TOKEN, mint(MINTER, decimals=3))},
    ],
)
def test_two_endpoints_that_tell_of_another_token_disagree(other: Any) -> None:
    lying = Cluster({**ACCOUNTS, **other}.get)
    assert f"disagree about block {SLOT}: other keys" in str(refused(lying, cluster()))


def test_a_supply_that_grew_meanwhile_is_no_disagreement() -> None:
    later = Cluster({**ACCOUNTS, MINT: account(TOKEN, mint(MINTER, supply=10**15 + 7))}.get, slot=SLOT + 3)
    with heads(cluster(), later) as node:
        assert node.witness


@pytest.mark.parametrize(
    "other",
    [
        cluster(slot=SLOT - 1),
        cluster(genesis=key(5)),
        cluster(refusals={"getBlock": (-32009, "missing in long-term storage")}),
        with_value(lambda found: found[:2]),
        lambda _: Reply(b"", 500),
        told(getMultipleAccounts=lambda found: {**found, "context": {**found["context"], "slot": 5}}),
    ],
)
def test_one_that_is_behind_or_lacks_the_block_is_no_witness(other: Callable[[Request], Reply]) -> None:
    with heads(cluster(), other) as node:
        assert (node.block.height, node.witness) == (SLOT, "")
    third = cluster()
    with heads(cluster(), other, third) as node:
        assert node.witness
    assert third.asked == [WITNESS]


# --- what follows -----------------------------------------------------------------------------------------------------


def test_no_node_has_past_states() -> None:
    with Http(10_000) as http, pytest.raises(SourceDown, match="have no state of slot 7 any more"):
        SolanaChain(GENESIS, ("http://127.0.0.1:9",), WATCHED).at(http, ["http://127.0.0.1:9"], 7)


def test_what_is_asked_anew_counts_only_where_it_is_of_the_same_slot() -> None:
    server = cluster()
    with heads(server) as node:
        node.forget()
        assert node.accounts[MINT] == ACCOUNTS[MINT]
        assert server.asked == [BATCH, BATCH]
        node.forget()
        server.slot += 1
        with pytest.raises(SourceDown, match="is at slot 400000001 by now, not at 400000000"):
            _ = node.accounts


def test_accounts_that_lead_to_ever_more_end_in_an_error() -> None:
    """Invented: each time another address mints."""
    turns: list[int] = []

    def accounts(address: str) -> Any:
        if address == MINT:
            turns.append(len(turns))
            return account(TOKEN, mint(key(1_000 + len(turns))))
        return ACCOUNTS.get(address)

    server = Cluster(accounts)
    assert "lead to others each time" in str(refused(server))
    assert len(server.asked) == 10


def test_a_code_of_megabytes_is_asked_for_by_its_first_bytes_alone() -> None:
    place = programdata(TOKEN)
    code = program(TOKEN, key(3))[place]
    large = {**ACCOUNTS, place: account(code.owner, code.data.ljust(2**20, b"\0"))}
    with heads(Cluster(large.get)) as node:
        found = node.accounts[place]
    assert found
    assert (len(found.data), found.space) == (SLICE, 2**20)
