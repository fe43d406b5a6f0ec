"""The command line: one Typer application; what is heavy is imported by the command that needs it."""

from __future__ import annotations

import errno
import itertools
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import ConfigError, TermlabError, unknown
from tui.commands import (
    annotate,
    check,
    compare,
    data,
    doctor,
    export,
    inspect,
    leaderboard,
    life,
    presets,
    report,
    run,
    run_exp,
    runs,
    settings,
    summary,
    trash,
    watch,
)
from tui.console import ExitCode, emit, fail, narrate, open_streams
from tui.signals import ignore_signals, leave_if_called, leaving_on_signals
from tui.usage import UsageError, is_help, usage_fault
from tui.workspace import resolve_workspace

EVERYWHERE = ("--results", "--data")
"""Options with a value that every command accepts, before or after its name."""
_NO_FAULT_OF_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""A disk that is full, by the user's share or altogether, or that fails."""

app = typer.Typer(
    name="termlab",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
presets.add_to(app)
run.add_to(app)
run_exp.add_to(app)
check.add_to(app)
summary.add_to(app)
inspect.add_to(app)
runs.add_to(app)
leaderboard.add_to(app)
compare.add_to(app)
annotate.add_to(app)
trash.add_to(app)
watch.add_to(app)
life.add_to(app)
export.add_to(app)
report.add_to(app)
settings.add_to(app)
data.add_to(app)
doctor.add_to(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        emit(f"termlab {version('termlab')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def termlab(
    context: typer.Context,
    results: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of saved runs [env TERMLAB_RESULTS; default ./results].")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of datasets [env TERMLAB_DATA; default the user cache].")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something goes wrong.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Run deep-learning experiments in the terminal, watch them train, and compare them.

    Without a command the application opens. --results, --data and --debug go before or after any command.
    """
    context.obj = resolve_workspace(results, data, debug=debug)
    if context.invoked_subcommand is None:
        raise typer.Exit(_open_application(context.obj.results, context.obj.data))


def _open_application(results: Path, data_folder: Path) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise TermlabError(
            "the application needs a terminal", "In scripts use the commands; termlab --help lists them."
        )
    from tui.run_app import run_app

    leave_if_called()
    return run_app(results, data_folder)


def hoist(arguments: Sequence[str]) -> list[str]:
    """Move the options that every command accepts to the front, where Typer expects them.

    What follows `--` is left alone.
    Raises: ConfigError if one of them lacks its value.
    """
    front: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            rest += [argument, *remaining]
            break
        option, _, value = argument.partition("=")
        if option in EVERYWHERE:
            value = remaining.pop(0) if argument == option and remaining else value
            if not value or value.startswith("-"):
                raise ConfigError([f"{option} needs a folder"], f"Write {option} DIR, before or after the command.")
            front += [option, value]
        elif argument == "--debug":
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def require_command(arguments: Sequence[str]) -> None:
    """Make sure that what stands where a command does is one.

    Raises: ConfigError naming the nearest command, or what a preset's name may have been meant for.
    """
    words = [*_words(arguments), ""]
    if not words[0]:
        return
    groups = {group.name: group.typer_instance for group in app.registered_groups if group.name}
    of, found, commands = "", words[0], app.registered_commands
    if group := groups.get(found):
        of, found, commands = f" of {found}", words[1], group.registered_commands
    if not found or found in {command.name for command in commands}:
        return
    known = {command.name for command in commands if command.name and not command.hidden}
    known |= set() if of else set(groups)
    from engine.presets import preset_files

    hint = "termlab --help lists them."
    if found in preset_files():
        hint = f"{found} is a preset: termlab presets show {found}, or termlab run {found}."
    raise ConfigError([unknown(f"command{of}", found, known)], hint)


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """Yield what is no option, nor the value of one that every command accepts, up to the first option of a command."""
    remaining = list(arguments)
    while remaining and remaining[0].startswith("-"):
        if remaining.pop(0) in EVERYWHERE and remaining:
            remaining.pop(0)
    yield from itertools.takewhile(lambda argument: not argument.startswith("-"), remaining)


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        run_command()
    finally:
        ignore_signals()


def run_command() -> None:
    """Run the command line, ending in `SystemExit`; the signals of the process are then those of a command."""
    open_streams()
    try:
        with leaving_on_signals():
            arguments = hoist(sys.argv[1:])
            require_command(arguments)
            sys.exit(app(args=run_exp.spread_values(arguments), prog_name="termlab", standalone_mode=False))
    except UsageError as error:
        if is_help(error):
            error.show()
            sys.exit(ExitCode.USAGE)
        sys.exit(fail(usage_fault(error)))
    except TermlabError as error:
        code = fail(error)
        if "--debug" in sys.argv:
            traceback.print_exc()
        sys.exit(code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # a fault of ours: one line for users, the place for who asks
        if "--debug" in sys.argv:
            raise
        if isinstance(error, OSError) and error.errno in _NO_FAULT_OF_OURS:
            narrate(f"termlab: {error.strerror}{f': {error.filename}' if error.filename else ''}")
            sys.exit(ExitCode.RUN_FAILED)
        narrate(f"termlab: {type(error).__name__}: {error}")
        narrate("This is a fault in termlab; the same command with --debug shows where.")
        sys.exit(ExitCode.RUN_FAILED)
