"""Small runs, really trained, whose networks the tests of the analyses ask."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

from engine.analysis.loaded_run import LoadedRun, load_run
from engine.analysis.predictions import Predictions, find_predictions
from engine.control import Control
from engine.runner import run_trials
from engine.store import RunStore
from tests.builders import build_trial

NOWHERE = Path("there-is-no-data-here")
Result = TypeVar("Result")


def train_run(results: Path, label: str = "small", **settings: object) -> str:
    """Train a small network on digits, unless the settings (a double underscore for the dot) say otherwise."""
    overrides = {"model.hidden": "16", "train.epochs": "2", "train.batch_size": "256", "device": "cpu"}
    trial = build_trial(label, overrides=overrides | {key.replace("__", "."): text for key, text in settings.items()})
    events = list(run_trials([trial], RunStore(results), data_folder=NOWHERE, control=Control()))
    return events[-1].run_id


def loaded(results: Path, run_id: str) -> LoadedRun:
    """Load a run whose data comes with termlab."""
    return load_run(RunStore(results), run_id, NOWHERE)


def outcome(steps: Generator[None, None, Result]) -> Result:
    """Work through a generator and return what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: Result = end.value
            return value


def predictions(results: Path, run_id: str) -> Predictions:
    """Return what a run's network predicts."""
    return outcome(find_predictions(loaded(results, run_id)))
