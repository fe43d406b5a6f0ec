"""Where the inside of a drawn chart lies on the screen: from columns to values of x and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tui.charts.raster import DOTS_WIDE
from tui.charts.scale import Scale


@dataclass(frozen=True, slots=True)
class Frame:
    """The inside of a chart, in cells from the upper left corner of the whole."""

    left: int
    top: int
    width: int
    height: int
    x: Scale
    """What is in view."""
    whole: Scale
    """What would be if everything were."""
    x_unit: float = 1.0

    def holds(self, column: int, row: int) -> bool:
        """Tell whether a cell of the chart lies inside."""
        return 0 <= column - self.left < self.width and 0 <= row - self.top < self.height

    def value_at(self, column: int) -> float:
        """Return the x for a column of the inside: the roundest value that is drawn in it."""
        # Not the very edges, which rounding may give to the next column.
        low, high = max(self._edge(column + 0.01), self.x.low), min(self._edge(column + 0.99), self.x.high)
        return round_within(low / self.x_unit, high / self.x_unit) * self.x_unit

    def column_of(self, value: float) -> int | None:
        """Return the column of the inside that a value of x is drawn in; None where it is out of view."""
        if not self.x.low <= value <= self.x.high:
            return None
        place = float(self.x.place(np.array([value]))[0])
        return min(round(place * (self.width * DOTS_WIDE - 1)) // DOTS_WIDE, self.width - 1)

    def half_cell(self, value: float) -> float:
        """Return how far in x the middle of a cell is from its edge, at a value."""
        column = self.column_of(value) or 0
        return abs(self._edge(column + 1) - self._edge(column)) / 2

    def _edge(self, column: float) -> float:
        return self.x.value((column * DOTS_WIDE - 0.5) / (self.width * DOTS_WIDE - 1))


def round_within(low: float, high: float) -> float:
    """Return the number with the fewest digits from `low` to `high`, of several the one nearest to the middle."""
    middle = (low + high) / 2
    if not high > low:
        return middle
    if low <= 0 <= high:
        return 0.0
    largest = math.floor(math.log10(max(abs(low), abs(high))))
    for exponent in range(largest, largest - 16, -1):
        # By a division where that is exact: 3 * 0.1 is not 0.3.
        found = round(middle * 10.0**-exponent) / 10.0**-exponent if exponent < 0 else (
            round(middle / 10.0**exponent) * 10.0**exponent
        )  # fmt: skip
        if low <= found <= high:
            return found
    return middle
