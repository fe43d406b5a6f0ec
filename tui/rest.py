"""`Rest`: what is left to do of a run, and of what was started together with it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.remainder import Work
from engine.summary import RunSummary


@dataclass(frozen=True, slots=True)
class Rest:
    """What could be gone on with."""

    run: RunSummary
    this: Work | None = None
    """The run alone; None if there is nothing left of it to do."""
    sweep: Work | None = None
    """All that is left of its sweep, failed runs left alone; None where that is nothing, or the run alone."""
    with_failed: Work | None = None
    """The same with those that failed trained anew; None where none failed."""
    note: str = ""
    """Why no more can be said of its sweep."""

    @property
    def failed_count(self) -> int:
        """How many trials of the sweep failed."""
        if self.with_failed is None:
            return 0
        return len(self.with_failed.trials) - (len(self.sweep.trials) if self.sweep is not None else self._this_count)

    @property
    def _this_count(self) -> int:
        return 1 if self.run.status.is_resumable else 0

    @property
    def choices(self) -> dict[str, Work]:
        """What can be chosen, by name."""
        named = {"this": self.this, "sweep": self.sweep, "failed": self.with_failed}
        return {name: work for name, work in named.items() if work is not None}
