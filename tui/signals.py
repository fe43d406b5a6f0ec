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
    """What came while training."""

    exit_code: ExitCode | None = None
    """None where no signal came."""
    is_run_under_way: bool = False
    """Whether there is anything to be saved; where not, a signal ends the process at once."""


def leave_on_signals() -> None:
    """Let a signal that comes while nothing trains end the process as one that comes later, with the same code."""

    def leave(number: int, _frame: FrameType | None) -> None:
        for other in heard:  # one is enough; the next would interrupt what this one has ended
            signal.signal(other, signal.SIG_IGN)
        sys.exit(EXIT_CODES[signal.Signals(number)])

    heard = [number for number in obeyed() if number != signal.SIGINT]  # for which Python has KeyboardInterrupt
    for number in heard:
        signal.signal(number, leave)


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

    Raises: SystemExit with the code of the signal, while no run is under way.
    """
    received = Signals()

    def stop(number: int, _frame: FrameType | None) -> None:
        if received.exit_code is not None:
            return  # the process is on its way out; another signal would interrupt that
        received.exit_code = EXIT_CODES[signal.Signals(number)]
        control.stop_all(why_of(number))
        if not received.is_run_under_way:
            sys.exit(received.exit_code)
        if number == signal.SIGINT:
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
