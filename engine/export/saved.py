"""`SavedRun`: one run with its curves and the wall time of each step, as an export needs it; read one at a time."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from engine.errors import DamagedError
from engine.events import EpochDone, Event, RunStarted, StepsDone
from engine.run import Run
from engine.store import RunStore
from engine.summary import RunStatus, RunSummary

OnDamage = Callable[[str, str], None]
"""Is told of a run that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run, its line in the list, and when its steps were done."""

    summary: RunSummary
    run: Run
    clock: Clock

    def steps(self) -> range:
        """Return the steps for which anything was recorded, from 1."""
        return range(1, 1 + max(map(len, self.run.series.values()), default=0))


@dataclass(slots=True)
class Clock:
    """The wall time at some steps, from which that of any step follows."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))

    def see(self, event: Event) -> None:
        """Note when a step was done; a run that goes on does later steps than its checkpoint's anew."""
        match event:
            case RunStarted():
                step = event.kept.step if event.kept else 0
                while self.steps and self.steps[-1] >= step:
                    self.steps.pop()
                    self.times.pop()
                self._add(step, event.time)
            case StepsDone() | EpochDone():
                if not self.steps or event.step > self.steps[-1]:
                    self._add(event.step, event.time)

    def _add(self, step: int, time: float) -> None:
        self.steps.append(step)
        self.times.append(time)

    def at(self, step: int) -> float:
        """Return when a step was done, linearly between the known ones.

        Units: seconds since 1970.
        """
        if not self.steps:
            return math.nan
        right = bisect_left(self.steps, step)
        if right >= len(self.steps):
            return self.times[-1]
        if right == 0:
            return self.times[0]
        share = (step - self.steps[right - 1]) / (self.steps[right] - self.steps[right - 1])
        return self.times[right - 1] + share * (self.times[right] - self.times[right - 1])


def read_saved(store: RunStore, summaries: Iterable[RunSummary], on_damage: OnDamage) -> Iterator[SavedRun]:
    """Yield the runs one after another, so that one of them is in memory; those that cannot be read are left out."""
    for summary in summaries:
        if summary.status is RunStatus.DAMAGED:
            on_damage(summary.run, summary.reason)
            continue
        try:
            saved = _read(store, summary)
        except DamagedError as error:
            on_damage(summary.run, error.message)
            continue
        yield saved


def _read(store: RunStore, summary: RunSummary) -> SavedRun:
    from engine.store.run_tail import RunTail

    tail, clock = RunTail(store.folder / summary.run), Clock()
    for event in tail.added():
        clock.see(event)
    return SavedRun(summary, tail.run, clock)
