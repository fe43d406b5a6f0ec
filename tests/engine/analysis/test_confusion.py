"""Confusions, recall and precision against scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from engine.analysis.confusion import Confusion, answer, count_confusion
from tests.engine.analysis.runs import asked, build_predictions, of_every_class, outcome, predictions, train_run


def counted(labels: list[int], classes: list[int], names: str) -> Confusion:
    every = of_every_class(classes, [0.9] * len(classes), len(names)).tolist()
    return count_confusion(build_predictions(labels, every, classes), tuple(names))


def check(found: Confusion, labels: list[int], classes: list[int]) -> None:
    places = list(range(len(found.class_names)))
    nan = float("nan")
    assert found.counts.tolist() == confusion_matrix(labels, classes, labels=places).tolist()
    recall = recall_score(labels, classes, labels=places, average=None, zero_division=nan)
    precision = precision_score(labels, classes, labels=places, average=None, zero_division=nan)
    assert found.recall == pytest.approx(recall, nan_ok=True)
    assert found.precision == pytest.approx(precision, nan_ok=True)
    assert found.accuracy == pytest.approx(accuracy_score(labels, classes))


@pytest.mark.parametrize("lr", ["0.02", "0.5"])
def test_of_a_trained_network(lr: str, tmp_path: Path) -> None:
    run_id = train_run(tmp_path, optim__lr=lr)
    found, every = outcome(answer(asked(tmp_path, run_id))), predictions(tmp_path, run_id)
    check(found, every.labels.tolist(), every.classes.tolist())
    assert found.class_names == tuple("0123456789")
    assert found.counts.sum() == 360
    assert found.accuracy == every.accuracy


def test_of_random_predictions_of_many_classes() -> None:
    random = np.random.default_rng(0)
    labels, classes = (random.integers(0, 200, 3000).tolist() for _ in range(2))  # 200 * 200 is more than int16 holds
    found = count_confusion(build_predictions(labels, np.zeros((3000, 1)).tolist(), classes), ("any",) * 200)
    check(found, labels, classes)


def test_a_class_that_is_never_predicted_has_no_precision_and_one_that_is_absent_no_recall() -> None:
    labels, classes = [0, 0, 1, 1], [0, 2, 0, 0]
    found = counted(labels, classes, "abcd")
    check(found, labels, classes)
    assert np.isnan(found.precision).tolist() == [False, True, False, True]
    assert np.isnan(found.recall).tolist() == [False, False, True, True]
    assert (found.recall[0], found.precision[0]) == (0.5, 1 / 3)


def test_the_most_frequent_confusions_come_first_and_equals_in_the_order_of_the_classes() -> None:
    found = counted([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 1, 0, 1, 2, 1, 1, 2], "abc")
    assert found.worst(10) == [(0, 1, 2), (2, 1, 2), (1, 0, 1), (1, 2, 1)]
    assert found.worst(3) == [(0, 1, 2), (2, 1, 2), (1, 0, 1)]
    assert found.worst(0) == []
    assert found.counts.trace() == 3  # the diagonal is still there


def test_where_all_is_right_nothing_is_confused() -> None:
    found = counted([0, 1, 2], [0, 1, 2], "abc")
    assert found.worst(5) == []
    assert found.accuracy == 1.0


def test_probabilities_that_are_no_numbers_count_for_the_class_taken() -> None:
    found = count_confusion(build_predictions([0, 1], [[float("nan")] * 2] * 2, [0, 0]), ("a", "b"))
    assert found.counts.tolist() == [[1, 0], [1, 0]]
