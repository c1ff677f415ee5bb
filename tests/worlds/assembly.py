"""An invented network where a contract counts: two proposals, what each vote carried, and who could vote."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ingest.network import HOURLY, Network, Reading, Unit
from ingest.publication import build
from store.columns import Column
from store.landing import Landing
from store.rows import Block, Decision, Facts, Kind, Measure, Snapshot, frame, holdings
from tests.worlds import made_up

NOW: Final = datetime(2026, 7, 17, 12, tzinfo=UTC)
TOKEN: Final = 10**18
ANN, BEN, CAM, DEE, EVE, FAY = (f"0x{place:040x}" for place in range(0xA1, 0xA7))
# What each vote carried on each proposal, in whole tokens; Dee split hers.
CAST: Final = {
    "1": ((ANN, "yes", 30), (BEN, "no", 10)),
    "2": ((ANN, "yes", 30), (BEN, "no", 25), (CAM, "abstain", 10), (DEE, "yes", 3), (DEE, "no", 1)),
}
# What they could vote with by now: Ann has less than when she voted, Eve and Fay never voted.
POWER: Final = {ANN: 20, BEN: 25, CAM: 10, DEE: 4, EVE: 60, FAY: 5}


def _nothing(_: object) -> Facts:
    """Invented facts, which nobody reads from a chain: the world of tests lands them itself."""
    raise NotImplementedError


NETWORK: Final[Network] = replace(
    made_up.NETWORK,
    name="assembly",
    title="Assembly",
    decision=Decision.MAJORITY,
    units={"avote": Unit("veMADE", 18)},
    scorecard={Column.VOTING_POWER: "voters/voters"},
    readings=(
        Reading("proposals", Kind.PROPOSALS, None, "avote", HOURLY, _nothing),
        Reading("votes", Kind.VOTES, None, "avote", HOURLY, _nothing),
        Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, "avote", HOURLY, _nothing),
    ),
    ways=(),
)


def proposal(number: str, end: timedelta, **changed: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("yes", "abstain", "no", "no_with_veto"), 0)
    for _, option, tokens in CAST.get(number, ()):
        counts[option] += tokens * TOKEN
    return {
        "proposal": number,
        "title": f"Proposal {number} <b>",
        "type": "",
        "status": "voting_period",
        "proposer": ANN,
        "submitted": NOW - timedelta(days=9),
        "voting_start": NOW + end - timedelta(days=3),
        "voting_end": NOW + end,
        "deposit": 0,
        "expedited": False,
        "power": 200 * TOKEN,
        "quorum": 36 * TOKEN,
        "quorum_counts": "yes,abstain",
        **counts,
        **changed,
    }


def landed(*proposals: dict[str, Any]) -> Iterator[tuple[Snapshot, Facts]]:
    rows = proposals or (
        proposal("1", timedelta(days=-5), status="rejected"),
        proposal("2", timedelta(days=1)),
    )
    votes = [
        {
            "proposal": number,
            "voter": voter,
            "option": option,
            "weight": Decimal(tokens) / sum(other for who, _, other in cast if who == voter),
            "height": 7,
            "power": tokens * TOKEN,
        }
        for number, cast in CAST.items()
        for voter, option, tokens in cast
    ]
    yield snapshot("proposals", Kind.PROPOSALS), Facts(frame(Kind.PROPOSALS, rows))
    yield snapshot("votes", Kind.VOTES), Facts(frame(Kind.VOTES, votes))
    yield (
        snapshot("voters", Kind.HOLDINGS, Measure.VOTING_POWER),
        Facts(holdings(("voters", voter, tokens * TOKEN) for voter, tokens in POWER.items())),
    )


def snapshot(reading: str, kind: Kind, measure: Measure | None = None) -> Snapshot:
    block = Block(1000, "0xab", NOW)
    return Snapshot("assembly", "eip155:1", reading, kind, measure, "avote", block, "Invented.", "http://127.0.0.1")


def assembled(data: Path, *proposals: dict[str, Any], network: Network = NETWORK) -> None:
    """A mart of the network in a data folder."""
    for one, facts in landed(*proposals):
        network.check(next(reading for reading in network.readings if reading.name == one.reading), facts)
        Landing(data).land(one, facts)
    build(data, {network.name: network})
