"""`termlab plot`: curves of saved runs as text, in a terminal or without one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tui.commands.axis_range import read_range, seen
from tui.commands.chosen import selected
from tui.commands.options import Where
from tui.console import ExitCode, emit, fail, narrate, wants_colour
from tui.saved_run import read_readable

if TYPE_CHECKING:
    from engine.run import Run
    from engine.store import RunStore
    from tui.charts.figure import Figure

PLOT_COLUMNS, PLOT_LINES = 100, 24
"""Size of a chart where no terminal says how much room there is."""


class XAxis(StrEnum):
    """What a curve is drawn over."""

    STEP = "step"
    EPOCH = "epoch"
    TIME = "time"
    WALL = "wall"
    SAMPLES = "samples"


Runs = Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Ids, unique prefixes of ids, or latest.")]


def plot(
    context: typer.Context,
    runs: Runs = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="M",
            help="What is drawn: a metric, a table of the run, or what it took of the machine, such as "
            "process_memory_bytes; repeatable.",
        ),
    ] = None,
    log_y: Annotated[bool, typer.Option("--log-y", help="Logarithmic y axis.")] = False,
    log_x: Annotated[bool, typer.Option("--log-x", help="Logarithmic x axis.")] = False,
    x: Annotated[XAxis, typer.Option("--x", help="What the curves are drawn over.")] = XAxis.EPOCH,
    smoothing: Annotated[
        float, typer.Option(min=0.0, max=0.999, help="Weight of the past in values recorded every step; 0 is off.")
    ] = 0.0,
    mean: Annotated[
        bool, typer.Option("--mean", help="Means over the seeds of each recipe, in a band of their 95 % interval.")
    ] = False,
    at: Annotated[
        float | None, typer.Option("--at", metavar="X", help="Read all curves at this place of the x axis.")
    ] = None,
    part: Annotated[
        str,
        typer.Option("--range", metavar="LOW:HIGH", help="Draw this part of the x axis; either end may be left out."),
    ] = "",
    where: Where = "",
) -> None:
    """Draw curves of saved runs: loss, accuracy and recorded weights, or the metrics named.

    Without RUN, those that --where finds. A loss over more than four powers of ten has a logarithmic axis by itself.
    X, LOW and HIGH count what the axis does: epochs, steps, examples (samples), seconds of training (time), or
    seconds since the run began, evaluation and pauses included (wall).
    """
    from engine.store import RunStore
    from tui.charts.render import render_lines

    low, high = read_range(part)
    store = RunStore(context.obj.results)
    chosen, problems = read_readable(store, _chosen(store, runs or [], where))
    look = Look(x=x.value, log_x=log_x, smoothing=smoothing, is_mean=mean)
    figures = [seen(figure, at, low, high) for figure in _figures(chosen, metric or [], look, log_y=log_y)]
    columns, lines = shutil.get_terminal_size((PLOT_COLUMNS, PLOT_LINES))
    height = max(8, min(PLOT_LINES, lines - 2) if len(figures) == 1 else 16)
    has_colours = wants_colour(sys.stdout)
    pictures = [render_lines(figure, columns, height, color=has_colours) for figure in figures]
    emit("\n\n".join(pictures), has_colours=has_colours)
    for problem in problems:
        fail(problem)
    if problems:
        narrate("What comes before the damage is drawn, where there is any.")
        raise typer.Exit(ExitCode.DAMAGED)


def _chosen(store: RunStore, names: Sequence[str], where: str) -> list[str]:
    from engine.errors import ConfigError, RunNotFoundError

    if names:
        return list(dict.fromkeys(store.find(name) for name in names))
    if not where:
        raise ConfigError(["which runs? Name some, or give --where EXPR"], "For the last one: termlab plot latest")
    found = [run.run for run in selected(store.summaries(), where) if run.status != "damaged"]
    if not found:
        raise RunNotFoundError(f"no run in {store.folder} matches {where}", "termlab ls lists the runs.")
    return found[::-1]  # oldest first, as they were trained


@dataclass(frozen=True, slots=True)
class Look:
    """How all charts over training are drawn."""

    x: Literal["step", "epoch", "time", "wall", "samples"]
    log_x: bool
    smoothing: float
    is_mean: bool


def _figures(runs: Sequence[Run], metrics: Sequence[str], look: Look, *, log_y: bool) -> list[Figure]:
    from engine.errors import ConfigError, unknown
    from tui.charts.curves import accuracy_figure, has_accuracy, has_weights, loss_figure, table_figure, weights_figure

    others = _all_trials(runs)
    if not metrics and look.is_mean:
        known = {name for run in runs for name in run.metric_names()}
        metrics = [name for name in ("test_loss", "test_accuracy") if name in known] or sorted(known)[:1]
    if not metrics:
        options: dict[str, Any] = {"x": look.x, "log_x": look.log_x, "known": others}
        loss = loss_figure(runs, log_y=False, smoothing=look.smoothing, **options)
        figures = [_logarithmic(loss, is_asked=log_y)]
        if has_accuracy(runs):
            figures.append(accuracy_figure(runs, smoothing=look.smoothing, **options))
        return [*figures, weights_figure(runs, **options)] if has_weights(runs) else figures
    left = {name: table for run in runs if run.finished for name, table in run.finished.tables.items()}
    tables = {name for name, table in left.items() if table.drawn_columns}
    known = {name for run in runs for name in (*run.metric_names(), *run.system_names())}
    for name in metrics:
        if name in left and name not in tables:
            raise ConfigError(
                [f"--metric: {name} is a table to be read, with nothing to draw"], "termlab show prints it."
            )
    strangers = [name for name in metrics if name not in known | tables]
    if strangers:
        raise ConfigError([f"--metric: {unknown('metric of these runs', name, known | tables)}" for name in strangers])
    figures = [_curves(runs, name, look, others, log_y=log_y) for name in metrics if name in known]
    return figures + [table_figure(runs, name, known=others) for name in metrics if name in tables]


def _curves(runs: Sequence[Run], metric: str, look: Look, known: Sequence[str], *, log_y: bool) -> Figure:
    from tui.charts.bands import bands_figure, recipe_groups
    from tui.charts.curves import curves_figure

    options: dict[str, Any] = {"x": look.x, "log_x": look.log_x, "smoothing": look.smoothing, "known": known}
    if look.is_mean:
        figure = bands_figure(recipe_groups(runs), metric, **options)
    else:
        figure = curves_figure(runs, [metric], **options)
    return _logarithmic(figure, is_asked=log_y) if metric.endswith("loss") else replace(figure, log_y=log_y)


def _logarithmic(figure: Figure, *, is_asked: bool) -> Figure:
    """Give a loss a logarithmic axis where it was asked for, or nothing else shows more than its largest values."""
    from tui.charts.curves import spans_powers

    return replace(figure, log_y=is_asked or spans_powers(figure))


def _all_trials(runs: Sequence[Run]) -> list[str]:
    """Return the keys of every trial of the presets drawn, so that a trial looks the same whoever stands beside it."""
    from engine.errors import PresetError
    from engine.presets import preset_files, read_preset

    keys: list[str] = []
    files = preset_files()
    for name in dict.fromkeys(run.trial.preset for run in runs):
        if name not in files:  # a run may outlive its preset
            continue
        try:
            keys += [f"{name}/{trial.label}" for trial in read_preset(name, files[name]).trials]
        except PresetError:
            continue
    return keys
