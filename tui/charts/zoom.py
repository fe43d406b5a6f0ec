"""How a chart looks closer and moves along its x axis; equal shares of what is seen, on a log axis too."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tui.charts.frame import Frame

Limits = tuple[float, float]

PAN_SHARE = 0.25
"""Of what is in view, by which it moves."""
NEAREST_SHARE = 1e-7
"""Of the whole axis that can still be told apart."""


def nearer(frame: Frame, factor: float, around: float | None = None) -> Limits | None:
    """Return what is in view when it is `factor` of now, above 1 for more; None for the whole axis.

    The x `around`, if it is in view, stays at its place on the screen; otherwise the middle does.
    """
    low, high = _limits(frame)
    middle = low + (high - low) / 2
    if around is not None and frame.x.low <= around <= frame.x.high:
        middle = _place(frame, around)
    if factor < 1 and (high - low) * factor < NEAREST_SHARE:
        return _values(frame, low, high)
    return _values(frame, middle - (middle - low) * factor, middle + (high - middle) * factor)


def beside(frame: Frame, by: Literal[-1, 1]) -> Limits | None:
    """Return what is in view a step further left or right, where the axis ends at the latest; None for all of it."""
    low, high = _limits(frame)
    shift = by * PAN_SHARE * (high - low)
    shift = max(-low, min(1.0 - high, shift)) if low >= 0 and high <= 1 else shift
    return _values(frame, low + shift, high + shift)


def _limits(frame: Frame) -> tuple[float, float]:
    """Return what is in view as places on the whole axis, 0 to 1."""
    return _place(frame, frame.x.low), _place(frame, frame.x.high)


def _place(frame: Frame, value: float) -> float:
    return float(frame.whole.place(np.array([value]))[0])


def _values(frame: Frame, low: float, high: float) -> Limits | None:
    low, high = max(0.0, low), min(1.0, high)
    if (low <= 1e-12 and high >= 1 - 1e-12) or high <= low:
        return None
    return frame.whole.value(low), frame.whole.value(high)
