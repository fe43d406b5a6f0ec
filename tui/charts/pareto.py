"""What is best for its price: points of recipes, and the front of those that no other one beats in both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.best_epochs import is_higher_better
from engine.leaderboard_row import LeaderboardRow
from tui.charts.curves import LONG_TIME_SECONDS
from tui.charts.figure import Figure, Line
from tui.charts.recipe_looks import name_rows
from tui.charts.span import AXIS_COLOR
from tui.format import is_fraction, metric_words

Price = Literal["train_seconds", "parameters"]

LOG_FROM_RATIO = 10.0
"""Prices that span a decade stand on a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """One recipe: what it costs (x) and what it achieves (y)."""

    name: str
    x: float
    y: float
    half_width: float | None
    """Half of the interval of y; None for a single seed."""
    color: str
    marker: str


def pareto_points(
    rows: Sequence[LeaderboardRow], price: Price, *, metric: str | None = None, known: Sequence[str] = ()
) -> list[ParetoPoint]:
    """Return the points of leaderboard rows that have the metric: that by which they are ranked, or the one named.

    Give rows of one dataset: others say nothing of each other. `known` as in `name_rows`.
    Units: seconds or parameters; the metric as it is recorded.
    """
    points = []
    for row, naming in zip(rows, name_rows(rows, known), strict=True):
        found = row.estimate_of(metric or row.metric)
        seconds = row.estimates.get("train_seconds")
        x = float(row.parameters) if price == "parameters" else seconds.mean if seconds else math.nan
        if found is None or not math.isfinite(found.mean) or not math.isfinite(x):
            continue
        look = naming.identity
        points.append(ParetoPoint(naming.name, x, found.mean, found.half_width, look.color, look.marker))
    return points


def pareto_figure(
    points: Sequence[ParetoPoint], *, metric: str = "test_accuracy", price: Price = "train_seconds",
    log_x: bool | None = None,
) -> Figure:  # fmt: skip
    """Draw what recipes achieve over what they cost; a stepped line joins those that none beats in both.

    The others are dimmed and named in brackets. The mean alone decides: where intervals overlap, the order of two
    recipes may be chance. `log_x` None takes a logarithmic axis where the prices span a decade.
    """
    is_up = is_higher_better(metric)
    prices = [point.x for point in points if point.x > 0]
    if log_x is None:
        log_x = len(prices) == len(points) > 1 and max(prices) >= LOG_FROM_RATIO * min(prices)
    on_front = pareto_front(points, is_higher_better=is_up)
    lines = [
        line
        for place, point in enumerate(points)
        for line in _point_lines(point, is_beaten=place not in on_front)
    ]  # fmt: skip
    is_time = price == "train_seconds"
    is_long = is_time and max(prices, default=0.0) >= LONG_TIME_SECONDS and not log_x
    has_intervals = any(point.half_width is not None for point in points)
    beaten = len(points) - len(on_front)
    words = [
        "── best for its price",
        "bar: 95 % interval" if has_intervals else "",
        f"({beaten} beaten)" if beaten else "",
    ]
    return Figure(
        title=f"{'training time' if is_time else 'parameters'} and {metric_words(metric)}",
        lines=(*_front_line([points[place] for place in on_front]), *lines),
        x_label=("min" if is_long else "s") if is_time else "parameters",
        x_unit=60.0 if is_long else 1.0,
        log_x=log_x,
        x_integer=not is_time,
        y_percent=is_fraction(metric),
        is_apart=True,
        caption="  ".join(word for word in words if word) if points else "",
        message="Nothing to compare yet.",
    )


def pareto_front(points: Sequence[ParetoPoint], *, is_higher_better: bool = True) -> list[int]:
    """Return the places of the points that no other is as good as for less, or better than for as much; cheapest first.

    Of equal ones all are on the front.
    """
    sign = 1.0 if is_higher_better else -1.0

    def is_beaten(point: ParetoPoint) -> bool:
        return any(
            other.x <= point.x and sign * other.y >= sign * point.y and (other.x, other.y) != (point.x, point.y)
            for other in points
        )

    front = [place for place, point in enumerate(points) if not is_beaten(point)]
    return sorted(front, key=lambda place: (points[place].x, points[place].y))


def _point_lines(point: ParetoPoint, *, is_beaten: bool) -> list[Line]:
    """Return the marker of a point and the bar of its interval."""
    name = f"({point.name})" if is_beaten else point.name
    lines = [Line(name, [point.x], [point.y], point.color, point.marker, "points", is_dim=is_beaten)]
    if point.half_width is not None:
        ends = [point.y - point.half_width, point.y + point.half_width]
        lines.append(Line("", [point.x, point.x], ends, point.color, is_dim=is_beaten))
    return lines


def _front_line(front: Sequence[ParetoPoint]) -> list[Line]:
    """Return the steps of the front: a price buys the best of what costs no more."""
    if len(front) < 2:
        return []
    xs = np.repeat([point.x for point in front], 2)[1:]
    ys = np.repeat([point.y for point in front], 2)[:-1]
    return [Line("", xs, ys, AXIS_COLOR)]
