"""Curves as braille: lines to dots, dots to one character a cell. All in NumPy, whatever the length of the curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.charts.figure import Floats, Style

Ints = NDArray[np.int64]

DOTS_WIDE, DOTS_HIGH = 2, 4
"""Dots in a braille cell."""
DOT_BITS = np.array([[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]])
"""Bit of each dot, rows from the bottom. Source: Unicode, block Braille Patterns."""
DOT_SPACING = 3
"""Every third dot of a dotted line is set."""
DASH_DOTS = 4
"""Dots of a dash, and of the gap after it."""


@dataclass(slots=True)
class Raster:
    """Cells of a chart's inside, row 0 at the bottom."""

    width: int
    height: int
    bits: Ints
    """(height, width): which dots are set."""
    owner: Ints
    """(height, width): the line drawn last in a cell, -1 for none."""

    @classmethod
    def blank(cls, width: int, height: int) -> Raster:
        """Return an empty raster of so many cells."""
        shape = (height, width)
        return cls(width, height, np.zeros(shape, np.int64), np.full(shape, -1, np.int64))

    def draw(self, columns: Floats, rows: Floats, line: int, style: Style) -> None:
        """Set the dots of a curve; NaN is a gap, and what lies outside is not drawn.

        Shapes: (N,), (N,) dots from the lower left corner.
        """
        across, up = dots(columns, rows, style)
        inside = (across >= 0) & (across < self.width * DOTS_WIDE) & (up >= 0) & (up < self.height * DOTS_HIGH)
        across, up = across[inside], up[inside]
        cell_rows, cell_columns = up // DOTS_HIGH, across // DOTS_WIDE
        np.bitwise_or.at(self.bits, (cell_rows, cell_columns), DOT_BITS[up % DOTS_HIGH, across % DOTS_WIDE])
        self.owner[cell_rows, cell_columns] = line

    def fill(self, area: NDArray[np.bool_], line: int) -> None:
        """Set the dots of an area; cells that two areas share are taken in turns, as on a chessboard.

        Shapes: (height * DOTS_HIGH, width * DOTS_WIDE), row 0 at the bottom.
        """
        dots = area.reshape(self.height, DOTS_HIGH, self.width, DOTS_WIDE)
        bits = (dots * DOT_BITS[:, None, :]).sum((1, 3))
        rows, columns = np.indices(bits.shape)
        takes = (bits > 0) & ((self.owner < 0) | ((rows + columns + line) % 2 == 0))
        self.bits |= bits
        self.owner[takes] = line

    def cover(self, front: Raster) -> None:
        """Put the cells that another raster of the same size has set in place of one's own."""
        is_set = front.bits > 0
        self.bits[is_set] = front.bits[is_set]
        self.owner[is_set] = front.owner[is_set]


def dots(columns: Floats, rows: Floats, style: Style) -> tuple[Ints, Ints]:
    """Return the dots that a curve through these points sets.

    Shapes: (N,), (N,) -> (M,), (M,).
    """
    known = np.isfinite(columns) & np.isfinite(rows)
    across, up = np.rint(columns[known]).astype(np.int64), np.rint(rows[known]).astype(np.int64)
    joined = (known[1:] & known[:-1]).nonzero()[0]
    if style == "points" or len(joined) == 0:
        return across, up
    rank = np.cumsum(known) - 1
    start = rank[joined]
    rise, run = up[start + 1] - up[start], across[start + 1] - across[start]
    lengths = np.maximum(np.maximum(abs(rise), abs(run)), 1)
    ends = np.cumsum(lengths)
    segment = np.repeat(np.arange(len(lengths)), lengths)
    part = (np.arange(ends[-1]) - (ends - lengths)[segment]) / lengths[segment]
    path_across = np.rint(across[start][segment] + part * run[segment]).astype(np.int64)
    path_up = np.rint(up[start][segment] + part * rise[segment]).astype(np.int64)
    if style == "dashed":
        is_on = np.arange(len(path_across)) % (2 * DASH_DOTS) < DASH_DOTS
        return path_across[is_on], path_up[is_on]
    if style == "dotted":
        return path_across[::DOT_SPACING], path_up[::DOT_SPACING]
    return np.concatenate((path_across, across)), np.concatenate((path_up, up))
