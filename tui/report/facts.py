"""What a report needs of a run beyond its summary: where it was trained, and one curve. The rest of it is let go."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import RunStarted
from engine.run import Run

BEST = "best_"
"""How the name of a metric begins that is the best of all epochs; the curve is that of the metric itself."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Of one run."""

    run: str
    started: RunStarted | None
    curve: tuple[tuple[float, float], ...]
    """Epoch and value of the metric, for the epochs that have it."""


def run_facts(run: Run, metric: str) -> RunFacts:
    """Take from a run what a report needs."""
    name = metric.removeprefix(BEST)
    curve = tuple((epoch.epoch, epoch.metrics[name]) for epoch in run.epochs if name in epoch.metrics)
    return RunFacts(run.id, run.started, curve)
