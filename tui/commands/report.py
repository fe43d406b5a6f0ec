"""`termlab report`: what a preset found, as a section of a paper or a README."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.chosen import selected
from tui.commands.options import Where
from tui.console import ExitCode, emit, narrate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.presets import Preset
    from engine.store import RunStore
    from engine.summary import RunSummary
    from tui.report.build import Evidence


class ReportFormat(StrEnum):
    """How a report is written; each is a module of `tui.report`."""

    MD = "md"
    LATEX = "latex"
    HTML = "html"


_MODULES = {ReportFormat.MD: "markdown", ReportFormat.LATEX: "latex", ReportFormat.HTML: "html"}


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("report")(report)


def report(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset; termlab presets lists them.")],
    form: Annotated[ReportFormat, typer.Option("--format", help="For a README, a paper or a browser.")] = (
        ReportFormat.MD
    ),
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there instead of to stdout.")] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="M", help="What is told; default is that of the published figure.")
    ] = None,
    where: Where = "",
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
) -> None:
    """Write what the finished runs of a preset show, with all that it takes to believe it and to do it again.

    A title, what the preset asks and its source; a table of its recipes with n, mean and 95 % interval, the published
    figure with the gap, training time; settings shared and different; hardware and versions; the commands that train
    the same runs; the statistical methods; what is missing. html has the mean curves too, as a file of its own without
    scripts. latex is a \\section that needs no packages; md goes into a README.
    """
    from engine.export.destination import check_destination, whole_or_nothing
    from engine.presets import load_preset
    from engine.store import RunStore
    from tui.report.build import build_report

    whole = load_preset(preset)
    if out is not None:
        check_destination(out, is_folder=False, replaces=force)
    store = RunStore(context.obj.results)
    text = import_module(f"tui.report.{_MODULES[form]}").written(
        build_report(whole, _evidence(store, whole, metric, where))
    )
    if out is None:
        emit(text.rstrip("\n"))
        raise typer.Exit(ExitCode.OK)
    with whole_or_nothing(out, is_folder=False, mark={}) as path:
        path.write_text(text, encoding="utf-8", errors="replace")
    narrate(f"Report on {preset} written to {out}")
    emit(str(out))


def _evidence(store: RunStore, preset: Preset, metric: str | None, where: str) -> Evidence:
    """Return the runs of a preset, read one after another.

    Raises: RunNotFoundError where none is finished; ConfigError if none has the metric.
    """
    from engine.errors import DamagedError, RunNotFoundError
    from engine.leaderboard import rank
    from tui.report.build import Evidence
    from tui.report.facts import run_facts

    everything = store.summaries()
    runs = [run for run in selected(everything, where) if run.preset == preset.name]
    finished = [run for run in runs if run.status == "done"]
    if not finished:
        matching = f" that matches {where}" if where else ""
        raise RunNotFoundError(
            f"no finished run of {preset.name}{matching} is in {store.folder}",
            f"Train it: termlab run {preset.name}, or with --quick its short profile.",
        )
    rows = tuple(rank(finished, _metric(preset, finished, metric)))
    facts = {}
    for row in rows:
        for run in row.runs:
            try:
                facts[run.run] = run_facts(store.load(run.run), row.metric)
            except DamagedError as error:
                narrate(f"{run.run} cannot be read but for its summary: {error.message}")
    return Evidence(rows, facts, tuple(run for run in runs if run.status != "done"))


def _metric(preset: Preset, finished: Sequence[RunSummary], asked: str | None) -> str:
    from engine.errors import ConfigError, unknown

    known = {name for run in finished for name in run.metrics} | {"train_seconds", "samples_per_second"}
    if asked is not None:
        if asked not in known:
            raise ConfigError([f"--metric: {unknown('metric', asked, known)}"])
        return asked
    published = [figure.metric for trial in preset.trials for figure in trial.published[:1]]
    return next((name for name in published if name in known), "test_accuracy")
