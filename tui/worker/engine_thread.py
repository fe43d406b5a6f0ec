"""`EngineThread`: the thread that computes: it trains, sizes trials, and asks trained networks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.control import ON_REQUEST
from engine.errors import TermlabError
from engine.remainder import Work
from engine.store import RunStore
from engine.store.sweeps import create_sweep
from engine.trial import Trial
from tui.messages import (
    DeviceFound,
    EventsArrived,
    FactsFound,
    LaunchBegan,
    LaunchEnded,
    ThreadFailed,
)
from tui.runbook import facts_key
from tui.worker.inquiries import Inquiries
from tui.worker.launch import Launch
from tui.worker.mailbox import Mailbox, unforeseen
from tui.workspace import data_of_work

if TYPE_CHECKING:
    from engine.analysis.question import Question
    from engine.trial_facts import TrialFacts


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
        self.inquiries = Inquiries(mailbox, results, data_folder)
        self._wake = threading.Event()
        self._is_closing = False

    def ask(self, trials: Sequence[Trial]) -> None:
        """Ask what trials would be; an earlier question that was not come to yet is dropped."""
        self._asked = trials
        self._wake.set()

    def compare_examples(self, run_ids: tuple[str, str] | None) -> None:
        """Ask which test examples two runs have right; an earlier question is dropped, and with None not replaced."""
        self.inquiries.compare(run_ids)
        self._wake.set()

    def inspect(self, question: Question | None) -> None:
        """Ask a network; an earlier question is dropped. With None it is not replaced, and networks are forgotten."""
        self.inquiries.inspect(question)
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
            self._mailbox.post_message(ThreadFailed("PyTorch cannot be used", unforeseen(error)))
        while not self._is_closing:
            self._wake.wait()
            self._wake.clear()
            if (launch := self._launch) is not None:
                self._train(launch)
            self._answer()
            if self.inquiries.pursue(lambda: self._is_closing or self._launch is not None):
                self._wake.set()

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
            return unforeseen(error)

    def _train(self, launch: Launch) -> None:
        """Check and train; whatever happens, say at the end that it is over."""
        from engine import runner, trial_facts

        problem: TermlabError | None = None
        has_begun = False
        self.inquiries.forget()  # the training may need the memory
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
            problem = unforeseen(error)
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
