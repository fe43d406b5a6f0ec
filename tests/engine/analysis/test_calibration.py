"""Reliability against scikit-learn, and the calibration errors against a loop over the bins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve

from engine.analysis.calibration import BINS, Calibration, answer, calibrate
from engine.analysis.predictions import Predictions
from tests.engine.analysis.runs import asked, build_predictions, outcome, predictions, train_run


def predicted(sure: list[float], right: list[bool]) -> Predictions:
    """Return predictions of class 0, which are right where the label is."""
    every = [[probability, 0.0] for probability in sure]
    return build_predictions([0 if one else 1 for one in right], every, [0] * len(sure))


def errors(sure: NDArray[np.float32], right: NDArray[np.bool_], bins: int) -> tuple[float, float]:
    """Return the expected and the maximum calibration error, a bin at a time; an edge belongs to the bin below."""
    expected, maximum = 0.0, 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [
            place
            for place, probability in enumerate(sure.tolist())
            if low < probability <= high or (number == 0 and probability == 0)
        ]
        if inside:
            gap = abs(sum(sure[inside].tolist()) - int(right[inside].sum())) / len(inside)
            expected += gap * len(inside) / len(sure)
            maximum = max(maximum, gap)
    return expected, maximum


def check(found: Calibration, every: Predictions, bins: int = BINS) -> None:
    sure, right = every.probabilities, every.is_right
    accuracy, confidence = calibration_curve(right, sure, n_bins=bins, strategy="uniform")
    used = found.counts > 0
    assert found.accuracy[used] == pytest.approx(accuracy)
    assert found.confidence[used] == pytest.approx(confidence)
    assert np.isnan(found.accuracy[~used]).all()
    assert np.isnan(found.confidence[~used]).all()
    assert (found.expected_error, found.maximum_error) == pytest.approx(errors(sure, right, bins))
    assert found.counts.sum() == len(sure)
    assert found.mean_confidence == pytest.approx(float(sure.mean(dtype=np.float64)))
    assert found.mean_accuracy == pytest.approx(every.accuracy)
    assert found.edges == pytest.approx(np.arange(bins + 1) / bins)


@pytest.mark.parametrize("settings", [{"optim__lr": "0.02"}, {"optim__lr": "0.5"}, {"data__name": "moons"}])
def test_of_a_trained_network(settings: dict[str, Any], tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **settings)
    check(outcome(answer(asked(tmp_path, run_id))), predictions(tmp_path, run_id))


@pytest.mark.parametrize("bins", [1, 2, 7, 15])
def test_of_random_predictions(bins: int) -> None:
    random = np.random.default_rng(bins)
    sure = random.random(500)
    every = predicted(sure.tolist(), (random.random(500) < sure**2).tolist())
    check(calibrate(every, bins), every, bins)


def test_a_probability_on_an_edge_belongs_to_the_bin_below() -> None:
    every = predicted([0.0, 0.25, 0.5, 0.5, 0.75, 1.0], [True, True, True, False, True, False])
    found = calibrate(every, 4)
    assert found.counts.tolist() == [2, 2, 1, 1]
    check(found, every, 4)


def test_bins_without_examples_are_empty_and_weigh_nothing() -> None:
    every = predicted([0.9, 0.9, 0.9, 0.1], [True, True, False, False])
    found = calibrate(every, 10)
    assert found.counts.nonzero()[0].tolist() in ([0, 8], [1, 8], [0, 9], [1, 9])  # 0.1 and 0.9 are rounded
    assert np.isnan(found.confidence).sum() == 8
    assert found.expected_error == pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.1)
    assert found.maximum_error == pytest.approx(0.9 - 2 / 3)


def test_who_is_always_right_and_sure_is_calibrated() -> None:
    found = calibrate(predicted([1.0] * 5, [True] * 5))
    assert (found.expected_error, found.maximum_error) == (0.0, 0.0)
    assert found.counts[-1] == 5


def test_who_is_always_wrong_and_sure_is_not() -> None:
    found = calibrate(predicted([1.0] * 5, [False] * 5))
    assert (found.expected_error, found.maximum_error) == (1.0, 1.0)


def test_probabilities_that_are_no_numbers_are_left_out() -> None:
    nan = float("nan")
    found = calibrate(predicted([0.9, nan, 0.6, nan], [True, True, False, False]))
    alone = calibrate(predicted([0.9, 0.6], [True, False]))
    assert found.counts.tolist() == alone.counts.tolist()
    assert (found.expected_error, found.mean_confidence, found.mean_accuracy) == (
        alone.expected_error, alone.mean_confidence, alone.mean_accuracy,
    )  # fmt: skip


def test_where_no_probability_is_a_number_nothing_is_known() -> None:
    found = calibrate(predicted([float("nan")] * 3, [True, False, True]))
    assert found.counts.sum() == 0
    assert np.isnan([found.mean_confidence, found.mean_accuracy]).all()
    assert np.isnan(found.confidence).all()
