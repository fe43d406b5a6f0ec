from __future__ import annotations

import math

import numpy as np
import pytest

from tests.tui.charts.runs import build_run
from tui.charts.curves import curves_figure, loss_figure
from tui.charts.figure import Band, Figure, Line
from tui.charts.reading import half_width_at, readings, value_at
from tui.charts.render import render_lines

BLUE, RED = "#339ecc", "#c32283"


def epochs(ys: list[float], **options: object) -> Line:
    return Line("a", [1.0, 2.0, 3.0], ys, BLUE, "■", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("x", "value"), [(1.0, 5.0), (1.4, 5.0), (1.6, 7.0), (3.0, 9.0)])
def test_epochs_are_read_at_the_nearest_one(x: float, value: float) -> None:
    assert value_at(epochs([5.0, 7.0, 9.0]), x) == value


def test_what_every_step_has_is_read_between_steps() -> None:
    assert value_at(epochs([5.0, 7.0, 9.0], is_dense=True), 1.25) == 5.5
    assert value_at(epochs([5.0, 7.0, 9.0], is_dense=True), 3.0) == 9.0


def test_a_value_beside_a_gap_is_still_read() -> None:
    line = epochs([5.0, math.nan, 9.0], is_dense=True)
    assert value_at(line, 1.0) == 5.0
    assert math.isnan(value_at(line, 1.5) or 0.0)


@pytest.mark.parametrize("x", [0.5, 3.5])
def test_beyond_its_ends_a_curve_has_no_value(x: float) -> None:
    assert value_at(epochs([5.0, 7.0, 9.0]), x) is None
    assert value_at(epochs([5.0, 7.0, 9.0]), x, tolerance=0.6) in (5.0, 9.0)


def test_empty_curve_has_no_value() -> None:
    assert value_at(Line("a", [], [], BLUE), 1.0) is None


def test_where_time_went_backwards_the_nearest_point_is_read() -> None:
    line = Line("a", [0.0, 5.0, 2.0, 7.0], [1.0, 2.0, 3.0, 4.0], BLUE, is_dense=True)
    assert value_at(line, 2.4) == 3.0


def test_the_value_is_that_of_all_points_not_of_those_that_are_drawn() -> None:
    ys = np.zeros(100_000)
    ys[41_234] = 0.5
    ys[41_235] = 1.0
    figure = Figure("loss", (Line("a", np.arange(1e5), ys, BLUE, "■", is_dense=True),), "step", cursor=41_234.0)
    assert readings(figure) == {0: "0.5000"}


def test_without_a_cursor_nothing_is_read() -> None:
    assert readings(curves_figure([build_run()], ["test_loss"])) == {}


def test_a_run_reads_training_and_test_beside_each_other() -> None:
    from dataclasses import replace

    figure = replace(loss_figure([build_run()]), cursor=2.0)
    assert readings(figure) == {0: "·· 0.0500 ── 0.1000"}


def test_seeds_of_a_trial_read_as_lowest_and_highest() -> None:
    lines = (epochs([5.0, 7.0, 9.0]), Line("", [1.0, 2.0], [6.0, 8.0], BLUE, "■"), Line("b", [1.0], [1.0], RED, "▲"))
    assert readings(Figure("loss", lines, cursor=2.0)) == {0: "7.0000…8.0000", 2: "–"}


def test_a_raw_curve_behind_is_not_read() -> None:
    lines = (epochs([5.0, 7.0, 9.0]), Line("", [1.0, 2.0], [6.0, 8.0], BLUE, "■", is_dim=True))
    assert readings(Figure("loss", lines, cursor=2.0)) == {0: "7.0000"}


def test_a_mean_reads_with_its_interval() -> None:
    xs = np.array([1.0, 2.0, 3.0])
    band = Band("a", xs, np.array([4.0, 6.0, np.nan]), np.array([6.0, 9.0, np.nan]), BLUE)
    figure = Figure("accuracy", (epochs([0.05, 0.07, 0.09]),), bands=(band,), cursor=1.0)
    assert readings(figure) == {0: "0.0500 ± 1.0000"}
    assert half_width_at(band, 2.0) == 1.5
    assert half_width_at(band, 3.0) is None
    assert half_width_at(band, 0.5) is None


def test_the_legend_carries_the_values_and_the_title_the_place() -> None:
    figure = Figure("accuracy", (epochs([0.5, 0.75, 0.9]),), "epoch", y_percent=True, cursor=2.0)
    rows = render_lines(figure, 60, 14, color=False).splitlines()
    assert rows[0] == "accuracy %   at epoch 2   ■ a 75.00"
    assert sum("│" in row[20:] for row in rows) >= 7  # the line through the chart


def test_where_room_is_short_names_are_cut_before_values() -> None:
    lines = tuple(
        Line(f"a rather long name {index}", [1.0, 2.0], [index / 10, 0.5], BLUE, marker)
        for index, marker in enumerate("■▲●◆▼★", start=1)
    )
    text = render_lines(Figure("loss", lines, "epoch", cursor=1.0), 60, 12, color=False)
    assert all(f"0.{index}000" in text for index in range(1, 7))
    assert "more" not in text
