"""Signals while training without a screen: the first asks for an orderly end, a second interrupt leaves at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from tui.console import ExitCode, narrate

if TYPE_CHECKING:
    from engine.control import Control


@dataclass
class Received:
    """What came while training."""

    exit_code: ExitCode | None = None
    """None where no signal came."""


@contextmanager
def stopping_on_signals(control: Control) -> Iterator[Received]:
    """Stop the training, its run saved, on SIGINT, SIGTERM and SIGHUP inside the block."""
    received = Received()

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and received.exit_code is ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        received.exit_code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        control.stop_all()
        if number == signal.SIGINT:
            narrate("Stopping; the run is saved. Press ctrl+c again to leave at once.")
        elif number == signal.SIGTERM:  # after SIGHUP there is nobody left to tell
            narrate("Stopping; the run is saved.")

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
