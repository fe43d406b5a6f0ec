"""`termlab ls`, `show` and `plot`: saved runs, without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from engine.shown import json_text
from tui.clipboard import copy_table, copy_text
from tui.commands.chosen import selected, tell_hidden
from tui.commands.options import Columns, Copy, Format, Json, SortBy, Where, named_columns
from tui.commands.plot import plot
from tui.console import emit, narrate, terminal_columns
from tui.format import plain
from tui.narrow_table import emit_table
from tui.saved_run import read_run, read_summary
from tui.tables import TableFormat

if TYPE_CHECKING:
    from pathlib import Path

    from engine.store import RunStore
    from engine.summary import RunSummary


NEWEST_FIRST = "-created"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("ls")(list_them)
    app.command("show")(show)
    app.command("plot")(plot)


def list_them(
    context: typer.Context,
    where: Where = "",
    sort_by: SortBy = NEWEST_FIRST,
    columns: Columns = "",
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
    with_hidden: Annotated[bool, typer.Option("--all", help="Hidden runs too.")] = False,
    trash: Annotated[bool, typer.Option("--trash", help="What rm moved to the trash instead.")] = False,
    copy: Copy = False,
) -> None:
    """List the saved runs, newest first."""
    from engine.store import RunStore

    store = _trash_of(context.obj.results) if trash else RunStore(context.obj.results)
    if (as_json or form is TableFormat.JSON) and not where.strip() and sort_by == NEWEST_FIRST:
        lines, hidden = store.lines(with_hidden=with_hidden)
        emit_json(_document(lines), copy=copy, is_checked=True)
        tell_hidden(hidden)
        return
    from engine.columns import check_column
    from engine.columns import sort_by as sorted_by
    from tui.run_table import column_name, run_table

    everything = store.summaries()
    sort_by = column_name(sort_by)
    column = sort_by.removeprefix("-")
    check_column(column, everything)
    chosen = sorted_by(selected(everything, where, with_hidden=with_hidden), column, descending=sort_by.startswith("-"))
    if as_json or form is TableFormat.JSON:
        emit_json(_document([run.to_json() for run in chosen]), copy=copy, is_checked=True)
        return
    table = run_table(chosen, named_columns(columns))
    if everything or form is not TableFormat.TABLE:
        if copy:
            copy_table(table, form)
        emit_table(table, form)
    if not everything:
        narrate(f"No runs in {store.folder}{'.' if trash else ' yet. Train one: termlab run digits-first'}")
    if form is TableFormat.TABLE and not trash:
        _tell_what_is_missing(everything, chosen)


def emit_json(document: str, *, copy: bool, is_checked: bool = False) -> None:
    """Print a JSON document, and copy it where that is asked for; `is_checked` as `emit` has it."""
    if copy:
        copy_text(document, "the JSON document")
    emit(document, is_checked=is_checked)


def _document(lines: Sequence[str]) -> str:
    """Return a list of run objects: one a line, for whoever searches lines, and because ten thousand are not read."""
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def _trash_of(results: Path) -> RunStore:
    from engine.plain_file import require_own_folder
    from engine.store import TRASH, RunStore

    require_own_folder(results / TRASH)
    return RunStore(results / TRASH)


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
