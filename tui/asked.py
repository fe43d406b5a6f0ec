"""`Asked`: what was asked of the training of a run and is not done yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.summary import RunStatus

Request = Literal["stop", "stop_all", "pause", "resume"]
ANSWER_SECONDS = 15.0
"""A training looks a few times a second for what is asked of it, and between two steps that take longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the training of a run, here or in another process."""

    request: Request
    time: float

    @property
    def words(self) -> str:
        """What the training is about to do."""
        return {"pause": "pausing", "resume": "resuming"}.get(self.request, "stopping")

    def is_answered(self, status: RunStatus) -> bool:
        """Tell whether the run has done it, or cannot do it any more."""
        if not status.is_live:
            return True
        return status is {"pause": RunStatus.PAUSED, "resume": RunStatus.RUNNING}.get(self.request)

    def is_late(self, now: float) -> bool:
        """Tell whether an answer should have come."""
        return now - self.time > ANSWER_SECONDS
