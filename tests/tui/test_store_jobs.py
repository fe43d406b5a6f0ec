from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import RunBusyError
from engine.events import Event
from engine.process import process_start_ticks
from engine.store import RunStore
from engine.store.requests import take_request
from engine.store.sweeps import SweepPlace, create_sweep
from tests.builders import build_finished, build_started, build_steps, build_trial, hold_as
from tui.detached import Detached
from tui.store_jobs import ask_run, rest_of

TRIALS = [build_trial(label) for label in ("first", "second", "third", "fourth")]
STOPPED = build_finished("stopped", reason="stopped on request after step 3")
FAILED = build_finished("failed", reason="the loss is nan")


def save(store: RunStore, sweep: str, place: int, *events: Event, **start: object) -> str:
    belongs = SweepPlace(sweep, place) if sweep else None
    writer = store.create(TRIALS[place], build_started(**start), belongs=belongs)
    for event in events:
        writer.append(event)
    writer.close()
    if writer.run.finished is None:
        hold_as(build_started(**start), writer.folder)
    return writer.run.id


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def test_run_started_alone_leaves_itself(store: RunStore) -> None:
    run_id = save(store, "", 0, build_steps(3), STOPPED)
    rest = rest_of(run_id, store)
    assert rest.this is not None
    assert rest.this.interrupted == {0: run_id}
    assert list(rest.choices) == ["this"]


def test_run_whose_process_is_gone_can_be_gone_on_with(store: RunStore) -> None:
    run_id = save(store, "", 0, build_steps(3))
    assert list(rest_of(run_id, store).choices) == ["this"]


def test_done_run_leaves_nothing(store: RunStore) -> None:
    assert rest_of(save(store, "", 0, build_finished()), store).choices == {}


def test_sweep_leaves_what_was_interrupted_and_what_was_never_begun(store: RunStore) -> None:
    sweep = create_sweep(store.folder, TRIALS).id
    done, interrupted = save(store, sweep, 0, build_finished()), save(store, sweep, 1, build_steps(3), STOPPED)
    for run_id, names in ((interrupted, ["this", "sweep"]), (done, ["sweep"])):
        rest = rest_of(run_id, store)
        assert list(rest.choices) == names
        assert rest.sweep is not None
        assert [trial.label for trial in rest.sweep.trials] == ["second", "third", "fourth"]
        assert rest.sweep.interrupted == {0: interrupted}
        assert [place.place for place in rest.sweep.belongs] == [1, 2, 3]


def test_last_run_of_a_sweep_is_not_offered_twice(store: RunStore) -> None:
    sweep = create_sweep(store.folder, TRIALS[:2]).id
    save(store, sweep, 0, build_finished())
    assert list(rest_of(save(store, sweep, 1, build_steps(3), STOPPED), store).choices) == ["this"]


def test_failed_trials_are_trained_anew_only_where_that_is_chosen(store: RunStore) -> None:
    sweep = create_sweep(store.folder, TRIALS).id
    for place in (0, 1):
        save(store, sweep, place, FAILED)
    rest = rest_of(save(store, sweep, 2, build_steps(3), STOPPED), store)
    assert list(rest.choices) == ["this", "sweep", "failed"]
    assert rest.sweep is not None
    assert rest.with_failed is not None
    assert [trial.label for trial in rest.sweep.trials] == ["third", "fourth"]
    assert [trial.label for trial in rest.with_failed.trials] == ["first", "second", "third", "fourth"]
    assert rest.failed_count == 2


def test_failed_trials_are_counted_where_nothing_else_is_left(store: RunStore) -> None:
    sweep = create_sweep(store.folder, TRIALS[:3]).id
    failed = [save(store, sweep, place, FAILED) for place in (0, 1)]
    done = save(store, sweep, 2, build_finished())
    assert rest_of(done, store).failed_count == 2
    assert list(rest_of(done, store).choices) == ["failed"]
    assert list(rest_of(failed[0], store).choices) == ["this", "failed"]
    assert rest_of(failed[0], store).failed_count == 2


def test_sweep_that_another_process_works_on_is_left_to_it(store: RunStore) -> None:
    sweep = create_sweep(store.folder, TRIALS).id
    stopped = save(store, sweep, 0, build_steps(3), STOPPED)
    live = save(store, sweep, 1, pid=os.getpid(), process_started=process_start_ticks(os.getpid()))
    rest = rest_of(stopped, store)
    assert list(rest.choices) == ["this"]
    assert live in rest.note
    with pytest.raises(RunBusyError):
        rest_of(live, store)


def test_sweep_that_cannot_be_read_leaves_the_run(store: RunStore) -> None:
    sweep = create_sweep(store.folder, TRIALS).id
    run_id = save(store, sweep, 0, build_steps(3), STOPPED)
    (store.folder / ".sweeps" / f"{sweep}.json").write_text("{")
    rest = rest_of(run_id, store)
    assert list(rest.choices) == ["this"]
    assert sweep in rest.note


def test_request_lies_in_the_folder_of_the_run(store: RunStore) -> None:
    run_id = save(store, "", 0, build_steps(3))
    ask_run(run_id, "stop_all")(store)
    assert take_request(store.folder / run_id) == "stop_all"


@pytest.mark.parametrize(("code", "is_problem"), [(0, False), (1, False), (75, False), (143, False), (2, True)])
def test_process_of_its_own_that_fails_before_any_run_does_is_said(tmp_path: Path, code: int, is_problem: bool) -> None:
    process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])
    process.wait(timeout=60)
    assert (Detached(process, "s", tmp_path / "log").problem() is not None) is is_problem
