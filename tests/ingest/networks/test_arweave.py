"""What is read of Arweave, with outcomes that a person can work out by hand (a small chain, invented)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ingest.arweave.node import HISTORY as REAL_HISTORY
from ingest.arweave.node import WEEK, ArweaveNode
from ingest.job import read_network
from ingest.networks import arweave
from ingest.networks.arweave import NETWORK, blocks, rewards, state
from store.faults import SourceChanged
from store.rows import Facts
from tests.worlds.arweave_chain import HISTORY, SHARES, Small, block, entry, letters, linked, miner, raw
from tests.worlds.contract import Shelf
from tests.worlds.decoders import OURS
from tests.worlds.good import good
from tests.worlds.good.clock import NOW
from tests.worlds.odd import Document, odd_bytes
from tests.worlds.readers import found_at
from tests.worlds.spoiled import Wired

READINGS = {one.name: one for one in NETWORK.readings}
FOUND = int(NOW.timestamp()) - 2400
SMALL = Small(FOUND)


@contextmanager
def at(small: Small) -> Iterator[ArweaveNode]:
    """A node of this chain, without sockets."""
    chain: Any = good(NETWORK).network.chain
    with Wired(dict.fromkeys(("one", "two", "three"), small)) as http:
        peered = replace(chain, peers=("http://two", "http://three"))
        yield peered.head(http, ["http://one"])


def held(facts: Facts) -> dict[str, int]:
    return {holder: int(amount) for _, holder, amount in facts.rows.iter_rows()}


def test_rewards_are_summed_by_address_since_the_block_before_the_first() -> None:
    with at(SMALL) as node:
        facts = rewards(node)
    start = 170_000_000_000
    assert held(facts) == {
        letters(miner(name)): sum(start + place for place in range(number)) for name, number in SHARES.items()
    }
    assert facts.rows["population"].unique().to_list() == ["miners"]
    assert facts.since == node.block.time - timedelta(minutes=2 * HISTORY)


def test_blocks_are_those_of_the_last_seven_days(monkeypatch: pytest.MonkeyPatch) -> None:
    with at(SMALL) as node:
        assert held(blocks(node)) == {letters(miner(name)): number for name, number in SHARES.items()}
        assert dict(blocks(node).reported) == {"miners": HISTORY}
        monkeypatch.setattr(arweave, "WEEK", 15)
        # The last ten are the third's, and five before them the second's.
        assert held(blocks(node)) == {letters(miner("third")): 10, letters(miner("second")): 5}
        assert dict(blocks(node).reported) == {"miners": 15}


def test_a_week_and_ninety_days_are_so_many_blocks_of_two_minutes() -> None:
    assert WEEK == 7 * 24 * 30
    assert REAL_HISTORY == 90 * 24 * 30 + 50


def test_the_state_is_what_the_header_says() -> None:
    with at(SMALL) as node:
        told = {row["name"]: (row["exact"], row["unit"]) for row in state(node).rows.iter_rows(named=True)}
    assert told == {
        "weave_size": ("389381078163702", "bytes"),
        "endowment": ("345318594187004827", "winston"),
        "price_per_gib_minute": ("4897", "winston"),
        "denomination": ("1", "steps"),
    }


def divided(small: Small) -> Small:
    """The same chain after a redenomination."""

    class Divided(Small):
        @property
        def pinned(self) -> dict[str, Any]:
            end = linked(raw(self.before["reward_history_hash"]), self.paid)
            return block(self.height, self.time, end, denomination="2")

    return Divided(small.time, small.paid)


@pytest.mark.parametrize("reading", [state, rewards])
def test_another_denomination_is_for_a_person_to_look_at(reading: Any) -> None:
    with at(divided(SMALL)) as node, pytest.raises(SourceChanged, match="of denomination 2, not 1"):
        reading(node)


def test_a_reward_of_another_denomination_stops_the_readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Small(FOUND, paid=[entry(miner("pool"), 7, denomination=2)] * HISTORY)
    monkeypatch.setenv("ARWEAVE_URL", "http://one")
    monkeypatch.setenv("ARWEAVE_PEERS_URL", "http://two,http://three")
    with Wired(dict.fromkeys(("one", "two", "three"), small)) as http:
        told = read_network(good(NETWORK).network, NETWORK.readings, http, Shelf(tmp_path, {}), lambda _: None)
    assert [one.error for one in told] == ["", "SourceDown", "SourceDown"]
    assert "amounts are of denomination 2, not 1" in told[1].message


def test_a_majority_of_blocks_decides_and_nothing_else_is_claimed() -> None:
    counted = [way for way in NETWORK.ways if not way.effect]
    assert [(way.action.name, way.side.name, way.needs) for way in counted] == [("CENSOR", "FORCE", arweave.MAJORITY)]
    assert (arweave.MAJORITY.numerator, arweave.MAJORITY.denominator, arweave.MAJORITY.strict) == (1, 2, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", READINGS)
def test_an_odd_answer_changes_no_fact(name: str) -> None:
    """Not even one value: each is held to a hash, or another endpoint's answer is taken, or it is refused."""
    one = found_at(good(NETWORK).network, READINGS[name], SMALL, [])
    tried: list[str] = []
    for number in range(60):
        dice = Random(f"{name} {number}")
        place = dice.randrange(len(one.told))
        answer = one.told[place]
        odd = answer.odd(dice).content if isinstance(answer, Document) else odd_bytes(answer, dice)
        try:
            found = one.spoilt(place, odd)
        except OURS as refused:
            tried.append(type(refused).__name__)
            continue
        columns: list[str] = found.rows.columns
        assert found.rows.sort(columns).equals(one.clean.rows.sort(columns)), odd[:300]
        assert found.since == one.clean.since
        tried.append("taken")
    assert len(set(tried)) > 1
