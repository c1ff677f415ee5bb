"""Events are kept in parts, each under what was asked: another contract or another event is another part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import polars as pl
import pytest

from ingest.evm.events import Event, Keeping, events, histories, history, signature
from ingest.evm.logs import AnswersLeft, Logs, Wanted
from ingest.evm.node import EvmNode
from store.faults import BadData, SourceDown
from store.rows import Block
from tests.worlds.each import each
from tests.worlds.evm_node import Shelf

ONE, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20
PAID, MOVED = signature("Paid(uint256)"), signature("Moved(uint256)")
# Contract, first topic, block, amount.
TOLD = ((ONE, PAID, 3, 1), (ONE, MOVED, 4, 2), (OTHER, PAID, 5, 3), (OTHER, PAID, 25, 4))


@dataclass(frozen=True)
class Node:
    """A node that answers for logs as eth_getLogs does: of one contract, with one of some first topics."""

    block: Block
    remembered: dict[Any, Any] = field(default_factory=dict)

    def logs(
        self, wanted: Wanted, first: int, last: int, read: Callable[[Logs], pl.DataFrame]
    ) -> Iterator[pl.DataFrame]:
        rows = [row for row in TOLD if row[0] in wanted.contracts and row[1] in wanted.topics]
        yield read(logs([row for row in rows if first <= row[2] <= last]))


def logs(rows: Sequence[tuple[str, str, int, int]]) -> Logs:
    """Logs of contract, first topic, block, amount."""
    return Logs(
        [row[0] for row in rows],
        [row[2] for row in rows],
        [[row[1]] for row in rows],
        [f"0x{row[3]:064x}" for row in rows],
    )


NODE = cast("EvmNode", Node(Block(29, "0x1d", datetime(2026, 1, 1, tzinfo=UTC))))


def shapes(*topics: str) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(topics, (0, 1))


def amounts(found: dict[str, list[Event]]) -> dict[str, list[int]]:
    return {topic: [event.words[0] for event in told] for topic, told in found.items()}


@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "the other way round"])
def test_two_contracts_in_one_reading_are_told_apart(turn: int) -> None:
    shelf = Shelf()
    asked = [(ONE, (PAID,)), (OTHER, (PAID,)), (ONE, (MOVED,)), (ONE, (MOVED, PAID))][::turn]
    found = {
        (of, topics): amounts(events(NODE, shelf, of, shapes(*topics), 0, segment_blocks=10)) for of, topics in asked
    }
    assert found == {
        (ONE, (PAID,)): {PAID: [1]},
        (OTHER, (PAID,)): {PAID: [3, 4]},
        (ONE, (MOVED,)): {MOVED: [2]},
        (ONE, (MOVED, PAID)): {MOVED: [2], PAID: [1]},
    }


def test_the_same_events_are_read_once_however_they_are_asked_for() -> None:
    shelf = Shelf()
    for contract, topics in (
        (ONE, (PAID, MOVED)),
        (ONE, (MOVED, PAID)),
        (ONE.upper().replace("X", "x"), (PAID, MOVED)),
    ):
        events(NODE, shelf, contract, shapes(*topics), 0, segment_blocks=10)
    # The third stretch, to block 29, is finished too.
    assert len(shelf.made) == 3


def test_a_history_has_the_order_of_the_chain_also_within_a_block_and_across_events() -> None:
    """As columns() sorts them: by block, and by their place in it."""

    class OneBlock(Node):
        def logs(self, *asked: Any) -> Iterator[pl.DataFrame]:
            yield asked[-1](logs([(ONE, topic, 3, place) for place, topic in enumerate((PAID, MOVED) * 2)]))

    node = cast("EvmNode", OneBlock(Block(5, "0x5", NODE.block.time)))
    told = history(node, Shelf(), ONE, shapes(PAID, MOVED), 0, AnswersLeft.all(), Keeping(10)).events
    assert [(event.kind, event.words) for event in told] == [(kind, (n,)) for n, kind in enumerate((PAID, MOVED) * 2)]


def test_what_is_still_growing_is_asked_for_once_at_a_block_and_anew_when_all_is_forgotten() -> None:
    """Each reading keeps parts of its own; of the stretch that no part holds yet they ask the same."""
    asked: list[tuple[str, int, int]] = []

    class Counting(Node):
        def logs(self, *told: Any) -> Iterator[pl.DataFrame]:
            asked.append((*told[0].contracts, *told[1:3]))
            yield from super().logs(*told)

    node = cast("EvmNode", Counting(Block(27, "0x1b", NODE.block.time)))
    for contract, topic in ((OTHER, PAID), (OTHER, PAID), (ONE, PAID), (OTHER, MOVED)):
        events(node, Shelf(), contract, shapes(topic), 20, segment_blocks=10)
    assert asked == [(OTHER, 20, 27), (ONE, 20, 27), (OTHER, 20, 27)]
    node.remembered.clear()
    assert amounts(events(node, Shelf(), OTHER, shapes(PAID), 20, segment_blocks=10)) == {PAID: [4]}
    assert len(asked) == 4


def test_what_a_run_may_not_ask_any_more_is_left_for_the_next_and_the_newest_is_read_first() -> None:
    shelf = Shelf()
    runs = []
    for _ in range(4):
        told = history(NODE, shelf, OTHER, shapes(PAID), 2, AnswersLeft(1), Keeping(10))
        runs.append(([event.words[0] for event in told.events], told.unread))
    assert runs == [([4], 18), ([3, 4][1:], 8), ([3, 4], 0), ([3, 4], 0)]


def test_events_of_which_all_are_needed_are_told_when_later_runs_have_read_them() -> None:
    shelf = Shelf()
    for left in (20, 10):
        with pytest.raises(SourceDown, match=f"{left} blocks with events of {OTHER} are left for later runs"):
            events(NODE, shelf, OTHER, shapes(PAID), 0, segment_blocks=10, most_answers=1)
    assert amounts(events(NODE, shelf, OTHER, shapes(PAID), 0, segment_blocks=10, most_answers=1)) == {PAID: [3, 4]}


@each(("topics", "data"), [([MOVED, PAID], "0x" + "00" * 32), ([MOVED], "0x"), ([MOVED], "0x" + "00" * 64)])
def test_an_event_without_its_topics_and_words_is_refused_before_it_is_kept(topics: list[str], data: str) -> None:
    class Odd(Node):
        def logs(self, *asked: Any) -> Iterator[pl.DataFrame]:
            yield asked[-1](Logs([ONE], [3], [topics], [data]))

    shelf = Shelf()
    with pytest.raises(BadData, match="an event of 0xaaaa"):
        events(cast("EvmNode", Odd(NODE.block)), shelf, ONE, shapes(PAID, MOVED), 0, segment_blocks=10)
    assert shelf.made == []


# --- several contracts in one question --------------------------------------------------------------------------------


def counted(asked: list[tuple[tuple[str, ...], int, int]], block: Block = NODE.block) -> EvmNode:
    """The node, which notes whose logs of which blocks it was asked for."""

    class Counting(Node):
        def logs(self, *told: Any) -> Iterator[pl.DataFrame]:
            asked.append((told[0].contracts, *told[1:3]))
            yield from super().logs(*told)

    return cast("EvmNode", Counting(block))


def test_one_question_asks_for_all_contracts_and_each_has_its_own_history() -> None:
    asked: list[tuple[tuple[str, ...], int, int]] = []
    shelf, since = Shelf(), {OTHER: 5, ONE: 4}
    found = histories(counted(asked), shelf, since, shapes(PAID, MOVED), AnswersLeft.all(), Keeping(10))
    assert asked == [((ONE, OTHER), first, first + 9) for first in (20, 10, 0)]
    told = {of: [(event.block, event.words) for event in one.events] for of, one in found.items()}
    # What ONE was paid in block 3 lies before the block since which it is read.
    assert told == {ONE: [(4, (2,))], OTHER: [(5, (3,)), (25, (4,))]}
    assert all(event.contract == of for of, one in found.items() for event in one.events)
    assert histories(counted(asked), shelf, since, shapes(PAID, MOVED), AnswersLeft.all(), Keeping(10)) == found
    assert len(asked) == 3


def test_of_each_contract_it_is_told_what_of_its_own_time_is_not_read() -> None:
    found = histories(NODE, Shelf(), {ONE: 4, OTHER: 20}, shapes(PAID), AnswersLeft(1), Keeping(10))
    assert {of: (one.unread, one.whole_since) for of, one in found.items()} == {ONE: (16, 20), OTHER: (0, 20)}


def test_an_event_is_judged_by_whose_it_is() -> None:
    def judge(event: Event) -> None:
        if event.contract == OTHER:
            raise BadData(f"{event.contract} writes no such event")

    shelf = Shelf()
    with pytest.raises(BadData, match="0xbbbb"):
        histories(NODE, shelf, {ONE: 0, OTHER: 0}, shapes(PAID), AnswersLeft.all(), Keeping(10, judge))
    assert shelf.made == []
