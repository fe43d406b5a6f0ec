"""Where to draw the line between two classes: chosen on the ROC curve of validation examples, judged on tests."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.data.dataset import Dataset, Split
from engine.errors import ConfigError
from engine.evaluate import Prepare, batches
from engine.events import Table
from engine.objective import Objective

Floats = NDArray[np.float64]
ThresholdSteps = Generator[None, None, tuple[dict[str, float], dict[str, Table]]]


def evaluate_threshold(
    model: nn.Module, *, validation: Split, test: Split, objective: Objective, prepare: Prepare, batch_size: int
) -> ThresholdSteps:
    """Choose the threshold on the validation examples and judge both splits at it; give way after each batch.

    An example counts as class 1 where its probability of class 1 is at least the threshold. The threshold chosen is
    the point of the ROC curve nearest (0, 1): no false positives, all true ones.
    Returns: `threshold`, accuracy and error of both splits at it, the area under the validation curve; tables `roc` (on
    the validation examples) and `confusion` (of the test examples, at 0.5 and at the threshold).
    Source: catalogue E4 (CS236781, homework 2).
    """
    scores = yield from _probabilities(model, validation, objective, prepare, batch_size)
    test_scores = yield from _probabilities(model, test, objective, prepare, batch_size)
    labels, test_labels = validation.labels.cpu().numpy(), test.labels.cpu().numpy()
    roc, area = roc_table(labels, scores)
    threshold = nearest_threshold(roc)
    metrics = {"threshold": threshold, "validation_auc": area}
    for name, truth, found in (("validation", labels, scores), ("test", test_labels, test_scores)):
        right = int(((found >= threshold) == (truth == 1)).sum())
        metrics[f"{name}_accuracy_at_threshold"] = right / len(truth)
        metrics[f"{name}_error_at_threshold"] = (len(truth) - right) / len(truth)
    return metrics, {"roc": roc, "confusion": confusion_table(test_labels, test_scores, (0.5, threshold))}


def require_both_classes(dataset: Dataset) -> None:
    """Make sure that the validation examples can tell a good threshold from a bad one.

    Raises: ConfigError if one of the two classes is missing among them.
    """
    assert dataset.validation is not None  # the config sees to it
    counts = torch.bincount(dataset.validation.labels, minlength=2).tolist()
    if min(counts) > 0:
        return
    missing = dataset.class_names[counts.index(0)]
    raise ConfigError(
        [
            f"evaluate.roc_threshold = true: none of the {sum(counts)} validation examples is of class {missing}, and "
            "a threshold divides two"
        ],
        "Raise data.validation_fraction or data.train_limit, or set data.validation_split=random.",
    )


def roc_table(labels: NDArray[np.int64], scores: Floats) -> tuple[Table, float]:
    """Return the ROC curve of probabilities of class 1, and the area under it.

    Every distinct probability is a threshold; the curve begins with one above them all, written as infinity.

    Shapes: labels (N,), scores (N,).
    """
    from sklearn.metrics import auc, roc_curve

    false_rate, true_rate, thresholds = roc_curve(
        labels, scores, drop_intermediate=False
    )  # what it drops may lie nearest
    columns = {"true_positive_rate": true_rate, "threshold": thresholds}
    table = Table(
        x_name="false_positive_rate",
        x=tuple(false_rate.tolist()),
        columns={name: tuple(values.tolist()) for name, values in columns.items()},
        curves=("true_positive_rate",),
    )
    return table, float(auc(false_rate, true_rate))


def nearest_threshold(roc: Table) -> float:
    """Return the threshold of the point nearest (0, 1); of several, the highest threshold."""
    false_rate, true_rate = np.array(roc.x), np.array(roc.columns["true_positive_rate"])
    distances = np.hypot(false_rate, 1 - true_rate)
    nearest = int(np.argmax(distances <= distances.min() + 1e-12))  # equal ones differ by rounding
    return min(1.0, roc.columns["threshold"][nearest])


def confusion_table(labels: NDArray[np.int64], scores: Floats, thresholds: tuple[float, ...]) -> Table:
    """Count right and wrong predictions of both classes at each threshold.

    Shapes: labels (N,), scores (N,).
    """
    columns: dict[str, tuple[float, ...]] = {}
    for name, predicted, actual in (
        ("true_negatives", False, 0),
        ("false_positives", True, 0),
        ("false_negatives", False, 1),
        ("true_positives", True, 1),
    ):
        counts = [(((scores >= threshold) == predicted) & (labels == actual)).sum() for threshold in thresholds]
        columns[name] = tuple(float(count) for count in counts)
    return Table(x_name="threshold", x=thresholds, columns=columns, curves=())


def _probabilities(
    model: nn.Module, split: Split, objective: Objective, prepare: Prepare, batch_size: int
) -> Generator[None, None, Floats]:
    """Return the probability of class 1 for every example.

    Shapes: (N,).
    """
    found = []
    model.eval()
    for inputs, _ in batches(split, batch_size, prepare):
        with torch.no_grad():
            found.append(objective.probabilities(model(inputs))[:, 1])
        yield
    model.train()
    return torch.cat(found).double().cpu().numpy()  # (N,)
