"""Saved runs to export: one that was interrupted and went on, one whose loss was no number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from engine.events import Event, Kept, Table
from engine.export.saved import SavedRun, read_saved
from engine.store import RunStore
from tests.builders import START, build_epoch, build_finished, build_started, build_steps, build_trial, save_run

ROC = Table(x_name="false_positive_rate", x=(0.0, 1.0), columns={"true_positive_rate": (0.25, 1.0)})


def resumed_events() -> list[Event]:
    """Return ten steps, four more that no checkpoint kept, and, a minute later, those anew up to the twentieth."""
    kept = Kept(step=10, epochs=1, samples=640, train_seconds=0.1, lr=0.1)
    late: list[Event] = [
        build_steps(20, first=11, series={"train_loss": [5.0] * 9 + [math.inf]}),
        build_epoch(2, accuracy=0.75, test_loss=math.nan),
        build_finished(tables={"roc": ROC}),
    ]
    return [
        build_started(),
        build_steps(10),
        build_epoch(1, accuracy=0.5),
        build_steps(14, first=11, series={"train_loss": [9.0] * 4}),
        build_started(time=START + 60, kept=kept),
        *[event.model_copy(update={"time": event.time + 60}) for event in late],
    ]


def save_resumed(folder: Path) -> str:
    """Save that run and return its id."""
    trial = build_trial("went|on", overrides={"model.hidden": "30,20", "optim.lr": 0.05})
    return save_run(folder, trial=trial, events=resumed_events())


def saved_runs(folder: Path) -> Iterator[SavedRun]:
    """Read every run of a folder, oldest first; none may be damaged."""

    def refuse(run_id: str, reason: str) -> None:
        raise AssertionError(f"{run_id}: {reason}")

    store = RunStore(folder)
    return read_saved(store, store.summaries()[::-1], refuse)
