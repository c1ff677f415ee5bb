"""Governance of a Cosmos chain: proposals, votes and deposits, in the two dialects gov v1 and v1beta1.

The chain deletes the votes of a proposal when it counts them, and its deposits when it ends: they are read while the
proposal is open, in every run.
"""

from collections.abc import Iterable
from typing import Final

from ingest.cosmos.lcd import Lcd
from ingest.cosmos.proposals import Json, identity, proposal_row, status, vote_rows
from ingest.fields import address, listed, own, part, text, whole
from store.rows import Facts, Kind, frame, observation

DIALECTS: Final = ("/cosmos/gov/v1", "/cosmos/gov/v1beta1")
# The number that a list can be asked for, and the state that a proposal tells of itself.
DEPOSIT_PERIOD: Final = ("1", "PROPOSAL_STATUS_DEPOSIT_PERIOD")
VOTING_PERIOD: Final = ("2", "PROPOSAL_STATUS_VOTING_PERIOD")
NEWEST: Final = "10"


def dialect(node: Lcd) -> str:
    """The newest governance interface that the chain serves."""
    path, _ = node.first([f"{base}/params/tallying" for base in DIALECTS])
    return path.removesuffix("/params/tallying")


def parameters(node: Lcd) -> Json:
    """All governance parameters under the chain's own names."""
    base = dialect(node)
    tallying = node.get(f"{base}/params/tallying")
    if tallying.get("params"):
        return dict(part(tallying, "params"))
    # Older software answers three sections and fills only the one that was asked for; the others come as zeros.
    sections = (("voting", "voting_params"), ("deposit", "deposit_params"), ("tallying", "tally_params"))
    found: Json = {}
    for asked, section in sections:
        found |= part(node.get(f"{base}/params/{asked}"), section)
    return found


def in_voting_period(node: Lcd) -> list[Json]:
    """Proposals that can be voted on at this block."""
    return _with_status(node, VOTING_PERIOD)


def proposals(node: Lcd) -> Facts:
    """Every proposal of the governance module, with times, deposit, and its final or running tally."""
    return _proposal_facts(node, node.pages(f"{dialect(node)}/proposals", "proposals"))


def open_proposals(node: Lcd) -> Facts:
    """Proposals that collect deposits or votes, with the chain's running tally, and the ten newest of any state."""
    newest = node.get(f"{dialect(node)}/proposals", {"pagination.limit": NEWEST, "pagination.reverse": "true"})
    rows = [*listed(newest, "proposals"), *_with_status(node, DEPOSIT_PERIOD), *in_voting_period(node)]
    return _proposal_facts(node, {identity(row): row for row in rows}.values())


def votes(node: Lcd) -> Facts:
    """All votes on proposals in their voting period, with the weights of split votes, from the governance module.

    The chain deletes them at the count; what is stored here is the last that was seen.
    """
    rows = []
    for proposal in in_voting_period(node):
        number = identity(proposal)
        cast = node.pages(f"{dialect(node)}/proposals/{number}/votes", "votes")
        for vote in own(cast, number, "proposal_id"):
            rows += vote_rows(number, vote, node.block.height)
    return Facts(frame(Kind.VOTES, rows), empty=not rows)


def deposits(node: Lcd) -> Facts:
    """Who put how much behind proposals that collect deposits or votes; the chain forgets it when they end."""
    rows = []
    for proposal in (*_with_status(node, DEPOSIT_PERIOD), *in_voting_period(node)):
        number = identity(proposal)
        paid = node.pages(f"{dialect(node)}/proposals/{number}/deposits", "deposits")
        for row in own(paid, number, "proposal_id"):
            for coin in listed(row, "amount"):
                denom = text(coin, "denom")
                subject = f"{number}|{address(row, 'depositor')}|{denom}"
                rows.append(observation("deposit", node.block.time, whole(coin, "amount"), denom, subject=subject))
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _with_status(node: Lcd, status: tuple[str, str]) -> list[Json]:
    """Proposals that say themselves that they are in this state: a node may not know the filter."""
    asked, told = status
    found = node.pages(f"{dialect(node)}/proposals", "proposals", {"proposal_status": asked})
    return [row for row in found if text(row, "status") == told]


def _proposal_facts(node: Lcd, found: Iterable[Json]) -> Facts:
    denom = text(node.get("/cosmos/staking/v1beta1/params"), "params", "bond_denom")
    rows = [proposal_row(proposal, denom, _tally(node, proposal)) for proposal in found]
    return Facts(frame(Kind.PROPOSALS, rows), empty=not rows)


def _tally(node: Lcd, proposal: Json) -> Json | None:
    """The running tally while votes come in, then the final one; none before."""
    if status(proposal) == "deposit_period":
        return None
    if status(proposal) == "voting_period":
        running: Json = part(node.get(f"{dialect(node)}/proposals/{identity(proposal)}/tally"), "tally")
        return running
    final: Json = part(proposal, "final_tally_result")
    return final


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
deposits:
  deposit | <number>|<address>|<denom> | <denom> | what somebody put behind a proposal
"""
