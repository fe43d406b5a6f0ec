"""`Watchman`: ends the application when a signal asks for it, its run saved, even where the screen cannot be left."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from tui.console import ExitCode
from tui.signals import EXIT_CODES, leave, obeyed, why_of

PATIENCE_SECONDS = 5.0
"""For a screen to be left after the run is saved: a terminal that takes no output holds up whoever writes to it."""


class Watchman(threading.Thread):
    """Waits for a signal; a thread, because the main one may be waiting for the terminal."""

    def __init__(
        self, save: Callable[[str], None], leave: Callable[[ExitCode, str], None], give_up: Callable[[], None]
    ) -> None:
        """`save` ends the training and returns when its run is saved; `leave` has the application end, from any thread.

        Both are told why, for the last word of the run, and `leave` the exit code.

        `give_up` does what can be done for a terminal that the application cannot leave. None of them is called from
        the signal handler, which may come while any lock is held.
        """
        super().__init__(name="termlab-watchman", daemon=False)
        self._save, self._leave, self._give_up = save, leave, give_up
        self._read_end, self._write_end = os.pipe()
        self._is_over = threading.Event()
        self.exit_code: ExitCode | None = None
        """What the first signal calls for; None where none came."""
        self._why = ""
        self._wants_an_end = False
        """A signal came that is no hang-up: somebody wants the training gone too."""
        self._is_handing_over = False

    def wake(self, number: int, _frame: FrameType | None = None) -> None:
        """Take a signal; a second interrupt leaves at once, a disk that hangs included.

        Raises: as `leave` does, while the training is handed over, unless the terminal was only closed.
        """
        if number == signal.SIGINT and self.exit_code is ExitCode.INTERRUPTED:
            os._exit(ExitCode.INTERRUPTED)
        self._wants_an_end |= number != signal.SIGHUP
        if self.exit_code is None:
            self.exit_code, self._why = EXIT_CODES[signal.Signals(number)], why_of(number)
            os.write(self._write_end, b".")
        if self._is_handing_over and number != signal.SIGHUP:
            leave(number)

    def lets_hand_over(self) -> bool:
        """Tell whether a training that is to be kept running may be; from then on a hang-up disturbs nothing here.

        Its handler stays one of Python's: a process that is started would inherit that a signal is ignored.
        """
        self._is_handing_over = True  # first: a signal that comes in between is obeyed one way or the other
        return not self._wants_an_end

    def run(self) -> None:
        """Wait for a signal or for the end."""
        os.read(self._read_end, 1)
        os.close(self._read_end)
        if self.exit_code is None:
            return
        with suppress(RuntimeError):  # the event loop is over already
            self._leave(self.exit_code, self._why)
        self._save(self._why)
        if not self._is_over.wait(PATIENCE_SECONDS):
            self._give_up()
            os._exit(self.exit_code)

    def screen_left(self) -> None:
        """Say that the main thread does not wait for the terminal any more."""
        self._is_over.set()

    def close(self) -> None:
        """End the thread."""
        self._is_over.set()
        with suppress(BrokenPipeError):
            os.write(self._write_end, b".")
        self.join()
        os.close(self._write_end)


@contextmanager
def watching_signals(watchman: Watchman) -> Iterator[None]:
    """Inside the block, let signals wake the watchman; those that whoever started the process ignores stay ignored."""
    watchman.start()
    before = {number: signal.signal(number, watchman.wake) for number in obeyed()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        watchman.close()
