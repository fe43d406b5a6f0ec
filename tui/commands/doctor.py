"""`termlab doctor`: what works here, what does not, and the remedy."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.shown import json_text, printable
from tui.console import ExitCode, emit, narrate, terminal_columns


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look at terminal, device, torch, results folder, datasets and saved runs; name a remedy for what is wrong.

    Exits with 4 where a run or a dataset is damaged, with 2 where anything else needs a remedy.
    """
    from tui.diagnosis import diagnose

    findings = diagnose(context.obj.results, context.obj.data)
    if as_json:
        emit(json_text([finding.to_dict() for finding in findings]))
    else:
        from tui.format import filled

        columns = terminal_columns()
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            mark = {"ok": "ok", "notice": "! ", "warning": "!!", "damaged": "XX"}[finding.state]
            emit(filled(f"{mark}  {finding.subject:<{width}}  {printable(finding.text)}", columns, " " * (width + 6)))
            if finding.remedy:
                emit(filled(f"    {'':<{width}}  -> {printable(finding.remedy)}", columns, "   "))
    damaged = [finding for finding in findings if finding.state == "damaged"]
    if damaged and not as_json:
        narrate(f"{len(damaged)} damaged")
    wrong = any(finding.state == "warning" for finding in findings)
    raise typer.Exit(ExitCode.DAMAGED if damaged else ExitCode.USAGE if wrong else ExitCode.OK)
