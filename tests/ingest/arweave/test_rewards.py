"""A history of rewards leads from one hash to another, or it is none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.arweave.rewards import Reward, proved
from store.faults import BadData, SourceChanged
from tests.worlds.arweave_chain import HISTORY, Small, entry, letters, linked, miner, raw
from tests.worlds.examples import examples

START = bytes(32)
SMALL = Small(1_786_082_968)
STREAM, END = b"".join(SMALL.paid), linked(START, SMALL.paid)


def test_a_history_made_by_the_rule_is_taken_whole_the_oldest_first() -> None:
    found = proved(STREAM, START, END, HISTORY)
    assert len(found) == HISTORY
    assert found[0][:2] == (letters(miner("pool")), 170_000_000_000)
    assert found[-1] == Reward(letters(miner("third")), 170_000_000_009, END)


def test_two_blocks_of_the_chain_itself_are_linked_by_the_rule() -> None:
    """Figures of Arweave's blocks 1,974,875 and 1,974,876 of 2026-08-07: its miner, reward and difficulty."""
    difficulty = 115792088820665202135397961725546662584087971921591024597647798129341423615464
    hash_rate = (2**256 - 1) // (2**256 - 1 - difficulty)
    address = raw("qFa7rdd-b5Ahm1LQbMtYm98q-PmHSUiJOLrhFw4bqfA")
    before = raw("eXerupfdyeMo4sNdorpe-1HrjTOlR27zw8f-1oD6A_U")
    after = raw("eiafMs4EJJcZTo2kSZKWxUAX17U8HvDef57Sk6SXnps")
    (told,) = proved(entry(address, 158_645_577_225, hash_rate), before, after, 1)
    assert told == Reward("qFa7rdd-b5Ahm1LQbMtYm98q-PmHSUiJOLrhFw4bqfA", 158_645_577_225, after)


@examples(200)
@given(st.integers(0, len(STREAM) - 1), st.integers(1, 255))
def test_one_changed_byte_at_any_place_is_refused(place: int, by: int) -> None:
    other = STREAM[:place] + bytes([STREAM[place] ^ by]) + STREAM[place + 1 :]
    with pytest.raises(BadData):
        proved(other, START, END, HISTORY)


@examples(100)
@given(st.integers(0, len(STREAM) - 1))
def test_a_history_that_is_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(BadData):
        proved(STREAM[:length], START, END, HISTORY)
    with pytest.raises(BadData):
        proved(STREAM[len(STREAM) - length :], START, END, HISTORY)


@examples(100)
@given(st.permutations(range(12)))
def test_a_history_in_another_order_is_refused(order: list[int]) -> None:
    paid = [*(SMALL.paid[place] for place in order), *SMALL.paid[12:]]
    if paid == list(SMALL.paid):
        assert len(proved(b"".join(paid), START, END, HISTORY)) == HISTORY
    else:
        with pytest.raises(BadData, match="do not lead to the hash"):
            proved(b"".join(paid), START, END, HISTORY)


def test_a_row_that_is_there_twice_or_missing_or_other_is_refused() -> None:
    for paid in (
        [*SMALL.paid, SMALL.paid[-1]],
        SMALL.paid[1:],
        SMALL.paid[:-1],
        [entry(miner("thief"), 1), *SMALL.paid[1:]],
        [],
    ):
        with pytest.raises(BadData):
            proved(b"".join(paid), START, END, HISTORY)
    # The newest half alone is what follows from a later hash, and not of so many blocks.
    half = linked(START, SMALL.paid[:45])
    with pytest.raises(BadData, match="45 rewards, not those of 90 blocks"):
        proved(b"".join(SMALL.paid[45:]), half, END, HISTORY)


def test_it_does_not_matter_who_tells_the_hash_that_a_history_begins_with() -> None:
    with pytest.raises(BadData, match="do not lead to the hash"):
        proved(STREAM, b"\1" * 32, END, HISTORY)
    with pytest.raises(BadData, match="do not lead to the hash"):
        proved(STREAM, START, START, HISTORY)


def test_amounts_of_another_denomination_are_for_a_person_to_look_at() -> None:
    paid = [entry(miner("pool"), 7, denomination=2)]
    with pytest.raises(SourceChanged, match="denomination 2, not 1"):
        proved(paid[0], START, linked(START, paid), 1)
    # Where they are not proved nothing is said of them.
    with pytest.raises(BadData, match="do not lead to the hash"):
        proved(paid[0], START, END, 1)


@examples(100)
@given(st.binary(max_size=300))
def test_whatever_comes_is_refused(stream: bytes) -> None:
    with pytest.raises(BadData):
        proved(stream, START, END, HISTORY)


def test_a_stream_without_end_is_left_after_as_many_as_there_are_blocks() -> None:
    with pytest.raises(BadData, match="more rewards than those of 90 blocks"):
        proved(STREAM * 1000, START, END, HISTORY)


@pytest.mark.slow
def test_the_size_of_the_real_history_is_read_in_a_moment() -> None:
    many = replace(SMALL, paid=[SMALL.paid[0]] * 64_850)
    found = proved(b"".join(many.paid), START, linked(START, many.paid), 64_850)
    assert sum(reward.amount for reward in found) == 64_850 * 170_000_000_000
