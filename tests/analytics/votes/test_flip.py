"""Who could have turned a past vote, along each route, all others unchanged."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.decimals import ONE, scaled
from analytics.votes.flip import LOOKED_AT, Cast, Flip, Vote, ballots, casts, flips, followers
from analytics.votes.tally import Choice, Thresholds, Validator, tally
from store.addresses import account as behind
from tests.worlds.examples import examples
from tests.worlds.lcd import account, valoper

USUAL = Thresholds(quorum=scaled("0.334"), threshold=scaled("0.5"), veto=scaled("0.334"))
ROUTE_CHOICE: Mapping[str, Choice] = {
    "abstain": {"abstain": ONE},
    "no": {"no": ONE},
    "veto": {"no_with_veto": ONE},
    "yes": {"yes": ONE},
}
Delegations = list[tuple[str, str, int]]


def cast(voter: str, power: int, option: str) -> Cast:
    return Cast(voter, power) if option == "absent" else Cast(voter, power, Vote(**{option: power}))


def passes(
    validators: Mapping[str, Validator], delegations: Delegations, votes: Mapping[str, Choice], rule: Thresholds = USUAL
) -> bool:
    return tally(validators, delegations, votes, account=behind).outcome(rule) == "passed"


def switched(votes: Mapping[str, Choice], voters: Iterable[str], route: str) -> dict[str, Choice]:
    """The votes after these voters took the route."""
    chosen = set(voters)
    others = {voter: choice for voter, choice in votes.items() if voter not in chosen}
    return others if route == "boycott" else {**others, **dict.fromkeys(chosen, ROUTE_CHOICE[route])}


World = tuple[list[int], list[tuple[int, int, int]], dict[int, Choice]]
choice = st.sampled_from([*ROUTE_CHOICE.values(), ROUTE_CHOICE["yes"], {"yes": ONE // 2, "no": ONE // 2}])
# Three validators (accounts 0 to 2, each with a bond of its own) and delegators 3 to 5.
worlds = st.tuples(
    st.lists(st.integers(1, 20), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(1, 20)), max_size=5),
    st.dictionaries(st.integers(0, 5), choice, max_size=5),
)


@examples(25)
@given(worlds)
def test_the_smallest_set_is_the_one_found_by_counting_all_votes_again(world: World) -> None:
    assert_smallest(world)


@pytest.mark.slow
@examples(150)
@given(worlds)
def test_the_smallest_set_is_right_in_many_more_worlds(world: World) -> None:
    assert_smallest(world)


def assert_smallest(world: World) -> None:
    """Count the votes again for every set of voters along every route."""
    bonds, drawn, chosen = world
    delegations = [(account(n), valoper(n), bond * ONE) for n, bond in enumerate(bonds)]
    delegations += [(account(d), valoper(v), power * ONE) for d, v, power in drawn]
    shares = {valoper(n): sum(s for _, operator, s in delegations if operator == valoper(n)) for n in range(3)}
    validators = {operator: Validator(total // ONE, total) for operator, total in shares.items()}
    votes = {account(n): picked for n, picked in chosen.items()}
    voters = casts(validators, delegations, votes, account=behind)
    before = passes(validators, delegations, votes)
    everybody = followers(validators, delegations, votes, account=behind)
    for following in (everybody, None):
        for route, flip in flips(sum(shares.values()), voters, USUAL, following).items():
            turning = [
                set(names)
                for size in range(len(voters) + len(everybody) + 1)
                for names in combinations([c.voter for c in [*voters, *everybody]], size)
                if passes(validators, delegations, switched(votes, names, route)) != before
            ]
            assert_bounds(flip, turning)
    for route, flip in flips(sum(shares.values()), voters, USUAL, []).items():
        turning = [
            set(names)
            for size in range(len(voters) + 1)
            for names in combinations([c.voter for c in voters], size)
            if passes(validators, delegations, switched(votes, names, route)) != before
        ]
        if flip is None:
            assert not turning, route
            continue
        assert flip.fewest <= min(map(len, turning), default=99)
        if flip.voters is not None:
            assert set(flip.voters) in turning
        shares_power = any(c.at_home.total if route == "boycott" else c.shared.total + c.shared_silent for c in voters)
        if not shares_power:
            assert flip.is_exact
            assert flip.fewest == len(turning[0])


def assert_bounds(flip: Flip | None, turning: list[set[str]]) -> None:
    """No set is smaller than is told, and what is told turns the vote."""
    if flip is None:
        assert not turning
        return
    assert flip.fewest <= min(map(len, turning), default=99)
    if flip.voters is not None:
        assert set(flip.voters) in turning


# Three validators with 5 of their own vote Yes, a fourth with 20 No; what delegators 4, 5, ... have with each of them.
@pytest.mark.parametrize(
    ("delegated", "told"),
    [
        ([(20, 20, 20, 0)], (1, (account(4),))),  # it alone makes 80 against 15
        ([(7, 7, 7, 0)] * 3, (2, None)),  # 26 with each validator: 21 of its own leave 57 against 41
        ([(20, 0, 0, 0), (0, 20, 0, 0), (0, 0, 20, 0)], (2, None)),  # none has more than its validator
    ],
)
def test_who_left_it_to_others_may_turn_it_alone(
    delegated: list[tuple[int, ...]], told: tuple[int, tuple[str, ...] | None]
) -> None:
    found = flips(*followed(delegated))["no"]
    assert found is not None
    assert found.voters is not None
    assert (found.fewest, found.is_exact) == (told[0], True)
    assert told[1] in (None, found.voters)


def followed(delegated: Sequence[tuple[int, ...]]) -> tuple[int, list[Cast], Thresholds, list[Cast]]:
    delegations = [(account(n), valoper(n), own * ONE) for n, own in enumerate((5, 5, 5, 20))]
    delegations += [
        (account(4 + n), valoper(to), p * ONE) for n, row in enumerate(delegated) for to, p in enumerate(row)
    ]
    totals = [sum(held for _, operator, held in delegations if operator == valoper(n)) for n in range(4)]
    validators = {valoper(n): Validator(total // ONE, total) for n, total in enumerate(totals)}
    votes = {account(n): ROUTE_CHOICE["no" if n == 3 else "yes"] for n in range(4)}
    voters = casts(validators, delegations, votes, account=behind)
    return sum(totals), voters, USUAL, followers(validators, delegations, votes, account=behind)


def test_what_is_not_proved_is_a_bound() -> None:
    """Two validators turn it; whether one delegator does is not known where none was read."""
    bonded, voters, rule, _ = followed([(20, 20, 20, 0)])
    for following, exact in ((None, False), ([], True)):
        found = flips(bonded, voters, rule, following)["no"]
        assert found is not None
        assert found.voters is not None
        assert (found.fewest, len(found.voters), found.is_exact) == (2 if exact else 1, 2, exact)


def test_of_many_who_left_it_to_others_those_not_looked_at_still_bound_the_set() -> None:
    """Of 600 each has 1, with one validator or with each of three: none matters, and none spoils what is proved."""
    many = [(1, 0, 0, 0)] * (LOOKED_AT + 100)
    found = flips(*followed(many))["no"]
    assert found is not None
    assert (found.fewest, found.is_exact) == (1, True)  # validator 0 alone has more than all others
    found = flips(*followed([(1, 1, 1, 0)] * (LOOKED_AT + 100)))["no"]
    assert found is not None
    assert (found.fewest, found.is_exact) == (2, True)


def test_nobody_votes_for_an_account_without_a_key() -> None:
    validators = {valoper(0): Validator(60, 60 * ONE)}
    delegations = [(account(0), valoper(0), 10 * ONE), (account(4), valoper(0), 50 * ONE)]
    votes = {account(0): ROUTE_CHOICE["yes"]}
    assert followers(validators, delegations, votes, account=behind, keyless={account(4)}) == []
    (one,) = followers(validators, delegations, votes, account=behind)
    assert (one.power, one.shared) == (0, Vote(yes=50 * ONE))


@pytest.mark.slow
def test_the_count_is_the_nodes_own_and_flips_hold_when_counted_again(shared: Path) -> None:
    # Real stake of cudos-1, votes made up for a real node that counted them.
    folder = shared / "cosmos"
    staking = json.loads(gzip.decompress((folder / "cudos_export_trimmed.json.gz").read_bytes()))["staking"]
    recorded = json.loads((folder / "simapp_0_43_cudos" / "votes_prop22.json").read_text())["votes"]
    names = {"YES": "yes", "NO": "no", "ABSTAIN": "abstain", "NO_WITH_VETO": "no_with_veto"}
    votes = {
        v["voter"]: {names[o["option"].removeprefix("VOTE_OPTION_")]: scaled(o["weight"]) for o in v["options"]}
        for v in recorded
    }
    validators = {
        v["operator_address"]: Validator(int(v["tokens"]), scaled(Decimal(v["delegator_shares"])))
        for v in staking["validators"]
        if v["status"] == "BOND_STATUS_BONDED"
    }
    delegations = [
        (d["delegator_address"], d["validator_address"], scaled(d["shares"])) for d in staking["delegations"]
    ]
    voters = casts(validators, delegations, votes, account=behind)
    count = ballots(cast.vote for cast in voters)
    node = json.loads((folder / "simapp_0_43_cudos" / "tally_synthetic_votes_real_stake_prop22.json").read_text())
    assert {"yes": count.yes // ONE, "abstain": count.abstain // ONE, "no": count.no // ONE,
            "no_with_veto": count.veto // ONE} == {name: int(text) for name, text in node["tally"].items()}  # fmt: skip
    bonded = sum(validator.tokens for validator in validators.values()) * ONE
    found = flips(bonded, voters, USUAL, [])
    assert not passes(validators, delegations, votes)
    for route in ("boycott", "abstain", "yes"):
        flip = found[route]
        assert flip is not None
        assert flip.voters is not None
        assert passes(validators, delegations, switched(votes, flip.voters, route)), route
        assert flip.fewest <= len(flip.voters)
    assert only(found["yes"])[0] == 2
    assert only(found["abstain"])[0] == 4
    assert found["no"] is None
    assert found["veto"] is None


def only(flip: Flip | None) -> tuple[int, tuple[str, ...] | None, str]:
    assert flip is not None
    assert flip.is_exact
    return flip.fewest, flip.voters, flip.rule


def test_a_passed_vote_turns_by_quorum_threshold_or_veto() -> None:
    found = flips(
        100, [cast("a", 20, "yes"), cast("b", 15, "yes"), cast("c", 5, "no"), cast("d", 60, "absent")], USUAL, []
    )
    assert only(found["boycott"]) == (1, ("a",), "quorum")  # 20 of 100 are left
    assert only(found["no"]) == (1, ("d",), "threshold")  # 35 of 100 said Yes
    assert only(found["veto"])[0] == 1
    assert only(found["abstain"])[0] == 2  # one leaves 15 Yes against 5 No
    assert found["yes"] is None


def test_a_vote_that_missed_the_quorum_turns_by_any_large_absentee_even_by_no() -> None:
    voters = [cast("a", 30, "yes"), cast("b", 4, "absent"), cast("c", 29, "absent"), cast("d", 37, "absent")]
    found = flips(100, voters, USUAL, [])
    assert only(found["yes"])[0] == 1
    assert only(found["abstain"])[0] == 1
    assert only(found["no"])[1] in {("b",), ("c",)}  # d's 37 No would outvote the Yes
    assert found["boycott"] is None


def test_a_vetoed_vote_needs_vetoes_withdrawn() -> None:
    found = flips(100, [cast("a", 60, "yes"), cast("b", 20, "veto"), cast("c", 20, "veto")], USUAL, [])
    for route in ("boycott", "abstain", "no", "yes"):
        assert only(found[route])[::2] == (1, "veto")
    assert found["veto"] is None


def test_a_delegator_who_stays_home_leaves_its_power_to_its_validator() -> None:
    validators = {valoper(1): Validator(60, 60 * ONE), valoper(2): Validator(40, 40 * ONE)}
    delegations = [(account(1), valoper(1), 10 * ONE), (account(7), valoper(1), 50 * ONE),
                   (account(2), valoper(2), 40 * ONE)]  # fmt: skip
    voters = casts(validators, delegations, {account(1): {"no": ONE}, account(7): {"yes": ONE}}, account=behind)
    whale = next(cast for cast in voters if cast.voter == account(7))
    assert whale.vote == Vote(yes=50 * ONE)
    assert whale.at_home == Vote(no=50 * ONE)
    operator = next(cast for cast in voters if cast.voter == account(1))
    assert operator.at_home == Vote()  # its own bond does not vote without it
    silent = next(cast for cast in voters if cast.voter == account(2))
    assert (silent.power, silent.vote) == (40 * ONE, Vote())


def test_a_boycott_that_a_validator_makes_up_for_is_not_called_enough() -> None:
    validators = {valoper(1): Validator(60, 60 * ONE), valoper(2): Validator(40, 40 * ONE)}
    delegations = [(account(1), valoper(1), 10 * ONE), (account(7), valoper(1), 50 * ONE),
                   (account(2), valoper(2), 40 * ONE)]  # fmt: skip
    votes = {account(1): {"yes": ONE}, account(7): {"yes": ONE}}
    boycott = flips(100 * ONE, casts(validators, delegations, votes, account=behind), USUAL, [])["boycott"]
    assert passes(validators, delegations, switched(votes, [account(7)], "boycott"))
    assert boycott is not None
    assert (boycott.fewest, boycott.voters) == (1, None)


def test_a_quorum_that_was_just_met_needs_one_to_stay_home() -> None:
    found = flips(1000, [cast("a", 300, "yes"), cast("b", 34, "yes"), cast("c", 666, "absent")], USUAL, [])
    assert only(found["boycott"])[0] == 1


def test_a_silent_validator_that_votes_takes_its_delegations_back_from_others() -> None:
    validators = {valoper(1): Validator(60, 60 * ONE), valoper(2): Validator(40, 40 * ONE)}
    delegations = [(account(1), valoper(1), 25 * ONE), (account(2), valoper(1), 35 * ONE),
                   (account(2), valoper(2), 40 * ONE)]  # fmt: skip
    voters = casts(validators, delegations, {account(1): {"yes": ONE}}, account=behind)
    silent = next(cast for cast in voters if cast.voter == account(2))
    assert (silent.power, silent.shared) == (40 * ONE, Vote(yes=35 * ONE))
    found = flips(100 * ONE, voters, USUAL, [])
    # 60 Yes pass; validator 2 with its 40 does not outvote them, but takes 35 of them along.
    assert found["no"] is not None
    assert (found["no"].fewest, found["no"].voters) == (1, (account(1),))


def test_split_votes_switch_with_all_their_power() -> None:
    voters = [Cast("a", 40, Vote(yes=30, no=10)), cast("b", 25, "yes"), cast("c", 30, "no")]
    assert ballots(cast.vote for cast in voters) == Vote(yes=55, no=40)
    assert only(flips(100, voters, USUAL, [])["no"])[0] == 1


@pytest.mark.slow
def test_thousands_of_voters_get_a_set_and_a_bound() -> None:
    voters = [cast(f"v{place}", 10**20 + 997 * place, "yes" if place % 2 else "veto") for place in range(3_000)]
    found = flips(4 * 10**23, voters, USUAL, [])
    for route in ("boycott", "abstain", "no", "yes"):
        flip = found[route]
        assert flip is not None
        assert flip.voters is not None
        # Half vetoed: at least 498 of 1,500 must switch to bring the vetoes to 33.4 % of all 3,000.
        assert 490 <= flip.fewest <= len(flip.voters) <= 760
    assert found["veto"] is None


def test_more_votes_than_power_are_refused() -> None:
    with pytest.raises(ValueError, match="v has 10, of which 11 votes"):
        Cast("v", 10, Vote(yes=6, no=5))
