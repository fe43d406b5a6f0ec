"""What people say of a run: its tags, its note, and whether lists leave it out.

A file of its own in the run's folder, which any process may replace, also while another one trains the run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.atomic import write_atomic
from engine.errors import ConfigError, DamagedError, StoreError, other_version
from engine.plain_file import require_own_folder
from engine.store.files import ANNOTATIONS, read_json

FORMAT_VERSION = 1
MOST_TAGS = 100
MOST_OF_A_TAG = 64
"""Characters."""
MOST_OF_A_NOTE = 10_000
"""Characters."""
_TAG = re.compile(r"\w[\w.+:/@#-]*")


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is said of one run."""

    tags: tuple[str, ...] = ()
    """In the order of the alphabet, each once."""
    note: str = ""
    is_hidden: bool = False


Change = Callable[[Annotations], Annotations]


def check_tag(tag: str) -> str:
    """Return a tag that can be written without quotes wherever one is asked for.

    Raises: ConfigError saying what a tag is made of.
    """
    if not _TAG.fullmatch(tag) or len(tag) > MOST_OF_A_TAG:
        raise ConfigError(
            [f'"{tag:.80}" cannot be a tag'],
            f"A tag has at most {MOST_OF_A_TAG} letters, digits and . _ + - : / @ #, the first a letter, a digit or _.",
        )
    return tag


def check_note(text: str) -> str:
    """Return a note without blanks around it; it may have several lines.

    Raises: ConfigError if it is too long, or has what no terminal shows.
    """
    text = text.strip()
    if len(text) > MOST_OF_A_NOTE:
        raise ConfigError([f"the note has {len(text):,} characters; at most {MOST_OF_A_NOTE:,} are kept"])
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise ConfigError(["the note has control characters"], "It may have any letters, tabs and several lines.")
    return text


def read_annotations(folder: Path) -> Annotations:
    """Return what is said of the run in this folder; nothing where there is no file.

    Raises: DamagedError if there is one and it cannot be read, or a later termlab wrote it.
    """
    return _read(folder)[0]


def change_annotations(folder: Path, change: Change) -> Annotations:
    """Change what is said of the run in this folder and return it; keys of the file that are not known stay.

    Raises: DamagedError if what is there cannot be read, which is then left as it is; ConfigError if there would be too
    many tags; StoreError if the disk refuses.
    """
    require_own_folder(folder)
    try:
        with _alone(folder):
            before, document = _read(folder)
            after = change(before)
            if len(after.tags) > MOST_TAGS:
                raise ConfigError([f"{folder.name} would have {len(after.tags)} tags; at most {MOST_TAGS} are kept"])
            if after != before:
                _write(folder / ANNOTATIONS, after, document)
    except DamagedError as error:
        raise DamagedError(
            f"{folder.name}: {error.message}",
            error.hint or f"It is not overwritten. Mend it, or move {folder / ANNOTATIONS} away.",
        ) from error
    except OSError as error:
        raise StoreError(f"{folder / ANNOTATIONS} cannot be written: {error.strerror}") from error
    return after


def _read(folder: Path) -> tuple[Annotations, dict[str, Any]]:
    """Return what is said, and the document that says it."""
    path = folder / ANNOTATIONS
    if not os.path.lexists(path):
        return Annotations(), {}
    document = read_json(path)
    if document.get("format") != FORMAT_VERSION:
        raise other_version(f"{ANNOTATIONS} has format", document.get("format"), FORMAT_VERSION)
    tags, note, is_hidden = document.get("tags", []), document.get("note", ""), document.get("hidden", False)
    if not isinstance(tags, list) or len(tags) > MOST_TAGS or not all(_is_tag(tag) for tag in tags):
        raise DamagedError(f"{ANNOTATIONS}: tags: {tags!r:.80} are no tags")
    if not isinstance(note, str) or len(note) > MOST_OF_A_NOTE:
        raise DamagedError(f"{ANNOTATIONS}: note: {note!r:.80} is no note")
    if not isinstance(is_hidden, bool):
        raise DamagedError(f"{ANNOTATIONS}: hidden: {is_hidden!r:.80} is neither true nor false")
    return Annotations(_in_order(tags), note, is_hidden), document


def _is_tag(tag: object) -> bool:
    return isinstance(tag, str) and len(tag) <= MOST_OF_A_TAG and _TAG.fullmatch(tag) is not None


def _write(path: Path, said: Annotations, document: dict[str, Any]) -> None:
    ours = {"format": FORMAT_VERSION, "tags": list(said.tags), "note": said.note, "hidden": said.is_hidden}
    if said == Annotations() and document.keys() <= ours.keys():
        path.unlink(missing_ok=True)
    else:
        write_atomic(path, json.dumps({**document, **ours}, indent=2, ensure_ascii=False) + "\n")


def _in_order(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(tags), key=lambda tag: (tag.casefold(), tag)))


def adding(tag: str) -> Change:
    """Return what adds a tag."""
    return lambda said: Annotations(_in_order([*said.tags, check_tag(tag)]), said.note, said.is_hidden)


def removing(tag: str) -> Change:
    """Return what takes a tag away."""
    return lambda said: Annotations(tuple(one for one in said.tags if one != tag), said.note, said.is_hidden)


def noting(text: str) -> Change:
    """Return what replaces the note; empty text removes it."""
    note = check_note(text)
    return lambda said: Annotations(said.tags, note, said.is_hidden)


def hiding(*, is_hidden: bool) -> Change:
    """Return what hides a run from lists, or shows it again."""
    return lambda said: Annotations(said.tags, said.note, is_hidden)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else on this machine changes what is said of a run: of two tags given at once both stay.

    A file system without such locks lets the last one win.
    """
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
