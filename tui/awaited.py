"""`AwaitedTrials`: which trials that other processes are about to train have not begun yet."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from engine.control import is_handed_over
from engine.errors import TermlabError
from engine.store import RunStore
from engine.store.places import is_under_way
from engine.store.sweeps import Sweep, load_sweep
from engine.summary import RunStatus, RunSummary
from tui.live_sweep import MOST_SECONDS_BETWEEN
from tui.messages import TrialsAwaited

_State = tuple[tuple[int, ...], bool]


class AwaitedTrials:
    """Of the sweeps whose runs are followed; a sweep is read once, when the first of its runs is."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._sweeps: dict[str, Sweep] = {}
        self._told: dict[str, _State] = {}

    def follow(self, sweep_id: str) -> int:
        """Look out for the trials of a sweep, and return how many were started together.

        That is 1 where it was not written down, or cannot be read.
        """
        if not sweep_id:
            return 1
        if sweep_id not in self._sweeps:
            try:
                self._sweeps[sweep_id] = load_sweep(self._store.folder, sweep_id)
            except TermlabError:
                return 1
        self._told.pop(sweep_id, None)  # who reads a run anew has to be told anew
        return len(self._sweeps[sweep_id].trials)

    def news(self, summaries: Sequence[RunSummary], read: Collection[str]) -> Iterator[TrialsAwaited]:
        """Yield what is awaited of each sweep, where that has changed; `read` are the runs that were told of already.

        A sweep is looked at no longer once all of it has begun, or no process is left that could begin more.
        """
        for sweep_id, sweep in list(self._sweeps.items()):
            runs = [run for run in summaries if run.sweep == sweep_id]
            awaited = _awaited(sweep, runs, read)
            is_going_on = any(run.status.is_live for run in runs) or (bool(awaited) and self._is_between(sweep, runs))
            state = (awaited, is_going_on)
            if self._told.get(sweep_id) != state:
                self._told[sweep_id] = state
                yield TrialsAwaited(sweep_id, {place: sweep.trials[place] for place in awaited}, is_going_on)
            if not (awaited and is_going_on):
                del self._sweeps[sweep_id], self._told[sweep_id]

    def _is_between(self, sweep: Sweep, runs: Sequence[RunSummary]) -> bool:
        """Tell whether somebody is between two trials: the last ended by itself, shortly before, and its process lives.

        One that was stopped may have been stopped with all that should have followed, unless that was to hand it over.
        """
        last, now = max(runs, key=lambda run: run.updated, default=None), time.time()
        if last is None:
            return False
        if last.status is RunStatus.STOPPED and is_handed_over(last.reason, last.updated, now):
            return True
        follows_on = (RunStatus.DONE,) if sweep.on_error == "stop" else (RunStatus.DONE, RunStatus.FAILED)
        if last.status not in follows_on or abs(now - last.updated) > MOST_SECONDS_BETWEEN:
            return False
        try:
            return is_under_way(self._store.folder, sweep.id)
        except TermlabError:
            return False


def _awaited(sweep: Sweep, runs: Sequence[RunSummary], read: Collection[str]) -> tuple[int, ...]:
    """Return the places that no run has; a run under way has its own once it is shown, so that its row stays."""
    begun = {run.place for run in runs if run.run in read or not run.status.is_live}
    return tuple(place for place in range(len(sweep.trials)) if place not in begun and place not in sweep.adopted)
