"""How many seeds it takes to tell two recipes apart."""

from __future__ import annotations

import math

from engine.statistics.estimate import t_quantile
from engine.statistics.method import ALPHA, Method

POWER = 0.8
"""The chance of seeing a difference that is there: four times in five."""
MOST_SEEDS = 1000
"""More than anybody trains: such a difference is none in practice."""
METHOD = Method(
    name="power of the paired t-test, 80 % at a level of 5 %",
    answers="how many seeds it takes to tell two recipes apart",
    assumes="that the true difference and its spread are those seen so far, which few seeds say only roughly; "
    "otherwise as the paired t-test",
    source="Cohen, Statistical power analysis for the behavioral sciences (1988); noncentral t distribution",
)


def power_of_paired_test(effect: float, n: int) -> float:
    """Return how often n seeds show a difference of `effect` standard deviations of the differences.

    Units: a fraction.
    """
    from scipy.special import nctdtr

    bound, shift = t_quantile(n - 1), abs(effect) * math.sqrt(n)
    missed = float(nctdtr(n - 1, shift, bound)) - float(nctdtr(n - 1, shift, -bound))
    return 1 - missed


def seeds_needed(mean: float, deviation: float) -> int | None:
    """Return the smallest number of seeds with a power of `POWER` (`METHOD`); None for more than `MOST_SEEDS`.

    `mean` and `deviation` are those of the differences.
    """
    if not mean or not math.isfinite(mean) or not math.isfinite(deviation):
        return None
    if deviation <= abs(mean) * 1e-6:
        return 2
    effect = abs(mean) / deviation
    # The normal distribution needs fewer seeds than Student's: a lower bound from which there is little to go.
    start = max(2, math.floor((_normal_quantile(1 - ALPHA / 2) + _normal_quantile(POWER)) ** 2 / effect**2))
    for n in range(min(start, MOST_SEEDS + 1), MOST_SEEDS + 1):
        if power_of_paired_test(effect, n) >= POWER:
            return n
    return None


def _normal_quantile(fraction: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(fraction))
