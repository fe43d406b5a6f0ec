"""`Charts` as rows of cells: a grid of them, as many as there is room for."""

from __future__ import annotations

import math

from tui.charts.render import render_rows
from tui.charts.span import AXIS_COLOR, Row
from tui.pictures.drawn import GAP, Drawn
from tui.pictures.plate import Charts
from tui.pictures.rows import beside, words

PROPORTION = 3.5
"""Of a chart: cells across for each row."""


def chart_rows(panel: Charts, width: int, height: int, page: int) -> Drawn:
    """Draw a page of charts."""
    if not panel.figures:
        return Drawn([words(panel.empty, AXIS_COLOR)])
    count = len(panel.figures)
    columns, rows = _grid(panel, width, height)
    pages = math.ceil(count / (columns * rows))
    first = min(page, pages - 1) * columns * rows
    across = (width - GAP * (columns - 1)) // columns
    tall = max(1, (height - (rows - 1)) // rows)
    drawn: list[Row] = []
    for start in range(first, min(first + columns * rows, count), columns):
        seen = panel.figures[start : start + columns]
        drawn += [[]] if drawn else []
        drawn += beside([(render_rows(figure, across, tall), across) for figure in seen])
    return Drawn(drawn[:height], pages)


def _grid(panel: Charts, width: int, height: int) -> tuple[int, int]:
    """Return columns and rows of charts: as many charts as fit, and of such grids the one of the best proportion."""
    count = len(panel.figures)
    most_columns = max(1, min(count, (width + GAP) // (panel.least_width + GAP)))
    most_rows = max(1, (height + 1) // (panel.least_height + 1))

    def merit(columns: int) -> tuple[int, int, float]:
        rows = min(math.ceil(count / columns), most_rows)
        proportion = (width / columns) / (height / rows)
        empty = max(0, columns * rows - count)
        return min(count, columns * rows), -empty, -abs(math.log(proportion / PROPORTION))

    columns = max(range(1, most_columns + 1), key=merit)
    return columns, min(math.ceil(count / columns), most_rows)
