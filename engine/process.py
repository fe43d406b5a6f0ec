"""Who is writing a run, and whether it is still there."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

HEARTBEAT_SECONDS = 10.0
"""A live writer touches its event log at least this often, also while paused."""
SILENCE_SECONDS = 6 * HEARTBEAT_SECONDS
"""A writer on another host that was silent for so long is taken for gone; clocks of hosts differ a little."""


def process_start_ticks(pid: int) -> float:
    """Return when a process began, in clock ticks after boot; 0 where the system does not say (not Linux)."""
    fields = _stat(pid)
    return float(fields[19]) if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Return what Linux says of a process, from its state on; empty where there is none, or another system."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The second field is the command in parentheses and may itself hold spaces and parentheses.
    return stat.rpartition(")")[2].split()


_OUTERMOST = "pid:[4026531836]"
"""What Linux calls the processes of a machine outside any container."""


def host_name() -> str:
    """Return the name by which other machines know this one, and in a container also that.

    Containers may have their machine's name, and count their processes for themselves: only who is in the same one can
    look a process up, for all others its heartbeat has to tell.
    """
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - no file, and no path
    except OSError:  # another system
        space = _OUTERMOST
    return socket.gethostname() + ("" if space == _OUTERMOST else f" {space}")


@dataclass(frozen=True, slots=True)
class Writer:
    """A process that writes a run."""

    host: str
    pid: int
    process_started: float
    """As `process_start_ticks` returns it; it tells the process from a later one with the same pid."""

    @classmethod
    def here(cls) -> Writer:
        """Return this process."""
        return cls(host_name(), os.getpid(), process_start_ticks(os.getpid()))

    def is_alive(self, *, last_write: float, now: float | None = None) -> bool:
        """Tell whether the process still exists.

        On this host it is looked up; on another one only the age of the last write can tell. The clock that stamped
        it is the file system's: where it is known what time it is there, that is `now`, and a write in its future is
        none, but what a clock left behind that was set back.
        Units: seconds since 1970.
        """
        if self.host != host_name():
            silent = time.time() - last_write if now is None else abs(now - last_write)
            return silent < SILENCE_SECONDS
        if self.pid < 1:
            return False  # no process has such a number; os.kill would take it for a group of them
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):  # the second where a damaged log names no possible pid
            return False
        except PermissionError:
            pass  # it exists and belongs to somebody else
        if _stat(self.pid)[:1] in (["Z"], ["X"]):
            return False  # it has ended and waits for its parent to ask how, which in a container may be never
        return process_start_ticks(self.pid) in (self.process_started, 0.0)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"
