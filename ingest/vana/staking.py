"""Stake of VanaPool: everybody's shares of each entity, and what they are worth by what the entity holds.

vana-com/vana-smart-contracts at ea6a85c7, contracts/vanaStaking. Shares are exact: those of an entity's stakers add up
to all that it issued. What a share is worth is as of when somebody last had the entity's rewards worked out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from ingest.evm.bulk import rows
from ingest.evm.calls import Call
from ingest.evm.node import EvmNode
from ingest.network import Memo
from ingest.vana.names import entity, name
from store.faults import BadData, SourceChanged
from store.rows import Facts, Kind, frame, holdings, observation

# IVanaPoolEntity.sol:33-44: number, owner, status, name, highest yearly yield, rewards locked, what stakers have,
# shares, when rewards were last worked out. Later versions have more, behind these.
ENTITY: Final = "(uint256,address,uint8,bytes,uint256,uint256,uint256,uint256,uint256)"
STATUS: Final = ("none", "active", "removed")
# IVanaPoolStaking.sol:9-15: how many words stakerEntities returns, by version(); shares are the first of each.
WORDS: Final[Mapping[int, int]] = {1: 1, 2: 5}
MOST_WORDS: Final = 33
# Stakers on a page, and pages in one question: each costs a look at storage, 2,100 gas of some 50 million.
PAGE: Final = 1_000
PAGES_AT_ONCE: Final = 5
# More of either is no list of this contract's.
MOST_ENTITIES: Final = 1_000
# Each staker loses less than a base unit of each entity to rounding: this many of them.
MOST_STAKERS: Final = 10**6

Read = Callable[[EvmNode], Facts]
ReadInParts = Callable[[EvmNode, Memo], Facts]


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity that is staked to; pool: what its stakers have together, in base units, for `shares` of it."""

    number: int
    owner: str
    status: str
    name: str
    most: int
    locked: int
    pool: int
    shares: int
    updated: int


def stakers(staking: str, entities: str) -> ReadInParts:
    """The reading of who has staked how much, with which entity."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """What everybody has staked with VanaPool, in all and with each entity, by their shares at one final block.

        From the contract's own list of stakers and the shares of each (stakerEntities). The shares of an entity's
        stakers must add up to all its shares, to the last one; a share is worth its part of what the entity holds for
        its stakers, as of when its rewards were last worked out, each stake rounded down to a base unit. Stake does not
        vote, and secures no block: it is apart from what validators deposit.
        """
        known, size = _stakers(node, memo, staking), _words(node, staking)
        found: list[tuple[str, str, int]] = []
        whole: dict[str, int] = defaultdict(int)
        reported = {}
        for one in _entities(node, entities):
            held = _shares(node, memo, staking, one, known, size)
            if not held:
                continue
            amounts = {staker: shares * one.pool // one.shares for staker, shares in held.items()}
            for staker, amount in amounts.items():
                whole[staker] += amount
            found += [(f"{entity(one.number)}/stakers", staker, amount) for staker, amount in amounts.items()]
            reported[f"{entity(one.number)}/stakers"] = one.pool
        everybody = [("stakers", staker, amount) for staker, amount in sorted(whole.items())]
        if everybody:
            reported["stakers"] = sum(reported.values())
        return Facts(holdings([*everybody, *found]), reported=reported, empty=not everybody)

    return read


def staked(entities: str) -> Read:
    """The reading of how much is staked with each entity."""

    def read(node: EvmNode) -> Facts:
        """What all stakers of each entity have together, as of when its rewards were last worked out.

        From the contract's own account of each entity (entities) at one final block.
        """
        found = [("entities", entity(one.number), one.pool) for one in _entities(node, entities) if one.pool]
        return Facts(holdings(found), empty=not found)

    return read


def state(staking: str, entities: str, treasury: str) -> Read:
    """The reading of what entities say of themselves, and of the contracts that keep the stakes."""

    def read(node: EvmNode) -> Facts:
        """Names, owners and yields of the entities that are staked to, how many stakers there are, and the rules.

        Names are anybody's text. What an entity may pay its stakers a year at most is set by a key, and so is who may
        have an entity; what it pays comes from rewards that somebody put in before (entity_rewards_left).
        """
        time = node.block.time
        found = [observation(*said) for said in _rules(node, staking, entities, treasury)]
        for one in _entities(node, entities):
            said = (
                ("entity_name", one.name, ""),
                ("entity_owner", one.owner, "address"),
                ("entity_status", one.status, ""),
                ("entity_most_a_year", one.most, "bp"),
                ("entity_rewards_left", one.locked, "avana"),
                ("entity_shares", one.shares, "shares"),
                ("entity_updated", one.updated, "s"),
            )
            found += [observation(what, time, value, unit, subject=entity(one.number)) for what, value, unit in said]
        return Facts(frame(Kind.OBSERVATIONS, found))

    return read


def _rules(node: EvmNode, staking: str, entities: str, treasury: str) -> Iterator[tuple[str, datetime, int, str]]:
    """What the contracts say of all; the bonding period is of later versions alone."""
    asked = {
        "entities": (Call(entities, "entitiesCount()"), "entities"),
        "active_stakers": (Call(staking, "activeStakersListCount()"), "stakers"),
        "inactive_stakers": (Call(staking, "inactiveStakersListCount()"), "stakers"),
        "least_stake": (Call(staking, "minStakeAmount()"), "avana"),
        "staking_version": (Call(staking, "version()"), "version"),
        "staking_holds": (Call(node.chain.multicall, "getEthBalance(address)", (treasury,)), "avana"),
    }
    bonded = Call(staking, "bondingPeriod()")
    *_, bonding = node.calls([*(call for call, _ in asked.values()), bonded])
    for what, (call, unit) in asked.items():
        yield what, node.block.time, int(node.call(call)), unit
    if bonding:
        yield "bonding_period", node.block.time, int(bonding[0]), "s"


def _entities(node: EvmNode, contract: str) -> list[Entity]:
    """All entities, those that are no more too: who staked there still has shares."""
    count = int(node.call(Call(contract, "entitiesCount()")))
    if count > MOST_ENTITIES:
        raise SourceChanged(f"{contract} has {count} entities")
    asked = [Call(contract, "entities(uint256)", (number,), (ENTITY,)) for number in range(1, count + 1)]
    return [_entity(contract, call.arguments[0], answer) for call, answer in zip(asked, node.calls(asked), strict=True)]


def _entity(contract: str, number: int, answer: tuple[Any, ...]) -> Entity:
    if not answer or answer[0][0] != number or answer[0][2] >= len(STATUS):
        raise SourceChanged(f"{contract} says of entity {number}: {str(answer)[:200]}")
    ((_, owner, status, called, most, locked, pool, shares, updated),) = answer
    return Entity(number, owner, STATUS[status], name(called), most, locked, pool, shares, updated)


def _stakers(node: EvmNode, memo: Memo, contract: str) -> list[str]:
    """Everybody in the contract's list of who has shares."""

    def make() -> pl.DataFrame:
        count = int(node.call(Call(contract, "activeStakersListCount()")))
        if count > MOST_STAKERS:
            raise SourceChanged(f"{contract} has {count} stakers")
        # A page that begins beyond the end is an error there, one that ends beyond it is cut.
        pages = [(start, min(start + PAGE, count)) for start in range(0, count, PAGE)]
        for place in range(0, len(pages), PAGES_AT_ONCE):
            # Asked together, answered below from memory: one request for some pages.
            node.calls([_listed(contract, page) for page in pages[place : place + PAGES_AT_ONCE]])
        found = [staker for page in pages for staker in node.call(_listed(contract, page))]
        if len(found) != count or len(set(found)) != count:
            raise BadData(f"{contract} has {count} stakers, and lists {len(found)}, {len(set(found))} of them once")
        return pl.DataFrame({"staker": found}, schema={"staker": pl.String()})

    return memo("stakers", make)["staker"].to_list()


def _listed(contract: str, page: tuple[int, int]) -> Call:
    return Call(contract, "activeStakersListValues(uint256,uint256)", page, ("address[]",))


def _words(node: EvmNode, contract: str) -> Sequence[int]:
    """How many words the contract returns of a stake, by its version; of one that nobody has read whatever it does.

    That the first are shares is proved by their sum.
    """
    size = WORDS.get(int(node.call(Call(contract, "version()"))))
    return (size,) if size else range(1, MOST_WORDS)


def _shares(
    node: EvmNode, memo: Memo, contract: str, one: Entity, known: Sequence[str], size: Sequence[int]
) -> dict[str, int]:
    """Shares of an entity by who has some; raises BadData where they are not all that there are."""

    def make() -> pl.DataFrame:
        asked = [(int(staker, 16), one.number) for staker in known]
        said = rows(node, contract, "stakerEntities(address,uint256)", asked, size) if asked else []
        return holdings(
            (entity(one.number), staker, words[0]) for staker, words in zip(known, said, strict=True) if words[0]
        )

    held = memo(f"shares-{one.number}", make)
    found = {staker: int(shares) for staker, shares in held.select("holder", "amount").iter_rows()}
    if sum(found.values()) != one.shares:
        raise BadData(f"{entity(one.number)} has {one.shares} shares, its stakers {sum(found.values())}")
    return found


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
stakers:
  stakers | <address> | | who has staked how much, with all entities together
  entity:<number>/stakers | <address> | | who has staked how much with one entity
staked:
  entities | entity:<number> | | what all stakers of an entity have together
state:
  entities | | entities | entities that were ever made
  active_stakers | | stakers | who has staked
  inactive_stakers | | stakers | who has staked before, and has nothing staked now
  least_stake | | avana | the least that one can stake
  bonding_period | | s | how long one must stay before one keeps what was earned
  staking_version | | version | what the staking contract says its version is
  staking_holds | | avana | what the treasury of stakes holds, with rewards that are not paid yet
  entity_name | entity:<number> | | what an entity calls itself
  entity_owner | entity:<number> | address | who owns it
  entity_status | entity:<number> | | active, or removed
  entity_most_a_year | entity:<number> | bp | the most that its stakers may earn a year, set by a key
  entity_rewards_left | entity:<number> | avana | rewards that were put in and are not paid yet
  entity_shares | entity:<number> | shares | shares of all its stakers
  entity_updated | entity:<number> | s | when its rewards were last worked out, in seconds since 1970
"""
