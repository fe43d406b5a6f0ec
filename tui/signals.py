"""Signals while training without a screen: the first asks for an orderly end, a second interrupt leaves at once.

Nothing here prints as other code does: whom a signal interrupts may be in the middle of that.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from engine.control import ON_REQUEST
from engine.stopwatch import leave_out
from tui.console import ExitCode

if TYPE_CHECKING:
    from engine.control import Control

EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,
    # Clusters send these a while before they end a job: a script that sees 75 puts it into the queue again.
    signal.SIGUSR1: ExitCode.RESUMABLE,
    signal.SIGUSR2: ExitCode.RESUMABLE,
}
HUNG_UP = "by the closing of its terminal"
_WHY = {
    signal.SIGHUP: HUNG_UP,
    signal.SIGTERM: "by SIGTERM",
    signal.SIGUSR1: "by SIGUSR1",
    signal.SIGUSR2: "by SIGUSR2",
}
_STDERR = 2
_CLEAR_LINE, _SHOW_CURSOR = "\r\x1b[2K", "\x1b[0m\x1b[?25h"


@dataclass
class Signals:
    """What came to this process."""

    exit_code: ExitCode | None = None
    """What the first signal calls for; None where none came."""
    is_run_under_way: bool = False
    """Whether there is anything to be saved; where not, a signal ends the process at once."""
    leaving: BaseException | None = None
    """What was raised to that end. Code that it interrupts, as that of a module being imported, may swallow it."""


_received = Signals()
"""Not the command's: a signal may come where none has begun yet, and has to be known wherever one would begin."""


@contextmanager
def leaving_on_signals() -> Iterator[None]:
    """Inside the block and after it, let a signal that comes while nothing trains end the process with its code.

    Raises: SystemExit with the code of the signal at the end of the block, in place of whatever was made of it inside.
    """
    global _received
    _received = Signals()
    for number in obeyed():
        signal.signal(number, leave)
    try:
        yield
    finally:
        leave_if_called()


def leave(number: int, _frame: FrameType | None = None) -> None:
    """End the process by a signal, as its handler does.

    Raises: SystemExit with the code of the first signal; KeyboardInterrupt, as Python does, for ctrl+c.
    """
    if _received.exit_code is None:
        _received.exit_code = EXIT_CODES[signal.Signals(number)]
    if number == signal.SIGINT:
        _received.leaving = KeyboardInterrupt()
        raise _received.leaving
    _leave()


def _leave() -> None:
    """End the process; again, if it was to end and what was raised was swallowed, but not while it cleans up for that.

    Raises: SystemExit with the code of the first signal.
    """
    if not _is_leaving():
        _received.leaving = SystemExit(_received.exit_code)
        raise _received.leaving


def leave_if_called() -> None:
    """End where a signal was to end the process, and whatever it interrupted went on all the same.

    Raises: SystemExit with the code of the first signal.
    """
    if _received.leaving is not None:
        sys.exit(_received.exit_code)


def _is_leaving() -> bool:
    """Tell whether what is interrupted cleans up on the way out."""
    handled = sys.exception()
    while handled is not None and handled is not _received.leaving:
        handled = handled.__context__
    return handled is not None


def why_of(number: int) -> str:
    """Return what is said of a run that a signal ended."""
    return _WHY.get(signal.Signals(number), ON_REQUEST)


def ignore_signals() -> None:
    """Let nothing disturb a process that is leaving: all is saved, and its exit code is known."""
    for number in EXIT_CODES:
        signal.signal(number, signal.SIG_IGN)


def obeyed() -> list[signal.Signals]:
    """Return the signals that whoever started the process did not have it ignore, as nohup does."""
    return [number for number in EXIT_CODES if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def stopping_on_signals(control: Control) -> Iterator[Signals]:
    """Inside the block, let a signal stop the training with its run saved.

    Raises: SystemExit with the code of the signal, while no run is under way, also of one that came before.
    """
    leave_if_called()
    received = _received
    received.is_run_under_way = False

    def stop(number: int, _frame: FrameType | None) -> None:
        is_first = received.exit_code is None
        if is_first:
            received.exit_code = EXIT_CODES[signal.Signals(number)]
            control.stop_all(why_of(number))
        if not received.is_run_under_way:
            _leave()
        elif not is_first:
            return  # the process is on its way out; another signal would interrupt that
        elif number == signal.SIGINT:
            _tell("Stopping; the run is saved. Press ctrl+c again to leave at once.")
        elif number != signal.SIGHUP:  # after which there is nobody left to tell
            _tell("Stopping; the run is saved.")

    before = {number: signal.signal(number, stop) for number in obeyed()}
    if signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
        before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, _suspend)
    try:
        with _leaving_at_once_on_a_second_interrupt():
            yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _leaving_at_once_on_a_second_interrupt() -> Iterator[None]:
    """Inside the block, watch for it in a thread: handlers wait while a step is long, or a disk hangs."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def watch() -> None:
        interrupts = 0
        while numbers := os.read(reading, 64):
            interrupts += numbers.count(signal.SIGINT)
            if interrupts > 1:
                _leave_at_once()

    thread = threading.Thread(target=watch, name="termlab-interrupts", daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)
        thread.join()
        os.close(reading)


def _suspend(_number: int, _frame: FrameType | None) -> None:
    """Give the terminal back as it was for as long as the process is suspended."""
    if os.isatty(_STDERR):
        _write(_CLEAR_LINE + _SHOW_CURSOR)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    before = time.perf_counter()
    os.kill(os.getpid(), signal.SIGTSTP)
    leave_out(time.perf_counter() - before)
    signal.signal(signal.SIGTSTP, _suspend)


def _leave_at_once() -> None:
    """End without waiting for anything; the last checkpoint is what stays."""
    if os.isatty(_STDERR):
        _write(_SHOW_CURSOR + "\n")
    os._exit(ExitCode.INTERRUPTED)


def _tell(text: str) -> None:
    _write((_CLEAR_LINE if os.isatty(_STDERR) else "") + text + "\n")


def _write(text: str) -> None:
    with suppress(OSError):
        os.write(_STDERR, text.encode())
