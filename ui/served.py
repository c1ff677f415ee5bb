"""The data that pages show: the current generation of the mart, its answers kept until the next one is published."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from questions.populations import Population
from store.ledger import Run, ledger_of
from store.mart import Mart, data_folder, mirrored, served_folder, served_mart
from ui.kept import Kept

P = ParamSpec("P")
T = TypeVar("T")
GENERATIONS = 3
ANSWERS = 500
# Whose repr has all of their value.
SAYS_ITSELF = (str, int, float, date, timedelta, Fraction, Enum, type(None))


def folder() -> Path:
    """The folder whose mart is shown; raises NoMart."""
    return served_folder(data_folder())


def generation() -> Path:
    """The mart that is shown; raises NoMart."""
    return served_mart(data_folder())


def archive() -> str:
    """The archive from which the current mart was taken as it is; empty where it was built here."""
    return mirrored(folder())


def newest_run() -> Run | None:
    """The newest line of the ledger, also of a run that published nothing; None where no run is known here."""
    return ledger_of(folder()).newest()


def asked(question: Callable[Concatenate[Mart, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of analytics answers on the current mart; kept by generation, never by time.

    All sessions share one answer, so nobody may change it: analytics answers in frozen records and in frames.
    """
    told = [*map(_told, args), *(f"{name}={_told(value)}" for name, value in kwargs.items())]
    asked_for = f"{question.__module__}.{question.__qualname__}({', '.join(told)})"
    path = served_mart(data_folder())
    answer: T = _kept(path, asked_for).answer(lambda: question(_mart(path), *args, **kwargs))
    return answer


def _told(argument: object) -> str:
    """An argument as text that differs where the answer may differ; a generation numbers its populations.

    Raises TypeError for what does not say all of itself: a frame writes out its first rows alone.
    """
    if isinstance(argument, Population):
        return f"{argument.snapshot}/{argument.population_id}"
    if isinstance(argument, list | tuple):
        return f"{type(argument).__name__}({','.join(map(_told, argument))})"
    if isinstance(argument, Mapping):
        return f"{{{','.join(f'{_told(name)}:{_told(one)}' for name, one in argument.items())}}}"
    if is_dataclass(argument):
        return f"{type(argument).__qualname__}{_told([getattr(argument, one.name) for one in fields(argument)])}"
    if isinstance(argument, SAYS_ITSELF):
        return repr(argument)
    raise TypeError(f"no answer can be kept by a {type(argument).__name__}")


# Not by Streamlit's own caches: to look up an answer there takes a tenth of the time of a page, and cache_data makes a
# copy a reader.
@lru_cache(maxsize=ANSWERS)
def _kept(_path: Path, _asked_for: str) -> Kept[Any]:
    return Kept()


def forget() -> None:
    """Let go of all answers and marts."""
    _kept.cache_clear()
    _mart.clear()


@st.cache_resource(max_entries=GENERATIONS, show_spinner=False)
def _mart(path: Path) -> Mart:
    """One connection a generation for all sessions; dropped when nobody asked for that generation for long."""
    return Mart(path)
