"""Opening files that anybody may have put there: regular ones, which lie where they seem to, and only so much of them.

A pipe would be waited for and a device never ends; a link may lead to what is no part of the results at all.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from engine.errors import DamagedError, StoreError

MOST_WHOLE_BYTES = 2**20
"""Of a file that is read as a whole; the largest that termlab writes has some thousands."""

_PIECE_BYTES = 2**16
"""Most files are shorter: they are read at once, without a buffer in between."""

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


def check_link(folder: Path, *, within: Path) -> None:
    """Make sure that a folder is no link, or one that stays within another, which may be a link itself.

    Raises: DamagedError if it leads out.
    """
    if os.path.islink(folder):  # noqa: PTH114 - asked of every run of a folder, every second
        target = os.path.realpath(folder)
        if not Path(target).is_relative_to(os.path.realpath(within)):
            raise DamagedError(f"{folder.name} is a link to {target}, outside the results folder; it is not followed")


def stat_plain(path: Path) -> os.stat_result:
    """Return what the file system knows of a regular file, without opening it.

    Raises: DamagedError if it is a link or anything else; OSError as the file system says.
    """
    return _regular(os.lstat(path), path.name)


def descriptor_of_plain(path: Path | str, flags: int) -> int:
    """Open a regular file by the flags of `os.open`, following no link and waiting for nothing.

    Raises: DamagedError if it is a link or anything else; OSError as the file system says.
    """
    try:
        descriptor = os.open(path, flags | _SAFELY, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            _regular(os.lstat(path), _name(path))
        raise
    try:
        _regular(os.fstat(descriptor), _name(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_plain(path: Path | str) -> BinaryIO:
    """Open a regular file for reading.

    Raises: as `descriptor_of_plain`.
    """
    return os.fdopen(descriptor_of_plain(path, os.O_RDONLY), "rb")


def read_plain(path: Path | str, *, most_bytes: int = MOST_WHOLE_BYTES) -> bytes:
    """Return all of a regular file.

    Raises: DamagedError if it is anything else, or longer; OSError as the file system says.
    """
    descriptor = descriptor_of_plain(path, os.O_RDONLY)
    try:
        content = os.read(descriptor, _PIECE_BYTES)
        if content and os.read(descriptor, 1):
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                file.seek(0)
                content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            length = os.fstat(descriptor).st_size
            raise DamagedError(f"{_name(path)} has {length:,} bytes; more than {most_bytes:,} are not read")
    finally:
        os.close(descriptor)
    return content


def require_own_folder(folder: Path) -> None:
    """Make sure that what is written into a folder of a results folder stays in that.

    Raises: StoreError if it is a link.
    """
    if folder.is_symlink():
        raise StoreError(
            f"{folder} is a link out of the results folder, and nothing is written through it",
            "Name the folder that holds what it points to with --results DIR.",
        )


def _name(path: Path | str) -> str:
    return os.path.basename(path)  # noqa: PTH119 - asked of every run of a folder


def _regular(found: os.stat_result, name: str) -> os.stat_result:
    if not stat.S_ISREG(found.st_mode):
        kind = next((word for is_kind, word in _KINDS if is_kind(found.st_mode)), "something else")
        raise DamagedError(f"{name} is {kind} and no regular file")
    return found
