"""`Runbook`: every run the application knows of, in memory, and the sweep that Live shows.

Fed by the messages of the worker, on the main thread only; it knows neither the disk nor the screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.errors import TermlabError
from engine.events import Event, RunFinished
from engine.run import Run
from engine.stopwatch import left_out
from engine.summary import RunStatus, RunSummary
from engine.trial import Trial
from tui.asked import Asked, Request
from tui.identity import Identity, identities
from tui.live_sweep import Slot, Sweep, continues, steps_of_equal, waiting_slots

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet
    from engine.leaderboard_row import LeaderboardRow
    from engine.trial_facts import TrialFacts


class Change(StrEnum):
    """What is new, so that a screen can leave alone what is not."""

    SWEEP = "sweep"
    """Events of the runs that Live shows."""
    RUNS = "runs"
    """The saved runs."""
    TRASH = "trash"
    """The removed runs."""
    FACTS = "facts"
    """Parameter counts, or the device."""
    INSPECTION = "inspection"
    """An answer about a network, or how far it has come."""
    STATE = "state"
    """What can be done now: something started, paused or ended."""


class Runbook:
    """What the screens are a function of."""

    def __init__(self) -> None:
        self.summaries: list[RunSummary] = []
        """Saved runs, newest first."""
        self.interrupted: list[RunSummary] = []
        """Of them, those that can be gone on with; not those that were trained again to the end."""
        self.rows: list[LeaderboardRow] = []
        """Finished runs by recipe."""
        self.is_read = False
        """Whether the results folder has been read at all."""
        self.store_problem: TermlabError | None = None
        self.sweep: Sweep | None = None
        self._suspended = left_out()
        self._lost: dict[str, str] = {}
        """Why the process of a run is gone, by run."""
        self._trials: dict[str, dict[str, None]] = {}
        """`preset/label` of every known trial, by preset."""
        self._looks: dict[str, dict[str, Identity]] = {}
        """Of the trials of a preset, until another one becomes known: thousands of them are shared out together."""
        self.marked: dict[str, None] = {}
        """Runs that are to be compared, in the order in which they were marked."""
        self.listed: tuple[str, ...] = ()
        """Runs that are compared while none is marked: those that were listed when that was asked for."""
        self.opened: dict[str, Run | None] = {}
        """Runs that are looked at by themselves, by id; None until they are read."""
        self.unreadable: dict[str, TermlabError] = {}
        """Why a run that was asked for could not be read, by id."""
        self.examples: ExampleSet | TermlabError | None = None
        """Which test examples the two runs have right that are looked at; None until it is computed."""
        self.device = ""
        """Empty until torch is imported."""
        self.is_training = False
        """Whether a launch of this process is under way, its check included."""
        self.is_checking = False
        self.is_stopping = False
        self.asked: dict[str, Asked] = {}
        """What was asked of runs and is not done yet, by run."""
        self.facts: dict[object, TrialFacts | TermlabError] = {}
        """What the worker found out of a trial, by `facts_key`."""

    @property
    def compared(self) -> tuple[str, ...]:
        """Runs that Compare shows: the marked ones; where none is, those that were listed."""
        return tuple(self.marked) or self.listed

    def compare_none(self) -> None:
        """Take all marks away, and whatever was listed to be compared."""
        self.marked.clear()
        self.listed = ()

    @property
    def live(self) -> list[RunSummary]:
        """Saved runs that are being trained, here or elsewhere."""
        return [summary for summary in self.summaries if summary.status.is_live]

    def summary_of(self, run_id: str) -> RunSummary | None:
        """Return what the results folder says of a run."""
        return next((summary for summary in self.summaries if summary.run == run_id), None)

    def know(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remember trials by preset and label, so that each has one look wherever it is shown."""
        for preset, label in keys:
            trials, key = self._trials.setdefault(preset, {}), f"{preset}/{label}"
            if key not in trials:
                trials[key] = None
                self._looks.pop(preset, None)

    def keys_of(self, presets: Iterable[str]) -> list[str]:
        """Return the key of every known trial of some presets."""
        return [key for preset in dict.fromkeys(presets) for key in self._trials.get(preset, {})]

    def look_of(self, preset: str, label: str) -> Identity:
        """Return the colour and the marker of a trial."""
        self.know([(preset, label)])
        if preset not in self._looks:
            self._looks[preset] = identities(list(self._trials[preset]))
        return self._looks[preset][f"{preset}/{label}"]

    def take_runs(self, summaries: list[RunSummary], rows: list[LeaderboardRow]) -> None:
        """Take in what the results folder holds."""
        self.summaries, self.rows, self.is_read, self.store_problem = summaries, rows, True, None
        done = {(run.fingerprint, run.seed) for run in summaries if run.status is RunStatus.DONE}
        self.interrupted = [
            run for run in summaries if run.status.is_resumable and (run.fingerprint, run.seed) not in done
        ]
        saved = {summary.run for summary in summaries}
        self.marked = {run_id: None for run_id in self.marked if run_id in saved}
        self.listed = tuple(run_id for run_id in self.listed if run_id in saved)
        self.know({(summary.preset, summary.label): None for summary in summaries if summary.preset})
        self.lose(summaries)

    def begin(
        self, trials: Sequence[Trial], facts: Sequence[TrialFacts], earlier: Mapping[int, Run] | None = None
    ) -> None:
        """Show a launch of this process on Live; `earlier` are the runs that it goes on with, by place."""
        slots = [
            Slot(trial, steps=known.steps, earlier=(earlier or {}).get(index), siblings=len(trials), place=index)
            for index, (trial, known) in enumerate(zip(trials, facts, strict=True))
        ]
        self.sweep = Sweep(trials[0].preset, slots, is_here=True)
        self.know((trial.preset, trial.label) for trial in trials)

    def apply(self, index: int, run_id: str, event: Event) -> None:
        """Take in an event of the launch."""
        sweep = self.sweep
        if sweep is None or not sweep.is_here:
            return
        slot = sweep.slots[index]
        if slot.run is None:
            slot.run = slot.earlier or Run(id=run_id, trial=slot.trial, created=event.time)
        sweep.apply(slot, event)
        self._suspended, before = left_out(), self._suspended
        slot.paused_seconds += self._suspended - before
        self._settle()

    def abandon(self, reason: str, now: float) -> None:
        """Take trials that never started off the list of what is still to come.

        A run that could not say itself that it ended, as on a full disk, is said to have failed for this reason.
        """
        sweep = self.sweep
        if sweep is None or not sweep.is_here:
            return
        begun = [slot for slot in sweep.slots if slot.run is not None]
        for slot in begun:
            if slot.status.is_live:
                sweep.apply(slot, RunFinished(time=now, status="failed", reason=reason))
        sweep.left_out += len(sweep.slots) - len(begun)
        sweep.slots = begun
        if not begun:
            self.sweep = None

    def open(self, run_id: str, trial: Trial, created: float, events: Iterable[Event], *, is_first: bool) -> None:
        """Take in what was read of a run that is looked at by itself."""
        run = self.opened.get(run_id)
        if run is None or is_first:
            run = self.opened[run_id] = Run(id=run_id, trial=trial, created=created)
        for event in events:
            run.apply(event)
        self._lose(run)

    def follow(
        self,
        run_id: str,
        trial: Trial,
        created: float,
        events: Iterable[Event],
        *,
        is_first: bool,
        siblings: int = 1,
        sweep_id: str = "",
        place: int = 0,
    ) -> None:
        """Take in what was read of a run of another process; the first time, and when it is read anew, all of it."""
        sweep = self.sweep
        if sweep is None or sweep.is_here or not (self._knows(run_id) or continues(sweep, trial, created)):
            sweep = self.sweep = Sweep(trial.preset, [], is_here=False)
        slot = next((one for one in sweep.slots if one.run is not None and one.run.id == run_id), None)
        is_told = slot is not None and is_first
        if slot is None:
            slot = waiting_slots(sweep, sweep_id).get(place) if sweep_id else None
        if slot is None:
            slot = Slot(trial)
            sweep.slots.append(slot)
        if slot.run is None:
            sweep.name = trial.preset if {one.trial.preset for one in sweep.slots} == {trial.preset} else "runs"
        if is_first or slot.run is None:
            slot.run = Run(id=run_id, trial=trial, created=created)
            slot.paused_seconds, slot.paused_since = 0.0, None
            slot.siblings, slot.sweep, slot.place = siblings, sweep_id, place
        for event in events:
            if is_told:
                slot.apply(event)
            else:
                sweep.apply(slot, event)
        self._lose_slot(slot)
        self._settle()

    def await_trials(self, sweep_id: str, trials: Mapping[int, Trial], *, is_going_on: bool) -> None:
        """Show the trials that another process has still to begin, by place in its sweep; none if it is gone."""
        sweep = self.sweep
        if sweep is None or sweep.is_here or not any(slot.sweep == sweep_id for slot in sweep.slots):
            return
        waiting, wanted = waiting_slots(sweep, sweep_id), trials if is_going_on else {}
        gone = [slot for place, slot in waiting.items() if place not in wanted]
        sweep.slots = [slot for slot in sweep.slots if not any(slot is one for one in gone)]
        siblings = max(slot.siblings for slot in sweep.slots if slot.sweep == sweep_id)
        for place, trial in sorted(wanted.items()):
            if place not in waiting:
                steps = steps_of_equal(trial, sweep.slots)
                sweep.slots.append(Slot(trial, steps=steps, siblings=siblings, sweep=sweep_id, place=place))
        sweep.left_out = 0 if is_going_on else len(trials)
        self.know((trial.preset, trial.label) for trial in wanted.values())

    def lose(self, summaries: Iterable[RunSummary]) -> None:
        """Say of runs that are followed or looked at that their process is gone, which no event of theirs can."""
        self._lost = {summary.run: summary.reason for summary in summaries if summary.status is RunStatus.LOST}
        for slot in self.sweep.slots if self.sweep is not None and not self.sweep.is_here else []:
            self._lose_slot(slot)
        for run in self.opened.values():
            if run is not None:
                self._lose(run)
        self._settle()

    def _lose(self, run: Run) -> None:
        if run.id in self._lost and run.status.is_live:
            run.status = RunStatus.LOST

    def _lose_slot(self, slot: Slot) -> None:
        if self.sweep is not None and slot.run is not None and slot.run.id in self._lost:
            self.sweep.lose(slot, self._lost[slot.run.id])

    def ask(self, run_id: str, request: Request, now: float) -> None:
        """Remember what was asked of a run until it is done."""
        self.asked[run_id] = Asked(request, now)

    def _settle(self) -> None:
        if not self.asked:
            return
        statuses = {summary.run: summary.status for summary in self.summaries}
        statuses |= {run.id: run.status for run in self.sweep.runs} if self.sweep is not None else {}
        for run_id, asked in list(self.asked.items()):
            if asked.is_answered(statuses.get(run_id, RunStatus.RUNNING)):
                del self.asked[run_id]

    def _knows(self, run_id: str) -> bool:
        return self.sweep is not None and any(run.id == run_id for run in self.sweep.runs)


def facts_key(trial: Trial) -> object:
    """Return what two trials share if they have the same parameters, steps and device."""
    return (trial.config.fingerprint, trial.config.data, trial.config.device)
