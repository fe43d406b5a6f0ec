"""Where the parts of a chart go for a given size: axes, their labels, and the inside that is left for curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tui.charts.figure import Figure
from tui.charts.raster import DOTS_HIGH, DOTS_WIDE
from tui.charts.scale import Scale
from tui.charts.ticks import Tick, linear_ticks, log_ticks
from tui.format import shorten

CELLS_PER_Y_TICK, MOST_Y_TICKS = 2, 8
CELLS_PER_X_TICK = 8
GAP_BETWEEN_LABELS = 2
AXIS_ROWS = 2
"""The x axis and its labels."""
SMALLEST_WIDTH, SMALLEST_HEIGHT = 4, 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The inside of a chart, in cells; columns and rows count from its lower left corner."""

    width: int
    height: int
    label_width: int
    """Cells left of the y axis."""
    x_ticks: list[int]
    x_labels: list[tuple[int, str]]
    """First column of each text below the x axis."""
    y_ticks: list[tuple[int, str]]


def lay_out(figure: Figure, x: Scale, y: Scale, width: int, height: int) -> Layout | None:
    """Share out `width` by `height` cells; None where no room is left for curves."""
    inside_height = height - AXIS_ROWS
    if inside_height < SMALLEST_HEIGHT:
        return None
    count = min(MOST_Y_TICKS, max(2, (inside_height + 1) // CELLS_PER_Y_TICK))
    y_ticks = _cells(y, _ticks(y, count, factor=100.0 if figure.y_percent else 1.0), inside_height, DOTS_HIGH)
    label_width = max((len(label) for _, label in y_ticks), default=0)
    inside_width = width - 1 - label_width
    if inside_width < SMALLEST_WIDTH:
        return None
    x_ticks = _x_ticks(figure, x, inside_width)
    x_labels = _x_labels(x_ticks, shorten(figure.x_label, inside_width // 3), label_width, inside_width)
    return Layout(inside_width, inside_height, label_width, [column for column, _ in x_ticks], x_labels, y_ticks)


def _x_ticks(figure: Figure, x: Scale, width: int) -> list[tuple[int, str]]:
    """Return the columns of the ticks and their labels, as many as stand apart."""
    count = max(2, width // CELLS_PER_X_TICK)
    while True:
        ticks = _cells(x, _ticks(x, count, integer=figure.x_integer, factor=1 / figure.x_unit), width, DOTS_WIDE)
        if count == 1 or len(ticks) * (_longest(ticks) + GAP_BETWEEN_LABELS) <= width:
            return ticks
        count -= 1


def _x_labels(ticks: list[tuple[int, str]], unit: str, label_width: int, width: int) -> list[tuple[int, str]]:
    """Centre labels under their ticks; the unit takes the end of the row, and the place of labels that reach there."""
    free = -label_width
    limit = width - len(unit) - GAP_BETWEEN_LABELS if unit else width
    labels: list[tuple[int, str]] = []
    for column, text in ticks:
        start = max(-label_width, min(column - len(text) // 2, width - len(text)))
        if start >= free and start + len(text) <= limit:
            labels.append((start, text))
            free = start + len(text) + 1
    if not labels and unit:
        return _x_labels(ticks, "", label_width, width)
    return [*labels, (width - len(unit), unit)] if unit else labels


def _ticks(scale: Scale, count: int, *, integer: bool = False, factor: float = 1.0) -> list[Tick]:
    if scale.is_log:
        return log_ticks(scale.low, scale.high, count, factor=factor)
    return linear_ticks(scale.low, scale.high, count, integer=integer, factor=factor)


def _cells(scale: Scale, ticks: list[Tick], size: int, dots: int) -> list[tuple[int, str]]:
    """Return the cell and the label of each tick, one tick a cell."""
    if not ticks:
        return []
    # By way of dots, so that a tick and a value that are equal share the cell.
    places = np.rint(scale.place(np.array([tick.value for tick in ticks])) * (size * dots - 1)).astype(int) // dots
    cells: dict[int, str] = {}
    for place, tick in zip(places.tolist(), ticks, strict=True):
        cells.setdefault(min(max(place, 0), size - 1), tick.label)
    return list(cells.items())


def _longest(ticks: list[tuple[int, str]]) -> int:
    return max((len(label) for _, label in ticks), default=0)
