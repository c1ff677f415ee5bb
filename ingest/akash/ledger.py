"""The escrow ledger: every account that pays, kept from run to run, to know what was earned between two blocks.

A node only tells what is there now. A lease that ended between two runs is in no list any more; the ledger remembers
its name, so that it can be looked up one last time.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Final

import polars as pl

from analytics.akash.escrow import Account, Deposit, Ledger, Payment, Settlement
from ingest.akash.escrow import auditors_of, ended, market
from ingest.cosmos.lcd import Lcd
from store.faults import BadData
from store.rows import Block, Facts, Kind, frame, observation

HEIGHT: Final = "ledger_height"
ACCOUNT: Final = "escrow_account"


def lease_ledger(node: Lcd, earlier: Sequence[pl.DataFrame]) -> Facts:
    """Every escrow account that pays a lease, from the market, deployment and escrow modules, until it is closed, and
    each lease that paid at the last run and has ended since, looked up one by one. Leases that began and ended between
    two runs are missed.
    """
    now = market(node)
    ledger = ended(node, ledger_of(earlier[-1]), now) if earlier else now.ledger
    return Facts(ledger_rows(ledger, node.block))


def ledger_rows(ledger: Ledger, block: Block) -> pl.DataFrame:
    """A ledger as observations: one account a row."""
    rows = [observation(HEIGHT, block.time, ledger.height, "blocks")]
    rows += [
        observation(ACCOUNT, block.time, json.dumps(asdict(account), sort_keys=True), "", subject=name)
        for name, account in ledger.accounts.items()
    ]
    return frame(Kind.OBSERVATIONS, rows)


def ledger_of(rows: pl.DataFrame) -> Ledger:
    """The ledger in the observations of `ledger_rows`; raises BadData when they are something else."""
    heights = rows.filter(pl.col("name") == HEIGHT)["exact"].to_list()
    if len(heights) != 1:
        raise BadData(f"a ledger has one height, not {len(heights)}")
    accounts = rows.filter(pl.col("name") == ACCOUNT).select("subject", "exact").rows()
    return Ledger(int(heights[0]), {name: _account(text) for name, text in accounts})


# An account that nobody touched is the same text in every ledger of a day.
@lru_cache(maxsize=20_000)
def _account(text: str) -> Account:
    account = json.loads(text)
    return Account(
        name=account["name"],
        open=account["open"],
        settled_at=account["settled_at"],
        deposits=tuple(Deposit(**deposit) for deposit in account["deposits"]),
        payments=tuple(Payment(**{**one, "auditors": auditors_of(one["auditors"])}) for one in account["payments"]),
        settlement=Settlement(account["settlement"]),
        # Ledgers of version 1.0.0 kept neither.
        transferred=tuple((denom, amount) for denom, amount in account.get("transferred", ())),
        created_at=account.get("created_at", 0),
    )


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
lease_ledger:
  ledger_height | | blocks | block at which the ledger stands
  escrow_account | <address>/<number> | | JSON of an escrow account: name, open, settled_at, created_at, deposits (owner, denom, amount), payments (lease, provider, rate, balance, withdrawn, state, auditors), transferred, settlement
"""  # noqa: E501 - a row each
