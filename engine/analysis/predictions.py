"""What a trained network takes each test example for, and how sure it is; remembered beside the run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.artifact import Arrays, keep_artifact, read_artifact
from engine.analysis.loaded_run import LoadedRun
from engine.analysis.progress import Progress, Steps
from engine.data.dataset import Split
from engine.evaluate import batches
from engine.plain_file import open_plain
from engine.store.files import ARTIFACTS, WEIGHTS
from engine.weights import weights_sha256

FILE = "predictions.npz"
FORMAT_VERSION = 2


@dataclass(frozen=True, eq=False)
class Predictions:
    """Of every test example, in the order of the data.

    Shapes: classes (N,) int16, every (N, K) float32, labels (N,) int16.
    Units: probabilities from 0 to 1.
    """

    run: str
    classes: NDArray[np.int16]
    """The class that the network takes the example for."""
    every: NDArray[np.float32]
    """The probability of each class."""
    labels: NDArray[np.int16]
    """The class that it is."""
    test_sha256: str
    """Of the test examples with their labels: what two networks must share to be compared."""
    recorded_accuracy: float | None
    """Test accuracy that the run recorded with these weights; None where it recorded none with them."""

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Of the class that the network takes the example for.

        Shapes: (N,).
        """
        return np.take_along_axis(self.every, self.classes[:, None].astype(np.int64), 1)[:, 0]

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """Shapes: (N,)."""
        return np.equal(self.classes, self.labels)

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return float(self.is_right.mean())

    @property
    def doubt(self) -> str:
        """What is odd about them; empty as a rule.

        Another device may tip an example that lies between two classes; more than one in a thousand is something else.
        """
        recorded, count = self.recorded_accuracy, len(self.labels)
        if recorded is None:
            return ""
        others = abs(round(recorded * count) - int(self.is_right.sum()))
        if others <= max(1, count // 1000):
            return ""
        return (
            f"{self.run} recorded a test accuracy of {100 * recorded:.2f} % and has {100 * self.accuracy:.2f} % here: "
            "the test data may not be what it was"
        )


def find_predictions(loaded: LoadedRun) -> Steps[Predictions]:
    """Return what a network predicts, from its run's `artifacts/` where that is of these weights and this data.

    Otherwise it is computed just as the evaluation after each epoch did, giving way after each batch, and kept for
    the next time; in a folder that cannot be written it is not kept.
    Raises: DamagedError if the weights are no regular file; OSError as the file system says.
    """
    test_sha256 = examples_sha256(loaded.test)
    key = f"{FORMAT_VERSION} {artifact_key(loaded, test_sha256)}"
    path = loaded.folder / ARTIFACTS / FILE
    count, classes = len(loaded.test), loaded.dataset.classes
    found = read_artifact(path, key, {"classes": ((count,), np.int16), "every": ((count, classes), np.float32)})
    if found is None:
        found = yield from _predict(loaded)
        keep_artifact(path, key, found)
    labels = loaded.test.labels.cpu().numpy().astype(np.int16)
    return Predictions(loaded.run.id, found["classes"], found["every"], labels, test_sha256, _recorded_accuracy(loaded))


def artifact_key(loaded: LoadedRun, test_sha256: str) -> str:
    """Return what an artifact about the test examples depends on: the weights, the examples and the recipe.

    Raises: DamagedError if the weights are no regular file; OSError as the file system says.
    """
    return f"{_weights_key(loaded.folder)} {test_sha256} {loaded.run.trial.config.fingerprint}"


def examples_sha256(split: Split) -> str:
    """Return the hash of what the examples and their labels are.

    Shapes: images (N, C, H, W), labels (N,).
    """
    digest = hashlib.sha256()
    for tensor in (split.images, split.labels):
        array = np.ascontiguousarray(tensor.cpu().numpy())
        digest.update(f"{array.dtype} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _predict(loaded: LoadedRun) -> Steps[Arrays]:
    """Shapes: classes (N,) int16, every (N, K) float32."""
    classes: list[torch.Tensor] = []
    every: list[torch.Tensor] = []
    # A batch as large as in the run's evaluation: kernels round by it, and an example between two classes may tip.
    size = loaded.run.trial.config.evaluate.batch_size
    loaded.model.eval()
    done = 0
    for inputs, labels in batches(loaded.test, size, loaded.inputs.for_testing):
        with torch.no_grad():  # closed before the yield: the mode would leak to whoever reads
            outputs = loaded.model(inputs)  # (B, classes) or (B, 1)
            classes.append(loaded.objective.predict(outputs))  # (B,)
            every.append(loaded.objective.probabilities(outputs))  # (B, classes)
        done += len(labels)
        yield Progress(done, len(loaded.test), "predicting the test examples")
    return {
        "classes": torch.cat(classes).cpu().numpy().astype(np.int16),
        "every": torch.cat(every).float().cpu().numpy(),
    }


def _recorded_accuracy(loaded: LoadedRun) -> float | None:
    """Return what the run recorded after its last epoch, if its weights are still those."""
    run = loaded.run
    if not run.epochs:
        return None
    last = run.epochs[-1]
    if last.weights_sha256 and last.weights_sha256 != weights_sha256(loaded.model):  # stopped within an epoch
        return None
    return last.metrics.get("test_accuracy")


def _weights_key(folder: Path) -> str:
    digest = hashlib.sha256()
    with open_plain(folder / WEIGHTS) as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
