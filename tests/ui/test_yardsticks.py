"""Yardsticks stand faintly on the chart, each with a letter that the line below explains."""

import polars as pl

from tests.worlds.gallery_names import HOSTILE
from ui import dots, inert, yardsticks

ROWS = pl.DataFrame(
    {
        "title": ["Labs", "Clouds"], "thing": ["labs", "providers"], "m_low": [2.8, 5.28], "m_high": [2.8, 6.86],
        "k_low": [1, 3], "k_high": [1, 3], "deciding": ["for half", "for half"],
    }
)  # fmt: skip
POINT = pl.DataFrame(
    {
        "network": ["n"], "title": ["N"], "of": ["the network"], "gate": [False], "m": [8.0], "most": [8.0],
        "k": [2], "independent": [True], "word": ["two parties"], "path": ["a vote"],
    }
)  # fmt: skip


def test_a_number_alone_says_nothing() -> None:
    assert yardsticks.sentence(ROWS).replace("\\", "") == (
        "A number alone says nothing. Labs act like 2.8 equal labs, and one is enough for half; "
        "Clouds act like 5.3 to 6.9 equal providers, and three are enough for half."
    )
    assert yardsticks.explained(ROWS) == "Faint bands, to compare with: a Labs, b Clouds."
    assert yardsticks.explained(ROWS.clear()) == ""


def test_a_band_reaches_from_the_least_to_the_most_and_lies_below_the_dots() -> None:
    figure = dots.math_against_power(POINT, yardsticks=ROWS)
    bands = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    # Rows from the bottom: of one, of two, of three, a lane each.
    assert [(band.x0 < low, band.x1 > high, band.y0, band.layer) for band, low, high in zip(
        bands, ROWS["m_low"], ROWS["m_high"], strict=True
    )] == [(True, True, 0, "below"), (True, True, 2, "below")]  # fmt: skip
    assert [text.text for text in figure.layout.annotations][-2:] == ["a", "b"]
    alone = [text.text for text in dots.math_against_power(POINT).layout.annotations]
    assert not {"a", "b"} & set(alone)


def test_whatever_a_yardstick_is_called_is_text() -> None:
    rows = pl.concat([ROWS.head(1).with_columns(title=pl.lit(text[:60])) for text in HOSTILE])
    for text in HOSTILE:
        assert inert.markdown(text[:60]) in yardsticks.explained(rows)
