"""What a trained network takes each test example for, and how sure it is; remembered beside the run."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import read_array
from numpy.typing import NDArray

from engine.analysis.loaded_run import LoadedRun
from engine.archive import check_archive
from engine.atomic import atomic_file
from engine.data.dataset import Split
from engine.errors import DamagedError, StoreError
from engine.evaluate import batches
from engine.plain_file import open_plain, require_own_folder
from engine.store.files import ARTIFACTS, WEIGHTS
from engine.weights import weights_sha256

FILE = "predictions.npz"
FORMAT_VERSION = 1
MOST_BYTES = 2**28
"""Of a file that is read: ten million examples have a quarter of it."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Of every test example, in the order of the data.

    Shapes: classes (N,) int16, probabilities (N,) float32, labels (N,) int16.
    Units: probabilities from 0 to 1.
    """

    run: str
    classes: NDArray[np.int16]
    """The class that the network takes the example for."""
    probabilities: NDArray[np.float32]
    """Of that class."""
    labels: NDArray[np.int16]
    """The class that it is."""
    test_sha256: str
    """Of the test examples with their labels: what two networks must share to be compared."""
    recorded_accuracy: float | None
    """Test accuracy that the run recorded with these weights; None where it recorded none with them."""

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


def find_predictions(loaded: LoadedRun) -> Generator[None, None, Predictions]:
    """Return what a network predicts, from its run's `artifacts/` where that is of these weights and this data.

    Otherwise it is computed just as the evaluation after each epoch did, giving way after each batch, and kept for
    the next time; in a folder that cannot be written it is not kept.
    Raises: DamagedError if the weights are no regular file; OSError as the file system says.
    """
    test_sha256 = examples_sha256(loaded.test)
    key = f"{FORMAT_VERSION} {_weights_key(loaded.folder)} {test_sha256} {loaded.run.trial.config.fingerprint}"
    path = loaded.folder / ARTIFACTS / FILE
    labels = loaded.test.labels.cpu().numpy().astype(np.int16)
    found = _read(path, key, len(labels))
    if found is None:
        found = yield from _predict(loaded)
        _keep(path, key, *found)
    return Predictions(loaded.run.id, *found, labels, test_sha256, _recorded_accuracy(loaded))


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


def _predict(loaded: LoadedRun) -> Generator[None, None, tuple[NDArray[np.int16], NDArray[np.float32]]]:
    """Shapes: (N,), (N,)."""
    classes: list[torch.Tensor] = []
    probabilities: list[torch.Tensor] = []
    # A batch as large as in the run's evaluation: kernels round by it, and an example between two classes may tip.
    size = loaded.run.trial.config.evaluate.batch_size
    loaded.model.eval()
    for inputs, _ in batches(loaded.test, size, loaded.inputs.for_testing):
        with torch.no_grad():  # closed before the yield: the mode would leak to whoever reads
            outputs = loaded.model(inputs)  # (B, classes) or (B, 1)
            predicted = loaded.objective.predict(outputs)  # (B,)
            every = loaded.objective.probabilities(outputs)  # (B, classes)
            classes.append(predicted)
            probabilities.append(every.gather(1, predicted[:, None])[:, 0])  # (B,)
        yield
    return (
        torch.cat(classes).cpu().numpy().astype(np.int16),
        torch.cat(probabilities).float().cpu().numpy(),
    )


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


def _read(path: Path, key: str, count: int) -> tuple[NDArray[np.int16], NDArray[np.float32]] | None:
    """Return what was kept; None where it is absent, damaged, or of something else: it is a cache."""
    try:
        require_own_folder(path.parent)
        with open_plain(path) as file:
            if path.stat().st_size > MOST_BYTES:
                return None
            check_archive(file)
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                kept, classes, probabilities = (_array(archive, name) for name in ("key", "classes", "probabilities"))
    except Exception:
        return None
    is_ours = (
        str(kept) == key
        and (classes.dtype, classes.shape) == (np.dtype(np.int16), (count,))
        and (probabilities.dtype, probabilities.shape) == (np.dtype(np.float32), (count,))
    )
    return (classes, probabilities) if is_ours else None


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        found: NDArray[Any] = read_array(file, allow_pickle=False)
        return found


def _keep(path: Path, key: str, classes: NDArray[np.int16], probabilities: NDArray[np.float32]) -> None:
    with suppress(OSError, StoreError, DamagedError):  # a folder of somebody else's: it is computed again next time
        require_own_folder(path.parent)
        path.parent.mkdir(exist_ok=True)
        with atomic_file(path) as file:
            np.savez(file, key=np.array(key), classes=classes, probabilities=probabilities)
