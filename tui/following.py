"""Following runs of any process until they are over, by what they leave on the disk."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.control import is_handed_over
from engine.errors import DamagedError, unreadable_run
from engine.events import Event, RunStarted, StepsDone
from engine.runner import TrialEvent
from engine.store.places import is_under_way
from engine.store.sweeps import load_sweep
from engine.summary import RunStatus, RunSummary
from engine.trial_facts import TrialFacts

if TYPE_CHECKING:
    from engine.run import Run
    from engine.store import RunStore, RunTail
    from engine.trial import Trial

WHOLE_LOOK_SECONDS = 10.0


@dataclass(slots=True)
class Following:
    """One run, or all of a sweep, those that are still to begin included."""

    store: RunStore
    trials: list[Trial]
    facts: list[TrialFacts]
    """Of each trial; those of one that has not begun are what its config says."""
    sweep: str = ""
    """Empty where a single run is followed."""
    _tails: dict[str, RunTail] = field(default_factory=dict)
    _over: dict[str, RunSummary] = field(default_factory=dict)

    @classmethod
    def of_run(cls, store: RunStore, run_id: str) -> Following:
        """Follow one run.

        Raises: DamagedError if it cannot be read.
        """
        from engine.store import RunTail

        try:
            tail = RunTail(store.folder / run_id)
        except DamagedError as error:
            raise unreadable_run(store.folder / run_id, error.message) from error
        return cls(store, [tail.run.trial], [_expected(tail.run.trial)], _tails={run_id: tail})

    @classmethod
    def of_sweep(cls, store: RunStore, sweep: str) -> Following:
        """Follow what was started together.

        Raises: StoreError, DamagedError if what was started is not known any more.
        """
        trials = list(load_sweep(store.folder, sweep).trials)
        return cls(store, trials, [_expected(trial) for trial in trials], sweep)

    @property
    def over(self) -> list[RunSummary]:
        """The runs that are over, in the order in which they ended."""
        return list(self._over.values())

    def look(self) -> Iterator[TrialEvent | RunSummary]:
        """Yield what has happened since the last look, and each run that is over now.

        One that is being handed over is not over, unless the process that was to go on with it does not come.
        Of what lies before the first look only the last is told.
        Raises: DamagedError if a run cannot be read any further.
        """
        for run_id in [*self._tails, *self._new_runs()]:
            if run_id not in self._over:
                yield from self._look_at(run_id)

    def is_over(self) -> bool:
        """Tell whether nothing more will come as far as can be known."""
        if len(self._over) < len(self._tails):
            return False
        is_whole = len({self._place(run_id) for run_id in self._tails}) == len(self.trials)
        return is_whole or not is_under_way(self.store.folder, self.sweep)

    def _new_runs(self) -> list[str]:
        if not self.sweep:
            return []
        found = self.store.look(whole_seconds=WHOLE_LOOK_SECONDS)
        return [run.run for run in reversed(found) if run.sweep == self.sweep and run.run not in self._tails]

    def _look_at(self, run_id: str) -> Iterator[TrialEvent | RunSummary]:
        from engine.store import RunTail

        is_first = run_id not in self._tails or not self._tails[run_id].offset
        try:
            tail = self._tails[run_id] = self._tails.get(run_id) or RunTail(self.store.folder / run_id)
            # Asked for first: what is said between the two is read now, or by the next look.
            summary = self.store.summary(run_id)
            events = tail.advance()
        except DamagedError as error:
            raise unreadable_run(self.store.folder / run_id, error.message) from error
        place = self._place(run_id)
        if tail.run.started is not None:
            self.facts[place] = _known(tail.run.started)
        for event in _latest(tail.run) if is_first else events:
            yield TrialEvent(place, tail.run.trial, run_id, event)
        if not (summary.status.is_live or is_handed_over(summary.reason, summary.updated, time.time())):
            self._over[run_id] = summary
            yield summary

    def _place(self, run_id: str) -> int:
        return min(self._tails[run_id].run.place, len(self.trials) - 1) if self.sweep else 0


def worst(runs: Sequence[RunSummary]) -> RunStatus:
    """Return how runs ended together: failed if one did, else stopped if one can be gone on with, else done."""
    statuses = {run.status for run in runs}
    if RunStatus.DAMAGED in statuses or RunStatus.FAILED in statuses:
        return RunStatus.FAILED
    return RunStatus.STOPPED if any(status.is_resumable for status in statuses) else RunStatus.DONE


def _latest(run: Run) -> list[Event]:
    """Return the events from which one sees where a run is."""
    found: list[Event | None] = [run.started, run.epochs[-1] if run.epochs else None]
    if isinstance(run.last, StepsDone):
        found.append(run.last)
    return [event for event in (*found, run.finished) if event is not None]


def _expected(trial: Trial) -> TrialFacts:
    return TrialFacts(0, 0, 0, epochs=trial.config.train.epochs, steps=0, device=trial.config.device)


def _known(started: RunStarted) -> TrialFacts:
    steps = started.total_steps or started.steps_per_epoch * started.epochs
    return TrialFacts(
        started.parameters, started.train_examples, started.test_examples, started.epochs, steps, started.device
    )
