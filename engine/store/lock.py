"""`RunLock`: one writer a run, on any file system that several machines may share.

A lock is a file `writer.N.json` that names its holder. It is made only where it is not there yet, which is atomic also
on network file systems, and the highest N holds. Whoever finds that holder gone makes N + 1; of two that try, one
succeeds. The highest is never deleted, so that nobody can take a number that was taken before.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.atomic import create_atomic
from engine.errors import DamagedError, RunBusyError, StoreError
from engine.plain_file import descriptor_of_plain, read_plain
from engine.process import SILENCE_SECONDS, Writer

_NAME = re.compile(r"writer\.(\d{1,9})\.json")
_LAST = 10**9 - 1
"""Nobody ever gets there by going on with a run; whoever does was led there."""


@dataclass(slots=True)
class RunLock:
    """The right to write one run, from `take` to `release`."""

    folder: Path
    """Of the run; a new run's is renamed once it is complete."""
    number: int

    @classmethod
    def take(cls, folder: Path) -> RunLock:
        """Become the writer of the run in this folder.

        Raises: RunBusyError naming who writes it; DamagedError if no number is left; StoreError if the disk refuses.
        """
        while True:
            number = _highest(folder)
            if number >= _LAST:
                raise DamagedError(
                    f"{_file(number)} has the last number there is", "Delete it if nobody trains this run."
                )
            if number and (holder := living_holder(folder / _file(number))):
                raise RunBusyError(
                    f"{folder.name} is being trained by {holder}", "Stop it there first, or wait for its end."
                )
            lock = cls(folder, number + 1)
            try:
                create_atomic(lock._path, json.dumps(asdict(Writer.here())) + "\n")
            except (FileExistsError, FileNotFoundError):
                continue  # somebody was faster, and may have cleared up already: look who
            except OSError as error:
                raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
            lock._clear_earlier()
            return lock

    def is_held(self) -> bool:
        """Return whether nobody has taken it since: whoever is silent for too long is taken for gone."""
        return _highest(self.folder) == self.number

    def beat(self) -> None:
        """Show other machines that the holder is alive.

        Raises: OSError if the file is gone.
        """
        os.utime(self._path, follow_symlinks=False)

    def release(self) -> None:
        """Let anybody take it; the file stays, without a holder.

        It is overwritten in its place, at its length, which needs no room: also on a full disk another may go on.
        Raises: OSError, DamagedError if that is not possible; the lock then ends with the process.
        """
        descriptor = descriptor_of_plain(self._path, os.O_WRONLY)
        try:
            os.write(descriptor, b"{}".ljust(os.fstat(descriptor).st_size - 1) + b"\n")
        finally:
            os.close(descriptor)

    @property
    def _path(self) -> Path:
        return self.folder / _file(self.number)

    def _clear_earlier(self) -> None:
        for number in _numbers(self.folder):
            if number < self.number:
                with suppress(OSError):  # what cannot be deleted is in nobody's way
                    (self.folder / _file(number)).unlink()


def living_writer(folder: Path) -> Writer | None:
    """Return who holds the run in this folder now; None where nobody does.

    Raises: StoreError if the folder cannot be read; DamagedError if the highest lock is no file.
    """
    number = _highest(folder)
    return living_holder(folder / _file(number)) if number else None


def is_given_up(folder: Path) -> bool:
    """Tell, without writing anything, whether the last holder let go of the run in this folder."""
    try:
        number = _highest(folder)
        return number > 0 and json.loads(read_plain(folder / _file(number))) == {}
    except (StoreError, DamagedError, OSError, ValueError, RecursionError):
        return False


def _file(number: int) -> str:
    return f"writer.{number}.json"


def _numbers(folder: Path) -> list[int]:
    try:
        matches = [_NAME.fullmatch(name) for name in os.listdir(folder)]  # noqa: PTH208 - names are enough
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {error.strerror}") from error
    return [int(match[1]) for match in matches if match]


def _highest(folder: Path) -> int:
    return max(_numbers(folder), default=0)


def living_holder(path: Path) -> Writer | None:
    """Return who holds this lock, or None where nobody does any more.

    Raises: StoreError if the disk does not say.
    """
    try:
        last_write = path.lstat().st_mtime
        now = file_system_time(path.parent)
        document = json.loads(read_plain(path))
        holder = Writer(str(document["host"]), int(document["pid"]), float(document["process_started"]))
    except (FileNotFoundError, DamagedError):  # no file that a writer makes
        return None
    except (ValueError, TypeError, OverflowError, RecursionError):
        # Its holder is about to write it, or was killed before it could.
        return Writer("unknown", 0, 0.0) if abs(now - last_write) < SILENCE_SECONDS else None
    except KeyError:
        return None  # released
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror}") from error
    return holder if holder.is_alive(last_write=last_write, now=now) else None


def file_system_time(folder: Path) -> float:
    """Return what time it is to the file system, which stamps the heartbeats; a server's clock may differ from ours.

    Raises: OSError if the disk refuses: then there is nothing to be written either.
    """
    probe = folder / f".writer.clock.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        return os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
        probe.unlink(missing_ok=True)
