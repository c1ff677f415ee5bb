"""Governance of a Cosmos chain: proposals, votes and deposits, in the two dialects gov v1 and v1beta1.

The chain deletes the votes of a proposal when it counts them, and its deposits when it ends: they are read while the
proposal is open, in every run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ingest.cosmos.lcd import Lcd
from ingest.cosmos.proposals import Json, final_tally, identity, proposal_row, status, tally_told, vote_rows
from ingest.fields import address, listed, not_negative, once, optional, own, part, table, text, word
from store.faults import SourceChanged
from store.rows import Facts, Kind, frame, observation

DIALECTS: Final = ("/cosmos/gov/v1", "/cosmos/gov/v1beta1")
STAKING: Final = "/cosmos/staking/v1beta1/params"
# The number that a list can be asked for, and the state that a proposal tells of itself.
DEPOSIT_PERIOD: Final = ("1", "PROPOSAL_STATUS_DEPOSIT_PERIOD")
VOTING_PERIOD: Final = ("2", "PROPOSAL_STATUS_VOTING_PERIOD")
NEWEST: Final = 10
RUNNING: Final = ("deposit_period", "voting_period")


def dialect(node: Lcd) -> str:
    """The newest governance interface that the chain serves."""
    path, _ = node.first([f"{base}/params/tallying" for base in DIALECTS], _tallying)
    return path.removesuffix("/params/tallying")


def _tallying(body: Json) -> Mapping[str, Any]:
    """Parameters of the count, or all there are where the software is newer."""
    found = table(body, "params" if optional(body, "params") else "tally_params")
    if not found:
        raise SourceChanged("no parameters of the count")
    return found


def parameters(node: Lcd) -> Json:
    """All governance parameters under the chain's own names."""
    base = dialect(node)
    if node.get(f"{base}/params/tallying", lambda body: bool(optional(body, "params"))):
        return dict(node.get(f"{base}/params/tallying", _tallying))
    # Older software answers three sections and fills only the one that was asked for; the others come as zeros.
    sections = (("voting", "voting_params"), ("deposit", "deposit_params"), ("tallying", "tally_params"))
    found: Json = {}
    for asked, section in sections:
        found |= node.get(f"{base}/params/{asked}", _section(section))
    return found


def _section(name: str) -> Callable[[Json], Mapping[str, Any]]:
    return lambda body: table(body, name)


def in_voting_period(node: Lcd) -> list[Json]:
    """Proposals that can be voted on at this block."""
    return _with_status(node, VOTING_PERIOD)


def bond_denom(node: Lcd) -> str:
    """The token that is staked."""
    return node.get(STAKING, lambda body: word(body, "params", "bond_denom"))


def proposals(node: Lcd) -> Facts:
    """Every proposal of the governance module, with times, deposit, and its final or running tally."""
    return _proposal_facts(node, every_proposal(node))


def every_proposal(node: Lcd) -> list[Json]:
    """Proposals in whatever state."""
    return node.pages(f"{dialect(node)}/proposals", "proposals", _told(bond_denom(node)))


def open_proposals(node: Lcd) -> Facts:
    """Proposals that collect deposits or votes, with the chain's running tally, and the ten newest of any state."""
    newest = node.newest(f"{dialect(node)}/proposals", "proposals", _told(bond_denom(node)), NEWEST)
    rows = [*newest, *_with_status(node, DEPOSIT_PERIOD), *in_voting_period(node)]
    return _proposal_facts(node, {identity(row): row for row in rows}.values())


def votes(node: Lcd) -> Facts:
    """All votes on proposals in their voting period, with the weights of split votes, from the governance module.

    The chain deletes them at the count; what is stored here is the last that was seen.
    """
    rows = []
    for proposal in in_voting_period(node):
        number = identity(proposal)

        def cast(found: list[Json], number: str = number) -> list[Json]:
            once(own(found, number, "proposal_id"), lambda vote: address(vote, "voter"))
            return [row for vote in found for row in vote_rows(number, vote, node.block.height)]

        rows += node.pages(f"{dialect(node)}/proposals/{number}/votes", "votes", cast)
    return Facts(frame(Kind.VOTES, rows), empty=not rows)


def deposits(node: Lcd) -> Facts:
    """Who put how much behind proposals that collect deposits or votes; the chain forgets it when they end."""
    rows = []
    for proposal in (*_with_status(node, DEPOSIT_PERIOD), *in_voting_period(node)):
        number = identity(proposal)

        def paid(found: list[Json], number: str = number) -> list[Json]:
            once(own(found, number, "proposal_id"), lambda row: address(row, "depositor"))
            return [one for row in found for one in _deposited(number, row, node.block.time)]

        rows += node.pages(f"{dialect(node)}/proposals/{number}/deposits", "deposits", paid)
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _deposited(proposal: str, row: Json, time: datetime) -> Iterator[Json]:
    for coin in listed(row, "amount"):
        denom = word(coin, "denom")
        subject = f"{proposal}|{address(row, 'depositor')}|{denom}"
        yield observation("deposit", time, not_negative(coin, "amount"), denom, subject=subject)


def _told(denom: str) -> Callable[[list[Json]], list[Json]]:
    """The judge of proposals: each once, and each can be told."""

    def judge(rows: list[Json]) -> list[Json]:
        for row in rows:
            proposal_row(row, denom, None if status(row) in RUNNING else final_tally(row))
        return once(rows, identity)

    return judge


def _with_status(node: Lcd, status: tuple[str, str]) -> list[Json]:
    """Proposals that say themselves that they are in this state: a node may not know the filter."""
    asked, told = status
    path, judge = f"{dialect(node)}/proposals", _told(bond_denom(node))
    found = node.pages(path, "proposals", judge, {"proposal_status": asked})
    return [row for row in found if text(row, "status") == told]


def _proposal_facts(node: Lcd, found: Iterable[Json]) -> Facts:
    denom = bond_denom(node)
    rows = [proposal_row(proposal, denom, _tally(node, proposal)) for proposal in found]
    return Facts(frame(Kind.PROPOSALS, rows), empty=not rows)


def _tally(node: Lcd, proposal: Json) -> Json | None:
    """The running tally while votes come in, then the final one; none before."""
    if status(proposal) == "deposit_period":
        return None
    if status(proposal) == "voting_period":
        path = f"{dialect(node)}/proposals/{identity(proposal)}/tally"
        return node.get(path, lambda body: tally_told(part(body, "tally")))
    return final_tally(proposal)


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
deposits:
  deposit | <number>|<address>|<denom> | <denom> | what somebody put behind a proposal
"""
