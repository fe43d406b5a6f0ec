"""Small runs, really trained, whose networks the tests of the analyses ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.analysis.asked import Asked, OpenedRun
from engine.analysis.examples import Examples
from engine.analysis.inspector import Inspector
from engine.analysis.loaded_run import LoadedRun, load_run
from engine.analysis.predictions import Predictions, find_predictions
from engine.analysis.progress import finish as outcome
from engine.analysis.question import Question
from engine.control import Control
from engine.runner import run_trials
from engine.store import RunStore
from tests.builders import build_trial

__all__ = [
    "NOWHERE",
    "ONE_LOGIT",
    "ask",
    "asked",
    "build_examples",
    "build_predictions",
    "loaded",
    "of_every_class",
    "outcome",
    "predictions",
    "save_photographs",
    "train_run",
]

NOWHERE = Path("there-is-no-data-here")
ONE_LOGIT: dict[str, Any] = {
    "model__name": "regularised_cnn",
    "model__filters": "4,6",
    "model__hidden": None,
    "data__image_size": "16",
}
"""Settings of a network with BatchNorm and Dropout2d that gives two classes one score, on colour images."""


def train_run(results: Path, label: str = "small", *, data_folder: Path = NOWHERE, **settings: object) -> str:
    """Train a small network on digits, unless the settings (a double underscore for the dot) say otherwise.

    None leaves a setting at termlab's default.
    """
    usual = {"model.hidden": "16", "train.epochs": "2", "train.batch_size": "256", "device": "cpu"}
    overrides = usual | {key.replace("__", "."): text for key, text in settings.items()}
    trial = build_trial(label, overrides={key: text for key, text in overrides.items() if text is not None})
    events = list(run_trials([trial], RunStore(results), data_folder=data_folder, control=Control()))
    return events[-1].run_id


def save_photographs(folder: Path) -> str:
    """Write colour images of two classes, of which one is redder, and return the name of the dataset."""
    noise = np.random.default_rng(0)
    for split, count in (("train", 40), ("test", 12)):
        for kind, redness in (("blue", 0), ("red", 60)):
            place = folder / split / kind
            place.mkdir(parents=True)
            for number in range(count):
                pixels = noise.integers(0, 190, (16, 16, 3), dtype=np.uint8)
                pixels[:, :, 0] += redness
                Image.fromarray(pixels).save(place / f"{number}.png")
    return f"folder:{folder}"


def loaded(results: Path, run_id: str, data_folder: Path = NOWHERE) -> LoadedRun:
    """Load a run whose data comes with termlab, unless a folder is given."""
    return load_run(RunStore(results), run_id, data_folder)


def asked(results: Path, run_id: str, **question: Any) -> Asked:
    """Return a question of a run whose data comes with termlab."""
    return Asked(OpenedRun(loaded(results, run_id)), **question)


def ask(results: Path, what: str, run_id: str, **question: Any) -> Any:
    """Ask as the screen and the command line do, and return what was found out about the first run."""
    inspector = Inspector(RunStore(results), lambda _run_id: NOWHERE)
    return outcome(inspector.ask(Question(what, run_id, **question))).first


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


def build_predictions(
    labels: Sequence[int], every: Sequence[Sequence[float]], classes: Sequence[int] | None = None
) -> Predictions:
    """Return predictions that give these probabilities to the classes of each example.

    Shapes: (N,), (N, K), (N,).
    """
    table = np.array(every, dtype=np.float32)
    taken = table.argmax(1) if classes is None else np.array(classes)
    return Predictions("one", taken.astype(np.int16), table, np.array(labels, dtype=np.int16), "same", None)


def build_examples(labels: Sequence[int], class_names: Sequence[str]) -> Examples:
    """Return examples of nothing."""
    points = np.zeros((len(labels), 2), dtype=np.float32)
    return Examples(None, points, np.array(labels, dtype=np.int64), tuple(class_names))
