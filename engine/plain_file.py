"""Files that lie where their name says: a folder from a stranger may hold links out of it, pipes and devices."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from engine.errors import DamagedError


def open_plain(path: Path, flags: int) -> int:
    """Open a file and return its descriptor; a link is not followed, and nothing that may block is waited for.

    Raises: DamagedError if it is a link, a folder, a pipe or a device; OSError as the file system says.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedError(
                f"{path.name} is a symbolic link", "What a run writes lies in its folder; put the file itself there."
            ) from error
        if error.errno in (errno.EISDIR, errno.ENXIO):
            raise _no_file(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file(path)
    return descriptor


def read_plain(path: Path) -> bytes:
    """Return what a file holds.

    Raises: as `open_plain`.
    """
    with os.fdopen(open_plain(path, os.O_RDONLY), "rb") as file:
        return file.read()


def _no_file(path: Path) -> DamagedError:
    return DamagedError(f"{path.name} is a folder, a pipe or a device, and has to be a file")
