"""Votes that a contract counts, by the same questions as those of a chain of stake; small enough to count by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.decimals import ONE
from analytics.votes.tally import PASSED, Majority, tally
from questions import ballots, proposals, voting_record
from questions.ballots import Count
from questions.search import search
from store.mart import Mart, opened
from tests.worlds.assembly import ANN, BEN, CAM, DEE, EVE, FAY, NOW, TOKEN, assembled, proposal
from ui import votes

pytestmark = pytest.mark.wide


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    data = tmp_path_factory.mktemp("assembly")
    assembled(data)
    with opened(data) as found:
        yield found


@pytest.fixture(scope="module")
def counted(mart: Mart) -> Count:
    found = ballots.count(mart, proposals.proposals(mart)[0])
    assert found is not None
    return found


def test_a_proposal_has_the_rule_that_its_contract_tells(mart: Mart) -> None:
    one, over = proposals.proposals(mart)
    assert one.rule == Majority(36 * TOKEN, 200 * TOKEN, ("yes", "abstain"))
    assert (one.bonded, one.token, one.decimals) == (200 * TOKEN, "veMADE", 18)
    assert (one.turnout, one.quorate, one.yes) == pytest.approx((69 / 200, 43 / 200, 33 / 59))
    assert one.veto is None
    assert [option for option, _ in one.shares] == ["yes", "abstain", "no", "not voted"]
    assert (one.is_open, over.is_over) == (True, True)


def test_a_number_of_77_digits_is_told_by_its_ends(mart: Mart) -> None:
    one, _ = found = proposals.proposals(mart)
    assert proposals.numbered(replace(one, number="1144" + "0" * 69 + "7004"), found) == "Assembly 114400…7004"
    assert proposals.numbered(one, found) == "Assembly 2"


def test_it_is_told_in_the_words_of_every_vote(mart: Mart) -> None:
    one, over = proposals.proposals(mart)
    told = votes.stands(one, NOW)
    assert "34.5% of the voting power voted; for the quorum Yes and abstentions count: 21.5% of the 18% needed." in told
    assert "By this count it would **pass**" in told
    assert "bonded" not in told
    assert "had to **fail for want of a quorum**" in votes.stands(over, NOW)


def test_a_vote_carries_what_the_contract_counted_and_a_silent_voter_what_she_has_by_now(counted: Count) -> None:
    assert counted.tally.options == {"yes": 33 * TOKEN, "abstain": 10 * TOKEN, "no": 26 * TOKEN, "no_with_veto": 0}
    assert {voter: power.used // 10**18 for voter, power in counted.tally.voters.items()} == {
        ANN: 30 * TOKEN,
        BEN: 25 * TOKEN,
        CAM: 10 * TOKEN,
        DEE: 4 * TOKEN,
    }
    rows = ballots.absent(counted, {})
    assert rows.select("address", "share").rows() == [(EVE, 60 / 200), (FAY, 5 / 200)]


def test_who_voted_is_listed_with_her_choice_and_no_delegators(counted: Count) -> None:
    rows = ballots.voters(counted, {})
    assert rows.select("address", "option", "role", "own_tokens").rows() == [
        (ANN, "yes", "voter", 30.0),
        (BEN, "no", "voter", 25.0),
        (CAM, "abstain", "voter", 10.0),
        (DEE, "25% no and 75% yes", "voter", 4.0),
    ]
    assert rows["inherited_tokens"].to_list() == [0.0] * 4


def test_what_turns_it_is_counted_by_its_rule(counted: Count) -> None:
    assert set(counted.flips) == {"boycott", "abstain", "no", "yes"}
    told = {route: (flip.fewest, flip.rule) for route, flip in counted.flips.items() if flip}
    # Without Ann 13 of 36 count; if she abstains 43 do, and 3 are Yes against 26 No.
    assert told == {"boycott": (1, "quorum"), "abstain": (1, "threshold"), "no": (1, "quorum")}
    # Eve's 60 alone would be more No than Yes, and so would Ann's.
    flip = counted.flips["no"]
    assert flip is not None
    assert flip.voters in ((ANN,), (EVE,))


def test_an_address_finds_its_own_vote_and_nobody_elses(mart: Mart, counted: Count) -> None:
    for who, told in ((BEN, "no: its own vote"), (EVE, "nothing: neither voted")):
        (found,) = search(mart, who)
        rows = ballots.mine(counted, found, counted.stake.delegations, {})
        assert rows.select("address", "counts_as").rows() == [(who, told)]
        assert ballots.operator_of(counted, found) == who
    assert "has not voted; with it are 30% of the voting power." in votes.as_validator(counted, EVE, {})


@pytest.mark.parametrize("who", [ANN, BEN, CAM, DEE, EVE, FAY])
def test_whom_one_voter_turns_it_is_told_so(mart: Mart, counted: Count, who: str) -> None:
    """By counting all votes again, in which she alone votes otherwise."""
    (found,) = search(mart, who)
    weight = ballots.weight(counted, found, counted.stake.delegations)
    rule = counted.proposal.rule
    assert weight is not None
    assert rule is not None
    stake, votes_ = counted.stake, counted.votes
    again = {
        option: tally(stake.validators, stake.delegations, {**votes_, who: {option: ONE}}, account=str).outcome(rule)
        for option in rule.options
    }
    now = counted.tally.outcome(rule)
    assert weight.turns == tuple(option for option, then in again.items() if (then == PASSED) != (now == PASSED))
    assert (weight.silent, weight.inherits) == (who in (EVE, FAY), False)
    if who == EVE:
        assert weight.turns == ("no",)
        told = votes.counts(weight, counted.proposal, "What it votes with")
        assert "alone it turns the result if it votes **no**. To count it votes before " in told


def test_the_record_has_everybody_who_could_vote(mart: Mart) -> None:
    found = voting_record.record(mart, "assembly")
    assert found is not None
    rows = {row["address"]: (row["voted"], row["proposals"]) for row in found.validators.iter_rows(named=True)}
    assert rows == {ANN: (1, 1), BEN: (1, 1), **dict.fromkeys((CAM, DEE, EVE, FAY), (0, 1))}
    assert set(found.silent.voters) == {CAM, DEE, EVE, FAY}
    assert found.overridden is None


@pytest.mark.slow
@pytest.mark.parametrize(("status", "word"), [("cancelled", "Taken back"), ("pending", "Waiting for its vote")])
def test_what_was_never_voted_on_is_no_vote_that_is_over(tmp_path: Path, status: str, word: str) -> None:
    assembled(tmp_path, proposal("1", timedelta(days=-5), status=status), proposal("2", timedelta(days=1)))
    with opened(tmp_path) as mart:
        assert voting_record.ended(mart, "assembly") == []
        (one,) = (one for one in proposals.proposals(mart) if one.number == "1")
        assert votes.stands(one, NOW).startswith(f"**{word}")


@pytest.mark.slow
def test_before_anybody_voted_it_is_said_when_and_that_nobody_did(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("yes", "abstain", "no", "no_with_veto"), 0)
    waiting = proposal("3", timedelta(days=3), status="pending", **nothing, power=None, quorum=None)
    empty = proposal("2", timedelta(days=1), **nothing)
    # Of a number that nobody has typed in yet a quarter is nothing.
    no_base = proposal("1", timedelta(days=2), **nothing, power=0, quorum=0)
    assembled(tmp_path, waiting, empty, no_base)
    with opened(tmp_path) as mart:
        told = {one.number: votes.stands(one, NOW) for one in proposals.proposals(mart)}
    assert told["3"] == "**Waiting for its vote to begin.** Voting begins on 17 Jul 2026, 12:00 UTC."
    assert "would **fail for want of a quorum**: nobody voted for or against it." in told["2"]
    assert "would **fail: too few Yes**: nobody voted for or against it." in told["1"]
    assert "ended" not in " ".join(told.values())


@pytest.mark.slow
def test_where_nobody_tells_how_much_all_power_is_no_share_of_it_is_told(tmp_path: Path) -> None:
    """The quorum is so much power, of however much: what the count decides is known all the same."""
    assembled(tmp_path, proposal("2", timedelta(days=1), power=None))
    with opened(tmp_path) as mart:
        (one,) = proposals.proposals(mart)
        assert (one.quorum, one.turnout, one.shares) == (None, None, [])
        told = votes.stands(one, NOW)
        assert "Which part of the voting power voted is not known: how much all is was not read." in told
        assert "By this count it would **pass**" in told
        found = ballots.count(mart, one)
        assert found is not None
        assert min(flip.fewest for flip in found.flips.values() if flip is not None) > 0


@pytest.mark.slow
def test_where_the_rule_is_not_proved_nothing_is_said_of_the_result(tmp_path: Path) -> None:
    assembled(tmp_path, proposal("2", timedelta(days=1), quorum_counts=None))
    with opened(tmp_path) as mart:
        (one,) = proposals.proposals(mart)
        assert one.rule is None
        assert "By this count" not in votes.stands(one, NOW)
        found = ballots.count(mart, one)
        assert found is not None
        assert found.flips == {}
        assert len(found.tally.voters) == 4
