from __future__ import annotations

import math

from engine.best_epochs import best_epochs
from engine.run import Run
from tests.builders import build_epoch, build_started, build_trial

HISTORY = [
    (1, {"test_loss": 0.9, "test_accuracy": 0.7}),
    (2, {"test_loss": 0.5, "test_accuracy": 0.8}),
    (3, {"test_loss": 0.6, "test_accuracy": 0.8}),
]


def test_losses_are_best_when_low_and_accuracies_when_high_the_earliest_of_equals() -> None:
    assert best_epochs(HISTORY) == {"test_loss": 2, "test_accuracy": 2}


def test_what_is_not_a_number_is_never_the_best() -> None:
    history = [(1, {"test_loss": math.nan}), (2, {"test_loss": math.inf}), (3, {"other": math.nan})]
    assert best_epochs(history) == {"test_loss": 2}


def test_a_summary_keeps_the_metrics_of_the_best_epochs_and_no_others() -> None:
    run = Run("id", build_trial(), created=0.0)
    run.apply(build_started(epochs=3))
    for epoch, (accuracy, loss) in enumerate([(0.5, 0.1), (0.6, 0.4), (0.9, 0.5)], start=1):
        run.apply(build_epoch(epoch, accuracy=accuracy, test_loss=loss, train_loss=0.3, train_accuracy=0.8))
    summary = run.summary()
    assert summary.best_epochs["test_loss"] == 1
    assert summary.best_epochs["test_accuracy"] == 3
    assert set(summary.epoch_metrics) == {"1", "3"}
    assert summary.epoch_metrics["1"]["test_accuracy"] == 0.5
