"""Which trials of another process's sweep have not begun: told while a process may begin them, and no longer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.control import HANDED_OVER, HANDED_OVER_SECONDS
from engine.events import RunFinished
from engine.presets import Preset
from engine.process import host_name, process_start_ticks
from engine.store import RunStore
from engine.store.run_writer import RunWriter
from engine.store.sweeps import SweepPlace, create_sweep
from engine.summary import RunStatus
from engine.trial import Trial
from tests.processes import start_python
from tests.tui.fixtures import app, engine, in_utc, presets
from tests.tui.laboratory import PretendedTraining, finished, screen_text, started, told, training, until, with_seed
from tui.app import TermlabApp

__all__ = ["app", "engine", "in_utc", "presets"]

FORGETS_TO_FINISH = """\
import os, sys
from pathlib import Path
from engine.process import host_name, process_start_ticks
from engine.store import RunStore
from engine.store.sweeps import SweepPlace, load_sweep
from tests.tui.laboratory import started
results, sweep = Path(sys.argv[1]), sys.argv[2]
trial = load_sweep(results, sweep).trials[0]
here = {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}
RunStore(results).create(trial, started(trial).model_copy(update=here), belongs=SweepPlace(sweep, 0))
print("begun", flush=True)
sys.stdin.readline()
os._exit(9)
"""


class Sweeping:
    """This process, which trains a sweep that the application knows only from the disk."""

    def __init__(self, results: Path, trials: list[Trial]) -> None:
        self.store, self.trials = RunStore(results), trials
        self.id = create_sweep(results, trials).id
        self._writers: list[RunWriter] = []

    def begin(self, place: int) -> RunWriter:
        here = {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}
        trial = self.trials[place]
        first = started(trial).model_copy(update=here)
        writer = self.store.create(trial, first, belongs=SweepPlace(self.id, place))
        self._writers.append(writer)
        for event in training(trial, epochs=2):
            writer.append(event)
        return writer

    def go_on(self, writer: RunWriter) -> None:
        here = {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}
        writer.append(started(writer.run.trial, time.time()).model_copy(update=here))
        self._writers.append(writer)

    def end(self, writer: RunWriter, last: RunFinished | None = None) -> None:
        writer.append(last or finished(time.time()))
        writer.close()
        self._writers.remove(writer)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


@pytest.fixture
def sweeping(app: TermlabApp, presets: list[Preset]) -> Iterator[Sweeping]:
    """Three seeds of two trials."""
    trials = [with_seed(trial, seed) for seed in (0, 1, 2) for trial in presets[0].trials]
    sweep = Sweeping(app.results, trials)
    yield sweep
    sweep.close()


def rows(app: TermlabApp) -> list[tuple[str, int, RunStatus]]:
    """Label, seed and status of what Live shows."""
    sweep = app.runbook.sweep
    slots = sweep.slots if sweep is not None else []
    return [(slot.trial.label, slot.trial.config.seed, slot.status) for slot in slots]


QUEUED, RUNNING, DONE = RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.DONE


async def test_trials_that_another_process_has_still_to_begin_are_queued_rows(
    app: TermlabApp, sweeping: Sweeping
) -> None:
    first = sweeping.begin(0)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        assert rows(app)[:3] == [("sgd", 0, RUNNING), ("momentum", 0, QUEUED), ("sgd", 1, QUEUED)]
        await until(pilot, lambda: screen_text(app).count("queued") == 5)
        assert "run 1 of 6" in screen_text(app)
        sweeping.end(first)
        sweeping.begin(1)
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app)[:3] == [("sgd", 0, DONE), ("momentum", 0, RUNNING), ("sgd", 1, QUEUED)])
        assert len(rows(app)) == 6  # a row became a run, and none came twice
        await until(pilot, lambda: "run 2 of 6" in screen_text(app))


async def test_rows_wait_between_two_trials_while_their_process_is_there(app: TermlabApp, sweeping: Sweeping) -> None:
    first = sweeping.begin(0)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        sweeping.end(first)
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app)[0][2] is DONE)
        assert [status for *_, status in rows(app)[1:]] == [QUEUED] * 5
        assert "over" not in screen_text(app)


async def test_who_comes_late_sees_what_is_still_to_come_and_nothing_that_is_over(
    app: TermlabApp, sweeping: Sweeping
) -> None:
    for place in (0, 1):
        sweeping.end(sweeping.begin(place))
    sweeping.begin(2)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 4)
        assert rows(app) == [("sgd", 1, RUNNING), ("momentum", 1, QUEUED), ("sgd", 2, QUEUED), ("momentum", 2, QUEUED)]
        await until(pilot, lambda: "run 3 of 6" in screen_text(app))


async def test_nothing_is_promised_of_a_process_that_is_gone_and_what_is_left_is_counted(
    app: TermlabApp, sweeping: Sweeping
) -> None:
    process = start_python(FORGETS_TO_FINISH, str(app.results), sweeping.id)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        process.communicate("\n")
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app) == [("sgd", 0, RunStatus.LOST)])
        await until(pilot, lambda: "over: 1 lost, 5 not begun" in screen_text(app))
        assert "run 1 of 6" in screen_text(app)  # none came after it
        why = f"process {process.pid} on {host_name()} is gone"
        assert why in screen_text(app).splitlines()[2]
        await pilot.press("l")
        await until(pilot, lambda: f"lost: {why}" in screen_text(app))


async def test_rows_wait_again_as_soon_as_a_process_goes_on_with_a_run_of_the_sweep(
    app: TermlabApp, sweeping: Sweeping
) -> None:
    first = sweeping.begin(0)
    run_id = first.run.id
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        sweeping.end(first, finished(time.time(), status="stopped", reason="stopped by SIGTERM after step 40"))
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app) == [("sgd", 0, RunStatus.STOPPED)])
        again = sweeping.store.reopen(run_id)
        sweeping.go_on(again)
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app)[:2] == [("sgd", 0, RUNNING), ("momentum", 0, QUEUED)])
        assert len(rows(app)) == 6


async def test_training_that_is_handed_over_is_said_to_go_on(app: TermlabApp, sweeping: Sweeping) -> None:
    first = sweeping.begin(0)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        now = app.clock()
        sweeping.end(first, finished(now, status="stopped", reason=f"stopped {HANDED_OVER} after step 40"))
        for place in range(1, 6):  # so that nothing is awaited any more
            sweeping.end(sweeping.begin(place), finished(now))
        app.store_thread.look_now()
        await until(pilot, lambda: "goes on in a process of its own" in screen_text(app))
        app.clock = lambda: now + 100.0
        await until(pilot, lambda: "over: 1 stopped" in screen_text(app))


async def test_rows_wait_while_their_training_is_handed_over_and_no_longer(app: TermlabApp, sweeping: Sweeping) -> None:
    first = sweeping.begin(0)
    run_id, handed_over = first.run.id, f"stopped {HANDED_OVER} after step 40"
    waiting = [QUEUED] * 5
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        sweeping.end(first, finished(time.time(), status="stopped", reason=handed_over))
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app)[0][2] is RunStatus.STOPPED)
        await until(pilot, lambda: "goes on in a process of its own" in screen_text(app))
        assert [status for *_, status in rows(app)[1:]] == waiting
        assert app.screen.check_action("go_on", ()) is False
        again = sweeping.store.reopen(run_id)
        sweeping.go_on(again)
        app.store_thread.look_now()
        await until(pilot, lambda: [status for *_, status in rows(app)] == [RUNNING, *waiting])
        ended = time.time() - HANDED_OVER_SECONDS + 1.0
        sweeping.end(again, finished(ended, status="stopped", reason=handed_over))
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app) == [("sgd", 0, RunStatus.STOPPED)])
        await until(pilot, lambda: "over: 1 stopped, 5 not begun" in screen_text(app))


async def test_run_of_another_process_is_read_anew_after_a_training_here(
    app: TermlabApp, sweeping: Sweeping, engine: PretendedTraining, presets: list[Preset]
) -> None:
    """What came of it meanwhile was not shown, and the rest alone would be no run."""
    first = sweeping.begin(0)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(rows(app)) == 6)
        engine.is_gated = True
        app.trainings.launch(presets[0].trials[:1])
        await until(pilot, lambda: app.runbook.sweep is not None and app.runbook.sweep.is_here)
        for event in training(first.run.trial, epochs=4)[4:]:
            first.append(event)
        app.store_thread.look_now()
        await until(pilot, lambda: not app.opened.is_on_live(first.run.id))
        engine.gate.release(100)
        await until(pilot, lambda: not app.runbook.is_training)
        for event in training(first.run.trial)[8:]:
            first.append(event)
        app.store_thread.look_now()
        await until(pilot, lambda: rows(app)[:2] == [("sgd", 0, RUNNING), ("momentum", 0, QUEUED)])
        sweep = app.runbook.sweep
        assert sweep is not None
        run = sweep.slots[0].run
        assert run is not None
        await until(pilot, lambda: len(run.epochs) == 5)
        assert run.started is not None
        assert len(run.series["train_loss"]) == 100


async def test_runs_that_were_compared_and_then_removed_are_not_said_to_be_unreadable(
    app: TermlabApp, sweeping: Sweeping
) -> None:
    for place in (0, 1):
        sweeping.end(sweeping.begin(place))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: len(app.runbook.summaries) == 2)
        await pilot.press("a", "d")
        await until(
            pilot, lambda: all(run is not None for run in app.runbook.opened.values()) and app.current_mode == "compare"
        )
        await pilot.press("3", "D")
        await until(pilot, lambda: "Remove 2 runs" in screen_text(app))
        await pilot.press("r")
        await until(pilot, lambda: "2 runs moved to the trash" in told(app))
        looks = app.store_thread
        looks.look_now()
        await until(pilot, lambda: not app.runbook.summaries)
        assert "missing" not in told(app)
