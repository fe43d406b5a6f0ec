"""The contents of a preset file, whoever wrote it: of a size and depth, and in characters, that can be shown."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from engine.errors import PresetError

MOST_BYTES = 256 * 1024
"""Ten times the longest of the packaged presets."""
DEEPEST = 16
LONGEST_KEY, LONGEST_TEXT = 200, 10_000
_MOST_DOTS = 500
"""In one line; tomllib takes 90 seconds for a key of 50,000 parts."""
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the text around them, so that it reads as something else than what it is."""


def read_document(file: Traversable | Path) -> dict[str, Any]:
    """Read a preset file as TOML.

    Raises: PresetError listing what is wrong with it.
    """
    try:
        if not file.is_file():  # opening a pipe would wait for somebody to write into it
            raise PresetError(f"{file}: cannot be read: it is not a file", file=file.name)
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise PresetError(f"{file}: cannot be read: {error}", file=file.name) from error
    if len(content) > MOST_BYTES:
        raise PresetError(f"{file}: is longer than the {MOST_BYTES:,} bytes of a preset", file=file.name)
    if max(map(_dots, content.splitlines()), default=0) > _MOST_DOTS:
        raise PresetError(f"{file}: a line has more than {_MOST_DOTS} dots: no key is so deep", file=file.name)
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PresetError(f"{file}: cannot be read: {error}", file=file.name) from error
    except ValueError as error:  # also of a number with thousands of digits
        raise PresetError(f"{file}: not valid TOML: {error}", file=file.name) from error
    except RecursionError as error:
        raise PresetError(f"{file}: {_TOO_DEEP}", file=file.name) from error
    problems = list(dict.fromkeys(_faults(document)))
    if problems:
        raise PresetError("\n".join(f"{file}: {problem}" for problem in problems), file=file.name)
    return document


def _dots(line: bytes) -> int:
    return line.count(b".")


_TOO_DEEP = f"its lists and tables lie in each other more than {DEEPEST} deep"


def _faults(document: dict[str, Any]) -> Iterator[str]:
    """Yield what no preset needs, and what would fail, or mislead, wherever it is shown."""
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > DEEPEST:
            yield _TOO_DEEP
        elif isinstance(value, dict):
            for name, inner in value.items():
                if len(name) > LONGEST_KEY or _misleading(name):
                    yield f"{name[:40]!a} is not the name of a key"
                waiting.append((f"{key}.{name}" if key else name, inner, depth + 1))
        elif isinstance(value, list):
            waiting += [(key, inner, depth + 1) for inner in value]
        elif isinstance(value, str) and len(value) > LONGEST_TEXT:
            yield f"{key} has {len(value):,} characters; at most {LONGEST_TEXT:,} go"
        elif isinstance(value, str) and (found := _misleading(value)):
            yield f"{key} holds U+{ord(found):04X}, a character that commands the terminal instead of being shown"
        elif isinstance(value, int) and value.bit_length() > 63:
            yield f"{key} is a number of {value.bit_length()} bits; at most 63 go"


def _misleading(text: str) -> str:
    """Return the first character that is not text, or nothing."""
    if text.isprintable():
        return ""
    return next(
        (char for char in text if char in _TURNS or (unicodedata.category(char) == "Cc" and char not in "\n\t")), ""
    )
