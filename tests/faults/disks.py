"""Real disks that a test may fill, break and hold: small ones, mounted for it alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Disk:
    """A mounted file system; `folder` is its root."""

    folder: Path
    image: Path | None = None
    """The file it lies in; None where it lies in memory."""

    @property
    def room(self) -> int:
        """Bytes that still fit."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize

    def fill(self, *, leaving: int = 0) -> None:
        """Let no more than so many bytes fit."""
        with self._ballast.open("ab", buffering=0) as file:
            while (surplus := self.room - leaving) > 0:
                file.write(bytes(min(surplus, MEGABYTE)))

    def make_room(self) -> None:
        """Take back what `fill` did."""
        self._ballast.unlink()

    def freeze(self) -> None:
        """Hold every write, as a server does that does not answer."""
        command("fsfreeze", "--freeze", str(self.folder))

    def thaw(self) -> None:
        """Let the writes that wait go on."""
        command("fsfreeze", "--unfreeze", str(self.folder))

    def break_down(self) -> None:
        """Make it read-only under those who write, as the kernel does after an error of the device."""
        command("mount", "-o", "remount,abort", str(self.folder))

    def repair(self) -> None:
        """Mount it anew, which plays its journal back."""
        assert self.image is not None
        command("umount", str(self.folder))
        command("mount", "-o", MOUNT_OPTIONS, str(self.image), str(self.folder))

    @property
    def _ballast(self) -> Path:
        return self.folder / ".ballast"


MOUNT_OPTIONS = "loop,errors=remount-ro"


@contextmanager
def memory_disk(folder: Path, *, size: int) -> Iterator[Disk]:
    """Mount a disk of so many bytes in memory.

    Raises: Skipped where that is not permitted.
    """
    folder.mkdir()
    try_to("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield Disk(folder)
    finally:
        command("umount", "--lazy", str(folder))


@contextmanager
def journaling_disk(folder: Path, *, size: int) -> Iterator[Disk]:
    """Mount a disk of so many bytes with a journal, which can be frozen and can break down.

    Raises: Skipped where that is not permitted.
    """
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(size)
    try_to("mkfs.ext4", "-q", str(image))
    try_to("mount", "-o", MOUNT_OPTIONS, str(image), str(folder))
    disk = Disk(folder, image)
    try:
        yield disk
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", str(folder)], capture_output=True)  # it may be thawed already
        command("umount", "--lazy", str(folder))


def command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def try_to(*words: str) -> None:
    """Run a command that not everybody may."""
    try:
        command(*words)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (error.stderr or b"").decode().strip() if isinstance(error, subprocess.CalledProcessError) else error
        pytest.skip(f"{words[0]} is not permitted here: {reason}")
