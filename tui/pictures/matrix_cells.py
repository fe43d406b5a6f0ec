"""A `Matrix` as rows of cells: numbers on a background that is the stronger the larger their share."""

from __future__ import annotations

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.pictures.colour_map import SHADES
from tui.pictures.plate import Matrix
from tui.pictures.rows import fitted, words

_LIGHT, _STRONG = (222, 235, 247), (8, 69, 148)
"""Source: ColorBrewer's Blues."""
LEAST_CELL, MOST_CELL, MOST_NAME = 3, 9, 14


def matrix_rows(panel: Matrix, width: int, height: int, *, color: bool) -> list[Row]:
    """Draw the matrix; columns that have no room are left out, with a word about it."""
    name_width = min(MOST_NAME, max(len(name) for name in (*panel.row_names, panel.corner)))
    right = [max(map(len, column)) + 1 for column in panel.right]
    room = width - name_width - sum(right)
    widest = max((len(text) for row in panel.cells for text in row), default=1)
    cell = max(LEAST_CELL, min(MOST_CELL, max(widest, *(len(name) for name in panel.column_names)) + 1))
    if cell * len(panel.column_names) > room:
        cell = max(LEAST_CELL, widest + 1, room // max(1, len(panel.column_names)))
    columns = max(1, min(len(panel.column_names), room // cell))
    heading = [*fitted(words(panel.corner, AXIS_COLOR), name_width)]
    heading += [Span(f" {_cut(name, cell - 1):>{cell - 1}}", AXIS_COLOR) for name in panel.column_names[:columns]]
    heading += [Span(f"{column[0]:>{one}}", AXIS_COLOR) for column, one in zip(panel.right, right, strict=True)]
    rows: list[Row] = [heading]
    for place, name in enumerate(panel.row_names):
        row = [*fitted(words(name), name_width)]
        for column in range(columns):
            text, shade = panel.cells[place][column], float(panel.shades[place, column])
            row.append(_shaded(text, shade, cell, color=color))
        row += [Span(f"{texts[place + 1]:>{one}}") for texts, one in zip(panel.right, right, strict=True)]
        rows.append(row)
    for name, *texts in panel.below:
        row = fitted(words(name, AXIS_COLOR), name_width)
        rows.append([*row, *(Span(f" {text:>{cell - 1}}") for text in texts[:columns])])
    if columns < len(panel.column_names):
        left_out = len(panel.column_names) - columns
        rows.insert(0, words(f"{left_out} more columns have no room; a wider window shows them", AXIS_COLOR))
    if len(rows) > height:
        hidden = len(rows) - height + 1
        rows = [*rows[: height - 1], words(f"{hidden} more rows have no room", AXIS_COLOR)]
    return rows


def _shaded(text: str, shade: float, cell: int, *, color: bool) -> Span:
    if not shade > 0:
        return Span(f" {text:>{cell - 1}}", AXIS_COLOR)
    if not color:
        return Span(f"{SHADES[min(4, 1 + int(shade * 4))]}{text:>{cell - 1}}")
    mixed = [round(low + (high - low) * shade) for low, high in zip(_LIGHT, _STRONG, strict=True)]
    ink = "#ffffff" if shade > 0.45 else "#08306b"
    return Span(f" {text:>{cell - 1}}", ink, background="#{:02x}{:02x}{:02x}".format(*mixed))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 1)] + "…"
