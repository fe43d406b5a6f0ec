"""What was measured along a run in long form, which pandas and R group and draw: one row a value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from engine.events import MEASURES
from engine.export.saved import SavedRun

SERIES_COLUMNS = ("run", "epoch", "step", "train_seconds", "time", "metric", "value")
"""Of epochs. Steps have the same but for `epoch`, which a log does not tell of each."""
STEP_COLUMNS = tuple(name for name in SERIES_COLUMNS if name != "epoch")
SYSTEM_COLUMNS = STEP_COLUMNS
LAYER_COLUMNS = ("run", "epoch", "step", "train_seconds", "time", "layer", "kind", "metric", "value")
TABLE_COLUMNS = ("run", "table", "x_name", "x", "column", "value")

Row = tuple[Any, ...]


def epoch_rows(saved: SavedRun) -> Iterator[Row]:
    """Yield each metric of each epoch."""
    for epoch in saved.run.epochs:
        for name, value in epoch.metrics.items():
            yield saved.summary.run, epoch.epoch, epoch.step, epoch.train_seconds, epoch.time, name, value


def step_rows(saved: SavedRun) -> Iterator[Row]:
    """Yield each value of each step."""
    for step in saved.steps():
        seconds, time = saved.run.seconds_at(step), saved.clock.at(step)
        for name, values in saved.run.series.items():
            if step <= len(values):
                yield saved.summary.run, step, seconds, time, name, values[step - 1]


def system_rows(saved: SavedRun) -> Iterator[Row]:
    """Yield each reading of what the training took of its machine."""
    for sample in saved.run.system:
        for name, value in sample.readings.items():
            yield saved.summary.run, sample.step, sample.train_seconds, sample.time, name, value


def layer_rows(saved: SavedRun) -> Iterator[Row]:
    """Yield what was measured of each layer; what does not apply to one has no row."""
    for measured in saved.run.layers:
        step = measured.step
        place = (saved.summary.run, measured.epoch, step, saved.run.seconds_at(step), saved.clock.at(step))
        for name in MEASURES:
            for layer, kind, value in zip(measured.layers, measured.kinds, getattr(measured, name), strict=True):
                if not math.isnan(value):
                    yield *place, layer, kind, name, value


def table_rows(saved: SavedRun) -> Iterator[Row]:
    """Yield each value of the tables that an evaluation after training left."""
    if saved.run.finished is None:
        return
    for name, table in saved.run.finished.tables.items():
        for column, values in table.columns.items():
            for x, value in zip(table.x, values, strict=True):
                yield saved.summary.run, name, table.x_name, x, column, value
