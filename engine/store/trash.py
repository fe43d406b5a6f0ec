"""The trash of a results folder: runs that were removed, whole, until they are restored or deleted for good.

Everything moves by one rename within the results folder, so that a run is always in one place or the other.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import StoreError
from engine.plain_file import require_own_folder
from engine.store.files import TRASH
from engine.store.set_aside import writer_of

_GOING = ".purged."
"""How the name begins of what is being deleted: a run of which only half is left must not look like one."""


def trash_fault(results: Path, run_id: str) -> str:
    """Say why a run cannot go to the trash now; empty if it can."""
    if writer := writer_of(results / run_id):
        return f"{run_id} is being trained by {writer}"
    if os.path.lexists(results / TRASH / run_id):
        return f"{run_id} lies in the trash already, as another folder of that name"
    return ""


def restore_fault(results: Path, run_id: str) -> str:
    """Say why a run cannot come back from the trash; empty if it can."""
    if os.path.lexists(results / run_id):
        return f"{run_id} is in {results} as well as in the trash; neither is touched"
    return ""


def throw_away(results: Path, run_id: str) -> Path:
    """Move a run to the trash and return where it lies now; one whose folder is a link is moved as a link.

    Raises: StoreError if it is being written, if the trash has one of this name, or if the disk refuses.
    """
    trash = results / TRASH
    require_own_folder(trash)
    if fault := trash_fault(results, run_id):
        raise StoreError(fault, "Stop it first." if "trained" in fault else f"termlab purge {run_id} deletes that one.")
    try:
        trash.mkdir(exist_ok=True)
        (results / run_id).rename(trash / run_id)
    except OSError as error:
        raise StoreError(f"{run_id} cannot be moved to {trash}: {error.strerror}") from error
    return trash / run_id


def restore(results: Path, run_id: str) -> Path:
    """Move a run from the trash to where it was and return where that is.

    Raises: StoreError if there is something of its name, or if the disk refuses.
    """
    require_own_folder(results / TRASH)
    if fault := restore_fault(results, run_id):
        raise StoreError(fault, "Rename one of them.")
    try:
        (results / TRASH / run_id).rename(results / run_id)
    except OSError as error:
        raise StoreError(f"{run_id} cannot be moved to {results}: {error.strerror}") from error
    return results / run_id


def purge(results: Path, run_id: str) -> None:
    """Delete a run that lies in the trash for good; of a link only the link.

    Raises: StoreError if a process still writes it, or if the disk refuses.
    """
    trash = results / TRASH
    require_own_folder(trash)
    if writer := writer_of(trash / run_id):
        raise StoreError(f"{run_id} is being trained by {writer}, also in the trash", "Stop that process first.")
    going = trash / f"{_GOING}{secrets.token_hex(4)}.{run_id}"
    try:
        (trash / run_id).rename(going)
        _delete(going)
    except OSError as error:
        raise StoreError(f"{run_id} cannot be deleted: {error.strerror}: {error.filename}") from error


def finish_purges(results: Path) -> None:
    """Delete what is left of runs whose deletion was cut off."""
    require_own_folder(results / TRASH)
    for path in _cut_off(results / TRASH):
        with suppress(OSError):  # its owner may be another, or still at it
            _delete(path)


def bytes_of(folder: Path) -> int:
    """Return how much room a folder takes; what cannot be looked at counts nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118
    return total


def _cut_off(trash: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from [path for path in trash.iterdir() if path.name.startswith(_GOING)]


def _delete(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink()
    else:
        shutil.rmtree(path)
