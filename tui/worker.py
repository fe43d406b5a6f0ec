"""The only thread boundary: threads that train, read the results folder and ask the engine, and what they post.

A thread reads no widget and touches no `Run` that the screens have; all it does is post messages. Every thread is
joined before the process ends: one that is left inside torch ends it with a core dump.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from engine.control import ON_REQUEST, Control
from engine.errors import TermlabError
from engine.events import EpochDone, RunFinished, StepsDone
from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow
from engine.remainder import Work
from engine.runner import TrialEvent
from engine.store import RunStore, RunTail
from engine.store.sweeps import create_sweep
from engine.summary import RunStatus, RunSummary
from engine.trial import Trial
from tui.awaited import AwaitedTrials
from tui.detached import Detached
from tui.file_events import FileEvents
from tui.messages import (
    DetachedEnded,
    DeviceFound,
    EventsArrived,
    ExamplesFound,
    FactsFound,
    LaunchBegan,
    LaunchEnded,
    RequestFailed,
    RunRead,
    RunsChanged,
    StoreFailed,
    ThreadFailed,
)
from tui.runbook import facts_key
from tui.store_jobs import Job
from tui.workspace import data_of_run, data_of_work

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet
    from engine.trial_facts import TrialFacts

LOOK_SECONDS = 1.0
"""Between two looks of the application for steps: charts are not painted more often either."""
POLL_SECONDS = 1.0
"""Runs of other processes have to appear within two seconds."""
SETTLE_SECONDS = 0.25
"""After the system has told of a change: others follow it, as a run has several files."""
WHOLE_LOOK = 10
"""One of so many looks at the folder is for what nobody who writes runs does: files that were changed by hand."""


class Mailbox(Protocol):
    """What messages are posted to: the application."""

    def post_message(self, message: Message) -> bool:
        """Queue a message; safe from any thread."""


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
        if isinstance(event.event, StepsDone | EpochDone) or self._is_announced:
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


class StoreThread(threading.Thread):
    """Watches the results folder, and follows single runs in it."""

    def __init__(self, mailbox: Mailbox, results: Path, poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__(name="termlab-store", daemon=False)
        self._mailbox, self._poll_seconds = mailbox, poll_seconds
        self._store = RunStore(results)
        self._wake = threading.Event()
        self._is_asked = threading.Event()
        """Set together with the other where it is asked for something, and not only woken by the system."""
        self._is_closing = False
        self._known: list[RunSummary] | None = None
        self._ranked: tuple[list[RunSummary], list[LeaderboardRow]] = ([], [])
        """Finished runs and their rows, which steps of other runs do not change."""
        self._asked: deque[tuple[str, bool]] = deque()
        self._jobs: deque[tuple[Job, str]] = deque()
        self._detached: list[Detached] = []
        """Processes that were started from here, until they end."""
        self._tails: dict[str, RunTail] = {}
        self._awaited = AwaitedTrials(self._store)
        self._last_problem = ""
        self._file_events = FileEvents(self._wake.set)

    def follow(self, run_id: str) -> None:
        """Ask for all of a run, and for what is added to it from then on."""
        self._asked.append((run_id, True))
        self._ask_now()

    def leave(self, run_id: str) -> None:
        """Follow a run no longer."""
        self._asked.append((run_id, False))

    def do(self, job: Job, run_id: str = "") -> None:
        """Ask for something to be done on the disk; where that fails, it is said of this run."""
        self._jobs.append((job, run_id))
        self._ask_now()

    def look_now(self) -> None:
        """Look at once rather than at the next tick."""
        self._ask_now()

    def close(self) -> None:
        """End soon."""
        self._is_closing = True
        self._ask_now()

    def _ask_now(self) -> None:
        self._is_asked.set()
        self._wake.set()

    def run(self) -> None:
        """Look, wait a while, look again."""
        try:
            self._watch()
        except Exception as error:  # the end of the thread: nobody above could say it
            self._mailbox.post_message(ThreadFailed("The results folder is not watched any more", _unforeseen(error)))
        finally:
            self._file_events.close()

    def _watch(self) -> None:
        while not self._is_closing:
            self._is_asked.clear()
            self._wake.clear()
            self._work_off()
            self._look()
            self._answer()
            for run_id in list(self._tails):
                self._advance(run_id)
            for message in self._awaited.news(self._known or (), self._tails.keys()):
                self._mailbox.post_message(message)
            is_idle = not (self._asked or self._jobs or self._is_closing)
            if is_idle and self._wake.wait(self._poll_seconds):
                self._is_asked.wait(SETTLE_SECONDS)

    def _work_off(self) -> None:
        while self._jobs:
            job, run_id = self._jobs.popleft()
            try:
                message = job(self._store)
            except TermlabError as error:
                message = RequestFailed(error, run_id)
            if isinstance(message, Detached):
                self._detached.append(message)
            elif message is not None:
                self._mailbox.post_message(message)
        for detached in list(self._detached):
            if detached.process.poll() is not None:  # asked for, so that what is left of it does not look alive
                self._detached.remove(detached)
                if (problem := detached.problem()) is not None:
                    self._mailbox.post_message(DetachedEnded(problem))

    def _look(self) -> None:
        try:
            summaries = self._store.look(whole_seconds=WHOLE_LOOK * self._poll_seconds)
        except TermlabError as error:
            self._fail(error)
            return
        self._last_problem = ""
        if summaries != self._known:
            self._known = summaries
            self._mailbox.post_message(RunsChanged(summaries, self._rows(summaries)))
        self._file_events.follow(self._store.folder, (one.run for one in summaries if one.status.is_live))

    def _rows(self, summaries: list[RunSummary]) -> list[LeaderboardRow]:
        """Rank in this thread: the first interval imports SciPy, which would hold up the screen."""
        done = [one for one in summaries if one.status is RunStatus.DONE and not one.is_hidden]
        if done != self._ranked[0]:
            self._ranked = (done, rank(done))
        return self._ranked[1]

    def _fail(self, error: TermlabError) -> None:
        if str(error) != self._last_problem:  # once, not every second
            self._last_problem = str(error)
            self._known = None
            self._mailbox.post_message(StoreFailed(error))

    def _answer(self) -> None:
        while self._asked and not self._is_closing:
            run_id, is_wanted = self._asked.popleft()
            self._tails.pop(run_id, None)  # who asks for a run has none of it yet
            if is_wanted:
                self._advance(run_id)

    def _advance(self, run_id: str) -> None:
        tail = self._tails.get(run_id)
        try:
            if tail is None:
                tail = self._tails[run_id] = RunTail(self._store.folder / run_id)
                siblings = self._awaited.follow(tail.run.sweep)
                self._mailbox.post_message(RunRead(tail.run, tail.advance(), is_first=True, siblings=siblings))
            elif events := tail.advance():
                self._mailbox.post_message(RunRead(tail.run, events, is_first=False))
        except TermlabError as error:
            self._tails.pop(run_id, None)
            self._mailbox.post_message(StoreFailed(error, run_id))


@dataclass(frozen=True, slots=True, eq=False)
class ExampleQuestion:
    """Which test examples two runs have right; the same may be asked again."""

    run_ids: tuple[str, str]


class EngineThread(threading.Thread):
    """The one thread that computes with torch: it trains launches, and between them finds out what trials would be.

    One, because every thread that has computed keeps threads of OpenMP for itself; those of an idle one take the
    training's share of the cores: on two cores it fell to 60 %.
    """

    def __init__(self, mailbox: Mailbox, results: Path, data_folder: Path) -> None:
        super().__init__(name="termlab-engine", daemon=False)
        self._mailbox, self._results, self._data_folder = mailbox, results, data_folder
        self._launch: Launch | None = None
        self._asked: Sequence[Trial] = ()
        self._compared: ExampleQuestion | None = None
        self._answered: ExampleQuestion | None = None
        """The last one that was answered."""
        self._wake = threading.Event()
        self._is_closing = False

    def ask(self, trials: Sequence[Trial]) -> None:
        """Ask what trials would be; an earlier question that was not come to yet is dropped."""
        self._asked = trials
        self._wake.set()

    def compare_examples(self, run_ids: tuple[str, str] | None) -> None:
        """Ask which test examples two runs have right; an earlier question is dropped, and with None not replaced."""
        self._compared = ExampleQuestion(run_ids) if run_ids is not None else None
        self._wake.set()

    def launch(self, launch: Launch) -> None:
        """Check and train trials as soon as the question under way is answered."""
        self._launch = launch
        self._wake.set()

    def close(self, why: str = ON_REQUEST) -> None:
        """End soon; a run under way is saved as stopped first, with why as its last word."""
        self._is_closing = True
        if (launch := self._launch) is not None:
            launch.control.stop_all(why)
        self._wake.set()

    def run(self) -> None:
        """Import torch, then do what is asked until closed."""
        try:
            self._mailbox.post_message(DeviceFound(find_device()))
        except Exception as error:  # a broken installation of torch fails in many ways
            self._mailbox.post_message(ThreadFailed("PyTorch cannot be used", _unforeseen(error)))
        while not self._is_closing:
            self._wake.wait()
            self._wake.clear()
            if (launch := self._launch) is not None:
                self._train(launch)
            self._answer()
            self._compare()

    def _answer(self) -> None:
        asked = self._asked
        for trial in asked:
            if self._is_closing or asked is not self._asked or self._launch is not None:
                return
            self._mailbox.post_message(FactsFound(facts_key(trial), self._facts_of(trial)))
        self._asked = () if asked is self._asked else self._asked

    def _facts_of(self, trial: Trial) -> TrialFacts | TermlabError:
        from engine import trial_facts

        try:
            return trial_facts.check_trials([trial], self._data_folder)[0]
        except TermlabError as error:
            return error
        except Exception as error:  # one odd trial must not end the thread
            return _unforeseen(error)

    def _compare(self) -> None:
        """Compare two runs example by example, giving way to a training, after which it is begun anew."""
        question = self._compared
        if question is None or question is self._answered:
            return
        from engine.data.shared import forget_shared

        found: ExampleSet | TermlabError
        try:
            steps = self._examples_of(question.run_ids)
            while True:
                if self._is_closing or self._compared is not question or self._launch is not None:
                    self._wake.set()
                    return
                next(steps)
        except StopIteration as end:
            found = end.value
        except TermlabError as error:
            found = error
        except Exception as error:
            found = _unforeseen(error)
        finally:
            forget_shared()
        self._answered = question
        self._mailbox.post_message(ExamplesFound(question.run_ids, found))

    def _examples_of(self, run_ids: tuple[str, str]) -> Generator[None, None, ExampleSet]:
        from engine.analysis.example_set import find_example_set

        store = RunStore(self._results)
        first, second = (data_of_run(run_id, store, self._data_folder) for run_id in run_ids)
        return find_example_set(store, run_ids, (first, second))

    def _train(self, launch: Launch) -> None:
        """Check and train; whatever happens, say at the end that it is over."""
        from engine import runner, trial_facts

        problem: TermlabError | None = None
        has_begun = False
        try:
            store = RunStore(self._results)
            store.check_writable()
            data_folder = data_of_work(launch.work, store, self._data_folder)
            facts = trial_facts.check_trials(launch.work.trials, data_folder)
            if launch.control.is_stopping_all:
                return
            earlier = {index: store.load(run_id) for index, run_id in launch.work.interrupted.items()}
            work = launch.work = _written_down(launch.work, store)
            has_begun = True
            self._mailbox.post_message(LaunchBegan(work.trials, facts, earlier))
            events = runner.run_trials(
                work.trials,
                store,
                data_folder=data_folder,
                control=launch.control,
                on_error=work.on_error,
                interrupted=work.interrupted,
                belongs=work.belongs,
            )
            for event in events:
                if launch.put(event):
                    self._mailbox.post_message(EventsArrived())
        except TermlabError as error:
            problem = error
        except Exception as error:  # the screens have to hear of it, whatever it is
            problem = _unforeseen(error)
        finally:
            self._launch = None  # before it is said: the next launch may come at once
            self._mailbox.post_message(LaunchEnded(problem, has_begun))


def _written_down(work: Work, store: RunStore) -> Work:
    """Write down what is about to start together, so that what will be left of it can be gone on with.

    Raises: StoreError if the disk refuses.
    """
    if len(work.trials) < 2 or work.belongs:
        return work
    sweep = create_sweep(store.folder, work.trials, on_error=work.on_error, adopted=work.interrupted)
    return Work.of_new(sweep)


def find_device() -> str:
    """Import torch and return the device that `auto` stands for."""
    from engine.device import choose_device, device_name

    device = choose_device("auto")
    return f"{device} {device_name(device)}" if device.type == "cuda" else str(device)


def _unforeseen(error: Exception) -> TermlabError:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return TermlabError(
        f"{type(error).__name__}: {error}", f"This is a fault in termlab ({Path(where.filename).name}:{where.lineno})."
    )
