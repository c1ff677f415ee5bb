"""Charts draw what they are given, in the network's colour, small enough for a phone."""

import json
import re
import tomllib
from base64 import b64decode
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import isnan
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
import polars as pl
import pytest

from tests.conftest import ROOT
from tests.worlds.gallery_names import HOSTILE
from ui import akash_market, charts, colours, curves, dots, entity, figure, inert

START = datetime(2026, 1, 1, tzinfo=UTC)


def ranks(number: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "rank": range(1, number + 1),
            "name": [HOSTILE[place % len(HOSTILE)] for place in range(number)],
            "share": [1 / number] * number,
            "cumulative": [place / number for place in range(1, number + 1)],
            "coalition": [place <= number // 3 for place in range(1, number + 1)],
        }
    )


def days(number: int, network: str = "akash") -> pl.DataFrame:
    times = [START + timedelta(hours=hour) for hour in range(number)]
    return pl.DataFrame({"network": network, "title": network, "time": times, "value": range(number)})


def texts(part: Any) -> list[str]:
    """Every text anywhere in a figure."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        return [text for value in part.values() for text in texts(value)]
    return [text for value in part for text in texts(value)] if isinstance(part, list | tuple) else []


def line(rows: pl.DataFrame, **look: Any) -> go.Figure:
    """Series that were read more than once."""
    found = curves.daily(rows, **look)
    assert not isinstance(found, curves.Once)
    return found


def points(chart: go.Figure) -> int:
    return sum(len(trace.x) for trace in chart.data)


def test_the_coalition_has_the_colour_of_its_network() -> None:
    chart = charts.ranked(ranks(9), threshold=1 / 3, threshold_label="1/3", look=colours.of_network(2))
    coalition, others, together = chart.data
    assert list(coalition.x) == [1, 2, 3]
    assert coalition.marker.color == colours.of_network(2).colour
    assert list(others.x) == [4, 5, 6, 7, 8, 9]
    # A network's own colour may be a grey: others are pale, with an edge.
    assert (others.marker.color, others.marker.line.color, others.marker.line.width) == (colours.FAINT, colours.GREY, 1)
    assert coalition.marker.line.width == 0
    assert list(together.y) == pytest.approx([place / 9 for place in range(1, 10)])
    assert chart.layout.shapes[0].y0 == 1 / 3


def test_what_was_not_read_is_a_band_above_the_running_sum_up_to_all() -> None:
    chart = charts.ranked(ranks(4), threshold=1 / 3, unread=0.3)
    read, most = chart.data[-2:]
    assert [round(high - low, 9) for low, high in zip(read.y, most.y, strict=True)] == [0.3, 0.3, 0.25, 0]
    assert (most.fill, most.fillcolor) == ("tonexty", colours.FAINT)


def test_each_of_a_few_ranks_has_its_number() -> None:
    assert charts.ranked(ranks(3), threshold=None).layout.xaxis.tickvals == (1, 2, 3)
    assert charts.ranked(ranks(12), threshold=None).layout.xaxis.tickvals == (1, 5, 10)


def test_many_holders_are_drawn_as_their_largest() -> None:
    chart = charts.ranked(ranks(50_000), threshold=0.5)
    assert points(chart) == 2 * charts.MOST_BARS


@pytest.mark.slow
def test_hourly_years_are_thinned_and_keep_both_ends() -> None:
    rows = pl.concat([days(20_000), days(20_000, "fetch")])
    chart = line(rows, y="parties")
    assert points(chart) <= figure.MOST_POINTS
    for trace in chart.data:
        assert trace.y[0] == 0
        assert trace.y[-1] == 19_999


def test_a_chart_with_too_many_points_is_refused() -> None:
    line = {"type": "scatter", "x": list(range(2001)), "y": list(range(2001))}
    with pytest.raises(ValueError, match="at most 2000"):
        figure.drawn([line], height=300, x={}, y={})


def marks(number: int, **own: Any) -> pl.DataFrame:
    """Marks of so many networks, all alike but for what is told."""
    usual = {"layer": "Data", "of": "the network", "gate": False, "m": 3.0, "most": 3.0, "k": 2, "independent": True}
    columns = {**usual, "word": "", "path": "", "network": [f"n{place}" for place in range(number)], **own}
    alike = {name: [value] * number for name, value in columns.items() if not isinstance(value, list)}
    return pl.DataFrame({"title": columns["network"], **columns, **alike})


def test_a_dot_is_hollow_where_independence_is_not_shown() -> None:
    rows = marks(
        2, title=["Akash", "Akash"], layer="Compute", of=["the network", "compute spend"], gate=[False, True],
        m=[29.0, 11.0], most=[100.0, 11.0], k=[6, 4], independent=[True, False],
    )  # fmt: skip
    chart = dots.math_against_power(rows)
    drawn = chart.data[0]
    assert list(drawn.marker.symbol) == ["diamond-open", "circle"]
    assert list(drawn.error_x.array) == [0, 71], "the line reaches to the most spread of what a network has"
    # The layer has a name, for those who do not see its colour.
    assert list(chart.layout.yaxis.ticktext) == ["Akash · gate of<br>compute spend", "Akash · compute"]


def test_marks_of_one_number_are_in_its_rows_and_each_has_a_lane_of_its_own() -> None:
    chart = dots.math_against_power(marks(12, k=[1] * 8 + [4] * 3 + [9]))
    lanes = [place + 0.5 for place in range(12)]
    assert list(chart.data[0].y) == list(chart.layout.yaxis.tickvals) == lanes
    assert {line.y0 for line in chart.layout.shapes if line.xref == "paper"} == {8, 11}
    said = [(text.y, text.text) for text in chart.layout.annotations if text.xref == "paper"]
    assert said == [(4, "1<br>one party"), (9.5, "4<br>a handful"), (11.5, "9<br>a committee")]


@pytest.mark.parametrize("title", ["FET on Ethereum", "CUDOS (merged into Fetch.ai)", "x" * 90, "word " * 30])
def test_a_name_has_at_most_two_lines_that_a_phone_has_room_for(title: str) -> None:
    lines = dots.name(title, "gate of emission by recipient").split("<br>")
    assert len(lines) <= 2
    assert all(len(line) <= dots.LONGEST_LINE for line in lines)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_mark_is_text(name: str) -> None:
    for text in texts(dots.math_against_power(marks(1, title=[name], word=name, path=name, of=name)).to_dict()):
        assert "<" not in re.sub("<(br|b|/b|extra|/extra)>", "", text)


@pytest.mark.parametrize(("gate", "independent", "lines"), [(False, True, 2), (True, True, 3), (True, False, 4)])
def test_only_marks_that_are_drawn_are_explained(gate: bool, independent: bool, lines: int) -> None:
    told = dots.explained(pl.DataFrame({"gate": [False, gate], "independent": [True, independent]}))
    assert len(told.splitlines()) == lines
    assert told.startswith("● a network")
    assert told.endswith("| grey: something else, to compare with")


def test_networks_without_a_mark_are_named() -> None:
    points = pl.DataFrame({"title": ["Akash", "Olas"]})
    told = dots.left_out(["Akash", "io.net", "Olas", "*Render*"], points).replace("\\", "")
    assert told == "Without a mark, for want of a number of math or of power: io.net and *Render*."
    assert dots.left_out(["Akash", "Olas"], points) == ""


def test_a_large_network_fits_on_the_logarithmic_axes() -> None:
    layout = dots.math_against_power(marks(1, m=2.0, most=900.0, k=3)).layout
    assert layout.xaxis.range[1] > 2.96  # log10(900)
    assert dots.math_against_power(marks(1)).layout.xaxis.range[1] > 1.18  # log10(15)


def test_no_text_of_a_stranger_reaches_a_figure_as_markup() -> None:
    names = pl.DataFrame({"name": HOSTILE, "before": [0.1] * len(HOSTILE), "after": [0.2] * len(HOSTILE)})
    events = pl.DataFrame({"time": [START] * len(HOSTILE), "mark": HOSTILE})
    published = pl.DataFrame({"time": [START] * len(HOSTILE), "value": 1.0, "title": HOSTILE})
    series = pl.concat([days(3, name) for name in HOSTILE])
    drawings = [
        charts.ranked(ranks(10), threshold=0.5, threshold_label=HOSTILE[0]),
        charts.before_after(names),
        line(series, y="parties", published=published, events=events),
        charts.tally(pl.DataFrame({"option": HOSTILE, "share": [0.1] * len(HOSTILE)})),
    ]
    for drawing in drawings:
        for text in texts(drawing.to_dict()):
            markup = text.replace("<br>", "").replace("<extra>", "").replace("</extra>", "")
            assert "<" not in markup
            assert len(text) < 400


def unpacked(part: Any) -> Any:
    """A figure as a browser reads it: packed numbers one by one."""
    if isinstance(part, dict) and "bdata" in part:
        numbers = np.frombuffer(b64decode(part["bdata"]), part["dtype"]).astype(object)
        numbers[[isnan(number) for number in numbers]] = None
        return numbers.reshape([int(side) for side in part.get("shape", "-1").split(",")]).tolist()
    if isinstance(part, dict):
        return {name: unpacked(value) for name, value in part.items()}
    return [unpacked(value) for value in part] if isinstance(part, list) else part


@pytest.mark.parametrize(
    "drawing",
    [
        charts.ranked(ranks(70), threshold=0.5, threshold_label="half", unread=0.1),
        charts.before_after(pl.DataFrame({"name": ["a", "b"], "before": [0.1, None], "after": [0.2, 0.3]})),
        charts.tally(pl.DataFrame({"option": ["yes", "no"], "share": [0.6, 0.4]}), [(0.5, "half")]),
        curves.daily(pl.concat([days(3), days(4, "olas")]), y="parties", paints={"olas": colours.of_network(15)}),
        curves.panel(days(20), events=pl.DataFrame({"time": [START], "mark": ["1"]})),
        dots.math_against_power(marks(3)),
        entity.rank_chart(
            [
                days(3).with_columns(
                    pl.lit("").alias("population"),
                    address=pl.lit(""),
                    addresses=2,
                    rank=pl.Series([1, None, 3]),
                    share=0.5,
                )
            ]
        ),
    ],
)
def test_a_browser_gets_of_a_figure_what_plotly_would_have_sent(drawing: figure.Figure) -> None:
    sent, checked = (json.loads(plotly.io.to_json(one.to_dict())) for one in (drawing, drawing.checked))
    assert unpacked(sent) == unpacked(checked)


@pytest.mark.parametrize(
    "series",
    [
        pl.Series([date(2026, 1, 1), None]),
        pl.Series([START + timedelta(seconds=3, microseconds=6), None]).dt.replace_time_zone(None),
        pl.Series([START, None]).dt.cast_time_unit("ms"),
        # A browser shows the hour that is told, whatever its zone.
        pl.Series([START, None]).dt.convert_time_zone("Europe/Berlin"),
        pl.Series([None], dtype=pl.Datetime("us")),
        pl.Series([], dtype=pl.Date),
        pl.Series([time(1, 2), None]),
        pl.Series([1, None]),
        pl.Series([1.5, None]),
        pl.Series(["a", None]),
    ],
    ids=lambda series: str(series.dtype),
)
def test_a_browser_gets_of_a_series_what_plotly_would_have_sent(series: pl.Series) -> None:
    drawing = figure.drawn([{"type": "scatter", "x": series, "y": [1] * len(series)}], height=100, x={}, y={})
    sent, checked = (json.loads(plotly.io.to_json(one.to_dict())) for one in (drawing, drawing.checked))
    assert unpacked(sent) == unpacked(checked)


def test_a_figure_of_what_plotly_does_not_know_is_found_by_looking_into_it() -> None:
    drawing = figure.drawn([{"type": "bar", "x": [1], "y": [1], "colour": "red"}], height=100, x={}, y={})
    with pytest.raises(ValueError, match="colour"):
        assert drawing.data


@pytest.mark.parametrize(
    "drawing",
    [
        charts.lorenz(pl.DataFrame({"network": ["a"], "title": ["A"], "holders": [0.5], "amount": [0.2]})),
        charts.tally(pl.DataFrame({"option": ["yes"], "share": [0.6]})),
        charts.parts(pl.DataFrame({"whole": ["a"], "part": ["b"], "share": [0.6]})),
    ],
)
def test_an_axis_of_shares_says_both_its_ends(drawing: figure.Figure) -> None:
    """Plotly leaves out a mark at the very end: steps of a fifth add up to a little more than one."""
    assert [drawing.records["xaxis"]["tickvals"][end] for end in (0, -1)] == [0, 1]


def test_the_first_ranks_are_all_drawn_where_the_axis_is_logarithmic() -> None:
    """Evenly spaced, the largest tenants were drawn as the first, the eighth and the fifteenth."""
    rows = pl.DataFrame({"side": "tenants", "rank": range(1, 421), "cumulative": [n / 420 for n in range(1, 421)]})
    ranks = [*charts.sides(rows).traces[0]["x"]]
    assert (ranks[:8], ranks[-1], len(ranks) <= charts.MOST_BARS) == ([*range(1, 9)], 420, True)


@pytest.mark.parametrize(("form", "marks"), [(".1%", ".1~%"), (".0%", ".0~%"), (",.3~g", ",.3~g"), (",d", ",d")])
def test_marks_of_an_axis_are_whole_where_they_can_be(form: str, marks: str) -> None:
    assert figure.marks_form(form) == marks


def test_days_are_written_on_axes_as_everywhere() -> None:
    """Left to itself Plotly wrote Nov 1."""
    stops = line(days(3), y="parties").records["xaxis"]["tickformatstops"]
    assert [one["value"].partition("\n")[0] for one in stops] == ["%H:%M", "%-d %b", "%b %Y"]


def test_a_missing_day_is_a_gap() -> None:
    rows = days(3).with_columns(pl.Series("value", [1.0, None, 3.0]))
    assert line(rows, y="parties").data[0].connectgaps is False


def test_events_stand_at_their_time_with_their_mark() -> None:
    events = pl.DataFrame({"time": [START, START + timedelta(hours=2)], "mark": ["4", "m"]})
    layout = line(days(5), y="parties", events=events).layout
    assert [(mark.text, mark.x) for mark in layout.annotations if mark.yref == "paper"] == [
        ("4", START.replace(tzinfo=None)),
        ("m", (START + timedelta(hours=2)).replace(tzinfo=None)),
    ]


def labels(chart: go.Figure) -> list[tuple[str, float]]:
    """Texts beside lines, each with its height in pixels over a plot that is as low as can be."""
    most = max(max(trace.y) for trace in chart.data)
    pixels = chart.layout.height - curves.AROUND
    beside = [one for one in chart.layout.annotations if one.yref != "paper"]
    return [(one.text, one.y / most * pixels + (one.yshift or 0)) for one in beside]


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([5, 5, 5], ["s0", "s1", "s2"]),
        ([0, 0, 0.1, 100], ["s0", "s1", "s2", "s3"]),
        ([100, 99, 98, 0], ["s3", "s2", "s1", "s0"]),
        ([1] * 40, [f"s{place}" for place in range(40)]),
    ],
)
def test_names_of_lines_stand_at_their_ends_and_none_on_another(ends: list[float], told: list[str]) -> None:
    rows = pl.concat([days(3, f"s{place}").with_columns(value=pl.lit(float(end))) for place, end in enumerate(ends)])
    found = labels(line(rows, y="parties"))
    assert [text for text, _ in found] == told
    heights = [height for _, height in found]
    assert min(high - low for low, high in pairwise(heights)) >= curves.LINE - 1e-6
    assert line(rows, y="parties").layout.showlegend is False


def test_a_line_alone_says_its_last_value_and_published_figures_keep_the_legend() -> None:
    rows = days(3)
    assert [text for text, _ in labels(line(rows, y="parties"))] == [curves.written(rows["value"][-1], ",.3~g")]
    published = pl.DataFrame({"time": [START], "value": [1.0], "title": ["An article"]})
    both = line(pl.concat([days(3), days(3, "fetch")]), y="USD", published=published)
    assert labels(both) == []
    assert both.layout.showlegend is not False


@pytest.mark.parametrize(
    ("values", "form", "told"),
    [
        ([12.0, 15.0, 14.25], ",.3~g", [("12", "top"), ("14.2", None)]),
        ([15.0, 12.0, None], ",.3~g", [("15", "bottom"), ("12", None)]),
        ([0.0, 0.1], ".1%", [("0%", "bottom"), ("10%", None)]),
        ([None, 0.3, 0.4999], ".1%", [("30%", "top"), ("49.99%", None)]),
    ],
)
def test_a_small_chart_says_its_first_and_last_value_away_from_its_line(
    values: list[float | None], form: str, told: list[tuple[str, str | None]]
) -> None:
    rows = days(len(values)).with_columns(value=pl.Series(values, dtype=pl.Float64))
    chart = curves.panel(rows, form=form)
    assert not isinstance(chart, curves.Once)
    first, last = chart.layout.annotations
    assert [(first.text, first.yanchor), (last.text, None)] == told
    assert (first.xanchor, last.xanchor, last.yshift) == ("left", "left", None)
    # There is room for it beside the plot.
    assert chart.layout.margin.r >= curves.LETTER * len(last.text)


@pytest.mark.parametrize(
    ("hours", "marks"),
    [
        ([0, 50, 99], ["1", "2", "3"]),
        ([0, 5, 99], ["1, 2", "3"]),
        ([0, 5, 10, 15, 99], ["1–4", "5"]),
        ([50], ["1"]),
        ([], []),
    ],
)
def test_marks_of_events_that_are_near_each_other_are_one(hours: list[int], marks: list[str]) -> None:
    times = [START + timedelta(hours=hour) for hour in hours]
    schema = pl.Schema({"time": pl.Datetime("us", "UTC"), "mark": pl.String()})
    events = pl.DataFrame({"time": times, "mark": [str(n + 1) for n in range(len(times))]}, schema=schema)
    chart = curves.panel(days(100), events=events)
    assert not isinstance(chart, curves.Once)
    assert [one.text for one in chart.layout.annotations if one.yref == "paper"] == marks
    # Each event keeps its line.
    assert len(chart.layout.shapes) == len(hours)


@pytest.mark.parametrize("draw", [curves.panel, lambda rows: curves.daily(rows, y="parties")])
def test_what_was_read_once_is_a_number_and_no_line(draw: Any) -> None:
    rows = pl.concat([days(1), days(1, "fetch")]).with_columns(value=pl.Series([9.0, 14.8]))
    found = draw(rows)
    assert isinstance(found, curves.Once)
    assert found.rows.select("title", "value").rows() == [("akash", 9.0), ("fetch", 14.8)]
    # A second day of one of them makes a line; a second day without a value makes none.
    assert not isinstance(draw(pl.concat([days(1), days(2, "fetch")])), curves.Once)
    unknown = days(2, "fetch").with_columns(value=pl.Series([14.8, None]))
    assert isinstance(draw(unknown), curves.Once)


@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        (0.382, ",.3~g", "0.382"),
        (0.4396, ",.3~g", "0.44"),
        (12.34, ",.3~g", "12.3"),
        (0.0, ",.3~g", "0"),
        (0.44, ".1%", "44%"),
    ],
)
def test_a_value_beside_a_line_has_the_decimals_in_which_it_changes(value: float, form: str, said: str) -> None:
    assert curves.written(value, form) == said


def test_one_figure_far_above_the_others_makes_the_axis_logarithmic() -> None:
    rows = days(20).with_columns(value=pl.lit(7_500.0))
    high = pl.DataFrame({"time": [START], "value": [56_000.0], "title": ["An article"]})
    low = high.with_columns(value=pl.lit(30_000.0))
    assert line(rows, y="USD", published=high).layout.yaxis.type == "log"
    assert line(rows, y="USD", published=low).layout.yaxis.type == "linear"
    told = [curves.told_of_axis(line(rows, y="USD", published=one)) for one in (high, low)]
    assert [bool(one) for one in told] == [True, False]
    # Nothing has no place on a logarithmic axis.
    with_nothing = rows.with_columns(value=pl.Series([0.0, *[7_500.0] * 19]))
    assert line(with_nothing, y="USD", published=high).layout.yaxis.type == "linear"
    # Metrics are compared on an axis from zero, always.
    assert line(rows.with_columns(value=pl.Series([*[1.0] * 19, 90.0])), y="parties").layout.yaxis.type == "linear"


def test_published_figures_have_the_letters_of_the_list_below() -> None:
    points = pl.DataFrame({"time": [START] * 2, "value": [9_000.0, 55_555.6], "title": ["Q1 (A)", HOSTILE[0]]})
    crosses = line(days(3), y="USD", published=points).data[-1]
    assert (list(crosses.text), crosses.mode) == (["a", "b"], "markers+text")
    first, second = akash_market.points_in_words(points, curves.letter).splitlines()
    assert first == "* **a** · 9,000 USD a day about 1 Jan 2026: Q1 \\(A\\)"
    assert second == f"* **b** · 55,556 USD a day about 1 Jan 2026: {inert.markdown(HOSTILE[0], 300)}"


def test_a_party_that_only_exists_after_the_change_is_drawn() -> None:
    rows = pl.DataFrame({"name": ["old", "new"], "before": [0.3, None], "after": [0.2, 0.1]})
    joined, before, after = charts.before_after(rows).data
    assert (before.name, after.name) == ("Before", "After")
    assert list(joined.y) == ["1. old", "1. old", None]
    assert list(after.x) == [0.2, 0.1]


def test_a_new_party_stands_where_its_size_puts_it() -> None:
    rows = pl.DataFrame({"name": ["merged", "old"], "before": [None, 0.3], "after": [0.7, 0.3]})
    assert list(charts.before_after(rows).layout.yaxis.categoryarray) == ["1. merged", "2. old"]


def test_a_series_has_the_colour_of_its_network_and_others_one_by_their_place() -> None:
    rows = pl.concat([days(20), days(20, "fetch"), days(20, "turnout")])
    paints = {"akash": colours.of_network(2), "fetch": colours.of_network(3)}
    found = {trace.name: trace.line.color for trace in line(rows, y="parties", paints=paints).data}
    assert found == {"akash": "#000002", "fetch": "#000003", "turnout": colours.of_place(2)}


def test_the_colours_of_the_theme_are_counted_from_one() -> None:
    assert [colours.of_network(1).colour, colours.of_network(10).colour] == [colours.SLOTS[0], colours.SLOTS[-1]]
    assert colours.of_network(0).colour == colours.GREY


def test_the_networks_after_the_tenth_have_the_same_colours_in_another_texture() -> None:
    looks = [colours.of_network(own) for own in range(1, 81)]
    assert len(set(looks)) == 80
    assert [look.textured for look in looks] == [False] * 10 + [True] * 70
    assert (looks[10].colour, looks[10].dash, looks[10].hatch) == (colours.SLOTS[0], "dash", "/")
    assert colours.of_network(81) == looks[0], "there is always a look"


def test_what_has_a_texture_has_it_in_lines_bars_and_dots_and_bears_its_name() -> None:
    look = colours.of_network(11)
    solid = line(days(20), y="parties", paints={"akash": look}).data[0]
    bars = charts.ranked(ranks(9), threshold=0.5, look=look).data[0]
    dot, plain = (
        dots.math_against_power(marks(1, network=["akash"]), paints={"akash": one}).data[0].marker
        for one in (look, colours.of_network(1))
    )
    assert (solid.line.color, solid.line.dash, solid.marker.symbol) == ("#000001", "dash", "circle-open-dot")
    assert (bars.marker.color, bars.marker.pattern.shape) == ("#000001", "/")
    assert (dot.symbol, dot.color, dot.line.color) == (("circle-dot",), ("#000001",), (colours.GREY,))
    assert (plain.symbol, plain.line.color) == (("circle",), ("#000001",))


def test_both_themes_have_exactly_ten_different_colours() -> None:
    """Plotly drops a palette of any other length and falls back to its own."""
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    for scheme in ("light", "dark"):
        assert len(set(theme[scheme]["chartCategoricalColors"])) == 10


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_colour_stands_out_from_the_background(scheme: str) -> None:
    """WCAG 2 asks three to one for graphics."""
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][scheme]
    for colour in [*theme["chartCategoricalColors"], colours.GREY, colours.THRESHOLD]:
        assert contrast(colour, theme["backgroundColor"]) >= 3, colour
