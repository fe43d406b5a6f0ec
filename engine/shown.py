"""Foreign text the way it is shown: nothing in it may be a command to a terminal."""

from __future__ import annotations

import json
import math
from typing import Any

_INSTEAD = "�"


def printable(text: str) -> str:
    """Replace what a terminal would obey or hide: text from files and arguments must not move the cursor.

    Ends of lines and tabs stay.
    """
    return "\n".join(line if line.isprintable() else _printable_line(line) for line in text.split("\n"))


def _printable_line(line: str) -> str:
    return "".join(char if char == "\t" or char.isprintable() else _INSTEAD for char in line)


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """Write a JSON document as people and terminals may see it: readable letters, everything else as escapes.

    JSON itself escapes no more than the first 32 characters: not those of the second half that terminals obey as well,
    nor those that turn the direction of writing.
    Raises: ValueError if a number in it is not finite.
    """
    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    return "\n".join(line if line.isprintable() else "".join(map(_escaped, line)) for line in text.split("\n"))


def finite(value: Any) -> Any:
    """Return a document with null for each number that is not finite: JSON has no word for it."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {name: finite(inner) for name, inner in value.items()}
        case list() | tuple():
            return [finite(inner) for inner in value]
        case _:
            return value


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if char.isascii() else json.dumps(char)[1:-1]
