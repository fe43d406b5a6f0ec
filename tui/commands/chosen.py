"""The runs that a command is told to work on: by name, by a filter, or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tui.console import narrate
from tui.format import plural

if TYPE_CHECKING:
    from engine.store import RunStore
    from engine.summary import RunSummary

Runs = Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Ids, unique prefixes of ids, or latest.")]
WhereToo = Annotated[str, typer.Option("--where", metavar="EXPR", help="All runs for which this holds as well.")]


def chosen_runs(store: RunStore, names: Sequence[str], where: str, *, example: str) -> list[str]:
    """Return the ids of the runs named and of those that a filter finds, each once; all names are checked first.

    Raises: ConfigError if neither is given; RunNotFoundError if a name stands for no run, or no run passes.
    """
    from engine.errors import ConfigError, RunNotFoundError

    if not names and not where.strip():
        raise ConfigError(["which runs? Name some, or give --where EXPR"], f"For the last one: {example}")
    found = [store.find(name) for name in names]
    if where.strip():
        passed = [run.run for run in selected(store.summaries(), where)]
        if not passed:
            raise RunNotFoundError(f"no run in {store.folder} matches {where}", "termlab ls lists the runs.")
        found += passed
    return list(dict.fromkeys(found))


def selected(summaries: Sequence[RunSummary], where: str, *, with_hidden: bool = False) -> list[RunSummary]:
    """Return the runs that pass a filter, and say how many are left out because they are hidden."""
    from engine.selection import select

    selection = select(where, summaries, with_hidden=with_hidden)
    tell_hidden(selection.hidden)
    return selection.runs


def tell_hidden(number: int) -> None:
    """Say how many runs are left out because they are hidden, if there are any."""
    if number:
        is_are = "is" if number == 1 else "are"
        narrate(f"{plural(number, 'run')} {is_are} hidden; --where hidden=true shows what is.")
