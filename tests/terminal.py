"""A program in a pseudo-terminal, as a user has it: its screen, its keys, its end."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

COLUMNS, LINES = 120, 36
PATIENCE_SECONDS = 120.0


def _obey_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # shells have what they start in the background ignore them


class Terminal:
    """A program in a pseudo-terminal, and the screen that it paints."""

    def __init__(self, command: list[str], environment: dict[str, str], *, ignores_hang_up: bool = False) -> None:
        self._child = pexpect.spawn(
            command[0],
            command[1:],
            env=environment,
            dimensions=(LINES, COLUMNS),
            timeout=PATIENCE_SECONDS,
            ignore_sighup=ignores_hang_up,
            preexec_fn=_obey_interrupts,
        )
        self.pid = int(self._child.pid)
        self.written = b""
        """All that the program wrote."""
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What can be read now."""
        return "\n".join(self._screen.display)

    def wait_until(self, is_so: Callable[[], bool], what: str) -> str:
        """Take what the program paints until something is so; return the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain for {what}; the screen is\n{self.text}"
            try:
                self._feed(self._child.read_nonblocking(2**16, timeout=0.5))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                assert is_so(), f"the program ended before {what}; the screen is\n{self.text}"
        return self.text

    def _feed(self, written: bytes) -> None:
        self.written += written
        self._stream.feed(written)

    def wait_for(self, *words: str) -> str:
        """Wait until every word stands on the screen."""
        return self.wait_until(lambda: all(word in self.text for word in words), " and ".join(words))

    def press(self, keys: str) -> None:
        """Type."""
        self._child.send(keys)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self._screen.resize(lines, columns)
        self._child.setwinsize(lines, columns)

    @property
    def is_as_shells_have_it(self) -> bool:
        """Whether what is typed is echoed and read by line."""
        flags = termios.tcgetattr(self._child.child_fd)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def hang_up(self) -> int:
        """Close the terminal, as a window is closed, and return the exit code of the program."""
        self._child.ptyproc.fileobj.close()
        self._child.ptyproc.closed = self._child.closed = True
        return self._wait()

    def unread_exit_code(self) -> int:
        """Wait for the end of the program without taking what it paints, and return its exit code."""
        return self._wait()

    def _wait(self) -> int:
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._child.ptyproc.terminated = self._child.terminated = True
        return code

    def exit_code(self) -> int:
        """Wait for the end of the program."""
        self._child.expect(pexpect.EOF)
        self._feed(self._child.before)
        self._child.close()
        assert self._child.signalstatus is None
        return int(self._child.exitstatus)

    def kill(self) -> None:
        """End the program if a test left it running."""
        if not self._child.closed:
            self._child.close(force=True)


def termlab_command(folder: Path) -> list[str]:
    """Return the command that opens the application over folders inside `folder`."""
    return [sys.executable, "-m", "tui", "--results", str(folder / "results"), "--data", str(folder / "data")]


def user_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user whose configuration lies in `folder`."""
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(folder / "c")}
    environment.pop("NO_COLOR", None)
    return environment
