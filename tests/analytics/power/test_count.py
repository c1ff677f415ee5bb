"""K and K_stop: the hand-made cases of docs/verdicts.md, the letters, the times, and what is not known."""

import re
from random import Random

import pytest

from analytics.power.confidence import Confidence
from analytics.power.count import Count, counts
from analytics.power.paths import Action, By, Fewest, Path, Quorum, Side, alone, fewest, needed
from analytics.power.verdict import Blank, State
from tests.analytics.power.test_rule_twice import Between
from tests.analytics.power.test_verdict import SURE, judged, math
from tests.worlds.documented import table

LABELLED = frozenset("ABCDEF")
ACTIONS = {"mint": Action.MINT, "halt": Action.HALT}


def force(*needs: Quorum, name: str = "a path", action: Action = Action.CHANGE_RULES, sure: Confidence = SURE) -> Path:
    return Path(action, Side.FORCE, name, needs, confidence=sure)


def k(*paths: Path, side: Side = Side.FORCE, action: Action | None = None, blank: Blank | None = None) -> Count:
    (found,) = [one for one in counts(paths, LABELLED, blank) if (one.side, one.action) == (side, action)]
    return found


def one(party: str) -> Quorum:
    return Quorum.of_signers(1, [party])


def documented(text: str) -> Path:
    """A path as docs/verdicts.md writes it."""
    before, _, rest = text.rpartition(": ")
    action, effect = ACTIONS.get(before, Action.CHANGE_RULES), "do less" if before == "less" else ""
    if rest.startswith(("unknown", "unread")):
        return Path.unknown(action, Side.FORCE, rest, "not published", unread=rest.startswith("unread"))
    needs, by = [], By.KEYS
    for part in rest.split(" and "):
        kind, _, keys = part.partition(" ")
        if kind == "multisig":
            count, signers = keys.split(" of ")
            needs.append(Quorum.of_signers(int(count), signers.split(", ")))
        elif kind == "vote":
            votes = {party: int(stake) for party, stake in re.findall(r"([A-Fxyz]) (\d+)", keys)}
            needs.append(Quorum(votes, sum(votes.values()) // 2 + 1))
            by = By.VOTES
        else:
            needs.append(one(part[-1]))
    return Path(action, Side.FORCE, text, tuple(needs), by, effect=effect, confidence=SURE)


@pytest.mark.parametrize(("paths", "expected"), table("Counting K"))
def test_power_is_counted_as_documented(paths: str, expected: str) -> None:
    found = k(*map(documented, paths.split("; ")))
    noted = f", {found.note}" if found.note else ""
    assert (str(found.state) if found.number is None else f"{found.number}: {found.words}{noted}") == expected


@pytest.mark.parametrize(("of", "number", "lower", "expected"), table("At most"))
def test_a_word_is_the_one_that_both_ends_share_or_at_most(of: str, number: str, lower: str, expected: str) -> None:
    if of == "M":
        found = judged(math(float(number), lower=float(lower)))
        assert found.text.replace("borderline: one party or a handful", "one party") == f"{expected} (A)"
        assert found.lower == float(lower)
    else:
        assert of == "K"
        count = Count(Side.FORCE, None, State.RATED, int(number), int(number), int(lower), path=force(one("A")))
        assert count.words == expected
        assert not count.at_most


def test_power_names_the_action_the_path_the_parties_and_the_time() -> None:
    gov = Path(
        Action.CHANGE_RULES, Side.FORCE, "a vote", (Quorum({"A": 40, "B": 30, "C": 30}, 51),), By.VOTES, seconds=86_400
    )
    mint = force(Quorum.of_signers(3, ["x", "y", "z"]), name="bridge multisig", action=Action.MINT)
    halt = Path(Action.HALT, Side.STOP, "a third", (Quorum({"A": 40, "B": 30, "C": 30}, 34),), By.VOTES)
    found = k(mint, gov, halt)
    assert (found.number, found.how, found.parties) == (2, "change the rules by a vote", ("A", "B"))
    assert (found.seconds, found.note) == (86_400, "")
    stop = k(mint, gov, halt, side=Side.STOP)
    assert (stop.number, stop.how, stop.parties, stop.seconds) == (1, "halt by a third", ("A",), None)
    assert k(mint, gov, halt, action=Action.MINT).number == 3
    assert k(mint, gov, halt, action=Action.SEIZE).text == "not rated: no way to force it is known"


def test_every_action_and_both_sides_have_a_count_and_they_are_never_mixed() -> None:
    stop = Path(Action.MINT, Side.STOP, "guard", (one("A"),))
    found = counts([force(Quorum.of_signers(3, ["A", "B", "C"])), stop], LABELLED)
    assert [(one.side, one.action) for one in found] == [(s, a) for s in Side for a in (None, *Action)]
    assert {(one.side, one.number) for one in found} == {
        (Side.FORCE, 3), (Side.FORCE, None), (Side.STOP, 1), (Side.STOP, None)
    }  # fmt: skip


def test_the_letter_is_of_the_path_that_is_named() -> None:
    poor = force(Quorum.of_signers(3, ["A", "B", "C"]), sure=Confidence())
    well = force(Quorum.of_signers(2, ["A", "B"]), sure=SURE)
    assert k(poor, well).letter == "A"
    assert k(poor).letter == "C"


def test_of_equally_short_ways_the_one_that_could_be_shorter_and_then_the_faster_is_named() -> None:
    def way(name: str, keys: str, seconds: int | None) -> Path:
        return Path(Action.HALT, Side.FORCE, name, (Quorum.of_signers(2, list(keys)),), seconds=seconds)

    slow, fast, never, hidden = (
        way("slow", "AB", 9),
        way("fast", "AB", 1),
        way("never", "AB", None),
        way("xy", "xy", 99),
    )
    assert k(never, slow, fast).how == "halt by fast"
    assert k(never, slow, fast, hidden).how == "halt by xy"
    assert k(slow, way("slow too", "AB", 9)).how == "halt by slow"


def test_what_is_not_known_stays_beside_the_number() -> None:
    bridge = Path.unknown(Action.MINT, Side.FORCE, "bridge admin", "its signers are not published")
    found = k(force(Quorum.of_signers(3, ["A", "B", "C"]), name="sudo"), bridge)
    assert (found.number, found.least, found.at_most) == (3, 1, True)
    assert found.unknown == "mint or redirect by bridge admin: its signers are not published"
    assert found.text == "at most a handful (A)"
    alone = k(bridge)
    assert alone.text == "not rated: mint or redirect by bridge admin: its signers are not published"
    assert k(bridge, action=Action.MINT).text == "not rated: bridge admin: its signers are not published"
    assert k(bridge, side=Side.STOP).text == "not rated: no way to stop it is known"
    # One party is enough: nothing that is not known can be fewer.
    assert not k(force(one("A")), bridge).at_most


def test_a_path_of_which_nothing_can_be_verified_is_not_known() -> None:
    told = force(one("A"), name="what they say", sure=Confidence(verifiable=False))
    assert k(told).text == "not rated: change the rules by what they say: who holds it cannot be verified"
    assert k(told, force(Quorum.of_signers(2, ["A", "B"]))).text == "at most two parties (A)"


def test_a_silence_that_is_curated_stands_where_no_path_is_known() -> None:
    blank = Blank(State.NOT_APPLICABLE, "no key rules it")
    assert k(blank=blank).text == "not applicable: no key rules it"
    assert k(force(one("A")), blank=blank).number == 1
    hidden = Path.unknown(Action.MINT, Side.FORCE, "bridge admin", "not published")
    assert k(hidden, blank=blank).state is State.NOT_RATED


def test_a_count_between_two_ends_is_at_most() -> None:
    class Vague:
        everybody = ("A", "B", "C")

        def fewest(self) -> Fewest:
            return Fewest(2, ("A", "B", "C"))

        def merged(self, party: object) -> "Vague":
            return self

        def eased(self, more: int) -> bool:
            return more > 0

        def beside(self, party: str) -> None:
            return None

        def labelled(self, known: object) -> float:
            return 1.0

        def alone(self) -> frozenset[str]:
            return frozenset()

        def needed(self) -> frozenset[str]:
            return frozenset()

    vague = Path(Action.HALT, Side.FORCE, "vote", (Vague(),), By.VOTES, confidence=SURE)
    found = k(vague)
    assert (found.number, found.least, found.at_most, found.text) == (3, 2, True, "at most a handful (A)")
    assert not k(vague, force(Quorum.of_signers(2, ["A", "B"]))).at_most
    with pytest.raises(ValueError, match="only quorums"):
        fewest(Path(Action.HALT, Side.FORCE, "vote", (Vague(), one("A"))))


def test_what_two_paths_share_is_no_more_than_what_they_share() -> None:
    shared = Quorum.of_signers(2, ["A", "B", "C"])
    guarded = Path(Action.MINT, Side.FORCE, "guarded", (shared, one("F")), confidence=SURE)
    assert k(force(shared), guarded).number == 2
    assert k(force(shared), guarded, action=Action.MINT).number == 3


def test_a_broad_vote_of_thousands_is_counted() -> None:
    votes = {f"v{place}": 1_000 - place % 7 for place in range(5_000)}
    assert fewest(force(Quorum(votes, sum(votes.values()) // 2 + 1))).upper > 2_000


@pytest.mark.slow
def test_too_many_overlapping_parties_are_counted_between_two_ends() -> None:
    lots = Random(1)
    votes = [{f"v{place}": lots.randint(1, 1_000) for place in range(60)} for _ in range(5)]
    needs = [Quorum(each, sum(each.values()) // 2) for each in votes]
    found = fewest(force(*needs))
    assert max(need.fewest().upper for need in needs) <= found.lower <= found.upper
    for need in needs:
        assert sum(need.votes[party] for party in found.parties) >= need.need


@pytest.mark.parametrize(
    ("votes", "need", "message"),
    [({"A": 1}, 2, "never be together"), ({"A": 1}, 0, "never be together"), ({"A": 2, "B": -1}, 1, "negative")],
)
def test_impossible_quorums_are_refused(votes: dict[str, int], need: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Quorum(votes, need)


@pytest.mark.parametrize(
    ("needs", "enough", "without"),
    [
        # Any of three; two of three; all of two; one who has two of three keys.
        ([Quorum.of_signers(1, ["A", "B", "C"])], "ABC", ""),
        ([Quorum.of_signers(2, ["A", "B", "C"])], "", ""),
        ([Quorum.of_signers(2, ["A", "B"])], "", "AB"),
        ([Quorum.of_signers(2, ["A", "A", "B"])], "A", "A"),
        ([Quorum({"A": 40, "B": 35, "C": 25}, 66)], "", "AB"),
        ([Quorum({"A": 40, "B": 35, "C": 25}, 62)], "", "A"),
        # Together with a guardian: who has both is enough, the guardian is needed.
        ([Quorum.of_signers(1, ["A", "B"]), one("A")], "A", "A"),
        ([Quorum.of_signers(1, ["A", "B"]), one("F")], "", "F"),
    ],
)
def test_who_is_enough_alone_and_without_whom_nobody_can(needs: list[Quorum], enough: str, without: str) -> None:
    path = force(*needs)
    assert (alone(path), needed(path)) == (frozenset(enough), frozenset(without))


def test_a_path_has_holders_or_says_why_not() -> None:
    with pytest.raises(ValueError, match="holders or a reason"):
        Path(Action.MINT, Side.FORCE, "p", ())


def test_of_bounds_the_least_counts_wherever_it_comes_from() -> None:
    def vague(name: str, least: int, lower: int) -> Path:
        return Path(Action.HALT, Side.FORCE, name, (Between(tuple("ABC"), least, lower),), By.VOTES, confidence=SURE)

    found = k(vague("either", 2, 2), vague("one", 1, 3))
    assert (found.how, found.number, found.least, found.lower) == ("halt by one", 3, 1, 1)
    sure = k(force(Quorum.of_signers(2, ["A", "B"]), action=Action.HALT), vague("one", 1, 3), action=Action.HALT)
    assert (sure.number, sure.least, sure.at_most) == (2, 1, True)
