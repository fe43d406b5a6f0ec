"""`TerminalDriver`: the terminal of the application, which may hang up, and may be lent to the shell for a while."""

from __future__ import annotations

import errno
import os
import select
import signal
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from textual.drivers.linux_driver import LinuxDriver

from engine.stopwatch import leave_out
from tui.console import write_nowhere
from tui.messages import HungUp

if TYPE_CHECKING:
    from textual.app import App

LOOK_SECONDS = 0.5
"""Between two looks whether the terminal is still there."""
_GONE = (errno.EIO, errno.ENXIO, errno.EPIPE, errno.EBADF)
"""What a write says of a terminal that was closed."""


class TerminalDriver(LinuxDriver):
    """Textual's driver for terminals, with every signal obeyed in the event loop, between two things that it does."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file: Any = _Sink(self._file)
        self._is_lent = False
        self._loop.call_later(LOOK_SECONDS, self._look)

    @property
    def can_suspend(self) -> bool:
        """Whether there is a shell that can bring the application back."""
        return os.getpgrp() != os.getsid(0)  # the group that leads the session has nobody above it

    def write(self, data: str) -> None:
        """Write to the terminal, unless the shell has it: the whole screen is painted when it is given back."""
        if not self._is_lent:
            super().write(data)

    def give_back_modes(self) -> None:
        """Let the shell have its echo and its lines again, without waiting for output that nobody takes."""
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def _look(self) -> None:
        """See whether the terminal hung up: where that signal is ignored nothing else says it."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        if any(state & (select.POLLHUP | select.POLLNVAL) for _, state in poll.poll(0)):
            self.send_message(HungUp())
        else:
            self._loop.call_later(LOOK_SECONDS, self._look)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:  # the terminal is gone
            with suppress(RuntimeError):  # and the event loop may be over
                self.send_message(HungUp())

    def _sigtstp_application(self, *_: object) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lend)

    def _sigcont_application(self, *_: object) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take_back)

    def _lend(self) -> None:
        """Give the terminal to the shell and stand still, with every process that was started together with this."""
        if self._is_lent or not self.can_suspend:
            return
        self.suspend_application_mode()
        self._is_lent = True
        before = time.perf_counter()
        os.kill(0, signal.SIGSTOP)
        leave_out(time.perf_counter() - before)

    def _take_back(self) -> None:
        """Paint the screen anew, once this process may use the terminal; where it may not yet, it is stopped again."""
        if not os.isatty(self.fileno):
            return  # a terminal that hangs up wakes its processes, too
        if not self._is_lent:  # it was stopped in a way that it did not hear of
            self.suspend_application_mode()
        self._writer_thread = None
        self._is_lent = False
        self.start_application_mode()  # type: ignore[no-untyped-call]
        self._is_lent = self._writer_thread is None
        if not self._is_lent:
            self._app.refresh(layout=True)


class _Sink:
    """The stream that the screen is written to; once its terminal is gone it swallows everything.

    A failing write would end the thread that writes, and the next ones would wait for it for ever.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except OSError as error:
            self._swallow(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError as error:
            self._swallow(error)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return True

    def _swallow(self, error: OSError) -> None:
        if error.errno not in _GONE:
            raise error
        write_nowhere(self._file)
