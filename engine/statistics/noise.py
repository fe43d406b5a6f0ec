"""The noise floor: how far apart two results may lie by their seeds alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.statistics.estimate import t_quantile, variance
from engine.statistics.method import Method

METHOD = Method(
    name="run-to-run noise, pooled over recipes",
    answers="how far apart the means of two recipes lie in 95 % of cases if only their seeds differ",
    assumes="that recipes on one dataset spread alike over their seeds; from one recipe with two seeds on, also for "
    "recipes with a single seed",
    source="pooled variance, as in analysis of variance (Fisher, Statistical methods for research workers, 1925)",
)


@dataclass(frozen=True, slots=True)
class Noise:
    """How results of one recipe spread over seeds."""

    deviation: float
    """Of a single run; in the unit of the metric."""
    degrees: int
    """Seeds that it was learned from, less one for each recipe."""

    def floor(self, n: int, others: int) -> float:
        """Return the largest difference that seeds alone explain, between means over `n` and over `others` seeds."""
        return t_quantile(self.degrees) * self.deviation * math.sqrt(1 / n + 1 / others)


def pooled_noise(groups: Iterable[Sequence[float]]) -> Noise | None:
    """Learn the noise from the results of each recipe (`METHOD`); None where none has two that are finite."""
    square_sum, degrees = 0.0, 0
    for group in groups:
        values = [value for value in group if math.isfinite(value)]
        if len(values) > 1:
            square_sum += variance(values) * (len(values) - 1)
            degrees += len(values) - 1
    return Noise(math.sqrt(square_sum / degrees), degrees) if degrees else None
