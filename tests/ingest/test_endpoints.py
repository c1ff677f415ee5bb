"""Whose answer counts: a question, its judge, and the endpoints that it is put to (invented endpoints)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from analytics.impossible import Impossible
from ingest.allowance import Exhausted
from ingest.endpoints import (
    Absent,
    AbsentHere,
    Answers,
    AskSmaller,
    Contradiction,
    Rotation,
    Unanswered,
    Unconfirmed,
)
from store.faults import BadData, ReadingError, SourceChanged, SourceDown

ONE, TWO, THREE = (f"http://127.0.0.1:{port}" for port in (1, 2, 3))


class Doubtful(Absent):
    doubtful = True


@dataclass
class Town:
    """Endpoints that answer as they are told to, and who was asked."""

    answers: Mapping[str, ReadingError | Impossible | int]
    asked: list[str] = field(default_factory=list)

    def question(self, endpoint: str) -> int:
        self.asked.append(endpoint)
        answer = self.answers[endpoint]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask(self) -> int:
        return self.rotation.ask(self.question)

    def __post_init__(self) -> None:
        self.rotation = Rotation(list(self.answers))


@pytest.mark.parametrize(
    "reason",
    [SourceDown("x"), SourceChanged("x"), BadData("x"), Contradiction("x"), Impossible("x"), Absent("x")],
    ids=lambda one: type(one).__name__,
)
def test_whatever_an_endpoint_raises_is_its_reason_and_the_next_is_asked(reason: ReadingError | Impossible) -> None:
    town = Town({ONE: reason, TWO: 7, THREE: 8})
    assert town.ask() == 7
    assert town.rotation.endpoints == (TWO, THREE, ONE)
    assert town.ask() == 7
    assert town.asked == [ONE, TWO, TWO]


def test_when_all_fail_the_error_names_each_with_its_reason_once() -> None:
    told = {ONE: BadData("impossible"), TWO: SourceDown(f"{TWO}/path answered 500"), THREE: SourceChanged("no pool")}
    with pytest.raises(Unanswered) as caught:
        Town(told).ask()
    assert str(caught.value) == f"{ONE}: impossible; {TWO}/path answered 500; {THREE}: no pool"


def test_a_contradiction_that_nobody_solves_says_so() -> None:
    with pytest.raises(Contradiction, match=f"^{ONE}: 5 of 7 shares; {TWO}: silent$"):
        Town({ONE: Contradiction("5 of 7 shares"), TWO: SourceDown("silent")}).ask()


@pytest.mark.parametrize(
    "reason", [Exhausted("x"), AskSmaller("x"), Unanswered("x")], ids=lambda one: type(one).__name__
)
def test_what_is_no_endpoints_fault_goes_to_whoever_asks(reason: ReadingError) -> None:
    town = Town({ONE: reason, TWO: 7})
    with pytest.raises(type(reason)):
        town.ask()
    assert (town.asked, town.rotation.first) == ([ONE], ONE)


DOWN = SourceDown("silent")


@pytest.mark.parametrize(
    ("answers", "outcome", "asked"),
    [
        ([Absent("no"), 7], 7, 2),
        ([Absent("no"), DOWN, 7], 7, 3),
        ([DOWN, Absent("no"), 7], 7, 3),
        ([Absent("no"), Absent("no"), 7], Absent, 2),
        ([Absent("no"), DOWN], Absent, 2),
        ([Absent("no")], Absent, 1),
        ([Doubtful("no"), DOWN], Unconfirmed, 2),
        ([Doubtful("no"), Absent("no")], Absent, 2),
        ([Doubtful("no"), 7], 7, 2),
        ([Doubtful("no")], Unconfirmed, 1),
        ([AbsentHere("no"), AbsentHere("no"), 7], 7, 3),
        ([AbsentHere("no"), AbsentHere("no")], AbsentHere, 2),
    ],
)
def test_what_one_endpoint_lacks_is_missing_once_the_next_that_answers_lacks_it_too(
    answers: list[ReadingError | int], outcome: int | type[ReadingError], asked: int
) -> None:
    town = Town(dict(zip((ONE, TWO, THREE), answers, strict=False)))
    if isinstance(outcome, int):
        assert town.ask() == outcome
    else:
        with pytest.raises(outcome, match="no"):
            town.ask()
    assert len(town.asked) == asked


def test_who_lacks_what_another_one_has_goes_to_the_end_and_who_is_right_stays_first() -> None:
    town = Town({ONE: Absent("no"), TWO: Absent("no"), THREE: 7})
    with pytest.raises(Absent):
        town.ask()
    assert town.rotation.first == ONE
    town.answers = {**town.answers, TWO: 7}
    town.ask()
    assert town.rotation.endpoints == (TWO, THREE, ONE)


def test_whoever_is_asked_leads_in_the_questions_within() -> None:
    town = Town({ONE: 1, TWO: 2, THREE: 3})
    led = []

    def reading(endpoint: str) -> int:
        led.append((endpoint, town.ask()))
        if len(led) < 3:
            raise BadData("does not add up")
        return led[-1][1]

    assert town.rotation.ask(reading) == 3
    assert led == [(ONE, 1), (TWO, 2), (THREE, 3)]


def test_a_reason_that_a_question_within_has_told_is_told_once() -> None:
    town = Town({ONE: Contradiction("5 of 7"), TWO: Contradiction("6 of 7")})
    with pytest.raises(Contradiction) as caught:
        town.rotation.ask(lambda _: town.ask())
    assert sorted(str(caught.value).split("; ")) == [f"{ONE}: 5 of 7", f"{TWO}: 6 of 7"]


def judge(allowed: int) -> Callable[[int], str]:
    def judged(answer: int) -> str:
        if answer > allowed:
            raise SourceChanged(f"{answer} is too much")
        return "fine"

    return judged


def test_an_answer_is_asked_once_and_forgotten_when_a_judge_refuses_it() -> None:
    town = Town({ONE: 9, TWO: 2})
    answers = Answers(town.rotation)

    def ask(allowed: int) -> str:
        return answers.ask("/pool", town.question, judge(allowed))

    assert [ask(9), ask(9), town.asked] == ["fine", "fine", [ONE]]
    assert (ask(5), town.asked) == ("fine", [ONE, TWO])
    assert (ask(9), town.asked) == ("fine", [ONE, TWO])
    with pytest.raises(Unanswered) as caught:
        ask(1)
    assert str(caught.value) == f"{ONE}/pool: 9 is too much; {TWO}/pool: 2 is too much"


def test_what_is_forgotten_is_asked_anew() -> None:
    town = Town({ONE: 1, TWO: 2})
    answers = Answers(town.rotation)
    for _ in range(2):
        answers.ask("/pool", town.question, judge(9))
        answers.forget()
    assert town.asked == [ONE, ONE]
