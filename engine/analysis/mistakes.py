"""Which examples a network has wrong and how sure it was of them, and between which classes it wavers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.asked import Asked
from engine.analysis.examples import Examples, find_class
from engine.analysis.predictions import Predictions
from engine.analysis.progress import Steps

SURE = 0.95
"""A mistake with a higher probability is marked. Source: catalogue A6 (IFT6135)."""


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Places of test examples in the order in which they are worth looking at."""

    predictions: Predictions
    examples: Examples
    wrong: NDArray[np.int64]
    """Misclassified, the most confident first. Shapes: (M,)."""
    sure_count: int
    """How many of them, from the first, have a probability over `SURE`."""
    balanced: NDArray[np.int64]
    """Of the two most probable classes the nearest to a tie first, right or wrong. Shapes: (N,)."""
    margins: NDArray[np.float32]
    """By how much the most probable class leads the next one, of each example. Shapes: (all,)."""
    of_class: int | None
    """Only examples of this class are listed; None lists all."""


def answer(asked: Asked) -> Steps[Mistakes]:
    """Return the misclassified and the balanced test examples, all or those of the class asked for.

    Raises: TermlabError if there is no such class; as `find_predictions`.
    """
    examples = asked.run.examples
    of_class = None if asked.class_name is None else find_class(asked.class_name, examples.class_names)
    predictions = yield from asked.run.predictions()
    return find_mistakes(predictions, examples, of_class)


def find_mistakes(predictions: Predictions, examples: Examples, of_class: int | None = None) -> Mistakes:
    """Order the examples; of equals, and where a probability is not a number, which comes last, the data decides."""
    wanted = np.ones(len(examples), dtype=np.bool_) if of_class is None else predictions.labels == of_class
    wrong = np.flatnonzero(~predictions.is_right & wanted)
    wrong = wrong[np.argsort(-predictions.probabilities[wrong], kind="stable")]
    highest = np.sort(predictions.every, axis=1)[:, -2:]  # (all, 2)
    margins = highest[:, 1] - highest[:, 0]
    balanced = np.flatnonzero(wanted)
    balanced = balanced[np.argsort(margins[balanced], kind="stable")]
    return Mistakes(
        predictions=predictions,
        examples=examples,
        wrong=wrong,
        sure_count=int((predictions.probabilities[wrong] > SURE).sum()),
        balanced=balanced,
        margins=margins,
        of_class=of_class,
    )
