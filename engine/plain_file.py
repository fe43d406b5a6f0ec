"""Opening files that anybody may have put there: regular ones, which lie where they seem to, and only so much of them.

A pipe would be waited for and a device never ends; a link may lead to what is no part of the results at all.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from engine.errors import DamagedError

MOST_WHOLE_BYTES = 2**20
"""Of a file that is read as a whole; the largest that termlab writes has some thousands."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_link(path: Path, *, within: Path) -> None:
    """Make sure that a path is no link, or one that stays within a folder, which may be a link itself.

    Raises: DamagedError if it leads out.
    """
    if os.path.islink(path):  # noqa: PTH114 - asked of every run of a folder, every second
        target = os.path.realpath(path)
        if not Path(target).is_relative_to(os.path.realpath(within)):
            raise DamagedError(f"{path.name} is a link to {target}, outside the results folder; it is not followed")


def stat_plain(path: Path, *, within: Path) -> os.stat_result:
    """Return what the file system knows of a regular file, without opening it.

    Raises: DamagedError if it is anything else, or a link that leads out; OSError as the file system says.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        check_link(path, within=within)
        found = path.stat()
    return _regular(found, path.name)


def open_plain(path: Path, *, within: Path) -> BinaryIO:
    """Open a regular file for reading, which nothing in its place can hold up.

    Raises: DamagedError if it is anything else, or a link that leads out; OSError as the file system says.
    """
    stat_plain(path, within=within)
    # Asked again of what was opened, for it may have been exchanged meanwhile.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(os.path.realpath(path) if path.is_symlink() else path, flags)
    try:
        _regular(os.fstat(descriptor), path.name)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path, *, within: Path, most_bytes: int = MOST_WHOLE_BYTES) -> bytes:
    """Return all of a regular file.

    Raises: DamagedError if it is anything else, leads out, or is longer; OSError as the file system says.
    """
    with open_plain(path, within=within) as file:
        content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            length = os.fstat(file.fileno()).st_size
            raise DamagedError(f"{path.name} has {length:,} bytes; more than {most_bytes:,} are not read")
    return content


def open_to_write(path: Path, flags: int) -> int:
    """Open a regular file that a run writes, by the flags of `os.open`, and return its descriptor; no link is followed.

    Raises: DamagedError if it is a link or anything else; OSError as the file system says.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedError(
                f"{path.name} is a symbolic link", "What a run writes lies in its folder; put the file itself there."
            ) from error
        if error.errno in (errno.EISDIR, errno.ENXIO):
            raise DamagedError(f"{path.name} is a folder, a pipe or a device, and has to be a file") from error
        raise
    try:
        _regular(os.fstat(descriptor), path.name)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _regular(found: os.stat_result, name: str) -> os.stat_result:
    if not stat.S_ISREG(found.st_mode):
        kind = next((word for is_kind, word in _KINDS if is_kind(found.st_mode)), "something else")
        raise DamagedError(f"{name} is {kind} and no regular file")
    return found
