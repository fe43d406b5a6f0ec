"""`Figure`, `Line` and `Band`: what a chart shows, before anybody decides how large it is or where it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Style = Literal["solid", "dashed", "dotted", "points"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve. Values may be NaN (a gap) or infinite (drawn as a gap)."""

    name: str
    """As the legend says it; empty leaves the line out of the legend."""
    xs: Floats | Sequence[float]
    ys: Floats | Sequence[float]
    color: str
    """`#rrggbb`."""
    marker: str = ""
    """One glyph set on the curve, so that it is recognised without colour; empty for none."""
    style: Style = "solid"
    is_front: bool = False
    """Drawn over the others and named before them."""
    is_dim: bool = False
    """Drawn quietly behind the others; without a name it is not read at the cursor either."""
    is_dense: bool = False
    """Recorded at every step, so that it is read between its points too; others are read at the nearest one."""

    def __eq__(self, other: object) -> bool:
        """Compare values, NaN equal to NaN, so that an unchanged figure is not drawn again."""
        if not isinstance(other, Line):
            return NotImplemented
        return self._look() == other._look() and _same(self.xs, other.xs) and _same(self.ys, other.ys)

    __hash__ = None  # type: ignore[assignment]  # arrays inside

    def _look(self) -> tuple[Any, ...]:
        return self.name, self.color, self.marker, self.style, self.is_front, self.is_dim, self.is_dense


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """An area between two curves over the same x, filled lightly behind all lines. NaN leaves a gap."""

    name: str
    """Of the line that it belongs to."""
    xs: Floats
    lows: Floats
    highs: Floats
    color: str
    """`#rrggbb`."""

    def __eq__(self, other: object) -> bool:
        """Compare values, as lines do."""
        if not isinstance(other, Band):
            return NotImplemented
        return (self.name, self.color) == (other.name, other.color) and all(
            _same(one, another)
            for one, another in ((self.xs, other.xs), (self.lows, other.lows), (self.highs, other.highs))
        )

    __hash__ = None  # type: ignore[assignment]  # arrays inside


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart, complete but for its size."""

    title: str
    lines: tuple[Line, ...] = ()
    x_label: str = ""
    y_label: str = ""
    """Unit of the values, shown behind the title."""
    log_y: bool = False
    log_x: bool = False
    y_percent: bool = False
    """Values are fractions, shown as percent."""
    x_limits: tuple[float, float] | None = None
    """What is in view, in the unit of the lines' xs; None fits the data."""
    x_whole: tuple[float, float] | None = None
    """From where to where curves reach whose lines hold only what is in view; None where lines hold all."""
    x_unit: float = 1.0
    """What stands at the x axis as 1: 60 where xs are seconds and the axis counts minutes."""
    cursor: float | None = None
    """The x at which a vertical line stands and the legend gives the value of each line; None for neither."""
    bands: tuple[Band, ...] = ()
    is_apart: bool = False
    """Its x is not that of training: it shares neither cursor nor limits with other charts."""
    x_integer: bool = False
    """Set ticks at whole numbers only."""
    caption: str = ""
    """What the line styles stand for, behind the legend."""
    notes: tuple[str, ...] = ()
    """What has to be said of the values, such as that some could not be drawn; above the chart, each on its own."""
    message: str = ""
    """What the chart says while it has nothing to draw."""


def _same(one: Floats | Sequence[float], other: Floats | Sequence[float]) -> bool:
    return one is other or np.array_equal(np.asarray(one, np.float64), np.asarray(other, np.float64), equal_nan=True)
