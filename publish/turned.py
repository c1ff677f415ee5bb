"""What would turn each vote, and who stayed away: counted once, when a mart is built, so that each number has SQL.

A count follows from the rule of a proposal, its votes and the stake that counts for it: where these are what they were,
what the build before counted stands. Of votes that are over those alone are counted whose stake was read while they
were open: over the stake of today all others would be counted anew by every build, and say less and less.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from analytics.decimals import ONE
from analytics.votes.flip import Flip
from questions import ballots
from questions.ballots import NAMED, Count
from questions.proposals import OPEN, Proposal, proposals
from store.draft import Draft
from store.grounds import of_rows

PLACE: Final = ("network", "chain_id", "proposal")
_PLACE: Final = dict.fromkeys(PLACE, pl.String())
TABLES: Final[Mapping[str, pl.Schema]] = {
    "flip": pl.Schema(
        {
            **_PLACE,
            "route": pl.String(),
            **dict.fromkeys(("fewest", "most"), pl.Int32()),
            **dict.fromkeys(("voters", "rule"), pl.String()),
        }
    ),
    "recount": pl.Schema(
        {
            **_PLACE,
            "exact": pl.Boolean(),
            **dict.fromkeys(("voters", "absent"), pl.Int32()),
            **dict.fromkeys(("turnout", "absent_share"), pl.Float64()),
        }
    ),
}
# What is counted: the votes of each proposal, and the last shares that were read while it was open, else the newest
# stake, by the hashes of what landed.
_READ: Final = """
    WITH shares AS (SELECT * FROM snapshot WHERE id IN (SELECT snapshot FROM share)),
    voted AS (SELECT network, chain_id, proposal, max(snapshot) AS snapshot FROM vote GROUP BY ALL),
    held AS (
        SELECT network, string_agg(sha256, ' ' ORDER BY sha256) AS stake FROM newest
        WHERE kind = 'holdings' AND measure IN ('stake', 'voting_power') GROUP BY network
    )
    SELECT v.network, v.chain_id, v.proposal, any_value(s.sha256) AS votes,
        arg_max(c.sha256, row(c.time, c.reading)) AS shares, coalesce(shares, any_value(h.stake)) AS stake
    FROM voted v JOIN snapshot s ON s.id = v.snapshot
    JOIN proposal p ON (p.network, p.chain_id, p.proposal) = (v.network, v.chain_id, v.proposal)
    LEFT JOIN shares c ON (c.network, c.chain_id) = (p.network, p.chain_id)
        AND c.time BETWEEN p.voting_start AND p.voting_end
    LEFT JOIN held h ON h.network = v.network
    GROUP BY v.network, v.chain_id, v.proposal HAVING shares IS NOT NULL OR any_value(p.status) = ? ORDER BY ALL
"""


def rows(draft: Draft) -> dict[str, pl.DataFrame]:
    """Rows of the tables `flip` and `recount`; after the newest holdings and `delegated` are as they are to be."""
    known = {(one.network, one.chain_id, one.number): one for one in proposals(draft)}
    read = draft.table(_READ, OPEN).drop("shares").partition_by(PLACE, as_dict=True)
    stands = {place: _stands(draft, known[place], told) for place, told in read.items()}
    kept = pl.DataFrame([place for place, same in stands.items() if same], _PLACE, orient="row")
    counted = [ballots.turned(draft, known[place]) for place, same in stands.items() if not same]
    made = {
        "flip": [row for one in counted if one for row in _flips(*one)],
        "recount": [_recount(found) for found, _ in filter(None, counted)],
    }
    return {
        table: pl.concat(
            [
                draft.table(f"FROM {table}").join(kept, on=PLACE, how="semi"),
                pl.DataFrame(new, TABLES[table], orient="row"),
            ]
        ).sort(PLACE, maintain_order=True)
        for table, new in made.items()
    }


def _stands(draft: Draft, one: Proposal, read: pl.DataFrame) -> bool:
    """Whether a proposal is counted as before; when it was looked at last says nothing of that."""
    rules = (one.rule, one.bonded, one.decision, one.voting_start, one.voting_end)
    return draft.stands(f"turned {one.chain_id} {one.number}", of_rows(read, repr(rules)), one.network)


def _flips(found: Count, turns: Mapping[str, Flip | None]) -> Iterator[tuple[object, ...]]:
    for route, flip in turns.items():
        voters = flip.voters if flip else None
        yield (
            *_place(found.proposal),
            route,
            flip.fewest if flip else None,
            None if voters is None else len(voters),
            json.dumps(list(voters or ())[:NAMED]),
            flip.rule if flip else "",
        )


def _recount(found: Count) -> tuple[object, ...]:
    absent, bonded = ballots.absent(found, {}), found.tally.bonded
    share = float(absent["share"].sum()) if bonded else None
    turnout = found.tally.turnout / ONE / bonded if bonded else None
    exact = found.stake.exact
    return (*_place(found.proposal), exact, len(found.tally.voters), absent.height, turnout, share)


def _place(one: Proposal) -> tuple[str, str, str]:
    return one.network, one.chain_id, one.number
