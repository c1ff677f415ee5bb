"""Stake of Cosmos chains at one block."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.votes.tally import Validator as Stake
from analytics.votes.tally import stake
from ingest.cosmos.readings import readings
from ingest.cosmos.stake import closing_shares, consensus_power, delegators, names, shares, validators
from ingest.networks import networks
from store.faults import BadData, SourceDown
from store.impossible import check
from store.rows import Facts, Kind, Measure
from tests.ingest.cosmos.test_lcd import pinned
from tests.worlds.examples import examples
from tests.worlds.lcd import ONE, State, Validator, account, chain, failure, governed, valoper, voting
from tests.worlds.servers import Reply, Request

BONDED = [Validator(number, 100 + number, (100 + number) * ONE) for number in range(3)]
IDLE = [
    Validator(3, 10**9, 10**27, "BOND_STATUS_UNBONDING", jailed=True),
    Validator(4, 10**9, 10**27, "BOND_STATUS_UNBONDED"),
]
STATE = State([*BONDED, *IDLE])
# One validator lost a tenth; delegator 7 is with both.
SLASHED = State(
    [Validator(0, 90, 100 * ONE), Validator(1, 50, 50 * ONE)],
    [(7, 0, 25 * ONE), (8, 0, 75 * ONE), (7, 1, 50 * ONE)],
)


def at_once(_: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """A memo that keeps nothing."""
    return make()


def amounts(facts: Facts, population: str) -> dict[str, int]:
    rows = facts.rows.filter(pl.col("population") == population)
    return {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}


def test_stake_is_that_of_validators_who_sign() -> None:
    with pinned(chain(STATE)) as node:
        facts = validators(node)
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "validators") == {valoper(0): 100, valoper(1): 101, valoper(2): 102}
    assert facts.reported == {"validators": 303}


def test_stake_that_is_not_the_chains_own_total_is_refused() -> None:
    lossy = replace(STATE, bodies={"/cosmos/staking/v1beta1/pool": State(STATE.validators[:2]).pool()})
    with pinned(chain(lossy)) as node, pytest.raises(BadData, match="add up to 303, the chain reports 201"):
        check(validators(node), Kind.HOLDINGS)


def test_one_base_unit_sent_to_the_bonded_pool_costs_no_reading_of_stake() -> None:
    pool = {"pool": {"not_bonded_tokens": "0", "bonded_tokens": "141"}}
    with pinned(chain(replace(SLASHED, bodies={"/cosmos/staking/v1beta1/pool": pool}))) as node:
        for reading in readings("uakt", 1):
            if reading.measure is Measure.STAKE:
                facts = reading.facts(node, at_once, list)
                check(facts, reading.kind, tolerance=0, partial=reading.partial)
                assert facts.reported[reading.name] == 141


def test_consensus_counts_whole_units_of_power() -> None:
    with pinned(chain(STATE)) as node:
        facts = consensus_power(10)(node)
    check(facts, Kind.HOLDINGS)
    assert set(amounts(facts, "validators").values()) == {10}


def test_delegators_hold_their_part_of_what_slashing_left() -> None:
    with pinned(chain(SLASHED)) as node:
        facts = delegators(node, at_once)
    check(facts, Kind.HOLDINGS, tolerance=1)
    assert amounts(facts, "delegators") == {account(7): 72, account(8): 67}  # 22.5 + 50 and 67.5
    assert amounts(facts, f"delegators@{valoper(0)}") == {account(7): 22, account(8): 67}
    assert amounts(facts, f"delegators@{valoper(1)}") == {account(7): 50}
    assert facts.reported == {"delegators": 140, f"delegators@{valoper(0)}": 90, f"delegators@{valoper(1)}": 50}


def test_the_worth_of_a_delegation_is_rounded_at_18_places_before_it_is_cut() -> None:
    """All but 1e-18 of three shares of one token: 0.99999999999999999967, which the chain rounds to the whole token."""
    slashed = State([Validator(0, 1, 3 * ONE)], [(7, 0, 3 * ONE - 1), (8, 0, 1)])
    with pinned(chain(slashed)) as node:
        facts = delegators(node, at_once)
    check(facts, Kind.HOLDINGS)
    assert amounts(facts, "delegators") == {account(7): 1, account(8): 0}


def test_a_list_of_delegators_that_lacks_one_is_refused() -> None:
    short = replace(SLASHED, validators=[Validator(0, 90, 101 * ONE), SLASHED.validators[1]])
    with pinned(chain(short)) as node, pytest.raises(BadData, match=r"100000000000000000000 of 101000000000000000000"):
        delegators(node, at_once)


def test_a_long_reading_that_was_cut_off_goes_on_where_it_stopped() -> None:
    kept: dict[str, pl.DataFrame] = {}

    def memo(name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        if name not in kept:
            kept[name] = make()
        return kept[name]

    def cut_off(request: Request) -> Reply:
        broken = valoper(1) in request.path
        return failure(503, 14, "connection refused") if broken else chain(SLASHED)(request)

    with pinned(cut_off) as node, pytest.raises(SourceDown):
        delegators(node, memo)
    assert list(kept) == [valoper(0)]
    asked = []

    def watched(request: Request) -> Reply:
        asked.append(request.path)
        return chain(SLASHED)(request)

    with pinned(watched) as node:
        facts = delegators(node, memo)
        assert facts.rows.equals(delegators(node, at_once).rows)
    assert asked.count(f"/cosmos/staking/v1beta1/validators/{valoper(0)}/delegations") == 1  # the second reading


def test_shares_are_kept_exactly_while_votes_are_cast() -> None:
    odd = State([Validator(0, 90, 100 * ONE + 1)], [(7, 0, 25 * ONE), (8, 0, 75 * ONE + 1)])
    with pinned(chain(voting(odd))) as node:
        facts = shares(node, at_once)
    check(facts, Kind.OBSERVATIONS)
    assert stake(facts.rows) == (
        {valoper(0): Stake(90, 100 * ONE + 1)},
        [(account(7), valoper(0), 25 * ONE), (account(8), valoper(0), 75 * ONE + 1)],
    )


def test_shares_are_not_read_without_a_proposal_in_voting() -> None:
    with pinned(chain(governed(SLASHED, [], {}))) as node:
        assert shares(node, at_once).empty


@pytest.mark.parametrize(("left", "read"), [(timedelta(hours=2), True), (timedelta(hours=4), False)])
def test_shares_are_read_again_in_the_last_hours_of_voting(left: timedelta, read: bool) -> None:
    with pinned(chain(voting(SLASHED, ends=SLASHED.time + left))) as node:
        facts = closing_shares(node, at_once)
    assert facts.empty != read
    assert facts.rows.is_empty() != read


@pytest.mark.parametrize("name", ["validators", "consensus", "names", "delegators"])
def test_addresses_that_came_in_capitals_are_the_same_parties(name: str) -> None:
    def loud(request: Request) -> Reply:
        answer = chain(SLASHED)(request)
        told = json.dumps(answer.body).replace(valoper(0), valoper(0).upper())
        return replace(answer, body=json.loads(told.replace(account(8), account(8).upper())))

    akash = networks()["akash"]
    (reading,) = [one for one in akash.readings if one.name == name]
    found = []
    for answer in (chain(SLASHED), loud):
        with pinned(answer) as node:
            found.append(reading.facts(node, at_once, list))
        akash.check(reading, found[-1])
    assert found[0].rows.drop("time", strict=False).equals(found[1].rows.drop("time", strict=False))
    assert found[0].reported == found[1].reported


def test_names_are_kept_as_they_came_without_contact_addresses() -> None:
    hostile = "=HYPERLINK(\u202e)\u0000<script>"
    state = State([Validator(0, 1, ONE, moniker=hostile, identity="1E5", website="https://a.example")])
    with pinned(chain(state)) as node:
        facts = names(node)
    check(facts, Kind.OBSERVATIONS)
    found = {row["name"]: row for row in facts.rows.iter_rows(named=True)}
    assert found["moniker"]["exact"] == hostile
    assert found["identity"]["value"] is None
    assert found["commission"]["value"] == 0.05
    assert "nobody@example.org" not in str(found)


@st.composite
def staking_states(draw: st.DrawFn) -> State:
    """Any stake: slashed or not, whole or broken shares, with validators that do not sign."""
    found, delegations = [], []
    for number in range(draw(st.integers(1, 5))):
        held = draw(st.lists(st.integers(1, 10**30), min_size=1, max_size=6))
        status = draw(st.sampled_from(["BONDED", "BONDED", "UNBONDING", "UNBONDED"])) if number else "BONDED"
        tokens = draw(st.integers(1, 10**27))
        found.append(Validator(number, tokens, sum(held), f"BOND_STATUS_{status}"))
        first = draw(st.integers(0, 3))
        delegations += [(first + place, number, amount) for place, amount in enumerate(held)]
    return State(found, delegations)


def direct(state: State) -> dict[str, int]:
    """Tokens by delegator, straight from the state, with no pages and no JSON."""
    by_number = {row.number: row for row in state.validators if row.status == "BOND_STATUS_BONDED"}
    held: dict[str, int] = {}
    for delegator, number, amount in state.delegations:
        if number in by_number:
            part = as_the_chain_rounds(Fraction(amount * by_number[number].tokens, by_number[number].shares))
            held[account(delegator)] = held.get(account(delegator), 0) + part
    return {holder: tokens // ONE for holder, tokens in held.items()}


def as_the_chain_rounds(quotient: Fraction) -> int:
    """A quotient in 1e-18 as the SDK's decimals have it: cut at 36 places, then rounded half to even at 18."""
    return round(Fraction(int(quotient * ONE * ONE), ONE))


@pytest.mark.slow
@examples(40)
@given(state=staking_states(), most=st.integers(1, 7), failing=st.lists(st.integers(0, 2), max_size=30))
def test_any_page_size_and_any_rotation_give_the_same_holdings(state: State, most: int, failing: list[int]) -> None:
    turns: list[Any] = list(failing)

    def endpoint(number: int) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            # Each question fails at the endpoint whose turn it is; the next one has to give the same page.
            if "/delegations" in request.path and turns and turns[0] == number:
                turns.pop(0)
                return failure(500, 2, "broken")
            return chain(replace(state, most=most + number))(request)

        return answer

    with pinned(endpoint(0), endpoint(1), endpoint(2)) as node:
        facts = delegators(node, at_once)
        assert amounts(facts, "delegators") == direct(state)
        assert amounts(validators(node), "validators") == {
            valoper(row.number): row.tokens for row in state.validators if row.status == "BOND_STATUS_BONDED"
        }
    check(facts, Kind.HOLDINGS, tolerance=20)
