"""Who holds a chain's own coin: the largest by an explorer's ranking, with what the chain says that each has.

A coin has no contract: no event tells who holds some, and no call how much there is. So who the largest are, and the
total, are an explorer's word; each balance is asked of the chain itself, all at one final block.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ingest.endpoints import Rotation
from ingest.evm.bulk import numbers
from ingest.evm.holders import account, ranked_pages
from ingest.evm.node import EvmNode
from ingest.fields import text
from ingest.transport import Http, bare
from store.faults import SourceChanged, SourceDown
from store.rows import Facts, holdings

# Of those whom an explorer ranks: some have moved all since it looked.
LEAST_HOLDING: Final = 0.9


def coin_holders(decimals: int) -> Callable[[EvmNode], Facts]:
    """The reading of who holds a chain's own coin; decimals: of a base unit to the coin."""

    def holders(node: EvmNode) -> Facts:
        """The largest holders of the chain's own coin, contracts too, with the balance of each at one final block.

        Who they are is an explorer's ranking of a thousand; their balances are the chain's word. No contract tells how
        many coins there are: the total is the explorer's word too, and what no known holder has of it is shown as
        missing coverage.
        """
        explorers = Rotation(node.chain.explorers)
        held, total = explorers.ask(lambda explorer: _largest(node, explorer, decimals))
        rows = holdings(("holders", holder, amount) for holder, amount in sorted(held.items()))
        return Facts(rows, reported={"holders": total})

    return holders


def _largest(node: EvmNode, explorer: str, decimals: int) -> tuple[dict[str, int], int]:
    """Who holds the most by one explorer's word, what each has by the chain's, and the explorer's total.

    Raises SourceChanged where many of them hold nothing: those are not the largest of this chain.
    """
    url = f"{explorer}/api/v2/addresses"
    ranked = sorted({holder for page in ranked_pages(node.http, url, _named) for holder in page})
    asked = [(int(holder, 16),) for holder in ranked]
    has = numbers(node, node.chain.multicall, "getEthBalance(address)", asked) if asked else []
    held = {holder: amount for holder, amount in zip(ranked, has, strict=True) if amount}
    if len(held) <= LEAST_HOLDING * len(ranked):
        raise SourceChanged(f"{bare(url)} ranks {len(ranked)} holders of the coin, of whom {len(held)} hold some")
    return held, _total(node.http, url, decimals)


def _named(rows: list[Any], _: str) -> list[str]:
    """The holders on a page, each of whom must be an account: nothing else tells of those who are left out."""
    return [account(text(row, "hash")) for row in rows]


def _total(http: Http, url: str, decimals: int) -> int:
    """How many coins there are by an explorer's word, in base units; raises SourceChanged where it says none."""
    said = http.get(url, {})
    if said.status >= 400:
        raise SourceDown(f"{bare(url)} answered {said.status}")
    told = text(said.json(), "total_supply")
    try:
        total = int(Decimal(told).scaleb(decimals))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise SourceChanged(f"{bare(url)} tells {told[:80]!r} for a total") from error
    if not 0 < total < 10**38:
        raise SourceChanged(f"{bare(url)} tells {told[:80]!r} for a total")
    return total


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
coin_holders:
  holders | <address> | | accounts and contracts that hold the most of the coin
"""
