"""The archives in which torch keeps tensors, looked at without torch: whether every byte is what was written."""

from __future__ import annotations

import os
import zipfile
from typing import BinaryIO

from engine.errors import DamagedError


def check_archive(file: BinaryIO, *, is_thorough: bool = True) -> None:
    """Make sure that a file of tensors is whole: its table of contents and, if thorough, the checksum of each entry.

    Entries are stored as they are; one that would unfold to more than the file holds is refused, however small it is.
    Raises: DamagedError saying what is wrong; OSError as the file system says.
    """
    length = os.fstat(file.fileno()).st_size
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise DamagedError("it holds compressed entries, which termlab does not write")
            if sum(entry.file_size for entry in entries) > length:
                raise DamagedError("its entries are longer than the file")
            damaged = archive.testzip() if is_thorough else None
    except (DamagedError, OSError):
        raise
    except Exception as error:  # zipfile raises whatever it meets
        raise DamagedError(f"it is cut off or overwritten: {error}") from error
    if damaged is not None:
        raise DamagedError(f"its entry {damaged:.80} does not have the checksum that was written with it")
