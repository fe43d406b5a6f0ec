"""Every example is in one of four sets, and McNemar's test is of the two in which the networks differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.example_comparison import compare_examples
from engine.analysis.predictions import Predictions
from engine.errors import DataError
from tests.engine.analysis.runs import of_every_class, predictions, train_run


def build_predictions(classes: list[int], run: str = "one", test: str = "same") -> Predictions:
    labels = np.arange(len(classes), dtype=np.int16) % 3
    return Predictions(
        run=run,
        classes=np.array(classes, dtype=np.int16),
        every=of_every_class(classes, [0.5] * len(classes)),
        labels=labels,
        test_sha256=test,
        recorded_accuracy=None,
    )


def test_the_four_sets() -> None:
    found = compare_examples(build_predictions([0, 1, 0, 0, 0, 0]), build_predictions([0, 0, 1, 0, 1, 2], "other"))
    # labels:                                   0  1  2  0  1  2
    assert found.both_right.tolist() == [0, 3]
    assert found.broken.tolist() == [1]
    assert found.both_wrong.tolist() == [2]
    assert found.fixed.tolist() == [4, 5]
    assert found.examples == 6


def test_p_is_of_a_fair_coin() -> None:
    right, wrong = [place % 3 for place in range(9)], [(place + 1) % 3 for place in range(9)]
    found = compare_examples(build_predictions(wrong[:8] + right[8:]), build_predictions(right[:8] + wrong[8:]))
    assert (len(found.fixed), len(found.broken)) == (8, 1)
    assert found.p == pytest.approx(2 * (1 + 9) / 2**9)


def test_other_examples_are_refused() -> None:
    with pytest.raises(DataError, match="one and other were not tested on the same examples"):
        compare_examples(build_predictions([0]), build_predictions([0], "other", test="not the same"))


def test_two_trained_networks(tmp_path: Path) -> None:
    first, second = (predictions(tmp_path, train_run(tmp_path, optim__lr=lr)) for lr in ("0.02", "0.3"))
    found = compare_examples(first, second)
    assert len(found.fixed) > len(found.broken) > 0
    gain = (len(found.fixed) - len(found.broken)) / found.examples
    assert gain == pytest.approx(second.accuracy - first.accuracy)
    parts = [found.both_right, found.both_wrong, found.fixed, found.broken]
    assert sorted(np.concatenate(parts).tolist()) == list(range(found.examples))
    assert found.doubts == ()
