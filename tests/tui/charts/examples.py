"""An example set made of nothing, for tests of what shows it."""

from __future__ import annotations

import numpy as np

from engine.analysis.example_comparison import compare_examples
from engine.analysis.example_set import ExampleSet
from engine.analysis.predictions import Predictions
from tests.engine.analysis.runs import of_every_class


def build_examples(
    fixed: int = 3, broken: int = 2, both_wrong: int = 1, both_right: int = 4, *, is_image: bool = True
) -> ExampleSet:
    """Return so many examples of each kind, in this order; all are of class 7, taken for 1 where that is wrong."""
    firsts = [1] * fixed + [7] * broken + [1] * both_wrong + [7] * both_right
    seconds = [7] * fixed + [1] * broken + [1] * both_wrong + [7] * both_right
    count = len(firsts)
    first, second = (
        Predictions(
            run=run,
            classes=np.array(classes, dtype=np.int16),
            every=of_every_class(classes, np.linspace(1.0, 0.3, count).tolist()),
            labels=np.full(count, 7, dtype=np.int16),
            test_sha256="same",
            recorded_accuracy=None,
        )
        for run, classes in (("one", firsts), ("two", seconds))
    )
    images = np.broadcast_to(np.arange(28, dtype=np.uint8)[:, None, None] * 9, (count, 28, 28, 1))
    return ExampleSet(
        comparison=compare_examples(first, second),
        class_names=tuple("0123456789"),
        images=images if is_image else None,
        points=None if is_image else np.full((count, 2), 0.25, dtype=np.float32),
    )
