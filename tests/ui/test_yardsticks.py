"""Yardsticks stand in lanes of their own on the chart, and say how many of what is shown are spread less."""

import polars as pl

from tests.worlds.gallery_names import HOSTILE
from ui import colours, dots, inert, yardsticks

ROWS = pl.DataFrame(
    {
        "title": ["Labs", "Clouds"], "thing": ["labs", "providers"], "m_low": [2.8, 5.28], "m_high": [2.8, 6.86],
        "k_low": [1, 3], "k_high": [1, 3], "deciding": ["for half", "for half"],
    }
)  # fmt: skip
POINT = pl.DataFrame(
    {
        "network": ["n"], "title": ["N"], "layer": ["Data"], "of": ["the network"], "gate": [False], "m": [8.0],
        "most": [8.0], "k": [2], "independent": [True], "word": ["two parties"], "path": ["a vote"],
    }
)  # fmt: skip


def test_a_number_alone_says_nothing() -> None:
    assert yardsticks.sentence(ROWS, []).replace("\\", "") == (
        "A number alone says nothing. Labs act like 2.8 equal labs, and one is enough for half; "
        "Clouds act like 5.3 to 6.9 equal providers, and three are enough for half."
    )


def test_a_yardstick_says_how_many_of_what_is_shown_are_spread_less() -> None:
    said = yardsticks.sentence(ROWS, [3.0, 5.2, 5.28, 9.0]).replace("\\", "")
    assert "enough for half (none of 4 resources here is spread less); Clouds" in said
    assert said.endswith("enough for half (two of 4 resources here are spread less).")


def test_a_yardstick_has_a_lane_of_its_own_from_the_least_to_the_most_where_so_many_are_enough() -> None:
    chart = dots.math_against_power(POINT, yardsticks=ROWS)
    assert list(chart.layout.yaxis.ticktext) == ["Labs", "N · data", "Clouds"]
    marks = chart.data[0]
    assert list(marks.x) == [2.8, 8.0, 5.28]
    assert [round(one, 2) for one in marks.error_x.array] == [0, 0, 1.58]
    assert [one == colours.GREY for one in marks.marker.color] == [True, False, True]
    assert list(dots.math_against_power(POINT).layout.yaxis.ticktext) == ["N · data"]


def test_whatever_a_yardstick_is_called_is_text() -> None:
    for text in HOSTILE:
        rows = ROWS.head(1).with_columns(title=pl.lit(text[:60]))
        told = f"{text[:60]} act like 2.8 equal labs, and one is enough for half"
        assert yardsticks.sentence(rows, []) == f"A number alone says nothing. {inert.markdown(told, 1500)}."
        (shown,) = dots.math_against_power(POINT.clear(), yardsticks=rows).layout.yaxis.ticktext
        assert "<" not in shown.replace("<br>", "")
