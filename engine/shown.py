"""Foreign text the way it is shown: nothing in it may be a command to a terminal."""

from __future__ import annotations

_INSTEAD = "�"


def printable(text: str) -> str:
    """Replace what a terminal would obey or hide: text from files and arguments must not move the cursor.

    Ends of lines and tabs stay.
    """
    return "\n".join(line if line.isprintable() else _printable_line(line) for line in text.split("\n"))


def _printable_line(line: str) -> str:
    return "".join(char if char == "\t" or char.isprintable() else _INSTEAD for char in line)
