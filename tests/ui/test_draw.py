"""A chart and what it owes its reader, and what was clicked in it."""

import polars as pl
import pytest
import streamlit as st

from ui import draw
from ui.figure import drawn


def test_a_bar_that_was_clicked_before_another_choice_is_none_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    clicked = {"selection": {"points": [{"x": 2}, {"x": 12}]}}
    monkeypatch.setattr(st, "plotly_chart", lambda *_, **__: clicked)
    figure = drawn([{"type": "bar", "x": [1, 2, 3], "y": [5, 3, 2]}], height=100, x={}, y={})
    assert draw.clickable(draw.Chart("ranked", figure, pl.DataFrame(), {}, "Who holds how much.", [])) == [2]
