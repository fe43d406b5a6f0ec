"""`termlab ls`, `show`, `plot` and `rm`: saved runs, without a screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.shown import json_text
from tui.commands.options import Format, Json, SortBy, Where
from tui.console import ExitCode, emit, narrate, terminal_columns, wants_colour
from tui.format import plain
from tui.narrow_table import emit_table
from tui.saved_run import read_run, read_summary
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.run import Run
    from engine.store import RunStore
    from engine.summary import RunSummary
    from tui.charts.figure import Figure

PLOT_COLUMNS, PLOT_LINES = 100, 24
"""Size of a chart where no terminal says how much room there is."""


class XAxis(StrEnum):
    """What a curve is drawn over."""

    STEP = "step"
    EPOCH = "epoch"
    TIME = "time"
    SAMPLES = "samples"


Runs = Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Ids, unique prefixes of ids, or latest.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("ls")(list_them)
    app.command("show")(show)
    app.command("plot")(plot)
    app.command("rm")(remove)


def list_them(
    context: typer.Context,
    where: Where = "",
    sort_by: SortBy = "-created",
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """List the saved runs, newest first."""
    from engine.columns import check_column
    from engine.columns import sort_by as sorted_by
    from engine.store import RunStore
    from tui.run_table import column_name, run_table

    store = RunStore(context.obj.results)
    everything = store.summaries()
    sort_by = column_name(sort_by)
    column = sort_by.removeprefix("-")
    check_column(column, everything)
    chosen = sorted_by(matching(everything, where), column, descending=sort_by.startswith("-"))
    if as_json or form is TableFormat.JSON:
        emit(json_text([run.to_dict() for run in chosen]))
        return
    if not everything and form is TableFormat.TABLE:
        narrate(f"No runs in {store.folder} yet. Train one: termlab run digits-first")
        return
    emit_table(run_table(chosen), form)
    if form is TableFormat.TABLE:
        _tell_what_is_missing(everything, chosen)


def matching(summaries: Sequence[RunSummary], where: str) -> list[RunSummary]:
    """Keep the runs that a filter finds.

    Raises: ConfigError showing where it does not parse.
    """
    from engine.filter import parse_filter

    wanted = parse_filter(where, summaries)
    return [summary for summary in summaries if wanted.matches(summary)]


def _tell_what_is_missing(everything: Sequence[RunSummary], chosen: Sequence[RunSummary]) -> None:
    if len(chosen) < len(everything):
        narrate(f"{len(chosen)} of {len(everything)} runs")
    for run in everything:
        if run.status == "damaged":
            narrate(plain(f"{run.run} cannot be read: {run.reason}"))
    if interrupted := [run for run in chosen if run.status.is_resumable]:
        narrate(_how_to_go_on(interrupted))


def _how_to_go_on(interrupted: Sequence[RunSummary]) -> str:
    """Return what becomes of runs that were interrupted, by the command for the newest of them."""
    from tui.run_table import resume_command

    newest = max(interrupted, key=lambda run: run.created)
    number = len(interrupted)
    which = "1 run was interrupted" if number == 1 else f"{number} runs were interrupted"
    it = "it" if number == 1 else "the newest"
    also = ", with --sweep also with what was started together with it" if newest.sweep else ""
    return f"{which}: {resume_command(newest)} goes on with {it}{also}."


def show(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="An id, a unique prefix of one, or latest.")],
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Print one run: facts, metrics, settings, notes."""
    from engine.store import RunStore
    from tui.run_text import epoch_table, run_text

    store = RunStore(context.obj.results)
    summary = read_summary(store, store.find(run))
    if as_json or form is TableFormat.JSON:
        emit(json_text(summary.to_dict()))
        return
    whole = read_run(store, summary.run)
    is_text = form is TableFormat.TABLE
    emit(run_text(summary, whole, terminal_columns()) if is_text else epoch_table(whole).written(form))


def plot(
    context: typer.Context,
    runs: Runs = None,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="M", help="What is drawn: a metric, or a table of the run; repeatable.")
    ] = None,
    log_y: Annotated[bool, typer.Option("--log-y", help="Logarithmic y axis.")] = False,
    x: Annotated[XAxis, typer.Option("--x", help="What the curves are drawn over.")] = XAxis.EPOCH,
    smoothing: Annotated[
        float, typer.Option(min=0.0, max=0.999, help="Weight of the past in values recorded every step; 0 is off.")
    ] = 0.0,
    where: Where = "",
) -> None:
    """Draw curves of saved runs: loss, accuracy and recorded weights, or the metrics named.

    Without RUN, those that --where finds. A loss over more than four powers of ten has a logarithmic axis by itself.
    """
    from engine.store import RunStore
    from tui.charts.render import render_lines

    store = RunStore(context.obj.results)
    chosen = [read_run(store, run_id) for run_id in _chosen(store, runs or [], where)]
    figures = _figures(chosen, metric or [], x=x, log_y=log_y, smoothing=smoothing)
    columns, lines = shutil.get_terminal_size((PLOT_COLUMNS, PLOT_LINES))
    height = max(8, min(PLOT_LINES, lines - 2) if len(figures) == 1 else 16)
    has_colours = wants_colour(sys.stdout)
    pictures = [render_lines(figure, columns, height, color=has_colours) for figure in figures]
    emit("\n\n".join(pictures), has_colours=has_colours)


def _chosen(store: RunStore, names: Sequence[str], where: str) -> list[str]:
    from engine.errors import ConfigError, RunNotFoundError

    if names:
        return list(dict.fromkeys(store.find(name) for name in names))
    if not where:
        raise ConfigError(["which runs? Name some, or give --where EXPR"], "For the last one: termlab plot latest")
    found = [run.run for run in matching(store.summaries(), where) if run.status != "damaged"]
    if not found:
        raise RunNotFoundError(f"no run in {store.folder} matches {where}", "termlab ls lists the runs.")
    return found[::-1]  # oldest first, as they were trained


def _figures(runs: Sequence[Run], metrics: Sequence[str], *, x: XAxis, log_y: bool, smoothing: float) -> list[Figure]:
    from engine.errors import ConfigError, unknown
    from tui.charts.curves import (
        accuracy_figure,
        curves_figure,
        has_accuracy,
        has_weights,
        loss_figure,
        spans_powers,
        table_figure,
        weights_figure,
    )

    others = _all_trials(runs)
    if not metrics:
        loss = loss_figure(runs, x=x.value, log_y=False, smoothing=smoothing, known=others)
        figures = [replace(loss, log_y=log_y or spans_powers(loss))]
        if has_accuracy(runs):
            figures.append(accuracy_figure(runs, x=x.value, smoothing=smoothing, known=others))
        return [*figures, weights_figure(runs, x=x.value, known=others)] if has_weights(runs) else figures
    left = {name: table for run in runs if run.finished for name, table in run.finished.tables.items()}
    tables = {name for name, table in left.items() if table.drawn_columns}
    known = {name for run in runs for name in run.metric_names()}
    for name in metrics:
        if name in left and name not in tables:
            raise ConfigError(
                [f"--metric: {name} is a table to be read, with nothing to draw"], "termlab show prints it."
            )
    strangers = [name for name in metrics if name not in known | tables]
    if strangers:
        raise ConfigError([f"--metric: {unknown('metric of these runs', name, known | tables)}" for name in strangers])
    curves = [name for name in metrics if name in known]
    figures = [
        curves_figure(runs, [name], x=x.value, log_y=log_y, smoothing=smoothing, known=others) for name in curves
    ]
    figures = [
        replace(figure, log_y=log_y or (name.endswith("loss") and spans_powers(figure)))
        for name, figure in zip(curves, figures, strict=True)
    ]
    return figures + [table_figure(runs, name, known=others) for name in metrics if name in tables]


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


def remove(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, unique prefixes of ids, or latest.")],
) -> None:
    """Move runs to the trash inside the results folder; a running one is left alone."""
    from engine.store import RunStore

    store = RunStore(context.obj.results)
    found = list(dict.fromkeys(store.find(name) for name in runs))  # all names are checked before anything moves
    for run_id in found:
        narrate(f"{run_id} moved to {store.remove(run_id)}")
    raise typer.Exit(ExitCode.OK)
