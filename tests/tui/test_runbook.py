from __future__ import annotations

from dataclasses import replace

import pytest

from engine.events import Kept, Noted, RunFinished
from engine.presets import Preset
from engine.summary import RunStatus
from tests.tui.fixtures import presets
from tests.tui.laboratory import NOW, build_run, facts_of, finished, saved_runs, started, summaries_of, training
from tui.asked import ANSWER_SECONDS, Request
from tui.runbook import Runbook

__all__ = ["presets"]


@pytest.fixture
def book(presets: list[Preset]) -> Runbook:
    book = Runbook()
    trials = presets[0].trials
    book.begin(trials, [facts_of(trial) for trial in trials])
    return book


def test_launch_is_a_sweep_of_waiting_trials_with_known_steps(book: Runbook) -> None:
    assert book.sweep is not None
    assert [slot.status for slot in book.sweep.slots] == [RunStatus.QUEUED, RunStatus.QUEUED]
    assert [slot.steps for slot in book.sweep.slots] == [100, 100]
    assert book.sweep.current is None


def test_event_makes_its_trial_the_one_under_way(book: Runbook, presets: list[Preset]) -> None:
    book.apply(1, "run1", started(presets[0].trials[1]))
    assert book.sweep is not None
    assert book.sweep.current is book.sweep.slots[1]
    assert book.sweep.runs[0].id == "run1"


def test_trial_that_failed_before_it_started_says_why(book: Runbook) -> None:
    book.apply(0, "run0", RunFinished(time=NOW, status="failed", reason="no such device"))
    assert book.sweep is not None
    assert book.sweep.slots[0].status is RunStatus.FAILED
    assert book.sweep.slots[0].reason == "no such device"
    assert "failed: no such device" in [line.text for line in book.sweep.log]


def test_trials_that_never_started_are_taken_off_once_the_launch_is_over(book: Runbook, presets: list[Preset]) -> None:
    book.apply(0, "run0", started(presets[0].trials[0]))
    book.apply(0, "run0", finished(status="stopped"))
    book.abandon("the disk is full", NOW)
    assert book.sweep is not None
    assert len(book.sweep.slots) == 1
    assert book.sweep.is_over


def test_a_run_that_could_not_say_that_it_ended_has_failed(book: Runbook, presets: list[Preset]) -> None:
    """No line of it fits on a full disk any more."""
    book.apply(0, "run0", started(presets[0].trials[0]))
    book.abandon("the disk is full", NOW)
    assert book.sweep is not None
    assert book.sweep.is_over
    assert [(slot.status, slot.reason) for slot in book.sweep.slots] == [(RunStatus.FAILED, "the disk is full")]
    assert "failed: the disk is full" in [line.text for line in book.sweep.log]


def test_a_launch_of_which_nothing_began_is_not_shown(book: Runbook) -> None:
    book.abandon("refused", NOW)
    assert book.sweep is None


def test_time_in_a_pause_is_counted_apart(book: Runbook, presets: list[Preset]) -> None:
    book.apply(0, "run0", started(presets[0].trials[0], NOW))
    book.apply(0, "run0", Noted(time=NOW + 1, text="paused", mark="paused"))
    assert book.sweep is not None
    slot = book.sweep.slots[0]
    assert str(slot.status) == "paused"
    book.apply(0, "run0", Noted(time=NOW + 31, text="resumed", mark="resumed"))
    assert slot.paused_seconds == 30
    assert str(slot.status) == "running"


def test_log_of_several_seeds_names_the_seed(presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    other = trial.with_config(trial.config.model_copy(update={"seed": 4}))
    book = Runbook()
    book.begin([trial, other], [facts_of(trial)] * 2)
    book.apply(1, "run1", started(other))
    assert book.sweep is not None
    assert book.sweep.log[0].trial == "sgd seed 4"


def test_runs_of_another_process_are_shown_together(presets: list[Preset]) -> None:
    book = Runbook()
    first, second = presets[0].trials
    book.follow("one", first, NOW, [started(first)], is_first=True)
    book.follow("two", second, NOW, [started(second)], is_first=True)
    book.follow("one", first, NOW, training(first), is_first=False)
    assert book.sweep is not None
    assert not book.sweep.is_here
    assert [run.id for run in book.sweep.runs] == ["one", "two"]
    assert len(book.sweep.runs[0].epochs) == 5


def test_run_that_is_followed_anew_is_not_folded_twice(presets: list[Preset]) -> None:
    book = Runbook()
    trial = presets[0].trials[0]
    for _ in range(2):
        book.follow("one", trial, NOW, [started(trial), *training(trial)], is_first=True)
    assert book.sweep is not None
    assert [len(run.epochs) for run in book.sweep.runs] == [5]


def test_next_run_of_the_same_preset_joins_the_one_that_just_ended(presets: list[Preset]) -> None:
    book = Runbook()
    first, second = presets[0].trials
    book.follow("one", first, NOW, [started(first), finished(NOW + 5)], is_first=True)
    book.follow("two", second, NOW + 8, [started(second, NOW + 8), finished(NOW + 9)], is_first=True)
    assert book.sweep is not None
    assert len(book.sweep.slots) == 2
    book.follow("late", first, NOW + 900, [started(first, NOW + 900)], is_first=True)
    assert [run.id for run in book.sweep.runs] == ["late"]


def test_run_that_is_read_anew_keeps_its_place_and_its_log(presets: list[Preset]) -> None:
    book = Runbook()
    first, second = presets[0].trials
    book.follow("one", first, NOW, [started(first)], is_first=True)
    book.follow("two", second, NOW, [started(second)], is_first=True)
    assert book.sweep is not None
    log = list(book.sweep.log)
    book.follow("one", first, NOW, [started(first)], is_first=True)
    assert [run.id for run in book.sweep.runs] == ["one", "two"]
    assert list(book.sweep.log) == log


def test_followed_run_without_a_process_is_lost(presets: list[Preset]) -> None:
    book = Runbook()
    trial = presets[0].trials[0]
    run = build_run("one", trial, [started(trial)])
    book.follow("one", trial, NOW, [started(trial)], is_first=True)
    run.status = RunStatus.LOST
    book.take_runs([run.summary()], [])
    assert book.sweep is not None
    assert book.sweep.slots[0].status is RunStatus.LOST
    assert book.sweep.is_over


def test_trial_looks_the_same_however_few_of_its_preset_are_saved(presets: list[Preset]) -> None:
    knows_all, knows_saved = Runbook(), Runbook()
    for book in (knows_all, knows_saved):
        book.know((preset.name, trial.label) for preset in presets for trial in preset.trials)
    knows_all.take_runs(summaries_of(saved_runs(presets)), [])
    assert knows_all.look_of("batchnorm", "bn=on") == knows_saved.look_of("batchnorm", "bn=on")


def test_run_that_is_gone_on_with_keeps_its_curves_up_to_the_checkpoint(presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    stopped = finished(status="stopped", reason="stopped on request after step 60")
    earlier = build_run("run0", trial, [started(trial), *training(trial, epochs=3), stopped])
    book = Runbook()
    book.begin([trial], [facts_of(trial)], {0: earlier})
    assert book.sweep is not None
    assert book.sweep.slots[0].status is RunStatus.QUEUED  # until its training begins
    kept = Kept(step=40, epochs=2, samples=2560, train_seconds=3.0, lr=0.1)
    book.apply(0, "run0", started(trial, NOW + 100).model_copy(update={"kept": kept}))
    (run,) = book.sweep.runs
    assert run.status is RunStatus.RUNNING
    assert len(run.series["train_loss"]) == run.step == 40
    assert len(run.epochs) == 2


@pytest.mark.parametrize(
    ("request_name", "before", "after"),
    [("pause", None, "paused"), ("resume", "paused", "resumed"), ("stop", None, None), ("stop_all", "paused", None)],
)
def test_what_was_asked_of_a_run_is_remembered_until_it_is_done(
    book: Runbook, presets: list[Preset], request_name: Request, before: str | None, after: str | None
) -> None:
    trial = presets[0].trials[0]
    book.apply(0, "run0", started(trial))
    if before is not None:
        book.apply(0, "run0", Noted.model_validate({"time": NOW, "text": before, "mark": before}))
    book.ask("run0", request_name, NOW)
    book.apply(0, "run0", training(trial)[0])
    assert book.asked["run0"].request == request_name
    assert not book.asked["run0"].is_late(NOW + ANSWER_SECONDS)
    assert book.asked["run0"].is_late(NOW + ANSWER_SECONDS + 1)
    if after is not None:
        book.apply(0, "run0", Noted.model_validate({"time": NOW, "text": after, "mark": after}))
    else:
        book.apply(0, "run0", finished(status="stopped"))
    assert book.asked == {}


def test_nothing_is_waited_for_from_a_process_that_is_gone(book: Runbook, presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    run = build_run("run7", trial, [started(trial)])
    book.follow("run7", trial, NOW, [started(trial)], is_first=True)
    book.ask("run7", "stop", NOW)
    book.take_runs(summaries_of([run]), [])
    assert "run7" in book.asked
    run.status = RunStatus.LOST
    book.take_runs(summaries_of([run]), [])
    assert book.asked == {}


def test_why_a_run_is_lost_is_said_once_however_often_it_is_read(presets: list[Preset]) -> None:
    trial, book = presets[0].trials[0], Runbook()
    lost = replace(summaries_of([build_run("run9", trial, training(trial))])[0], status=RunStatus.LOST, reason="gone")
    for _ in range(2):
        book.follow("run9", trial, NOW, [started(trial)], is_first=True)
        book.take_runs([lost], [])
    assert book.sweep is not None
    assert [slot.lost_why for slot in book.sweep.slots] == ["gone"]
    assert [line.text for line in book.sweep.log].count("lost: gone") == 1
    book.take_runs([replace(lost, status=RunStatus.RUNNING)], [])
    book.follow("run9", trial, NOW, [started(trial)], is_first=False)
    assert [slot.lost_why for slot in book.sweep.slots] == [""]


def test_run_that_is_looked_at_after_its_process_is_gone_is_lost(book: Runbook, presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    run = build_run("run7", trial, [started(trial)])
    run.status = RunStatus.LOST
    book.take_runs(summaries_of([run]), [])
    book.open("run7", trial, NOW, [started(trial)], is_first=True)
    opened = book.opened["run7"]
    assert opened is not None
    assert opened.status is RunStatus.LOST
