from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from textual.message import Message

from engine.errors import DataError, StoreError
from engine.events import EpochDone, Event, RunFinished, StepsDone
from engine.presets import Preset
from engine.remainder import Work
from engine.runner import TrialEvent
from engine.store import RunStore
from engine.store.sweeps import load_sweep
from engine.summary import RunStatus
from tests.builders import build_epoch, build_finished, build_started, build_steps, build_trial
from tests.processes import start_python
from tests.tui.fixtures import engine, presets
from tests.tui.laboratory import PretendedTraining, facts_of, finished, started, training, write_run
from tui import messages, worker
from tui.trash_jobs import remove_runs
from tui.worker import engine_thread

__all__ = ["engine", "presets"]

M = TypeVar("M", bound=Message)


def count_looks(thread: worker.StoreThread, monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Release a semaphore each time the thread looks into the folder."""
    looks = threading.Semaphore(0)
    look = thread._look

    def counted() -> None:
        look()
        looks.release()

    monkeypatch.setattr(thread, "_look", counted)
    return looks


class Box:
    """Keeps what a thread posts."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._came = threading.Condition()

    def post_message(self, message: Message) -> bool:
        with self._came:
            self.messages.append(message)
            self._came.notify_all()
        return True

    def wait_for(self, kind: type[M], matching: Callable[[M], bool] = lambda _: True) -> M:
        def first() -> M | None:
            return next((one for one in self.messages if isinstance(one, kind) and matching(one)), None)

        with self._came:
            assert self._came.wait_for(lambda: first() is not None, timeout=20), f"no {kind.__name__} came"
        found = first()
        assert found is not None
        return found


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def working(box: Box, tmp_path: Path, engine: PretendedTraining) -> Iterator[worker.EngineThread]:
    """An engine's thread that imports no torch."""
    thread = worker.EngineThread(box, tmp_path, tmp_path)
    thread.start()
    yield thread
    thread.close()
    thread.join()


@pytest.fixture
def watched(box: Box, tmp_path: Path) -> Iterator[worker.StoreThread]:
    thread = worker.StoreThread(box, tmp_path, poll_seconds=0.02)
    thread.start()
    yield thread
    thread.close()
    thread.join()


def test_launch_is_checked_then_trained_and_every_event_is_handed_over(
    box: Box, working: worker.EngineThread, tmp_path: Path, presets: list[Preset]
) -> None:
    launch = worker.Launch(Work(tuple(presets[0].trials)))
    working.launch(launch)
    ended = box.wait_for(messages.LaunchEnded)
    assert (ended.problem, ended.has_begun) == (None, True)
    kinds = [type(message) for message in box.messages]
    assert kinds == [messages.DeviceFound, messages.LaunchBegan, messages.EventsArrived, messages.LaunchEnded]
    events = launch.take()
    assert [one.index for one in events if isinstance(one.event, RunFinished)] == [0, 1]
    assert {one.run_id for one in events} == {summary.run for summary in RunStore(tmp_path).summaries()}
    assert not launch.take()


def test_second_launch_follows_the_first_in_the_same_thread(
    box: Box, working: worker.EngineThread, presets: list[Preset]
) -> None:
    for _ in range(2):
        box.messages.clear()
        working.launch(worker.Launch(Work(tuple(presets[0].trials))))
        assert box.wait_for(messages.LaunchEnded).has_begun


def test_launch_of_several_trials_is_written_down_and_one_of_a_single_trial_is_not(
    box: Box, working: worker.EngineThread, tmp_path: Path, presets: list[Preset], engine: PretendedTraining
) -> None:
    working.launch(worker.Launch(Work(tuple(presets[0].trials[:1]))))
    box.wait_for(messages.LaunchEnded)
    assert not engine.belongs
    assert not (tmp_path / ".sweeps").exists()
    box.messages.clear()
    working.launch(worker.Launch(Work(tuple(presets[0].trials))))
    box.wait_for(messages.LaunchEnded)
    assert [place.place for place in engine.belongs] == [0, 1]
    assert load_sweep(tmp_path, engine.belongs[0].sweep).trials == tuple(presets[0].trials)


def test_run_that_is_gone_on_with_is_handed_over_as_it_was(
    box: Box, working: worker.EngineThread, tmp_path: Path, presets: list[Preset], engine: PretendedTraining
) -> None:
    trial = presets[0].trials[0]
    run_id = write_run(
        RunStore(tmp_path), trial, [started(trial), *training(trial, epochs=2), finished(status="stopped")]
    )
    working.launch(worker.Launch(Work((trial,), {0: run_id})))
    assert len(box.wait_for(messages.LaunchBegan).earlier[0].epochs) == 2
    box.wait_for(messages.LaunchEnded)
    assert engine.interrupted == {0: run_id}


def test_event_after_the_last_ones_were_taken_is_announced_again(presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    launch = worker.Launch(Work((trial,)))
    event = TrialEvent(0, trial, "run0", started(trial))
    assert [launch.put(event), launch.put(event)] == [True, False]
    assert len(launch.take()) == 2
    assert launch.put(event)


def test_problem_found_before_the_start_is_said_and_nothing_is_saved(
    box: Box, working: worker.EngineThread, tmp_path: Path, presets: list[Preset], engine: PretendedTraining
) -> None:
    engine.problem = DataError("mnist is not in the data folder.", "termlab data get mnist")
    working.launch(worker.Launch(Work(tuple(presets[1].trials))))
    ended = box.wait_for(messages.LaunchEnded)
    assert ended.problem is engine.problem
    assert not ended.has_begun
    assert RunStore(tmp_path).summaries() == []


def test_unforeseen_fault_ends_the_launch_with_a_message_and_not_the_thread(
    box: Box, working: worker.EngineThread, presets: list[Preset], engine: PretendedTraining
) -> None:
    engine.problem = ZeroDivisionError("by nothing")
    working.launch(worker.Launch(Work(tuple(presets[0].trials))))
    assert "ZeroDivisionError: by nothing" in str(box.wait_for(messages.LaunchEnded).problem)
    assert working.is_alive()


def test_results_folder_that_cannot_be_written_is_said_before_anything_is_checked(
    box: Box, tmp_path: Path, presets: list[Preset], engine: PretendedTraining
) -> None:
    (tmp_path / "file").write_text("not a folder")
    thread = worker.EngineThread(box, tmp_path / "file", tmp_path)
    thread.start()
    thread.launch(worker.Launch(Work(tuple(presets[0].trials))))
    assert isinstance(box.wait_for(messages.LaunchEnded).problem, StoreError)
    thread.close()
    thread.join()


def test_closing_ends_the_thread_and_saves_the_run_though_it_is_paused(
    box: Box, working: worker.EngineThread, tmp_path: Path, presets: list[Preset], engine: PretendedTraining
) -> None:
    engine.is_gated = True
    launch = worker.Launch(Work(tuple(presets[0].trials)))
    launch.control.pause()
    working.launch(launch)
    box.wait_for(messages.LaunchBegan)
    working.close()
    working.join(timeout=20)
    assert not working.is_alive()
    assert [summary.status for summary in RunStore(tmp_path).summaries()] == [RunStatus.STOPPED]


def test_no_thread_is_a_daemon(box: Box, tmp_path: Path) -> None:
    assert not worker.EngineThread(box, tmp_path, tmp_path).daemon
    assert not worker.StoreThread(box, tmp_path).daemon


def test_torch_that_cannot_be_imported_is_said(
    box: Box, tmp_path: Path, engine: PretendedTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise ImportError("libcudart.so.13 is missing")

    monkeypatch.setattr(engine_thread, "find_device", broken)
    thread = worker.EngineThread(box, tmp_path, tmp_path)
    thread.start()
    assert "libcudart.so.13 is missing" in str(box.wait_for(messages.ThreadFailed).problem)
    thread.close()
    thread.join()


def test_run_of_another_process_appears_by_itself(
    box: Box, watched: worker.StoreThread, tmp_path: Path, presets: list[Preset]
) -> None:
    box.wait_for(messages.RunsChanged, lambda message: not message.summaries)
    trial = presets[0].trials[0]
    run_id = write_run(RunStore(tmp_path), trial, [started(trial), *training(trial), finished()])
    changed = box.wait_for(messages.RunsChanged, lambda message: bool(message.rows))
    assert [summary.run for summary in changed.summaries] == [run_id]
    assert changed.rows[0].label == "sgd"


def test_run_of_a_real_process_appears_moves_is_lost_and_goes_on(
    box: Box, watched: worker.StoreThread, tmp_path: Path
) -> None:
    """Steps come at the test's word, so that what is seen is never what was there before."""
    script = """if True:
        import sys
        from dataclasses import asdict
        from pathlib import Path
        from engine.process import Writer
        from engine.store import RunStore
        from tests.builders import build_finished, build_started, build_steps, build_trial
        store, started = RunStore(Path(sys.argv[1])), build_started(**asdict(Writer.here()))
        if sys.argv[2]:
            writer = store.reopen(sys.argv[2])
            writer.append(started)
        else:
            writer = store.create(build_trial(), started)
        print(writer.run.id, flush=True)
        for line in sys.stdin:
            writer.append(build_finished() if line == "end\\n" else build_steps(int(line)))
        sys.stdin.close()
    """

    def say(process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()

    def wait_for(status: str, steps: int) -> None:
        box.wait_for(
            messages.RunsChanged,
            lambda message: [(str(run.status), run.steps) for run in message.summaries] == [(status, steps)],
        )

    first = start_python(script, str(tmp_path), "")
    assert first.stdout is not None
    run_id = first.stdout.readline().strip()
    wait_for("running", 0)
    for steps in (3, 7):
        say(first, str(steps))
        wait_for("running", steps)
    first.kill()
    first.communicate()
    wait_for("lost", 7)
    second = start_python(script, str(tmp_path), run_id)
    wait_for("running", 0)
    say(second, "9")
    wait_for("running", 9)
    say(second, "end")
    wait_for("done", 9)
    second.communicate()


def test_nothing_is_posted_while_nothing_changes(
    box: Box, watched: worker.StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.wait_for(messages.RunsChanged)
    looks = count_looks(watched, monkeypatch)
    for _ in range(3):
        assert looks.acquire(timeout=20)
    assert len(box.messages) == 1


def test_followed_run_is_read_whole_and_then_what_is_added(
    box: Box, watched: worker.StoreThread, tmp_path: Path, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    writer = RunStore(tmp_path).create(trial, started(trial))
    watched.follow(writer.run.id)
    first = box.wait_for(messages.RunRead)
    assert first.is_first
    assert len(first.events) == 1
    for event in training(trial):
        writer.append(event)
    writer.close()
    more = box.wait_for(messages.RunRead, lambda message: not message.is_first)
    assert more.run_id == writer.run.id


def test_run_that_is_asked_for_again_is_read_whole_again(
    box: Box, watched: worker.StoreThread, tmp_path: Path, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    run_id = write_run(RunStore(tmp_path), trial, [started(trial), *training(trial), finished()])
    for _ in range(2):
        box.messages.clear()
        watched.follow(run_id)
        assert len(box.wait_for(messages.RunRead, lambda message: message.is_first).events) == 12


def test_run_that_cannot_be_followed_is_said(box: Box, watched: worker.StoreThread) -> None:
    watched.follow("nowhere")
    assert box.wait_for(messages.StoreFailed).run_id == "nowhere"


def test_removed_run_goes_to_the_trash(
    box: Box, watched: worker.StoreThread, tmp_path: Path, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    run_id = write_run(RunStore(tmp_path), trial, [started(trial), finished()])
    box.wait_for(messages.RunsChanged, lambda message: bool(message.summaries))
    box.messages.clear()
    watched.do(remove_runs([run_id]))
    box.wait_for(messages.RunsChanged, lambda message: not message.summaries)
    assert (tmp_path / ".trash" / run_id).is_dir()


def test_unreadable_results_folder_is_said_once(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    thread = worker.StoreThread(box, tmp_path / "file", poll_seconds=0.01)
    looks = count_looks(thread, monkeypatch)
    thread.start()
    for _ in range(3):
        assert looks.acquire(timeout=20)
    thread.close()
    thread.join()
    assert [type(message) for message in box.messages] == [messages.StoreFailed]


def test_facts_are_found_after_the_device_and_a_fault_is_a_fact_too(
    box: Box, working: worker.EngineThread, presets: list[Preset], engine: PretendedTraining
) -> None:
    working.ask(presets[0].trials)
    assert box.wait_for(messages.FactsFound).facts == facts_of(presets[0].trials[0])
    assert isinstance(box.messages[0], messages.DeviceFound)
    engine.problem = DataError("mnist is not here.")
    working.ask(presets[1].trials)
    assert box.wait_for(messages.FactsFound, lambda message: message.facts is engine.problem)


def test_what_begins_or_ends_is_announced_and_steps_wait_for_a_look() -> None:
    trial = build_trial()
    launch = worker.Launch(Work((trial,)))

    def announced(event: Event) -> bool:
        return launch.put(TrialEvent(0, trial, "run", event))

    assert announced(build_started())
    assert not announced(build_finished())  # the one before was not taken yet
    assert len(launch.take()) == 2
    assert not launch.has_news
    assert not announced(build_steps(1))
    assert not announced(build_epoch(1))
    assert launch.has_news
    assert announced(build_finished())
    assert [type(one.event) for one in launch.take()] == [StepsDone, EpochDone, RunFinished]
