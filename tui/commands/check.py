"""`termlab check`: hold what a preset measures against what its source published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.options import Format, Json
from tui.commands.run import what_is_needed
from tui.console import ExitCode, emit, narrate
from tui.headless import Progress, train
from tui.narrow_table import emit_table
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.store import RunStore
    from engine.summary import RunSummary
    from engine.trial import Trial
    from engine.verdict import Verdict
    from tui.workspace import Workspace


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    # What is more than it takes is told by the command itself, which knows why.
    app.command("check", context_settings={"allow_extra_args": True})(check)


def check(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset; termlab presets lists them.")],
    seeds: Annotated[
        str | None, typer.Option(metavar="LIST", help="Train and judge these seeds, 0..4 or 0,3,7, and no others.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Only this trial; repeatable.")] = None,
    saved: Annotated[bool, typer.Option("--saved", help="Judge the saved runs and train none.")] = False,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATASET", help="Measure on this dataset, such as folder:PATH with part of the source's."),
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda or cuda:N.")] = None,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
    progress: Annotated[Progress, typer.Option(help="How progress is told on stderr.")] = Progress.AUTO,
) -> None:
    """Train what is missing of a preset by its published recipe and compare each published figure with the mean.

    Saved runs of exactly that recipe count, whatever their device; runs of the quick profile or with other settings
    do not. Exits with 3 where a figure is outside its tolerance or was not measured; a preset may judge its figures as
    a whole, by their mean distance. With --on, the recipe is the
    published one on other data; what it says of the figure is for the reader to judge, and it is not kept as the
    figure's own.
    """
    from engine.errors import ConfigError
    from engine.presets import load_preset
    from engine.store import RunStore
    from engine.sweep import expand, parse_seeds
    from engine.verdict import judge, trials_to_judge

    if context.args:
        found = " ".join(context.args)
        raise ConfigError(
            [f"check takes one preset and no settings, for the recipe is the published one; found {found}"],
            f"Another recipe is trained by termlab run {preset} {found}",
        )
    workspace: Workspace = context.obj
    whole = load_preset(preset)
    asked = parse_seeds(seeds) if seeds is not None else None
    changes = {} if device is None else {"device": device}
    trials = trials_to_judge(expand(whole, overrides=changes, seeds=asked or whole.check.seeds, only=only or ()))
    if on is not None:
        trials = [_on_other_data(trial, on) for trial in trials]
        narrate(f"Measured on {on}, published on {whole.trials[0].config.data.name}.")
    store = RunStore(workspace.results)
    code = ExitCode.OK
    if not trials:
        narrate(f"{preset} publishes no figure{' for these trials' if only else ''}: nothing to check.")
    elif saved:
        _tell_what_is_not_saved(trials, store, is_asked=asked is not None)
    else:
        recipes = [trial.model_copy(update={"published": ()}) for trial in trials] if on is not None else trials
        code = _train_missing(recipes, store, workspace, progress)
    if code in (ExitCode.OK, ExitCode.RUN_FAILED):
        summaries = store.summaries()
        verdict = judge(trials, summaries, seeds=asked, mean_gap=whole.check.mean_gap)
        _print(preset, verdict, TableFormat.JSON if as_json else form, on=on)
        _tell_why_missing(trials, verdict, [run for run in summaries if asked is None or run.seed in asked])
        if code is ExitCode.OK and not verdict.has_passed:
            code = ExitCode.OUTSIDE
    raise typer.Exit(code)


def _on_other_data(trial: Trial, name: str) -> Trial:
    """Return the trial on another dataset with its figures as they are, to be judged and not to be saved."""
    from engine.overrides import apply_overrides

    return trial.model_copy(update={"config": apply_overrides(trial.config, {"data.name": name}, "--on: ")})


def _train_missing(trials: Sequence[Trial], store: RunStore, workspace: Workspace, progress: Progress) -> ExitCode:
    work = what_is_needed(trials, store)
    return train(work, store, workspace, progress=progress)[0] if work.trials else ExitCode.OK


def _tell_what_is_not_saved(trials: Sequence[Trial], store: RunStore, *, is_asked: bool) -> None:
    """Say how many of the seeds asked for there are: a mean over fewer is judged all the same."""
    from engine.remainder import remainder_of_trials

    done = remainder_of_trials(trials, store.summaries()).done
    if is_asked and len(done) < len(trials):
        narrate(f"{len(done)} of {len(trials)} runs are saved.")


def _print(preset: str, verdict: Verdict, form: TableFormat, *, on: str | None) -> None:
    from tui.verdict_table import sentences, verdict_json, verdict_table, verdict_values

    if form is TableFormat.JSON:
        emit(verdict_json(preset, verdict, on=on))
    elif form is TableFormat.CSV:
        emit(verdict_values(verdict).written(form))
    elif verdict.figures or form is not TableFormat.TABLE:
        emit_table(verdict_table(verdict), form)
    if verdict.figures:
        for line in sentences(verdict):
            narrate(line)


def _tell_why_missing(trials: Sequence[Trial], verdict: Verdict, counting: Sequence[RunSummary]) -> None:
    """Tell a recipe without a finished run from a metric that its runs do not have."""
    from engine.errors import suggest
    from engine.summary import RunStatus

    fingerprints = {trial.label: trial.config.fingerprint for trial in trials}
    done = [run for run in counting if run.status is RunStatus.DONE]
    for figure in verdict.figures:
        if figure.verdict != "missing":
            continue
        runs = [run for run in done if run.fingerprint == fingerprints[figure.label]]
        if not runs:
            why = "no finished run of its published recipe is saved"
        elif any(figure.metric in run.metrics for run in runs):
            why = "not all of its runs have this metric"
        else:
            why = f"its runs have no such metric.{suggest(figure.metric, runs[0].metrics)}"
        narrate(f"{figure.label}: {figure.metric} is not measured: {why}")
