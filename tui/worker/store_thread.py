"""`StoreThread`: watches the results folder for the screens, and does on the disk what they ask for."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

from engine.errors import TermlabError
from engine.events import RunStarted
from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow
from engine.store import RunStore, RunTail
from engine.summary import RunStatus, RunSummary
from tui.awaited import AwaitedTrials
from tui.detached import Detached
from tui.file_events import FileEvents
from tui.messages import DetachedEnded, RequestFailed, RunRead, RunsChanged, StoreFailed, ThreadFailed
from tui.store_jobs import Job
from tui.worker.mailbox import Mailbox, unforeseen

POLL_SECONDS = 1.0
"""Runs of other processes have to appear within two seconds."""
SETTLE_SECONDS = 0.25
"""After the system has told of a change: others follow it, as a run has several files."""
WHOLE_LOOK = 10
"""One of so many looks at the folder is for what nobody who writes runs does: files that were changed by hand."""


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
            self._mailbox.post_message(ThreadFailed("The results folder is not watched any more", unforeseen(error)))
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
        if self._file_events.follow(self._store.folder, (one.run for one in summaries if one.status.is_live)):
            self._wake.set()  # for one more look

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
                if any(isinstance(event, RunStarted) for event in events):  # somebody goes on with it, or with all
                    self._awaited.follow(tail.run.sweep)
                self._mailbox.post_message(RunRead(tail.run, events, is_first=False))
        except TermlabError as error:
            self._tails.pop(run_id, None)
            if tail is None or tail.folder.is_dir():  # that a run which was looked at is gone, the list of runs says
                self._mailbox.post_message(StoreFailed(error, run_id))
