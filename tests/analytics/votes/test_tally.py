"""The tally of Cosmos governance: the chain's rule to the last base unit."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.decimals import ONE
from analytics.impossible import Impossible
from analytics.votes.tally import OPTIONS, Choice, Tally, Thresholds, Validator, choices, stake, tally, thresholds
from store.addresses import account as behind
from store.rows import VOTE_OPTIONS, Kind, frame, observation
from tests.worlds.lcd import account, valoper

RULE = Thresholds(quorum=334 * 10**15, threshold=ONE // 2, veto=334 * 10**15)
YES: Choice = {"yes": ONE}
NO: Choice = {"no": ONE}
ABSTAIN: Choice = {"abstain": ONE}
VETO: Choice = {"no_with_veto": ONE}


def solid(tokens: int) -> Validator:
    """A validator that was never slashed: one share a token."""
    return Validator(tokens, tokens * ONE)


def own(number: int, tokens: int) -> tuple[str, str, int]:
    """A validator's delegation to itself."""
    return account(number), valoper(number), tokens * ONE


def counted(votes: dict[str, Choice]) -> Tally:
    """Two validators of 60 and 40; delegator 7 has 50 with the first, 8 has 10 with the second."""
    validators = {valoper(1): solid(60), valoper(2): solid(40)}
    delegations = [own(1, 10), (account(7), valoper(1), 50 * ONE), own(2, 30), (account(8), valoper(2), 10 * ONE)]
    return tally(validators, delegations, votes, account=behind)


def test_the_options_are_those_of_stored_votes() -> None:
    assert OPTIONS == VOTE_OPTIONS


def test_a_validator_votes_for_delegators_who_do_not() -> None:
    result = counted({account(1): YES})
    assert result.options == {"yes": 60, "abstain": 0, "no": 0, "no_with_veto": 0}
    assert result.voters[account(1)].own == 10 * ONE
    assert result.voters[account(1)].inherited == 50 * ONE


def test_a_validator_without_shares_has_no_power_and_breaks_no_count() -> None:
    """All were taken back, or it holds zero tokens by the newest stake: nobody has a part of it."""
    validators = {valoper(1): solid(60), valoper(2): Validator(0, 0), valoper(3): Validator(5, 0)}
    delegations = [own(1, 60), own(2, 0), own(3, 0)]
    result = tally(validators, delegations, {account(1): YES, account(2): NO, account(3): NO}, account=behind)
    assert result.options == {"yes": 60, "abstain": 0, "no": 0, "no_with_veto": 0}
    assert result.voters[account(2)].used == 0


def test_a_delegator_who_votes_overrides_the_validator() -> None:
    result = counted({account(1): YES, account(7): NO})
    assert result.options == {"yes": 10, "abstain": 0, "no": 50, "no_with_veto": 0}
    assert result.voters[account(1)].overridden == 60 * ONE
    assert result.voters[account(1)].inherited == 0
    assert result.voters[account(7)].used == 50 * ONE


def test_a_split_vote_counts_by_its_weights() -> None:
    result = counted({account(7): {"yes": 6 * ONE // 10, "abstain": 4 * ONE // 10}})
    assert result.options == {"yes": 30, "abstain": 20, "no": 0, "no_with_veto": 0}


def test_slashed_shares_carry_less() -> None:
    slashed = Validator(tokens=90, shares=100 * ONE)
    result = tally({valoper(1): slashed}, [(account(7), valoper(1), 10 * ONE)], {account(7): YES}, account=behind)
    assert result.options["yes"] == 9


def test_delegations_to_validators_who_do_not_sign_carry_nothing() -> None:
    result = tally({valoper(1): solid(60)}, [(account(7), valoper(9), 10 * ONE)], {account(7): YES}, account=behind)
    assert result.options["yes"] == 0
    assert result.voters[account(7)].used == 0


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ({}, "quorum"),
        ({account(8): YES}, "quorum"),
        ({account(2): YES}, "passed"),
        ({account(2): ABSTAIN}, "abstained"),
        ({account(1): YES, account(2): VETO}, "vetoed"),
        ({account(1): YES, account(2): NO}, "passed"),
        ({account(7): YES, account(2): NO, account(1): NO}, "rejected"),
        ({account(7): ABSTAIN, account(2): NO, account(1): YES}, "rejected"),
    ],
)
def test_the_outcome_follows_the_chain_rule(votes: dict[str, Choice], outcome: str) -> None:
    assert counted(votes).outcome(RULE) == outcome


def test_exactly_half_of_the_votes_is_not_enough() -> None:
    validators = {valoper(1): solid(50), valoper(2): solid(50)}
    result = tally(validators, [own(1, 50), own(2, 50)], {account(1): YES, account(2): NO}, account=behind)
    assert result.outcome(RULE) == "rejected"


def test_exactly_the_quorum_is_enough_and_exactly_the_veto_threshold_is_no_veto() -> None:
    validators = {valoper(1): solid(334), valoper(2): solid(666)}
    result = tally(validators, [own(1, 334), own(2, 666)], {account(1): YES}, account=behind)
    assert result.outcome(RULE) == "passed"
    everyone = tally(validators, [own(1, 334), own(2, 666)], {account(1): VETO, account(2): YES}, account=behind)
    assert everyone.outcome(RULE) == "passed"


def test_a_chain_without_stake_decides_nothing() -> None:
    assert tally({}, [], {account(1): YES}, account=behind).outcome(RULE) == "no stake"


@given(
    shares=st.lists(st.integers(1, 10**30), min_size=1, max_size=20),
    tokens=st.integers(1, 10**28),
    split=st.integers(1, ONE - 1),
)
def test_no_power_is_lost_or_made_by_overriding(shares: list[int], tokens: int, split: int) -> None:
    """However delegators vote, all of a validator's tokens vote when it votes: each rounding moves 1e-18 at most."""
    validator = Validator(tokens, sum(shares))
    delegations = [(account(number), valoper(0), amount) for number, amount in enumerate(shares)]
    votes = {account(number): {"yes": split, "no": ONE - split} for number in range(0, len(shares), 2)}
    result = tally({valoper(0): validator}, delegations, votes, account=behind)
    assert abs(result.turnout - tokens * ONE) <= len(shares)
    assert abs(sum(result.exact.values()) - result.turnout) <= 2 * len(shares)


def test_votes_and_stake_are_read_from_stored_facts() -> None:
    rows = [
        {"proposal": "22", "voter": account(7), "option": "yes", "weight": Decimal("0.25"), "height": 5},
        {"proposal": "22", "voter": account(7), "option": "no", "weight": Decimal("0.75"), "height": 5},
        {"proposal": "23", "voter": account(7), "option": "no", "weight": Decimal(1), "height": 5},
    ]
    assert choices(frame(Kind.VOTES, rows), "22") == {account(7): {"yes": ONE // 4, "no": 3 * ONE // 4}}
    assert stake(frame(Kind.OBSERVATIONS, facts_of(10))) == (
        {valoper(1): Validator(9, 10 * ONE)},
        [(account(7), valoper(1), 10 * ONE)],
    )


def test_stake_with_a_missing_delegation_is_refused() -> None:
    with pytest.raises(Impossible, match="its delegations add up to 9000000000000000000"):
        stake(frame(Kind.OBSERVATIONS, facts_of(9)))


def facts_of(shares: int) -> list[dict[str, Any]]:
    time = datetime(2026, 11, 22, tzinfo=UTC)
    return [
        observation("validator_tokens", time, "9", "uakt", subject=valoper(1)),
        observation("validator_shares", time, "10.000000000000000000", "shares", subject=valoper(1)),
        observation("shares", time, f"{shares}.000000000000000000", "shares", subject=f"{account(7)}|{valoper(1)}"),
    ]


def test_an_expedited_proposal_needs_more() -> None:
    time = datetime(2026, 11, 22, tzinfo=UTC)
    told = {"quorum": "0.334", "threshold": "0.5", "expedited_threshold": "0.667", "veto_threshold": "0.334"}
    rows = [observation(name, time, value, "ratio", subject="gov") for name, value in told.items()]
    parameters = frame(Kind.OBSERVATIONS, rows)
    result = counted({account(1): YES, account(2): NO})  # 60 of 100
    assert result.outcome(thresholds(parameters)) == "passed"
    assert result.outcome(thresholds(parameters, expedited=True)) == "rejected"
    with pytest.raises(Impossible, match="no governance parameter expedited_threshold"):
        thresholds(parameters.filter(parameters["name"] != "expedited_threshold"), expedited=True)
