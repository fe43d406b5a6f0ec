"""The paired test: two recipes on the seeds that both were trained with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from engine.statistics.estimate import estimate, variance
from engine.statistics.method import Method

METHOD = Method(
    name="paired t-test on the common seeds, two-sided",
    answers="whether two recipes differ by more than their seeds do",
    assumes="a seed gives both recipes the same data order and, where shapes agree, the same initialisation; "
    "differences independent between seeds and roughly normal; from two common seeds on",
    source="Student, The probable error of a mean, Biometrika 6 (1908)",
)
_NO_SPREAD = 1e-14
"""Standard errors smaller than this part of the mean are rounding: the differences are all the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger one recipe's results are than another's, seed by seed."""

    mean: float
    half_width: float | None
    """Half the 95 % interval's width; None for a single common seed."""
    n: int
    """Common seeds."""
    deviation: float | None
    """Of the differences; None for a single one."""
    t: float | None
    p: float | None
    """Two-sided, not corrected; None where there is nothing to judge by: one seed, or differences that are all the
    same."""
    not_finite: tuple[int, ...] = ()
    """Common seeds on which one result is no finite number, as of a training that diverged.

    `mean` is then not a number: that of the other seeds would speak well of what diverges."""

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return None if self.half_width is None else self.mean - self.half_width

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return None if self.half_width is None else self.mean + self.half_width


def paired_difference(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Difference | None:
    """Compare two recipes' results by seed (`METHOD`); None where they share no seed."""
    by_seed = {seed: ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())}
    if not by_seed:
        return None
    if not_finite := tuple(seed for seed, difference in by_seed.items() if not math.isfinite(difference)):
        return Difference(math.nan, None, len(by_seed), None, None, None, not_finite)
    differences = list(by_seed.values())
    found = estimate(differences)
    if found.n == 1 or found.half_width is None:
        return Difference(found.mean, None, 1, None, None, None)
    deviation = math.sqrt(variance(differences))
    error = deviation / math.sqrt(found.n)
    if error <= _NO_SPREAD * abs(found.mean) or not math.isfinite(error):
        return Difference(found.mean, found.half_width, found.n, deviation, None, None)
    t = found.mean / error
    return Difference(found.mean, found.half_width, found.n, deviation, t, two_sided(t, found.n - 1))


def two_sided(t: float, degrees: float) -> float:
    """Return how often Student's t lies as far from 0 as this, or farther."""
    from scipy.special import stdtr

    return min(1.0, 2 * float(stdtr(degrees, -abs(t))))
