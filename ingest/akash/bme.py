"""Burn-mint equilibrium of Akash: how ACT, the dollar that leases are paid in, is backed, and the chain's AKT price."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ingest.cosmos.lcd import Lcd
from ingest.fields import fixed, flag, instant, listed, part, text, whole
from ingest.network import HOURLY, Reading
from store.rows import Facts, Kind, SourceChanged, SourceDown, frame, observation

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
        supply = node.get(SUPPLY, {"denom": dollar})
        rows = [
            _row(node, "outstanding_act", whole(supply, "amount", "amount"), dollar),
            *_breaker(node),
            *_books(node),
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return backing


def _breaker(node: Lcd) -> Iterator[dict[str, Any]]:
    try:
        status = node.get(STATUS)
    except SourceDown:
        # The module computes a ratio before it answers, and has no price for it exactly when the oracle halts it.
        if _healthy(_price(node)):
            raise
        status = {"status": HALTED, "mints_allowed": False, "refunds_allowed": False}
    else:
        yield from _ratios(node, status)
    state = part(status, "status")
    if state not in BREAKER:
        raise SourceChanged(f"the circuit breaker is {state!r}; known: {', '.join(BREAKER)}")
    yield _row(node, "circuit_breaker", state, "")
    for name in ("mints_allowed", "refunds_allowed"):
        yield _row(node, name, int(flag(status, name)), "")


def oracle_price(token: str) -> Read:
    """The reading of what the chain itself takes the token to be worth."""

    def oracle(node: Lcd) -> Facts:
        """The AKT price in dollars that the chain itself mints and settles at (oracle module): the time-weighted mean
        (TWAP) of its sources, with the time it was made and whether the chain calls it healthy; beside it their median.
        """
        told = _price(node)
        price = part(told, "aggregated_price")
        made = instant(price, "timestamp")
        prices = {"price_usd": text(price, "twap"), "median_price_usd": text(price, "median_price")}
        for name in ("twap", "median_price"):
            fixed(price, name)
        rows = [observation(name, made, usd, "usd", subject=token, source=SOURCE) for name, usd in prices.items()]
        rows.append(_row(node, "oracle_healthy", int(_healthy(told)), ""))
        rows.append(_row(node, "oracle_sources", whole(price, "num_sources"), "sources"))
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return oracle


def _price(node: Lcd) -> Mapping[str, Any]:
    """The oracle's price of AKT and its health, as the chain tells them."""
    return node.first(ORACLE)[1]


def _healthy(told: Mapping[str, Any]) -> bool:
    return flag(told, "price_health", "is_healthy")


def _ratios(node: Lcd, status: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("collateral_ratio", "warn_threshold", "halt_threshold"):
        fixed(status, name)
        yield _row(node, name, str(status[name]), "ratio")


def _books(node: Lcd) -> Iterator[dict[str, Any]]:
    vault = part(node.get(VAULT), "vault_state")
    for book in BOOKS:
        for coin in listed(vault, book):
            denom = str(part(coin, "denom"))
            yield observation(f"vault_{book}", node.block.time, whole(coin, "amount"), denom, subject=denom)


def _row(node: Lcd, name: str, exact: str | int, unit: str) -> dict[str, Any]:
    return observation(name, node.block.time, exact, unit)


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
