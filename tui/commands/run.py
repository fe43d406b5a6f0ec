"""`termlab run`: train the trials of a preset, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.console import ExitCode, emit, fail, narrate
from tui.narrow_table import emit_table
from tui.tables import Column, Table, TableFormat, table_of

if TYPE_CHECKING:
    from engine.store import RunStore
    from engine.trial import Trial
    from engine.trial_facts import TrialFacts
    from tui.workspace import Workspace


_KEY_OF = {"--epochs": "train.epochs", "--device": "device"}
"""The options that are short for a setting."""


class Progress(StrEnum):
    """How progress is told on stderr."""

    AUTO = "auto"
    """A live line on a terminal, one line an epoch otherwise."""
    PLAIN = "plain"
    NONE = "none"


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
    needed: Annotated[bool, typer.Option("--needed", help="Skip what is already done.")] = False,
    on_error: Annotated[OnError, typer.Option(help="What follows a failed run.")] = OnError.CONTINUE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, list the trials, train none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each run as it finishes.")] = False,
    progress: Annotated[Progress, typer.Option(help="How progress is told on stderr.")] = Progress.AUTO,
) -> None:
    """Train the trials of a preset and save their runs."""
    from engine.overrides import parse_assignments
    from engine.presets import load_preset
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
        chosen_seeds = None if seeds is None else parse_seeds(seeds)
    with faults.kept():
        trials = expand(
            whole, overrides=changes, seeds=chosen_seeds, only=only or (), quick=quick, data_folder=workspace.data
        )
    if faults.found:
        raise join_faults([(preset, error) for error in faults.found], [preset])
    store = RunStore(workspace.results)
    if needed:
        trials = without_saved(trials, store)
    raise typer.Exit(
        show_plan(trials, workspace, as_json)
        if dry_run
        else train_and_print(trials, store, workspace, on_error=on_error, as_json=as_json, progress=progress)
    )


def without_saved(trials: Sequence[Trial], store: RunStore) -> list[Trial]:
    """Leave out the trials that a finished run answers already, and say how many those are."""
    from engine.sweep import without_done

    missing = without_done(trials, store.summaries())
    narrate(f"{len(trials) - len(missing)} of {len(trials)} runs are already done.")
    return missing


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


def show_plan(trials: Sequence[Trial], workspace: Workspace, as_json: bool) -> ExitCode:
    """Check everything that can be foreseen and print what would be trained."""
    from engine.trial_facts import check_trials
    from tui.format import count

    facts = check_trials(trials, workspace.data)
    _tell_remarks(facts)
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
    emit_table(table, TableFormat.JSON if as_json else TableFormat.TABLE)
    narrate("Dry run: nothing was trained.")
    return ExitCode.OK


def _tell_remarks(facts: Sequence[TrialFacts]) -> None:
    for remark in dict.fromkeys(one.remark for one in facts if one.remark):
        narrate(f"Note: {remark}.")


def train_and_print(
    trials: Sequence[Trial],
    store: RunStore,
    workspace: Workspace,
    *,
    on_error: OnError,
    as_json: bool,
    progress: Progress,
) -> ExitCode:
    """Train, and print each run as an object when it is finished, or all of them as a table at the end."""

    def print_run(run_id: str) -> None:
        if as_json:
            emit(store.summary(run_id).to_json())

    code, finished = train(trials, store, workspace, on_error=on_error, progress=progress, on_finished=print_run)
    if not as_json and finished:
        from tui.run_table import run_table

        emit_table(run_table([store.summary(run_id) for run_id in finished]), TableFormat.TABLE)
    return code


def train(
    trials: Sequence[Trial],
    store: RunStore,
    workspace: Workspace,
    *,
    on_error: OnError,
    progress: Progress,
    on_finished: Callable[[str], None] = lambda _run_id: None,
) -> tuple[ExitCode, list[str]]:
    """Train the trials and tell on stderr how it goes; `on_finished` gets the id of each run when it is over.

    Returns the exit code that the training calls for, and the ids of the runs that are over.
    """
    from engine.control import Control
    from engine.errors import StoreError
    from engine.events import RunFinished
    from engine.runner import run_trials
    from engine.trial_facts import check_trials
    from tui.progress import build_reporter
    from tui.signals import stopping_on_signals

    store.check_writable()
    facts = check_trials(trials, workspace.data)
    _tell_remarks(facts)
    control = Control()
    finished: list[str] = []
    failures = 0
    with stopping_on_signals(control) as received, build_reporter(progress, trials, facts) as reporter:
        events = run_trials(trials, store, data_folder=workspace.data, control=control, on_error=on_error.value)
        try:
            for happened in events:
                reporter.tell(happened)
                if not isinstance(happened.event, RunFinished):
                    continue
                failures += happened.event.status == "failed"
                finished.append(happened.run_id)
                on_finished(happened.run_id)
        except SystemExit:
            narrate("Nobody reads the output any more: the trials that were left are not trained.")
            return ExitCode.RUN_FAILED, []
        except StoreError as error:
            fail(error)
            return ExitCode.RUN_FAILED, []
        finally:
            events.close()
    if received.exit_code is not None:
        return received.exit_code, finished
    return ExitCode.RUN_FAILED if failures else ExitCode.OK, finished
