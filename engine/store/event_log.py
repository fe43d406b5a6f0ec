"""`EventLog`: the file of a run's events, to which whole lines are added and nothing else ever happens."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from engine.plain_file import descriptor_of_plain


class EventLog:
    """A log open for writing.

    A line that the disk takes only in part is taken back, so that the next one does not continue it.
    """

    def __init__(self, path: Path) -> None:
        """Open the log, making it if there is none; a last line that was torn by the end of its writer is cut off.

        Raises: DamagedError if it is a link, or no file at all; OSError as the file system says.
        """
        self._is_torn = False
        self._descriptor = descriptor_of_plain(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            self.size = _whole_lines(self._descriptor)
            self._take_back()
        except BaseException:
            os.close(self._descriptor)
            raise

    def append(self, line: bytes) -> None:
        """Add one line, given without its end; it is then in the hands of the operating system.

        Raises: OSError if the disk refuses; the log is then as before.
        """
        if self._is_torn:
            self._take_back()
        rest = memoryview(line + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            self._is_torn = True
            with suppress(OSError):  # a disk that takes nothing back now may do so before the next line
                self._take_back()
            raise
        self.size += len(line) + 1

    def sync(self) -> None:
        """Wait until all lines are on the disk.

        Raises: OSError if the disk refuses.
        """
        os.fsync(self._descriptor)

    def touch(self) -> None:
        """Show that the writer is alive though nothing happens."""
        os.utime(self._descriptor)

    def is_at(self, path: Path) -> bool:
        """Tell whether this is still the file of that name: a log that was removed or moved goes on taking lines."""
        try:
            return os.path.samestat(path.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _take_back(self) -> None:
        os.ftruncate(self._descriptor, self.size)
        self._is_torn = False


def _whole_lines(descriptor: int) -> int:
    """Return how many bytes of a file are whole lines."""
    size = os.fstat(descriptor).st_size
    block = 64 * 1024
    for end in range(size, 0, -block):
        start = max(0, end - block)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
    return 0
