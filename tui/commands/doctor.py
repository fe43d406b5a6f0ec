"""`termlab doctor`: what works here, what does not, and the remedy."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.shown import json_text
from tui.console import ExitCode, emit, narrate, terminal_columns

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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look at terminal, device, torch, results folder, datasets and saved runs; name a remedy for what is wrong.

    Exits with 4 where a run or a dataset is damaged and still in its place, with 2 where anything else needs a remedy.
    --set-aside deletes nothing, leaves runs alone that are being trained or that only a later termlab reads, and says
    how to take each back.
    """
    from tui.diagnosis import diagnose

    findings = diagnose(context.obj.results, context.obj.data, is_setting_aside=set_aside)
    if as_json:
        emit(json_text([finding.to_dict() for finding in findings]))
    else:
        from tui.format import filled, plain

        columns = terminal_columns()
        width = min(MOST_OF_A_SUBJECT, max(len(finding.subject) for finding in findings))
        for finding in findings:
            mark = {"ok": "ok", "notice": "! ", "warning": "!!", "damaged": "XX"}[finding.state]
            line = f"{mark}  {plain(finding.subject):<{width}}  {plain(finding.text)}"
            emit(filled(line, columns, " " * (width + 6)))
            if finding.remedy:
                emit(filled(f"    {'':<{width}}  -> {plain(finding.remedy)}", columns, "   "))
    damaged = [finding for finding in findings if finding.state == "damaged"]
    if damaged and not as_json:
        narrate(f"{len(damaged)} damaged")
    wrong = any(finding.state == "warning" for finding in findings)
    raise typer.Exit(ExitCode.DAMAGED if damaged else ExitCode.USAGE if wrong else ExitCode.OK)
