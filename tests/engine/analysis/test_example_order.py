"""The examples that tell most about two networks come first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.example_comparison import ExampleComparison, compare_examples
from engine.analysis.example_order import Kind, most_telling_first
from engine.analysis.predictions import Predictions
from tests.engine.analysis.runs import of_every_class, predictions, train_run

Answer = tuple[int, float]
NAN = float("nan")
EXAMPLES: list[tuple[Answer, Answer]] = [  # all are of class 0
    ((1, 0.6), (0, 0.9)),  # fixed
    ((1, 0.9), (0, 0.5)),  # fixed, the surer mistake
    ((0, 0.9), (1, 0.4)),  # broken
    ((0, 0.5), (1, 0.8)),  # broken, the surer mistake
    ((1, 0.7), (1, 0.3)),  # both wrong
    ((1, 0.2), (1, 0.8)),  # both wrong, one of them surer
    ((0, 0.9), (0, 0.9)),  # both right
    ((0, 0.9), (0, 0.4)),  # both right, one of them hardly
    ((1, 0.9), (0, 0.1)),  # fixed, as sure as the other, and later
    ((1, NAN), (0, 0.9)),  # fixed, of a network whose probability is not a number
]


def predicted(run: str, answers: list[Answer]) -> Predictions:
    return Predictions(
        run=run,
        classes=np.array([taken_for for taken_for, _ in answers], dtype=np.int16),
        every=of_every_class([taken_for for taken_for, _ in answers], [probability for _, probability in answers]),
        labels=np.zeros(len(answers), dtype=np.int16),
        test_sha256="same",
        recorded_accuracy=None,
    )


@pytest.fixture
def compared() -> ExampleComparison:
    return compare_examples(
        predicted("one", [first for first, _ in EXAMPLES]), predicted("two", [second for _, second in EXAMPLES])
    )


@pytest.mark.parametrize(
    ("kind", "places"),
    [("fixed", [1, 8, 0, 9]), ("broken", [3, 2]), ("both_wrong", [5, 4]), ("both_right", [7, 6])],
)
def test_surest_mistakes_come_first(compared: ExampleComparison, kind: Kind, places: list[int]) -> None:
    assert most_telling_first(compared, kind).tolist() == places


def test_nothing_of_a_kind_has_no_order(compared: ExampleComparison) -> None:
    same = compare_examples(compared.first, compared.first)
    assert most_telling_first(same, "fixed").tolist() == []


def test_trained_networks_are_less_and_less_sure_of_their_mistakes(tmp_path: Path) -> None:
    first, second = (predictions(tmp_path, train_run(tmp_path, optim__lr=lr)) for lr in ("0.02", "0.3"))
    found = compare_examples(first, second)
    sides: list[tuple[Kind, Predictions]] = [("fixed", first), ("broken", second)]
    for kind, mistaken in sides:
        places = most_telling_first(found, kind)
        assert sorted(places.tolist()) == getattr(found, kind).tolist()
        assert not mistaken.is_right[places].any()
        assert (np.diff(mistaken.probabilities[places]) <= 0).all()
