"""A `Matrix` as rows of cells: numbers on a background that is the stronger the larger their share."""

from __future__ import annotations

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.pictures.plate import Matrix
from tui.pictures.rows import fitted, words

_LIGHT, _STRONG = (222, 235, 247), (8, 69, 148)
"""Source: ColorBrewer's Blues."""
MOST_CELL, MOST_NAME, NARROW_CELL = 10, 14, 3
LEAST_BELOW = len("100")


def matrix_rows(panel: Matrix, width: int, height: int, *, color: bool) -> list[Row]:
    """Draw the matrix; columns that have no room are left out, with a word about it."""
    count = len(panel.column_names)
    shown_below = panel.below if len(panel.row_names) + 1 + len(panel.below) <= height else ()
    least = max(map(len, panel.row_names)) + NARROW_CELL * count + sum(max(map(len, one)) + 1 for one in panel.right)
    if least + max((len(row[0]) for row in shown_below), default=0) - max(map(len, panel.row_names)) > width >= least:
        shown_below = ()  # the columns matter more than the name of a further row
    below = [row[0] for row in shown_below]
    name_width = min(MOST_NAME, max(map(len, (*panel.row_names, *below))))
    right = [max(map(len, column)) + 1 for column in panel.right]
    room = width - name_width - sum(right)
    widest = max((len(text) for row in panel.cells for text in row), default=1)
    below_cell = max((len(text) for row in shown_below for text in row[1:]), default=0)
    cells, cell = panel.cells, max(widest, min(MOST_CELL, max(map(len, panel.column_names)))) + 1
    if cell * count > room:
        cell = max(widest + 1, room // max(1, count))
    if cell * count > room and panel.narrow_cells:
        cells, cell = panel.narrow_cells, max(NARROW_CELL, room // max(1, count))
    if below_cell and cell < LEAST_BELOW + 1 and (LEAST_BELOW + 1) * count <= room:
        cell = LEAST_BELOW + 1
    columns = max(1, min(count, room // cell))
    rows: list[Row] = [
        [
            Span(" " * name_width),
            *(Span(f" {_cut(name, cell - 1):>{cell - 1}}", AXIS_COLOR) for name in panel.column_names[:columns]),
            *(Span(f"{column[0]:>{one}}", AXIS_COLOR) for column, one in zip(panel.right, right, strict=True)),
        ]
    ]
    for place, name in enumerate(panel.row_names):
        row = [*fitted(words(name), name_width)]
        for column in range(columns):
            row.append(_shaded(cells[place][column], float(panel.shades[place, column]), cell, color=color))
        row += [Span(f"{texts[place + 1]:>{one}}") for texts, one in zip(panel.right, right, strict=True)]
        rows.append(row)
    for name, *texts in shown_below:
        shown = texts if below_cell < cell else [text.partition(".")[0] for text in texts]
        if any(len(text) >= cell for text in shown):
            continue
        row = fitted(words(name, AXIS_COLOR), name_width)
        rows.append([*row, *(Span(f" {text:>{cell - 1}}") for text in shown[:columns])])
    if columns < count:
        rows.insert(0, words(f"+{count - columns} columns in a wider window", AXIS_COLOR))
    if len(rows) > height:
        hidden = len(rows) - height + 1
        rows = [*rows[: height - 1], words(f"+{hidden} rows in a higher window", AXIS_COLOR)]
    return rows


def _shaded(text: str, shade: float, cell: int, *, color: bool) -> Span:
    if not shade > 0:
        return Span(f" {text:>{cell - 1}}", AXIS_COLOR)
    if not color:
        return Span(f" {text:>{cell - 1}}")
    mixed = [round(low + (high - low) * shade) for low, high in zip(_LIGHT, _STRONG, strict=True)]
    ink = "#ffffff" if shade > 0.45 else "#08306b"
    return Span(f" {text:>{cell - 1}}", ink, background="#{:02x}{:02x}{:02x}".format(*mixed))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 1)] + "…"
