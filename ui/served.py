"""The data that pages show: the current generation of the mart, its answers kept until the next one is published."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from store.mart import Mart, current, data_folder, served_folder

P = ParamSpec("P")
T = TypeVar("T")
GENERATIONS = 3
ANSWERS = 500


def folder() -> Path:
    """The folder whose mart is shown; raises NoMart."""
    return served_folder(data_folder())


def asked(question: Callable[Concatenate[Mart, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of analytics answers on the current mart; kept by generation, never by time."""
    path = current(folder())
    name = f"{question.__module__}.{question.__qualname__}"
    answer: T = _answer(str(path), name, args, kwargs, question)
    return answer


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _answer(path: str, name: str, args: Any, kwargs: Any, _question: Callable[..., Any]) -> Any:  # noqa: ARG001
    """The path, the name and the arguments are the key; a new generation is a new key."""
    return _question(_mart(path), *args, **kwargs)


@st.cache_resource(max_entries=GENERATIONS, show_spinner=False)
def _mart(path: str) -> Mart:
    """One connection a generation for all sessions; dropped when nobody asked for that generation for long."""
    return Mart(Path(path))
