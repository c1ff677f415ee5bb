"""Whether a vote counts, in words that a voter understands."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from questions.ballots import Weight
from questions.proposals import Proposal
from ui import votes

END = datetime(2026, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("turns", "inherits", "is_open", "said"),
    [
        ((), False, True, "That is 2% of what voted: alone it does not turn the result, whatever it votes."),
        (("no", "no_with_veto"), False, True, "alone it turns the result if it votes **no** or **no with veto**."),
        ((), True, True, "To count otherwise than its validators it votes itself before 3 Dec 2026, 00:00 UTC."),
        ((), True, False, "That is 2% of what voted: alone it could not have turned the result."),
        (("no",), True, False, "alone it would have turned the result with **no**."),
    ],
)
def test_a_voter_is_told_whether_its_vote_counts(
    turns: tuple[str, ...], inherits: bool, is_open: bool, said: str
) -> None:
    one = cast(Proposal, SimpleNamespace(is_open=is_open, voting_end=END))
    assert votes.counts(Weight(0.02, turns, inherits), one).endswith(said)


def test_nothing_is_said_of_a_weight_that_cannot_be_told() -> None:
    assert votes.counts(None, cast(Proposal, SimpleNamespace())) == ""
