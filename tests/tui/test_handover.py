from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import TermlabError
from engine.events import Event
from engine.remainder import Work
from engine.runner import TrialEvent
from engine.store import RunStore
from engine.store.sweeps import create_sweep, load_sweep
from engine.trial import Trial
from tests.builders import build_finished, build_started, build_steps, build_trial
from tui.console import ExitCode
from tui.handover import hand_over
from tui.worker import Launch

TRIALS = tuple(build_trial(label) for label in ("first", "second", "third"))
STOPPED = build_finished("stopped", reason="stopped on request after step 3")


class Starter:
    """Stands in for what starts a process of its own; its processes end well, having done nothing."""

    def __init__(self) -> None:
        self.sweeps: list[str] = []
        self.problem: TermlabError | None = None

    def __call__(self, _results: Path, _data_folder: Path, sweep_id: str) -> subprocess.Popen[bytes]:
        if self.problem is not None:
            raise self.problem
        self.sweeps.append(sweep_id)
        return subprocess.Popen([sys.executable, "-c", ""])


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> Starter:
    starter = Starter()
    monkeypatch.setattr("tui.detached.start_detached", starter)
    return starter


def train(store: RunStore, launch: Launch, index: int, *events: Event) -> str:
    """Save a run of a launch and tell the launch of it."""
    trial, place = launch.work.trials[index], launch.work.belongs[index] if launch.work.belongs else None
    writer = store.create(trial, build_started(), belongs=place)
    for event in events:
        writer.append(event)
        launch.put(TrialEvent(index, trial, writer.run.id, event))
    writer.close()
    return writer.run.id


def launch_of(trials: Sequence[Trial], store: RunStore) -> Launch:
    if len(trials) == 1:
        return Launch(Work(tuple(trials)))
    return Launch(Work.of_new(create_sweep(store.folder, trials)))


def test_one_run_gets_a_record_by_which_another_process_goes_on(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RunStore(tmp_path)
    launch = launch_of(TRIALS[:1], store)
    run_id = train(store, launch, 0, build_steps(3), STOPPED)
    assert hand_over(launch, set(), tmp_path, tmp_path) is ExitCode.OK
    assert load_sweep(tmp_path, starter.sweeps[0]).adopted == {0: run_id}
    told = capsys.readouterr()
    assert "goes on with the training: 1 run." in told.err
    assert f"termlab stop {run_id} ends it." in told.err
    assert told.out == ""


def test_whole_rest_of_a_sweep_goes_on_by_the_record_of_that_sweep(tmp_path: Path, starter: Starter) -> None:
    store = RunStore(tmp_path)
    launch = launch_of(TRIALS, store)
    train(store, launch, 0, build_finished())
    train(store, launch, 1, build_steps(3), STOPPED)
    hand_over(launch, {0}, tmp_path, tmp_path)
    assert starter.sweeps == [launch.work.belongs[0].sweep]


def test_run_that_was_stopped_before_stays_stopped(tmp_path: Path, starter: Starter) -> None:
    store = RunStore(tmp_path)
    launch = launch_of(TRIALS, store)
    train(store, launch, 0, build_steps(3), STOPPED)
    second = train(store, launch, 1, build_steps(3), STOPPED)
    hand_over(launch, {0}, tmp_path, tmp_path)
    sweep = load_sweep(tmp_path, starter.sweeps[0])
    assert [trial.label for trial in sweep.trials] == ["second", "third"]
    assert sweep.adopted == {0: second}


def test_nothing_is_started_where_the_training_ended_by_itself(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RunStore(tmp_path)
    launch = launch_of(TRIALS[:1], store)
    train(store, launch, 0, build_finished())
    assert hand_over(launch, set(), tmp_path, tmp_path) is ExitCode.OK
    assert starter.sweeps == []
    assert "nothing is left to do" in capsys.readouterr().err


def test_trials_that_were_still_being_checked_go_on_too(tmp_path: Path, starter: Starter) -> None:
    launch = Launch(Work(TRIALS[:2]))
    hand_over(launch, set(), tmp_path, tmp_path)
    assert load_sweep(tmp_path, starter.sweeps[0]).trials == TRIALS[:2]


def test_process_that_cannot_be_started_is_said_with_how_to_go_on(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RunStore(tmp_path)
    launch = launch_of(TRIALS[:1], store)
    run_id = train(store, launch, 0, build_steps(3), STOPPED)
    starter.problem = TermlabError("no process of its own can be started: Resource temporarily unavailable")
    assert hand_over(launch, set(), tmp_path, tmp_path) is ExitCode.RUN_FAILED
    told = capsys.readouterr().err
    assert "Resource temporarily unavailable" in told
    assert f"termlab resume {run_id}" in told
    assert store.summary(run_id).status.is_resumable


def test_process_that_ends_at_once_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(4)"])

    monkeypatch.setattr("tui.detached.start_detached", broken)
    store = RunStore(tmp_path)
    launch = launch_of(TRIALS[:1], store)
    train(store, launch, 0, build_steps(3), STOPPED)
    assert hand_over(launch, set(), tmp_path, tmp_path) is ExitCode.RUN_FAILED
    assert "has ended already" in capsys.readouterr().err
