"""The data that pages show: the current generation of the mart, its answers kept until the next one is published."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from questions.populations import Population
from store.mart import Mart, current, data_folder, mirrored, served_folder

P = ParamSpec("P")
T = TypeVar("T")
GENERATIONS = 3
ANSWERS = 500


def folder() -> Path:
    """The folder whose mart is shown; raises NoMart."""
    return served_folder(data_folder())


def archive() -> str:
    """The archive from which the current mart was taken as it is; empty where it was built here."""
    return mirrored(folder())


def asked(question: Callable[Concatenate[Mart, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of analytics answers on the current mart; kept by generation, never by time.

    All sessions share one answer, so nobody may change it: analytics answers in frozen records and in frames.
    """
    path = current(folder())
    told = [*map(_told, args), *(f"{name}={_told(value)}" for name, value in kwargs.items())]
    asked_for = f"{question.__module__}.{question.__qualname__}({', '.join(told)})"
    answer: T = _answer(str(path), asked_for, lambda mart: question(mart, *args, **kwargs))
    return answer


def _told(argument: object) -> str:
    """An argument as text that differs where the answer may differ; a generation numbers its populations."""
    if isinstance(argument, Population):
        return f"{argument.snapshot}/{argument.population_id}"
    if isinstance(argument, list):
        return f"[{','.join(map(_told, argument))}]"
    return repr(argument)


# No copy a reader, as cache_data would make: unpickling a page's tables takes longer than drawing them.
@st.cache_resource(max_entries=ANSWERS, show_spinner=False)
def _answer(path: str, asked_for: str, _answering: Callable[[Mart], Any]) -> Any:  # noqa: ARG001
    return _answering(_mart(path))


@st.cache_resource(max_entries=GENERATIONS, show_spinner=False)
def _mart(path: str) -> Mart:
    """One connection a generation for all sessions; dropped when nobody asked for that generation for long."""
    return Mart(Path(path))
