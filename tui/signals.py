"""Signals while training without a screen: the first asks for an orderly end, a second interrupt leaves at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from tui.console import ExitCode, narrate

if TYPE_CHECKING:
    from engine.control import Control

_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,
    # Clusters send these a while before they end a job: a script that sees 75 puts it into the queue again.
    signal.SIGUSR1: ExitCode.RESUMABLE,
    signal.SIGUSR2: ExitCode.RESUMABLE,
}
_SHOW_CURSOR = b"\x1b[?25h\n"


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
        sys.exit(_EXIT_CODES[signal.Signals(number)])

    for number in _obeyed():
        if number != signal.SIGINT:  # Python raises KeyboardInterrupt by itself
            signal.signal(number, leave)


def _obeyed() -> list[signal.Signals]:
    """Return the signals that whoever started the process did not have it ignore, as nohup does."""
    return [number for number in _EXIT_CODES if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def stopping_on_signals(control: Control) -> Iterator[Signals]:
    """Inside the block, let a signal stop the training with its run saved.

    Raises: SystemExit with the code of the signal, while no run is under way.
    """
    received = Signals()

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and received.exit_code is ExitCode.INTERRUPTED:
            _leave_at_once()
        received.exit_code = _EXIT_CODES[signal.Signals(number)]
        control.stop_all()
        if not received.is_run_under_way:
            sys.exit(received.exit_code)
        if number == signal.SIGINT:
            narrate("Stopping; the run is saved. Press ctrl+c again to leave at once.")
        elif number != signal.SIGHUP:  # after which there is nobody left to tell
            narrate("Stopping; the run is saved.")

    before = {number: signal.signal(number, stop) for number in _obeyed()}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_at_once() -> None:
    """End without waiting for anything, a disk that hangs included; the last checkpoint is what stays."""
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(ExitCode.INTERRUPTED)
