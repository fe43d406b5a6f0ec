"""Whole files, written so that a reader sees the old one or the new one and never half of either."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_file(path: Path, *, is_durable: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; flush it to disk and rename it when the block ends well.

    The name is flushed too: whoever goes on afterwards may rely on the new file, also after a power cut, unless it need
    not be so `is_durable`.
    A link in the place of `path` is replaced; what it points to is left alone.
    Raises: OSError as the file system says; the temporary file is then gone and `path` as it was.
    """
    temporary, new = _new_file_beside(path)
    try:
        with new as file:
            yield file
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):  # a disk that refuses this too must not hide why
            temporary.unlink(missing_ok=True)
        raise
    if is_durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: a power cut otherwise takes back what was just renamed.

    Raises: OSError if the disk refuses.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF):  # file systems that cannot
            raise
    finally:
        os.close(descriptor)


def write_atomic(path: Path, text: str | bytes, *, is_durable: bool = True) -> None:
    """Replace `path` by `text`, in UTF-8."""
    with atomic_file(path, is_durable=is_durable) as file:
        file.write(text.encode() if isinstance(text, str) else text)


def create_atomic(path: Path, text: str) -> None:
    """Make a new file that has all of `text` from the first moment; of several that try, one succeeds.

    Raises: FileExistsError if there is one; OSError as the file system says.
    """
    temporary, new = _new_file_beside(path)
    try:
        with new as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(temporary)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
            with path.open("xb") as file:  # a file system without links: atomic but for its text
                file.write(text.encode())
    finally:
        temporary.unlink(missing_ok=True)


def _new_file_beside(path: Path) -> tuple[Path, BinaryIO]:
    """Make a file that was not there, with the permissions that any new file of the user gets."""
    # Whoever gave us the folder could have laid a link under a name that can be guessed.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    return temporary, os.fdopen(descriptor, "wb")
