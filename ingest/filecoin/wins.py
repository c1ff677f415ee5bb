"""What Filecoin mints, and for whom: blocks that miners won, and the subsidy of each to the last attoFIL.

A block's subsidy is a fifth of the epoch's reward for each of its wins, cut to whole base units (builtin-actors,
reward/src/lib.rs). The reward actor adds up what it has paid: its growth over a tipset is exactly what the blocks got.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

import polars as pl

from ingest.fields import listed, not_negative, part, word
from ingest.filecoin.chain import NULL_ROUNDS, FilecoinNode
from ingest.filecoin.power import MINERS, OWNERS, by_owner, owners, totals
from ingest.filecoin.rpc import Off
from ingest.filecoin.tipsets import EPOCH, Tipset, links_of, spelled, time_of, tipset_of
from ingest.network import CLOCKS_DIFFER, Earlier
from store.faults import BadData
from store.rows import Facts, Kind, frame, holdings, observation

log = logging.getLogger(__name__)

REWARD: Final = "f02"
UNIT: Final = "attofil"
# Blocks that the chain expects in an epoch, which share its reward.
LEADERS: Final = 5
# Nodes keep states for 16 hours; what was minted before is lost, and is not guessed.
LONGEST_GAP: Final = int(timedelta(hours=16) / EPOCH)
# Without certificates a block is final after 900 epochs, some of which the newest block may be late.
SLOWLY: Final = 890 * EPOCH
# Most epochs of a path that a gateway hands out at once.
STRETCH: Final = 480
# After epochs without a block the epoch's reward is not that of the state before; from one epoch to the next it
# changes by less than a millionth.
CHANGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Reward:
    """What the chain mints in an epoch, and all that it has minted for blocks."""

    epoch: int
    total: int


def reward_of(body: Any) -> Reward:
    """The state of the reward actor; one that pays others than miners too has other fields, and is refused."""
    state = part(body, "State")
    return Reward(not_negative(state, "ThisEpochReward"), not_negative(state, "TotalStoragePowerReward"))


def chain(node: FilecoinNode) -> Facts:
    """The tipset that everything is read at, what is minted in its epoch and was minted so far, and what is pledged.

    From the states of the reward actor (f02) and the power actor (f04). Power is told with and without miners that are
    below the minimum for winning blocks.
    """
    reward, told, time = _reward(node), totals(node), node.block.time
    counts = {"miner_count": told.miners, "miners_above_minimum": told.miners_above}
    sizes = {"raw_power": told.raw, "raw_committed": told.raw_committed, "qa_power": told.qa}
    coins = {
        "this_epoch_reward": reward.epoch,
        "total_storage_power_reward": reward.total,
        "pledge_total": told.pledge,
    }
    rows = [observation("tipset", time, f"{node.block.height} {node.block.hash}", "")]
    for unit, facts in (("count", counts), ("bytes", sizes), (UNIT, coins)):
        rows += [observation(name, time, str(value), unit) for name, value in facts.items()]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _reward(node: FilecoinNode) -> Reward:
    return node.ask([node.state("StateReadState", REWARD)], lambda results: reward_of(results[0]))


def finality(node: FilecoinNode) -> Facts:
    """How old the newest certificate of fast finality (F3) is; where it stands still, blocks are final after 7.5 hours.

    By one endpoint's word, which nothing else depends on: it is asked at the newest block, not at the final one. A
    certificate that makes blocks final of the height that is read here must name the very same. Where two answer both
    must say that it is off.
    """
    time = node.block.time
    try:
        epoch, instance = node.ask([("F3GetLatestCertificate", ())], lambda results: _certificate(node, results[0]))
    except Off:
        return Facts(frame(Kind.OBSERVATIONS, [observation("f3", time, "off", "")]))
    age = node.chain.clock() - time_of(epoch)
    rows = [
        observation("f3_instance", time, str(instance), "count"),
        observation("f3_epoch", time, str(epoch), "count"),
        observation("f3_age", time, max(0, int(age.total_seconds())), "s"),
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _certificate(node: FilecoinNode, body: Any) -> tuple[int, int]:
    """The newest epoch and the number of a certificate."""
    tipsets = [(not_negative(one, "Epoch"), links_of(one, "Key")) for one in listed(body, "ECChain")]
    epochs = [epoch for epoch, _ in tipsets]
    if not epochs or epochs != sorted(set(epochs)) or time_of(epochs[-1]) > node.chain.clock() + CLOCKS_DIFFER:
        raise BadData(f"a certificate of the epochs {epochs[:3]} to {epochs[-1:]}")
    # What is final so soon was made so by a certificate, and the newest one is no older.
    if epochs[-1] < node.block.height and node.chain.clock() - node.block.time < SLOWLY:
        raise BadData(f"the newest certificate ends at epoch {epochs[-1]}, before the final block {node.block.height}")
    if any(epoch == node.block.height and key != node.tipset.key for epoch, key in tipsets):
        raise BadData(f"the newest certificate makes other blocks final at the height {node.block.height}")
    return epochs[-1], not_negative(body, "GPBFTInstance")


def wins(node: FilecoinNode, earlier: Earlier) -> Facts:
    """What miners were given for the blocks that they won since the last reading, and the same by who owns them.

    Blocks of every final tipset since (ChainGetPath) and the reward actor's state at each (StateReadState): the subsidy
    of a block is a fifth of the epoch's reward a win, and all subsidies of a tipset add up to what the actor has paid
    for it, exactly. Fees of messages are not in it. After a gap of more than sixteen hours it begins anew: what was
    minted in between is not known, and is not guessed.
    """
    first, last = _named(earlier[0]), _named(earlier[-1])
    nothing = Facts(holdings([]), since=node.block.time, empty=True)
    if len(earlier) == 1 or first == last:
        return nothing
    if node.block.height - first[0] > LONGEST_GAP:
        gap = node.block.height - first[0]
        log.warning("wins begin anew at height %d: %d epochs since the last reading are lost", node.block.height, gap)
        return nothing
    tipsets = _since(node, *first)
    node.winners.update(miner for tipset in tipsets for miner, _ in tipset.wins)
    paid = _paid(tipsets, _rewards(node, tipsets, _reward_in(earlier[0])))
    growth = _reward_in(earlier[-1]).total - _reward_in(earlier[0]).total
    rows = holdings(by_owner(paid, owners(node, paid)))
    return Facts(rows, reported={MINERS: growth, OWNERS: growth}, since=time_of(first[0]))


def _named(rows: pl.DataFrame) -> tuple[int, tuple[str, ...]]:
    """Height and key of the tipset of an earlier reading of the chain."""
    told = _value(rows, "tipset").split(" ")
    return int(told[0]), tuple(told[1:])


def _reward_in(rows: pl.DataFrame) -> Reward:
    return Reward(int(_value(rows, "this_epoch_reward")), int(_value(rows, "total_storage_power_reward")))


def _value(rows: pl.DataFrame, name: str) -> str:
    told = rows.filter(name=name)["exact"].to_list()
    if len(told) != 1:
        raise BadData(f"an earlier reading of the chain tells {len(told)} times of {name}")
    return str(told[0])


def _since(node: FilecoinNode, height: int, key: tuple[str, ...]) -> list[Tipset]:
    """Every tipset from one of before to the node's, each built upon the one before it."""
    stops = [*range(height, node.block.height, STRETCH)]
    calls = [("ChainGetTipSetByHeight", (stop, spelled(node.tipset.key))) for stop in stops]
    if len(stops) == 1:
        path = ("ChainGetPath", (spelled(key), spelled(node.tipset.key)))
        return node.ask([*calls, path], lambda told: _joined(node, key, [_first(told[0], key), *_path(told[1])]))

    def starts(told: list[Any]) -> list[Tipset]:
        found = [_first(told[0], key), *map(tipset_of, told[1:])]
        if any(not 0 <= stop - one.height <= NULL_ROUNDS for stop, one in zip(stops, found, strict=True)):
            raise BadData(f"tipsets of the heights {[one.height for one in found]}, asked for were {stops}")
        return found

    found = node.ask(calls, starts)
    tipsets = found[:1]
    for one, other in pairwise([*found, node.tipset]):
        call = ("ChainGetPath", (spelled(one.key), spelled(other.key)))
        tipsets += node.ask([call], partial(_stretch, one, other.key))
    return _joined(node, key, tipsets)


def _first(body: Any, key: tuple[str, ...]) -> Tipset:
    """The tipset of the last reading, which must still be on the chain."""
    tipset = tipset_of(body)
    if tipset.key != key:
        raise BadData(f"the tipset of height {tipset.height} is {' '.join(tipset.key)}, and was {' '.join(key)}")
    return tipset


def _path(body: Any) -> list[Tipset]:
    """Tipsets that lead from one to another; raises BadData where the first is no ancestor."""
    steps = listed(body)
    if any(word(one, "Type") != "apply" for one in steps):
        raise BadData("the final tipset of the last reading is no ancestor of this one")
    return [tipset_of(part(one, "Val")) for one in steps]


def _stretch(first: Tipset, last: tuple[str, ...], told: list[Any]) -> list[Tipset]:
    """The tipsets behind one, up to the one with a key."""
    tipsets = _path(told[0])
    _linked([first, *tipsets], last)
    return tipsets


def _joined(node: FilecoinNode, key: tuple[str, ...], tipsets: list[Tipset]) -> list[Tipset]:
    if tipsets[0].key != key:
        raise BadData("a path begins elsewhere")
    _linked(tipsets, node.tipset.key)
    return tipsets


def _linked(tipsets: Sequence[Tipset], last: tuple[str, ...]) -> None:
    """Each tipset names the one before it: none is missing, and the last is the one that was asked for."""
    for one, other in pairwise(tipsets):
        # Blocks name their parents in the order of the key.
        if other.parents != one.key or other.height <= one.height:
            raise BadData(f"the tipset of height {other.height} is not built upon that of {one.height}")
    if tipsets[-1].key != last:
        raise BadData(f"a path ends at height {tipsets[-1].height}, at another tipset")


def _rewards(node: FilecoinNode, tipsets: Sequence[Tipset], first: Reward) -> list[Reward]:
    """The reward actor's state before each tipset; those of the first and the last are known."""
    calls = [("StateReadState", (REWARD, spelled(one.key))) for one in tipsets[1:-1]]
    return [first, *node.each(calls, reward_of), _reward(node)]


def _paid(tipsets: Sequence[Tipset], rewards: Sequence[Reward]) -> dict[str, int]:
    """What each miner was given for the blocks of all tipsets but the last, whose state is not told yet."""
    sums: dict[str, int] = defaultdict(int)
    below = None
    for (tipset, before), (_, after) in pairwise(zip(tipsets, rewards, strict=True)):
        alone = below is not None and tipset.height == below + 1
        for miner, amount in _shares(tipset, before.epoch, after.total - before.total, known=alone):
            sums[miner] += amount
        below = tipset.height
    return dict(sums)


def _shares(tipset: Tipset, reward: int, paid: int, *, known: bool) -> Iterator[tuple[str, int]]:
    """The subsidy of each block of a tipset; raises BadData where they are not what was paid for it.

    known: the epoch before had a block, so that the reward is exactly that of the state before.
    """
    exact = [(miner, reward * count // LEADERS) for miner, count in tipset.wins]
    if sum(amount for _, amount in exact) == paid:
        yield from exact
        return
    won = sum(count for _, count in tipset.wins)
    due = reward * won // LEADERS
    # The reward was set anew in each epoch without a block, which no state tells; all still got the same a win.
    if known or abs(paid - due) * CHANGE > due:
        raise BadData(f"height {tipset.height}: {won} wins are paid {paid} attoFIL, which should be {due}")
    left = paid
    for place, (miner, count) in enumerate(tipset.wins):
        amount = left if place == len(tipset.wins) - 1 else paid * count // won
        left -= amount
        yield miner, amount


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
chain:
  tipset | | | height of the final tipset, and the hashes of its blocks
  miner_count | | count | miners that were ever made
  miners_above_minimum | | count | miners with enough power to win blocks
  raw_power | | bytes | bytes of disk of miners that can win blocks
  raw_committed | | bytes | bytes of disk of all miners
  qa_power | | bytes | quality-adjusted power of miners that can win blocks
  this_epoch_reward | | attofil | what five wins are worth in the epoch
  total_storage_power_reward | | attofil | all that was minted for blocks so far
  pledge_total | | attofil | what all miners have pledged, with their locked rewards
finality:
  f3 | | | off, where nodes say that fast finality does not run
  f3_instance | | count | number of the newest certificate of fast finality
  f3_epoch | | count | newest epoch that it makes final
  f3_age | | s | how old that epoch is
wins:
  miners | <address> | | miners that won blocks, with what was minted for these
  owners | <address> | | who owns such miners, with what was minted for all that are its own
"""
