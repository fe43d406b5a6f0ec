"""What the threads tell the application: what has happened, in the past tense. They carry values and no widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from engine.errors import TermlabError
from engine.leaderboard_row import LeaderboardRow
from engine.summary import RunSummary
from engine.trial import Trial

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet
    from engine.analysis.progress import Progress
    from engine.analysis.question import Inspection, Question
    from engine.events import Event
    from engine.removed_run import RemovedRun
    from engine.run import Run
    from engine.trial_facts import TrialFacts
    from tui.rest import Rest


class LaunchBegan(Message):
    """Every trial was found to work; the first one starts."""

    def __init__(
        self, trials: Sequence[Trial], facts: Sequence[TrialFacts], earlier: Mapping[int, Run] | None = None
    ) -> None:
        """`earlier` are the runs that are gone on with, as they were when they were interrupted, by place."""
        super().__init__()
        self.trials, self.facts, self.earlier = trials, facts, earlier or {}


class EventsArrived(Message):
    """There are events to take from the launch."""


class LaunchEnded(Message):
    """The launch is over, or never began."""

    def __init__(self, problem: TermlabError | None, has_begun: bool) -> None:
        super().__init__()
        self.problem = problem
        self.has_begun = has_begun


class RunsChanged(Message):
    """The results folder holds other runs than before."""

    def __init__(self, summaries: list[RunSummary], rows: list[LeaderboardRow]) -> None:
        super().__init__()
        self.summaries, self.rows = summaries, rows


class StoreFailed(Message):
    """The results folder, or a run in it, could not be read."""

    def __init__(self, problem: TermlabError, run_id: str = "") -> None:
        super().__init__()
        self.problem, self.run_id = problem, run_id


class RequestFailed(Message):
    """What was asked for could not be done on the disk."""

    def __init__(self, problem: TermlabError, run_id: str = "") -> None:
        super().__init__()
        self.problem, self.run_id = problem, run_id


class RunsExported(Message):
    """Saved runs were written for another tool."""

    def __init__(self, count: int, left_out: int, path: Path) -> None:
        """`left_out` are those that could not be read."""
        super().__init__()
        self.count, self.left_out, self.path = count, left_out, path


class PictureDrawn(Message):
    """A picture of a network was drawn as a PNG file."""

    def __init__(self, png: bytes) -> None:
        super().__init__()
        self.png = png


class PictureWritten(Message):
    """A picture of a network and its numbers were written as files."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__()
        self.folder, self.count = folder, count


Moved = Literal["removed", "restored", "purged"]


class RunsMoved(Message):
    """Runs went to the trash, came back from it, or were deleted there; or could not."""

    def __init__(self, how: Moved, run_ids: Sequence[str], problems: Sequence[TermlabError]) -> None:
        """`run_ids` are those with which it went well."""
        super().__init__()
        self.how, self.run_ids, self.problems = how, run_ids, problems


class TrashRead(Message):
    """What lies in the trash, or why that cannot be told."""

    def __init__(self, removed: list[RemovedRun], problem: TermlabError | None = None) -> None:
        super().__init__()
        self.removed, self.problem = removed, problem


class RunRead(Message):
    """What was added to a run that is followed; the first one brings all of it."""

    def __init__(self, run: Run, events: Sequence[Event], *, is_first: bool, siblings: int = 1) -> None:
        """`siblings` are the trials that were started together with it, itself included."""
        super().__init__()
        self.run_id, self.trial, self.created = run.id, run.trial, run.created
        self.sweep, self.place = run.sweep, run.place
        self.events, self.is_first, self.siblings = events, is_first, siblings


class TrialsAwaited(Message):
    """Which trials of a sweep of another process have not begun is known, or has changed."""

    def __init__(self, sweep: str, trials: Mapping[int, Trial], is_going_on: bool) -> None:
        """`trials` are those, by place; `is_going_on` if there is still a process that may begin them."""
        super().__init__()
        self.sweep, self.trials, self.is_going_on = sweep, trials, is_going_on


class RestFound(Message):
    """What can be done about a run that was to be gone on with."""

    def __init__(self, rest: Rest) -> None:
        super().__init__()
        self.rest = rest


class DetachedEnded(Message):
    """A process of its own that was started from here is over, and not as its runs explain."""

    def __init__(self, problem: TermlabError) -> None:
        super().__init__()
        self.problem = problem


class ThreadFailed(Message):
    """A thread met something that nobody foresaw, and is gone."""

    def __init__(self, what: str, problem: TermlabError) -> None:
        super().__init__()
        self.what, self.problem = what, problem


class HungUp(Message):
    """The terminal is gone."""


class DeviceFound(Message):
    """Torch is imported."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device


class FactsFound(Message):
    """What a trial would be: its size, or what stands in its way."""

    def __init__(self, key: object, facts: TrialFacts | TermlabError) -> None:
        super().__init__()
        self.key, self.facts = key, facts


class InspectionProgressed(Message):
    """How far the answer to a question about a network has come."""

    def __init__(self, question: Question, progress: Progress) -> None:
        super().__init__()
        self.question, self.progress = question, progress


class InspectionFound(Message):
    """What was found out about a network, or what stands in the way."""

    def __init__(self, question: Question, found: Inspection | TermlabError) -> None:
        super().__init__()
        self.question, self.found = question, found


class ExamplesFound(Message):
    """Which test examples two runs have right, or what stands in the way."""

    def __init__(self, run_ids: tuple[str, str], found: ExampleSet | TermlabError) -> None:
        super().__init__()
        self.run_ids, self.found = run_ids, found
