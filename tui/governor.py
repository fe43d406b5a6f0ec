"""`Governor`: how often the screen may paint without taxing the training. Knows nothing of what is painted."""

from __future__ import annotations

import time
from collections.abc import Callable

SHORTEST_DELAY_SECONDS = 0.1
"""Ten frames a second are enough over SSH."""
LONGEST_DELAY_SECONDS = 10.0
"""A single slow paint (a laptop waking up) must not freeze the charts."""


class Governor:
    """Keeps painting under a share of wall time, from the time that paints were seen to take."""

    def __init__(self, share: float = 0.05, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow painting `share` of wall time, a fraction."""
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; it has to be above 0 and at most 1")
        self._share = share
        self._clock = clock
        self._allowed_at = -float("inf")

    def spent(self, seconds: float) -> None:
        """Account for a paint that took `seconds` and has just ended."""
        pause = seconds * (1 / self._share - 1)
        self._allowed_at = max(self._clock(), self._allowed_at) + pause
        self._allowed_at = min(self._allowed_at, self._clock() + LONGEST_DELAY_SECONDS)
        self._allowed_at = max(self._allowed_at, self._clock() + SHORTEST_DELAY_SECONDS)

    def delay(self) -> float:
        """Return the seconds until the next paint is allowed; 0 means now."""
        return max(0.0, self._allowed_at - self._clock())
