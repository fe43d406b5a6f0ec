from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.figure import Figure, Line
from tui.charts.frame import Frame, round_within
from tui.charts.render import draw
from tui.charts.scale import Scale


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(2.95, 3.05, 3.0), (0.28, 0.34, 0.3), (-1.0, 4.0, 0.0), (41_210.0, 41_890.0, 41_600.0), (-3.04, -2.97, -3.0),
     (1.23456, 1.23461, 1.2346), (5.0, 5.0, 5.0)],
)  # fmt: skip
def test_the_roundest_number_of_an_interval(low: float, high: float, found: float) -> None:
    assert round_within(low, high) == found


@given(low=st.floats(-1e9, 1e9), width=st.floats(1e-6, 1e9))
def test_it_lies_in_the_interval(low: float, width: float) -> None:
    assert low <= round_within(low, low + width) <= low + width


@pytest.mark.parametrize("scale", [Scale(0.0, 50.0), Scale(1.0, 1e5, True), Scale(1e4, 1.1e4)])
def test_each_column_has_an_x_that_is_drawn_in_it(scale: Scale) -> None:
    frame = Frame(5, 2, 70, 10, scale, scale)
    for column in range(70):
        assert frame.column_of(frame.value_at(column)) == column


def test_minutes_are_round_in_minutes() -> None:
    scale = Scale(0.0, 3600.0)
    value = Frame(0, 0, 30, 10, scale, scale, 60.0).value_at(15)
    assert (value / 60.0).is_integer()


def test_out_of_view_is_no_column() -> None:
    frame = Frame(0, 0, 60, 10, Scale(1.0, 2.0), Scale(0.0, 4.0))
    assert frame.column_of(3.0) is None


def test_the_frame_lies_where_the_axes_are_drawn() -> None:
    figure = Figure("loss", (Line("a", [1.0, 2.0], [3.0, 4.0], "#339ecc", "■"),), "epoch")
    rows, frame = draw(figure, 60, 14)
    assert frame is not None
    text = ["".join(span.text for span in row) for row in rows]
    assert all(text[frame.top + row][frame.left - 1] in "│┤" for row in range(frame.height))
    assert text[frame.top + frame.height][frame.left - 1] == "└"
    assert len(text[frame.top]) == frame.left + frame.width
    assert frame.holds(frame.left, frame.top)
    assert not frame.holds(frame.left - 1, frame.top)


def test_nothing_drawn_has_no_frame() -> None:
    assert draw(Figure("loss"), 60, 14).frame is None
