"""What a Cosmos chain mints and to whom, its supply and its speed, at one block."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from functools import partial
from hashlib import sha256
from typing import Any, Final

from analytics.decimals import ONE
from ingest.cosmos.governance import bond_denom
from ingest.cosmos.lcd import PROVISIONS, VALIDATORS, Ask, Lcd, NotServed
from ingest.cosmos.stake import bonded, bonded_validators, operator_of, pool_tokens
from ingest.endpoints import AbsentHere
from ingest.fields import decimal, fixed, listed, not_negative, once, share, text, whole, word
from store.addresses import bech32
from store.faults import BadData, SourceDown
from store.rows import Facts, Kind, frame, holdings, observation

MINT: Final = "/cosmos/mint/v1beta1"
DISTRIBUTION: Final = "/cosmos/distribution/v1beta1"
SUPPLY: Final = "/cosmos/bank/v1beta1/supply"
DAY: Final = timedelta(days=1)
MICROSECOND: Final = timedelta(microseconds=1)
# How far back block time is measured: about sixteen hours, or less where old blocks are not kept.
SPANS: Final = (10_000, 1_000, 100, 10)

# Denom, yearly rate, and who gets it.
Inflation = tuple[str, Decimal, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Some blocks and the time they took."""

    blocks: int
    took: timedelta

    @property
    def seconds(self) -> float:
        """Mean time of a block."""
        return self.took.total_seconds() / self.blocks

    def a_day(self, amount: int) -> int:
        """What a day brings at this speed if each block brings `amount`."""
        return amount * self.blocks * (DAY // MICROSECOND) // (self.took // MICROSECOND)


def span(node: Lcd) -> Span:
    """The longest stretch of blocks before the pinned one that its endpoints still keep; raises SourceDown."""
    reasons = []
    for blocks in SPANS:
        if blocks < node.block.height:
            try:
                took = node.block.time - node.block_at(node.block.height - blocks).time
            except SourceDown as error:
                reasons.append(str(error))
                continue
            return Span(blocks, took)
    raise SourceDown(f"no block to measure time from: {'; '.join(reasons) or 'the chain is too young'}")


def economy(node: Lcd) -> Facts:
    """Bonded tokens, supply, inflation, community pool and block time, from the staking, bank, mint and distribution
    modules. Block time is measured over the last 10,000 blocks (fewer where nodes keep fewer).
    """
    time = node.block.time
    inflation = node.get(f"{MINT}/inflation", lambda told: text(told, "inflation"))
    minted = [
        observation("inflation", time, inflation, "ratio"),
        observation("annual_provisions", time, annual_provisions(node), bond_denom(node)),
    ]
    return Facts(frame(Kind.OBSERVATIONS, [*minted, *_economy(node)]))


def economy_beside_mint(node: Lcd) -> Facts:
    """Bonded tokens, supply, community pool and block time, from the staking, bank and distribution modules; what is
    minted is a matter of the chain's own module. Block time is measured over the last 10,000 blocks (fewer where nodes
    keep fewer).
    """
    return Facts(frame(Kind.OBSERVATIONS, _economy(node)))


def _economy(node: Lcd) -> list[dict[str, Any]]:
    denom, time = bond_denom(node), node.block.time
    rows = [
        observation("bonded", time, pool_tokens(node, "bonded_tokens"), denom),
        observation("not_bonded", time, pool_tokens(node, "not_bonded_tokens"), denom),
        observation("supply", time, supply(node, denom), denom),
        observation("block_time", time, span(node).seconds, "s"),
    ]
    return rows + node.get(f"{DISTRIBUTION}/community_pool", partial(_pool, time))


def _pool(time: datetime, body: dict[str, Any]) -> list[dict[str, Any]]:
    """What is in the community pool, each denom once."""
    coins = once(listed(body, "pool"), lambda coin: word(coin, "denom"))
    held = {word(coin, "denom"): text(coin, "amount") for coin in coins}
    return [observation("community_pool", time, amount, denom, subject=denom) for denom, amount in held.items()]


def emission(node: Lcd) -> Facts:
    """New tokens of one day at the present rate, by receiver: projected, from the mint and distribution modules.

    What a block mints (annual provisions over the nominal blocks a year, cut to whole units) times the blocks of
    a day at the measured block time. The community tax goes to the pool; the rest to validators by consensus power,
    each sharing with its delegators after its commission. Extra rewards of block proposers (old software) follow the
    same power in the mean. Municipal inflation of the staking token goes to its target addresses. Fees are left out.
    """
    shares = list(_by_validator(node))
    rows = [("stakers", operator, amount) for operator, amount, _ in shares]
    rows.append(("pool", module_account(node, "distribution"), _pool_share(node)))
    rows += [("municipal", target, amount) for denom, target, amount in municipal(node) if denom == bond_denom(node)]
    return Facts(holdings(rows), since=node.block.time - DAY)


def emission_split(node: Lcd) -> Facts:
    """New tokens of one day by role: the pool, validators' commission, and delegators (validators' own stake among
    them), in all and by validator; and municipal inflation of other tokens. Projected as `emission` is.
    """
    time, denom = node.block.time, bond_denom(node)
    rows = [observation("to_pool", time, _pool_share(node), denom)]
    totals = {"to_commission": 0, "to_delegators": 0}
    for operator, amount, rate in _by_validator(node):
        commission = amount * rate // ONE
        for name, part_of_it in (("to_commission", commission), ("to_delegators", amount - commission)):
            totals[name] += part_of_it
            rows.append(observation(name, time, part_of_it, denom, subject=operator))
    rows += [observation(name, time, amount, denom) for name, amount in totals.items()]
    for unit, target, amount in municipal(node):
        rows.append(observation("to_municipal", time, amount, unit, subject=f"{target}|{unit}"))
    return Facts(frame(Kind.OBSERVATIONS, rows))


def supply(node: Lcd, denom: str) -> int:
    """All tokens of a denom, which the bank module must list."""

    def told(coins: list[Any]) -> int:
        found = _amounts(coins)
        if denom not in found:
            raise BadData(f"the bank module of {node.chain_id} lists no supply of {denom}")
        return found[denom]

    return node.pages(SUPPLY, "supply", told)


def annual_provisions(node: Lcd) -> str:
    """What a year would mint at the present rate, as the chain writes it."""
    return node.get(PROVISIONS, _provisions)


def _provisions(body: dict[str, Any]) -> str:
    if fixed(body, "annual_provisions") < 0:
        raise BadData(f"annual provisions are {body['annual_provisions']}")
    return text(body, "annual_provisions")


def municipal(node: Lcd) -> list[tuple[str, str, int]]:
    """Denom, target and base units a day of inflation that is minted to an address (fetchhub's own mint module).

    Of a token that does not exist none is minted.
    """
    inflations = []
    for denom, rate, target in _inflations(node):
        minted = _compound(rate, _blocks_per_year(node), node.pages(SUPPLY, "supply", _amounts).get(denom, 0))
        inflations.append((denom, target, span(node).a_day(minted)))
    return inflations


def _inflations(node: Lcd) -> list[Inflation]:
    path = f"{MINT}/municipal_inflation"

    def some(ask: Ask) -> list[Inflation]:
        found = _municipal(ask(path, {}))
        if not found:
            raise AbsentHere(f"{path} tells none")
        return found

    try:
        # It is not of the block: for a second after its start a node answers that there is none, so all are asked.
        return node.get(path, _municipal) or node.unpinned(some)
    except (NotServed, AbsentHere):
        return []


def _municipal(body: dict[str, Any]) -> list[Inflation]:
    """Denom, yearly rate and target of each municipal inflation."""
    found = [
        (word(pair, "denom"), fixed(pair, "inflation", "value"), word(pair, "inflation", "target_address"))
        for pair in listed(body, "inflations")
    ]
    for denom, rate, _ in once(found, lambda one: str(one[0])):
        if rate < 0:
            raise BadData(f"municipal inflation of {denom} is {decimal(rate)}")
    return [(denom, Decimal(rate).scaleb(-18), target) for denom, rate, target in found]


def _amounts(coins: list[Any]) -> dict[str, int]:
    """All tokens of every denom that has any."""
    # The query for one denom differs between versions, and panics in some; the list is the same in all.
    once(coins, lambda coin: word(coin, "denom"))
    return {text(coin, "denom"): not_negative(coin, "amount") for coin in coins}


def module_account(node: Lcd, module: str) -> str:
    """Address of a module's own account: the SDK derives it from the module's name."""
    prefix = operator_of(bonded_validators(node)[0]).partition("valoper1")[0]
    return bech32(prefix, sha256(module.encode()).digest()[:20])


def _blocks_per_year(node: Lcd) -> int:
    def told(body: dict[str, Any]) -> int:
        blocks = whole(body, "params", "blocks_per_year")
        if blocks <= 0:
            raise BadData(f"{blocks} blocks a year")
        return blocks

    return node.get(f"{MINT}/params", told)


def _a_day(node: Lcd) -> int:
    a_block = fixed({"a": annual_provisions(node)}, "a") // _blocks_per_year(node) // ONE
    return span(node).a_day(a_block)


def _pool_share(node: Lcd) -> int:
    tax = node.get(f"{DISTRIBUTION}/params", lambda body: share(body, "params", "community_tax"))
    return _a_day(node) * tax // ONE


def _by_validator(node: Lcd) -> Iterator[tuple[str, int, int]]:
    """Operator, base units a day with all its delegators, and its commission rate in 1e-18."""
    bonded = node.pages(VALIDATORS, "validators", _paid)
    total = sum(tokens for _, tokens, _ in bonded)
    to_stakers = _a_day(node) - _pool_share(node)
    for operator, tokens, rate in bonded:
        yield operator, to_stakers * tokens // total, rate


def _paid(validators: list[Any]) -> list[tuple[str, int, int]]:
    """Operator, tokens and commission rate of each validator that signs blocks."""
    return [
        (operator_of(row), whole(row, "tokens"), share(row, "commission", "commission_rates", "rate"))
        for row in bonded(validators)
    ]


def _compound(rate: Decimal, blocks: int, amount: int) -> int:
    """What one block mints if `blocks` of them compound to a yearly rate."""
    with localcontext() as context:
        context.prec = 80
        a_block = ((1 + rate).ln() / blocks).exp() - 1
        # The chain keeps eighteen decimals of the rate of a block.
        kept = a_block.quantize(Decimal(1).scaleb(-18))
        return int((kept * amount).to_integral_value(ROUND_FLOOR))


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
economy:
  bonded | | <denom> | tokens that are staked with signing validators
  not_bonded | | <denom> | tokens that are leaving, or with others
  supply | | <denom> | all tokens
  inflation | | ratio | new tokens a year over all tokens
  annual_provisions | | <denom> | new tokens a year
  block_time | | s | mean time of a block
  community_pool | <denom> | <denom> | what governance can spend
economy_beside_mint:
  bonded | | <denom> | tokens that are staked with signing validators
  not_bonded | | <denom> | tokens that are leaving, or with others
  supply | | <denom> | all tokens
  block_time | | s | mean time of a block
  community_pool | <denom> | <denom> | what governance can spend
emission:
  stakers | <address> | | validators with their delegators, with the new tokens of a day
  pool | <address> | | the community pool, with its part
  municipal | <address> | | targets of municipal inflation
emission_split:
  to_pool | | <denom> | new tokens of a day for the community pool
  to_commission | [<address>] | <denom> | new tokens of a day that validators keep, in all or of one
  to_delegators | [<address>] | <denom> | new tokens of a day for delegators, in all or of one validator
  to_municipal | <address>|<denom> | <denom> | municipal inflation of a token to its target
"""
