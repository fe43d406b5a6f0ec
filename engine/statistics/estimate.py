"""A mean over seeds and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.statistics.method import CONFIDENCE, Method

METHOD = Method(
    name="Student's t interval of the mean, 95 %",
    answers="where the mean over all possible seeds lies",
    assumes="seeds drawn independently, results roughly normal; from two seeds on",
    source="Student, The probable error of a mean, Biometrika 6 (1908)",
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and, from two seeds on, its 95 % confidence interval."""

    mean: float
    half_width: float | None
    """Half the interval's width; None for a single seed, which says nothing about spread."""
    n: int


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean and its 95 % interval: Student's t with n - 1 degrees of freedom (`METHOD`)."""
    n = len(values)
    mean = exact_sum(values) / n
    if n == 1:
        return Estimate(mean, None, 1)
    return Estimate(mean, t_quantile(n - 1) * math.sqrt(variance(values) / n), n)


def variance(values: Sequence[float]) -> float:
    """Return the sample variance, over n - 1; at least two values."""
    mean = exact_sum(values) / len(values)
    return exact_sum([(value - mean) * (value - mean) for value in values]) / (len(values) - 1)


def t_quantile(degrees: float) -> float:
    """Return what Student's t with so many degrees of freedom exceeds, either way, in one case of twenty."""
    from scipy.special import stdtrit  # only where there are seeds to compare: it takes a tenth of a second

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def exact_sum(values: Sequence[float]) -> float:
    """Add up exactly; what has no finite sum, as infinite losses, has the one that floats give it."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(float(value) for value in values)
