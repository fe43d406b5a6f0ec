"""The values of one metric of one run over an axis, all of them, ready to draw and to be read at a cursor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.run import Run, XAxis
from tui.charts.axis_place import place_steps
from tui.charts.figure import Floats
from tui.charts.smooth import smooth

KEPT_FROM_VALUES = 5_000
"""Shorter curves are made faster than anyone notices."""
MOST_KEPT_VALUES = 8_000_000
"""64 MB: eight curves of 100,000 points raw and smoothed over several axes, or a few of a million."""

Curve = tuple[Floats, Floats]
_kept: dict[tuple[object, ...], Floats] = {}


def curve(run: Run, metric: str, *, x: XAxis, smoothing: float) -> Curve:
    """Return one metric of a run over an axis, smoothed on its full length.

    Steps that see all training examples have no noise to smooth away: what swings there does so by itself. Long
    curves are kept: the same run gives the same arrays until it grows.

    Shapes: (N,), (N,); both empty where the run lacks the metric.
    Units: steps, epochs, seconds of training or examples; metrics as recorded. `smoothing` is a fraction below 1.
    """
    if metric not in run.series and (samples := [sample for sample in run.system if metric in sample.readings]):
        values = np.array([sample.readings[metric] for sample in samples], np.float64)
        return place_steps(run, np.array([sample.step for sample in samples], np.float64), x), values
    if metric not in run.series:
        known = [epoch for epoch in run.epochs if metric in epoch.metrics]
        values = np.array([epoch.metrics[metric] for epoch in known], np.float64)
        return place_steps(run, np.array([epoch.step for epoch in known], np.float64), x), values
    series = run.series[metric]
    if is_full_batch(run):
        smoothing = 0.0
    length = len(series)
    # Of the runs on a chart at most a few are growing; the others are not smoothed again at every paint.
    key = (run.id, run.created, length)
    pace = (run.train_seconds, run.started.steps_per_epoch if run.started else 0)

    def places() -> Floats:
        return place_steps(run, np.arange(1, length + 1, dtype=np.float64), x)

    def values_now() -> Floats:
        # A copy: a view would forbid the array to grow while it is alive.
        return smooth(np.array(series, np.float64), smoothing)

    if length < KEPT_FROM_VALUES:
        return places(), values_now()
    return _once((*key, x, *pace), places), _once((*key, metric, smoothing, series[-1]), values_now)


def is_full_batch(run: Run) -> bool:
    """Tell whether every step sees all training examples."""
    return run.started is not None and run.trial.config.train.batch_size >= run.started.train_examples


def _once(key: tuple[object, ...], make: Callable[[], Floats]) -> Floats:
    """Return what was made for a key before; what was not asked for longest makes room."""
    found = _kept.pop(key, None)
    if found is None:
        found = make()
        room = MOST_KEPT_VALUES - len(found)
        while _kept and sum(map(len, _kept.values())) > room:
            del _kept[next(iter(_kept))]
    _kept[key] = found
    return found
