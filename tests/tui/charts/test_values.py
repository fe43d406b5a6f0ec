from __future__ import annotations

from array import array

import pytest

from engine.run import Run
from tests.tui.charts.runs import build_run
from tui.charts import values
from tui.charts.values import KEPT_FROM_VALUES, curve


def long_run(seed: int) -> Run:
    run = build_run(seed=seed)
    run.series["train_loss"] = array("d", [0.5] * KEPT_FROM_VALUES)
    return run


def test_what_is_kept_of_long_curves_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_KEPT_VALUES", 4 * KEPT_FROM_VALUES)
    values._kept.clear()
    runs = [long_run(seed) for seed in range(5)]
    for run in runs:
        curve(run, "train_loss", x="step", smoothing=0.5)
    assert sum(map(len, values._kept.values())) <= 4 * KEPT_FROM_VALUES
    newest = curve(runs[-1], "train_loss", x="step", smoothing=0.5)
    assert curve(runs[-1], "train_loss", x="step", smoothing=0.5)[1] is newest[1]


def test_a_curve_that_is_asked_for_again_stays_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_KEPT_VALUES", 4 * KEPT_FROM_VALUES)
    values._kept.clear()
    first, second, third = (long_run(seed) for seed in range(3))
    kept = curve(first, "train_loss", x="step", smoothing=0.5)
    curve(second, "train_loss", x="step", smoothing=0.5)
    curve(first, "train_loss", x="step", smoothing=0.5)
    curve(third, "train_loss", x="step", smoothing=0.5)
    assert curve(first, "train_loss", x="step", smoothing=0.5)[1] is kept[1]


def test_a_curve_larger_than_all_room_is_still_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_KEPT_VALUES", 1)
    values._kept.clear()
    xs, ys = curve(long_run(0), "train_loss", x="step", smoothing=0.0)
    assert len(xs) == len(ys) == KEPT_FROM_VALUES
    assert len(values._kept) == 1
