"""`Figure` and `Line`: what a chart shows, before anybody decides how large it is or where it is drawn."""

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

    def __eq__(self, other: object) -> bool:
        """Compare values, NaN equal to NaN, so that an unchanged figure is not drawn again."""
        if not isinstance(other, Line):
            return NotImplemented
        return self._look() == other._look() and _same(self.xs, other.xs) and _same(self.ys, other.ys)

    __hash__ = None  # type: ignore[assignment]  # arrays inside

    def _look(self) -> tuple[Any, ...]:
        return self.name, self.color, self.marker, self.style, self.is_front


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
    """None fits the data."""
    x_integer: bool = False
    """Set ticks at whole numbers only."""
    caption: str = ""
    """What the line styles stand for, behind the legend."""
    message: str = ""
    """What the chart says while it has nothing to draw."""


def _same(one: Floats | Sequence[float], other: Floats | Sequence[float]) -> bool:
    return one is other or np.array_equal(np.asarray(one, np.float64), np.asarray(other, np.float64), equal_nan=True)
