"""How few can decide or stop a vote: chain rules, and brackets."""

import gzip
import json
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.decimals import scaled
from analytics.power.delegations import Delegations
from analytics.votes.rules import Ballots, Seat, brackets, fewest, levers
from analytics.votes.tally import Thresholds
from tests.worlds.examples import examples

USUAL = Thresholds(quorum=scaled("0.334"), threshold=scaled("0.5"), veto=scaled("0.334"))
Rows = list[tuple[str, str, int]]


@pytest.fixture(scope="module")
def cudos(shared: Path) -> Rows:
    """Real delegations to the 31 bonded validators of cudos-1 at height 12241906, in acudos."""
    path = shared / "cosmos" / "cudos_export_trimmed.json.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    staking = json.loads(gzip.decompress(path.read_bytes()))["staking"]
    bonded = {v["operator_address"]: v for v in staking["validators"] if v["status"] == "BOND_STATUS_BONDED"}
    with localcontext(prec=80):
        return [
            (d["delegator_address"], d["validator_address"], int(
                Decimal(d["shares"]) * Decimal(validator["tokens"]) / Decimal(validator["delegator_shares"])
            ))
            for d in staking["delegations"]
            if (validator := bonded.get(d["validator_address"]))
        ]  # fmt: skip


def largest_delegators(delegations: Rows, count: int) -> list[str]:
    held: dict[str, int] = {}
    for delegator, _, power in delegations:
        held[delegator] = held.get(delegator, 0) + power
    return sorted(held, key=lambda delegator: -held[delegator])[:count]


def test_thirty_percent_yes_alone_fails_the_quorum_and_four_percent_no_passes_it() -> None:
    assert Ballots(100, yes=30).outcome(USUAL) == "quorum"
    assert Ballots(100, yes=30, no=4).outcome(USUAL) == "passed"


@pytest.mark.parametrize(
    ("ballots", "outcome"),
    [
        (Ballots(1000, yes=334), "passed"),
        (Ballots(1000, yes=333), "quorum"),
        (Ballots(1000, yes=666, veto=334), "passed"),  # a veto needs more than its threshold
        (Ballots(1000, yes=665, veto=335), "vetoed"),
        (Ballots(1000, yes=500, no=500), "rejected"),
        (Ballots(1000, yes=501, no=499), "passed"),
        (Ballots(1000, abstain=1000), "abstained"),
        (Ballots(1000, abstain=999, yes=1), "passed"),
        (Ballots(1000), "quorum"),
        (Ballots(0), "no stake"),
    ],
)
def test_the_four_rules_decide_in_the_chains_order(ballots: Ballots, outcome: str) -> None:
    assert ballots.outcome(USUAL) == outcome


def test_more_than_half_of_cudos_needs_6_10_or_all_31_validators(cudos: Rows) -> None:
    bonded = sum(power for *_, power in cudos)
    half = bonded // 2 + 1

    def needed(voting_themselves: int) -> int | None:
        found = Delegations.of(cudos).voted(largest_delegators(cudos, voting_themselves))
        left = [power for party, _, power in found.rows() if "valoper" in party]
        assert len(left) == 31
        assert found.total == bonded
        return fewest(left, half)

    assert needed(0) == 6
    assert needed(10) == 10
    assert needed(20) == 31
    assert needed(21) is None  # then not even all validators together


def test_brackets_run_from_nobody_overrides_to_everybody_does() -> None:
    seats = [Seat(f"v{place}", 100, 10) for place in range(10)]
    found = {
        (bracket.lever.name, bracket.lever.case): bracket
        for bracket in brackets(seats, levers(USUAL, Fraction(1, 2)), Fraction(1, 3))
    }
    alone = found["pass", "nobody else votes"]
    assert (alone.nobody_overrides, alone.as_observed, alone.everybody_overrides) == (4, 5, None)
    all_no = found["pass", "all others vote No"]
    assert (all_no.nobody_overrides, all_no.as_observed, all_no.everybody_overrides) == (6, 8, None)
    assert found["pass", "all others veto"].nobody_overrides == 7
    assert found["pass", "usual turnout, the others vote No"].nobody_overrides == 3
    assert found["veto", "all others vote Yes"].nobody_overrides == 4
    assert found["veto", "usual turnout, the others vote Yes"].nobody_overrides == 2
    assert found["reject", "all others vote Yes"].nobody_overrides == 5
    assert found["boycott", "all others vote Yes"].nobody_overrides == 7
    halt = found["halt", "blocks need more than 2/3"]
    # Signing blocks is no vote: delegators cannot override there.
    assert (halt.nobody_overrides, halt.as_observed, halt.everybody_overrides) == (4, 4, 4)
    assert found["finalise", "more than 2/3 sign a block"].nobody_overrides == 7


def test_three_equal_validators_halt_a_chain_alone_but_need_two_to_pass() -> None:
    found = brackets([Seat(name, 1, 0) for name in "abc"], levers(USUAL, Fraction(1)), Fraction(0))
    counts = {(bracket.lever.name, bracket.lever.case): bracket.nobody_overrides for bracket in found}
    assert counts["halt", "blocks need more than 2/3"] == 1
    assert counts["finalise", "more than 2/3 sign a block"] == 3
    assert counts["pass", "all others vote No"] == 2


@examples(60)
@given(st.integers(1, 60), st.fractions(0, 1, max_denominator=12), st.sampled_from(["0.25", "0.334", "0.5", "0.667"]))
def test_the_need_of_a_lever_is_the_least_power_that_succeeds(bonded: int, turnout: Fraction, text: str) -> None:
    rule = Thresholds(scaled(text), scaled("0.5"), scaled("0.334"))
    for lever in levers(rule, turnout):
        able = [power for power in range(bonded + 1) if lever.succeeds(power, bonded)]
        assert lever.need(bonded) == (able[0] if able else None)
        assert able == list(range(able[0], bonded + 1)) if able else True


def test_impossible_seats_and_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="of which it keeps 11"):
        Seat("v", 10, 11)
    with pytest.raises(ValueError, match="override rate"):
        brackets([Seat("v", 10, 1)], (), Fraction(3, 2))
