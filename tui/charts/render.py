"""A `Figure` as rows of text. The only file that knows plotext, which sets the axes.

Curves stand inside its axes as one braille character a cell (`raster.py`): drawn by plotext they take ten times as
long, wipe each other out where they cross, and stop it with an error at infinity and at the log of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from plotext._figure import _figure_class as PlotextFigure  # the module's own functions share one global figure

from engine.shown import printable
from tui.charts.canvas import AXIS_INK, PLAIN_INK, Ink, draw_inside, inks
from tui.charts.clip import Clipped, clip
from tui.charts.figure import Figure, Floats, Line
from tui.charts.frame import Frame
from tui.charts.header import header_rows
from tui.charts.layout import AXIS_ROWS, Layout, lay_out
from tui.charts.raster import Ints
from tui.charts.reading import readings
from tui.charts.scale import Scale, are_usable, clean, fit_scale
from tui.charts.span import AXIS_COLOR, Row, Span, to_ascii
from tui.format import shorten

NAMES_SHARE, ROOMY_NAMES_SHARE, READING_SHARE = 6, 4, 3
"""One row in so many may go to names below the title, and to values at the cursor."""
ROOMY = 16
"""Rows from which a chart can spare more of them, so that a dozen names all stand there."""
USUAL = (1.0, 99.0)
"""Percentiles between which a raw curve has to be seen; an axis is not stretched for single values beyond them."""
MOST_STRETCH = 2.0
"""By how much of that range it is."""


class Drawing(NamedTuple):
    """A drawn chart, and where its inside is; None where there is none."""

    rows: list[Row]
    frame: Frame | None


def render_lines(figure: Figure, width: int, height: int, *, color: bool, ascii_only: bool = False) -> str:
    """Draw a figure as `height` lines of at most `width` cells, in ANSI colours or as plain text.

    Plain lines carry no trailing blanks. Without colour, marker and legend tell the lines apart.
    """
    return rows_text(render_rows(figure, width, height, ascii_only=ascii_only), color=color)


def rows_text(rows: Sequence[Row], *, color: bool) -> str:
    """Write drawn rows in ANSI colours or as plain text without trailing blanks."""
    if color:
        return "\n".join("".join(span.to_ansi() for span in row) for row in rows)
    return "\n".join("".join(span.text for span in row).rstrip() for row in rows)


def render_rows(figure: Figure, width: int, height: int, *, ascii_only: bool = False) -> list[Row]:
    """Draw a figure as `height` rows of spans, top row first, no row longer than `width` cells."""
    return draw(figure, width, height, ascii_only=ascii_only).rows


def draw(figure: Figure, width: int, height: int, *, ascii_only: bool = False) -> Drawing:
    """Draw a figure as `render_rows` does, and say where its inside is."""
    if width < 1 or height < 1:
        return Drawing([], None)
    if figure.x_limits is not None and not are_usable(figure.x_limits, is_log=figure.log_x):
        figure = replace(figure, x_limits=None)
    xs = [clean(line.xs, is_log=figure.log_x) for line in figure.lines]
    ys = [clean(line.ys, is_log=figure.log_y) for line in figure.lines]
    every_x = [*xs, *(clean(band.xs, is_log=figure.log_x) for band in figure.bands)]
    # Without a y there is nothing to see of an x.
    every_x[: len(xs)] = [np.where(np.isnan(y), np.nan, x) if len(x) == len(y) and np.isnan(y).any() else x
                          for x, y in zip(xs, ys, strict=True)]  # fmt: skip
    if figure.x_whole is not None:
        every_x = [*every_x, clean(figure.x_whole, is_log=figure.log_x)]
    whole = fit_scale(every_x, is_log=figure.log_x, starts_at_zero=True)
    x = fit_scale(every_x, is_log=figure.log_x, limits=figure.x_limits, starts_at_zero=True)
    parts = [
        clip(one, other, x, is_log_y=figure.log_y, is_joined=line.style != "points") if x else Clipped(one, other)
        for one, other, line in zip(xs, ys, figure.lines, strict=True)
    ]
    y = fit_scale(_heights(figure, parts, x), is_log=figure.log_y)
    told = readings(figure, _tolerance(figure, x, width))
    share = READING_SHARE if told else NAMES_SHARE if height < ROOMY else ROOMY_NAMES_SHARE
    captioned = _told_of_raw(figure, parts, y) if y else figure
    header = header_rows(captioned, width, most_rows=1 + height // share, readings=told)
    layout = lay_out(figure, x, y, width, height - len(header)) if x and y else None
    frame = None
    if x and y and whole and layout:
        frame = Frame(layout.label_width + 1, len(header), layout.width, layout.height, x, whole, figure.x_unit)
        column = frame.column_of(figure.cursor) if figure.cursor is not None else None
        codes, owners = draw_inside(
            figure, parts, x, y, (layout.height, layout.width), column, ascii_only=ascii_only
        )  # fmt: skip
        rows = header + _rows(codes, owners, layout, inks(figure))
    elif x and y:
        rows = header
    else:
        message = "Nothing here; f shows all." if whole and figure.x_limits else figure.message
        rows = header + _message(message, width, height - len(header))
    rows = (rows + [[] for _ in range(height)])[:height]
    rows = [[_printable(span) for span in row] for row in rows]
    rows = [[span._replace(text=to_ascii(span.text)) for span in row] for row in rows] if ascii_only else rows
    return Drawing(rows, frame)


def _printable(span: Span) -> Span:
    text = printable(span.text)
    return span if text == span.text else span._replace(text=text)


def _tolerance(figure: Figure, x: Scale | None, width: int) -> float:
    """Return how far from its points a line is read: as far as the cell reaches in which the cursor stands."""
    if x is None or figure.cursor is None:
        return 0.0
    return Frame(0, 0, width, 1, x, x).half_cell(figure.cursor)


def _heights(figure: Figure, parts: Sequence[Clipped], x: Scale | None) -> list[Floats]:
    """Return what the y axis has to show."""
    heights: list[Floats] = []
    for line, part in zip(figure.lines, parts, strict=True):
        _, ys = part.path(part.xs, part.ys)
        if _is_raw(line) and not np.isnan(ys).all():
            ys = _usual(ys, is_log=figure.log_y)
        heights.append(ys)
    for band in figure.bands:
        seen = (band.xs >= x.low) & (band.xs <= x.high) if x else np.ones(len(band.xs), np.bool_)
        heights += [clean(edge[seen], is_log=figure.log_y) for edge in (band.lows, band.highs)]
    return heights


def _usual(ys: Floats, *, is_log: bool) -> Floats:
    """Return the lowest and the highest value of a raw curve that an axis has to show."""
    whole, usual = np.nanpercentile(ys, (0.0, 100.0)), np.nanpercentile(ys, USUAL)
    # No quotient of the ends: that of 1e137 and 1e-172 is larger than any number.
    ranges = [np.log(ends[1]) - np.log(ends[0]) if is_log else ends[1] - ends[0] for ends in (whole, usual)]
    return np.asarray(whole if ranges[0] <= MOST_STRETCH * ranges[1] else usual, np.float64)


def _is_raw(line: Line) -> bool:
    return line.is_dim and line.is_dense and not line.name


def _told_of_raw(figure: Figure, parts: Sequence[Clipped], y: Scale) -> Figure:
    """Say how many values of raw curves lie beyond the axis, which is that of the curves before them."""
    beyond = sum(
        int(((part.ys < y.low) | (part.ys > y.high)).sum())
        for line, part in zip(figure.lines, parts, strict=True)
        if _is_raw(line)
    )
    return replace(figure, caption=f"{figure.caption}, {beyond:,} beyond the axis") if beyond else figure


def _message(text: str, width: int, height: int) -> list[Row]:
    text = shorten(text, width)
    above: list[Row] = [[] for _ in range(max(0, (height - 1) // 2))]
    return [*above, [Span(" " * ((width - len(text)) // 2)), Span(text, AXIS_COLOR)]]


def _rows(codes: Ints, owners: Ints, layout: Layout, palette: Sequence[Ink]) -> list[Row]:
    """Put the inside into its axes, top row first."""
    left = layout.label_width + 1
    axes = _axes(layout.label_width, layout.width, layout.height, tuple(layout.x_ticks), tuple(layout.y_ticks))
    cells = np.array(axes)
    is_axis = (cells != ord(" ")).astype(np.int64) * AXIS_INK
    cells[AXIS_ROWS:, left:], is_axis[AXIS_ROWS:, left:] = codes, owners
    for column, text in layout.x_labels:
        cells[0, left + column : left + column + len(text)] = [ord(character) for character in text]
        is_axis[0, left + column : left + column + len(text)] = AXIS_INK
    return [_spans(cells[row], is_axis[row], palette) for row in reversed(range(len(cells)))]


@lru_cache(maxsize=32)  # they stay while a cursor moves, and take longer than the curves
def _axes(
    label_width: int, width: int, height: int, x_ticks: tuple[int, ...], y_ticks: tuple[tuple[int, str], ...]
) -> tuple[tuple[int, ...], ...]:
    """Let plotext set the axes, in units of cells; return code points, bottom row first."""
    plot = PlotextFigure()
    plot._limit_size(False, False)  # else the size of the terminal would bound that of the chart
    plot.theme("clear")
    plot.plot_size(label_width + 1 + width, AXIS_ROWS + height)
    plot.xaxes(True, False)
    plot.yaxes(True, False)
    plot.xlim(0, width - 1)
    plot.ylim(0, height - 1)
    plot.scatter([0], [0], marker=" ")  # without any point plotext leaves out the axes
    # plotext sets labels in the order of a set of strings, another one in each process, and drops those that collide.
    plot.xticks(list(x_ticks), [""] * len(x_ticks))
    plot.yticks([row for row, _ in y_ticks], [label for _, label in y_ticks])
    plot._set_sizes()
    plot._build_matrix()
    return tuple(tuple(ord(character) for character in row) for row in plot.monitor.matrix.marker)


def _spans(codes: Ints, owners: Ints, palette: Sequence[Ink]) -> Row:
    """Join the cells of a row that share an ink."""
    text = codes.astype("<u4").tobytes().decode("utf-32-le")
    edges = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist(), len(text)]
    row: Row = []
    for start, stop in pairwise(edges):
        color, is_dim = palette[owners[start]]
        row.append(Span(text[start:stop], color, is_dim=is_dim and owners[start] != PLAIN_INK))
    return row
