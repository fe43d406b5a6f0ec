"""`termlab rm`, `restore` and `purge`: runs that are not wanted any more, until they are deleted for good."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from engine.shown import printable
from tui.commands.chosen import Runs, WhereToo, chosen_runs
from tui.console import ExitCode, fail, narrate
from tui.format import plural

if TYPE_CHECKING:
    from engine.store import RunStore

_MEGABYTE = 1e6


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("rm")(remove)
    app.command("restore")(restore)
    app.command("purge")(purge)


def remove(context: typer.Context, runs: Runs = None, where: WhereToo = "") -> None:
    """Move runs to the trash inside the results folder; never one that is being trained."""
    from engine.store import RunStore
    from engine.store.trash import trash_fault

    store = RunStore(context.obj.results)
    found = chosen_runs(store, runs or [], where, example="termlab rm latest")
    running = {run_id: f"{run_id} is still running" for run_id in found if store.summary(run_id).status.is_live}
    others = _faults([run_id for run_id in found if run_id not in running], store, trash_fault)
    _require_none([*running.values(), *others], "Stop what runs, and purge what is in the way.")

    def move(run_id: str) -> str:
        return f"{run_id} moved to {store.remove(run_id)}"

    raise typer.Exit(_each(found, move))


def restore(
    context: typer.Context,
    runs: Runs = None,
    every: Annotated[bool, typer.Option("--all", help="All that lies in the trash.")] = False,
) -> None:
    """Bring runs back from the trash."""
    from engine.store import RunStore, trash

    store = RunStore(context.obj.results)
    found = _in_trash(store, runs or [], every=every, command="restore")
    _require_none(_faults(found, store, trash.restore_fault), "Rename one of the two folders.")

    def move(run_id: str) -> str:
        return f"{run_id} is back: {trash.restore(store.folder, run_id)}"

    raise typer.Exit(_each(found, move))


def purge(
    context: typer.Context,
    runs: Runs = None,
    every: Annotated[bool, typer.Option("--all", help="All that lies in the trash.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete runs that lie in the trash for good."""
    from engine.errors import ConfigError
    from engine.store import TRASH, RunStore, trash

    store = RunStore(context.obj.results)
    trash.finish_purges(store.folder)
    found = _in_trash(store, runs or [], every=every, command="purge")
    if not found:
        narrate("The trash is empty.")
        raise typer.Exit(ExitCode.OK)
    room = sum(trash.bytes_of(store.folder / TRASH / run_id) for run_id in found) / _MEGABYTE
    what = f"{plural(len(found), 'run')} of {room:,.1f} MB"
    if not yes and not _has_a_terminal():
        raise ConfigError([f"{what} would be deleted for good, and nobody can be asked"], "Say --yes if that is meant.")
    if not yes and not _is_meant(found, what):
        narrate("Nothing was deleted.")
        raise typer.Exit(ExitCode.RUN_FAILED)

    def delete(run_id: str) -> str:
        trash.purge(store.folder, run_id)
        return f"{run_id} deleted"

    raise typer.Exit(_each(found, delete))


def _in_trash(store: RunStore, names: Sequence[str], *, every: bool, command: str) -> list[str]:
    """Return the ids of runs in the trash; all names are checked first.

    Raises: ConfigError if none is named, or some as well as all; RunNotFoundError if a name stands for none.
    """
    from engine.errors import ConfigError, RunNotFoundError
    from engine.plain_file import require_own_folder
    from engine.store import TRASH, RunStore

    if bool(names) == every:
        raise ConfigError(["which runs? Name some, or give --all"], f"termlab ls --trash lists them. {command} --all")
    require_own_folder(store.folder / TRASH)
    lying = RunStore(store.folder / TRASH)
    if every:
        return [run.run for run in lying.summaries()]
    if not lying.summaries():
        raise RunNotFoundError(f"there are no runs in the trash of {store.folder}")
    try:
        return list(dict.fromkeys(lying.find(name) for name in names))
    except RunNotFoundError as error:
        raise RunNotFoundError(error.message, "termlab ls --trash lists what lies there.") from error


def _faults(found: Sequence[str], store: RunStore, fault_of: Callable[..., str]) -> list[str]:
    return [fault for run_id in found if (fault := fault_of(store.folder, run_id))]


def _require_none(faults: Sequence[str], hint: str) -> None:
    from engine.errors import ConfigError

    if faults:
        raise ConfigError([*dict.fromkeys(faults), "Nothing was moved."], hint)


def _has_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _is_meant(found: Sequence[str], what: str) -> bool:
    for run_id in found[:10]:
        narrate(printable(run_id))
    if len(found) > 10:
        narrate(f"and {len(found) - 10:,} more")
    narrate(f"Delete {what} for good? y or n:")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _each(found: Iterable[str], act: Callable[[str], str]) -> ExitCode:
    """Do it to each run; one to which it cannot be done does not keep the others from it."""
    from engine.errors import TermlabError

    code = ExitCode.OK
    for run_id in found:
        try:
            narrate(printable(act(run_id)))
        except TermlabError as error:
            code = fail(error)
    return code
