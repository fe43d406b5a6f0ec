"""A `Plane` as rows of cells, inside its axes."""

from __future__ import annotations

from tui.charts.pictures import picture_rows
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.charts.ticks import linear_ticks
from tui.pictures.plate import Plane
from tui.pictures.rows import words


def plane_rows(panel: Plane, width: int, height: int, *, color: bool) -> list[Row]:
    """Draw the map inside its axes, not distorted, as far as cells are twice as high as wide."""
    labels = [(tick.value, tick.label) for tick in linear_ticks(*panel.y_limits, max(2, height // 4))]
    margin = max(len(label) for _, label in labels) + 1
    rows = max(1, height - 1)
    extent = (panel.x_limits[1] - panel.x_limits[0]) / (panel.y_limits[1] - panel.y_limits[0])
    columns = max(1, min(width - margin, round(2 * rows * extent)))
    rows = max(1, min(rows, round(columns / extent / 2)))
    if color:
        drawn = picture_rows(panel.pixels(2 * rows, columns), columns, rows, color=True)
    else:
        drawn = [words(line) for line in panel.shades(rows, columns)]
    low, high = panel.y_limits
    at = {min(rows - 1, int((high - value) / (high - low) * rows)): label for value, label in labels}
    found: list[Row] = [
        [Span(f"{at.get(line, ''):>{margin - 1}}┤" if line in at else " " * (margin - 1) + "│", AXIS_COLOR), *row]
        for line, row in enumerate(drawn)
    ]
    below = [" "] * (columns + margin)
    low, high = panel.x_limits
    for tick in linear_ticks(low, high, max(2, columns // 12)):
        start = margin + min(columns - 1, int((tick.value - low) / (high - low) * columns)) - len(tick.label) // 2
        if start >= 0 and start + len(tick.label) <= len(below):
            below[start : start + len(tick.label)] = tick.label
    return [*found, words("".join(below), AXIS_COLOR)]
