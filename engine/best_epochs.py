"""At which epoch each metric was best, and what the others were then: what a summary keeps of a run's history."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

LOWER_IS_BETTER = ("loss", "error", "seconds", "epoch")
"""Words in the names of metrics that improve downwards."""


def is_higher_better(metric: str) -> bool:
    """Tell in which direction a metric improves, from the field's usual names."""
    return not any(word in measured_by(metric) for word in LOWER_IS_BETTER)


def measured_by(column: str) -> str:
    """Return the metric that a column shows: `test_accuracy` for `test_accuracy@best(test_loss)` and for itself."""
    return column.partition("@")[0].rpartition(":")[2]


def best_epochs(history: Iterable[tuple[int, Mapping[str, float]]]) -> dict[str, int]:
    """Return the epoch at which each metric was best; the earliest of equals, as later ones brought nothing.

    `history` are epochs with their metrics, in order. What is never a number has no best epoch.
    """
    found: dict[str, tuple[float, int]] = {}
    for epoch, metrics in history:
        for name, value in metrics.items():
            if math.isnan(value):
                continue
            rank = value if is_higher_better(name) else -value
            if name not in found or rank > found[name][0]:
                found[name] = (rank, epoch)
    return {name: epoch for name, (_, epoch) in found.items()}
