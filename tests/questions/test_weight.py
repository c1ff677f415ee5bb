"""What an address weighs in a vote, on worlds of two validators that are counted by hand and by the chain's rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics.decimals import ONE
from analytics.votes.tally import PASSED, Choice, Thresholds, Validator, tally
from questions import ballots
from questions.ballots import Count, Stake, Weight
from questions.proposals import OPEN, Proposal
from questions.search import Found
from store.addresses import account as behind
from store.rows import Decision
from tests.worlds.lcd import account, valoper
from ui import votes as said

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
RULE = Thresholds(334 * 10**15, ONE // 2, 334 * 10**15)
PROPOSAL = Proposal(
    network="akash", network_title="Akash", chain_id="akashnet-2", number="9", title="t", type="x", status=OPEN,
    proposer=None, voting_start=NOW, voting_end=NOW + timedelta(days=1), counts=None, bonded=None, rule=RULE,
    decision=Decision.STAKE_TALLY, expedited=False, token="AKT", decimals=0, spelling="bech32:akash", height=1,
    read_at=NOW, endpoint="", method="", simulated=False,
)  # fmt: skip
YES: Choice = {"yes": ONE}
# Who has how much with validators 0, 1, ...; the n-th account is that of the n-th validator.
Delegated = Mapping[int, tuple[int, ...]]


def counted(delegated: Delegated, voted: Mapping[int, Choice]) -> Count:
    rows = [(account(who), valoper(to), held * ONE) for who, each in delegated.items() for to, held in enumerate(each)]
    totals = [sum(column) for column in zip(*delegated.values(), strict=True)]
    validators = {valoper(place): Validator(held, held * ONE) for place, held in enumerate(totals)}
    stake = Stake(validators, rows, 1, NOW, exact=True, by_delegator=True)
    votes = {account(who): choice for who, choice in voted.items()}
    return Count(PROPOSAL, stake, votes, tally(validators, rows, votes, account=behind), {})


def weighs(found: Count, who: str) -> Weight | None:
    return ballots.weight(found, Found("akash", "Akash", who, "", who), found.stake.delegations)


def turning(found: Count, who: int) -> tuple[str, ...]:
    """By counting all votes again, in which this one votes otherwise."""
    held, before = found.stake, found.tally.outcome(RULE) == PASSED
    again = {
        option: tally(
            held.validators, held.delegations, {**found.votes, account(who): {option: ONE}}, account=behind
        ).outcome(RULE)
        for option in RULE.options
    }
    return tuple(option for option, outcome in again.items() if (outcome == PASSED) != before)


# A silent validator has 50 with one that votes Yes; a third one is silent as well; one has voted itself; nobody has.
WORLDS: list[tuple[Delegated, dict[int, Choice]]] = [
    ({0: (10, 0), 1: (50, 30)}, {0: YES}),
    ({0: (10, 0, 0), 1: (50, 30, 20), 2: (0, 0, 40)}, {0: YES}),
    ({0: (60, 0), 1: (50, 30), 5: (0, 20)}, {0: YES, 1: {"no": ONE}}),
    ({0: (60, 0), 1: (0, 30), 5: (10, 5)}, {}),
]


@pytest.mark.parametrize(("delegated", "voted"), WORLDS)
def test_whom_one_voter_turns_it_is_told_by_both_its_spellings(delegated: Delegated, voted: dict[int, Choice]) -> None:
    found = counted(delegated, voted)
    for who, held in delegated.items():
        for spelled in [account(who), *[valoper(who)][: len(held) - who]]:
            weight = weighs(found, spelled)
            assert weight is not None
            assert weight.turns == turning(found, who), (who, spelled)
            assert 0 < weight.part <= 1


def test_a_silent_validator_weighs_what_it_has_with_others_too() -> None:
    """30 of its own, of which nothing counts, and 50 that count as validator 0 chose: 80 of 90."""
    weight = weighs(counted(*WORLDS[0]), valoper(1))
    assert weight == Weight(80 / 90, ("no", "no_with_veto"), inherits=True, silent=False, adds=True)


def test_before_anybody_with_power_has_voted_one_may_turn_it_alone() -> None:
    weight = weighs(counted(*WORLDS[3]), account(0))
    assert weight == Weight(1.0, ("yes",), inherits=False, silent=True, adds=True)


@pytest.mark.parametrize(
    ("status", "words"),
    [(OPEN, "would be 88.9% of all that votes with it"), ("passed", "is 88.9% of what would have voted with it")],
)
def test_what_does_not_count_as_yet_is_told_as_part_of_all_with_it(status: str, words: str) -> None:
    weight = weighs(counted(*WORLDS[0]), valoper(1))
    assert words in said.counts(weight, replace(PROPOSAL, status=status), "What it votes with")
