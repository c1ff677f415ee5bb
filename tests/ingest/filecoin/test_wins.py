"""What Filecoin's blocks are paid, at invented nodes: to the last attoFIL, or not at all."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.filecoin import wins as module
from ingest.filecoin.tipsets import time_of
from ingest.filecoin.wins import Reward, chain, reward_of, wins
from ingest.networks.filecoin import NETWORK
from store.faults import BadData, SourceChanged, SourceDown
from store.rows import Facts
from tests.worlds.filecoin_at import BASE, HEAD, STATE, Lying, changed, node_at
from tests.worlds.filecoin_node import Node, State

READING = next(reading for reading in NETWORK.readings if reading.name == "wins")


def test_a_recorded_state_of_the_reward_actor_is_read(shared: Path) -> None:
    told = json.loads((shared / "other" / "filecoin_f04_f02_3559748.json").read_text())
    # 49.2 FIL in an epoch, 323.8 million in all.
    assert reward_of({"State": told["reward"]}) == Reward(49245153650273969387, 323827882414925484760276998)


def earlier(state: State, *heads: int) -> list[pl.DataFrame]:
    """What readings of the chain landed at some heights."""
    return [chain(node_at(Lying(replace(state, head=head)), height=head)).rows for head in heads]


def read(server: Lying, since: int, hours: float = 0.1) -> Facts:
    facts = wins(node_at(server, hours=hours), earlier(server.state, since, HEAD))
    NETWORK.check(READING, facts)
    return facts


def amounts(facts: Facts, population: str) -> dict[str, int]:
    rows = facts.rows.filter(population=population)
    return {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}


def by_hand(state: State, heights: Sequence[int]) -> dict[str, int]:
    """A fifth of the epoch's reward a win, cut, block by block."""
    node, sums = Node(state), dict[str, int]()
    for height in heights:
        for block in node.tipsets[height]["Blocks"]:
            amount = (37 * 10**18 + 1 - 10**9 * height) * block["ElectionProof"]["WinCount"] // 5
            sums[block["Miner"]] = sums.get(block["Miner"], 0) + amount
    return sums


def test_each_block_gets_a_fifth_of_the_epochs_reward_a_win() -> None:
    server = Lying(STATE)
    facts = read(server, HEAD - 10)
    assert amounts(facts, "miners") == by_hand(STATE, range(HEAD - 10, HEAD))
    # Two wins of the first block and one of each other: four fifths of an epoch's reward, in all of ten epochs.
    assert facts.reported["miners"] == sum(amounts(facts, "owners").values())
    assert facts.since == time_of(HEAD - 10)
    assert server.asked.count("ChainGetTipSetByHeight") == 1


def test_one_reading_alone_has_no_time_in_which_anything_was_paid() -> None:
    facts = wins(node_at(Lying(STATE)), earlier(STATE, HEAD))
    assert (facts.rows.height, facts.empty, facts.since) == (0, True, time_of(HEAD))


def test_epochs_without_a_block_pay_nobody_and_lose_nothing() -> None:
    """After one the reward is another than the state before says; still all that was paid is told."""
    state = replace(STATE, null=frozenset({HEAD - 7, HEAD - 6, HEAD - 3}))
    facts = read(Lying(state), HEAD - 12)
    told, hand = amounts(facts, "miners"), by_hand(state, [h for h in range(HEAD - 12, HEAD) if h not in state.null])
    assert sum(told.values()) == sum(hand.values()) == facts.reported["miners"]
    assert told.keys() == hand.keys()
    # Of each of two tipsets behind a gap less than a base unit a block is not known.
    assert max(abs(told[miner] - hand[miner]) for miner in told) <= 2


def test_a_reward_that_is_not_what_blocks_were_paid_is_refused() -> None:
    def richer(told: Any) -> Any:
        state = told["State"]
        return {**told, "State": {**state, "ThisEpochReward": str(int(state["ThisEpochReward"]) + 5)}}

    with pytest.raises(BadData, match=r"wins are paid \d+ attoFIL, which should be"):
        read(Lying(STATE, changed("StateReadState", richer)), HEAD - 10)


@pytest.mark.parametrize("count", [0, -1, 16, None, "2x"])
def test_wins_that_no_block_has_are_refused(count: Any) -> None:
    def odd(told: Any) -> Any:
        first, *others = told["Blocks"]
        return {**told, "Blocks": [{**first, "ElectionProof": {"WinCount": count}}, *others]}

    with pytest.raises(SourceDown, match=r"WinCount|has won"):
        read(Lying(STATE, changed("ChainGetTipSetByHeight", odd)), HEAD - 10)


def test_a_block_that_won_once_more_than_it_says_is_found_out_by_what_was_paid() -> None:
    def more(told: Any) -> Any:
        path = [dict(step) for step in told]
        first, *others = path[3]["Val"]["Blocks"]
        path[3]["Val"] = {**path[3]["Val"], "Blocks": [{**first, "ElectionProof": {"WinCount": 3}}, *others]}
        return path

    with pytest.raises(BadData, match="which should be"):
        read(Lying(STATE, changed("ChainGetPath", more)), HEAD - 10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda told: told[:-1], "ends at height"),
        (lambda told: told[1:], "not built upon"),
        (lambda told: [*told[:3], *told[4:]], "not built upon"),
        (lambda told: told[::-1], "not built upon"),
        (lambda told: [told[0], *told], "not built upon"),
        (lambda told: [{**told[0], "Type": "revert"}, *told[1:]], "no ancestor"),
        (lambda told: [], "ends at height"),
        (lambda told: None, "is no list"),
    ],
)
def test_a_path_with_a_gap_or_another_end_is_refused(change: Any, why: str) -> None:
    with pytest.raises(SourceDown, match=why):
        read(Lying(STATE, changed("ChainGetPath", change)), HEAD - 10)
    # An endpoint with the whole path is asked instead.
    node = node_at(Lying(STATE, changed("ChainGetPath", change)), Lying(STATE))
    facts = wins(node, earlier(STATE, HEAD - 10, HEAD))
    assert amounts(facts, "miners") == by_hand(STATE, range(HEAD - 10, HEAD))


@pytest.mark.slow
def test_a_tipset_that_is_no_longer_on_the_chain_is_told() -> None:
    first, last = earlier(STATE, HEAD - 10, HEAD)
    gone = first.with_columns(exact=pl.col("exact").replace({first["exact"][0]: f"{HEAD - 10} {'b' * 62}"}))
    with pytest.raises(SourceDown, match="tipset not found"):
        wins(node_at(Lying(STATE)), [gone, last])


def test_a_long_way_is_asked_for_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRETCH", 9)
    server = Lying(replace(STATE, null=frozenset({HEAD - 21, HEAD - 22})))
    facts = read(server, HEAD - 30)
    assert server.asked.count("ChainGetPath") == 4
    heights = [height for height in range(HEAD - 30, HEAD) if height not in server.state.null]
    assert sum(amounts(facts, "miners").values()) == sum(by_hand(server.state, heights).values())


def test_a_gap_of_more_than_sixteen_hours_is_told_and_never_extrapolated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert timedelta(seconds=30) * module.LONGEST_GAP == timedelta(hours=16)
    monkeypatch.setattr(module, "LONGEST_GAP", 20)
    assert read(Lying(STATE), HEAD - 20).rows.height
    with caplog.at_level(logging.WARNING):
        facts = read(Lying(STATE), HEAD - 21)
    assert (facts.rows.height, facts.empty, facts.since) == (0, True, time_of(HEAD))
    assert "21 epochs since the last reading are lost" in caplog.text


def test_readings_that_failed_in_between_lose_nothing() -> None:
    node = node_at(Lying(STATE))
    facts = wins(node, earlier(STATE, HEAD - 10, HEAD - 4, HEAD))
    assert amounts(facts, "miners") == by_hand(STATE, range(HEAD - 10, HEAD))


def test_a_reward_actor_that_pays_others_too_is_refused_by_name() -> None:
    """As FIP-0118 (drafted) renames the total of what was paid."""
    split = Lying(replace(STATE, renamed={"TotalStoragePowerReward": "TotalMintedReward"}))
    with pytest.raises((SourceChanged, SourceDown), match="no TotalStoragePowerReward"):
        chain(node_at(split))


def test_what_the_chain_tells_of_itself_is_in_the_dictionary_and_exact() -> None:
    told = dict(chain(node_at(Lying(STATE))).rows.select("name", "exact").iter_rows())
    assert told["tipset"].split(" ")[0] == str(HEAD)
    assert told["miner_count"] == "9"
    assert told["miners_above_minimum"] == "8"
    assert int(told["total_storage_power_reward"]) == 10**27 + sum(by_hand(STATE, range(BASE, HEAD)).values())
