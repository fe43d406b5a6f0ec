"""`termlab export`: saved runs for other tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.chosen import selected
from tui.commands.options import Where
from tui.console import ExitCode, emit, narrate
from tui.signals import leave_if_called

if TYPE_CHECKING:
    from engine.store import RunStore
    from engine.summary import RunSummary


class ExportFormatName(StrEnum):
    """What an export may be; `engine.export.formats` knows how each is written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    TENSORBOARD = "tensorboard"


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("export")(export)


def export(
    context: typer.Context,
    form: Annotated[ExportFormatName, typer.Option("--format", help="For which tool.")],
    out: Annotated[Path, typer.Option(metavar="PATH", help="The file (json) or folder (all others) to make.")],
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Ids, unique prefixes of ids, or latest; without any, every run."),
    ] = None,
    where: Where = "",
    steps: Annotated[
        bool, typer.Option("--steps", help="Every step's values too; tensorboard has them anyway.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace PATH, if it is a file or an earlier export.")] = False,
) -> None:
    """Write saved runs for other tools: pandas, R, spreadsheets, TensorBoard.

    csv and parquet make a folder of tables that the column `run` joins: `runs` has a row a run with its metrics and,
    by dotted key, its settings; `epochs` a row for each metric of each epoch; `tables` what was evaluated after
    training; with --steps, `steps` a row for each value of each step. json makes one document of run objects with the
    same in them. tensorboard makes a folder for each run: termlab export --format tensorboard --out logs, then
    tensorboard --logdir logs.

    Accuracies are fractions and times seconds since 1970 (timestamps in parquet). What is not a finite number is empty
    in csv, null in json, and itself in parquet and tensorboard. PATH appears whole or not at all, and is printed. Runs
    that cannot be read are left out and named; exits with 4 if one of these was asked for by name.
    parquet and tensorboard need: pip install 'termlab[parquet]' 'termlab[tensorboard]'.
    """
    from engine.export.run_export import check_export, export_runs
    from engine.store import RunStore
    from tui.format import plain, plural

    check_export(form.value, out, replaces=force)
    store = RunStore(context.obj.results)
    chosen = _chosen(store, runs or [], where)

    def leave_out(run_id: str, reason: str) -> None:
        narrate(plain(f"{run_id} is left out, for it cannot be read: {reason}"))

    count = export_runs(
        store,
        chosen,
        form.value,
        out,
        has_steps=steps,
        replaces=force,
        on_damage=leave_out,
        before_each=leave_if_called,
    )
    narrate(f"{plural(count, 'run')} exported to {out}")
    emit(str(out))
    raise typer.Exit(ExitCode.DAMAGED if runs and count < len(chosen) else ExitCode.OK)


def _chosen(store: RunStore, names: list[str], where: str) -> list[RunSummary]:
    """Return the runs that were named, or else those that a filter finds, oldest first."""
    from engine.errors import ConfigError, RunNotFoundError

    if names and where:
        raise ConfigError(["name runs or give --where EXPR, not both"])
    if names:
        return [store.summary(run_id) for run_id in dict.fromkeys(store.find(name) for name in names)]
    everything = store.summaries()
    found = selected(everything, where)
    if not found:
        which = f"no run in {store.folder} matches {where}" if everything else f"there are no runs in {store.folder}"
        raise RunNotFoundError(which, "termlab ls lists the runs.")
    return found[::-1]
