"""`Plate`: a picture, complete but for its size: what it says, its panels, and the legend below them.

Panels hold values and pictures, never cells or inches, so that a terminal and a PNG file show the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tui.charts.figure import Figure
from tui.charts.span import Row
from tui.identity import Identity
from tui.tables import Table

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture with lines of text below it."""

    pixels: Pixels | None
    """Shapes: (H, W, 1) or (H, W, 3); None where there is no picture."""
    lines: tuple[Row, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Tiles of one size, as many as there is room for; the others are on further pages."""

    count: int
    tile: Callable[[int], Tile]
    shape: tuple[int, int] | None
    """Height and width of the pictures in pixels; None where there are none."""
    text_lines: int
    least_columns: int = 16
    """Cells that the text below a picture asks for."""
    tallest: int = 16
    """Rows of a picture, however much room there is."""
    least_across: int = 1
    """Tiles that stand next to each other at least, however small they become."""
    empty: str = "There is nothing to show."


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A row of maps under a line that says whose they are."""

    title: Row
    maps: tuple[Pixels, ...]
    """Shapes: (H, W, 3) each."""


@dataclass(frozen=True, slots=True, eq=False)
class Strips:
    """Strips below each other, as many as there is room for."""

    strips: tuple[Strip, ...]
    across: int
    """Maps that a strip has room for."""


@dataclass(frozen=True, slots=True, eq=False)
class Charts:
    """Curves in axes, in a grid, as many as there is room for."""

    figures: tuple[Figure, ...]
    least_width: int = 34
    least_height: int = 8
    empty: str = "There is nothing to draw."


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Numbers in a grid, shaded by their size."""

    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    shades: NDArray[np.float64]
    """From 0 to 1; NaN is not shaded. Shapes: those of `cells`."""
    narrow_cells: tuple[tuple[str, ...], ...] = ()
    """Shorter texts, of at most two characters, for where the others have no room."""
    right: tuple[tuple[str, ...], ...] = ()
    """Further columns without shades: heading first, then a text for each row."""
    below: tuple[tuple[str, ...], ...] = ()
    """Further rows without shades: name first, then a text for each column."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A map of the plane with points on it."""

    pixels: Callable[[int, int], Pixels]
    """Draws it in so many rows and columns of pixels, the topmost first. Shapes: -> (rows, columns, 3)."""
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    shades: Callable[[int, int], list[str]]
    """Draws it in so many rows and columns of characters, where there are no colours."""


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Values from 0 to 1 with their names, the first ones where there is no room for all."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    tones: tuple[str | None, ...]
    """Colour of each bar, `#rrggbb`; None is the text's."""
    title: str = ""
    marks: tuple[str, ...] = ()
    """A word behind each bar."""


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Lines, as many as there is room for; the others are on further pages."""

    lines: tuple[Row, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A table, whose columns give way where there is no room."""

    table: Table
    lines: Callable[[int], list[str]]
    """Writes it in so many cells, its heading first."""
    title: Row = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Panels next to each other where that is wide enough, else below each other."""

    panels: tuple[Panel, ...]
    shares: tuple[int, ...]
    wide: int = 100
    """Cells from which on they stand next to each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The same question asked of two runs, always next to each other, each under its name."""

    names: tuple[str, str]
    identities: tuple[Identity, Identity]
    panels: tuple[Panel, Panel]


Panel = Gallery | Strips | Charts | Matrix | Plane | Bars | Text | Listing | Beside | Sides


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """A picture with what it says above it, and its legend below."""

    title: str
    """What is seen, in one line."""
    panel: Panel
    said: tuple[str, ...] = ()
    """What it comes to, in sentences."""
    legend: tuple[Row, ...] = field(default=())
    """What colours and marks stand for, and scales."""
    uncoloured: tuple[Row, ...] = field(default=())
    """What stands there instead where there are no colours; empty if it is the same."""
