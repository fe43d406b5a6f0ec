"""Where an export goes: a file or folder that appears whole or not at all, in place of nothing or of an earlier one."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.atomic import sync_folder, write_atomic
from engine.errors import ExportError

_DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
MARK = "termlab-export.json"
"""Lies in a folder that an export made, says of what, and lets a later one replace it."""


def check_destination(path: Path, *, is_folder: bool, replaces: bool) -> None:
    """Make sure that an export may go there, before any work is done.

    Raises: ExportError if something is there that is not to be replaced, or no folder to put it in.
    """
    if not path.absolute().parent.is_dir():
        raise ExportError(f"--out {path}: there is no folder {path.absolute().parent}", "Make it first.")
    if not os.path.lexists(path):
        return
    if not replaces:
        raise ExportError(f"--out {path} is there already", "Name another path, or replace it with --force.")
    if path.is_symlink():
        raise ExportError(f"--out {path} is a link, which is not replaced", "Name what it points to.")
    if not is_folder and not path.is_file():
        raise ExportError(f"--out {path} is not a file, and this format makes one", "Name another path.")
    if is_folder and not _is_ours(path):
        raise ExportError(
            f"--out {path} was not made by an export into a folder, so that --force does not replace it",
            "Name another path, or move it away.",
        )


def _is_ours(path: Path) -> bool:
    return path.is_dir() and ((path / MARK).is_file() or not any(path.iterdir()))


@contextmanager
def whole_or_nothing(path: Path, *, is_folder: bool, mark: dict[str, object]) -> Iterator[Path]:
    """Give a path beside `path` to write to, which takes its name when the block ends well and is gone otherwise.

    A folder is there already, and gets `mark`; a file is not. What was at `path` is replaced.
    Raises: ExportError if the file system does not allow it; OSError if the disk is full or fails.
    """
    beside = path.absolute().parent / f".termlab-export.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    try:
        if is_folder:
            beside.mkdir()
        yield beside
        if is_folder:
            write_atomic(beside / MARK, json.dumps(mark, indent=2) + "\n")
        _sync(beside)
        _take_place(beside, path)
    except OSError as error:
        _remove(beside)
        if error.errno in _DISK_FAULTS:
            raise
        raise ExportError(f"--out {path} cannot be written: {error.strerror}") from error
    except BaseException:
        _remove(beside)
        raise
    with suppress(OSError):
        sync_folder(path.absolute().parent)


def _take_place(new: Path, path: Path) -> None:
    if not path.is_dir():
        new.replace(path)
        return
    old = new.with_suffix(".old")
    path.rename(old)  # no call replaces a folder that holds something
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise
    _remove(old)


def _sync(path: Path) -> None:
    for file in [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
