"""stdout is data, stderr is narration; exit codes; how errors are told. No ANSI codes where nobody sees colours.

Everything that is printed goes through here, and with it the last look for what a terminal would obey.
"""

from __future__ import annotations

import os
import sys
from enum import IntEnum
from typing import TextIO

from engine.errors import DamagedError, TermlabError
from engine.shown import printable
from tui.format import filled

USUAL_COLUMNS = 80
"""Of a terminal that does not say how wide it is."""


class ExitCode(IntEnum):
    """What a script may rely on."""

    OK = 0
    RUN_FAILED = 1
    """A run failed; others may have gone on."""
    USAGE = 2
    """Wrong usage or config; nothing was started."""
    OUTSIDE = 3
    """`check`: a figure is outside its tolerance, or was not measured."""
    DAMAGED = 4
    """Damaged data was found."""
    RESUMABLE = 75
    """Stopped early, and can be gone on with."""
    INTERRUPTED = 130
    TERMINATED = 143


def emit(text: str, *, has_colours: bool = False, is_checked: bool = False) -> None:
    """Print data to stdout; a reader that has seen enough (termlab ls | head) ends the command, and well.

    What a terminal would obey is replaced, whoever reads it, unless the text `has_colours` of its own, or `is_checked`
    already, as JSON is when it is written. Where it cannot
    be written, as on a full disk, the command ends with 1: whoever waits for the data has to know.
    """
    try:
        print(text if has_colours or is_checked else printable(text), flush=True)  # noqa: T201
    except BrokenPipeError:
        write_nowhere(sys.stdout)
        sys.exit(ExitCode.OK)
    except OSError as error:
        write_nowhere(sys.stdout)
        narrate(f"termlab: the output cannot be written: {error.strerror}")
        sys.exit(ExitCode.RUN_FAILED)


def narrate(text: str) -> None:
    """Tell the user something that is not data, on stderr; where nobody can hear it, work goes on.

    What a terminal would obey is replaced.
    """
    try:
        print(filled(printable(text), terminal_columns(sys.stderr)), file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        write_nowhere(sys.stderr)


def open_streams() -> None:
    """Give the streams that the program was started without (termlab ls >&-) an end: Python has None for them."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - it stays open to the end
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115


def write_nowhere(stream: TextIO) -> None:
    """Lead a stream that fails to nowhere, or Python complains of what is left in it when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def fail(error: TermlabError) -> ExitCode:
    """Print an error with its remedy and return the exit code it calls for."""
    narrate(f"termlab: {error.message}")
    if error.hint:
        narrate(error.hint)
    return ExitCode.DAMAGED if isinstance(error, DamagedError) else ExitCode.USAGE


def wants_colour(stream: TextIO) -> bool:
    """Tell whether ANSI colours are welcome on a stream."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_columns(stream: TextIO | None = None) -> int | None:
    """Return how wide the terminal is that shows a stream, stdout by default; None where a pipe or a file takes it."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    except OSError:  # it says that it is a terminal, and does not know its size
        return USUAL_COLUMNS
