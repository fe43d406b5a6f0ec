"""Means with their intervals under each other, in plain text: what is told apart is seen at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.leaderboard_row import LeaderboardRow
from tui.charts.recipe_looks import name_rows
from tui.charts.scale import Scale, fit_scale
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.charts.ticks import linear_ticks
from tui.format import MISSING, estimate, is_fraction, shorten

NAMES_SHARE = 3
"""One cell in so many may go to names."""
GAP = 2
LEAST_PLOT = 12
"""Cells below which the values alone are shown."""
CELLS_PER_TICK = 9
REFERENCE = "┊"


@dataclass(frozen=True, slots=True)
class IntervalItem:
    """One recipe: its mean and, from two seeds on, half of its interval."""

    name: str
    mean: float
    half_width: float | None
    color: str
    marker: str


def interval_items(
    rows: Sequence[LeaderboardRow], *, metric: str | None = None, known: Sequence[str] = ()
) -> list[IntervalItem]:
    """Return leaderboard rows that have the metric: that by which they are ranked, or the one named.

    Give rows of one dataset. `known` as in `name_rows`.
    """
    items = []
    for row, naming in zip(rows, name_rows(rows, known), strict=True):
        if (found := row.estimate_of(metric or row.metric)) is not None:
            look = naming.identity
            items.append(IntervalItem(naming.name, found.mean, found.half_width, look.color, look.marker))
    return items


def interval_rows(
    items: Sequence[IntervalItem], width: int, *, metric: str = "test_accuracy", reference: float | None = None
) -> list[Row]:
    """Draw a row of `width` cells at most for each item, `name  ├──●──┤  98.95 ± 0.06`, and the axis below.

    A single seed has a marker and no interval. `reference` is where a vertical line stands, as that of a baseline.
    Units: means, half widths and `reference` those of the metric; accuracies are fractions, shown as percent.
    """
    if not items or width < 1:
        return []
    values = [_value(metric, item) for item in items]
    name_width = min(max(len(item.name) for item in items) + 2, max(6, width // NAMES_SHARE))
    value_width = max(map(len, values))
    plot_width = width - name_width - value_width - 2 * GAP
    scale = _scale(items, reference)
    if plot_width < LEAST_PLOT or scale is None:
        return [
            [*_name(item, name_width), Span(f" {shorten(value, max(0, width - name_width - 1))}")]
            for item, value in zip(items, values, strict=True)
        ]
    line = _cell(scale, reference, plot_width) if reference is not None else None
    rows: list[Row] = [
        [
            *_name(item, name_width),
            Span(" " * GAP),
            *_bar(item, scale, plot_width, line),
            Span(f"{' ' * GAP}{value:>{value_width}}"),
        ]
        for item, value in zip(items, values, strict=True)
    ]
    return rows + _axis(scale, plot_width, name_width + GAP, factor=100.0 if is_fraction(metric) else 1.0)


def _value(metric: str, item: IntervalItem) -> str:
    return estimate(metric, item.mean, item.half_width) if not math.isnan(item.mean) else MISSING


def _scale(items: Sequence[IntervalItem], reference: float | None) -> Scale | None:
    ends = [
        item.mean + side * (item.half_width if item.half_width is not None and math.isfinite(item.half_width) else 0.0)
        for item in items
        for side in (-1, 1)
    ]
    ends += [reference] if reference is not None else []
    return fit_scale([np.array([end if math.isfinite(end) else np.nan for end in ends])], is_log=False)


def _name(item: IntervalItem, width: int) -> Row:
    name = shorten(item.name, width - 2)
    return [Span(f"{item.marker} ", item.color), Span(name.ljust(width - 2))]


def _bar(item: IntervalItem, scale: Scale, width: int, line: int | None) -> Row:
    """Return the cells of an interval, with the reference line behind it."""
    cells: list[tuple[str, str | None]] = [(" ", None)] * width
    if line is not None:
        cells[line] = (REFERENCE, AXIS_COLOR)
    if math.isfinite(item.mean):
        if item.half_width is not None and math.isfinite(item.half_width):
            mean = _cell(scale, item.mean, width)  # from which both ends are as far, whatever the rounding
            half = round(item.half_width / (scale.high - scale.low) * (width - 1))
            left, right = max(0, mean - half), min(width - 1, mean + half)
            cells[left : right + 1] = [("─", item.color)] * (right + 1 - left)
            cells[left], cells[right] = ("├", item.color), ("┤", item.color)
        cells[_cell(scale, item.mean, width)] = ("●", item.color)
    row: Row = []
    for text, color in cells:
        if row and row[-1].color == color:
            row[-1] = row[-1]._replace(text=row[-1].text + text)
        else:
            row.append(Span(text, color))
    return row


def _cell(scale: Scale, value: float, width: int) -> int:
    place = (value - scale.low) / (scale.high - scale.low)
    return max(0, min(width - 1, round(place * (width - 1))))


def _axis(scale: Scale, width: int, indent: int, *, factor: float) -> list[Row]:
    """Return the axis and its labels."""
    ticks = linear_ticks(scale.low, scale.high, max(2, width // CELLS_PER_TICK), factor=factor)
    line, labels, free = ["─"] * width, [" "] * width, 0
    for tick in ticks:
        column = _cell(scale, tick.value, width)
        line[column] = "┬"
        start = max(0, min(column - len(tick.label) // 2, width - len(tick.label)))
        if start >= free:
            labels[start : start + len(tick.label)] = tick.label
            free = start + len(tick.label) + 1
    unit = " %" if factor != 1 else ""
    return [
        [Span(" " * indent + "".join(line), AXIS_COLOR)],
        [Span(" " * indent + "".join(labels) + unit, AXIS_COLOR)],
    ]
