"""How far a sweep is and how long it will still take; pure, and silent where it cannot know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.control import HANDED_OVER
from engine.summary import RunStatus
from tui.live_sweep import Slot, Sweep

LEAST_SECONDS = 1.0
"""A run under way for less says little about the rest: its first steps are the slow ones."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sweep is."""

    fraction: float
    """Of all the steps of the sweep, 0 to 1."""
    finished: int
    """Trials that are over."""
    total: int
    seconds_left: float | None
    """None while there is nothing to judge by."""
    is_of_run: bool = False
    """Whether that is of the run under way alone: of what another process will train next, nobody knows the steps."""


def progress_of(sweep: Sweep, now: float) -> Progress:
    """Judge a sweep by its steps, and the time left by how long equal trials took.

    Units: `now` in seconds since 1970.
    """
    current = sweep.current
    if current is not None and not sweep.is_here and current.siblings > len(sweep.slots):
        fraction = (current.place + run_fraction(current)) / current.siblings
        is_rest_known = current.place + 1 == current.siblings or any(slot.run is None for slot in sweep.slots)
        left, is_of_run = _time_left(sweep, now)
        return Progress(fraction, current.place, current.siblings, left, is_of_run=is_of_run or not is_rest_known)
    weights = _weights(sweep.slots)
    done = sum(run_fraction(slot) * weight for slot, weight in zip(sweep.slots, weights, strict=True))
    whole = sum(weights) * (1 + sweep.left_out / len(weights)) if weights else 0.0  # as large as the others are
    finished = sum(not slot.status.is_live for slot in sweep.slots)
    left, is_of_run = _time_left(sweep, now)
    total = len(sweep.slots) + sweep.left_out
    return Progress(done / whole if whole else 0.0, finished, total, left, is_of_run=is_of_run)


def run_fraction(slot: Slot) -> float:
    """Return how much of its steps a trial has done, 0 to 1; one that is over has done all it will.

    Not so one whose process is gone, or that is handed over: nobody meant that to be its end.
    """
    if not slot.status.is_live and slot.status is not RunStatus.LOST and HANDED_OVER not in slot.reason:
        return 1.0
    return min(1.0, slot.run.step / slot.steps) if slot.run is not None and slot.steps else 0.0


def active_seconds(slot: Slot, now: float) -> float:
    """Return for how long a trial has run, pauses left out, evaluation included."""
    run = slot.run
    if run is None or run.started is None:
        return 0.0
    if run.finished is not None:
        end = run.finished.time
    elif slot.status.is_live:
        end = slot.paused_since or now
    else:
        end = run.updated
    return max(0.0, end - run.started.time - slot.paused_seconds)


def _weights(slots: list[Slot]) -> list[float]:
    known = [slot.steps for slot in slots if slot.steps]
    usual = sum(known) / len(known) if known else 1.0
    return [float(slot.steps or usual) for slot in slots]


def _time_left(sweep: Sweep, now: float) -> tuple[float | None, bool]:
    """Return the seconds left, and whether they are those of the runs under way alone.

    How many steps a trial will take that another process has still to begin can be known only from one like it.
    """
    if sweep.is_over:
        return None, False
    left = _seconds_left(sweep, sweep.slots, now)
    if left is None and not sweep.is_here:
        begun = [slot for slot in sweep.slots if slot.run is not None]
        if any(slot.status.is_live for slot in begun) and len(begun) < len(sweep.slots):
            return _seconds_left(sweep, begun, now), True
    return left, False


def _seconds_left(sweep: Sweep, slots: Sequence[Slot], now: float) -> float | None:
    """Add up the steps that are left, at the pace of equal trials, or of all where none was equal."""
    pace = _seconds_a_step(sweep, now)
    left = 0.0
    for slot in slots:
        if not slot.status.is_live:
            continue
        seconds_a_step = pace.get(slot.trial.label, pace.get(""))
        if seconds_a_step is None or not slot.steps:
            return None
        left += (slot.steps - (slot.run.step if slot.run is not None else 0)) * seconds_a_step
    return max(0.0, left)


def _seconds_a_step(sweep: Sweep, now: float) -> dict[str, float]:
    """Return the seconds that a step takes, evaluation included, by label; under "" for all of them."""
    seconds: dict[str, float] = {}
    steps: dict[str, int] = {}
    for slot in sweep.slots:
        active = active_seconds(slot, now)
        done = _steps_since_its_start(slot)
        if slot.run is None or not done or slot.status is RunStatus.LOST:
            continue
        if slot.status.is_live and active < LEAST_SECONDS:
            continue
        for label in (slot.trial.label, ""):
            seconds[label] = seconds.get(label, 0.0) + active
            steps[label] = steps.get(label, 0) + done
    return {label: seconds[label] / steps[label] for label in seconds}


def _steps_since_its_start(slot: Slot) -> int:
    """Return the steps that its latest process did: those before an interruption took time that nobody knows."""
    run = slot.run
    if run is None or run.started is None:
        return 0
    return run.step - (run.started.kept.step if run.started.kept is not None else 0)
