"""Small runs, really trained, whose networks the tests of the analyses ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.analysis.loaded_run import LoadedRun, load_run
from engine.analysis.predictions import Predictions, find_predictions
from engine.analysis.progress import finish as outcome
from engine.control import Control
from engine.runner import run_trials
from engine.store import RunStore
from tests.builders import build_trial

__all__ = ["loaded", "of_every_class", "outcome", "predictions", "train_run"]

NOWHERE = Path("there-is-no-data-here")


def train_run(results: Path, label: str = "small", **settings: object) -> str:
    """Train a small network on digits, unless the settings (a double underscore for the dot) say otherwise."""
    overrides = {"model.hidden": "16", "train.epochs": "2", "train.batch_size": "256", "device": "cpu"}
    trial = build_trial(label, overrides=overrides | {key.replace("__", "."): text for key, text in settings.items()})
    events = list(run_trials([trial], RunStore(results), data_folder=NOWHERE, control=Control()))
    return events[-1].run_id


def loaded(results: Path, run_id: str) -> LoadedRun:
    """Load a run whose data comes with termlab."""
    return load_run(RunStore(results), run_id, NOWHERE)


def predictions(results: Path, run_id: str) -> Predictions:
    """Return what a run's network predicts."""
    return outcome(find_predictions(loaded(results, run_id)))


def of_every_class(classes: Sequence[int], probabilities: Sequence[float], count: int = 10) -> NDArray[np.float32]:
    """Return what a network would say of each class that gives these probabilities to the classes that it chose.

    Shapes: (N,), (N,) -> (N, count).
    """
    every = np.zeros((len(classes), count), dtype=np.float32)
    every[np.arange(len(classes)), np.asarray(classes)] = probabilities
    return every
