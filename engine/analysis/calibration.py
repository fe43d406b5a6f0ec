"""Whether a network is as often right as it is sure: reliability, and the expected calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.asked import Asked
from engine.analysis.predictions import Predictions
from engine.analysis.progress import Steps

BINS = 15
"""Of equal width. Source: Guo et al., On Calibration of Modern Neural Networks (arXiv:1706.04599)."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Test examples by the probability of the class that they are taken for.

    Shapes: edges (BINS + 1,), the others (BINS,). Units: from 0 to 1.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    """Mean probability in each bin; NaN where it is empty."""
    accuracy: NDArray[np.float64]
    """Share that is right in each bin; NaN where it is empty."""
    expected_error: float
    """Mean gap between the two, each bin weighted by its examples (ECE)."""
    maximum_error: float
    """The largest gap of any bin (MCE)."""
    mean_confidence: float
    mean_accuracy: float


def answer(asked: Asked) -> Steps[Calibration]:
    """Sort the test examples into bins.

    Raises: as `find_predictions`.
    """
    predictions = yield from asked.run.predictions()
    return calibrate(predictions)


def calibrate(predictions: Predictions, bins: int = BINS) -> Calibration:
    """Compare how sure with how right; a probability on an edge belongs to the bin below, as in scikit-learn."""
    sure, right = predictions.probabilities.astype(np.float64), predictions.is_right
    known = np.isfinite(sure)
    sure, right = sure[known], right[known]
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.searchsorted(edges[1:-1], sure), 0, bins - 1)
    counts = np.bincount(places, minlength=bins).astype(np.int64)
    empty = np.full(bins, np.nan)
    confidence = np.divide(np.bincount(places, sure, bins), counts, out=empty.copy(), where=counts > 0)
    accuracy = np.divide(np.bincount(places, right, bins), counts, out=empty.copy(), where=counts > 0)
    gaps = np.abs(confidence - accuracy)[counts > 0]
    weights = counts[counts > 0] / max(1, counts.sum())
    return Calibration(
        edges=edges,
        counts=counts,
        confidence=confidence,
        accuracy=accuracy,
        expected_error=float((gaps * weights).sum()) if len(sure) else float("nan"),
        maximum_error=float(gaps.max()) if len(sure) else float("nan"),
        mean_confidence=float(sure.mean()) if len(sure) else float("nan"),
        mean_accuracy=float(right.mean()) if len(right) else float("nan"),
    )
