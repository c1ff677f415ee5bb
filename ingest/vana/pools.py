"""Data pools of Vana (DLPs), who owns them, and the rewards that keys write and pay to them.

vana-com/vana-smart-contracts at ea6a85c7, contracts/dlpRewards.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ingest.evm.bulk import rows
from ingest.evm.calls import Call
from ingest.evm.events import events, last_blocks, signature
from ingest.evm.logs import NOBODY
from ingest.evm.node import EvmNode
from ingest.network import Memo
from ingest.vana.names import name, pool
from store.faults import BadData, SourceChanged
from store.rows import SINK, Facts, Kind, frame, holdings, observation

# IDLPRegistry.sol:46-61: number, contract, owner, token, treasury, name, icon, website, metadata, block, deposit,
# status, place in a market, whether or in which block it was verified: a truth value before, a number now.
POOL: Final = "(uint256,address,address,address,address,bytes,bytes,bytes,bytes,uint256,uint256,uint8,uint256,uint256)"
STATUS: Final = ("none", "registered", "eligible", "deregistered")
MOST_POOLS: Final = 10_000
UNOWNED: Final = f"{SINK}unowned"
# IVanaEpoch.sol:37-42: first and last block, reward, whether it is closed.
EPOCH: Final = "(uint256,uint256,uint256,bool)"
# What epochDlps returns (IVanaEpoch.sol:48-55): of the first version whether it takes part and its reward; later a
# penalty, a bonus and what was paid of both too.
PARTS: Final = ("reward", "penalty", "bonus", "paid", "penalty_paid")
SIZES: Final = (2, 1 + len(PARTS))
# Epochs that are looked at for the newest that is closed: rewards of one are written weeks after its end.
LOOKED_AT: Final = 10
# DLPRewardDeployerImplementation.sol:20-29, the same in all versions: epoch, pool and part are topics. Of what was
# sent to a market some may come back (DLPRewardSwapImplementation.sol:551-584): what was used is the last word.
PAID: Final = signature("EpochDlpRewardDistributed(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)")
USED: Final = 4
DAYS: Final = 30

Read = Callable[[EvmNode], Facts]
ReadInParts = Callable[[EvmNode, Memo], Facts]


@dataclass(frozen=True, slots=True)
class Pool:
    """A data pool as its registry has it."""

    number: int
    contract: str
    owner: str
    token: str
    treasury: str
    name: str
    status: str
    verified: int


def owners(registry: str) -> Read:
    """The reading of who owns data pools."""

    def read(node: EvmNode) -> Facts:
        """Data pools that rewards are written for, by who owns them; each counts one.

        From the registry (dlps) at one final block. Anybody registers a pool for a deposit; whether one is eligible is
        decided by keys, which verify it. What a pool holds stands nowhere on the chain.
        """
        found: dict[str, int] = defaultdict(int)
        for one in _pools(node, registry):
            if one.status == "eligible":
                found[one.owner] += 1
        return Facts(holdings(("owners", owner, n) for owner, n in sorted(found.items())), empty=not found)

    return read


def directory(registry: str) -> Read:
    """The reading of what data pools say of themselves."""

    def read(node: EvmNode) -> Facts:
        """Every data pool with its name, owner, contract, token and treasury, and whether it is eligible for rewards.

        Names are anybody's text. From the registry (dlps) at one final block.
        """
        pools, time = _pools(node, registry), node.block.time
        counts = {"pools": len(pools)}
        counts |= {f"pools_{status}": sum(one.status == status for one in pools) for status in STATUS[1:]}
        found = [observation(what, time, count, "pools") for what, count in counts.items()]
        for one in pools:
            said = (
                ("pool_name", one.name, ""),
                ("pool_status", one.status, ""),
                ("pool_verified", "true" if one.verified else "false", ""),
                ("pool_owner", one.owner, "address"),
                ("pool_contract", one.contract, "address"),
                ("pool_token", one.token, "address"),
                ("pool_treasury", one.treasury, "address"),
            )
            found += [
                observation(what, time, value, unit, subject=pool(one.number))
                for what, value, unit in said
                if value != NOBODY
            ]
        return Facts(frame(Kind.OBSERVATIONS, found))

    return read


def rewards(deployer: str, registry: str) -> ReadInParts:
    """The reading of the rewards that were paid for data pools."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """VANA that was paid out for data pools in the last thirty days, by pool and by who owns it now.

        Realised: what was used of each payment, by the events of the contract that pays (EpochDlpRewardDistributed);
        what found no buyer went back. A key pays what other keys wrote: a part buys the pool's own token for the pool's
        treasury, the rest goes into the token's market.
        """
        period = last_blocks(node, DAYS * node.chain.day)
        paid: dict[int, int] = defaultdict(int)
        for event in events(node, memo, deployer, {PAID: (3, 5)}, period.first)[PAID]:
            if event.words[USED] > event.words[0]:
                raise BadData(f"{deployer} used more than it paid in block {event.block}: {event.words}")
            paid[event.topics[1]] += event.words[USED]
        known = {one.number: one.owner for one in _pools(node, registry)}
        if strangers := paid.keys() - known.keys():
            raise BadData(f"{deployer} paid for {pool(min(strangers))}, which {registry} does not know")
        by_owner: dict[str, int] = defaultdict(int)
        for number, amount in paid.items():
            by_owner[UNOWNED if known[number] == NOBODY else known[number]] += amount
        found = [("pools", pool(number), amount) for number, amount in sorted(paid.items()) if amount]
        found += [("owners", owner, amount) for owner, amount in sorted(by_owner.items()) if amount]
        return Facts(holdings(found), since=period.since, empty=not found)

    return read


def epochs(contract: str) -> Read:
    """The reading of the rewards that keys wrote."""

    def read(node: EvmNode) -> Facts:
        """Rewards of the newest closed epoch as keys wrote them: of each data pool its reward, penalty and bonus.

        Subject is the pool; `epoch_reward` is what there was to share out. A key saves how pools did, another confirms
        it, and keys may write over what stands there. From VanaEpoch (epochs, epochDlps) at one final block; penalties
        and bonuses are of later versions alone.
        """
        time, many, following = node.block.time, Call(contract, "epochsCount()"), Call(contract, "epochRewardAmount()")
        node.calls([many, following])
        count = int(node.call(many))
        asked = [_epoch(contract, number) for number in range(count, max(0, count - LOOKED_AT), -1)]
        told = dict(zip(asked, (_told(contract, answer) for answer in node.calls(asked)), strict=True))
        found = [
            observation("epochs", time, count, "epochs"),
            observation("next_epochs_reward", time, node.call(following), "avana"),
        ]
        closed = next((call.arguments[0] for call in asked if told[call][3]), None)
        if closed is not None:
            first, last, amount, _ = told[_epoch(contract, closed)]
            found += [
                observation("epoch", time, closed, "number"),
                observation("epoch_first_block", time, first, "block"),
                observation("epoch_last_block", time, last, "block"),
                observation("epoch_reward", time, amount, "avana"),
                *_written(node, contract, closed),
            ]
        return Facts(frame(Kind.OBSERVATIONS, found))

    return read


def _pools(node: EvmNode, registry: str) -> list[Pool]:
    count = int(node.call(Call(registry, "dlpsCount()")))
    if count > MOST_POOLS:
        raise SourceChanged(f"{registry} has {count} pools")
    asked = [Call(registry, "dlps(uint256)", (number,), (POOL,)) for number in range(1, count + 1)]
    return [_pool(registry, call.arguments[0], answer) for call, answer in zip(asked, node.calls(asked), strict=True)]


def _pool(registry: str, number: int, answer: tuple[Any, ...]) -> Pool:
    if not answer or answer[0][0] != number or answer[0][11] >= len(STATUS):
        raise SourceChanged(f"{registry} says of pool {number}: {str(answer)[:200]}")
    ((_, contract, owner, token, treasury, called, *_, status, _, verified),) = answer
    return Pool(number, contract, owner, token, treasury, name(called), STATUS[status], verified)


def _epoch(contract: str, number: int) -> Call:
    return Call(contract, "epochs(uint256)", (number,), (EPOCH,))


def _told(contract: str, answer: tuple[Any, ...]) -> tuple[int, int, int, bool]:
    if not answer:
        raise SourceChanged(f"{contract} does not know one of its epochs")
    told: tuple[int, int, int, bool] = answer[0]
    return told


def _written(node: EvmNode, contract: str, epoch: int) -> list[dict[str, Any]]:
    """What was written for each pool of an epoch."""
    numbers = node.call(Call(contract, "epochDlpIds(uint256)", (epoch,), ("uint256[]",)))
    if len(numbers) > MOST_POOLS:
        raise SourceChanged(f"{contract} has {len(numbers)} pools in epoch {epoch}")
    asked = [(epoch, number) for number in numbers]
    said = rows(node, contract, "epochDlps(uint256,uint256)", asked, SIZES) if asked else []
    return [
        observation(f"written_{what}", node.block.time, amount, "avana", subject=pool(number))
        for number, (_, *amounts) in zip(numbers, said, strict=True)
        for what, amount in zip(PARTS, amounts, strict=False)
    ]


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
owners:
  owners | <address> | | who owns data pools that are eligible for rewards, each one
directory:
  pools | | pools | data pools that were ever registered
  pools_<status> | | pools | of these registered, eligible for rewards, or deregistered
  pool_name | pool:<number> | | what a data pool calls itself
  pool_status | pool:<number> | | registered, eligible or deregistered
  pool_verified | pool:<number> | | true where a key has verified it
  pool_owner | pool:<number> | address | who owns it
  pool_contract | pool:<number> | address | its contract
  pool_token | pool:<number> | address | its token
  pool_treasury | pool:<number> | address | where its rewards go
rewards:
  pools | pool:<number> | | data pools, with what was paid out for each in thirty days
  owners | <address> or sink:unowned | | who owns them, with the same
epochs:
  epochs | | epochs | epochs that were begun
  next_epochs_reward | | avana | what a new epoch has to share out, set by a key
  epoch | | number | the newest epoch that is closed
  epoch_first_block | | block | its first block
  epoch_last_block | | block | its last block
  epoch_reward | | avana | what it has to share out
  written_<what> | pool:<number> | avana | reward, penalty and bonus that were written, and what was paid of them
"""
