"""Whether a vote counts, in words that a voter understands."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from questions.ballots import Count, Turn, Weight
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


@pytest.mark.parametrize(
    ("flips", "said"),
    [
        ([Turn("no", 2, 2, ("a", "b"), "threshold")], "**Two voters** would be enough, if they voted No"),
        ([Turn("no", 1, 2, ("a", "b"), "threshold")], "**At most two voters** would be enough, if they voted No"),
        (
            [Turn("no", 2, 2, ("a", "b"), "threshold"), Turn("veto", 1, None, (), "veto")],
            "**At most two voters** would be enough, if they voted No",
        ),
        ([Turn("no", 2, None, (), "threshold")], "It takes at least two voters"),
    ],
)
def test_a_set_is_called_the_smallest_only_where_no_route_may_need_fewer(flips: list[Turn], said: str) -> None:
    counted = SimpleNamespace(flips={one.route: one for one in flips}, proposal=SimpleNamespace(is_open=True))
    told = votes.turning(cast(Count, counted), {})
    assert told.startswith(said)
    assert told.endswith("Perhaps fewer would do.") == ("At most" in told)
