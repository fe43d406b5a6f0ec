"""True against false positives over every threshold, the threshold chosen on the curve, and what it does to tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from engine.analysis.artifact import keep_artifact, read_artifact
from engine.analysis.asked import Asked
from engine.analysis.examples import find_class
from engine.analysis.predictions import artifact_key, examples_sha256
from engine.analysis.progress import Progress, Steps
from engine.data.dataset import Split
from engine.errors import TermlabError
from engine.evaluate import batches
from engine.store.files import ARTIFACTS
from engine.threshold import nearest_threshold, roc_table

FILE = "validation.npz"
FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
class Roc:
    """The ROC curve of one class against the rest.

    Shapes: the three arrays (T,), a point for every distinct probability, from (0, 0) to (1, 1); the first threshold
    is infinite. Units: rates and probabilities from 0 to 1.
    """

    positive: str
    """The class that counts as positive."""
    class_names: tuple[str, ...]
    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    area: float
    """Under the curve (AUC)."""
    chosen: float
    """The threshold of the point nearest (0, 1)."""
    chosen_point: tuple[float, float]
    """False and true positive rate there, on the examples of the curve."""
    split: Literal["validation", "test"]
    """The examples of the curve; test examples only where none are held out for validation."""
    curve_examples: int
    confusions: tuple[TwoByTwo, TwoByTwo]
    """Of the test examples: at 0.5, and at the threshold chosen."""


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """Test examples at one threshold; positive from there on."""

    threshold: float
    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        right = self.true_negatives + self.true_positives
        return right / (right + self.false_positives + self.false_negatives)


def answer(asked: Asked) -> Steps[Roc]:
    """Return the curve of the second of two classes, or of the class asked for against the rest.

    Raises: TermlabError if there are more than two classes and none was named; as `roc_of` and
    `find_predictions`.
    """
    names = asked.run.examples.class_names
    if asked.class_name is not None:
        positive = find_class(asked.class_name, names)
    elif len(names) == 2:
        positive = 1
    else:
        raise TermlabError(
            f"a ROC curve is of two classes, and {asked.run.loaded.run.id} has {len(names)}",
            f"Name one that is set against the rest, such as --class {names[0]}. There are: {', '.join(names[:40])}.",
        )
    predictions = yield from asked.run.predictions()
    test_scores = predictions.every[:, positive].astype(np.float64)
    is_positive = predictions.labels == positive
    validation = asked.run.loaded.dataset.validation
    if validation is None:
        return roc_of(names, positive, "test", is_positive, test_scores, is_positive, test_scores)
    scores = yield from _scores(asked, validation, positive)
    held_out = validation.labels.cpu().numpy() == positive
    return roc_of(names, positive, "validation", held_out, scores, is_positive, test_scores)


def roc_of(
    class_names: tuple[str, ...],
    positive: int,
    split: Literal["validation", "test"],
    is_positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    test_is_positive: NDArray[np.bool_],
    test_scores: NDArray[np.float64],
) -> Roc:
    """Draw the curve through the scores of one split, choose the threshold on it, and judge the test examples there.

    Shapes: (N,), (N,), (M,), (M,).
    Raises: TermlabError if all examples of the curve are positive, or none is, or a score is no number.
    Source: the choice of the threshold is that of catalogue E4 (CS236781).
    """
    if is_positive.all() or not is_positive.any():
        kind = "all" if is_positive.all() else "none"
        raise TermlabError(
            f"{kind} of the {len(is_positive):,} {split} examples are of class {class_names[positive]}: "
            "a ROC curve needs both kinds"
        )
    if unknown := int((~np.isfinite(scores)).sum()):
        raise TermlabError(
            f"the probabilities of {unknown:,} of the {len(scores):,} {split} examples are no numbers: "
            "a ROC curve puts them in order",
            "So it is where training has diverged; a lower optim.lr may keep it from that.",
        )
    table, area = roc_table(is_positive.astype(np.int64), scores)
    chosen = nearest_threshold(table)
    false_rate, true_rate = np.array(table.x), np.array(table.columns["true_positive_rate"])
    thresholds = np.array(table.columns["threshold"])
    at = int(np.flatnonzero(np.minimum(thresholds, 1.0) >= chosen)[-1])
    return Roc(
        positive=class_names[positive],
        class_names=class_names,
        false_positive_rate=false_rate,
        true_positive_rate=true_rate,
        thresholds=thresholds,
        area=area,
        chosen=chosen,
        chosen_point=(float(false_rate[at]), float(true_rate[at])),
        split=split,
        curve_examples=len(scores),
        confusions=(count_at(0.5, test_is_positive, test_scores), count_at(chosen, test_is_positive, test_scores)),
    )


def count_at(threshold: float, is_positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> TwoByTwo:
    """Count what is right and wrong at a threshold.

    Shapes: (N,), (N,).
    """
    taken = scores >= threshold
    return TwoByTwo(
        threshold=threshold,
        true_negatives=int((~taken & ~is_positive).sum()),
        false_positives=int((taken & ~is_positive).sum()),
        false_negatives=int((~taken & is_positive).sum()),
        true_positives=int((taken & is_positive).sum()),
    )


def _scores(asked: Asked, split: Split, positive: int) -> Steps[NDArray[np.float64]]:
    """Return the probability of a class, from the run's artifacts where it is kept there.

    Shapes: (N,).
    """
    import torch

    loaded = asked.run.loaded
    key = f"{FORMAT_VERSION} {artifact_key(loaded, examples_sha256(split))}"
    path = loaded.folder / ARTIFACTS / FILE
    like = {"every": ((len(split), loaded.dataset.classes), np.float32)}
    kept = read_artifact(path, key, like)
    if kept is not None:
        return kept["every"][:, positive].astype(np.float64)
    loaded.model.eval()
    found, done = [], 0
    for inputs, labels in batches(split, loaded.run.trial.config.evaluate.batch_size, loaded.inputs.for_testing):
        with torch.no_grad():
            found.append(loaded.objective.probabilities(loaded.model(inputs)))  # (B, classes)
        done += len(labels)
        yield Progress(done, len(split), "predicting the validation examples")
    every = torch.cat(found).float().cpu().numpy()  # (N, classes)
    keep_artifact(path, key, {"every": every})
    return cast("NDArray[np.float64]", every[:, positive].astype(np.float64))
