"""`Trainings`: what the screens ask of trainings, whether this process does the work or another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.control import ON_REQUEST
from engine.errors import TermlabError
from engine.remainder import Work
from engine.store.annotations import Change as Annotating
from engine.store.annotations import adding, check_note, check_tag, hiding, noting, removing
from engine.summary import RunStatus
from engine.trial import Trial
from tui import store_jobs
from tui.asked import Request
from tui.export_line import read_export_line
from tui.format import plain
from tui.live_sweep import Slot
from tui.runbook import Change, Runbook, facts_key
from tui.worker import EngineThread, Launch, StoreThread

Publish = Callable[..., None]
"""Tell the screens of these changes."""


class Trainings:
    """The launch of this process, if there is one, and the way to those of others."""

    def __init__(
        self,
        runbook: Runbook,
        store_thread: StoreThread,
        engine_thread: EngineThread,
        data_folder: Path,
        *,
        clock: Callable[[], float],
        publish: Publish,
        say: Callable[[str], None],
    ) -> None:
        """Work with these threads; `say` tells the user something in passing."""
        self._book, self._store_thread, self._engine_thread = runbook, store_thread, engine_thread
        self._data_folder, self._clock, self._publish, self._say = data_folder, clock, publish, say
        self.here: Launch | None = None
        """The launch under way in this process."""
        self.left: Launch | None = None
        """The launch that ends with the application."""
        self.kept: tuple[Launch, set[int]] | None = None
        """The launch that is to outlive the application, and the places of its trials that were over by then."""
        self._told_late: set[tuple[str, float]] = set()

    def ask_facts(self, trials: Sequence[Trial]) -> None:
        """Have the size of trials found out, unless it is known."""
        if self._book.is_training:
            return  # loading other data would slow the training down
        wanted = {facts_key(trial): trial for trial in trials}
        facts = self._book.facts
        # What stood in the way may be gone by now: a dataset may have been downloaded meanwhile.
        open_ones = [trial for key, trial in wanted.items() if not hasattr(facts.get(key), "parameters")]
        self._engine_thread.ask(open_ones)

    def launch(self, trials: Sequence[Trial]) -> None:
        """Check trials and train them."""
        if not self._book.is_training and trials:
            self.start(Work(tuple(trials)))

    def start(self, work: Work) -> None:
        """Train, in a process of its own where something trains here already."""
        if self._book.is_training:
            self._store_thread.do(store_jobs.detach(work, self._data_folder))
            self._say("A process of its own goes on with it; it appears here as soon as it has begun.")
            return
        self._book.is_training = self._book.is_checking = True
        self.here = Launch(work)
        self._engine_thread.launch(self.here)
        if work.interrupted:
            self._say("It goes on as soon as its trials are checked.")
        self._publish(Change.STATE)

    def go_on(self, run_id: str) -> None:
        """Go on with a run that was interrupted, or with what was started together with it."""
        self._store_thread.do(store_jobs.find_rest(run_id), run_id)

    @property
    def has_news(self) -> bool:
        """Whether the training here has something to say."""
        return self.here is not None and self.here.has_news

    def take_events(self) -> None:
        """Take what the training here has to say."""
        for event in self.here.take() if self.here is not None else ():
            self._book.apply(event.index, event.run_id, event.event)

    def end_launch(self, problem: TermlabError | None, *, has_begun: bool) -> None:
        """Take note that the launch here is over, and of what ended it before its time."""
        self.take_events()
        book = self._book
        book.is_training = book.is_checking = book.is_stopping = False
        self.here = None
        if has_begun:
            book.abandon(problem.message if problem else "its training ended without a word", self._clock())

    def keep_running(self) -> None:
        """Have the launch here outlive the application, by whoever ends that."""
        if self.here is not None:
            self.kept = (self.here, set(self.here.over))

    def stop_here(self, why: str = ON_REQUEST) -> None:
        """End everything that trains in this process, saved; `why` is for its last word."""
        if self.here is not None:
            self.left = self.here
            self.here.control.stop_all(why)

    def is_paused(self, slot: Slot | None) -> bool:
        """Tell whether a training is held, or about to be."""
        if self.here is not None and self._is_here:
            return self.here.control.is_paused
        if slot is None or slot.run is None:
            return False
        asked = self._book.asked.get(slot.run.id)
        if asked is not None and asked.request in ("pause", "resume"):
            return asked.request == "pause"
        return slot.status is RunStatus.PAUSED

    def set_paused(self, slot: Slot | None, is_paused: bool) -> None:
        """Hold a training, or let it go on."""
        request: Request = "pause" if is_paused else "resume"
        if not self._is_here:
            self._ask(slot, request)
        elif self.here is not None:
            self.here.control.pause() if is_paused else self.here.control.resume()
            self._note_asked(slot, request)

    def stop(self, slot: Slot | None, *, is_everything: bool) -> None:
        """End a run, or all that is left of what was started together with it."""
        request: Request = "stop_all" if is_everything else "stop"
        if not self._is_here:
            self._ask(slot, request)
        elif self.here is not None:
            self.here.control.stop_all() if is_everything else self.here.control.stop_run()
            self._book.is_stopping = is_everything
            self._note_asked(slot, request)

    def late_answers(self) -> list[str]:
        """Say, once each, of which runs an answer should have come by now."""
        late = [(run_id, asked.time) for run_id, asked in self._book.asked.items() if asked.is_late(self._clock())]
        new = [one for one in late if one not in self._told_late]
        self._told_late.update(new)
        return [
            f"{plain(run_id)} does not answer: it is in a long step, or its process is suspended. "
            "It obeys as soon as it looks."
            for run_id, _ in new
        ]

    def check_export(self, line: str) -> None:
        """Raise a TermlabError for a line by which nothing can be exported."""
        read_export_line(line)

    def export(self, run_ids: Sequence[str], line: str) -> None:
        """Write saved runs for another tool, in the format and to the path that a line names."""
        self._store_thread.do(store_jobs.export(run_ids, read_export_line(line)))

    def check_tag(self, line: str) -> None:
        """Raise a ConfigError for what cannot be a tag, given or with a leading - taken away."""
        check_tag(line.strip().removeprefix("-"))

    def check_note(self, line: str) -> None:
        """Raise a ConfigError for what cannot be a note."""
        check_note(line)

    def tag(self, run_ids: Sequence[str], line: str) -> None:
        """Give saved runs a tag, or with a leading - take it away; those that train are not disturbed by it."""
        tag = line.strip()
        self._annotate(run_ids, removing(tag.removeprefix("-")) if tag.startswith("-") else adding(tag))

    def note(self, run_ids: Sequence[str], text: str) -> None:
        """Replace the note of saved runs; empty text takes it away."""
        self._annotate(run_ids, noting(text))

    def hide(self, run_ids: Sequence[str], *, is_hidden: bool) -> None:
        """Leave saved runs out of lists, or show them again."""
        self._annotate(run_ids, hiding(is_hidden=is_hidden))

    def _annotate(self, run_ids: Sequence[str], change: Annotating) -> None:
        for run_id in run_ids:
            self._store_thread.do(store_jobs.annotate_run(run_id, change), run_id)

    @property
    def live_ids(self) -> set[str]:
        """Every run that is being trained, here or elsewhere."""
        book = self._book
        ids = {summary.run for summary in book.live}
        if book.is_training and book.sweep is not None:
            known = {run.id: run.status.is_live for run in book.sweep.runs}
            ids = {run_id for run_id in ids if known.get(run_id, True)}
            ids |= {run_id for run_id, is_live in known.items() if is_live}
        return ids

    @property
    def _is_here(self) -> bool:
        """Whether what Live shows is trained by this process."""
        return self._book.sweep is not None and self._book.sweep.is_here

    def _ask(self, slot: Slot | None, request: Request) -> None:
        """Ask another process, wherever it is: what it is asked lies in the folder of the run."""
        if slot is not None and slot.run is not None and slot.status.is_live:
            self._store_thread.do(store_jobs.ask_run(slot.run.id, request), slot.run.id)
            self._note_asked(slot, request)

    def _note_asked(self, slot: Slot | None, request: Request) -> None:
        if slot is not None and slot.run is not None and slot.status.is_live:
            self._book.ask(slot.run.id, request, self._clock())
        self._publish(Change.STATE)
