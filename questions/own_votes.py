"""How an entity voted on every proposal whose votes were read one by one."""

import re
from typing import Final

import polars as pl

from questions.entity import Entity, ids
from questions.proposals import numbered, proposals
from questions.rank_history import since
from store.addresses import account
from store.mart import Mart
from store.rows import VOTE_OPTIONS

NOT_VOTED: Final = "did not vote"
# Of who is a validator now, and of whom nobody read that it was one then.
PERHAPS: Final = f"{NOT_VOTED}, if it was a validator then"
VALIDATOR: Final = re.compile("[a-z]+valoper1")
VOTES: Final = pl.Schema(
    {
        **dict.fromkeys(("network", "proposal", "title", "vote", "status"), pl.String()),
        "ends": pl.Datetime("us", "UTC"),
        "share": pl.Float64(),
        **dict.fromkeys(("address", "key"), pl.String()),
    }
)
_CAST: Final = """
    SELECT network, chain_id, proposal, voter, option, weight, power FROM vote
    WHERE voter IN (SELECT unnest(?::VARCHAR[]))
"""
_READ: Final = "SELECT DISTINCT network, chain_id, proposal FROM vote"


def own_votes(mart: Mart, one: Entity) -> pl.DataFrame:
    """Its votes, a row a proposal and address, the newest first: rows of VOTES.

    share: of all that could vote, where whoever counts tells it with the vote. Of a validator the proposals on which it
    did not vote are there, too; who delegates is counted with its validator, so that of others silence says nothing,
    and of a key that is only spelled as a validator's neither.
    """
    known_to_hold = set(ids(mart, one.members).select("network", "address").iter_rows())
    validators = [
        member
        for member in one.members
        if (member.network, member.canonical) in known_to_hold and VALIDATOR.match(member.canonical)
    ]
    accounts = {account(member.canonical): member for member in validators}
    days = since(mart, [member.canonical for member in validators])
    voters = {member.canonical: member for member in one.members} | accounts
    cast: dict[tuple[str, str, str, str], dict[str, tuple[float, int | None]]] = {}
    for network, chain, number, voter, option, weight, power in mart.table(_CAST, sorted(voters)).iter_rows():
        told = cast.setdefault((network, chain, number, voter), {})
        told[option] = (float(weight), None if power is None else int(power))
    known = proposals(mart)
    read = set(mart.table(_READ).iter_rows())
    rows = []
    for found in known:
        key = (found.network, found.chain_id, found.number)
        for voter, member in voters.items():
            votes = cast.get((*key, voter))
            day = days.get((member.network, member.canonical))
            silent = NOT_VOTED if day and found.voting_end and day <= found.voting_end else PERHAPS
            absent = member.network == found.network and voter in accounts and key in read and found.is_over
            if votes is None and not absent:
                continue
            powers = [power for _, power in (votes or {}).values() if power is not None]
            rows.append(
                {
                    "network": found.network_title,
                    "proposal": numbered(found, known),
                    "title": found.title,
                    "vote": _told(votes) if votes else silent,
                    "status": found.status,
                    "ends": found.voting_end,
                    "share": sum(powers) / found.bonded if powers and found.bonded else None,
                    "address": voter,
                    "key": found.key,
                }
            )
    return pl.DataFrame(rows, schema=VOTES, orient="row")


def _told(votes: dict[str, tuple[float, int | None]]) -> str:
    """A choice in words: yes, or 60% yes and 40% no."""
    options = [one for one in VOTE_OPTIONS if one in votes]
    if len(options) == 1:
        return options[0].replace("_", " ")
    return " and ".join(f"{votes[one][0]:.0%} {one.replace('_', ' ')}" for one in options)
