"""`Inquiries`: what screens ask of trained networks, pursued by the engine's thread while it trains nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.errors import TermlabError
from engine.store import RunStore
from tui.messages import ExamplesFound, InspectionFound, InspectionProgressed
from tui.worker.mailbox import Mailbox, unforeseen
from tui.workspace import data_of_run

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet
    from engine.analysis.inspector import Inspector
    from engine.analysis.progress import Progress, Steps
    from engine.analysis.question import Inspection, Question

PROGRESS_SECONDS = 0.2
"""Between two words about how far an analysis has come."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class ExampleQuestion:
    """Which test examples two runs have right; the same may be asked again."""

    run_ids: tuple[str, str]


class Inquiries:
    """Two questions at most, one of each kind; a later one of its kind takes the place of an earlier one."""

    def __init__(self, mailbox: Mailbox, results: Path, data_folder: Path) -> None:
        self._mailbox, self._results, self._data_folder = mailbox, results, data_folder
        self.compared: ExampleQuestion | None = None
        """Which examples two runs have right."""
        self.inspected: Question | None = None
        """About one network, or several."""
        self._compared_last: ExampleQuestion | None = None
        self._inspected_last: Question | None = None
        """The last ones that were answered."""
        self._inspector: Inspector | None = None
        """Made for the first question: it imports torch."""
        self._is_to_forget = False

    def compare(self, run_ids: tuple[str, str] | None) -> None:
        """Ask which test examples two runs have right; called from the main thread, as `inspect` is."""
        self.compared = ExampleQuestion(run_ids) if run_ids is not None else None

    def inspect(self, question: Question | None) -> None:
        """Ask a network; with None nothing more, and those that were asked are forgotten."""
        self.inspected = question
        self._is_to_forget = question is None

    def forget(self) -> None:
        """Give the memory of the networks back."""
        if self._inspector is not None:
            self._inspector.forget()

    def pursue(self, is_called_away: Callable[[], bool]) -> bool:
        """Answer what is asked; return whether something is left, as the thread was called away or asked anew."""
        return self._compare(is_called_away) or self._inspect(is_called_away)

    def _compare(self, is_called_away: Callable[[], bool]) -> bool:
        question = self.compared
        if question is None or question is self._compared_last:
            return False
        from engine.data.shared import forget_shared

        found = self._pursued(
            lambda: self._examples_of(question.run_ids), lambda: is_called_away() or self.compared is not question
        )
        if self._inspector is None:
            forget_shared()
        if found is None:
            return True
        self._compared_last = question
        self._mailbox.post_message(ExamplesFound(question.run_ids, found))
        return False

    def _inspect(self, is_called_away: Callable[[], bool]) -> bool:
        if self._is_to_forget:
            self.forget()
        self._is_to_forget = False
        question = self.inspected
        if question is None or question is self._inspected_last:
            return False
        last_said = 0.0

        def say(progress: Progress) -> None:
            nonlocal last_said
            if time.monotonic() - last_said >= PROGRESS_SECONDS:
                last_said = time.monotonic()
                self._mailbox.post_message(InspectionProgressed(question, progress))

        found = self._pursued(
            lambda: self._steps_to(question), lambda: is_called_away() or self.inspected is not question, say
        )
        if found is None:
            return True
        self._inspected_last = question
        self._mailbox.post_message(InspectionFound(question, found))
        return False

    def _pursued(
        self,
        begin: Callable[[], Steps[Found]],
        is_over: Callable[[], bool],
        say: Callable[[Progress], None] = lambda _: None,
    ) -> Found | TermlabError | None:
        """Work through an analysis; one that has to give way to a training is begun anew after it.

        Returns: what was found, or what stands in the way; None where it had to end before.
        """
        try:
            steps = begin()
            while True:
                if is_over():
                    return None
                say(next(steps))
        except StopIteration as end:
            found: Found = end.value
            return found
        except TermlabError as error:
            return error
        except Exception as error:  # one odd run must not end the thread
            return unforeseen(error)

    def _examples_of(self, run_ids: tuple[str, str]) -> Steps[ExampleSet]:
        from engine.analysis.example_set import find_example_set

        store = RunStore(self._results)
        first, second = (data_of_run(run_id, store, self._data_folder) for run_id in run_ids)
        return find_example_set(store, run_ids, (first, second))

    def _steps_to(self, question: Question) -> Steps[Inspection]:
        from engine.analysis.inspector import Inspector

        if self._inspector is None:
            store = RunStore(self._results)
            self._inspector = Inspector(store, lambda run_id: data_of_run(run_id, store, self._data_folder))
        return self._inspector.ask(question)
