"""What is left to do of trials of which some were trained, or begun, before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.store.sweeps import OnError, Sweep, SweepPlace
from engine.summary import RunStatus, RunSummary

if TYPE_CHECKING:
    from engine.trial import Trial


@dataclass(frozen=True, slots=True)
class Work:
    """What one process is to train: trials in their order, and what is known of their runs."""

    trials: tuple[Trial, ...]
    interrupted: Mapping[int, str] = field(default_factory=dict)
    """Runs to go on with instead of beginning new ones, by place in `trials`, from 0."""
    belongs: tuple[SweepPlace, ...] = ()
    """Of each trial; empty where no sweep was written down."""
    on_error: OnError = "continue"

    @classmethod
    def of_new(cls, sweep: Sweep) -> Work:
        """Return all of a sweep that was just written down."""
        places = tuple(SweepPlace(sweep.id, place) for place in range(len(sweep.trials)))
        return cls(sweep.trials, sweep.adopted, places, sweep.on_error)

    @classmethod
    def of_rest(cls, sweep: Sweep, left: Remainder) -> Work:
        """Return what is left of a sweep."""
        return cls(
            trials=tuple(sweep.trials[place] for place in left.places),
            interrupted={
                index: left.interrupted[place] for index, place in enumerate(left.places) if place in left.interrupted
            },
            belongs=tuple(SweepPlace(sweep.id, place, left.given_up.get(place, frozenset())) for place in left.places),
            on_error=sweep.on_error,
        )


@dataclass(frozen=True, slots=True)
class Remainder:
    """The places of trials in their list, from 0, by what is to be done with them."""

    anew: list[int] = field(default_factory=list)
    given_up: dict[int, frozenset[str]] = field(default_factory=dict)
    """Runs that came to nothing, of those that are begun anew."""
    interrupted: dict[int, str] = field(default_factory=dict)
    """The run to go on with."""
    done: list[int] = field(default_factory=list)
    elsewhere: dict[int, str] = field(default_factory=dict)
    """The run that another process trains."""
    failed: list[int] = field(default_factory=list)
    """Not tried again, as that was not asked for."""

    @property
    def places(self) -> list[int]:
        """What there is to do, in order."""
        return sorted([*self.anew, *self.interrupted])

    @property
    def settled(self) -> list[int]:
        """What there is nothing to do about."""
        return sorted([*self.done, *self.elsewhere, *self.failed])


def remainder_of_trials(trials: Sequence[Trial], saved: Iterable[RunSummary]) -> Remainder:
    """Hold trials against all saved runs of the same recipe and seed; one that failed is tried again."""
    by_recipe: dict[tuple[str, int], list[RunSummary]] = {}
    for run in saved:
        by_recipe.setdefault((run.fingerprint, run.seed), []).append(run)
    left = Remainder()
    for place, trial in enumerate(trials):
        _sort_in(left, place, by_recipe.get((trial.config.fingerprint, trial.config.seed), []), retry_failed=True)
    return left


def remainder_of_sweep(sweep: Sweep, saved: Iterable[RunSummary], *, retry_failed: bool) -> Remainder:
    """Hold a sweep against the runs that were made for it."""
    by_place: dict[int, list[RunSummary]] = {}
    adopted = {run_id: place for place, run_id in sweep.adopted.items()}
    for run in saved:
        if run.sweep == sweep.id:
            by_place.setdefault(run.place, []).append(run)
        elif run.run in adopted:
            by_place.setdefault(adopted[run.run], []).append(run)
    left = Remainder()
    for place in range(len(sweep.trials)):
        runs = [_as_adopted(run, sweep) if run.run in adopted else run for run in by_place.get(place, [])]
        _sort_in(left, place, runs, retry_failed=retry_failed)
    return left


def _as_adopted(run: RunSummary, sweep: Sweep) -> RunSummary:
    """Return a run that had failed when it was taken over, to be gone on with, as one that was interrupted."""
    if run.status is RunStatus.FAILED and run.updated < sweep.created:
        return replace(run, status=RunStatus.STOPPED)
    return run


def _sort_in(left: Remainder, place: int, runs: Sequence[RunSummary], *, retry_failed: bool) -> None:
    """Decide about one trial by the runs there are of it; the best of them counts, and of equals the newest."""
    newest_first = sorted(runs, key=lambda run: run.created, reverse=True)
    by_status: dict[RunStatus, RunSummary] = {}
    for run in newest_first:
        by_status.setdefault(run.status, run)
    live = next((run for status, run in by_status.items() if status.is_live), None)
    interrupted = next((run for run in newest_first if run.status.is_resumable), None)
    if RunStatus.DONE in by_status:
        left.done.append(place)
    elif live is not None:
        left.elsewhere[place] = live.run
    elif interrupted is not None:
        left.interrupted[place] = interrupted.run
    elif RunStatus.FAILED in by_status and not retry_failed:
        left.failed.append(place)
    else:
        left.anew.append(place)
        left.given_up[place] = frozenset(run.run for run in runs)
