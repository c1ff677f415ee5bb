"""Of all delegations in shares the mart keeps those that count for a vote, and no others."""

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.publication import build
from store.addresses import account, bech32
from store.landing import Landing
from store.mart import opened
from store.rows import Facts, Kind, frame, observation
from tests.store.test_draft import NOON, snapshot

pytestmark = pytest.mark.slow

OPERATOR, DELEGATOR = bech32("akashvaloper", bytes([1]) * 20), bech32("akash", bytes([9]) * 20)
SHARES = """
    SELECT s.height, x.name, o.address AS operator, d.address AS delegator, x.exact
    FROM share x JOIN snapshot s ON s.id = x.snapshot JOIN holder o ON o.id = x.operator
    LEFT JOIN holder d ON d.id = x.delegator ORDER BY ALL
"""


def shares(landing: Landing, hour: int, reading: str = "shares", *, empty: bool = False) -> Path:
    """One validator with one delegator who has as many shares as hours have passed."""
    time, exact = NOON + timedelta(hours=hour), f"{hour}.000000000000000000"
    rows = [
        observation("validator_tokens", time, hour, "uakt", subject=OPERATOR),
        observation("validator_shares", time, exact, "shares", subject=OPERATOR),
        observation("shares", time, exact, "shares", subject=f"{DELEGATOR}|{OPERATOR}"),
    ]
    facts = Facts(frame(Kind.OBSERVATIONS, [] if empty else rows), empty=empty)
    return landing.land(snapshot(hour, Kind.OBSERVATIONS, reading, newest_only=True), facts)


def proposal(landing: Landing, number: str, first: int, last: int, *, voted: bool = True) -> None:
    """A proposal that can be voted on from one hour to another."""
    row = {
        "proposal": number, "title": "t", "type": "x", "status": "passed", "proposer": DELEGATOR, "deposit": 1,
        "expedited": False, "voting_start": NOON + timedelta(hours=first), "voting_end": NOON + timedelta(hours=last),
    }  # fmt: skip
    landing.land(snapshot(100 + int(number), Kind.PROPOSALS, "proposals"), Facts(frame(Kind.PROPOSALS, [row])))
    vote = {"proposal": number, "voter": account(OPERATOR), "option": "yes", "weight": 1, "height": 1}
    if voted:
        landing.land(snapshot(200 + int(number), Kind.VOTES, "votes"), Facts(frame(Kind.VOTES, [vote])))


def kept(data: Path) -> list[int]:
    """Hours of the shares in the mart, all of which are whole."""
    with opened(data) as mart:
        rows = mart.table(SHARES)
        assert mart.table("FROM observation WHERE name LIKE '%shares' OR name = 'validator_tokens'").is_empty()
    hours = rows["height"].unique().sort().to_list()
    assert rows.rows() == [
        row
        for hour in hours
        for row in (
            (hour, "shares", OPERATOR, DELEGATOR, f"{hour}.000000000000000000"),
            (hour, "validator_shares", OPERATOR, None, f"{hour}.000000000000000000"),
            (hour, "validator_tokens", OPERATOR, None, str(hour)),
        )
    ]
    return hours


@pytest.mark.parametrize(
    ("votes", "wanted"),
    [
        ([(1, 3, True)], [3]),
        ([(2, 9, True)], [4]),
        ([(1, 2, True), (1, 4, True)], [2, 4]),
        ([(1, 4, True), (3, 9, True)], [4]),
        ([(1, 4, False)], []),
        ([(7, 9, True)], []),
        ([], []),
    ],
)
@pytest.mark.parametrize("steps", [1, 4])
def test_the_last_that_were_read_while_a_vote_was_open_are_kept(
    tmp_path: Path, votes: list[tuple[int, int, bool]], wanted: list[int], steps: int
) -> None:
    landing = Landing(tmp_path)
    for number, (first, last, voted) in enumerate(votes, start=1):
        proposal(landing, str(number), first, last, voted=voted)
    for hour in range(1, 5):
        shares(landing, hour)
        if steps > 1:
            build(tmp_path, {})
    shares(landing, 5, empty=True)
    build(tmp_path, {})
    assert kept(tmp_path) == wanted
    build(tmp_path, {}, afresh=True)
    assert kept(tmp_path) == wanted


def test_where_they_are_torn_the_ones_before_stand_in(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    proposal(landing, "1", 1, 4)
    for hour in (2, 3):
        last = shares(landing, hour)
    last.write_bytes(last.read_bytes()[:-9])
    build(tmp_path, {})
    assert kept(tmp_path) == [2]


def test_what_landing_no_longer_has_leaves_the_mart(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    proposal(landing, "1", 1, 4)
    paths = [shares(landing, hour) for hour in (2, 3)]
    build(tmp_path, {})
    paths[1].unlink()
    build(tmp_path, {})
    assert kept(tmp_path) == [2]
