"""Words, letters, bounds and the four silences of math and gates: the hand-made cases of docs/verdicts.md and more."""

import re

import pytest

from analytics.power.confidence import Confidence
from analytics.power.verdict import (
    HALF,
    THIRD,
    VERSION,
    Axis,
    Blank,
    Evidence,
    Gate,
    Math,
    Setting,
    State,
    count_word,
    verdict,
    word,
)
from analytics.spread.change import Known, decomposed
from tests.worlds.documented import DOCS, table

SURE = Confidence(census=True, total_matches=True, endpoints_agree=True, reviewed=0.9)
HEADLINE = Setting()
OTHERWISE = {
    "grouping": Setting(grouping="address"),
    "custodians": Setting(custodians="out"),
    "floor": Setting(floor="1 token"),
    "threshold": Setting(threshold="2/3"),
    "day": Setting(day=10),
}
NO_GATE = Blank(State.NOT_APPLICABLE, "nobody gates it")


def math(number: float, confidence: Confidence = SURE, lower: float | None = None, **others: float) -> Math:
    """With a lower number that gets the same word, unless another is given."""
    numbers = {HEADLINE: number, **{OTHERWISE[name]: value for name, value in others.items()}}
    return Math(numbers, confidence, lower=number if lower is None else lower)


def judged(axis: Math | Blank) -> Axis:
    return verdict(Evidence("akash", "stake", axis, NO_GATE)).math


def gated(*gates: Gate) -> Axis:
    return verdict(Evidence("akash", "stake", math(9), gates)).gate


@pytest.mark.parametrize(("number", "expected"), table("Words"))
def test_words_follow_the_documented_bands(number: str, expected: str) -> None:
    assert word(float(number)) == expected


@pytest.mark.parametrize(("number", "expected"), table("Words of counts"))
def test_words_of_counts_follow_the_documented_bands(number: str, expected: str) -> None:
    assert count_word(int(number)) == expected


def test_of_whom_nothing_is_known_could_all_be_one() -> None:
    found = judged(Math({HEADLINE: 114.7}, SURE))
    assert (found.text, found.lower, found.at_most) == ("not shown to be concentrated (A)", 1.0, True)


@pytest.mark.parametrize(("claimed", "number"), [(None, 10), (1.0, 10), (9.0, 10)])
def test_what_operators_claim_moves_no_word(claimed: float | None, number: float) -> None:
    found = judged(Math({HEADLINE: number}, SURE, lower=number, claimed=claimed))
    assert (found.text, found.claimed) == ("a committee (A)", claimed)


@pytest.mark.parametrize(("gates", "half", "third"), table("Gates"))
def test_gates_are_counted_as_documented(gates: str, half: str, third: str) -> None:
    held = {who: int(much) for who, much in re.findall(r"(\w+) (\d+)", gates)}
    total = sum(held.values())
    held.pop("nobody", None)
    gate = Gate("auditors", held, total, SURE, frozenset(held))
    found = {share: gate.fewest(share) for share in (HALF, THIRD)}
    assert [str(len(one)) if one else "none" for one in found.values()] == [half, third]
    axis = gated(gate)
    assert (axis.number, axis.third) == (
        None if half == "none" else float(half),
        None if third == "none" else int(third),
    )
    if half == "none":
        assert axis.text == "not applicable: all auditors gate less than half of it"


def test_of_several_gates_the_one_that_takes_the_fewest_counts() -> None:
    auditors = Gate("auditors", {"A": 30, "B": 30}, 100, SURE, frozenset("AB"))
    wallets = Gate("wallets", {"x": 55, "y": 5}, 100, Confidence())
    assert (gated(auditors).how, gated(auditors).text) == ("auditors", "two parties (A)")
    found = gated(auditors, wallets)
    assert (found.how, found.parties, found.text) == ("wallets", ("x",), "one party (C)")


def test_of_equal_gates_the_one_that_could_take_fewer_is_named() -> None:
    known = Gate("auditors", {"A": 30, "B": 30}, 100, SURE, frozenset("AB"))
    hidden = Gate("wallets", {"x": 30, "y": 30, "z": 9}, 100, SURE)
    found = gated(known, hidden)
    assert (found.how, found.text, found.lower, found.third) == ("wallets", "at most two parties (A)", 1, 2)


def test_gatekeepers_who_cannot_be_verified_have_no_word() -> None:
    found = gated(Gate("auditors", {"A": 60}, 100, Confidence(verifiable=False)))
    assert (found.text, found.letter) == ("not verifiable: who gates it cannot be checked", "X")


def test_gatekeepers_without_a_label_are_at_most() -> None:
    assert gated(Gate("owners", dict.fromkeys("uvwxyz", 10), 60, SURE)).text == "at most a handful (A)"
    many = {f"x{place}": 1 for place in range(60)}
    assert gated(Gate("owners", many, 60, SURE)).text == "not shown to be concentrated (A)"
    assert gated(Gate("owners", many, 60, SURE, frozenset(many))).text == "broad (A)"
    # Four of them, or three if x and y are A: a handful either way.
    some = Gate("owners", {"A": 10, "B": 10, "C": 10, "x": 3, "y": 3}, 64, SURE, frozenset("ABC"))
    assert (gated(some).text, gated(some).lower) == ("a handful (A)", 3)
    known = Gate("auditors", {"A": 30, "B": 30}, 100, SURE, frozenset("AB"))
    hidden = Gate("wallets", {"x": 20, "y": 20, "z": 20}, 100, SURE)
    assert (gated(known, hidden).how, gated(known, hidden).text) == ("auditors", "at most two parties (A)")


def test_gates_that_were_not_read_say_so() -> None:
    assert gated().text == "not read: who gates it has not been read"


@pytest.mark.parametrize(("headline", "others", "expected"), table("Borderline"))
def test_borderline_words_are_those_documented(headline: str, others: str, expected: str) -> None:
    numbers = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", others)}
    assert judged(math(float(headline), **numbers)).text == f"{expected} (A)"  # type: ignore[arg-type]


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


def test_a_word_never_stands_without_its_letter() -> None:
    assert judged(math(10, Confidence(True, True, True, 0.6))).text == "a committee (B)"
    assert judged(math(10, Confidence(verifiable=False))).text.startswith("not verifiable: ")


def test_what_rests_on_several_readings_is_as_the_worst_knows_it() -> None:
    one, other = Confidence(True, True, False, 0.9, 0.97), Confidence(True, False, True, 0.6)
    assert Confidence.weakest([one, other]) == Confidence(True, False, False, 0.6, 0.97)
    assert Confidence.weakest([]) == Confidence()


@pytest.mark.parametrize("state", [state for state in State if state is not State.RATED])
def test_each_silence_says_its_own_name_and_reason(state: State) -> None:
    found = verdict(Evidence("n", "m", Blank(state, "because"), Blank(state, "because")))
    assert found.math.text == found.gate.text == f"{state}: because"
    assert found.math.number is None
    assert found.math.words == ()
    assert found.math.letter == ("X" if state is State.NOT_VERIFIABLE else "")


def test_a_silence_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="which silence"):
        Blank(State.NOT_READ, "")
    with pytest.raises(ValueError, match="which silence"):
        Blank(State.RATED, "fine")


def test_sensitivity_counts_every_combination() -> None:
    settings = {
        Setting(grouping=grouping, custodians=custodians, day=day): 10.0
        for grouping in ("control", "address", "ownership")
        for custodians in ("in", "out")
        for day in range(4)
    }
    settings[Setting(day=3)] = 4.0
    settings[Setting(grouping="address", custodians="out", day=2)] = 15.0
    found = judged(Math(settings, SURE, lower=10.0))
    assert found.stable == (22, 24)
    # None of the two differs from the headline by grouping, custodians or floor alone.
    assert found.words == ("a committee",)


def test_a_row_carries_its_version_its_exclusions_and_the_unmerged_number() -> None:
    axis = Math(
        {HEADLINE: 9.0, Setting(grouping="address"): 30.0}, SURE, excluded={"bridge": 0.1, "burn": 0.3, "pool": 0.1}
    )
    found = verdict(Evidence("fet", "token", axis, NO_GATE))
    assert found.version == VERSION == "verdict rule v2"
    assert VERSION in DOCS
    assert found.by_address == 30
    assert found.excluded == (("burn", 0.3), ("bridge", 0.1), ("pool", 0.1))
    assert found.gate.text == "not applicable: nobody gates it"


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


def test_impossible_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="headline"):
        Math({Setting(day=1): 3.0}, SURE)
    for wrong in (0.5, float("nan")):
        with pytest.raises(ValueError, match="effective parties"):
            math(wrong)
        with pytest.raises(ValueError, match="effective parties"):
            Math({HEADLINE: 3.0}, SURE, claimed=wrong)
    with pytest.raises(ValueError, match="parts of a total"):
        Confidence(reviewed=1.2)
