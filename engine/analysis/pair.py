"""A mistake, and an example that is what it was taken for: the two side by side show what was confused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.asked import Asked
from engine.analysis.examples import Examples, check_place
from engine.analysis.predictions import Predictions
from engine.analysis.progress import Steps


@dataclass(frozen=True, eq=False)
class MistakenPair:
    """Two test examples with their predictions."""

    predictions: Predictions
    examples: Examples
    asked_from: int
    mistake: int | None
    """The first misclassified example from there on; None where there is none up to the end."""
    counterpart: int | None
    """The first example from there on that is of the class which the mistake was taken for, and is recognised; where
    there is none up to the end, the first one of all. None where not one of that class is recognised."""

    before: int | None = None
    """The last misclassified example before that place; None where there is none."""

    def probabilities(self, place: int) -> NDArray[np.float32]:
        """Return the probability of each class for one of the two.

        Shapes: (K,).
        """
        every: NDArray[np.float32] = self.predictions.every[place]
        return every


def answer(asked: Asked) -> Steps[MistakenPair]:
    """Return the next mistake from a place of the test data on, with its counterpart.

    Raises: TermlabError if there is no such place; as `find_predictions`.
    """
    examples = asked.run.examples
    start = check_place(asked.image, len(examples))
    predictions = yield from asked.run.predictions()
    return find_pair(predictions, examples, start)


def find_pair(predictions: Predictions, examples: Examples, start: int) -> MistakenPair:
    """Look for both from a place on.

    Source: catalogue C9, "find a mismatch from index i" and "a correctly classified sample of class c from index i".
    """
    wrong = np.flatnonzero(~predictions.is_right)
    later, earlier = wrong[wrong >= start], wrong[wrong < start]
    before = int(earlier[-1]) if len(earlier) else None
    if not len(later):
        return MistakenPair(predictions, examples, start, None, None, before)
    mistake = int(later[0])
    alike = np.flatnonzero(predictions.is_right & (predictions.labels == predictions.classes[mistake]))
    counterpart = None
    if len(alike):
        after = alike[alike >= start]
        counterpart = int(after[0] if len(after) else alike[0])
    return MistakenPair(predictions, examples, start, mistake, counterpart, before)
