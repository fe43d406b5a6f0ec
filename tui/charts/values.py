"""The values of one metric of one run over an axis, ready to draw."""

from __future__ import annotations

import numpy as np

from engine.run import Run, XAxis
from tui.charts.figure import Floats
from tui.charts.smooth import smooth
from tui.charts.thin import thin

CURVE_BUCKETS = 4096
"""More than any terminal has columns of dots, and little enough to hand around."""
KEPT_FROM_VALUES = 50_000
"""Shorter curves are made faster than anyone notices."""
KEPT_CURVES = 64

Curve = tuple[Floats, Floats]
_kept: dict[tuple[object, ...], Curve] = {}


def curve(run: Run, metric: str, *, x: XAxis, smoothing: float) -> Curve:
    """Return one metric of a run over an axis, smoothed on its full length and then thinned.

    Steps that see all training examples have no noise to smooth away: what swings there does so by itself.

    Shapes: (N,), (N,) with N at most 3 * CURVE_BUCKETS; both empty where the run lacks the metric.
    Units: steps, epochs or seconds of training; metrics as they are recorded. `smoothing` is a fraction below 1.
    """
    if metric not in run.series:
        known = [epoch for epoch in run.epochs if metric in epoch.metrics]
        values = np.array([epoch.metrics[metric] for epoch in known], np.float64)
        return _place(run, np.array([epoch.step for epoch in known], np.float64), x), values
    series = run.series[metric]
    if is_full_batch(run):
        smoothing = 0.0
    if len(series) < KEPT_FROM_VALUES:
        return _series_curve(run, metric, x, smoothing)
    # Of the runs on a chart at most a few are growing; the others are not smoothed again at every paint.
    pace = (run.train_seconds, run.started.steps_per_epoch if run.started else 0)
    key = (run.id, run.created, metric, x, smoothing, len(series), series[-1], *pace)
    if key not in _kept:
        while len(_kept) >= KEPT_CURVES:
            del _kept[next(iter(_kept))]
        _kept[key] = _series_curve(run, metric, x, smoothing)
    return _kept[key]


def is_full_batch(run: Run) -> bool:
    """Tell whether every step sees all training examples."""
    return run.started is not None and run.trial.config.train.batch_size >= run.started.train_examples


def _series_curve(run: Run, metric: str, x: XAxis, smoothing: float) -> Curve:
    # A copy: a view would forbid the array to grow while it is alive.
    values = smooth(np.array(run.series[metric], np.float64), smoothing)
    steps = np.arange(1, len(values) + 1, dtype=np.float64)
    return thin(_place(run, steps, x), values, CURVE_BUCKETS)


def _place(run: Run, steps: Floats, x: XAxis) -> Floats:
    """Return where steps lie on an axis; (N,) -> (N,)."""
    if x == "step" or len(steps) == 0:
        return steps
    if x == "epoch":
        return steps / run.started.steps_per_epoch if run.started else steps
    known_steps = np.concatenate(([0.0], np.array(run.tick_steps, np.float64)))
    known_seconds = np.concatenate(([0.0], np.array(run.tick_seconds, np.float64)))
    return np.interp(steps, known_steps, known_seconds)
