"""Against a real subtensor runtime (spec 218): what our client reads is what independent decoders and the runtime say.

Storage is compared with async-substrate-interface, runtime calls with @polkadot/api, stake and consensus weight with
the runtime's own answers after putting positions and child keys into its state.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from async_substrate_interface.sync_substrate import SubstrateInterface

from ingest.bittensor.chain import balances
from ingest.bittensor.positions import positions
from ingest.bittensor.subnets import spelled
from ingest.bittensor.validators import consensus_weights
from ingest.endpoints import Unconfirmed
from ingest.substrate import columns
from ingest.substrate.metadata import Metadata, metadata
from ingest.substrate.node import Substrate, SubstrateChain, encoded, listed
from ingest.substrate.rpc import NotServed, unhexed
from ingest.substrate.scale import Cursor, compact
from ingest.transport import Http
from store.addresses import address, ss58, unss58
from store.faults import SourceDown
from store.impossible import check
from store.rows import Kind
from tests.worlds.bittensor_world import account, u, vec
from tests.worlds.memo import no_memo
from tests.worlds.substrate_server import blob
from tests.worlds.subtensor_node import ask, polkadot, subtensor

pytestmark = pytest.mark.slow

# The specification of raonet (2025-02-13): what a person can look up in the file itself.
SPEC, ACCOUNTS, ISSUANCE = 218, 202, 20_100_000_000_000
PALLET = "SubtensorModule"
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
LONG_AGO = timedelta(days=36_500)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with subtensor(tmp_path_factory.mktemp("subtensor")) as base:
        yield base


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(per_second=1e6) as session:
        yield session


@pytest.fixture
def chain(url: str) -> SubstrateChain:
    return SubstrateChain(ask(url, "chain_getBlockHash", 0)["result"], (url,), oldest_head=LONG_AGO)


@pytest.fixture
def head(url: str, http: Http, chain: SubstrateChain) -> Substrate:
    return chain.head(http, [url])


@pytest.fixture
def theirs(url: str) -> Iterator[SubstrateInterface]:
    # It hangs when a warning becomes an error in its receiving thread.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with SubstrateInterface(url.replace("http", "ws"), ss58_format=42) as interface:
            yield interface


def test_head_hash_time_and_runtime_are_the_nodes(url: str, head: Substrate, theirs: SubstrateInterface) -> None:
    assert head.block.hash == theirs.get_chain_finalised_head() == ask(url, "chain_getFinalizedHead")["result"]
    assert head.block.height == theirs.get_block_number(head.block.hash) == 1
    moment: Any = theirs.query("Timestamp", "Now", block_hash=head.block.hash)
    assert head.block.time.timestamp() * 1000 == moment
    assert head.spec_version == theirs.get_block_runtime_version_for(head.block.hash) == SPEC


def test_a_head_of_another_time_is_refused_by_default(url: str, http: Http, chain: SubstrateChain) -> None:
    with pytest.raises(SourceDown, match="is at block 1"):
        SubstrateChain(chain.genesis, (url,)).head(http, [url])


def test_metadata_v14_and_v15_describe_the_same_storage_as_the_other_decoder_sees(
    url: str, head: Substrate, theirs: SubstrateInterface
) -> None:
    newer = head.metadata
    older = metadata(unhexed(ask(url, "state_getMetadata", head.block.hash)["result"], "metadata"))
    assert (older.version, newer.version) == (14, 15)
    seen = theirs.get_metadata_storage_functions(block_hash=head.block.hash)
    maps = [item for item in seen if item["type_class"] != "Plain"]
    told = {(item["module_id"], item["storage_name"]): tuple(item["type_hashers"]) for item in maps}
    for ours in (older, newer):
        assert told == {key: item.hashers for key, item in ours.items.items() if item.hashers}
    assert older.types.width(older.item(PALLET, "Alpha").value) == 8


def test_a_paged_map_has_the_rows_of_the_other_decoder(head: Substrate, theirs: SubstrateInterface) -> None:
    ours = head.rows("System", "Account")
    found = theirs.query_map("System", "Account", block_hash=head.block.hash, page_size=1000)
    expected = {ss58_text: value["data"] for ss58_text, value in found}
    accounts = [ss58(bytes.fromhex(address[2:])) for address in columns.addresses(ours.keys[0])]
    free, flags = ours.values["data"]["free"].tolist(), columns.whole(ours.values["data"]["flags"])
    assert len(ours) == len(expected) == ACCOUNTS
    for place, holder in enumerate(accounts):
        assert (free[place], flags[place]) == (expected[holder]["free"], expected[holder]["flags"])


def test_computed_keys_and_their_values_are_those_of_the_other_decoder(
    head: Substrate, theirs: SubstrateInterface
) -> None:
    key = unss58(ALICE)
    asked: list[tuple[str, str, list[Any], tuple[Any, ...]]] = [
        ("Balances", "TotalIssuance", [], ()),
        (PALLET, "Tempo", [1], (1,)),
        (PALLET, "Kappa", [1], (1,)),
        (PALLET, "SubnetMechanism", [1], (1,)),
        (PALLET, "Delegates", [ALICE], (key,)),
        (PALLET, "TotalHotkeyAlpha", [ALICE, 1], (key, 1)),
        (PALLET, "Alpha", [ALICE, ALICE, 1], (key, key, 1)),
        (PALLET, "SubnetTAO", [1], (1,)),
        (PALLET, "MaxDelegateTake", [], ()),
    ]
    for pallet, name, their_key, our_key in asked:
        item = head.metadata.item(pallet, name)
        parts = [encoded(part, head.metadata.types.width(kind)) for part, kind in zip(our_key, item.keys, strict=True)]
        made = theirs.create_storage_key(pallet, name, their_key, block_hash=head.block.hash)
        assert "0x" + item.key(*parts).hex() == made.to_hex()
        assert head.value(pallet, name, *our_key) == theirs.query(pallet, name, their_key, block_hash=head.block.hash)
    senate = theirs.query("SenateMembers", "Members", block_hash=head.block.hash)
    assert [ss58(member) for member in head.value("SenateMembers", "Members")] == list(senate)


def test_runtime_calls_read_as_the_other_library_reads_them(url: str, head: Substrate) -> None:
    told = polkadot(url, ALICE)
    assert ["0x" + key.hex() for key in head.call("AuraApi_authorities")] == [
        address(text).canonical for text in told["AuraApi_authorities"]
    ]
    votes = [[spelled(key), weight] for key, weight in head.call("GrandpaApi_grandpa_authorities")]
    assert votes == told["GrandpaApi_grandpa_authorities"]
    numbers = ("GrandpaApi_current_set_id", "AuraApi_slot_duration")
    for name in (*numbers, "SubnetRegistrationRuntimeApi_get_network_registration_cost"):
        assert head.call(name) == told[name]
    assert head.call("AccountNonceApi_account_nonce", unss58(ALICE)) == told["AccountNonceApi_account_nonce"]
    # This runtime wraps its richer answers in bytes, which metadata cannot explain: they are not relied on.
    for name in ("DelegateInfoRuntimeApi_get_delegates", "SubnetInfoRuntimeApi_get_subnets_info_v2"):
        # Theirs leaves the length before the bytes.
        assert "0x" + (compact(len(head.call(name))) + head.call(name)).hex() == told[name]
        assert not head.answers(name)


def test_balances_are_whole_and_equal_the_chains_issuance(head: Substrate) -> None:
    facts = balances(head, no_memo)
    check(facts, Kind.HOLDINGS)
    assert facts.reported == {"coldkeys": ISSUANCE}


def test_errors_of_the_real_node_map_to_ours(url: str, http: Http, chain: SubstrateChain, head: Substrate) -> None:
    with pytest.raises(Unconfirmed, match="Method not found"):
        head.ask(lambda asked: asked("state_noSuchMethod"))
    with pytest.raises(NotServed, match="Function to start was not found"):
        head.ask(lambda asked: asked("state_call", "NoSuchApi_call", "0x", head.block.hash))
    with pytest.raises(SourceDown, match="knows no block 99"):
        chain.at(http, [url], 99)
    with pytest.raises(SourceDown, match="another chain"):
        SubstrateChain("0x" + "ab" * 32, (url,), oldest_head=LONG_AGO).head(http, [url])


Entry = tuple[str, tuple[bytes, ...], bytes]
Put = Callable[[Sequence[Entry]], None]


@pytest.fixture
def put(url: str, head: Substrate) -> Iterator[Put]:
    """Puts values into the state of the real node under the keys of its runtime; what was there comes back after."""
    before: dict[str, str | None] = {}

    def store(entries: Sequence[Entry]) -> None:
        pairs = [
            ["0x" + head.metadata.item(PALLET, name).key(*key).hex(), "0x" + value.hex()]
            for name, key, value in entries
        ]
        for place, _ in pairs:
            before.setdefault(place, ask(url, "state_getStorage", place)["result"])
        assert "result" in ask(url, "dev_setStorage", pairs)

    yield store
    assert "result" in ask(url, "dev_setStorage", [[place, value] for place, value in before.items()])


@pytest.fixture(scope="module")
def later(shared: Path) -> Metadata:
    """Spec 240, which names what the answers of 218 hold."""
    return metadata(blob(shared, 240))


def stake_infos(raw: bytes) -> dict[tuple[bytes, bytes, int], int]:
    """Spec 218's Vec<(coldkey, Vec<StakeInfo>)>, whose members its metadata does not name."""
    cursor, found = Cursor(raw), {}
    for _ in range(cursor.count()):
        cursor.take(32)
        for _ in range(cursor.count()):
            hotkey, coldkey = cursor.take(32), cursor.take(32)
            netuid, stake, *_ = (cursor.compact() for _ in range(5))
            cursor.take(1)
            if stake:
                found[hotkey, coldkey, netuid] = stake
    cursor.end()
    return found


def test_stake_positions_are_worth_what_the_runtime_itself_says(
    url: str, http: Http, chain: SubstrateChain, put: Put
) -> None:
    hotkey, one = account("real hotkey"), u(16, 1)
    shares = {account("first"): 333, account("second"): 667, account("third"): 1}
    alpha = 7 * 10**9 + 13
    entries: list[Entry] = [
        ("TotalHotkeyAlpha", (bytes(32), one), u(64, 0)),
        ("Alpha", (bytes(32), bytes(32), one), u(64, 0)),
        ("TotalHotkeyAlpha", (hotkey, one), u(64, alpha)),
        ("TotalHotkeyShares", (hotkey, one), u(64, sum(shares.values()))),
        ("SubnetAlphaOut", (one,), u(64, 10**12)),
        ("Owner", (hotkey,), account("first")),
    ]
    for coldkey, part in shares.items():
        entries.append(("Alpha", (hotkey, coldkey, one), u(64, part)))
        entries.append(("StakingHotkeys", (coldkey,), vec([hotkey])))
    put(entries)
    node = chain.head(http, [url])
    # This runtime took accounts as bytes of any length.
    listed_keys = listed([compact(len(coldkey)) + coldkey for coldkey in shares])
    told = stake_infos(node.call("StakeInfoRuntimeApi_get_stake_info_for_coldkeys", listed_keys))
    assert len(told) == 3
    ours = {
        (unhexed(hot, ""), unhexed(cold, ""), netuid): amount
        for hot, cold, netuid, amount in positions(node, no_memo).iter_rows()
    }
    assert ours == told


def test_consensus_weight_is_what_the_runtime_itself_computes(
    url: str, http: Http, chain: SubstrateChain, put: Put, later: Metadata
) -> None:
    mother, child, other = (account(f"validator {name}") for name in ("mother", "child", "other"))
    one, third = u(16, 1), (2**64 - 1) // 3
    stakes = {mother: (5 * 10**12 + 7, 9 * 10**11), child: (10**9 + 1, 5), other: (3 * 10**12, 4 * 10**12)}
    entries: list[Entry] = [("SubnetworkN", (one,), u(16, 3)), ("TaoWeight", (one,), u(64, int(0.18 * 2**64)))]
    for uid, (hotkey, (alpha, tao)) in enumerate(stakes.items()):
        entries += [
            ("Keys", (one, u(16, uid)), hotkey),
            ("Uids", (one, hotkey), u(16, uid)),
            ("IsNetworkMember", (hotkey, one), b"\1"),
            ("Owner", (hotkey,), account("owner")),
            ("TotalHotkeyAlpha", (hotkey, one), u(64, alpha)),
            ("TotalHotkeyAlpha", (hotkey, u(16, 0)), u(64, tao)),
        ]
    entries += [
        ("ChildKeys", (mother, one), vec([u(64, third) + child])),
        ("ParentKeys", (child, one), vec([u(64, third) + mother])),
    ]
    put(entries)
    node = chain.head(http, [url])
    call = later.call("SubnetInfoRuntimeApi_get_subnet_state")
    told = later.types.value(call.answer, node.call(call.title, one))
    assert told["hotkeys"] == list(stakes)
    weights = consensus_weights(node, [(1, hotkey) for hotkey in stakes])
    assert weights == told["total_stake"]
    assert weights[0] < stakes[mother][0] < sum(weights)
    assert spelled(child) != spelled(mother)
