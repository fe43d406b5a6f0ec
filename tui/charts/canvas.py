"""The inside of a chart as characters and inks: bands at the back, then quiet lines, the others, and their markers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tui.charts.clip import Clipped
from tui.charts.figure import Band, Figure, Floats, Line
from tui.charts.marks import mark_places
from tui.charts.raster import DOTS_HIGH, DOTS_WIDE, Ints, Raster
from tui.charts.scale import Scale, clean
from tui.charts.span import AXIS_COLOR
from tui.charts.thin import thin

BRAILLE = 0x2800
CURSOR = "│"
BAND_TEXTURES = ((0, 0), (1, 1), (1, 0), (0, 1))
"""Which dot in each square of four is set; of bands over each other the dots stand side by side."""
QUIET_DOTS = 0x95
"""Every second dot, as on a chessboard: a dense curve behind others stays a veil, without colour too."""
PLAIN_INK, AXIS_INK, FIRST_LINE_INK = 0, 1, 2
_ASCII_CELLS = np.array([ord(" ")] + [
    ord(":" if bits & 0x1B and bits & 0xE4 else "'" if bits & 0x1B else ".") for bits in range(1, 256)
])  # fmt: skip
ASCII_BAND = ord(",")

Ink = tuple[str | None, bool]
"""A colour, `#rrggbb` or the terminal's own, and whether it is dimmed."""


def inks(figure: Figure) -> list[Ink]:
    """Return what the numbers of inks stand for: bare text, the axes, each line, each band."""
    lines = [(line.color, line.is_dim) for line in figure.lines]
    return [(None, False), (AXIS_COLOR, False), *lines, *((band.color, True) for band in figure.bands)]


def draw_inside(
    figure: Figure, clipped: Sequence[Clipped], x: Scale, y: Scale, shape: tuple[int, int], cursor: int | None,
    *, ascii_only: bool,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Return the code point and the ink of each cell, row 0 at the bottom; (height, width) each."""
    height, width = shape
    back = Raster.blank(width, height)
    for place, band in enumerate(figure.bands):
        back.fill(_area(band, x, y, back, place), place)
    codes = np.where(back.bits > 0, ASCII_BAND if ascii_only else BRAILLE + back.bits, ord(" "))
    owners = np.where(back.bits > 0, FIRST_LINE_INK + len(figure.lines) + back.owner, PLAIN_INK)
    if cursor is not None:
        codes[:, cursor], owners[:, cursor] = ord(CURSOR), AXIS_INK
    raster, own = _lines(figure.lines, clipped, x, y, back)
    is_drawn = raster.bits > 0
    codes = np.where(is_drawn, _ASCII_CELLS[raster.bits] if ascii_only else BRAILLE + raster.bits, codes)
    owners = np.where(is_drawn, FIRST_LINE_INK + raster.owner, owners)
    for column, row, line in mark_places(own, width, [line.style == "dotted" for line in figure.lines]):
        codes[row, column], owners[row, column] = ord(figure.lines[line].marker), FIRST_LINE_INK + line
    return codes, owners


def _lines(
    lines: Sequence[Line], clipped: Sequence[Clipped], x: Scale, y: Scale, back: Raster
) -> tuple[Raster, list[tuple[Ints, Ints]]]:
    """Draw every line; return also the cells of the points that may carry its marker."""
    layers = [Raster.blank(back.width, back.height) for _ in range(3)]
    quiet, raster, front = layers
    own: list[tuple[Ints, Ints]] = [(np.empty(0, np.int64), np.empty(0, np.int64))] * len(lines)
    # Solid lines over dotted ones; where two cross, their dots share the cell. What is in front shares none.
    for place in sorted(range(len(lines)), key=lambda place: lines[place].style == "solid"):
        line, part = lines[place], clipped[place]
        xs, ys = thin(part.xs, part.ys, back.width * DOTS_WIDE)
        columns, rows = _dots(*part.path(xs, ys), x, y, back)
        layer = front if line.is_front else quiet if line.is_dim else raster
        layer.draw(columns, rows, place, line.style)
        if line.marker and len(columns):
            # What only passes through has its marker half-way.
            points = _dots(xs, ys, x, y, back) if len(xs) else (columns.mean(keepdims=True), rows.mean(keepdims=True))
            across, up = points[0] // DOTS_WIDE, points[1] // DOTS_HIGH
            # NaN is nowhere, and single raw values may lie beyond the axis.
            inside = (across >= 0) & (across < back.width) & (up >= 0) & (up < back.height)
            own[place] = across[inside].astype(np.int64), up[inside].astype(np.int64)
    quiet.bits &= QUIET_DOTS
    quiet.cover(raster)
    quiet.cover(front)
    return quiet, own


def _dots(xs: Floats, ys: Floats, x: Scale, y: Scale, raster: Raster) -> tuple[Floats, Floats]:
    """Return where points lie, in dots from the lower left corner; what is beyond the axis just outside."""
    across, up = raster.width * DOTS_WIDE, raster.height * DOTS_HIGH
    rows = np.clip(y.place(ys) * (up - 1), -1.0, up)  # the way to a value a million times larger has as many dots
    return np.rint(x.place(xs) * (across - 1)), np.rint(rows)


def _area(
    band: Band, x: Scale, y: Scale, raster: Raster, place: int
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which dots a band sets: a light texture from its low to its high edge."""
    across, up = raster.width * DOTS_WIDE, raster.height * DOTS_HIGH
    xs = clean(band.xs, is_log=x.is_log)
    shown = np.isfinite(xs)
    columns, lows, highs = x.place(xs[shown]) * (across - 1), band.lows[shown], band.highs[shown]
    low, high = (y.place(clean(edge, is_log=y.is_log)) * (up - 1) for edge in (lows, highs))
    if y.is_log:
        low = np.where(np.isfinite(high) & (lows <= 0), 0.0, low)  # it reaches down to what has no logarithm
    at = np.arange(across)
    if len(columns):
        low_at = np.interp(at, columns, low, left=np.nan, right=np.nan)
        high_at = np.interp(at, columns, high, left=np.nan, right=np.nan)
        near = np.rint(columns)
        seen = (near >= 0) & (near < across)
        np.fmin.at(low_at, near[seen].astype(np.int64), low[seen])  # of many points in a column the extremes
        np.fmax.at(high_at, near[seen].astype(np.int64), high[seen])
    else:
        low_at = high_at = np.full(across, np.nan)
    heights = np.arange(up)[:, None]
    column_texture, row_texture = BAND_TEXTURES[place % len(BAND_TEXTURES)]
    texture = (at % 2 == column_texture) & (heights % 2 == row_texture)
    return np.asarray(texture & (heights >= np.floor(low_at)) & (heights <= np.ceil(high_at)), np.bool_)
