"""Files of tensors and plain values, which hold nothing that could run when they are read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.archive import check_archive
from engine.atomic import atomic_file
from engine.errors import DamagedError
from engine.plain_file import open_plain


def save_tensors(path: Path, document: dict[str, Any], *, last_look: Callable[[], object] = lambda: None) -> None:
    """Write them, whole or not at all; `last_look` is called before the new file takes its place, and may raise.

    Nothing is written where it would not fit: half of it would take the last room from the run's log.
    Raises: OSError if the disk refuses.
    """
    _check_room(path.parent, _bytes_of(document))
    with atomic_file(path) as file:
        try:
            torch.save(document, file)
        except RuntimeError as error:  # torch's archive hides the disk's error behind one of its own
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
        last_look()


def load_tensors(path: Path, *, what: str) -> dict[str, Any]:
    """Read them onto the CPU; `what` the file should hold is for the error.

    Raises: FileNotFoundError; DamagedError if it is no such file, or one that would run something.
    """
    try:
        with open_plain(path) as file:
            check_archive(file)
            file.seek(0)
            document = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch raises whatever its unpickler meets
        why = error.message if isinstance(error, DamagedError) else str(error)
        raise DamagedError(f"{path.name} does not hold {what}: {why:.300}") from error
    if not isinstance(document, dict):
        raise DamagedError(f"{path.name} does not hold {what}")
    return document


def _check_room(folder: Path, needed: int) -> None:
    """Raise the error of a full disk if so many bytes do not fit; a quota shows only when they are written."""
    if not hasattr(os, "statvfs"):  # Windows
        return
    disk = os.statvfs(folder)
    is_known = disk.f_blocks * disk.f_frsize > 0  # some network file systems do not know their size
    if is_known and needed > disk.f_bavail * disk.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _bytes_of(value: Any) -> int:
    """Return how many bytes the tensors in it have, at any depth; the rest of a file is small."""
    if isinstance(value, Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(map(_bytes_of, value.values()))
    return sum(map(_bytes_of, value)) if isinstance(value, list | tuple) else 0
