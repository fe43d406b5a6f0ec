"""The clipboard of the terminal in front of the user, over SSH too: OSC 52, an escape sequence that carries the text.

It goes to the terminal itself and never to stdout, which is data. Whether the terminal takes it cannot be asked.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from engine.errors import TermlabError
from engine.shown import printable
from tui.console import narrate
from tui.format import plural
from tui.tables import Table, TableFormat

MOST_BYTES = 74_994
"""Of text: several terminals read no more than 100,000 bytes of a sequence, which this many fill in base64."""
SCREEN_CHUNK_BYTES = 240
"""GNU screen passes no longer sequence on at once; 256 was its limit for long."""
TERMINAL = "/dev/tty"
_FORMS = {
    TableFormat.MD: "Markdown",
    TableFormat.CSV: "CSV",
    TableFormat.LATEX: "LaTeX",
    TableFormat.JSON: "JSON",
    TableFormat.TABLE: "text",
}


class ClipboardError(TermlabError):
    """A text cannot be given to the clipboard."""


def clipboard_sequence(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what, written to the terminal, puts a text on its clipboard, also from within tmux and screen.

    Raises: ClipboardError if the text is longer than terminals take.
    """
    content = printable(text).encode("utf-8", "replace")
    if len(content) > MOST_BYTES:
        raise ClipboardError(
            f"{len(content):,} bytes are too many for the clipboard: terminals take {MOST_BYTES:,} at most (OSC 52)",
            "Choose fewer runs with --where, or write to a file: termlab ... --format md > FILE",
        )
    plain = f"\x1b]52;c;{base64.b64encode(content).decode()}\x07"
    if environment.get("TMUX"):
        # Of its own accord tmux takes the plain one with set-clipboard on, and passes the other on with
        # allow-passthrough on; where both are set the same text is copied twice.
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{doubled}\x1b\\"
    if environment.get("STY"):
        chunks = [plain[start : start + SCREEN_CHUNK_BYTES] for start in range(0, len(plain), SCREEN_CHUNK_BYTES)]
        return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
    return plain


def copy_text(text: str, what: str) -> None:
    """Put a text on the clipboard of the terminal that the command was typed in, and say so on stderr.

    Raises: ClipboardError if there is no terminal, or the text is too long for it.
    """
    sequence = clipboard_sequence(text).encode()
    try:
        if os.environ.get("TERM") == "dumb":
            raise ClipboardError("--copy needs a terminal with a clipboard, and TERM says that this one is dumb")
        descriptor = os.open(TERMINAL, os.O_WRONLY | os.O_NOCTTY)
        with os.fdopen(descriptor, "wb", buffering=0) as terminal:
            left = memoryview(sequence)
            while left:
                left = left[terminal.write(left) :]
    except OSError as error:
        raise ClipboardError(
            f"--copy needs a terminal to copy through, and there is none ({TERMINAL}: {error.strerror})",
            "In scripts, write to a file: termlab ... --format md > FILE",
        ) from error
    narrate(f"Copied {what} by way of the terminal (OSC 52).{_about_multiplexer()}")


def _about_multiplexer() -> str:
    if os.environ.get("TMUX"):
        return " tmux takes it after: tmux set -s set-clipboard on"
    return ""


def table_text_for_copy(table: Table, form: TableFormat = TableFormat.TABLE) -> tuple[str, str]:
    """Return a table as it goes to the clipboard, and what that is in words; Markdown where no format was asked for."""
    chosen = TableFormat.MD if form is TableFormat.TABLE else form
    return table.written(chosen) + "\n", f"{plural(len(table.rows), 'row')} as {_FORMS[chosen]}"


def copy_table(table: Table, form: TableFormat = TableFormat.TABLE) -> None:
    """Put a table on the clipboard.

    Raises: ClipboardError as `copy_text`.
    """
    copy_text(*table_text_for_copy(table, form))
