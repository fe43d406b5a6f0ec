"""Events, trials and saved runs for tests: everything has a default, and a test gives what it is about."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.config import RunConfig
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone
from engine.overrides import apply_overrides
from engine.process import Writer, host_name
from engine.run import Run
from engine.store import RunStore
from engine.store.lock import RunLock
from engine.summary import RunStatus, RunSummary
from engine.trial import Published, Trial

NO_PROCESS = 2**22 + 1
"""Above the highest pid that Linux gives out."""
START = 1_780_000_000.0
"""When the runs of the tests begin, in seconds since 1970."""


def build_trial(
    label: str = "sgd",
    *,
    preset: str = "digits-first",
    overrides: Mapping[str, Any] | None = None,
    published: Sequence[Published] = (),
) -> Trial:
    """Return a trial of two epochs on digits."""
    config = apply_overrides(RunConfig(), {"train.epochs": 2, **(overrides or {})})
    return Trial(preset=preset, label=label, config=config, published=tuple(published))


def build_started(**changes: Any) -> RunStarted:
    """Return the first event of a run of 2 epochs of 10 steps, by a process that is no more."""
    values: dict[str, Any] = {
        "time": START,
        "device": "cpu",
        "device_name": "test processor",
        "parameters": 4810,
        "train_examples": 640,
        "test_examples": 160,
        "image_shape": (1, 8, 8),
        "class_names": tuple("0123456789"),
        "steps_per_epoch": 10,
        "epochs": 2,
        "threads": 2,
        "deterministic": True,
        "versions": {"termlab": "0", "torch": "0"},
        "host": host_name(),
        "pid": NO_PROCESS,
        "process_started": 1.0,
    }
    return RunStarted(**(values | changes))


def build_steps(last: int, *, first: int = 1, series: Mapping[str, Sequence[float]] | None = None) -> StepsDone:
    """Return the steps from `first` to `last` of ten an epoch, at 100 steps a second."""
    losses = [1 / step for step in range(first, last + 1)]
    values = {"train_loss": losses} if series is None else series
    return StepsDone(
        time=START + last / 100,
        step=last,
        epoch=(last - 1) // 10 + 1,
        samples=last * 64,
        train_seconds=last / 100,
        lr=0.1,
        series={name: tuple(column) for name, column in values.items()},
    )


def build_epoch(epoch: int, *, accuracy: float = 0.9, **metrics: float) -> EpochDone:
    """Return the end of an epoch of ten steps; `metrics` are added to the usual ones or replace them."""
    usual = {
        "train_loss": 0.2,
        "train_accuracy": 0.95,
        "test_loss": 0.3,
        "test_accuracy": accuracy,
        "test_error": 1 - accuracy,
    }
    return EpochDone(
        time=START + epoch / 10,
        epoch=epoch,
        step=epoch * 10,
        samples=epoch * 640,
        train_seconds=epoch / 10,
        lr=0.1,
        metrics=usual | metrics,
    )


def build_finished(status: str = "done", **changes: Any) -> RunFinished:
    """Return the last event."""
    return RunFinished(**{"time": START + 1, "status": status, **changes})


def build_events(accuracy: float = 0.9) -> list[Event]:
    """Return a whole run of two epochs that ends well."""
    return [
        build_started(),
        build_steps(10),
        build_epoch(1, accuracy=accuracy / 2),
        build_steps(20, first=11),
        build_epoch(2, accuracy=accuracy),
        build_finished(),
    ]


def fold(events: Sequence[Event], *, trial: Trial | None = None) -> Run:
    """Return the run that these events tell."""
    run = Run(id="abcdef-test", trial=trial or build_trial(), created=START)
    for event in events:
        run.apply(event)
    return run


def save_run(folder: Path, *, trial: Trial | None = None, events: Sequence[Event] | None = None) -> str:
    """Write a run through the store, a finished one unless `events` say otherwise, and return its id."""
    first, *others = events or build_events()
    assert isinstance(first, RunStarted)
    writer = RunStore(folder).create(trial or build_trial(), first)
    for event in others:
        writer.append(event)
    writer.close()
    if writer.run.finished is None:
        hold_as(first, writer.folder)
    return writer.run.id


def hold_as(first: RunStarted, folder: Path) -> None:
    """Let the process that a run names hold it, as whoever is at work does, where that process is alive."""
    writer = Writer(first.host, first.pid, first.process_started)
    if writer.is_alive(last_write=time.time()):
        number = RunLock.take(folder).number
        (folder / f"writer.{number}.json").write_text(json.dumps(asdict(writer)))


def build_summary(run: str = "abcdef-test", **changes: Any) -> RunSummary:
    """Return the summary of a finished run; `changes` are fields of it."""
    return RunSummary(**{**_summary_fields(), "run": run, **changes})


def _summary_fields() -> dict[str, Any]:
    summary = fold(build_events()).summary()
    assert summary.status is RunStatus.DONE
    return {name: getattr(summary, name) for name in RunSummary.__slots__}
