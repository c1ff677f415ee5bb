"""Governors from contracts whose answers stand here (invented): what is refused, what is doubted, what is left out."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from urllib3.util import Retry

from ingest.evm.events import signature
from ingest.evm.governance import (
    DELEGATED,
    Locks,
    changes,
    delegates,
    lockers,
    past_votes,
    proposals,
    rules,
    voters,
    votes,
)
from ingest.evm.governor import (
    CAST,
    CAST_WITH_PARAMS,
    CHANGES,
    CREATED,
    FOR_ALONE,
    SIMPLE,
    SPLIT,
    TYPED,
    Governor,
    assemblies,
    weights,
)
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmChain, EvmNode
from ingest.transport import Http
from store.faults import BadData, ReadingError, SourceChanged, SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.ingest.evm.test_node import NOW
from tests.worlds.each import each
from tests.worlds.evm_contracts import Contracts, asked, contract, view
from tests.worlds.evm_node import Shelf
from tests.worlds.evm_provider import FINAL, Provider, block_hash
from tests.worlds.servers import Reply, Request, serving

HOUSE, TOKEN = f"0x{0xA0:040x}", f"0x{0xB0:040x}"
ANN, BEN = f"0x{0xA1:040x}", f"0x{0xA2:040x}"
NO, YES, ABSTAIN = range(3)
ACTIVE, DEFEATED, SUCCEEDED = 1, 3, 4
GOVERNOR = Governor(HOUSE, 0, SIMPLE)


def number_of(text: bytes) -> int:
    return int.from_bytes(keccak(encode(["address[]", "uint256[]", "bytes[]", "bytes32"], [[TOKEN], [0], [b""], keccak(text)])))  # fmt: skip  # noqa: E501


FIRST, SECOND = b"First", b"\xffSecond\nline"


def log(block: int, topics: list[str], data: bytes, index: int = 0, of: str = HOUSE) -> dict[str, Any]:
    return {
        "address": of,
        "topics": topics,
        "data": f"0x{data.hex()}",
        "blockNumber": hex(block),
        "blockHash": block_hash(block),
        "logIndex": hex(index),
        "removed": False,
    }


def made(block: int, text: bytes, number: int | None = None) -> dict[str, Any]:
    kinds = ["uint256", "address", "address[]", "uint256[]", "bytes[]", "bytes[]", "uint256", "uint256", "bytes"]
    number = number_of(text) if number is None else number
    return log(block, [CREATED], encode(kinds, [number, ANN, [TOKEN], [0], [b""], [b""], 1, 2, text]))


def voted(block: int, text: bytes, voter: str, support: int, weight: int, params: bytes | None = None) -> Any:
    kinds, told = ["uint256", "uint8", "uint256", "bytes"], [number_of(text), support, weight, b"why \xff"]
    topics = [CAST, f"0x{int(voter, 16):064x}"]
    if params is None:
        return log(block, topics, encode(kinds, told))
    return log(block, [CAST_WITH_PARAMS, topics[1]], encode([*kinds, "bytes"], [*told, params]))


LOGS = [made(10, FIRST), voted(20, FIRST, ANN, YES, 30), voted(21, FIRST, BEN, NO, 5), made(9_980, SECOND)]


def words(*numbers: int) -> bytes:
    return encode(["uint256"] * len(numbers), numbers)


def of(text: bytes, state: int, tally: tuple[int, int, int], start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """What the contract says of a proposal; tally: against, for, abstain. A tenth of all 200 is the quorum."""
    number = number_of(text)
    yield view("uint256", state, "state(uint256)", number)
    yield asked("proposalVotes(uint256)", number), words(*tally)
    yield view("uint256", start, "proposalSnapshot(uint256)", number)
    yield view("uint256", end, "proposalDeadline(uint256)", number)
    if start < FINAL:
        yield view("uint256", 20, "quorum(uint256)", start)


SAYS = (
    view("string", SIMPLE.mode, "COUNTING_MODE()"),
    view("string", "mode=blocknumber&from=default", "CLOCK_MODE()"),
    view("address", TOKEN, "token()"),
    view("uint256", 7, "votingDelay()"),
)
PROPOSALS = (*of(FIRST, SUCCEEDED, (5, 30, 0), 15, 30), *of(SECOND, ACTIVE, (0, 0, 0), 9_990, FINAL + 100))
SUPPLY = tuple(view("uint256", 200, "getPastTotalSupply(uint256)", at) for at in (15, 9_990))


class Filtering(Provider):
    """Answers as a node does: logs of the contract and with the topics that are wanted, and no others."""

    def _logs(self, query: dict[str, Any]) -> Reply:
        (topics,), asked = query["topics"], query["address"]
        whose = [asked] if isinstance(asked, str) else asked
        kept = [one for one in self.logs if one["topics"][0] in topics and one["address"] in whose]
        return Provider(kept)._logs(query)


@contextmanager
def provider(logs: list[Any]) -> Iterator[str]:
    views = contract(*SAYS, *PROPOSALS)
    with serving(Contracts({HOUSE: views, TOKEN: contract(*SUPPLY)}, Filtering(logs=logs))) as url:
        yield url


@contextmanager
def house(
    says: Mapping[bytes, bytes] | None = None,
    logs: list[Any] | None = None,
    more: Mapping[str, Any] | None = None,
    heard: list[str] | None = None,
) -> Iterator[EvmNode]:
    """heard: takes the methods that are asked."""
    views = {**contract(*SAYS, *PROPOSALS), **(says or {})}
    contracts = {HOUSE: views, TOKEN: contract(*SUPPLY), **(more or {})}
    world = Contracts(contracts, Filtering(logs=LOGS if logs is None else logs))

    def answer(request: Request) -> Reply:
        if heard is not None:
            heard.append(json.loads(request.body)["method"])
        return world(request)

    with serving(answer) as url:
        chain = EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW, day=5_000)
        yield chain.head(Http(per_second=100_000, patience=Retry(0)), (url,))


def test_a_proposal_has_its_count_its_quorum_and_its_times() -> None:
    with house() as node:
        facts = proposals([GOVERNOR])(node, Shelf())
    check(facts, Kind.PROPOSALS)
    first, second = facts.rows.sort("submitted").to_dicts()
    assert (first["title"], first["status"], first["yes"], first["no"]) == ("First", "succeeded", 30, 5)
    assert (first["quorum"], first["power"], first["quorum_counts"]) == (20, 200, "yes,abstain")
    assert (second["title"], second["status"]) == ("\ufffdSecond", "voting_period")
    # A hundred blocks to come at twelve seconds.
    assert second["voting_end"] == NOW - timedelta(seconds=64 * 12) + timedelta(seconds=1_200)


def test_times_that_are_past_are_asked_once() -> None:
    """Of a vote that is over all three; of one that is open, when it was made and began."""
    shelf = Shelf()
    heard: list[str] = []
    with house(heard=heard) as node:
        first = proposals([GOVERNOR])(node, shelf)
        before = heard.count("eth_getBlockByNumber")
        assert proposals([GOVERNOR])(node, shelf).rows.equals(first.rows)
    assert heard.count("eth_getBlockByNumber") == before
    named = {
        f"final-times-{HOUSE}-{number_of(FIRST):x}-30",
        f"final-times-{HOUSE}-{number_of(SECOND):x}-{FINAL + 100}-1",
    }
    assert {name for name in shelf.made if "times" in name} == named


@pytest.mark.slow
def test_times_of_changes_of_a_rule_are_asked_once() -> None:
    """Whoever types a number in every hour does not cost a question each hour for each of them."""
    (delay,) = (topic for topic, name in CHANGES.items() if name == "voting_delay")
    shelf = Shelf()
    heard: list[str] = []
    with house(logs=[log(block, [delay], words(1, block)) for block in range(500, 540)], heard=heard) as node:
        for _ in range(2):
            before = heard.count("eth_getBlockByNumber")
            told = list(changes(node, shelf, assemblies(node, shelf, [GOVERNOR], AnswersLeft.all())[0], "avote"))
    assert heard.count("eth_getBlockByNumber") == before
    assert len({row["time"] for row in told if row["name"] == "voting_delay"}) == 41


ELSEWHERE = f"0x{0xA9:040x}"


@pytest.mark.slow
def test_the_same_words_proposed_at_two_governors_are_two_proposals() -> None:
    """Their numbers are hashes of actions and words, which anybody may propose again: the later copy has its place."""
    copy = [{**made(50, FIRST), "address": ELSEWHERE}, {**voted(60, FIRST, ANN, NO, 9), "address": ELSEWHERE}]
    says = contract(*SAYS, *of(FIRST, DEFEATED, (9, 0, 0), 55, 70))
    tokens = contract(*SUPPLY, view("uint256", 200, "getPastTotalSupply(uint256)", 55))
    other = Governor(ELSEWHERE, 0, SIMPLE)
    for governors in ((GOVERNOR, other), (other, GOVERNOR)):
        with house(logs=[*LOGS, *copy], more={ELSEWHERE: says, TOKEN: tokens}) as node:
            facts, cast_votes = proposals(governors)(node, Shelf()), votes(governors)(node, Shelf())
        check(facts, Kind.PROPOSALS)
        check(cast_votes, Kind.VOTES)
        named = {row["proposal"]: row["status"] for row in facts.rows.to_dicts()}
        first = str(number_of(FIRST))
        assert named == {
            first: "succeeded",
            f"{first}@{ELSEWHERE}": "rejected",
            str(number_of(SECOND)): "voting_period",
        }
        assert set(cast_votes.rows.filter(voter=ANN).select("proposal", "option").rows()) == {
            (first, "yes"),
            (f"{first}@{ELSEWHERE}", "no"),
        }


def test_a_quorum_beyond_any_amount_hides_the_rule_of_its_proposal_alone() -> None:
    says = dict(of(FIRST, DEFEATED, (5, 30, 0), 15, 30)) | {asked("quorum(uint256)", 15): words(2**255)}
    with house(says) as node:
        facts = proposals([GOVERNOR])(node, Shelf())
    check(facts, Kind.PROPOSALS)
    assert facts.rows.sort("submitted").select("quorum", "power", "quorum_counts").rows() == [
        (None, 200, "yes,abstain"),
        (20, 200, "yes,abstain"),
    ]


@pytest.mark.slow
def test_a_vote_that_was_hidden_when_its_day_was_kept_is_found_by_the_contracts_count() -> None:
    """What was kept of the day of that vote is read once more, and of no other day."""
    shelf = Shelf()
    with house(logs=LOGS[:1] + LOGS[2:]) as node, pytest.raises(BadData, match="its votes add up to"):
        votes([GOVERNOR])(node, shelf)
    kept = len(shelf.made)
    with house() as node:
        found = votes([GOVERNOR])(node, shelf).rows
    assert found["voter"].to_list() == [ANN, BEN]
    assert len(shelf.made) == kept + 1
    with house() as node:
        assert votes([GOVERNOR])(node, shelf).rows.equals(found)
    assert len(shelf.made) == kept + 1


WIDE = f"0x{2**200:064x}"


@pytest.mark.slow
@each(
    "wrong",
    [
        log(40, [CAST, WIDE], encode(["uint256", "uint8", "uint256", "bytes"], [number_of(FIRST), YES, 1, b""])),
        log(40, [CAST, f"0x{7:064x}"], words(number_of(FIRST))),
        log(40, [CAST_WITH_PARAMS, f"0x{7:064x}"], words(number_of(FIRST), 255, 1, 128, 0)),
        voted(40, FIRST, BEN, 3, 1),
        made(40, FIRST, number=7),
        log(40, [CREATED], words(1, *[2**255] * 20)),
        log(40, [CREATED], words(*[0] * 4, *[288] * 4, 0, 4_000, *range(288, 288 + 4_000)) + bytes(200_000)),
    ],
)
def test_an_event_that_no_governor_writes_is_its_providers_fault_and_is_not_kept(wrong: dict[str, Any]) -> None:
    shelf = Shelf()
    with provider(LOGS) as honest, provider([*LOGS[:3], wrong, LOGS[3]]) as lying:
        chain = EvmChain("eip155:1", (lying, honest), pauses=(), clock=lambda: NOW, day=5_000)
        node = chain.head(Http(per_second=100_000, patience=Retry(0)), (lying, honest))
        assert votes([GOVERNOR])(node, shelf).rows["voter"].to_list() == [ANN, BEN]
        assert node.endpoint == honest
    assert {name.rpartition("-")[2] for name in shelf.made if "events" in name} == {"4999", "9999"}


def test_votes_of_late_and_votes_of_before_are_told_apart() -> None:
    logs = [*LOGS, voted(9_995, SECOND, ANN, ABSTAIN, 30), voted(9_996, SECOND, BEN, YES, 0)]
    with house(dict(of(SECOND, ACTIVE, (0, 0, 30), 9_990, FINAL + 100)), logs) as node:
        # Seven days are 50,400 blocks: the first is of late as well.
        late = votes([GOVERNOR])(node, Shelf())
        before = past_votes([GOVERNOR])(replace_pace(node, 70.0), Shelf())
    check(late, Kind.VOTES)
    assert set(late.rows.select("voter", "option", "power", "height", "weight").rows()) == {
        (ANN, "yes", 30, 20, 1),
        (BEN, "no", 5, 21, 1),
        (ANN, "abstain", 30, 9_995, 1),
        (BEN, "yes", 0, 9_996, 1),
    }
    assert before.rows["proposal"].unique().to_list() == [str(number_of(FIRST))]


def replace_pace(node: EvmNode, seconds: float) -> EvmNode:
    return replace(node, chain=replace(node.chain, seconds=seconds))


@pytest.mark.slow
def test_votes_that_do_not_add_up_to_the_contracts_count_are_refused() -> None:
    for logs in (LOGS[:2] + LOGS[3:], [*LOGS, voted(22, FIRST, BEN, NO, 1)]):
        with house(logs=logs) as node, pytest.raises(BadData, match="its votes add up to"):
            votes([GOVERNOR])(node, Shelf())


def test_votes_of_which_some_are_not_read_yet_are_left_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer a run: the newest days first; the first proposal is not even known by then."""
    monkeypatch.setattr("ingest.evm.governance.ANSWERS_A_RUN", 1)
    logs = [*LOGS, voted(9_995, SECOND, ANN, ABSTAIN, 30)]
    with house(dict(of(SECOND, ACTIVE, (0, 0, 30), 9_990, FINAL + 100)), logs) as node:
        # The day that has only begun is read in every run.
        facts = proposals([GOVERNOR])(replace_day(node, 4_000), Shelf())
        unread = rules([GOVERNOR], "avote")(replace_day(node, 4_000), Shelf()).rows.filter(name="unread_blocks")
    assert facts.rows["title"].to_list() == ["\ufffdSecond"]
    # What was read for the proposals is known: the one answer of this reading went to the day before.
    assert unread["exact"].to_list() == ["4000"]


def replace_day(node: EvmNode, blocks: int) -> EvmNode:
    return replace(node, chain=replace(node.chain, day=blocks), spans={})


@pytest.mark.slow
@each(
    ("says", "why"),
    [
        (dict(of(FIRST, DEFEATED, (5, 30, 0), 15, 30)), "calls rejected what has 30 yes, 5 no and 0 abstain of 20"),
        (dict(of(FIRST, SUCCEEDED, (5, 30, 0), 15, 30)) | {asked("quorum(uint256)", 15): words(31)}, "of 31 needed"),
        ({asked("COUNTING_MODE()"): encode(["string"], ["support=bravo&quorum=bravo"])}, "counts by 'support=bravo&q"),
        ({asked("COUNTING_MODE()"): b""}, "counts by 'nothing that it says'"),
    ],
)
def test_a_contract_that_says_otherwise_has_no_proved_rule(says: dict[bytes, bytes], why: str) -> None:
    with house(says) as node:
        found = proposals([GOVERNOR])(node, Shelf()).rows
        (told,) = rules([GOVERNOR], "avote")(node, Shelf()).rows.filter(name="rule")["exact"]
    assert found["quorum_counts"].to_list() == [None, None]
    assert told.startswith("not proved: ")
    assert why in told


@pytest.mark.slow
@each(
    ("says", "why"),
    [
        (dict(of(FIRST, 8, (5, 30, 0), 15, 30)), "in the unknown state 8"),
        ({asked("CLOCK_MODE()"): encode(["string"], ["mode=livepeer_round"])}, "counts time in 'livepeer_round'"),
        ({asked("proposalVotes(uint256)", number_of(FIRST)): b"\x01"}, r"does not answer proposalVotes\(uint256\)"),
    ],
)
def test_an_answer_that_nobody_understands_is_an_error(says: dict[bytes, bytes], why: str) -> None:
    with house(says) as node, pytest.raises(SourceChanged, match=why):
        proposals([GOVERNOR])(node, Shelf())


@pytest.mark.slow
@each(
    ("wrong", "why"),
    [
        (made(40, FIRST, number=7), "is of other actions or words"),
        (log(40, [CREATED], words(1, 2, 3)), "an event of"),
        (log(40, [CREATED], words(1, *[2**255] * 20)), "of unknown shape"),
        (log(40, [CREATED], b"\x01" * 33), "an event of"),
        (voted(40, FIRST, BEN, 3, 1), "is for option 3"),
        (voted(40, FIRST, BEN, 255, 1), "is for option 255"),
        (voted(40, FIRST, BEN, 255, 1, b"\0" * 48), "is for option 255"),
    ],
)
def test_an_event_that_no_governor_writes_is_refused(wrong: dict[str, Any], why: str) -> None:
    with house(logs=[*LOGS[:3], wrong, LOGS[3]]) as node, pytest.raises(ReadingError, match=why):
        proposals([GOVERNOR])(node, Shelf())


def split(*parts: int) -> bytes:
    return b"".join(part.to_bytes(16) for part in parts)


def splitting(params: bytes, weight: int, tally: tuple[int, int, int]) -> Facts:
    logs = [made(10, FIRST), voted(20, FIRST, ANN, 255, weight, params), LOGS[3]]
    says = {asked("COUNTING_MODE()"): encode(["string"], [SPLIT.mode]), **dict(of(FIRST, DEFEATED, tally, 15, 30))}
    with house(says, logs) as node:
        return votes([Governor(HOUSE, 0, SPLIT)])(node, Shelf())


def test_a_split_vote_has_a_row_an_option() -> None:
    found = splitting(split(10, 20, 0), 30, (10, 20, 0)).rows.sort("option")
    assert found.select("option", "power").rows() == [("no", 10), ("yes", 20)]
    assert splitting(split(0, 0, 0), 0, (0, 0, 0)).rows.select("option", "power").rows() == [("abstain", 0)]


@each(("params", "weight", "why"), [(split(10, 20, 1), 30, "weighs 30"), (b"\0" * 47, 0, "params of 47 bytes")])
def test_a_split_vote_whose_parts_are_not_its_weight_is_refused(params: bytes, weight: int, why: str) -> None:
    with pytest.raises(SourceDown, match=why):
        splitting(params, weight, (10, 20, 0))


def test_what_a_voter_carried_is_told_in_parts_none_of_which_is_nothing() -> None:
    assert [(one, float(part)) for one, part, _ in weights({"yes": 10**38 - 2, "no": 1})] == [("yes", 1), ("no", 1e-18)]
    assert [(one, float(part), power) for one, part, power in weights({"no": 0})] == [("no", 1, 0)]


def test_a_rule_is_told_as_it_is_and_as_it_was_changed() -> None:
    (delay,) = (topic for topic, name in CHANGES.items() if name == "voting_delay")
    told = [log(500, [delay], words(1, 5)), log(600, [delay], words(5, 6)), log(600, [delay], words(6, 7), 1)]
    with house(logs=told) as node:
        found = node_rules(node)
    assert found == [("5", 500), ("7", 600), ("7", FINAL)]


def node_rules(node: EvmNode) -> list[tuple[str, int]]:
    rows = changes(node, Shelf(), assemblies(node, Shelf(), [GOVERNOR], AnswersLeft.all())[0], "avote")
    times = {NOW - timedelta(seconds=12 * (FINAL + 64 - block)): block for block in (500, 600, FINAL)}
    delays = [(str(row["exact"]), cast("datetime", row["time"])) for row in rows if row["name"] == "voting_delay"]
    return sorted(((value, times[time]) for value, time in delays), key=lambda pair: pair[1])


def test_delegates_have_what_the_token_says_and_the_rest_is_nobodys() -> None:
    moved = [log(5, [DELEGATED, f"0x{int(one, 16):064x}"], words(0, 9), place, TOKEN) for place, one in enumerate((ANN, BEN))]  # fmt: skip  # noqa: E501
    told = contract(
        view("uint256", 100, "totalSupply()"),
        view("uint256", 60, "getVotes(address)", ANN),
        view("uint256", 0, "getVotes(address)", BEN),
    )
    with serving(Contracts({TOKEN: told}, Provider(logs=moved))) as url:
        chain = EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW)
        node = chain.head(Http(per_second=100_000, patience=Retry(0)), (url,))
        facts = delegates(TOKEN, 0)(node, Shelf())
    assert facts.rows.select("population", "holder", "amount").rows() == [("voters", ANN, 60)]
    assert facts.reported == {"voters": 100}


LOCKS = Locks(TOKEN, 0, signature("Deposit(address,uint256,uint256,uint8,uint256)"), (1, 4))


@contextmanager
def escrow(*says: tuple[bytes, bytes], logs: bool = True) -> Iterator[EvmNode]:
    topics = [[LOCKS.deposited, f"0x{int(one, 16):064x}"] for one in (ANN, BEN, ANN)]
    made = [log(5, told, words(9, 9, 1, 9), place, TOKEN) for place, told in enumerate(topics)]
    with serving(Contracts({TOKEN: contract(*says)}, Filtering(logs=made if logs else []))) as url:
        chain = EvmChain("eip155:1", (url,), pauses=(), clock=lambda: NOW)
        yield chain.head(Http(per_second=100_000, patience=Retry(0)), (url,))


def test_what_is_locked_and_what_votes_are_two_things() -> None:
    """Ben's lock ran out: he has it still, and does not vote."""
    says = [
        view("uint256", 30, "balanceOf(address)", ANN),
        view("uint256", 20, "balanceOf(address)", BEN),
        view("uint256", 50, "totalSupply()"),
        view("uint256", 7, "getVotes(address)", ANN),
        view("uint256", 0, "getVotes(address)", BEN),
        view("uint256", 7, "totalSupplyLocked()"),
    ]
    with escrow(*says) as node:
        locked, power = lockers(LOCKS)(node, Shelf()), voters(LOCKS)(node, Shelf())
    check(locked, Kind.HOLDINGS)
    check(power, Kind.HOLDINGS)
    assert locked.rows.rows() == [("lockers", ANN, 30), ("lockers", BEN, 20)]
    assert power.rows.rows() == [("voters", ANN, 7)]
    with escrow(*says, view("uint256", 51, "totalSupply()")) as node, pytest.raises(BadData, match="reports 51"):
        check(lockers(LOCKS)(node, Shelf()), Kind.HOLDINGS)


def test_where_no_event_names_anybody_nobody_is_told() -> None:
    with escrow(logs=False) as node, pytest.raises(SourceDown, match="no event names who locked"):
        lockers(LOCKS)(node, Shelf())


def test_where_for_alone_counts_the_count_is_told_by_other_words() -> None:
    number = number_of(FIRST)
    says = {
        asked("COUNTING_MODE()"): encode(["string"], [FOR_ALONE.mode]),
        asked("proposals(uint256)", number): words(number, int(ANN, 16), 0, 15, 30, 30, 5, 2, 0, 0),
    }
    with house(says, [made(10, FIRST)]) as node:
        (row,) = proposals([Governor(HOUSE, 0, FOR_ALONE)])(node, Shelf()).rows.to_dicts()
    assert (row["yes"], row["no"], row["abstain"], row["quorum_counts"]) == (30, 5, 2, "yes")


def test_a_typed_base_counts_at_the_end_by_a_clock_of_seconds() -> None:
    end = int(NOW.timestamp()) - 10**6
    says = {
        asked("CLOCK_MODE()"): encode(["string"], ["mode=timestamp"]),
        **dict(of(FIRST, DEFEATED, (0, 30, 0), end - 100, end)),
        asked("quorum(uint256)", end): words(31),
        asked("pastTotalSupply(uint256)", end): words(124),
    }
    logs = [made(10, FIRST), voted(20, FIRST, ANN, YES, 30), voted(21, FIRST, BEN, 3, 5), voted(22, FIRST, BEN, 3, 5)]
    with house(says, logs) as node:
        governor = Governor(HOUSE, 0, TYPED)
        (row,) = proposals([governor])(node, Shelf()).rows.to_dicts()
        cast_votes = past_votes([governor])(node, Shelf()).rows
    assert (row["quorum"], row["power"], row["quorum_counts"]) == (31, 124, "yes,abstain")
    assert row["voting_end"].timestamp() == end
    assert cast_votes.select("voter", "power").rows() == [(ANN, 30)]
