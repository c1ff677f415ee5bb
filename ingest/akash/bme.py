"""Burn-mint equilibrium of Akash: how ACT, the dollar that leases are paid in, is backed, and the chain's AKT price."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from ingest.cosmos.lcd import Lcd
from ingest.fields import fixed, flag, instant, listed, not_negative, once, part, table, text, word
from ingest.network import HOURLY, Reading
from store.faults import BadData, SourceChanged, SourceDown
from store.rows import Facts, Kind, frame, observation

STATUS: Final = "/akash/bme/v1/status"
VAULT: Final = "/akash/bme/v1/vault"
SUPPLY: Final = "/cosmos/bank/v1beta1/supply/by_denom"
# The oracle keeps the price of the whole token; a question for `uakt` fails.
ORACLE: Final = tuple(f"/akash/oracle/{version}/aggregated_price/akt" for version in ("v2", "v1"))
HALTED: Final = "mint_status_halt_oracle"
# While healthy or warned, a dollar of AKT buys one ACT; once halted, ACT cannot be minted.
BREAKER: Final = (*(f"mint_status_{state}" for state in ("healthy", "warning", "halt_cr")), HALTED)
# Who made the oracle's price, among the sources of prices.
SOURCE: Final = "akash oracle"
BOOKS: Final = ("balances", "total_burned", "total_minted", "remint_credits")

Read = Callable[[Lcd], Facts]


def bme(dollar: str) -> Read:
    """The reading of how the dollar that leases are paid in is backed."""

    def backing(node: Lcd) -> Facts:
        """How ACT is backed (bme and bank modules): the circuit breaker and its thresholds, collateral ratio, ACT in
        circulation, and what the vault holds, has burned, minted and owes in each denom. While the oracle has no healthy
        price the chain tells neither ratio nor thresholds; that it has halted is told.
        """  # noqa: E501 - readers see the text as it is
        time = node.block.time
        outstanding = node.get(SUPPLY, partial(_supply, dollar), {"denom": dollar})
        rows = [
            observation("outstanding_act", time, outstanding, dollar),
            *_breaker(node),
            *node.get(VAULT, partial(_books, time)),
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return backing


def _supply(denom: str, body: Mapping[str, Any]) -> int:
    if (told := text(body, "amount", "denom")) != denom:
        raise SourceChanged(f"asked for the supply of {denom}, got that of {told[:80]}")
    return not_negative(body, "amount", "amount")


def _breaker(node: Lcd) -> list[dict[str, Any]]:
    time = node.block.time
    try:
        node.get(STATUS, table)
    except SourceDown:
        # The module computes a ratio before it answers, and has no price for it exactly when the oracle halts it.
        if node.first(ORACLE, _healthy)[1]:
            raise
        return list(_state(time, {"status": HALTED, "mints_allowed": False, "refunds_allowed": False}))
    return node.get(STATUS, lambda body: [*_ratios(time, body), *_state(time, body)])


def _state(time: datetime, status: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    state = word(status, "status")
    if state not in BREAKER:
        raise SourceChanged(f"the circuit breaker is {state!r}; known: {', '.join(BREAKER)}")
    yield observation("circuit_breaker", time, state, "")
    for name in ("mints_allowed", "refunds_allowed"):
        yield observation(name, time, int(flag(status, name)), "")


def oracle_price(token: str) -> Read:
    """The reading of what the chain itself takes the token to be worth."""

    def oracle(node: Lcd) -> Facts:
        """The AKT price in dollars that the chain itself mints and settles at (oracle module): the time-weighted mean
        (TWAP) of its sources, with the time it was made and whether the chain calls it healthy; beside it their median.
        """
        _, rows = node.first(ORACLE, partial(_priced, token, node.block.time))
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return oracle


def _priced(token: str, time: datetime, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The oracle's price of the token and its health, as the chain tells them."""
    price = part(told, "aggregated_price")
    made = instant(price, "timestamp")
    prices = {"price_usd": "twap", "median_price_usd": "median_price"}
    for field in prices.values():
        if fixed(price, field) < 0:
            raise BadData(f"{field} is {price[field]}")
    usd = {name: text(price, field) for name, field in prices.items()}
    return [
        *(observation(name, made, exact, "usd", subject=token, source=SOURCE) for name, exact in usd.items()),
        observation("oracle_healthy", time, int(_healthy(told)), ""),
        observation("oracle_sources", time, not_negative(price, "num_sources"), "sources"),
    ]


def _healthy(told: Mapping[str, Any]) -> bool:
    return flag(told, "price_health", "is_healthy")


def _ratios(time: datetime, status: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("collateral_ratio", "warn_threshold", "halt_threshold"):
        if fixed(status, name) < 0:
            raise BadData(f"{name} is {status[name]}")
        yield observation(name, time, str(status[name]), "ratio")


def _books(time: datetime, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    vault = part(body, "vault_state")
    rows = []
    for book in BOOKS:
        for coin in once(listed(vault, book), lambda coin: word(coin, "denom")):
            denom = word(coin, "denom")
            rows.append(observation(f"vault_{book}", time, not_negative(coin, "amount"), denom, subject=denom))
    return rows


def readings(token: str, dollar: str) -> tuple[Reading[Lcd], ...]:
    """The backing of the denom that is worth a dollar by design, and the price of the token that it is minted from."""
    return (
        Reading("bme", Kind.OBSERVATIONS, None, "", HOURLY, bme(dollar), others=("<denom>",)),
        Reading("oracle_price", Kind.OBSERVATIONS, None, "", HOURLY, oracle_price(token), others=(token,)),
    )


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
bme:
  outstanding_act | | <denom> | ACT in circulation
  circuit_breaker | | | state of minting: mint_status_ and healthy, warning, halt_cr or halt_oracle
  collateral_ratio | | ratio | what the vault holds over what it owes
  warn_threshold | | ratio | collateral ratio below which the circuit breaker warns
  halt_threshold | | ratio | collateral ratio below which ACT cannot be minted
  mints_allowed | | | 1: ACT can be minted, 0: not
  refunds_allowed | | | 1: ACT can be turned back, 0: not
  vault_balances | <denom> | <denom> | what the vault holds
  vault_total_burned | <denom> | <denom> | what the vault has burned since it began
  vault_total_minted | <denom> | <denom> | what the vault has minted since it began
  vault_remint_credits | <denom> | <denom> | what the vault may mint again
oracle_price:
  price_usd | <token> | usd | time-weighted mean of the oracle's sources, at which the chain mints and settles
  median_price_usd | <token> | usd | median of the oracle's sources
  oracle_healthy | | | 1: the chain calls the price healthy, 0: not
  oracle_sources | | sources | how many sources the price is made of
"""
