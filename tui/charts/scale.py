"""From values to places on a chart: limits that always have a width, and both axes on a unit scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui.charts.figure import Floats

LARGEST = 1e200
"""Beyond it a value is a gap: the difference of two would overflow. Below its inverse a value counts as 0."""
SMALLEST_SPREAD = 1e-6
"""Values closer together than this share of them are drawn as equal; labels could not tell them apart."""
LEAST_SPREAD = 1e-12
"""Limits closer together than this share of them have no values between them that a float could tell apart."""
MARGIN = 0.03
"""Free share of the axis above and below the values."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: what lies at its ends."""

    low: float
    high: float
    is_log: bool = False

    def value(self, place: float) -> float:
        """Return what lies at a place, 0 at the low end and 1 at the high end."""
        if self.is_log:
            low, high = math.log10(self.low), math.log10(self.high)
            return float(10.0 ** (low + place * (high - low)))
        return self.low + place * (self.high - self.low)

    def place(self, values: Floats) -> Floats:
        """Return where cleaned values lie, 0 at the low end and 1 at the high end; NaN stays NaN.

        Shapes: (N,) -> (N,).
        """
        if self.is_log:
            low, high = math.log10(self.low), math.log10(self.high)
            return (np.log10(values) - low) / (high - low)
        return (values - self.low) / (self.high - self.low)


def clean(values: Floats | Sequence[float], *, is_log: bool) -> Floats:
    """Return values with NaN for all that an axis cannot show: infinite, too large, or not positive on a log axis."""
    array = np.asarray(values, np.float64)
    # Comparisons with NaN are false, so NaN stays NaN.
    shown = (array > 1 / LARGEST) & (array < LARGEST) if is_log else np.abs(array) < LARGEST
    return array if shown.all() else np.where(shown, array, np.nan)


def are_usable(limits: tuple[float, float], *, is_log: bool) -> bool:
    """Tell whether limits of an axis lie apart, and where it has places."""
    low, high = limits
    if not (-LARGEST < low < high < LARGEST) or (is_log and low <= 1 / LARGEST):
        return False
    return high - low > LEAST_SPREAD * max(abs(low), abs(high), 1 / LARGEST)


def fit_scale(
    values: Sequence[Floats], *, is_log: bool, limits: tuple[float, float] | None = None,
    starts_at_zero: bool = False,
) -> Scale | None:  # fmt: skip
    """Return an axis that shows all cleaned values, or None where there are none.

    `starts_at_zero` is for axes that count from 0, where values begin near it; others leave a margin at both ends.
    """
    if limits is not None and are_usable(limits, is_log=is_log):
        return Scale(*limits, is_log)
    extremes = [(float(np.nanmin(part)), float(np.nanmax(part))) for part in values if not np.isnan(part).all()]
    if not extremes:
        return None
    low, high = min(pair[0] for pair in extremes), max(pair[1] for pair in extremes)
    if is_log:
        return Scale(low, high, True) if high > low * (1 + SMALLEST_SPREAD) else Scale(low / 2, high * 2, True)
    if high - low <= max(SMALLEST_SPREAD * max(abs(low), abs(high)), 1 / LARGEST):
        room = 0.5 if abs(low) <= 1 else abs(low) / 10
        return Scale(0.0, 2 * high) if starts_at_zero and low > 0 else Scale(low - room, high + room)
    if starts_at_zero and 0 <= low <= (high - low) / 2:
        return Scale(0.0, high)
    room = MARGIN * (high - low)
    return Scale(max(low - room, 0.0) if low >= 0 else low - room, high + room)
