"""Rows of spans cut, filled and put next to each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from tui.charts.span import AXIS_COLOR, Row, Span

RULE = " │ "


def row_width(row: Row) -> int:
    """Return the cells that a row takes."""
    return sum(cell_len(span.text) for span in row)


def fitted(row: Row, width: int) -> Row:
    """Cut a row, or fill it with blanks, to so many cells."""
    found: Row = []
    left = width
    for span in row:
        cells = cell_len(span.text)
        if cells > left:
            if left > 0:
                text = set_cell_size(span.text, left) if left < 2 else set_cell_size(span.text, left - 1) + "…"
                found.append(span._replace(text=text))
            return found
        found.append(span)
        left -= cells
    return [*found, Span(" " * left)] if left else found


def beside(columns: Sequence[tuple[Sequence[Row], int]], gap: str = "  ") -> list[Row]:
    """Put blocks of rows next to each other, each filled to its width."""
    height = max((len(rows) for rows, _ in columns), default=0)
    joined: list[Row] = []
    for line in range(height):
        row: Row = []
        for place, (rows, width) in enumerate(columns):
            if place:
                row.append(Span(gap, AXIS_COLOR))
            row += fitted(rows[line] if line < len(rows) else [], width)
        joined.append(row)
    return joined


def wrapped(row: Row, width: int) -> list[Row]:
    """Break a row between words, so that no line is longer than so many cells."""
    lines: list[Row] = [[]]
    for span in row:
        for word in re.findall(r"\S+\s*|\s+", span.text):
            if lines[-1] and row_width(lines[-1]) + cell_len(word.rstrip()) > width:
                lines[-1][-1] = lines[-1][-1]._replace(text=lines[-1][-1].text.rstrip())
                lines.append([])
            lines[-1].append(span._replace(text=word))
    if lines[-1]:
        lines[-1][-1] = lines[-1][-1]._replace(text=lines[-1][-1].text.rstrip())
    return lines


def words(text: str, color: str | None = None, *, is_bold: bool = False) -> Row:
    """Return a row of one span."""
    return [Span(text, color, is_bold=is_bold)]
