"""From numbers to colours: one scale from 0, one on both sides of 0; both can be told apart by colour-blind eyes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.charts.pictures import picture_rows
from tui.charts.span import Row, Span, rgb

_RISING = ("#000004", "#3b0f70", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf")
"""Dark is little. Source: six colours of the map magma (CC0), straight lines between them."""
_SIGNED = ("#8fd0ff", "#1f6fb4", "#0c0c0c", "#b2600e", "#ffc87a")
"""Blue is below 0, orange above, 0 is dark: the two differ for colour-blind eyes too."""
MOST_SEEN = 99.5
"""Percentile of the distances from 0 at which a scale ends: single values beyond it would leave the others dark."""
SCALE_CELLS = 8


@dataclass(frozen=True, slots=True)
class ColourScale:
    """Which colour stands for which value."""

    low: float
    high: float
    is_signed: bool
    """Whether it reaches equally far on both sides of 0."""

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> ColourScale:
        """Return the scale for values: from 0 where none is negative, else around 0; the ends have all beyond them."""
        finite = values[np.isfinite(values)]
        if not finite.size:
            return cls(0.0, 0.0, is_signed=False)
        reach = float(np.percentile(np.abs(finite), MOST_SEEN)) or float(np.abs(finite).max())
        if float(finite.min()) >= 0:
            return cls(0.0, reach, is_signed=False)
        return cls(-reach, reach, is_signed=True)

    def paint(self, values: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Return a colour for each value; what is not a number is grey.

        Shapes: (...) -> (..., 3).
        """
        exact = values.astype(np.float64)  # the ends of a network that diverged are too far apart for less
        places = np.clip((exact - self.low) / ((self.high - self.low) or 1.0), 0.0, 1.0)
        anchors = np.array([rgb(color) for color in (_SIGNED if self.is_signed else _RISING)], dtype=np.float64)
        at = np.nan_to_num(places) * (len(anchors) - 1)
        parts = [np.interp(at, np.arange(len(anchors)), anchors[:, part]) for part in range(3)]
        painted = np.stack(parts, axis=-1).round().astype(np.uint8)
        painted[~np.isfinite(values)] = 128
        return painted

    def legend(self) -> Row:
        """Return the scale in cells, its ends in numbers."""
        steps = np.linspace(self.low, self.high, SCALE_CELLS)
        painted = self.paint(steps)
        ((shades,),) = picture_rows(painted[None], SCALE_CELLS, 1, color=False)  # as pictures without colours have them
        cells = [
            Span(shade, f"#{red:02x}{green:02x}{blue:02x}", background=f"#{red:02x}{green:02x}{blue:02x}")
            for shade, (red, green, blue) in zip(shades.text, painted.tolist(), strict=True)
        ]
        return [Span(f"{short(self.low)} "), *cells, Span(f" {short(self.high)}")]


def short(value: float) -> str:
    """Write a number in three digits."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else str(value)
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e5 else f"{value:.1e}"
