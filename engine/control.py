"""`Control`: what is asked of a training from outside, by another thread, a signal or another process."""

from __future__ import annotations

import threading

ON_REQUEST = "on request"
HANDED_OVER = "to be handed over to a process of its own"
"""Why a training stops that goes on at once, in words that follow "stopped"."""
HANDED_OVER_SECONDS = 60.0
"""After which nobody goes on any more with what was to be handed over: its process would have begun, or failed."""


def is_handed_over(reason: str, ended: float, now: float) -> bool:
    """Tell whether a process of its own is to go on any moment with a run that ended for this reason.

    Units: `ended` and `now` in seconds since 1970; of clocks that differ, also one that is ahead waits no longer.
    """
    return HANDED_OVER in reason and abs(now - ended) < HANDED_OVER_SECONDS


class Control:
    """What another thread or a signal handler may ask of the training; safe to call from either."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._stop_run = False
        self._stop_all = False
        self.why = ON_REQUEST
        """The reason for which everything was stopped, in words that follow "stopped"."""

    def pause(self) -> None:
        """Hold the training at its next event."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def stop_run(self) -> None:
        """End the run under way, also out of a pause, and go on with the next one."""
        self._stop_run = True

    def stop_all(self, why: str = ON_REQUEST) -> None:
        """End the run under way, also out of a pause, and start no other; the first `why` is for its last word."""
        if not self._stop_all:
            self.why = why
        self._stop_all = True  # and no more: a signal handler that set an event while it is waited for would hang

    @property
    def is_paused(self) -> bool:
        """Whether a pause was asked for and not yet taken back."""
        return not (self._going.is_set() or self._stop_run or self._stop_all)

    def wait_until_going(self, seconds: float) -> bool:
        """Wait for the end of a pause, at most so long; return whether it is over."""
        self._going.wait(seconds)
        return not self.is_paused

    def take_stop(self) -> bool:
        """Return whether the run under way is to end; a request for one run is thereby used up, and a pause over."""
        asked = self._stop_run or self._stop_all
        if asked:
            self._stop_run = False
            self._going.set()
        return asked

    @property
    def is_stopping_all(self) -> bool:
        """Whether no further run is to start."""
        return self._stop_all
