"""How validators voted on all that is over, counted by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

import polars as pl
import pytest

from analytics.decimals import ONE
from analytics.votes.tally import Choice, Thresholds, Validator
from questions import voting_record
from questions.ballots import Stake
from questions.voting_record import Record, recorded
from store.addresses import account, bech32, module_address
from store.mart import Mart
from store.rows import VOTES
from tests.worlds.hamlet import VALIDATORS, address

A, B, C = (address("akashvaloper", place) for place in range(3))
RULE = Thresholds(ONE // 3, ONE // 2, ONE // 3)
# C's delegator has half of C and a quarter of A; B's own account has all of B.
HIM = address("akash", 99)
TOKENS = {A: 40, B: 30, C: 20}
DELEGATIONS = [(account(A), A, 30 * ONE), (HIM, A, 10 * ONE), (account(B), B, 30 * ONE), (HIM, C, 10 * ONE)]
SHARES = {A: 40 * ONE, B: 30 * ONE, C: 20 * ONE}


def stake(delegations: list[tuple[str, str, int]]) -> Stake:
    validators = {operator: Validator(tokens, SHARES[operator]) for operator, tokens in TOKENS.items()}
    return Stake(
        validators, delegations, 7, datetime(2026, 1, 1, tzinfo=UTC), exact=False, by_delegator=bool(delegations)
    )


def all_for(option: str) -> Choice:
    return {option: ONE}


def cast(*choices: Mapping[str, Choice]) -> pl.DataFrame:
    rows = [
        (place, voter, option, Decimal(weight).scaleb(-18))
        for place, chosen in enumerate(choices)
        for voter, choice in chosen.items()
        for option, weight in choice.items()
    ]
    schema = {"place": pl.Int64(), **{name: VOTES[name] for name in ("voter", "option", "weight")}}
    return pl.DataFrame(rows, schema, orient="row")


def votes(*rows: Mapping[str, str]) -> pl.DataFrame:
    return cast(*({voter: all_for(option) for voter, option in row.items()} for row in rows))


THREE = votes(
    {account(A): "yes", HIM: "no"},
    {account(A): "no", account(B): "no"},
    {account(A): "yes", account(B): "abstain", HIM: "no_with_veto"},
)


def test_nobody_could_override_with_tokenised_shares() -> None:
    """C's own account has nothing: its other half is the account of a record of tokenised shares, or of a contract."""
    tokenised = bech32("akash", module_address("lsm", "tokenizeshare_3"))
    contract = bech32("akash", module_address("wasm", "tokenizeshare_3"))
    parts = [
        recorded(stake([*DELEGATIONS, (whose, C, 10 * ONE)]), THREE, None).overridden for whose in (contract, tokenised)
    ]
    # He overrode with 20 twice; of 90 bonded 60 are the validators' own, and of the rest 10 are tokenised.
    assert parts == [pytest.approx(40 / (3 * 30)), pytest.approx(40 / (3 * 20))]


def by_validator(found: Record, column: str) -> dict[str, object]:
    return dict(found.validators.select("address", column).iter_rows())


def test_power_that_delegators_took_is_not_used_by_the_validator() -> None:
    found = recorded(stake(DELEGATIONS), THREE, None)
    assert by_validator(found, "used") == {
        A: pytest.approx((30 + 40 + 30) / 120),
        B: pytest.approx(60 / 90),
        C: 0.0,
    }
    assert by_validator(found, "voted") == {A: 3, B: 2, C: 0}
    assert by_validator(found, "share") == {A: 40 / 90, B: 30 / 90, C: 20 / 90}
    # Twenty of the thirty that are not the validators' own voted for themselves, in two of three votes.
    assert found.overridden == pytest.approx(40 / 90)


def test_who_never_voted_is_silent() -> None:
    found = recorded(stake(DELEGATIONS), THREE, None)
    assert found.silent.voters == (C,)
    assert found.silent.share == Fraction(20, 90)


def test_the_last_votes_come_first_and_equal_ones_are_counted() -> None:
    found = recorded(stake(DELEGATIONS), THREE, None)
    latest = by_validator(found, "latest")
    assert (latest[A], latest[B], latest[C]) == ("yes · no · yes", "abstain · no · absent", "absent · absent · absent")
    alike = votes({account(A): "yes", account(B): "yes"}, {account(A): "no", account(B): "no"})
    assert by_validator(recorded(stake(DELEGATIONS), alike, None), "alike") == {A: 1, B: 1, C: 0}


def test_the_larger_part_of_a_split_vote_is_shown() -> None:
    split = cast({account(A): {"yes": ONE // 4, "no_with_veto": ONE - ONE // 4}})
    assert by_validator(recorded(stake(DELEGATIONS), split, None), "latest")[A] == "veto"
    halves = cast({account(A): {"yes": ONE // 2, "no": ONE // 2}})
    assert by_validator(recorded(stake(DELEGATIONS), halves, None), "latest")[A] == "no"


@pytest.mark.parametrize("seed", range(3))
def test_power_is_that_of_each_proposal_counted_by_itself(seed: int) -> None:
    """What a validator carries on one proposal is what it has less what those took who voted on the same one."""
    dice, proposals = Random(seed), 40
    everybody = [address("akash", 200 + place) for place in range(6)]
    pairs = [(who, one) for who in everybody for one in TOKENS if dice.random() < 0.5]
    held = [(who, one, dice.randrange(1, 10**27)) for who, one in pairs]
    shares = {one: dice.randrange(10**27) + sum(part for _, to, part in held if to == one) for one in TOKENS}
    bonded = {one: Validator(dice.randrange(1, 10**27), shares[one]) for one in TOKENS}
    power = {(who, one): part * bonded[one].tokens // shares[one] for who, one, part in held}
    every = [{one for one in (*everybody, *map(account, TOKENS)) if dice.random() < 0.4} for _ in range(proposals)]
    every[-1].add(everybody[0])
    found = recorded(
        Stake(bonded, held, 7, datetime(2026, 1, 1, tzinfo=UTC), exact=False, by_delegator=True),
        votes(*(dict.fromkeys(voted, "yes") for voted in every)),
        None,
    )
    taken = [{one: sum(power[pair] for pair in pairs if pair[0] in voted and pair[1] == one) for one in TOKENS}
             for voted in every]  # fmt: skip
    for one, validator in bonded.items():
        used = [validator.tokens - lost[one] for voted, lost in zip(every, taken, strict=True) if account(one) in voted]
        assert by_validator(found, "used")[one] == float(Fraction(sum(used), proposals * validator.tokens))
    overridden = sum(sum(lost.values()) for lost in taken)
    all_of = sum(validator.tokens for validator in bonded.values())
    assert found.overridden == float(Fraction(overridden, proposals * all_of))


def test_without_delegations_nothing_is_said_of_used_power() -> None:
    found = recorded(stake([]), THREE, None)
    assert found.validators["used"].null_count() == 3
    assert found.overridden is None


def test_too_few_votes_are_not_simulated() -> None:
    for few in (votes({account(A): "yes"}, {account(A): "no"}), THREE):
        found = recorded(stake(DELEGATIONS), few, None if few is THREE else RULE)
        assert (found.draws, found.error, found.validators["decides"].null_count()) == (0, None, 3)


def test_who_alone_makes_the_result_decides_it_in_every_simulated_vote() -> None:
    """A has 40 of 90, more than the quorum of a third that nobody else reaches, and always votes Yes."""
    always = votes(*[{account(A): "yes"}] * 3)
    found = recorded(stake(DELEGATIONS), always, RULE)
    assert by_validator(found, "decides") == {A: 1.0, B: 0.0, C: 0.0}
    # No vote is close where everybody says Yes.
    assert (found.close_draws, found.close_error, found.validators["close"].null_count()) == (0, None, 3)
    assert found.error == pytest.approx(3 * (0.25 / found.draws) ** 0.5 + 9 / found.draws)


def test_who_turns_a_close_vote_is_told_apart() -> None:
    """A and B against each other every time: 40 of 70 is Yes, within ten points of half."""
    close = votes(*[{account(A): "yes", account(B): "no"}] * 3)
    found = recorded(stake(DELEGATIONS), close, RULE)
    assert found.close_draws == found.draws
    assert by_validator(found, "close") == by_validator(found, "decides") == {A: 1.0, B: 0.0, C: 0.0}
    assert found.close_error == found.error


def test_only_ended_votes_are_in_the_record(mart: Mart) -> None:
    """The village has one open proposal and one that is over; five validators voted on each."""
    found = voting_record.record(mart, "akash")
    assert found is not None
    assert found.proposals == 1
    assert by_validator(found, "voted") == {address("akashvaloper", n): int(n < 5) for n in range(VALIDATORS)}
    assert found.validators.filter(pl.col("voted") == 1)["used"].to_list() == [1.0] * 5
    assert found.overridden == 0.0
    assert set(found.silent.voters) == {address("akashvaloper", n) for n in range(5, VALIDATORS)}


def test_turnout_over_time_is_the_chains_own(mart: Mart) -> None:
    over = voting_record.ended(mart, "akash")
    (row,) = voting_record.turnout_over_time(over).to_dicts()
    assert (row["proposal"], row["turnout"], row["quorum"]) == ("1", over[0].turnout, 0.334)
    assert voting_record.usual_turnout(over) == over[0].turnout
    assert voting_record.usual_turnout([]) is None


def test_proposers_are_counted(mart: Mart) -> None:
    found = voting_record.proposers(voting_record.ended(mart, "akash"))
    assert found is not None
    assert (found.parties, found.more_than_half) == (1, 1)
    assert voting_record.proposers([]) is None


def test_a_network_without_votes_has_no_record(mart: Mart) -> None:
    assert voting_record.record(mart, "bittensor") is None
