"""Simulated proposals of Cosmos chains: votes are drawn, and what they amount to is the chain's own count of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import numpy as np

from analytics.decimals import ONE
from analytics.votes.tally import Tally, Thresholds, tally, thresholds
from ingest.sample.cosmos import DELEGATORS, VALIDATORS, VOTING, Chain, parameters, stake
from ingest.sample.draw import DAY, Row, address, dice
from store.addresses import account
from store.rows import VOTE_OPTIONS, Kind, frame

PROPOSALS: Final = 12
# The newest proposals, whose votes were read.
WITH_VOTES: Final = 4
# Days from one proposal to the next, days of voting, and days for which the last one has been open.
APART: Final = 14
OPEN_FOR: Final = 3
# Delegators who vote for themselves; of validators two in three do.
VOTERS: Final = 400
# How likely a voter takes each option; every fourth proposal is contested, the open one too.
FOURTH: Final = 4
AGREED: Final = (0.72, 0.10, 0.13, 0.05)
CONTESTED: Final = (0.52, 0.08, 0.28, 0.12)


@dataclass(frozen=True, slots=True)
class Vote:
    """A proposal by its number, with the option of every voter by place."""

    chain: Chain
    number: int
    options: dict[int, str]

    @property
    def back(self) -> int:
        """Days before the newest day at which the vote ended; 0 while it is open."""
        return max(0, (PROPOSALS - self.number) * APART + OPEN_FOR - VOTING)

    @property
    def is_open(self) -> bool:
        """Whether it can be voted on."""
        return self.number == PROPOSALS

    def tally(self) -> Tally:
        """The chain's count over the stake at the end of the vote, so far while it is open."""
        validators, delegations = stake(self.chain, self.back, self.options)
        cast = {address(self.chain.account, place): {option: ONE} for place, option in self.options.items()}
        return tally(validators, delegations, cast, account=account)


@cache
def votes(chain: Chain) -> tuple[Vote, ...]:
    """The vote on each proposal; the last one is still open."""
    return tuple(_vote(chain, number) for number in range(1, PROPOSALS + 1))


def _vote(chain: Chain, number: int) -> Vote:
    random = dice(f"{chain.network} proposal {number}")
    # One in each three neighbours is absent, so that no vote is lost by the largest staying away together.
    absent = np.arange(0, VALIDATORS, 3) + random.integers(0, 3, -(-VALIDATORS // 3))
    voting = np.setdiff1d(np.arange(VALIDATORS), absent)
    others = random.choice(np.arange(VALIDATORS, DELEGATORS), VOTERS, replace=False)
    voters = np.concatenate([voting, others]).tolist()
    likely = AGREED if (PROPOSALS - number) % FOURTH else CONTESTED
    chosen = random.choice(VOTE_OPTIONS, len(voters), p=likely)
    return Vote(chain, number, dict(zip(voters, chosen.tolist(), strict=True)))


def proposal(vote: Vote, end: datetime, rule: Thresholds) -> Row:
    """A proposal as the chain tells it at `end`: its status is what the count says under the rule."""
    start = end - (PROPOSALS - vote.number) * APART * DAY - OPEN_FOR * DAY
    counted = vote.tally()
    decided = "passed" if counted.outcome(rule) == "passed" else "rejected"
    return {
        "proposal": str(vote.number),
        "title": f"Sample proposal {vote.number}",
        "type": "/cosmos.gov.v1.MsgExecLegacyContent",
        "status": "voting_period" if vote.is_open else decided,
        "proposer": address(vote.chain.account, vote.number),
        "submitted": start,
        "deposit_end": start + VOTING * DAY,
        "voting_start": start,
        "voting_end": start + VOTING * DAY,
        "deposit": vote.chain.economy.bonded * vote.chain.token // 10**5,
        **counted.options,
        "expedited": False,
    }


def proposals(chain: Chain, end: datetime) -> list[Row]:
    """All proposals, with their counts."""
    rule = thresholds(frame(Kind.OBSERVATIONS, parameters(chain, end)))
    return [proposal(vote, end, rule) for vote in votes(chain)]


def cast(chain: Chain, _: datetime) -> list[Row]:
    """The votes of the newest proposals, as the chain lists them."""
    return [row for vote in votes(chain)[-WITH_VOTES:] for row in _rows(vote)]


def _rows(vote: Vote) -> Iterator[Row]:
    for place, option in vote.options.items():
        voter = address(vote.chain.account, place)
        yield {"proposal": str(vote.number), "voter": voter, "option": option, "weight": 1, "height": 1}


# Told of the newest day alone, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Chain, datetime], list[Row]], int]]] = {
    "proposals": (proposals, 0),
    "votes": (cast, 0),
}
