"""Halves of files that a process was about to write when it was killed; the next one that writes takes them away."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.store.files import ANNOTATIONS, SWEEPS
from engine.store.requests import REQUEST

_FORGOTTEN_SECONDS = 24 * 3600.0
"""What no process has touched for so long is nobody's any more, also if its disk stood still for a while."""

_OF_OTHERS = (f".{REQUEST}.", f".{ANNOTATIONS}.")
"""How files begin that any process may write."""


def clear_run(folder: Path) -> None:
    """Clear the folder of a run whose lock is held: only what others may write too can be on its way."""
    for entry in _hidden(folder):
        if entry.name.endswith(".tmp") and (not entry.name.startswith(_OF_OTHERS) or _is_forgotten(entry)):
            Path(entry).unlink(missing_ok=True)


def clear_results(results: Path) -> None:
    """Clear a results folder of runs and sweeps that were never begun."""
    sweeps = results / SWEEPS
    for entry in [*_hidden(results), *(() if sweeps.is_symlink() else _hidden(sweeps))]:
        if entry.name.startswith((".new.", ".writable.")) or entry.name.endswith(".tmp"):
            with suppress(OSError):
                if not _is_forgotten(entry):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry)
                else:
                    Path(entry).unlink()


def _hidden(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        yield from (entry for entry in entries if entry.name.startswith("."))


def _is_forgotten(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN_SECONDS
    return False
