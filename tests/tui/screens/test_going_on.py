"""What was interrupted is found and gone on with; what other processes train is asked to pause, go on and stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.events import Noted, RunStarted
from engine.presets import Preset
from engine.process import host_name, process_start_ticks
from engine.store import RunStore
from engine.store.requests import REQUEST
from engine.store.run_writer import RunWriter
from engine.store.sweeps import SweepPlace, create_sweep, load_sweep
from engine.summary import RunStatus
from engine.trial import Trial
from tests.tui.laboratory import (
    NOW,
    FrozenApp,
    PretendedTraining,
    finished,
    saved_runs,
    screen_text,
    started,
    told,
    training,
    until,
    write_run,
)
from tui.app import TermlabApp
from tui.asked import ANSWER_SECONDS
from tui.screens.ask import AskScreen
from tui.screens.leaderboard import LeaderboardScreen
from tui.screens.run import RunScreen

STOPPED = finished(status="stopped", reason="stopped on request after step 40")


def alive(trial: Trial) -> RunStarted:
    """Return the first event of a run that this very process trains."""
    here = {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}
    return started(trial).model_copy(update=here)


def interrupt(app: TermlabApp, presets: list[Preset], *, place: int = 0, sweep: str = "") -> str:
    """Save a run that was stopped after two epochs."""
    trial = presets[0].trials[place]
    writer = RunStore(app.results).create(trial, started(trial), belongs=SweepPlace(sweep, place) if sweep else None)
    for event in (*training(trial, epochs=2), STOPPED):
        writer.append(event)
    writer.close()
    return writer.run.id


async def show_runs(app: TermlabApp, pilot: Pilot[Any]) -> None:
    await pilot.press("3")
    await until(pilot, lambda: bool(app.runbook.summaries))
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, LeaderboardScreen) and bool(app.screen.table.rows))


async def test_first_screen_says_that_runs_were_interrupted_and_what_goes_on_with_them(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_runs([run for run in saved_runs(presets) if run.status is RunStatus.DONE])
        await until(pilot, lambda: "8 runs" in screen_text(frozen))
        assert "interrupted" not in screen_text(frozen)
        frozen.tell_runs(saved_runs(presets))
        words = "1 run was interrupted: R on the Leaderboard (3) goes on with it."
        await until(pilot, lambda: words in screen_text(frozen))
        await pilot.press("2")
        await until(pilot, lambda: words in screen_text(frozen))
        await pilot.press("3")
        await until(pilot, lambda: "1 interrupted: R" in screen_text(frozen) and " R Go on " in screen_text(frozen))


async def test_interrupted_run_that_was_trained_again_to_the_end_is_no_news(
    app: TermlabApp, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    interrupt(app, presets)
    write_run(RunStore(app.results), trial, [started(trial), *training(trial), finished()])
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: len(app.runbook.summaries) == 2)
        assert app.runbook.interrupted == []


async def test_r_on_an_interrupted_run_goes_on_with_it_from_where_it_was(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    run_id = interrupt(app, presets)
    engine.is_gated = True
    async with app.run_test(size=(120, 36)) as pilot:
        await show_runs(app, pilot)
        await until(pilot, lambda: "Interrupted: R goes on with it." in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: app.current_mode == "live" and bool(app.runbook.sweep and app.runbook.sweep.current))
        assert engine.interrupted == {0: run_id}
        assert app.runbook.sweep is not None
        (run,) = app.runbook.sweep.runs
        assert run.id == run_id
        assert run.created == RunStore(app.results).load(run_id).created
    app.close_threads()


async def test_r_among_recipes_goes_on_with_the_only_run_that_was_interrupted(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    run_id = interrupt(app, presets)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "1 interrupted: R" in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: engine.interrupted == {0: run_id} and not app.runbook.is_training)


async def test_r_among_recipes_shows_which_runs_were_interrupted(app: TermlabApp, presets: list[Preset]) -> None:
    interrupt(app, presets)
    newest = interrupt(app, presets, place=1)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "2 interrupted: R" in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: "Interrupted: R goes on with it." in screen_text(app))
        assert isinstance(app.screen, LeaderboardScreen)
        assert app.screen.table.cursor_key == newest


@pytest.mark.parametrize(("key", "labels"), [("t", ["sgd"]), ("s", ["sgd", "momentum"])])
async def test_run_of_a_sweep_goes_on_alone_or_with_the_rest_of_it(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset], key: str, labels: list[str]
) -> None:
    sweep = create_sweep(app.results, presets[0].trials).id
    run_id = interrupt(app, presets, sweep=sweep)
    async with app.run_test(size=(80, 24)) as pilot:
        await show_runs(app, pilot)
        await pilot.press("R")
        await until(pilot, lambda: "The rest of its sweep: 2 runs (s)" in screen_text(app))
        assert "Go back (b)" in screen_text(app)
        await pilot.press(key)
        await until(pilot, lambda: bool(engine.launched) and not app.runbook.is_training)
        assert [trial.label for trial in engine.launched] == labels
        assert engine.interrupted == {0: run_id}
        if key == "s":
            assert engine.belongs == (SweepPlace(sweep, 0), SweepPlace(sweep, 1))


async def test_done_run_is_said_to_be_done(app: TermlabApp, engine: PretendedTraining, presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    write_run(RunStore(app.results), trial, [started(trial), *training(trial), finished()])
    async with app.run_test(size=(120, 36)) as pilot:
        await show_runs(app, pilot)
        assert "R Go on" not in screen_text(app)
        await pilot.press("R")
        await until(pilot, lambda: "is done: nothing is left to do." in told(app))
        assert engine.launched == []


async def test_failed_run_goes_on_only_after_a_question(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    failed = finished(status="failed", reason="the loss is nan at step 12")
    run_id = write_run(RunStore(app.results), trial, [started(trial), failed])
    async with app.run_test(size=(120, 36)) as pilot:
        await show_runs(app, pilot)
        await pilot.press("R")
        await until(pilot, lambda: "This run goes on from its last checkpoint all the same." in screen_text(app))
        assert "the loss is nan at step 12" in screen_text(app)
        await pilot.press("b", "R")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert engine.launched == []
        await pilot.press("t")
        await until(pilot, lambda: engine.interrupted == {0: run_id})


async def test_failed_run_waits_for_the_training_here(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    write_run(RunStore(app.results), trial, [started(trial), finished(status="failed", reason="the loss is nan")])
    engine.is_gated = True
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.runbook.sweep and app.runbook.sweep.current))
        await show_runs(app, pilot)
        await pilot.press("G", "R")
        await until(pilot, lambda: "can go on only once nothing else trains here." in screen_text(app))
        assert "This run (t)" not in screen_text(app)
    app.close_threads()


async def test_run_whose_process_is_gone_says_so_in_its_view_and_how_to_go_on(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    gone = started(trial).model_copy(update={"host": host_name(), "pid": 2**22 + 1})
    run_id = write_run(RunStore(app.results), trial, [gone, *training(trial, epochs=2)])
    async with app.run_test(size=(120, 36)) as pilot:
        await show_runs(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "lost  Interrupted: R goes on with it." in screen_text(app))
        assert " R Go on " in screen_text(app)
        await pilot.press("R")
        await until(pilot, lambda: engine.interrupted == {0: run_id})


async def test_process_that_is_killed_is_seen_on_live_and_r_goes_on(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    trial = presets[0].trials[0]
    trainer = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    there = {"host": host_name(), "pid": trainer.pid, "process_started": process_start_ticks(trainer.pid)}
    run_id = write_run(
        RunStore(app.results), trial, [started(trial).model_copy(update=there), *training(trial, epochs=2)]
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "● training" in screen_text(app))
        trainer.kill()
        trainer.communicate()
        app.store_thread.look_now()
        await until(pilot, lambda: "over: 1 lost" in screen_text(app) and " R Go on " in screen_text(app))
        assert " 40 %  over" in screen_text(app)
        await pilot.press("R")
        await until(pilot, lambda: engine.interrupted == {0: run_id} and not app.runbook.is_training)


async def test_r_on_live_goes_on_with_what_was_stopped(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset]
) -> None:
    engine.is_gated = True
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.runbook.sweep and app.runbook.sweep.current))
        first = engine.belongs
        assert list(load_sweep(app.results, first[0].sweep).trials) == list(presets[0].trials)
        await pilot.press("X", "a")
        await until(pilot, lambda: not app.runbook.is_training and " R Go on " in screen_text(app))
        engine.is_gated = False
        await pilot.press("R")
        await until(pilot, lambda: "The rest of its sweep: 2 runs" in screen_text(app))
        await pilot.press("s")
        await until(pilot, lambda: len(engine.interrupted) == 1 and not app.runbook.is_training)
        assert engine.belongs == first
        await until(pilot, lambda: [run.status for run in app.runbook.summaries] == [RunStatus.DONE] * 2)
        assert " R Go on " not in screen_text(app)


async def test_while_something_trains_another_run_goes_on_in_a_process_of_its_own(
    app: TermlabApp, engine: PretendedTraining, presets: list[Preset], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps: list[str] = []

    def start(_results: Path, _data_folder: Path, sweep_id: str) -> subprocess.Popen[bytes]:
        sweeps.append(sweep_id)
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(4)"])

    monkeypatch.setattr("tui.detached.start_detached", start)
    run_id = interrupt(app, presets)
    engine.is_gated = True
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.runbook.sweep and app.runbook.sweep.current))
        await pilot.press("3")
        await until(pilot, lambda: "1 interrupted: R" in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: "Something trains here already" in screen_text(app))
        await pilot.press("t")
        await until(pilot, lambda: bool(sweeps))
        assert load_sweep(app.results, sweeps[0]).adopted == {0: run_id}
        await until(pilot, lambda: "the process of its own ended with 4" in screen_text(app))
    app.close_threads()


@pytest.fixture
def elsewhere(app: TermlabApp, presets: list[Preset]) -> Iterator[RunWriter]:
    """The writer of the first run of a sweep of two, which another process seems to train."""
    trial = presets[0].trials[0]
    sweep = create_sweep(app.results, presets[0].trials)
    writer = RunStore(app.results).create(trial, alive(trial), belongs=SweepPlace(sweep.id, 0))
    yield writer
    writer.close()


def asked_of(writer: RunWriter) -> str:
    path = writer.folder / REQUEST
    return str(json.loads(path.read_text())["ask"]) if path.exists() else ""


async def test_run_of_another_process_is_asked_to_pause_and_to_go_on(app: TermlabApp, elsewhere: RunWriter) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: " P Pause " in screen_text(app))
        await pilot.press("P")
        await until(pilot, lambda: asked_of(elsewhere) == "pause" and "pausing …" in screen_text(app))
        assert " P Resume " in screen_text(app)
        elsewhere.append(Noted(time=NOW, text="paused", mark="paused"))
        app.store_thread.look_now()
        await until(pilot, lambda: "pausing …" not in screen_text(app) and "paused" in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: asked_of(elsewhere) == "resume" and "resuming …" in screen_text(app))
        elsewhere.append(Noted(time=NOW, text="resumed", mark="resumed"))
        app.store_thread.look_now()
        await until(pilot, lambda: "resuming …" not in screen_text(app) and "● training" in screen_text(app))


@pytest.mark.parametrize(("key", "request_name"), [("r", "stop"), ("a", "stop_all")])
async def test_run_of_another_process_is_asked_to_stop(
    app: TermlabApp, elsewhere: RunWriter, key: str, request_name: str
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: " X Stop " in screen_text(app))
        await pilot.press("X")
        await until(pilot, lambda: "Another process trains it" in screen_text(app))
        await pilot.press(key)
        await until(pilot, lambda: asked_of(elsewhere) == request_name and "stopping …" in screen_text(app))
        elsewhere.append(STOPPED)
        app.store_thread.look_now()
        await until(pilot, lambda: "stopping …" not in screen_text(app) and "over: 1 stopped" in screen_text(app))
        assert app.runbook.asked == {}


async def test_process_that_does_not_answer_is_told_as_such(app: TermlabApp, elsewhere: RunWriter) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: " P Pause " in screen_text(app))
        await pilot.press("P")
        await until(pilot, lambda: asked_of(elsewhere) == "pause")
        now = app.clock()
        app.clock = lambda: now + ANSWER_SECONDS + 1
        await until(pilot, lambda: "pausing: no answer for 16 s" in screen_text(app))
        await until(pilot, lambda: "does not answer: it is in a long step" in told(app))


async def test_question_closes_when_the_run_ends_meanwhile(app: TermlabApp, elsewhere: RunWriter) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: " X Stop " in screen_text(app))
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        elsewhere.append(finished())
        app.store_thread.look_now()
        await until(pilot, lambda: not isinstance(app.screen, AskScreen))
        assert asked_of(elsewhere) == ""


async def test_request_that_cannot_be_left_is_said(app: TermlabApp, elsewhere: RunWriter) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: " P Pause " in screen_text(app))
        (elsewhere.folder / REQUEST).mkdir()
        (elsewhere.folder / REQUEST / "in the way").touch()
        await pilot.press("P")
        await until(pilot, lambda: "cannot be asked" in told(app))
        await until(pilot, lambda: "pausing …" not in screen_text(app))
        for event in training(elsewhere.run.trial):
            elsewhere.append(event)
        app.store_thread.look_now()
        await until(pilot, lambda: "5/5" in screen_text(app))  # and it is followed as before
