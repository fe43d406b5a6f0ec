from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow
from engine.statistics.estimate import Estimate
from tests.tui.charts.runs import build_run
from tui.charts.pareto import ParetoPoint, pareto_figure, pareto_front, pareto_points
from tui.charts.recipe_looks import name_rows
from tui.charts.render import render_lines

BLUE = "#339ecc"


def point(x: float, y: float, half_width: float | None = None, name: str = "a", marker: str = "■") -> ParetoPoint:
    return ParetoPoint(name, x, y, half_width, BLUE, marker)


def test_the_front_is_what_none_beats_in_both() -> None:
    points = [point(3, 0.9), point(1, 0.5), point(2, 0.95), point(2, 0.4), point(5, 0.95)]
    assert pareto_front(points) == [1, 2]


def test_of_a_loss_the_lower_is_better() -> None:
    assert pareto_front([point(1, 0.5), point(2, 0.4), point(3, 0.6)], is_higher_better=False) == [0, 1]


def test_equal_points_beat_each_other_not() -> None:
    assert pareto_front([point(1, 0.5), point(1, 0.5), point(1, 0.4)]) == [0, 1]


def test_the_front_is_a_stepped_line_that_rises_at_each_better_point() -> None:
    figure = pareto_figure([point(1, 0.5), point(2, 0.7), point(3, 0.6), point(4, 0.9)])
    steps = figure.lines[0]
    assert list(zip(steps.xs, steps.ys, strict=True)) == [(1, 0.5), (2, 0.5), (2, 0.7), (4, 0.7), (4, 0.9)]


def test_beaten_points_are_dimmed_and_in_brackets() -> None:
    figure = pareto_figure([point(1, 0.9, name="good"), point(2, 0.5, name="bad", marker="▲")])
    assert [(line.name, line.is_dim, line.marker) for line in figure.lines] == [
        ("good", False, "■"), ("(bad)", True, "▲"),
    ]  # fmt: skip
    assert "(1 beaten)" in figure.caption
    text = render_lines(figure, 60, 16, color=False)
    assert text.count("▲") == text.count("■") == 2  # in the legend and at the point


def test_an_interval_is_a_bar() -> None:
    figure = pareto_figure([point(1, 0.9, 0.05)])
    bar = figure.lines[1]
    assert list(bar.xs) == [1, 1]
    assert list(bar.ys) == pytest.approx([0.85, 0.95])
    assert "bar: 95 % interval" in figure.caption
    assert "bar" not in pareto_figure([point(1, 0.9)]).caption


@pytest.mark.parametrize(("xs", "is_log"), [((1, 9), False), ((1, 10), True), ((0, 100), False), ((5,), False)])
def test_prices_over_a_decade_are_logarithmic(xs: tuple[float, ...], is_log: bool) -> None:
    assert pareto_figure([point(x, 0.5) for x in xs]).log_x is is_log


def test_long_trainings_are_in_minutes_and_parameters_are_whole() -> None:
    assert pareto_figure([point(600, 0.5), point(900, 0.6)]).x_label == "min"
    parameters = pareto_figure([point(600, 0.5), point(900, 0.6)], price="parameters")
    assert (parameters.x_label, parameters.x_unit, parameters.x_integer) == ("parameters", 1.0, True)


def test_nothing_to_compare_says_so() -> None:
    assert "Nothing to compare yet." in render_lines(pareto_figure([]), 60, 12, color=False)


def rows() -> list[LeaderboardRow]:
    runs = [build_run(label, seed=seed, tables={}) for label in ("bn=on", "bn=off") for seed in (0, 1)]
    for run in runs:
        config = run.trial.config
        change = {"optim": config.optim.model_copy(update={"lr": 0.5 if run.trial.label == "bn=on" else 0.1})}
        run.trial = run.trial.with_config(config.model_copy(update=change))
    return rank([run.summary() for run in runs], "test_accuracy")


def test_leaderboard_rows_are_points_in_the_look_of_their_trial() -> None:
    found = pareto_points(rows(), "train_seconds")
    assert {(one.name, one.x, one.half_width) for one in found} == {("bn=on", 3.0, 0.0), ("bn=off", 3.0, 0.0)}
    assert len({one.color for one in found}) == 2
    assert [one.x for one in pareto_points(rows(), "parameters")] == [1.0, 1.0]


def test_rows_without_the_metric_or_the_price_are_left_out() -> None:
    first, second = rows()
    gone = replace(first, runs=(), estimates={"train_seconds": Estimate(1.0, None, 1)})
    nan = replace(second, estimates={**second.estimates, "test_accuracy": Estimate(math.nan, None, 1)})
    assert pareto_points([gone, nan], "train_seconds") == []
    assert len(pareto_points(rows(), "train_seconds", metric="test_loss")) == 2
    assert pareto_points(rows(), "train_seconds", metric="no_such") == []


def test_recipes_of_one_name_are_told_apart_by_their_settings() -> None:
    first, second = rows()
    alike = [replace(first, label="a"), replace(second, label="a")]
    namings = name_rows(alike)
    assert {naming.name for naming in namings} == {"a lr=0.5", "a lr=0.1"}
    assert len({naming.identity for naming in namings}) == 2
    namesake = replace(second, preset="other")
    assert [naming.name for naming in name_rows([namesake, second])] == [
        f"other {second.label}", f"batchnorm {second.label}",
    ]  # fmt: skip
    assert [naming.name for naming in name_rows([replace(first, preset="other"), second])] == [
        first.label, second.label,
    ]  # fmt: skip
