"""`termlab tag`, `note`, `hide` and `unhide`: what people say of runs, also of one that is being trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.shown import printable
from tui.commands.chosen import Runs, WhereToo, chosen_runs
from tui.console import ExitCode, narrate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.store.annotations import Change


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("tag")(tag)
    app.command("note")(note)
    app.command("hide")(hide)
    app.command("unhide")(unhide)


def tag(
    context: typer.Context,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[RUN]... NAME", help="Runs, and last the tag that they get.")
    ],
    where: WhereToo = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away instead.")] = False,
) -> None:
    """Give runs a tag, by which --where tag=NAME finds them."""
    from engine.store.annotations import adding, check_tag, removing

    *runs, name = arguments
    change = removing(name) if remove else adding(check_tag(name))
    _change(context.obj.results, runs, where, change, "no longer has" if remove else "has", f"the tag {name}", "tag")


def note(
    context: typer.Context,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[RUN]... TEXT", help="Runs, and last what is said of them; '' removes it.")
    ],
    where: WhereToo = "",
) -> None:
    """Write a note on runs, in place of the one that they have."""
    from engine.store.annotations import noting

    *runs, text = arguments
    _change(
        context.obj.results, runs, where, noting(text), "has" if text.strip() else "no longer has", "the note", "note"
    )


def hide(context: typer.Context, runs: Runs = None, where: WhereToo = "") -> None:
    """Leave runs out of ls, leaderboard and plot --where, unless these are asked for hidden ones."""
    from engine.store.annotations import hiding

    _change(context.obj.results, runs or [], where, hiding(is_hidden=True), "is", "hidden", "hide")


def unhide(context: typer.Context, runs: Runs = None, where: WhereToo = "") -> None:
    """Show runs again that were hidden."""
    from engine.store.annotations import hiding

    _change(context.obj.results, runs or [], where, hiding(is_hidden=False), "is", "shown", "unhide")


def _change(results: Path, runs: Sequence[str], where: str, change: Change, verb: str, what: str, command: str) -> None:
    """Change what is said of each run; one that cannot be changed does not keep the others from it."""
    from engine.errors import TermlabError
    from engine.store import RunStore
    from tui.console import fail

    store = RunStore(results)
    last = {"tag": " NAME", "note": " TEXT"}.get(command, "")
    chosen = chosen_runs(store, runs, where, example=f"termlab {command} latest{last}")
    code = ExitCode.OK
    for run_id in chosen:
        try:
            store.annotate(run_id, change)
        except TermlabError as error:
            code = fail(error)
        else:
            narrate(printable(f"{run_id} {verb} {what}"))
    raise typer.Exit(code)
