"""Two classifiers of the real handwritten digits that answer the same on every machine: they only count."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.analysis.example_comparison import compare_examples
from engine.analysis.example_set import ExampleSet
from engine.analysis.predictions import Predictions
from engine.config import DataConfig
from engine.data import digits

NEIGHBOURS = 5


def build_digit_examples(first_known: int = 60, second_known: int = 150) -> ExampleSet:
    """Compare the nearest neighbours among few digits with those among many, on the test examples."""
    dataset = digits.load(DataConfig(), Path("there-is-no-data-here"))
    known, known_labels = dataset.train.images.numpy().astype(np.int64), dataset.train.labels.numpy()
    asked, labels = dataset.test.images.numpy().astype(np.int64), dataset.test.labels.numpy()
    distances = np.stack([np.square(known - one).sum(axis=(1, 2, 3)) for one in asked])  # (asked, known)

    def answers(run: str, count: int) -> Predictions:
        nearest = np.argsort(distances[:, :count], axis=1, kind="stable")[:, :NEIGHBOURS]
        votes = np.stack([np.bincount(known_labels[row], minlength=10) for row in nearest])  # (asked, 10)
        return Predictions(
            run=run,
            classes=votes.argmax(axis=1).astype(np.int16),
            every=(votes / NEIGHBOURS).astype(np.float32),
            labels=labels.astype(np.int16),
            test_sha256="digits",
            recorded_accuracy=None,
        )

    return ExampleSet(
        comparison=compare_examples(answers("few", first_known), answers("many", second_known)),
        class_names=dataset.class_names,
        images=dataset.test.images.numpy().transpose(0, 2, 3, 1),
        points=None,
    )
