"""Whose power a vote carried, and what would have turned it, on a world that is small enough to count by hand."""

from collections.abc import Callable

import pytest

from analytics.decimals import ONE
from analytics.votes.tally import Thresholds, tally
from questions import ballots, proposals
from questions.ballots import Count, Weight
from questions.proposals import Proposal
from questions.search import search
from store import addresses
from store.mart import Mart
from tests.worlds.hamlet import VALIDATORS, address

pytestmark = pytest.mark.wide

WHOLE = 10**6
# Newest stake of the n-th validator, in whole tokens; its own account delegates a third of it.
STAKE = [1000 // (place + 1) for place in range(VALIDATORS)]


@pytest.fixture
def found(mart: Mart) -> dict[str, Proposal]:
    return {f"{one.network}:{one.number}": one for one in proposals.proposals(mart)}


@pytest.fixture
def counted(mart: Mart, found: dict[str, Proposal]) -> Count:
    counted = ballots.count(mart, found["akash:2"])
    assert counted is not None
    return counted


def test_open_proposals_come_first_then_the_newest(mart: Mart) -> None:
    keys = [(one.status, one.number) for one in proposals.proposals(mart)]
    assert keys == [("voting_period", "2")] * 2 + [("passed", "1")] * 2


def test_turnout_and_result_are_those_of_the_chains_own_count(found: dict[str, Proposal]) -> None:
    one = found["akash:1"]
    assert one.bonded == pytest.approx(sum(STAKE) * WHOLE, rel=0.2)
    assert one.turnout == pytest.approx(1870 * WHOLE / (one.bonded or 0))
    assert one.yes == pytest.approx(1500 / 1850)
    assert one.veto == pytest.approx(50 / 1870)
    assert sum(part for _, part in one.shares) == pytest.approx(1)


def test_the_rule_is_the_chains_own(found: dict[str, Proposal]) -> None:
    rule = found["fetch:2"].rule
    assert isinstance(rule, Thresholds)
    assert [proposals.fraction(part) for part in (rule.quorum, rule.threshold, rule.veto)] == [0.334, 0.5, 0.334]


def test_a_validator_carries_what_its_delegators_did_not_take(counted: Count) -> None:
    """Validators 0 to 4 voted; their own third is their own vote, the common delegator's rest is inherited."""
    for place in range(5):
        power = counted.tally.voters[address("akash", place)]
        assert power.own // 10**18 == pytest.approx(STAKE[place] * WHOLE // 3, abs=1)
        assert power.used // 10**18 == pytest.approx(STAKE[place] * WHOLE, abs=2)
    assert counted.tally.options["yes"] == pytest.approx((STAKE[0] + STAKE[1]) * WHOLE, abs=2)


def test_the_table_of_voters_adds_up_to_the_turnout(mart: Mart, counted: Count) -> None:
    rows = ballots.voters(counted, ballots.names(mart, "akash"))
    assert rows["share"].sum() == pytest.approx(sum(STAKE[:5]) / sum(STAKE), rel=1e-6)
    assert rows["party"][0] == "“Honest 0”"
    assert rows["option"].to_list() == ["yes", "yes", "no", "abstain", "no with veto"]
    assert rows["role"].unique().to_list() == ["validator"]


def test_who_has_not_voted_is_listed_with_its_power(mart: Mart, counted: Count) -> None:
    rows = ballots.absent(counted, ballots.names(mart, "akash"))
    assert rows["address"].to_list() == [address("akashvaloper", place) for place in range(5, VALIDATORS)]
    assert rows["share"].sum() == pytest.approx(sum(STAKE[5:]) / sum(STAKE), rel=1e-6)


def test_one_large_validator_turns_the_vote(counted: Count) -> None:
    flip = counted.flips["no"]
    assert flip is not None
    assert flip.voters == (address("akash", 0),)


def mine(mart: Mart, counted: Count, who: str) -> list[tuple[str, str]]:
    (found,) = [one for one in search(mart, who) if one.canonical == who]
    own = ballots.newest_delegations(mart, "akash", found.canonical)
    rows = ballots.mine(counted, found, own, ballots.names(mart, "akash"))
    return list(rows.select("party", "counts_as").iter_rows())


def test_a_delegator_who_did_not_vote_inherits_from_each_validator(mart: Mart, counted: Count) -> None:
    found = dict(mine(mart, counted, address("akash", 99)))
    assert found["“Honest 0”"] == "yes: inherited from the validator"
    assert found["“Honest 2”"] == "no: inherited from the validator"
    assert found["“Honest 6”"] == "nothing: neither voted"
    assert len(found) == VALIDATORS


def test_who_voted_counts_by_its_own_vote(mart: Mart, counted: Count) -> None:
    assert mine(mart, counted, address("akash", 4)) == [("“Honest 4”", "no with veto: its own vote")]


def test_an_operator_is_found_by_its_operator_address(mart: Mart, counted: Count) -> None:
    assert mine(mart, counted, address("akashvaloper", 4)) == [("“Honest 4”", "no with veto: its own vote")]


def weight(mart: Mart, counted: Count, who: str) -> Weight | None:
    (found,) = [one for one in search(mart, who) if one.canonical == who]
    return ballots.weight(counted, found, ballots.newest_delegations(mart, "akash", found.canonical))


def test_a_vote_weighs_its_part_and_turns_the_result_by_some_choices_only(mart: Mart, counted: Count) -> None:
    """Two thirds of all stake are the common delegator's; with validators 0 to 4 they count, with others they would."""
    found = weight(mart, counted, address("akash", 99))
    assert found is not None
    with_it = sum(STAKE[:5]) + sum(2 * held for held in STAKE[5:]) / 3
    assert found.part == pytest.approx(sum(2 * held for held in STAKE) / 3 / with_it, rel=0.01)
    passes = counted.tally.outcome(counted.proposal.rule) == "passed"  # type: ignore[arg-type]
    assert passes
    assert found.turns == ("no", "no_with_veto")
    assert found.inherits


def test_a_validator_weighs_what_its_vote_carries_and_not_its_own_tokens_alone(mart: Mart, counted: Count) -> None:
    """A third of its stake is its own; who has the rest of it did not vote."""
    found = weight(mart, counted, address("akash", 4))
    assert found is not None
    assert found.part == pytest.approx(STAKE[4] / sum(STAKE[:5]), rel=0.01)
    assert (found.inherits, found.silent, found.adds) == (False, False, False)


@pytest.mark.parametrize("place", range(VALIDATORS))
def test_whom_one_validator_turns_it_is_told_so(mart: Mart, counted: Count, place: int) -> None:
    """By counting all votes again, in which it alone votes otherwise."""
    found = weight(mart, counted, address("akash", place))
    rule = counted.proposal.rule
    assert found is not None
    assert rule is not None
    now = counted.tally.outcome(rule) == "passed"
    turned = tuple(
        option
        for option in rule.options
        if (
            tally(
                counted.stake.validators,
                counted.stake.delegations,
                {**counted.votes, address("akash", place): {option: ONE}},
                account=addresses.account,
            ).outcome(rule)
            == "passed"
        )
        != now
    )
    assert found.turns == turned
    assert found.silent == (address("akash", place) not in counted.votes)


@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_a_key_in_hexadecimal_alone_finds_its_account_and_its_operator(mart: Mart, case: Callable[[str], str]) -> None:
    key = addresses.address(address("akash", 4)).raw
    found = {one.canonical for one in search(mart, case(key.hex()))}
    assert found >= {address("akashvaloper", 4)}


def test_todays_stake_is_said_to_be_todays(counted: Count) -> None:
    assert not counted.stake.exact


def test_shares_that_were_read_while_the_vote_was_open_are_the_ones_that_count(
    mart: Mart, found: dict[str, Proposal]
) -> None:
    counted = ballots.count(mart, found["fetch:2"])
    assert counted is not None
    assert counted.stake.exact
    # In these shares the common delegator has everything, so that validators inherit all they carry.
    power = counted.tally.voters[address("fetch", 1)]
    assert (power.own, power.used // 10**18) == (0, STAKE[1] * 10**18)


def test_split_votes_are_told_in_parts() -> None:
    assert ballots.options({"yes": 6 * 10**17, "no": 4 * 10**17}) == "60% yes and 40% no"
