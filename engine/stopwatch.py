"""The clock by which training is timed: it stands still while the process is suspended, as by ctrl+z.

No clock of the system does. Whoever suspends the process says afterwards for how long; what suspends it without asking,
as `kill -STOP` does, counts.
"""

from __future__ import annotations

import time

_left_out = [0.0]
"""Seconds; a list, as it is changed from a signal handler."""


def stopwatch() -> float:
    """Return seconds that pass only while the process works; their zero means nothing."""
    return time.perf_counter() - _left_out[0]


def leave_out(seconds: float) -> None:
    """Take note that the process was suspended for so long."""
    _left_out[0] += seconds


def left_out() -> float:
    """Return for how many seconds the process was suspended so far."""
    return _left_out[0]
