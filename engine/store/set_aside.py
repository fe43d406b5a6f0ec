"""Moving a run that cannot be read out of the way, whole and within the results folder; nothing is ever deleted."""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path

from engine.errors import DamagedError, StoreError
from engine.process import Writer
from engine.store.files import SET_ASIDE
from engine.store.lock import living_writer


def set_aside(results: Path, run_id: str) -> Path:
    """Move a run to `.damaged` in the results folder and return where it lies now.

    A run whose folder is a link is moved as a link; what it leads to is left alone.
    Raises: StoreError if a process writes the run, or it cannot be moved.
    """
    folder = results / run_id
    if writer := writer_of(folder):
        raise StoreError(f"{run_id} is being written by {writer}", "Stop it first, then try again.")
    aside = results / SET_ASIDE
    try:
        aside.mkdir(exist_ok=True)
        if not stat.S_ISDIR(os.lstat(aside).st_mode):
            raise StoreError(f"{aside} is no folder of its own", "Move it away.")
        target = _free(aside / run_id)
        folder.rename(target)
    except OSError as error:
        raise StoreError(f"{run_id} cannot be moved to {aside}: {error.strerror}") from error
    return target


def writer_of(folder: Path) -> Writer | None:
    """Return who writes a run; who cannot be told of because even the lock is damaged does not."""
    if folder.is_symlink():
        return None
    try:
        return living_writer(folder)
    except (DamagedError, StoreError):
        return None


def _free(path: Path) -> Path:
    """Return the path, or where something lies there the first of its kind with a number behind it."""
    names = (path.name if number == 1 else f"{path.name}.{number}" for number in itertools.count(1))
    return next(path.with_name(name) for name in names if not os.path.lexists(path.with_name(name)))
