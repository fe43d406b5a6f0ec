"""Charts of recipes as text, for `termlab leaderboard` and `termlab compare`: on a terminal, and without one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.commands.plot import PLOT_COLUMNS, PLOT_LINES
from tui.console import emit, wants_colour

if TYPE_CHECKING:
    from engine.leaderboard_row import LeaderboardRow
    from engine.run import Run
    from tui.charts.figure import Figure
    from tui.charts.pareto import Price

CURVE_LINES = 14
"""Of each chart where several stand under each other."""


class RecipeChart(StrEnum):
    """What is drawn of recipes."""

    INTERVALS = "intervals"
    TIME = "time"
    PARAMETERS = "parameters"


def emit_recipe_chart(sections: Sequence[Sequence[LeaderboardRow]], chart: RecipeChart, baseline: str | None) -> None:
    """Print the means of recipes with their intervals, or over what they cost; a chart for each dataset.

    `baseline` is the fingerprint of the recipe at which a line stands among intervals.
    """
    from tui.charts.pareto import pareto_figure, pareto_points

    for rows in sections:
        if chart is RecipeChart.INTERVALS:
            _emit_intervals(rows, baseline)
            continue
        price: Price = "train_seconds" if chart is RecipeChart.TIME else "parameters"
        _emit_figures([pareto_figure(pareto_points(rows, price), metric=rows[0].metric, price=price)], PLOT_LINES)


def emit_mean_curves(groups: Sequence[Sequence[Run]], metrics: Sequence[str]) -> None:
    """Print the mean curves of recipes in bands of their 95 % interval, a chart for each metric that they have."""
    from tui.charts.bands import bands_figure

    figures = [bands_figure(groups, metric, log_y=metric.endswith("loss")) for metric in metrics]
    _emit_figures([figure for figure in figures if figure.lines], CURVE_LINES)


def _emit_intervals(rows: Sequence[LeaderboardRow], baseline: str | None) -> None:
    from tui.charts.intervals import interval_items, interval_rows
    from tui.charts.render import rows_text
    from tui.format import metric_words, plain

    columns, _ = shutil.get_terminal_size((PLOT_COLUMNS, PLOT_LINES))
    metric = rows[0].metric
    base = next((row for row in rows if row.fingerprint == baseline), None)
    based_on = base.estimate_of(metric) if base is not None else None
    has_colours = wants_colour(sys.stdout)
    drawn = interval_rows(interval_items(rows), columns, metric=metric, reference=based_on.mean if based_on else None)
    title = f"{metric_words(metric)}, mean with 95 % interval, {plain(rows[0].test_data)}"
    emit(f"\n{title}\n{rows_text(drawn, color=has_colours)}", has_colours=has_colours)


def _emit_figures(figures: Sequence[Figure], lines: int) -> None:
    from tui.charts.render import render_lines

    columns, _ = shutil.get_terminal_size((PLOT_COLUMNS, PLOT_LINES))
    has_colours = wants_colour(sys.stdout)
    for figure in figures:
        emit("\n" + render_lines(figure, columns, lines, color=has_colours), has_colours=has_colours)
