"""Training curves: metrics of runs over steps, epochs or time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.run import Run, XAxis
from tui.charts.axis_place import went_backwards
from tui.charts.figure import Figure, Line, Style
from tui.charts.naming import identity_key, name_runs
from tui.charts.values import Curve, curve, is_full_batch
from tui.format import plain, plural
from tui.identity import identities

LONG_TIME_SECONDS = 300.0
"""From here on a time axis counts minutes."""
CLOCKS = ("time", "wall")
"""Axes that count seconds."""
PERCENT_WORDS = ("accuracy", "error", "utilization")

STYLES: dict[str, tuple[Style, str]] = {
    "train": ("dotted", "·· train"),
    "validation": ("dashed", "╌╌ validation"),
    "test": ("solid", "── test"),
}
"""How the examples that a metric is about are told apart, and what the caption says of it."""
WEIGHT = re.compile(r"weight_\d+")
MOST_WHOLE = 6
"""Runs up to which training, validation and test of all can be told apart on one chart."""
MOST_RAW = 3
"""Smoothed curves up to which the raw ones are drawn behind; more of them would be one grey cloud."""
POWERS_FOR_LOG = 1e4
"""Between the smallest and the largest value, a plain axis shows only the largest."""


def curves_figure(
    runs: Sequence[Run],
    metric_names: Sequence[str],
    *,
    x: XAxis = "epoch",
    log_y: bool = False,
    log_x: bool = False,
    smoothing: float = 0.0,
    known: Sequence[str] = (),
    front: str | None = None,
) -> Figure:
    """Draw the named metrics of every run over one axis, each run in its own colour and marker.

    Where metrics of several splits stand together, training is dotted and validation dashed. A run without a metric
    leaves it out. Behind up to `MOST_RAW` smoothed curves stand their raw values, behind more only those of the run in
    front. `front` is the id of a run that stands out among more than `MOST_WHOLE`: it alone keeps all splits,
    drawn over the others. An empty one thins them all the same; with None all are drawn whole. `known` are the keys
    (`identity_key`) of trials that are not shown but may be elsewhere, so that a colour is the same there.
    Units: `smoothing` is a fraction below 1 and applies to values recorded at every step; 0 is off.
    """
    seconds_per_unit = seconds_per_mark(runs, x)
    drawn: list[tuple[Run, list[tuple[str, Curve]]]] = []
    for run in runs:
        curves = [(name, curve(run, name, x=x, smoothing=smoothing)) for name in metric_names]
        if shown := [(name, points) for name, points in curves if len(points[0])]:
            drawn.append((run, shown))
    is_mixed = len({_split(name) for name in metric_names}) > 1
    is_crowd = front is not None and len(drawn) > MOST_WHOLE
    if is_crowd and is_mixed:
        drawn = [(run, shown if run.id == front else shown[-1:]) for run, shown in drawn]
    looks = {run.id: naming.identity for run, naming in zip(runs, name_runs(runs, known), strict=True)}
    namings = name_runs([run for run, _ in drawn], [*map(identity_key, runs), *known])
    lines = [
        Line(
            name="" if index else naming.legend or (naming.name if is_crowd and run.id == front else ""),
            xs=xs,
            ys=ys,
            color=looks[run.id].color,
            marker=looks[run.id].marker,
            style=STYLES[_split(metric)][0] if is_mixed else "solid",
            is_front=is_crowd and run.id == front,
            is_dense=metric in run.series,
        )
        for (run, shown), naming in zip(drawn, namings, strict=True)
        for index, (metric, (xs, ys)) in enumerate(shown)
    ]
    is_smoothed, raw = _raw(drawn, x=x, smoothing=smoothing, front=front)
    behind = [Line("", xs, ys, looks[run.id].color, is_dim=True, is_dense=True) for run, (xs, ys) in raw]
    captions = [_caption(drawn, front if is_crowd else None) if is_mixed and lines else ""]
    if is_smoothed:
        is_one_of_many = len(raw) < sum(not line.is_dim and line.is_dense for line in lines)
        of_whom = ", raw of the first behind" if raw and is_one_of_many else ", raw behind" if raw else ""
        captions.append(f"smoothed {smoothing:g}{of_whom}")
    backwards = sum(went_backwards(run) for run, _ in drawn) if x in CLOCKS else 0
    notes = (f"time went backwards in {plural(backwards, 'run')}: drawn in the order of steps",) if backwards else ()
    return Figure(
        title=_title(metric_names),
        lines=(*lines, *behind),
        x_label=axis_label(x, seconds_per_unit),
        log_y=log_y,
        log_x=log_x,
        x_unit=seconds_per_unit,
        notes=notes,
        y_percent=_is_percent(metric_names),
        x_integer=x not in CLOCKS,
        caption="  ".join(words for words in captions if words),
        message="No values yet.",
    )


def loss_figure(
    runs: Sequence[Run],
    *,
    x: XAxis = "epoch",
    log_y: bool = True,
    log_x: bool = False,
    smoothing: float = 0.0,
    known: Sequence[str] = (),
    front: str | None = None,
) -> Figure:
    """Draw the training, validation and test loss of every run."""
    names = ("train_loss", "validation_loss", "test_loss")
    return curves_figure(runs, names, x=x, log_y=log_y, log_x=log_x, smoothing=smoothing, known=known, front=front)


def accuracy_figure(
    runs: Sequence[Run],
    *,
    x: XAxis = "epoch",
    log_y: bool = False,
    log_x: bool = False,
    smoothing: float = 0.0,
    known: Sequence[str] = (),
    front: str | None = None,
) -> Figure:
    """Draw the training, validation and test accuracy of every run, in percent."""
    names = ("train_accuracy", "validation_accuracy", "test_accuracy")
    return curves_figure(runs, names, x=x, log_y=log_y, log_x=log_x, smoothing=smoothing, known=known, front=front)


def weights_figure(
    runs: Sequence[Run],
    *,
    x: XAxis = "epoch",
    log_y: bool = False,
    log_x: bool = False,
    smoothing: float = 0.0,
    known: Sequence[str] = (),
) -> Figure:
    """Draw every weight that was recorded at every step, those of one run in its colour.

    Runs that diverged are left out beside others, which their weights would press into one line; the caption says so.
    """
    names = dict.fromkeys(name for run in runs for name in run.series if WEIGHT.fullmatch(name))
    shown = [run for run in runs if not run.is_diverged] or runs
    others = [*map(identity_key, runs), *known]
    figure = curves_figure(shown, list(names), x=x, log_y=log_y, log_x=log_x, smoothing=smoothing, known=others)
    left_out = len(runs) - len(shown)
    words = [figure.caption, f"without {left_out} diverged" if left_out else ""]
    return replace(figure, title="weights", caption="  ".join(word for word in words if word))


def has_accuracy(runs: Sequence[Run]) -> bool:
    """Tell whether there is or will be an accuracy to draw: where a number is predicted there is none."""
    if any(name.endswith("accuracy") for run in runs for name in run.metric_names()):
        return True
    return not any(run.epochs or (run.started and len(run.started.class_names) == 1) for run in runs)


def has_weights(runs: Sequence[Run]) -> bool:
    """Tell whether single weights were recorded."""
    return any(WEIGHT.fullmatch(name) for run in runs for name in run.series)


def spans_powers(figure: Figure) -> bool:
    """Tell whether only a logarithmic axis shows more than the largest values."""
    values = np.concatenate([np.asarray(line.ys, np.float64) for line in figure.lines] or [np.empty(0)])
    positive = values[np.isfinite(values) & (values > 0)]
    return positive.size > 0 and float(positive.max()) > POWERS_FOR_LOG * float(positive.min())


def table_figure(runs: Sequence[Run], table_name: str, *, known: Sequence[str] = ()) -> Figure:
    """Draw one of the tables that runs leave at their end: a curve for each column of each run, each with its marker.

    The columns of a run share its colour, unless it is the only one. Where several runs have one column each, a run
    looks and is called as on every other chart. `known` as in `curves_figure`.
    """
    found = [
        (run, run.finished.tables[table_name]) for run in runs if run.finished and table_name in run.finished.tables
    ]
    looks = {run.id: naming.identity for run, naming in zip(runs, name_runs(runs, known), strict=True)}
    namings = [
        replace(naming, identity=looks[run.id])
        for (run, _), naming in zip(found, name_runs([run for run, _ in found], known), strict=True)
    ]
    is_single = len(found) == 1
    columns = [column for _, table in found for column in table.drawn_columns]
    is_one_each = not is_single and len(columns) == len(found) and len(set(columns)) == 1
    named = [
        (column if is_single else f"{naming.name} {column}", naming, table.x, values)
        for (_, table), naming in zip(found, namings, strict=True)
        for column, values in table.drawn_columns.items()
    ]
    marks = identities([f"{table_name}/{name}" for name, *_ in named])
    lines = [
        Line(
            name=naming.legend if is_one_each else _words(name),
            xs=np.array(xs, np.float64),
            ys=np.array(ys, np.float64),
            color=marks[f"{table_name}/{name}"].color if is_single else naming.identity.color,
            marker=naming.identity.marker if is_one_each else marks[f"{table_name}/{name}"].marker,
        )
        for name, naming, xs, ys in named
    ]
    return Figure(
        title=f"{_words(table_name)}, {_words(columns[0])}" if is_one_each else _words(table_name),
        lines=tuple(lines),
        x_label=_words(found[0][1].x_name) if found else "",
        y_percent=_is_percent([table_name, *columns]),
        is_apart=True,
        x_integer=all(value.is_integer() for _, table in found for value in table.x),
        message=f"None of these runs has the table {table_name}." if runs else "No runs yet.",
    )


def _raw(
    drawn: Sequence[tuple[Run, Sequence[tuple[str, Curve]]]], *, x: XAxis, smoothing: float, front: str | None
) -> tuple[bool, list[tuple[Run, Curve]]]:
    """Tell whether any curve is smoothed, and return the raw ones that may stand behind without drowning others."""
    smoothed = [
        (run, metric)
        for run, shown in drawn
        for metric, _ in shown
        if smoothing and metric in run.series and not is_full_batch(run)
    ]
    shown = smoothed if len(smoothed) <= MOST_RAW else [(run, metric) for run, metric in smoothed if run.id == front]
    return bool(smoothed), [(run, curve(run, metric, x=x, smoothing=0.0)) for run, metric in shown]


def _split(metric: str) -> str:
    found = metric.partition("_")[0]
    return found if found in STYLES else "test"


def _caption(drawn: Sequence[tuple[Run, Sequence[tuple[str, Curve]]]], front: str | None) -> str:
    """Say what the line styles stand for, and of a run in front what it alone shows."""
    splits = {_split(name) for run, shown in drawn for name, _ in shown if front is None or run.id != front}
    if front is None:
        return "  ".join(told for split, (_, told) in STYLES.items() if split in splits or split != "validation")
    own = {_split(name) for run, shown in drawn if run.id == front for name, _ in shown} - splits
    also = [told for split, (_, told) in STYLES.items() if split in own]
    told = "  ".join(told for split, (_, told) in STYLES.items() if split in splits)
    return f"{told}, of the first also {'  '.join(also)}" if also else told


def _is_percent(names: Sequence[str]) -> bool:
    return any(word in name for name in names for word in PERCENT_WORDS)


def seconds_per_mark(runs: Sequence[Run], x: XAxis) -> float:
    """Return how many seconds the numbers at an axis stand for: 60 where they are minutes, 1 also where none are."""
    lengths = {"time": [run.train_seconds for run in runs], "wall": [run.updated - run.began for run in runs]}.get(
        x, []
    )
    return 60.0 if max(lengths, default=0.0) >= LONG_TIME_SECONDS else 1.0


def axis_label(x: XAxis, seconds_per_unit: float) -> str:
    """Return the unit of an axis."""
    unit = "min" if seconds_per_unit > 1 else "s"
    return {"time": unit, "wall": f"{unit} since the start"}.get(x, x)


def _title(metric_names: Sequence[str]) -> str:
    kinds = dict.fromkeys(re.sub(r"^(train|validation|test)_", "", name) for name in metric_names)
    if len(metric_names) == 1:
        return _words(metric_names[0])
    return ", ".join(_words(kind) for kind in kinds)


def _words(name: str) -> str:
    return plain(name).replace("_", " ")
