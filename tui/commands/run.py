"""`termlab run`: train the trials of a preset, without a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Detach
from tui.console import ExitCode, narrate
from tui.detached import train_detached
from tui.headless import Progress, tell_remainder, tell_remarks, train_and_print
from tui.narrow_table import emit_table
from tui.tables import Column, Table, TableFormat, table_of

if TYPE_CHECKING:
    from engine.remainder import Work
    from engine.store import RunStore
    from engine.trial import Trial
    from tui.workspace import Workspace


_KEY_OF = {"--epochs": "train.epochs", "--device": "device"}
"""The options that are short for a setting."""


class OnError(StrEnum):
    """What follows a failed run."""

    CONTINUE = "continue"
    STOP = "stop"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("run")(run)


def run(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset; termlab presets lists them.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change, such as optim.lr=0.05 data.name=digits."),
    ] = None,
    seeds: Annotated[str | None, typer.Option(metavar="LIST", help="Seeds of each trial: 0..4 or 0,3,7.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Only this trial; repeatable.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Short for train.epochs=N.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The preset's short profile.")] = False,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda or cuda:N.")] = None,
    needed: Annotated[
        bool, typer.Option("--needed", help="Skip what is already done, go on with what was interrupted.")
    ] = False,
    on_error: Annotated[OnError, typer.Option(help="What follows a failed run.")] = OnError.CONTINUE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, list the trials, train none.")] = False,
    detach: Detach = False,
    form: Annotated[
        TableFormat | None,
        typer.Option("--format", help="How --dry-run prints the trials.", show_default=TableFormat.TABLE.value),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each run as it finishes.")] = False,
    progress: Annotated[Progress, typer.Option(help="How progress is told on stderr.")] = Progress.AUTO,
) -> None:
    """Train the trials of a preset and save their runs."""
    from engine.overrides import parse_assignments
    from engine.presets import load_preset
    from engine.remainder import Work
    from engine.store import RunStore
    from engine.sweep import expand, parse_seeds
    from engine.trial_faults import Faults, join_faults

    workspace: Workspace = context.obj
    whole = load_preset(preset)
    faults = Faults()
    changes: dict[str, str] = {}
    chosen_seeds: tuple[int, ...] | None = None
    trials: list[Trial] = []
    with faults.kept():
        changes = join_changes(parse_assignments(overrides or ()), {"--epochs": epochs, "--device": device})
    with faults.kept():
        _check_format(form, dry_run=dry_run)
    with faults.kept():
        chosen_seeds = None if seeds is None else parse_seeds(seeds)
    with faults.kept():
        trials = expand(
            whole, overrides=changes, seeds=chosen_seeds, only=only or (), quick=quick, data_folder=workspace.data
        )
    if faults.found:
        raise join_faults([(preset, error) for error in faults.found], [preset])
    store = RunStore(workspace.results)
    work = what_is_needed(trials, store) if needed else Work(tuple(trials))
    work = replace(work, on_error=on_error.value)
    if dry_run:
        code = show_plan(work.trials, workspace, TableFormat.JSON if as_json else form or TableFormat.TABLE)
    elif not work.trials:
        code = ExitCode.OK
    elif detach:
        code = train_detached(work, store, workspace, as_json=as_json)
    else:
        code = train_and_print(work, store, workspace, as_json=as_json, progress=progress)
    raise typer.Exit(code)


def what_is_needed(trials: Sequence[Trial], store: RunStore) -> Work:
    """Leave out the trials that a run answers already, or is about to, and say how many those are."""
    from engine.remainder import Work, remainder_of_trials

    left = remainder_of_trials(trials, store.summaries())
    narrate(f"{len(left.done)} of {len(trials)} runs are already done.")
    tell_remainder(left)
    return Work(
        tuple(trials[place] for place in left.places),
        {index: left.interrupted[place] for index, place in enumerate(left.places) if place in left.interrupted},
    )


def join_changes(
    assignments: dict[str, str], options: Mapping[str, Any], key_of: Mapping[str, str] = _KEY_OF
) -> dict[str, str]:
    """Join the settings given as KEY=VALUE and those that have an option of their own; None was not given.

    Raises: ConfigError where one is given both ways.
    """
    from engine.errors import ConfigError
    from engine.overrides import format_value

    given = {key_of[option]: (option, format_value(value)) for option, value in options.items() if value is not None}
    twice = [f"{key} is given as {given[key][0]} and as {key}=" for key in given if key in assignments]
    if twice:
        raise ConfigError(twice, "Give it once.")
    return assignments | {key: value for key, (_, value) in given.items()}


def _check_format(form: TableFormat | None, *, dry_run: bool) -> None:
    from engine.errors import ConfigError

    if form is not None and not dry_run:
        raise ConfigError(
            ["--format is for the table that --dry-run prints"],
            "What is trained is printed run by run with --json; termlab ls --format lists what is saved.",
        )


def show_plan(trials: Sequence[Trial], workspace: Workspace, form: TableFormat) -> ExitCode:
    """Check everything that can be foreseen and print what would be trained."""
    from engine.trial_facts import check_trials
    from tui.format import count

    facts = check_trials(trials, workspace.data)
    tell_remarks(facts)
    columns = (
        (Column("label", "trial", least=20, keeps_end=True), lambda pair: pair[0].label),
        (Column("seed", "seed", is_number=True), lambda pair: pair[0].config.seed),
        (Column("parameters", "parameters", count, is_number=True), lambda pair: pair[1].parameters),
        (Column("train_examples", "train", count, is_number=True), lambda pair: pair[1].train_examples),
        (Column("test_examples", "test", count, is_number=True), lambda pair: pair[1].test_examples),
        (Column("epochs", "epochs", count, is_number=True), lambda pair: pair[1].epochs),
        (Column("steps", "steps", count, is_number=True), lambda pair: pair[1].steps),
        (Column("device", "device", yields=1), lambda pair: pair[1].device),
        (Column("fingerprint", "fingerprint", yields=2), lambda pair: pair[0].config.fingerprint),
    )
    table: Table = table_of(columns, list(zip(trials, facts, strict=True)))
    emit_table(table, form)
    narrate("Dry run: nothing was trained.")
    return ExitCode.OK
