"""A `Figure` as rows of text. The only file that knows plotext, which sets the axes.

Curves enter its matrix as one braille character a cell (`raster.py`): drawn by plotext they take ten times as long,
wipe each other out where they cross, and stop it with an error at infinity and at the log of 0.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
from plotext._figure import _figure_class as PlotextFigure  # the module's own functions share one global figure

from engine.shown import printable
from tui.charts.figure import Figure, Floats, Line
from tui.charts.header import header_rows
from tui.charts.layout import AXIS_ROWS, Layout, lay_out
from tui.charts.marks import mark_places
from tui.charts.raster import DOTS_HIGH, DOTS_WIDE, Raster
from tui.charts.scale import Scale, clean, fit_scale
from tui.charts.span import AXIS_COLOR, Row, Span, rgb, to_ascii
from tui.charts.thin import thin
from tui.format import shorten

BRAILLE = 0x2800
UPPER_DOTS, LOWER_DOTS = 0x1B, 0xE4
NAMES_SHARE, ROOMY_NAMES_SHARE = 6, 4
"""One row in so many may go to names below the title."""
ROOMY = 16
"""Rows from which a chart can spare more of them, so that a dozen names all stand there."""

Points = tuple[Floats, Floats]


def render_lines(figure: Figure, width: int, height: int, *, color: bool, ascii_only: bool = False) -> str:
    """Draw a figure as `height` lines of at most `width` cells, in ANSI colours or as plain text.

    Plain lines carry no trailing blanks. Without colour, marker and legend tell the lines apart.
    """
    rows = render_rows(figure, width, height, ascii_only=ascii_only)
    if color:
        return "\n".join("".join(span.to_ansi() for span in row) for row in rows)
    return "\n".join("".join(span.text for span in row).rstrip() for row in rows)


def render_rows(figure: Figure, width: int, height: int, *, ascii_only: bool = False) -> list[Row]:
    """Draw a figure as `height` rows of spans, top row first, no row longer than `width` cells."""
    if width < 1 or height < 1:
        return []
    header = header_rows(figure, width, most_rows=1 + height // (NAMES_SHARE if height < ROOMY else ROOMY_NAMES_SHARE))
    points = [(clean(line.xs, is_log=figure.log_x), clean(line.ys, is_log=figure.log_y)) for line in figure.lines]
    x = fit_scale([xs for xs, _ in points], is_log=figure.log_x, limits=figure.x_limits, starts_at_zero=True)
    points = [_within(pair, x) for pair in points]
    y = fit_scale([ys for _, ys in points], is_log=figure.log_y)
    layout = lay_out(figure, x, y, width, height - len(header)) if x and y else None
    if x and y and layout:
        rows = header + _draw(figure.lines, points, x, y, layout, ascii_only)
    elif x and y:
        rows = header
    else:
        rows = header + _message(figure.message, width, height - len(header))
    rows = (rows + [[] for _ in range(height)])[:height]
    rows = [[span._replace(text=printable(span.text)) for span in row] for row in rows]
    return [[span._replace(text=to_ascii(span.text)) for span in row] for row in rows] if ascii_only else rows


def _within(points: Points, x: Scale | None) -> Points:
    """Make gaps of the points that x limits leave out."""
    xs, ys = points
    if x is None:
        return points
    outside = ~((xs >= x.low) & (xs <= x.high))
    return (xs, np.where(outside, np.nan, ys)) if outside.any() else points


def _message(text: str, width: int, height: int) -> list[Row]:
    text = shorten(text, width)
    above: list[Row] = [[] for _ in range(max(0, (height - 1) // 2))]
    return [*above, [Span(" " * ((width - len(text)) // 2)), Span(text, AXIS_COLOR)]]


def _draw(
    lines: tuple[Line, ...], points: list[Points], x: Scale, y: Scale, layout: Layout, ascii_only: bool
) -> list[Row]:
    raster = Raster.blank(layout.width, layout.height)
    places = [_places(pair, x, y, raster) for pair in points]
    front = Raster.blank(layout.width, layout.height)
    # Solid lines over dotted ones; where two cross, their dots share the cell. What is in front shares none.
    for line in sorted(range(len(lines)), key=lambda line: lines[line].style == "solid"):
        (front if lines[line].is_front else raster).draw(*places[line], line, lines[line].style)
    raster.cover(front)
    glyphs: dict[tuple[int, int], tuple[str, str]] = {}
    for row, column in np.argwhere(raster.bits).tolist():
        character = _character(int(raster.bits[row, column]), ascii_only)
        glyphs[column, row] = (character, lines[raster.owner[row, column]].color)
    cells = [
        (columns[known].astype(np.int64) // DOTS_WIDE, rows[known].astype(np.int64) // DOTS_HIGH)
        for columns, rows in places
        for known in [np.isfinite(columns) & np.isfinite(rows)]
    ]
    for column, row, line in mark_places(cells, layout.width, [line.style == "dotted" for line in lines]):
        if lines[line].marker:
            glyphs[column, row] = (lines[line].marker, lines[line].color)
    return _with_axes(glyphs, layout)


def _places(points: Points, x: Scale, y: Scale, raster: Raster) -> Points:
    """Return a curve in dots from the lower left corner, thinned to what they can show."""
    across, ys = thin(x.place(points[0]), points[1], raster.width * DOTS_WIDE)
    return np.rint(across * (raster.width * DOTS_WIDE - 1)), np.rint(y.place(ys) * (raster.height * DOTS_HIGH - 1))


def _character(bits: int, ascii_only: bool) -> str:
    if not ascii_only:
        return chr(BRAILLE + bits)
    return ":" if bits & UPPER_DOTS and bits & LOWER_DOTS else "'" if bits & UPPER_DOTS else "."


def _with_axes(glyphs: dict[tuple[int, int], tuple[str, str]], layout: Layout) -> list[Row]:
    """Let plotext set the axes, in units of cells; put labels and curves into its matrix."""
    plot = PlotextFigure()
    plot._limit_size(False, False)  # else the size of the terminal would bound that of the chart
    plot.theme("clear")
    plot.ticks_color(rgb(AXIS_COLOR))
    left = layout.label_width + 1
    plot.plot_size(left + layout.width, AXIS_ROWS + layout.height)
    plot.xaxes(True, False)
    plot.yaxes(True, False)
    plot.xlim(0, layout.width - 1)
    plot.ylim(0, layout.height - 1)
    plot.scatter([0], [0], marker=" ")  # without any point plotext leaves out the axes
    # plotext sets labels in the order of a set of strings, another one in each process, and drops those that collide.
    plot.xticks(layout.x_ticks, [""] * len(layout.x_ticks))
    plot.yticks([row for row, _ in layout.y_ticks], [label for _, label in layout.y_ticks])
    plot._set_sizes()
    plot._build_matrix()
    matrix = plot.monitor.matrix
    for column, text in layout.x_labels:
        matrix.add_horizontal_string(left + column, 0, text, rgb(AXIS_COLOR))
    for (column, row), (character, color) in glyphs.items():
        matrix.insert_element(left + column, AXIS_ROWS + row, character, rgb(color))
    return [_spans(matrix.marker[row], matrix.fullground[row]) for row in reversed(range(matrix.rows))]


def _spans(characters: list[str], colors: list[object]) -> Row:
    """Join the cells of a row that share a colour."""
    row: Row = []
    for color, group in groupby(zip(characters, colors, strict=True), key=lambda cell: cell[1]):
        text = "".join(character for character, _ in group)
        row.append(Span(text, "#{:02x}{:02x}{:02x}".format(*color) if isinstance(color, tuple) else None))
    return row
