"""The rows above a chart: its title, and a legend that never covers a curve."""

from __future__ import annotations

from tui.charts.figure import Figure
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import shorten

GAP = "   "
SMALLEST_WIDTH_FOR_NAMES = 8


def header_rows(figure: Figure, width: int, most_rows: int) -> list[Row]:
    """Return title, caption and legend in at most `most_rows` rows of `width` cells.

    Legend entries that do not fit are counted instead.
    """
    title: Row = [Span(shorten(_title(figure), width), is_bold=True)]
    entries: list[Row] = [
        [
            Span(f"{line.marker or '─'} ", line.color),
            Span(shorten(line.name, max(4, width // 2)), is_bold=line.is_front),
        ]
        for line in sorted(figure.lines, key=lambda line: not line.is_front)
        if line.name and width >= SMALLEST_WIDTH_FOR_NAMES
    ]
    caption: list[Row] = [[Span(figure.caption, AXIS_COLOR)]] if len(figure.caption) in range(1, width) else []
    lines = _wrap([title, *caption, *entries], width)
    if len(lines) > most_rows:
        lines = _wrap([title, *entries], width)  # names matter more
    if len(lines) > most_rows:
        left_out = sum(len(line) for line in lines[most_rows:])
        lines = [*lines[: most_rows - 1], _with_count(lines[most_rows - 1], left_out, width)]
    return [_join(line) for line in lines]


def _title(figure: Figure) -> str:
    unit = " %" if figure.y_percent else f" {figure.y_label}" if figure.y_label else ""
    return f"{figure.title}{unit}{' (log)' if figure.log_y else ''}"


def _wrap(entries: list[Row], width: int) -> list[list[Row]]:
    lines: list[list[Row]] = [[]]
    for entry in entries:
        if lines[-1] and _length([*lines[-1], entry]) > width:
            lines.append([])
        lines[-1].append(entry)
    return lines


def _with_count(line: list[Row], left_out: int, width: int) -> list[Row]:
    """Make room at the end of a line for saying how many entries are missing."""
    kept = list(line)
    while len(kept) > 1 and _length([*kept, [Span(f"+{left_out} more")]]) > width:
        kept.pop()
        left_out += 1
    counted = [*kept, [Span(f"+{left_out} more", AXIS_COLOR)]]
    return counted if _length(counted) <= width else kept


def _length(line: list[Row]) -> int:
    return sum(len(span.text) for span in _join(line))


def _join(line: list[Row]) -> Row:
    row = list(line[0]) if line else []
    for entry in line[1:]:
        row += [Span(GAP), *entry]
    return row
