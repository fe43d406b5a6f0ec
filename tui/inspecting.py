"""`Inspecting`: what is asked of networks from the screen, and the answers that are kept while it looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import TermlabError
from engine.summary import RunStatus
from tui.inspect_view import InspectView

if TYPE_CHECKING:
    from engine.analysis.progress import Progress
    from engine.analysis.question import Inspection, Question
    from tui.messages import InspectionFound, InspectionProgressed
    from tui.runbook import Runbook
    from tui.worker import EngineThread

MOST_KEPT = 24
"""Answers in memory: those of the tabs that one goes back to."""

Key = tuple["Question", tuple[float, ...]]


class Inspecting:
    """Asks the engine's thread, one question at a time."""

    def __init__(self, runbook: Runbook, engine_thread: EngineThread, publish: Callable[[], None]) -> None:
        """`publish` tells the screen that there is news."""
        self._book, self._thread, self._publish = runbook, engine_thread, publish
        self.view = InspectView()
        self.progress: Progress | None = None
        self._answers: dict[Key, Inspection] = {}
        self._asked: tuple[Key, Question] | None = None
        self._problem: tuple[Key, TermlabError] | None = None

    def choose_run(self) -> None:
        """Look at the newest finished run where none was chosen, or the chosen one is gone; as is one beside it."""
        beside = [run for run in (self.view.against, *self.view.also) if run is not None]
        there = [run for run in beside if self._book.summary_of(run) is not None]
        if there != beside:
            self.view = self.view.turned(against=there[0] if there else None, also=tuple(there[1:]), page=0)
        if self.view.run and self._book.summary_of(self.view.run) is not None:
            return
        done = next((one for one in self._book.summaries if one.status is RunStatus.DONE), None)
        if done is not None:
            self.view = self.view.of_run(done.run)
        elif self._book.is_read:
            self.view = InspectView(what=self.view.what)

    def answer(self) -> Inspection | TermlabError | None:
        """Return what is known of the present question; where nothing is, it is asked, and None returned."""
        if not self.view.run:
            return None
        question = self.view.question
        key = self._key(question)
        if key in self._answers:
            return self._answers[key]
        if self._problem is not None and self._problem[0] == key:
            return self._problem[1]
        if self._asked is None or self._asked[0] != key:
            self._asked, self.progress = (key, question), None
            self._thread.inspect(question)
        return None

    def take(self, message: InspectionFound) -> None:
        """Keep an answer, if it is still asked for."""
        if self._asked is None or message.question is not self._asked[1]:
            return
        key, _ = self._asked
        self._asked = self.progress = None
        if isinstance(message.found, TermlabError):
            self._problem = (key, message.found)
        else:
            self._answers[key] = message.found
            while len(self._answers) > MOST_KEPT:
                del self._answers[next(iter(self._answers))]
        self._publish()

    def take_progress(self, message: InspectionProgressed) -> None:
        """Say how far the present question has come."""
        if self._asked is not None and message.question is self._asked[1]:
            self.progress = message.progress
            self._publish()

    def leave(self) -> None:
        """Ask no more, and let the thread forget its networks; answers are kept, problems may have been mended."""
        self._asked = self.progress = self._problem = None
        self._thread.inspect(None)

    def _key(self, question: Question) -> Key:
        """Return what an answer is kept by: a run that was trained further has other ones."""
        runs = map(self._book.summary_of, question.runs)
        return question, tuple(run.updated if run is not None else 0.0 for run in runs)
