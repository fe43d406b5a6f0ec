"""`Sweep`: the trials that Live shows together, each with its run once that has begun, and what they said. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.control import is_handed_over
from engine.events import Event, Noted, RunFinished, RunStarted
from engine.run import Run
from engine.summary import RunStatus
from engine.trial import Trial

MOST_LOG_LINES = 2000
MOST_SECONDS_BETWEEN = 60.0
"""Between two runs of one sweep of another process: loading data takes a while."""


@dataclass(slots=True, eq=False)
class Slot:
    """A trial of the sweep, and its run once that has started."""

    trial: Trial
    steps: int = 0
    """Steps it will take; 0 until it is known."""
    run: Run | None = None
    earlier: Run | None = None
    """The run that it goes on with, as it was when that was interrupted."""
    siblings: int = 1
    """Trials that were started together with it, itself included, where that is known."""
    sweep: str = ""
    """The id of what was started together; empty where none is known."""
    place: int = 0
    """In it, from 0."""
    paused_seconds: float = 0.0
    paused_since: float | None = None
    lost_why: str = ""
    """What became of its process, where it is gone without a last word; empty otherwise."""

    @property
    def status(self) -> RunStatus:
        """What the trial is doing, or how it ended."""
        return self.run.status if self.run else RunStatus.QUEUED

    @property
    def reason(self) -> str:
        """Why it failed or stopped."""
        if self.run is not None and self.run.finished is not None:
            return self.run.finished.reason
        return ""

    def apply(self, event: Event) -> None:
        """Take in an event of this trial."""
        if isinstance(event, RunStarted):
            self.lost_why = ""
            self.steps = event.total_steps or event.steps_per_epoch * event.epochs
            self.paused_seconds, self.paused_since = 0.0, None  # pauses before an interruption are not this process's
        if isinstance(event, Noted) and event.mark == "paused":
            self.paused_since = event.time
        elif isinstance(event, Noted | RunFinished) and self.paused_since is not None:
            self.paused_seconds += max(0.0, event.time - self.paused_since)
            self.paused_since = None
        if self.run is not None:
            self.run.apply(event)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log of Live."""

    time: float
    trial: str
    text: str
    is_warning: bool = False


@dataclass(slots=True)
class Sweep:
    """The trials that Live shows: of a launch here, or runs of another process that are followed."""

    name: str
    slots: list[Slot]
    is_here: bool
    left_out: int = 0
    """Trials that were never begun, as everything was stopped before."""
    log: deque[LogLine] = field(default_factory=lambda: deque(maxlen=MOST_LOG_LINES))

    @property
    def runs(self) -> list[Run]:
        """The runs that have started."""
        return [slot.run for slot in self.slots if slot.run is not None]

    @property
    def current(self) -> Slot | None:
        """The trial under way."""
        return next((slot for slot in self.slots if slot.run is not None and slot.status.is_live), None)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return not any(slot.status.is_live for slot in self.slots)

    def is_handed_over(self, now: float) -> bool:
        """Tell whether a process of its own is to go on with it any moment, with what has not begun as well.

        Units: `now` in seconds since 1970.
        """
        ends = [run.finished for run in self.runs if run.finished is not None]
        return self.current is None and any(is_handed_over(end.reason, end.time, now) for end in ends)

    def apply(self, slot: Slot, event: Event) -> None:
        """Take in an event, and write the log where it says something."""
        slot.apply(event)
        lines, is_warning = _log_texts(event)
        name = self._name(slot)
        self.log.extend(LogLine(event.time, name, line, is_warning) for line in lines)

    def lose(self, slot: Slot, why: str) -> None:
        """Take in that the process of a trial is gone, which none of its events can say."""
        run = slot.run
        if run is None or not run.status.is_live:
            return
        run.status, slot.lost_why = RunStatus.LOST, why
        line = LogLine(run.updated, self._name(slot), f"lost: {why}", is_warning=True)
        if line not in self.log:  # a run that is read anew was lost once
            self.log.append(line)

    def _name(self, slot: Slot) -> str:
        seeds = {other.trial.config.seed for other in self.slots}
        return slot.trial.label + (f" seed {slot.trial.config.seed}" if len(seeds) > 1 else "")


def continues(sweep: Sweep, trial: Trial, created: float) -> bool:
    """Tell whether a run that another process began belongs to what Live shows."""
    last = max((run.updated for run in sweep.runs), default=0.0)
    return not sweep.is_over or (sweep.name == trial.preset and created - last < MOST_SECONDS_BETWEEN)


def waiting_slots(sweep: Sweep, sweep_id: str) -> dict[int, Slot]:
    """Return the trials of what was started together that have no run, by place."""
    return {slot.place: slot for slot in sweep.slots if slot.run is None and slot.sweep == sweep_id}


def resumable_run(sweep: Sweep, preferred: Slot | None) -> str:
    """Return the run by which a sweep that is over is gone on with: the preferred one, if it can be; empty if none.

    Of trials that never began any run of the sweep can tell.
    """
    if not sweep.is_over:
        return ""
    slots = ([preferred] if preferred is not None else []) + sweep.slots[::-1]
    found = next((slot.run.id for slot in slots if slot.run is not None and slot.status.is_resumable), "")
    return found or (sweep.runs[-1].id if sweep.left_out and sweep.runs else "")


def steps_of_equal(trial: Trial, slots: Iterable[Slot]) -> int:
    """Return the steps that a trial will take if one of as many examples, batches and epochs says so; 0 otherwise."""
    of = (trial.config.data, trial.config.train)
    return next((one.steps for one in slots if one.steps and (one.trial.config.data, one.trial.config.train) == of), 0)


def _log_texts(event: Event) -> tuple[list[str], bool]:
    match event:
        case RunStarted():
            where = f"{event.device} ({event.device_name})" if event.device_name else event.device
            return [f"started on {where}, {event.parameters:,} parameters"], False
        case Noted():
            return event.text.splitlines(), event.level == "warning"
        case RunFinished(status="failed"):
            return [f"failed: {line}" if not at else line for at, line in enumerate(event.reason.splitlines())], True
        case RunFinished():
            return [event.reason or event.status], False
        case _:
            return [], False
