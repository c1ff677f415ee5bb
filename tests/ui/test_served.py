"""What pages ask of a mart is answered once for all readers, until another mart is published."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import polars as pl
import pytest

from store.mart import Mart
from ui import served


@dataclass(frozen=True)
class Origin:
    """A record of a test."""

    name: str


@pytest.fixture(autouse=True)
def answers(hamlet: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """None kept from before, none left behind."""
    monkeypatch.setenv("DEAI_DATA", str(hamlet))
    served.forget()
    yield
    served.forget()


def test_of_two_who_ask_at_once_the_second_gets_the_answer_of_the_first() -> None:
    asked, answering, go_on = list[str](), Event(), Event()

    def slowly(mart: Mart, about: str) -> str:
        asked.append(mart.path.name)
        answering.set()
        assert go_on.wait(60)
        return f"about {about}"

    with ThreadPoolExecutor() as readers:
        first = readers.submit(served.asked, slowly, "one")
        assert answering.wait(60)
        second = readers.submit(served.asked, slowly, "one")
        go_on.set()
        assert first.result(60) == "about one"
        assert second.result(60) is first.result()
    assert len(asked) == 1
    assert served.asked(slowly, "another") == "about another"


def test_what_could_not_be_answered_is_asked_again() -> None:
    tries = iter([ZeroDivisionError("once"), None])

    def question(_mart: Mart) -> str:
        if error := next(tries):
            raise error
        return "now"

    with pytest.raises(ZeroDivisionError):
        served.asked(question)
    assert served.asked(question) == "now"
    assert served.asked(question) == "now"


def test_what_is_asked_in_other_words_is_another_question() -> None:
    asked = list[object]()

    def question(_mart: Mart, about: object) -> int:
        asked.append(about)
        return len(asked)

    others = [
        "1",
        1,
        1.5,
        None,
        True,
        ["a", "b"],
        ["a,b"],
        ("a", "b"),
        [["a"], "b"],
        {"a": "b"},
        Origin("a"),
        Origin("b"),
    ]
    assert [served.asked(question, one) for one in others] == [*range(1, len(others) + 1)]
    assert served.asked(question, Origin("b")) == len(others)


def test_no_answer_is_kept_by_what_does_not_say_all_of_itself() -> None:
    rows = pl.DataFrame({"n": range(100)})
    with pytest.raises(TypeError, match="DataFrame"):
        served.asked(lambda _mart, one: one, [rows])
