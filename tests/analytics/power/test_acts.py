"""Who must act, one behind another: by hand, and against every set of parties of random trees."""

import random
from itertools import combinations

from analytics.power.acts import MOST, NEVER, Act, Key, Some, Unknown, Votes, Waiting, forced, one_of, refused
from analytics.power.paths import Action, Path, Side, fewest
from tests.worlds.each import each

A, B, C, D, E = map(Key, "abcde")
SAFE = Some(2, (A, B, C), "a multisig 2 of 3")
COUNCIL = Some(3, (A, B, C, D, E), "a multisig 3 of 5")
# Of 100 votes more than half: two of them, without whom the others have 40.
TOWN = Votes((("v", 35), ("w", 25), ("x", 20), ("a", 20)), 51, "votes")
SOMEBODY = Unknown("nobody knows")


def least(act: Act) -> int | str:
    """Fewest parties that make it happen; "unknown" where a way is not known, "by itself" where it needs none."""
    found = forced(act)
    if any(one.missing for one in found):
        return "unknown"
    if any(not one.needs for one in found):
        return "by itself"
    return min(fewest(Path(Action.MINT, Side.FORCE, "it", one.needs)).upper for one in found)


@each(
    ("act", "force", "stop"),
    [
        (A, 1, 1),
        (SAFE, 2, 2),
        (COUNCIL, 3, 3),
        # A module acts without the signers; to stop it, two signers and the module keep still.
        (Some(1, (SAFE, D)), 1, 3),
        # A signer who is a signer twice, and one who is a multisig.
        (Some(3, (A, A, B, C, D)), 2, 2),
        (Some(2, (SAFE, D, E)), 2, 2),
        (Some(3, (SAFE, D, E)), 4, 1),
        # Votes and a guardian who is one of them, or not.
        (Some(2, (COUNCIL, A)), 3, 1),
        (Some(2, (SAFE, D)), 3, 1),
        # Votes are stopped by half of them; a signer who votes too serves both.
        (TOWN, 2, 2),
        (Some(1, (SAFE, TOWN)), 2, 3),
        (Some(2, (SAFE, TOWN)), 3, 2),
        # Whoever has the hundredth vote: it takes no fewer than these.
        (Votes((("a", 30), ("b", 30), ("c", 39)), 51, "votes", rest=1), 2, 2),
        # What waits is stopped by whoever cancels.
        (Waiting(one_of([A, B]), 3600, C, "a timelock"), 1, 1),
        (Waiting(one_of([A, B]), 3600, NEVER, "a timelock"), 1, 2),
        (Some(1, (SAFE, SOMEBODY)), "unknown", "unknown"),
        (Some(2, (SAFE, SOMEBODY)), "unknown", "unknown"),
    ],
    ids=str,
)
def test_it_takes_as_many_as_a_person_counts(act: Act, force: int | str, stop: int | str) -> None:
    assert (least(act), least(refused(act))) == (force, stop)


@each(
    ("votes", "need", "rest", "force", "stop"),
    [
        # Of 100 nobody has read who has 40: with them one of the two is enough, to force it (51) and to stop it (50).
        ((("a", 30), ("b", 30)), 51, 40, [["a", "b"], "40.00%"], [["a", "b"], "40.00%"]),
        # Those who are known are too few to force it, or to stop it whatever the others do.
        ((("a", 30), ("b", 10)), 51, 60, ["60.00%"], ["60.00%"]),
        ((("a", 30), ("b", 10)), 67, 60, ["60.00%"], [["a", "b"], "60.00%"]),
        # The rest is enough by itself to force it, and too much of it is unread to stop it.
        ((("a", 52), ("b", 1)), 45, 47, [["a"], "47.00%"], ["47.00%"]),
        ((("a", 52), ("b", 47)), 51, 1, [["a"]], [["a"]]),
    ],
)
def test_votes_that_nobody_has_read_are_against_whoever_acts_and_may_be_anybodys(
    votes: tuple[tuple[str, int], ...], need: int, rest: int, force: list[list[str] | str], stop: list[list[str] | str]
) -> None:
    act = Votes(votes, need, "votes", rest)
    for one, expected in ((act, force), (refused(act), stop)):
        found = forced(one)
        assert [sorted(a.needs[0].fewest().parties) if a.needs else a.missing.split()[2] for a in found] == expected
        assert all(a.partly for a in found if a.missing)


def test_nobody_can_do_what_nobody_can_and_it_is_stopped_by_itself() -> None:
    assert forced(NEVER) == ()
    assert least(refused(NEVER)) == "by itself"


def test_time_and_words_come_from_all_that_is_passed() -> None:
    inner = Waiting(SAFE, 60, NEVER, "a timelock of a minute")
    (one,) = forced(Waiting(Some(1, (inner,), "proposer"), 3600, D, "a timelock of an hour"))
    assert one.seconds == 3660
    assert one.words == "a timelock of an hour, proposer, a timelock of a minute, a multisig 2 of 3"


def test_what_has_more_ways_than_are_counted_says_so() -> None:
    many = Some(1, tuple(Some(2, (Key(f"{n}"), Key("x"))) for n in range(MOST + 1)))
    found = forced(many)
    assert len(found) == MOST + 1
    assert found[-1].missing == "there are more ways than are counted"


def happens(act: Act, acting: set[str], cancelling: bool) -> bool:
    """Whether an act happens if these act, and all others do not; cancelling: whoever else can cancel does."""
    match act:
        case Key(party):
            return party in acting
        case Some(need, of, _):
            return sum(happens(one, acting, cancelling) for one in of) >= need
        case Waiting(inner, _, cancel, _):
            cancelled = cancelling and happens(cancel, EVERYBODY - acting, False)
            return happens(inner, acting, cancelling) and not cancelled
    raise AssertionError(act)


EVERYBODY = set("abcdef")


def drawn(dice: random.Random, depth: int) -> Act:
    if depth == 0 or dice.random() < 0.3:
        return Key(dice.choice("abcdef"))
    of = tuple(drawn(dice, depth - 1) for _ in range(dice.randint(1, 3)))
    if dice.random() < 0.2:
        return Waiting(one_of(of), 1, Key(dice.choice("abcdef")), "")
    return Some(dice.randint(1, len(of)), of)


def test_random_trees_take_as_many_as_a_search_over_all_sets_finds() -> None:
    dice = random.Random(7)
    for _ in range(300):
        act = drawn(dice, 2)
        sets = [set(some) for size in range(7) for some in combinations(sorted(EVERYBODY), size)]
        assert least(act) == next(len(some) for some in sets if happens(act, some, False))
        # Those who keep still, and cancel what they can; all others act.
        assert least(refused(act)) == next(len(some) for some in sets if not happens(act, EVERYBODY - some, True))
