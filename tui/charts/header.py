"""The rows above a chart: its title, and a legend that never covers a curve."""

from __future__ import annotations

from collections.abc import Mapping

from tui.charts.figure import Figure
from tui.charts.notes import notes_of
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.charts.ticks import UNITS, format_value
from tui.format import shorten

GAP = "   "
SMALLEST_WIDTH_FOR_NAMES = 8
SHORT_NAMES = (16, 8, 0)
"""Cells to which names are cut while a cursor is read, until the values have room."""


def header_rows(figure: Figure, width: int, most_rows: int, readings: Mapping[int, str] | None = None) -> list[Row]:
    """Return title, caption and legend in at most `most_rows` rows of `width` cells.

    Legend entries that do not fit are counted instead. `readings` are what `reading.readings` found at the cursor.
    """
    readings = readings or {}
    title: Row = [Span(shorten(_title(figure), width), is_bold=True)]
    where: list[Row] = [[Span(shorten(words, width), AXIS_COLOR)] for words in [_range(figure), _at(figure)] if words]
    notes: list[Row] = [[Span(shorten(note, width), AXIS_COLOR)] for note in notes_of(figure)]
    caption: list[Row] = [[Span(figure.caption, AXIS_COLOR)]] if len(figure.caption) in range(1, width) else []
    entries = _entries(figure, width, max(4, width // 2), readings)
    lines = _wrap([title, *where, *caption, *notes, *entries], width)
    if len(lines) > most_rows:
        lines = _wrap([title, *where, *notes, *entries], width)  # names matter more
    for most in SHORT_NAMES if readings else ():
        if len(lines) > most_rows:
            lines = _wrap([title, *where, *_entries(figure, width, most, readings)], width)
    if len(lines) > most_rows:
        left_out = sum(len(line) for line in lines[most_rows:])
        lines = [*lines[: most_rows - 1], _with_count(lines[most_rows - 1], left_out, width)]
    return [_join(line) for line in lines]


def _title(figure: Figure) -> str:
    unit = " %" if figure.y_percent else f" {figure.y_label}" if figure.y_label else ""
    logs = [axis for axis, is_log in (("x", figure.log_x), ("y", figure.log_y)) if is_log]
    told = {"": "", "y": " (log)", "x": " (log x)", "xy": " (log x, log y)"}["".join(logs)]
    return f"{figure.title}{unit}{told}"


def _range(figure: Figure) -> str:
    """Say what part of the x axis is in view."""
    if figure.x_limits is None:
        return ""
    low, high = (limit / figure.x_unit for limit in figure.x_limits)
    if low.is_integer() and high.is_integer() and max(abs(low), abs(high)) < UNITS[-1][0]:
        return f"{figure.x_label or 'x'} {low:.0f}–{high:.0f}"
    words = [format_value(value, (high - low) / 20, max(abs(low), abs(high))) for value in (low, high)]
    return f"{figure.x_label or 'x'} {words[0]}–{words[1]}"


def _at(figure: Figure) -> str:
    """Say where the cursor stands."""
    if figure.cursor is None:
        return ""
    value = figure.cursor / figure.x_unit
    return f"at {figure.x_label or 'x'} {f'{value:,.0f}' if value.is_integer() else f'{value:.8g}'}"


def _entries(figure: Figure, width: int, most: int, readings: Mapping[int, str]) -> list[Row]:
    if width < SMALLEST_WIDTH_FOR_NAMES:
        return []
    places = sorted(range(len(figure.lines)), key=lambda place: not figure.lines[place].is_front)
    entries: list[Row] = []
    for place in places:
        line = figure.lines[place]
        if not line.name:
            continue
        name = shorten(line.name, most) if most else ""
        entry: Row = [
            Span(f"{line.marker or '─'} ", line.color, is_dim=line.is_dim),
            Span(name, is_bold=line.is_front, is_dim=line.is_dim),
        ]
        if place in readings:
            gap = " " if name else ""
            entry.append(Span(gap))
            entry.append(Span(shorten(readings[place], width - 2 - len(name) - len(gap)), is_bold=True))
        entries.append(entry)
    return entries


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
