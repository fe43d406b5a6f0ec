"""Where the curves of two recipes part beyond noise: epoch by epoch, the paired test on their common seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.run import Run
from engine.statistics.method import ALPHA, Method
from engine.statistics.paired import paired_difference

METHOD = Method(
    name="paired t-test at each epoch, pointwise",
    answers="from which epoch on two learning curves lie apart by more than their seeds do",
    assumes="what the paired t-test assumes; epochs are not corrected for being many, so that a single one proves "
    "nothing: curves part where all later epochs agree",
    source="Student, The probable error of a mean, Biometrika 6 (1908)",
)


@dataclass(frozen=True, slots=True)
class Parting:
    """How two recipes' curves of one metric lie to each other."""

    metric: str
    common_seeds: int
    compared: int
    """Epochs that both have."""
    apart: tuple[int, ...]
    """Epochs at which they differ by more than chance."""
    from_epoch: int | None
    """The first of those that run on to the last epoch; None where they do not differ there."""


def parting(ours: Mapping[int, Run], theirs: Mapping[int, Run], metric: str) -> Parting | None:
    """Compare two recipes epoch by epoch (`METHOD`); runs come by seed.

    None where they share fewer than two seeds, or no epoch at which both measured the metric.
    """
    seeds = sorted(ours.keys() & theirs.keys())
    if len(seeds) < 2:
        return None
    histories = [(_by_epoch(ours[seed], metric), _by_epoch(theirs[seed], metric)) for seed in seeds]
    epochs = sorted(set.intersection(*({*mine} & {*other} for mine, other in histories)))
    if not epochs:
        return None
    signs: dict[int, bool] = {}
    for epoch in epochs:
        found = paired_difference(
            {seed: mine[epoch] for seed, (mine, _) in zip(seeds, histories, strict=True)},
            {seed: other[epoch] for seed, (_, other) in zip(seeds, histories, strict=True)},
        )
        if found is not None and found.p is not None and found.p < ALPHA:
            signs[epoch] = found.mean > 0
    start: int | None = None
    for epoch in reversed(epochs):
        if epoch not in signs or signs[epoch] != signs.get(epochs[-1]):
            break
        start = epoch
    return Parting(metric, len(seeds), len(epochs), tuple(signs), start)


def _by_epoch(run: Run, metric: str) -> dict[int, float]:
    return {epoch.epoch: epoch.metrics[metric] for epoch in run.epochs if metric in epoch.metrics}
