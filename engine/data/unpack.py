"""Taking known files out of an archive: which, how long and where to is decided here, whatever the archive says."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from engine.data.catalog import RequiredFile, read_published
from engine.errors import DataError

ARCHIVE_FAULTS = (EOFError, tarfile.TarError, zlib.error)
"""Beside OSError, what reading a broken archive raises."""
_BLOCK_BYTES = 2**20


def unpack(archive: Path, files: Iterable[RequiredFile], folder: Path) -> None:
    """Take from a packed file, or a packed tar of files, those of `files` that it holds, into `folder`.

    Everything else in it is left in it. What is taken is held against what was published.
    Raises: DataError if a file is not what it should be; OSError and `ARCHIVE_FAULTS` if the archive cannot be read.
    """
    if archive.name.endswith(".tar.gz"):
        _unpack_tar(archive, {file.path: file for file in files}, folder)
        return
    (file,) = [file for file in files if Path(file.path).name == archive.name.removesuffix(".gz")]
    with gzip.open(archive) as packed:
        _write(packed, file, folder)


def _unpack_tar(archive: Path, wanted: dict[str, RequiredFile], folder: Path) -> None:
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            file = wanted.get(member.name)
            if file is None:
                continue
            packed = tar.extractfile(member) if member.isreg() else None
            if packed is None:
                raise DataError(f"{member.name} in {archive.name} is a link, a folder or a device.")
            _write(packed, wanted.pop(member.name), folder)
            if not wanted:
                return
    raise DataError(f"{archive.name} does not hold {', '.join(wanted)}.")


def _write(packed: IO[bytes] | gzip.GzipFile, file: RequiredFile, folder: Path) -> None:
    """Write exactly as many bytes as the file has: a few packed bytes may stand for a disk full of them."""
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    left = file.size_bytes
    with path.open("xb") as unpacked:
        while left and (block := packed.read(min(left, _BLOCK_BYTES))):
            unpacked.write(block)
            left -= len(block)
    if left or packed.read(1):
        raise DataError(f"{file.path} is packed with {'fewer' if left else 'more'} than its {file.size_bytes:,} bytes.")
    read_published(path, file)
