"""`Launch`: a training of this process, between the thread that trains and the screens."""

from __future__ import annotations

from collections import deque

from engine.control import Control
from engine.events import EpochDone, LayersMeasured, RunFinished, StepsDone
from engine.remainder import Work
from engine.runner import TrialEvent


class Launch:
    """Trials to be trained, what is asked of their training, and the events that the screens have not taken yet."""

    def __init__(self, work: Work) -> None:
        self.work = work
        """What is asked for; once it has begun, with the sweep that was written down for it."""
        self.control = Control()
        self.runs: dict[int, str] = {}
        """The run of each trial that has begun, by place; written by the engine's thread."""
        self.over: set[int] = set()
        """The places of trials that are over; written by the engine's thread."""
        self._events: deque[TrialEvent] = deque()
        self._is_announced = False

    def put(self, event: TrialEvent) -> bool:
        """Keep an event; return whether it has to be announced. Called from the engine's thread.

        What begins, pauses or ends is. Steps and epochs wait until the application looks: every announcement wakes
        the main thread many times over, and each time the training has to share its cores and Python's lock.
        """
        self.runs[event.index] = event.run_id
        if isinstance(event.event, RunFinished):
            self.over.add(event.index)
        self._events.append(event)
        if isinstance(event.event, StepsDone | EpochDone | LayersMeasured) or self._is_announced:
            return False
        self._is_announced = True
        return True

    @property
    def has_news(self) -> bool:
        """Whether there are events that were not taken."""
        return bool(self._events)

    def take(self) -> list[TrialEvent]:
        """Return the events that came since the last call. Called from the main thread."""
        self._is_announced = False  # before the deque is emptied, so that no event stays unannounced
        return [self._events.popleft() for _ in range(len(self._events))]
