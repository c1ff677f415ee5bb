"""Burn-mint equilibrium of Akash: how ACT, the dollar that leases are paid in, is backed, and the chain's AKT price."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.cosmos import Lcd
from ingest.cosmos_json import fixed, moment, part, whole
from ingest.network import HOURLY, Reading
from store.rows import Facts, Kind, SourceChanged, frame, observation

STATUS: Final = "/akash/bme/v1/status"
VAULT: Final = "/akash/bme/v1/vault"
SUPPLY: Final = "/cosmos/bank/v1beta1/supply/by_denom"
ORACLE: Final = ("/akash/oracle/v2/aggregated_price/uakt", "/akash/oracle/v1/aggregated_price/uakt")
# While healthy or warned, a dollar of AKT buys one ACT; once halted, ACT cannot be minted.
BREAKER: Final = tuple(f"mint_status_{state}" for state in ("healthy", "warning", "halt_cr", "halt_oracle"))
BOOKS: Final = ("balances", "total_burned", "total_minted", "remint_credits")


def bme(node: Lcd) -> Facts:
    """How ACT is backed (bme and bank modules): the circuit breaker and its thresholds, collateral ratio, ACT in
    circulation, and what the vault holds, has burned, minted and owes in each denom.
    """
    status = node.get(STATUS)
    breaker = part(status, "status")
    if breaker not in BREAKER:
        raise SourceChanged(f"the circuit breaker is {breaker!r}; known: {', '.join(BREAKER)}")
    supply = node.get(SUPPLY, {"denom": "uact"})
    rows = [
        _row(node, "circuit_breaker", breaker, ""),
        _row(node, "outstanding_act", whole(supply, "amount", "amount"), "uact"),
        *(_row(node, name, _flag(status, name), "") for name in ("mints_allowed", "refunds_allowed")),
        *_ratios(node, status),
        *_books(node),
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def oracle_price(node: Lcd) -> Facts:
    """The AKT price in dollars that the chain itself pays providers at (oracle module): median of its sources, with the
    time it was made and whether the chain calls it healthy.
    """
    _, body = node.first(ORACLE)
    price = part(body, "aggregated_price")
    fixed(price, "median_price")
    made = moment(part(price, "timestamp"))
    if made is None:
        raise SourceChanged("the oracle's price has no time")
    healthy = _flag(part(body, "price_health"), "is_healthy")
    sources = whole(price, "num_sources")
    return Facts(
        frame(
            Kind.OBSERVATIONS,
            [
                observation("price_usd", made, price["median_price"], "usd", subject="AKT", source="akash oracle"),
                _row(node, "oracle_healthy", healthy, ""),
                _row(node, "oracle_sources", sources, "sources"),
            ],
        )
    )


def _ratios(node: Lcd, status: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("collateral_ratio", "warn_threshold", "halt_threshold"):
        fixed(status, name)
        yield _row(node, name, str(status[name]), "ratio")


def _books(node: Lcd) -> Iterator[dict[str, Any]]:
    vault = part(node.get(VAULT), "vault_state")
    for book in BOOKS:
        for coin in part(vault, book):
            denom = str(part(coin, "denom"))
            yield observation(f"vault_{book}", node.block.time, whole(coin, "amount"), denom, subject=denom)


def _flag(told: Mapping[str, Any], name: str) -> int:
    found = part(told, name)
    if not isinstance(found, bool):
        raise SourceChanged(f"{name} is neither true nor false: {str(found)[:80]!r}")
    return int(found)


def _row(node: Lcd, name: str, exact: str | int, unit: str) -> dict[str, Any]:
    return observation(name, node.block.time, exact, unit)


READINGS: Final = (
    Reading("bme", Kind.OBSERVATIONS, None, "", HOURLY, bme, others=("<denom>",)),
    Reading("oracle_price", Kind.OBSERVATIONS, None, "", HOURLY, oracle_price, others=("AKT",)),
)
