"""What simulated EVM chains tell of themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from analytics.votes.tally import Majority
from ingest.network import Network
from ingest.sample.draw import DAY, Row, address, dice
from store.rows import VOTE_OPTIONS, observation

# Who holds the powers over a simulated token: three, each one key.
POWERS: Final = ("minter", "pauser", "admin")
HOLDERS: Final = 3


def control_state(network: Network, time: datetime) -> list[Row]:
    """What holds the powers: keys, no contracts."""
    return [
        observation("account", time, "key", "", subject=address(network.address, place)) for place in range(HOLDERS)
    ]


# Proposals that a contract counts, three days of voting each; the last one is open. About a tenth of all power votes,
# and three in a hundred are needed for it.
PROPOSALS: Final = 6
APART: Final = 10
VOTING: Final = 3
VOTERS: Final = 40
LARGEST: Final = 24_000
POWER: Final = 10**6
NEEDED: Final = 30_000
FAILING: Final = 3
LIKELY: Final = (0.7, 0.1, 0.2)


def _cast(network: Network, number: int) -> dict[int, tuple[str, int]]:
    """What each voter chose by place, with base units of power; every third proposal is quarrelled over."""
    random = dice(f"{network.name} proposal {number}")
    likely = LIKELY if number % FAILING else LIKELY[::-1]
    chosen = random.choice(Majority.options, VOTERS, p=likely).tolist()
    return {place: (option, LARGEST // (place + 1) * 10**network.decimals) for place, option in enumerate(chosen)}


def proposals(network: Network, end: datetime) -> list[Row]:
    """Proposals with the contract's count of them, and what it decided by its rule."""
    return [_proposal(network, end, number) for number in range(1, PROPOSALS + 1)]


def _proposal(network: Network, end: datetime, number: int) -> Row:
    token = 10**network.decimals
    counts = dict.fromkeys(VOTE_OPTIONS, 0)
    for option, power in _cast(network, number).values():
        counts[option] += power
    passed = counts["yes"] >= NEEDED * token and counts["yes"] > counts["no"]
    start = end - (PROPOSALS - number) * APART * DAY - DAY
    return {
        "proposal": str(number),
        "title": f"Sample proposal {number}",
        "type": "",
        "status": "voting_period" if number == PROPOSALS else "executed" if passed else "rejected",
        "proposer": address(network.address, number),
        "submitted": start - DAY,
        "voting_start": start,
        "voting_end": start + VOTING * DAY,
        "deposit": 0,
        **counts,
        "expedited": False,
        "power": POWER * token,
        "quorum": NEEDED * token,
        "quorum_counts": "yes",
    }


def votes(network: Network, _: datetime) -> list[Row]:
    """The votes on all of them, each with its power."""
    return [
        {
            "proposal": str(number),
            "voter": address(network.address, place),
            "option": option,
            "weight": 1,
            "height": 1,
            "power": power,
        }
        for number in range(1, PROPOSALS + 1)
        for place, (option, power) in _cast(network, number).items()
    ]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    "control_state": (control_state, 30),
    "proposals": (proposals, 0),
    "votes": (votes, 0),
}
