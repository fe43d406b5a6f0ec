from __future__ import annotations

import math

import pytest

from tui.charts.figure import Figure, Line
from tui.charts.notes import notes_of
from tui.charts.render import render_lines

BLUE = "#339ecc"


def figure(xs: list[float], ys: list[float], **options: bool) -> Figure:
    return Figure("loss", (Line("a", xs, ys, BLUE, "■"),), "step", **options)  # type: ignore[arg-type]


def test_nothing_is_said_of_values_that_are_all_drawn() -> None:
    assert notes_of(figure([0.0, 1.0], [0.0, -1.0])) == []


@pytest.mark.parametrize(
    ("ys", "told"),
    [
        ([1.0, math.nan], "1 value not shown: NaN"),
        ([math.inf, -math.inf, 1.0], "2 values not shown: infinite"),
        ([0.0, -1.0, 1.0], "2 values not shown: not positive"),
        ([0.0, math.nan, math.nan, 1.0], "3 values not shown: 2 NaN, 1 not positive"),
    ],
)
def test_values_without_a_place_are_counted_with_the_reason(ys: list[float], told: str) -> None:
    shown = figure([float(place) for place in range(1, len(ys) + 1)], ys, log_y=True)
    assert notes_of(shown) == [told]
    assert told in render_lines(shown, 80, 12, color=False)


def test_steps_without_a_logarithm_are_counted_once_even_where_y_has_none_either() -> None:
    assert notes_of(figure([0.0, 1.0], [0.0, 1.0], log_x=True, log_y=True)) == ["1 value not shown: not positive"]
    assert notes_of(figure([0.0, 1.0], [0.0, 1.0])) == []


def test_notes_give_way_to_nothing_but_names() -> None:
    shown = figure([1.0, 2.0], [0.0, 1.0], log_y=True)
    narrow = render_lines(shown, 34, 8, color=False)
    assert "1 value not shown: not positive" in narrow
    assert "■" in narrow
