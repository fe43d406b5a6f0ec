from __future__ import annotations

from collections.abc import Sequence

from engine.parting import parting
from engine.run import Run
from tests.builders import build_epoch, build_started, build_trial


def run(accuracies: Sequence[float]) -> Run:
    """Return a run with one epoch for each accuracy."""
    found = Run("id", build_trial(), created=0.0)
    found.apply(build_started(epochs=len(accuracies)))
    for epoch, accuracy in enumerate(accuracies, start=1):
        found.apply(build_epoch(epoch, accuracy=accuracy))
    return found


BASE = {0: run([0.50, 0.60, 0.70, 0.80]), 1: run([0.52, 0.61, 0.71, 0.79]), 2: run([0.49, 0.62, 0.69, 0.81])}


def raised(by: Sequence[float]) -> dict[int, Run]:
    """Return the base runs with another accuracy at each epoch, and a little noise of their own."""
    return {
        seed: run(
            [epoch.metrics["test_accuracy"] + shift + seed / 1000 for epoch, shift in zip(one.epochs, by, strict=True)]
        )
        for seed, one in BASE.items()
    }


def test_curves_part_where_all_later_epochs_are_apart() -> None:
    found = parting(raised([0.0, 0.1, 0.0, 0.1]), BASE, "test_accuracy")
    assert found is not None
    assert found.apart == (2, 4)
    assert found.from_epoch == 4
    found = parting(raised([0.0, 0.1, 0.1, 0.1]), BASE, "test_accuracy")
    assert found is not None
    assert found.from_epoch == 2


def test_curves_that_cross_part_anew() -> None:
    found = parting(raised([-0.1, -0.1, 0.1, 0.1]), BASE, "test_accuracy")
    assert found is not None
    assert found.from_epoch == 3


def test_curves_that_meet_in_the_end_do_not_part() -> None:
    found = parting(raised([0.1, 0.1, 0.1, -0.001]), BASE, "test_accuracy")
    assert found is not None
    assert found.from_epoch is None
    assert len(found.apart) == 3


def test_one_common_seed_says_nothing_and_a_missing_metric_neither() -> None:
    assert parting({0: BASE[0], 7: BASE[1]}, BASE, "test_accuracy") is None
    assert parting(BASE, BASE, "validation_loss") is None


def test_only_epochs_that_all_have_are_compared() -> None:
    shorter = {
        seed: run([epoch.metrics["test_accuracy"] + 0.1 + seed / 1000 for epoch in one.epochs[:2]])
        for seed, one in BASE.items()
    }
    found = parting(shorter, BASE, "test_accuracy")
    assert found is not None
    assert (found.compared, found.from_epoch) == (2, 1)
