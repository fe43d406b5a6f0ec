"""`termlab ls`, `show`, `plot` and `rm`: saved runs, without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from engine.shown import json_text
from tui.clipboard import copy_table, copy_text
from tui.commands.options import Copy, Format, Json, SortBy, Where
from tui.commands.plot import plot
from tui.console import ExitCode, emit, narrate, terminal_columns
from tui.format import plain
from tui.narrow_table import emit_table
from tui.saved_run import read_run, read_summary
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.summary import RunSummary


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("ls")(list_them)
    app.command("show")(show)
    app.command("plot")(plot)


def list_them(
    context: typer.Context,
    where: Where = "",
    sort_by: SortBy = NEWEST_FIRST,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
    copy: Copy = False,
) -> None:
    """List the saved runs, newest first."""
    from engine.store import RunStore

    store = _trash_of(context.obj.results) if trash else RunStore(context.obj.results)
    if (as_json or form is TableFormat.JSON) and not where.strip() and sort_by == NEWEST_FIRST:
        lines, hidden = store.lines(with_hidden=with_hidden)
        emit(_document(lines), is_checked=True)
        tell_hidden(hidden)
        return
    from engine.columns import check_column
    from engine.columns import sort_by as sorted_by
    from tui.run_table import column_name, run_table

    everything = store.summaries()
    sort_by = column_name(sort_by)
    column = sort_by.removeprefix("-")
    check_column(column, everything)
    chosen = sorted_by(matching(everything, where), column, descending=sort_by.startswith("-"))
    if as_json or form is TableFormat.JSON:
        emit_json(json_text([run.to_dict() for run in chosen]), copy=copy)
        return
    if everything or form is not TableFormat.TABLE:
        if copy:
            copy_table(run_table(chosen), form)
        emit_table(run_table(chosen), form)
    if not everything:
        narrate(f"No runs in {store.folder} yet. Train one: termlab run digits-first")
    if form is TableFormat.TABLE:
        _tell_what_is_missing(everything, chosen)


def emit_json(document: str, *, copy: bool) -> None:
    """Print a JSON document, and copy it where that is asked for."""
    if copy:
        copy_text(document, "the JSON document")
    emit(document)


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
        if run.remark:
            narrate(plain(f"{run.run}: {run.remark}"))
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
    copy: Copy = False,
) -> None:
    """Print one run: facts, metrics, settings, notes; as CSV, Markdown or LaTeX, and to copy, its epochs."""
    from engine.store import RunStore
    from tui.run_text import epoch_table, run_text

    store = RunStore(context.obj.results)
    summary = read_summary(store, store.find(run))
    if as_json or form is TableFormat.JSON:
        emit_json(json_text(summary.to_dict()), copy=copy)
        return
    whole = read_run(store, summary.run)
    if copy:
        copy_table(epoch_table(whole), form)
    is_text = form is TableFormat.TABLE
    emit(run_text(summary, whole, terminal_columns()) if is_text else epoch_table(whole).written(form))


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
