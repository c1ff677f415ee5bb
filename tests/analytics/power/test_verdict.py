"""Words, letters, borderline and the four silences: the hand-made cases of docs/verdicts.md and more."""

import re
from pathlib import Path as File
from random import Random

import pytest

from analytics.power.paths import Action, By, Path, Quorum, Side, fewest_parties
from analytics.power.verdict import VERSION, Blank, Confidence, Evidence, Math, Power, Setting, State, verdict, word
from analytics.spread.change import Known, decomposed

DOCS = (File(__file__).parents[3] / "docs" / "verdicts.md").read_text()
SURE = Confidence(census=True, total_matches=True, endpoints_agree=True, reviewed=0.9)
HEADLINE = Setting()
OTHERWISE = {
    "grouping": Setting(grouping="address"),
    "custodians": Setting(custodians="out"),
    "floor": Setting(floor="1 token"),
    "threshold": Setting(threshold="2/3"),
    "day": Setting(day=10),
}


def table(heading: str) -> list[tuple[str, ...]]:
    """Rows of the first table under a heading of docs/verdicts.md."""
    section = DOCS.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in section.splitlines() if line[:1] == "|"]
    assert len(rows) > 3
    return rows[2:]


def math(number: float, confidence: Confidence = SURE, **others: float) -> Math:
    numbers = {HEADLINE: number, **{OTHERWISE[name]: value for name, value in others.items()}}
    return Math(numbers, confidence)


def printed(axis: Math | Blank) -> str:
    return verdict(Evidence("akash", "stake", axis, Blank(State.NOT_READ, "the run failed"))).math.text


def force(*needs: Quorum, name: str = "a path", action: Action = Action.CHANGE_RULES, shown: bool = True) -> Path:
    return Path(action, Side.FORCE, name, needs, shown)


def power(*paths: Path, confidence: Confidence = SURE) -> Power:
    return Power({HEADLINE: paths}, confidence)


def one(party: str) -> Quorum:
    return Quorum.of_signers(1, [party])


@pytest.mark.parametrize(("number", "expected"), table("Words"))
def test_words_follow_the_documented_bands(number: str, expected: str) -> None:
    assert word(float(number)) == expected


def documented_path(text: str) -> Path:
    """A path as docs/verdicts.md writes it."""
    if text.startswith("unknown"):
        return Path.unknown(Action.MINT, Side.FORCE, text, "not published")
    needs = []
    for part in text.split(" and "):
        kind, _, rest = part.partition(" ")
        if kind == "multisig":
            count, keys = rest.split(" of ")
            needs.append(Quorum.of_signers(int(count), keys.split(", ")))
        elif kind == "vote":
            votes = {party: int(stake) for party, stake in re.findall(r"([A-Z]) (\d+)", rest)}
            needs.append(Quorum(votes, sum(votes.values()) // 2 + 1))
        else:
            needs.append(one(part[-1]))
    return force(*needs, name=text)


@pytest.mark.parametrize(("paths", "expected"), table("Counting K"))
def test_power_is_counted_as_documented(paths: str, expected: str) -> None:
    found = verdict(Evidence("n", "control", math(9), power(*map(documented_path, paths.split("; "))))).force
    assert (str(found.state) if found.number is None else f"{found.number:g}") == expected


@pytest.mark.parametrize(("headline", "others", "expected"), table("Borderline"))
def test_borderline_words_are_those_documented(headline: str, others: str, expected: str) -> None:
    numbers = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", others)}
    found = math(float(headline), SURE, **numbers)
    assert printed(found) == f"{expected} (A)"


@pytest.mark.parametrize(
    ("confidence", "letter"),
    [
        (Confidence(True, True, True, 0.8), "A"),
        (Confidence(True, True, True, 0.79), "B"),
        (Confidence(False, True, True, 0.8), "B"),
        (Confidence(True, False, True, 0.8), "B"),
        (Confidence(True, True, False, 0.8), "B"),
        (Confidence(True, True, False, 0.79), "C"),
        (Confidence(False, False, False, 1.0), "C"),
        (Confidence(True, True, True, 0.49), "C"),
        (Confidence(True, True, True, 0.5), "B"),
        (Confidence(True, True, True, 1.0, coverage=0.949), "C"),
        (Confidence(True, True, True, 1.0, coverage=0.95), "A"),
        (Confidence(True, True, True, 1.0, verifiable=False), "X"),
        (Confidence(), "C"),
    ],
)
def test_letters_say_what_the_evidence_is_worth(confidence: Confidence, letter: str) -> None:
    assert confidence.letter == letter
    assert letter in {row[0] for row in table("Confidence")}


def test_a_word_never_stands_without_its_letter() -> None:
    assert printed(math(10, Confidence(True, True, True, 0.6))) == "a committee (B)"
    assert printed(math(10, Confidence(verifiable=False))).startswith("not verifiable: ")


@pytest.mark.parametrize("state", [state for state in State if state is not State.RATED])
def test_each_silence_says_its_own_name_and_reason(state: State) -> None:
    assert str(state) in {row[0] for row in table("No word")}
    found = verdict(Evidence("n", "m", Blank(state, "because"), Blank(state, "because")))
    assert found.math.text == found.force.text == found.stop.text == f"{state}: because"
    assert found.math.number is None
    assert found.math.words == ()
    assert found.math.letter == ("X" if state is State.NOT_VERIFIABLE else "")


def test_a_silence_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="which silence"):
        Blank(State.NOT_READ, "")
    with pytest.raises(ValueError, match="which silence"):
        Blank(State.RATED, "fine")


def test_power_names_the_action_the_path_and_the_parties() -> None:
    gov = force(Quorum({"A": 40, "B": 30, "C": 30}, 51), name="a vote of validators")
    mint = force(Quorum.of_signers(3, ["x", "y", "z"]), name="bridge multisig", action=Action.MINT, shown=False)
    halt = Path(Action.HALT, Side.STOP, "a third of the stake", (Quorum({"A": 40, "B": 30, "C": 30}, 34),), True)
    found = verdict(Evidence("n", "voting_power", math(9), power(mint, gov, halt)))
    assert (found.force.number, found.force.how) == (2, "change the rules by a vote of validators")
    assert found.force.parties == ("A", "B")
    assert found.force.note == ""
    assert (found.stop.number, found.stop.how, found.stop.parties) == (
        1,
        "halt or censor by a third of the stake",
        ("A",),
    )


def test_keys_are_not_people() -> None:
    hidden = force(Quorum.of_signers(2, ["x", "y"]), name="multisig", shown=False)
    shown = force(Quorum.of_signers(2, ["A", "B"]), name="vote")
    found = verdict(Evidence("n", "m", math(9), power(shown, hidden))).force
    assert found.note == "independence not shown"
    assert found.how == "change the rules by multisig"
    alone = verdict(Evidence("n", "m", math(9), power(force(one("x"), shown=False)))).force
    assert alone.note == ""


def test_what_is_known_stays_beside_not_rated() -> None:
    bridge = Path.unknown(Action.MINT, Side.FORCE, "bridge admin", "its signers are not published")
    found = verdict(Evidence("n", "m", math(9), power(force(Quorum.of_signers(2, ["A", "B"]), name="sudo"), bridge)))
    assert found.force.text == (
        "not rated: mint or redirect by bridge admin: its signers are not published (known: 2 by sudo)"
    )
    assert found.force.number is None
    assert found.stop.text == "not rated: no way to stop anything is known"


def test_tokens_that_do_not_vote_are_no_power() -> None:
    whales = Path(Action.MINT, Side.FORCE, "most tokens", (Quorum({"A": 6, "B": 4}, 6),), True, By.TOKENS)
    with pytest.raises(ValueError, match="do not vote"):
        power(whales)
    assert Power({HEADLINE: (whales,)}, SURE, tokens_vote=True).paths


def test_sensitivity_counts_every_combination() -> None:
    settings = {
        Setting(grouping=grouping, custodians=custodians, day=day): 10.0
        for grouping in ("control", "address", "ownership")
        for custodians in ("in", "out")
        for day in range(4)
    }
    settings[Setting(day=3)] = 4.0
    settings[Setting(grouping="address", custodians="out", day=2)] = 15.0
    found = verdict(Evidence("n", "m", Math(settings, SURE), Blank(State.NOT_READ, "never run"))).math
    assert found.stable == (22, 24)
    # None of the two differs from the headline by grouping, custodians or floor alone.
    assert found.words == ("a committee",)


def test_a_setting_that_cannot_be_rated_does_not_confirm_the_word() -> None:
    known = force(Quorum.of_signers(4, list("ABCDEF")))
    unknown = Path.unknown(Action.MINT, Side.FORCE, "admin", "not published")
    paths = {HEADLINE: (known,), Setting(day=1): (known, unknown), Setting(day=2): (known,)}
    assert verdict(Evidence("n", "m", math(9), Power(paths, SURE))).force.stable == (2, 3)


def test_merging_signers_makes_power_borderline() -> None:
    apart = force(Quorum.of_signers(3, ["a", "b", "c", "d", "e"]))
    merged = force(Quorum.of_signers(3, ["A", "A", "A", "d", "e"]))
    paths = {HEADLINE: (apart,), Setting(grouping="ownership"): (merged,)}
    found = verdict(Evidence("n", "m", math(9), Power(paths, SURE))).force
    assert found.text == "borderline: one party or a handful (A)"


def test_a_row_carries_its_version_its_exclusions_and_the_unmerged_number() -> None:
    axis = Math(
        {HEADLINE: 9.0, Setting(grouping="address"): 30.0}, SURE, excluded={"bridge": 0.1, "burn": 0.3, "pool": 0.1}
    )
    found = verdict(Evidence("fet", "token", axis, Blank(State.NOT_APPLICABLE, "these tokens do not vote")))
    assert found.version == VERSION == "verdict rule v1"
    assert VERSION in DOCS
    assert found.by_address == 30
    assert found.excluded == (("burn", 0.3), ("bridge", 0.1), ("pool", 0.1))
    assert found.force.text == "not applicable: these tokens do not vote"


def test_the_documented_change_of_a_month_is_split_as_worked_out() -> None:
    everybody = {"A": "A", "B": "B", "C": "C", "D": "D"}
    then = Known({"A", "B", "C"}, everybody, {"T": 1}, {"A": 50, "B": 30, "C": 20})
    now = Known({"A", "B", "C", "D"}, {**everybody, "C": "B"}, {"T": 1}, {"A": 50, "B": 10, "C": 20, "D": 20})

    def effective(known: Known) -> float:
        held: dict[str, float] = {}
        for party in known.population:
            label = known.labels[party]
            held[label] = held.get(label, 0) + known.amounts.get(party, 0) * known.prices["T"]
        return float(sum(held.values()) ** 2 / sum(amount**2 for amount in held.values()))

    found = decomposed(then, now, effective)
    assert found.before == pytest.approx(2.63, abs=0.005)
    assert found.population == 0
    assert found.relabelling == pytest.approx(-0.63, abs=0.005)
    assert found.price == 0
    assert found.moves == pytest.approx(0.63, abs=0.005)
    assert found.before + found.population + found.relabelling + found.price + found.moves == pytest.approx(found.after)


def test_a_broad_vote_of_thousands_is_counted() -> None:
    votes = {f"v{place}": 1_000 - place % 7 for place in range(5_000)}
    assert len(fewest_parties(force(Quorum(votes, sum(votes.values()) // 2 + 1)))) > 2_000


@pytest.mark.slow
def test_too_many_overlapping_parties_are_refused_rather_than_guessed() -> None:
    lots = Random(1)
    votes = [{f"v{place}": lots.randint(1, 1_000) for place in range(60)} for _ in range(5)]
    path = force(*(Quorum(each, sum(each.values()) // 2) for each in votes))
    with pytest.raises(ValueError, match="too many parties"):
        fewest_parties(path)


@pytest.mark.parametrize(
    ("votes", "need", "message"),
    [({"A": 1}, 2, "never be together"), ({"A": 1}, 0, "never be together"), ({"A": 2, "B": -1}, 1, "negative")],
)
def test_impossible_quorums_are_refused(votes: dict[str, int], need: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Quorum(votes, need)


def test_impossible_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="headline"):
        Math({Setting(day=1): 3.0}, SURE)
    with pytest.raises(ValueError, match="effective parties"):
        math(0.5)
    with pytest.raises(ValueError, match="effective parties"):
        math(float("nan"))
    with pytest.raises(ValueError, match="holders or a reason"):
        Path(Action.MINT, Side.FORCE, "p", (), True)
    with pytest.raises(ValueError, match="parts of a total"):
        Confidence(reviewed=1.2)
