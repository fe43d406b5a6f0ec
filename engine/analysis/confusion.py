"""Which class is taken for which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.asked import Asked
from engine.analysis.predictions import Predictions
from engine.analysis.progress import Steps


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of test examples by what they are and what they are taken for.

    Units: recall and precision from 0 to 1; NaN where there is nothing to divide by.
    """

    class_names: tuple[str, ...]
    counts: NDArray[np.int64]
    """Rows are what examples are, columns what they are taken for. Shapes: (K, K)."""
    recall: NDArray[np.float64]
    """Of the examples of a class, the share that is recognised. Shapes: (K,)."""
    precision: NDArray[np.float64]
    """Of what is taken for a class, the share that is of it. Shapes: (K,)."""

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return float(np.trace(self.counts) / self.counts.sum())

    def worst(self, count: int) -> list[tuple[int, int, int]]:
        """Return the most frequent confusions: what they are, what they are taken for, how often."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[:count]
        rows, columns = np.unravel_index(order, wrong.shape)
        found = zip(rows.tolist(), columns.tolist(), wrong[rows, columns].tolist(), strict=True)
        return [one for one in found if one[2]]


def answer(asked: Asked) -> Steps[Confusion]:
    """Count the test examples.

    Raises: as `find_predictions`.
    """
    predictions = yield from asked.run.predictions()
    return count_confusion(predictions, asked.run.examples.class_names)


def count_confusion(predictions: Predictions, class_names: tuple[str, ...]) -> Confusion:
    """Count predictions by class."""
    size = len(class_names)
    places = predictions.labels.astype(np.int64) * size + predictions.classes
    counts = np.bincount(places, minlength=size * size).reshape(size, size).astype(np.int64)
    right = np.diag(counts).astype(np.float64)
    return Confusion(class_names, counts, _share(right, counts.sum(1)), _share(right, counts.sum(0)))


def _share(part: NDArray[np.float64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share
