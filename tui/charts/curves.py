"""Training curves: metrics of runs over steps, epochs or time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.run import Run, XAxis
from tui.charts.figure import Figure, Line
from tui.charts.naming import identity_key, name_runs
from tui.charts.values import Curve, curve
from tui.format import plain
from tui.identity import identities

LONG_TIME_SECONDS = 300.0
"""From here on a time axis counts minutes."""
PERCENT_WORDS = ("accuracy", "error")

CAPTION = "·· train  ── test"


def curves_figure(
    runs: Sequence[Run],
    metric_names: Sequence[str],
    *,
    x: XAxis = "epoch",
    log_y: bool = False,
    smoothing: float = 0.0,
    known: Sequence[str] = (),
) -> Figure:
    """Draw the named metrics of every run over one axis, each run in its own colour and marker.

    Training metrics are dotted where others stand beside them. A run without a metric leaves it out. `known` are the
    keys (`identity_key`) of trials that are not shown but may be elsewhere, so that a colour is the same there.
    Units: `smoothing` is a fraction below 1 and applies to values recorded at every step; 0 is off.
    """
    is_mixed = len({name.startswith("train_") for name in metric_names}) > 1
    seconds_per_unit = 60.0 if x == "time" and _longest(runs) >= LONG_TIME_SECONDS else 1.0
    drawn: list[tuple[Run, list[tuple[str, Curve]]]] = []
    for run in runs:
        curves = [(name, curve(run, name, x=x, smoothing=smoothing)) for name in metric_names]
        if shown := [(name, points) for name, points in curves if len(points[0])]:
            drawn.append((run, shown))
    namings = name_runs([run for run, _ in drawn], [*map(identity_key, runs), *known])
    lines = [
        Line(
            name="" if index else naming.legend,
            xs=xs / seconds_per_unit,
            ys=ys,
            color=naming.identity.color,
            marker=naming.identity.marker,
            style="dotted" if is_mixed and metric.startswith("train_") else "solid",
        )
        for (_, shown), naming in zip(drawn, namings, strict=True)
        for index, (metric, (xs, ys)) in enumerate(shown)
    ]
    return Figure(
        title=_title(metric_names),
        lines=tuple(lines),
        x_label={"step": "step", "epoch": "epoch", "time": "min" if seconds_per_unit > 1 else "s"}[x],
        log_y=log_y,
        y_percent=_is_percent(metric_names),
        x_integer=x != "time",
        caption=CAPTION if is_mixed and lines else "",
        message="No values yet." if runs else "No runs yet.",
    )


def loss_figure(
    runs: Sequence[Run], *, x: XAxis = "epoch", log_y: bool = True, smoothing: float = 0.0, known: Sequence[str] = ()
) -> Figure:
    """Draw the training and the test loss of every run."""
    return curves_figure(runs, ("train_loss", "test_loss"), x=x, log_y=log_y, smoothing=smoothing, known=known)


def accuracy_figure(
    runs: Sequence[Run], *, x: XAxis = "epoch", log_y: bool = False, smoothing: float = 0.0, known: Sequence[str] = ()
) -> Figure:
    """Draw the training and the test accuracy of every run, in percent."""
    return curves_figure(runs, ("train_accuracy", "test_accuracy"), x=x, log_y=log_y, smoothing=smoothing, known=known)


def table_figure(runs: Sequence[Run], table_name: str) -> Figure:
    """Draw one of the tables that runs leave at their end: a curve for each column of each run, each with its marker.

    The columns of a run share its colour, unless it is the only one.
    """
    found = [
        (run, run.finished.tables[table_name]) for run in runs if run.finished and table_name in run.finished.tables
    ]
    namings = name_runs([run for run, _ in found])
    is_single = len(found) == 1
    named = [
        (column if is_single else f"{naming.name} {column}", naming, table.x, values)
        for (_, table), naming in zip(found, namings, strict=True)
        for column, values in table.columns.items()
    ]
    marks = identities([f"{table_name}/{name}" for name, *_ in named])
    lines = [
        Line(
            name=_words(name),
            xs=np.array(xs, np.float64),
            ys=np.array(ys, np.float64),
            color=marks[f"{table_name}/{name}"].color if is_single else naming.identity.color,
            marker=marks[f"{table_name}/{name}"].marker,
        )
        for name, naming, xs, ys in named
    ]
    columns = [column for _, table in found for column in table.columns]
    return Figure(
        title=_words(table_name),
        lines=tuple(lines),
        x_label=_words(found[0][1].x_name) if found else "",
        y_percent=_is_percent([table_name, *columns]),
        x_integer=all(value.is_integer() for _, table in found for value in table.x),
        message=f"None of these runs has the table {table_name}." if runs else "No runs yet.",
    )


def _is_percent(names: Sequence[str]) -> bool:
    return any(word in name for name in names for word in PERCENT_WORDS)


def _longest(runs: Sequence[Run]) -> float:
    return max((run.train_seconds for run in runs), default=0.0)


def _title(metric_names: Sequence[str]) -> str:
    kinds = dict.fromkeys(name.removeprefix("train_").removeprefix("test_") for name in metric_names)
    if len(metric_names) == 1:
        return _words(metric_names[0])
    return ", ".join(_words(kind) for kind in kinds)


def _words(name: str) -> str:
    return plain(name).replace("_", " ")
