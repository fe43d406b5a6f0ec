"""`termlab doctor`: what works here, what does not, and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.options import Format, Json
from tui.console import ExitCode, emit, narrate, terminal_columns
from tui.tables import Column, Table, TableFormat, table_of

if TYPE_CHECKING:
    from tui.finding import Finding

MOST_OF_A_SUBJECT = 60
"""Characters that texts stand behind at most."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Move runs that cannot be read to .damaged in the results folder.")
    ] = False,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Look at terminal, device, torch, results folder, datasets and saved runs; name a remedy for what is wrong.

    Exits with 4 where a run or a dataset is damaged and still in its place, with 2 where anything else needs a remedy.
    --set-aside deletes nothing, leaves runs alone that are being trained or that only a later termlab reads, and says
    how to take each back.
    """
    from tui.diagnosis import diagnose

    findings = diagnose(context.obj.results, context.obj.data, is_setting_aside=set_aside)
    form = TableFormat.JSON if as_json else form
    if form is TableFormat.TABLE:
        _print_lines(findings)
    else:
        emit(_table(findings).written(form))
    damaged = [finding for finding in findings if finding.state == "damaged"]
    if damaged and form is not TableFormat.JSON:
        narrate(f"{len(damaged)} damaged")
    wrong = any(finding.state == "warning" for finding in findings)
    raise typer.Exit(ExitCode.DAMAGED if damaged else ExitCode.USAGE if wrong else ExitCode.OK)


def _print_lines(findings: list[Finding]) -> None:
    from tui.format import filled, plain

    columns = terminal_columns()
    width = min(MOST_OF_A_SUBJECT, max(len(finding.subject) for finding in findings))
    for finding in findings:
        mark = {"ok": "ok", "notice": "! ", "warning": "!!", "damaged": "XX"}[finding.state]
        line = f"{mark}  {plain(finding.subject):<{width}}  {plain(finding.text)}"
        emit(filled(line, columns, " " * (width + 6)))
        if finding.remedy:
            emit(filled(f"    {'':<{width}}  -> {plain(finding.remedy)}", columns, "   "))


def _table(findings: list[Finding]) -> Table:
    columns = (
        (Column("subject", "subject"), lambda finding: finding.subject),
        (Column("state", "state"), lambda finding: finding.state),
        (Column("text", "found"), lambda finding: finding.text),
        (Column("remedy", "remedy"), lambda finding: finding.remedy),
    )
    return table_of(columns, findings)
