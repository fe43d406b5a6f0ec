from __future__ import annotations

import pytest

from engine.control import HANDED_OVER
from engine.events import Event, Kept, Noted, StepsDone
from engine.presets import Preset
from engine.summary import RunStatus
from tests.tui.fixtures import presets
from tests.tui.laboratory import NOW, build_run, facts_of, finished, started, with_seed
from tui.live_sweep import Sweep
from tui.runbook import Runbook
from tui.time_left import active_seconds, progress_of

__all__ = ["presets"]


def steps(step: int, time: float) -> Event:
    return StepsDone(time=time, step=step, epoch=1, samples=step, train_seconds=time - NOW, lr=0.1)


@pytest.fixture
def book(presets: list[Preset]) -> Runbook:
    trials = [with_seed(trial, seed) for seed in (0, 1) for trial in presets[0].trials]
    book = Runbook()
    book.begin(trials, [facts_of(trial) for trial in trials])
    book.apply(0, "run0", started(trials[0]))
    return book


def sweep_of(book: Runbook) -> Sweep:
    assert book.sweep is not None
    return book.sweep


def test_time_left_is_unknown_until_a_run_has_gone_on_for_a_moment(book: Runbook) -> None:
    assert progress_of(sweep_of(book), NOW).seconds_left is None
    book.apply(0, "run0", steps(1, NOW + 0.1))
    assert progress_of(sweep_of(book), NOW + 0.2).seconds_left is None


def test_time_left_is_the_steps_left_at_the_pace_so_far(book: Runbook) -> None:
    book.apply(0, "run0", steps(50, NOW + 10))
    progress = progress_of(sweep_of(book), NOW + 10)
    assert progress.fraction == pytest.approx(50 / 400)
    assert progress.seconds_left == pytest.approx(0.2 * 350)
    assert (progress.finished, progress.total) == (0, 4)


def test_trial_that_waits_is_judged_by_its_own_kind(book: Runbook) -> None:
    sweep = sweep_of(book)
    book.apply(0, "run0", steps(100, NOW + 10))
    book.apply(0, "run0", finished(NOW + 10))  # sgd: 0.1 s a step
    book.apply(1, "run1", started(sweep.slots[1].trial, NOW + 10))
    book.apply(1, "run1", steps(100, NOW + 40))
    book.apply(1, "run1", finished(NOW + 40))  # momentum: 0.3 s a step
    assert progress_of(sweep, NOW + 40).seconds_left == pytest.approx(10 + 30)


def test_pause_does_not_count_as_training(book: Runbook) -> None:
    book.apply(0, "run0", steps(50, NOW + 10))
    book.apply(0, "run0", Noted(time=NOW + 10, text="paused", mark="paused"))
    assert progress_of(sweep_of(book), NOW + 500).seconds_left == pytest.approx(70)
    assert active_seconds(sweep_of(book).slots[0], NOW + 500) == 10


def test_sweep_that_is_over_has_no_time_left(book: Runbook) -> None:
    book.apply(0, "run0", finished(status="stopped"))
    book.abandon("", NOW)
    progress = progress_of(sweep_of(book), NOW + 100)
    assert progress.seconds_left is None
    assert (progress.finished, progress.total, progress.fraction) == (1, 4, 0.25)  # three never began


def test_pace_of_a_run_that_was_gone_on_with_is_that_of_its_latest_process(presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    book = Runbook()
    book.begin([trial], [facts_of(trial)])
    kept = Kept(step=50, epochs=2, samples=3200, train_seconds=3.0, lr=0.1)
    book.apply(0, "run0", Noted(time=NOW - 50, text="paused", mark="paused"))
    book.apply(0, "run0", started(trial).model_copy(update={"kept": kept}))
    book.apply(0, "run0", steps(60, NOW + 10))
    assert progress_of(sweep_of(book), NOW + 10).seconds_left == pytest.approx(40.0)


def test_run_of_another_process_stands_at_its_place_among_those_started_with_it(presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    book = Runbook()
    begun = started(trial)
    book.follow("run7", trial, NOW, [begun, steps(50, NOW + 10)], is_first=True, siblings=4, place=1)
    progress = progress_of(sweep_of(book), NOW + 10)
    assert (progress.finished, progress.total) == (1, 4)
    assert progress.fraction == pytest.approx((1 + 0.5) / 4)
    assert progress.seconds_left == pytest.approx(10.0)
    assert progress.is_of_run


def test_run_that_was_not_meant_to_end_has_done_what_it_did(presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    book = Runbook()
    book.follow("one", trial, NOW, [started(trial), steps(40, NOW + 10)], is_first=True)
    lost = build_run("one", trial, [started(trial), steps(40, NOW + 10)])
    lost.status = RunStatus.LOST
    book.take_runs([lost.summary()], [])
    assert progress_of(sweep_of(book), NOW + 10).fraction == pytest.approx(0.4)
    last = finished(NOW + 10, status="stopped", reason=f"stopped {HANDED_OVER} after step 40")
    book.follow("one", trial, NOW, [last], is_first=False)
    assert progress_of(sweep_of(book), NOW + 10).fraction == pytest.approx(0.4)
    last = finished(NOW + 10, status="stopped", reason="stopped on request after step 40")
    book.follow("one", trial, NOW, [last], is_first=False)
    assert progress_of(sweep_of(book), NOW + 10).fraction == 1.0
