"""A chart and what it owes its reader, and what was clicked in it."""

import plotly.graph_objects as go
import polars as pl
import pytest
import streamlit as st

from ui import draw


def test_a_bar_that_was_clicked_before_another_choice_is_none_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    clicked = {"selection": {"points": [{"x": 2}, {"x": 12}]}}
    monkeypatch.setattr(st, "plotly_chart", lambda *_, **__: clicked)
    figure = go.Figure(go.Bar(x=[1, 2, 3], y=[5, 3, 2]))
    assert draw.clickable(draw.Chart("ranked", figure, pl.DataFrame(), {}, "Who holds how much.", [])) == [2]
