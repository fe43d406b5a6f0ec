"""Whether a measured value meets a published figure: the one place that judges, for runs, recipes and presets alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Bound = Literal["near", "at_least", "at_most"]
"""What a figure says of the value: that it is this, that it is no less, or that it is no more."""
BOUNDS: tuple[str, ...] = get_args(Bound)

ROUNDING = 1e-9
"""A value on the edge is inside: 0.97 is within 0.02 of 0.99, although their difference as floats is larger."""


def miss(measured: float, value: float, bound: Bound = "near") -> float:
    """Return by how much a measured value misses a figure: 0 where it is on the right side of a bound.

    Units: those of the metric. What is not a number misses by what is not a number.
    """
    gap = measured - value
    if bound == "near":
        return abs(gap)
    beyond = -gap if bound == "at_least" else gap
    return 0.0 if beyond <= 0 else beyond


def is_within(measured: float, value: float, tolerance: float, bound: Bound = "near") -> bool:
    """Tell whether a measured value misses a figure by no more than the tolerance."""
    return miss(measured, value, bound) <= tolerance + ROUNDING


def is_met(figure: Mapping[str, Any], measured: float) -> bool:
    """Tell whether a figure as it stands in a run object is met; those written before bounds existed have none."""
    return is_within(measured, float(figure["value"]), float(figure["tolerance"]), figure.get("bound", "near"))
