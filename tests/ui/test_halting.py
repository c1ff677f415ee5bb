"""What a halt costs and how near it is, in sentences: what is not known is said, and nothing reads as nothing."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from analytics.power.verdict import NOT_SHOWN
from questions.halting import Slack
from ui import halting, inert, parties

DAY = datetime(2026, 7, 17, tzinfo=UTC)


def costs(**told: Any) -> pl.DataFrame:
    row = {"fault": "silence", "n": 4, "controlled_usd": 2e6, "loss_usd": 0.2, "reason": "", **told}
    return pl.DataFrame([row, {**row, "fault": "double signing"}], infer_schema_length=None)


def test_a_halt_is_told_with_what_is_controlled_and_what_can_be_lost() -> None:
    assert halting.headline(costs()) == (
        "The four operators with the least to lose can stop the chain: they control 2.00 million USD, and can lose "
        "under 1 USD of their own"
    )


def test_a_cost_that_is_not_known_is_said_with_the_reason() -> None:
    reason = "no price: <b>stale</b>"
    told = halting.headline(costs(controlled_usd=None, loss_usd=None, reason=reason))
    who = "The four operators with the least to lose can stop the chain"
    assert told == f"{who}; what that costs is not known: {inert.markdown(reason)}"


@pytest.mark.parametrize(
    ("operators", "blocks", "said"),
    [
        (
            2,
            9,
            "If **two further operators** fell silent, blocks would stop. One operator with 5% of the power did not",
        ),
        (0, 9, "**Blocks stand still**: one operator with 5% of the power did not sign."),
        (2, 9, "Over the 9 blocks of thirty days of which it was read, the fewest were one, on 17 Jul 2026."),
        (2, 1, "did not sign."),
    ],
)
def test_slack_is_told_with_its_worst_of_thirty_days(operators: int, blocks: int, said: str) -> None:
    told = halting.slack(Slack(operators, 1, 0.05, DAY, 1, DAY, blocks))
    assert said in told
    assert ("Over the" in told) == (blocks > 1)


@pytest.mark.parametrize(
    ("number", "least", "said"),
    [
        (None, None, ""),
        (1.5, None, "one party"),
        (12.0, 10.0, "a committee"),
        (12.0, None, "at most a committee"),
        (114.7, 1.1, NOT_SHOWN),
        (114.7, 20.0, "broad"),
    ],
)
def test_a_word_is_at_most_where_the_unlabelled_could_be_one(
    number: float | None, least: float | None, said: str
) -> None:
    assert parties.at_most(number, least) == said
