"""Expressions of a metric's history as columns: `best:test_accuracy`, `test_accuracy@best(test_loss)`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from engine.summary import RunSummary

FORMS = "best:METRIC, last:METRIC, epoch@best(METRIC) and METRIC@best(METRIC)"
_PREFIXED = re.compile(r"(?P<prefix>best|last):(?P<metric>[^\s:@()]+)")
_AT_BEST = re.compile(r"(?P<metric>[^\s:@()]+)@best\((?P<chosen_by>[^\s:@()]+)\)")
_EPOCH = "epoch"


@dataclass(frozen=True, slots=True)
class Expression:
    """A metric at one epoch of a run."""

    metric: str
    """`epoch` for the number of the epoch itself."""
    chosen_by: str
    """The metric whose best epoch it is; empty for the last epoch."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that a run must have for it."""
        return tuple(name for name in (self.metric, self.chosen_by) if name not in ("", _EPOCH))

    def value_of(self, summary: RunSummary) -> float | None:
        """Return what a run has; None where it lacks one of the metrics, or evaluated it after training only."""
        if not self.chosen_by:
            return summary.metrics.get(self.metric)
        epoch = summary.best_epochs.get(self.chosen_by)
        if epoch is None or self.metric == _EPOCH:
            return epoch
        return summary.epoch_metrics.get(str(epoch), {}).get(self.metric)


@lru_cache(maxsize=256)  # a filter asks once for each run
def parse_expression(name: str) -> Expression | None:
    """Read the name of a column as an expression; None where it is not one."""
    if found := _PREFIXED.fullmatch(name):
        return Expression(found["metric"], found["metric"] if found["prefix"] == "best" else "")
    if found := _AT_BEST.fullmatch(name):
        return Expression(found["metric"], found["chosen_by"])
    return None
