from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.events import Event, Kept, Noted, from_json, to_json
from engine.run import Run
from engine.summary import RunStatus
from engine.trial import Published
from tests.builders import (
    START,
    build_epoch,
    build_events,
    build_finished,
    build_started,
    build_steps,
    build_trial,
    fold,
)

LOSS = st.floats(0, 1e6)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """A believable log: started, then epochs in several ticks, with notes in between, perhaps cut off anywhere."""
    events: list[Event] = [build_started()]
    for epoch in range(1, draw(st.integers(0, 4)) + 1):
        inner = draw(st.sets(st.integers((epoch - 1) * 10 + 1, epoch * 10 - 1), max_size=3))
        first = (epoch - 1) * 10 + 1
        for last in [*sorted(inner), epoch * 10]:
            losses = draw(st.lists(LOSS, min_size=last - first + 1, max_size=last - first + 1))
            events.append(build_steps(last, first=first, series={"train_loss": losses}))
            first = last + 1
        if draw(st.booleans()):
            mark = draw(st.sampled_from([None, "paused", "resumed"]))
            events.append(Noted(time=START + epoch, text="note", mark=mark))
        if draw(st.booleans()):  # a tick while evaluating adds no step
            events.append(build_steps(epoch * 10, first=epoch * 10 + 1, series={}))
        events.append(build_epoch(epoch, accuracy=draw(st.floats(0, 1))))
    if draw(st.booleans()):
        events.append(build_finished(draw(st.sampled_from(["done", "stopped", "failed"]))))
    return events[: draw(st.integers(0, len(events)))]


def same(one: Run, other: Run) -> bool:
    return repr(one) == repr(other) and one.summary() == other.summary()


@given(histories(), st.integers(0, 40))
def test_folding_in_pieces_is_folding_at_once(events: list[Event], cut: int) -> None:
    run = fold(events[:cut])
    run.summary()  # looking at a run does not change it
    for event in events[cut:]:
        run.apply(event)
    assert same(run, fold(events))


@given(histories())
def test_the_fold_of_what_was_written_is_the_fold_of_what_happened(events: list[Event]) -> None:
    assert same(fold([from_json(to_json(event)) for event in events]), fold(events))


@given(histories())
def test_a_series_has_a_value_for_each_step(events: list[Event]) -> None:
    run = fold(events)
    assert len(run.series.get("train_loss", ())) == run.step
    assert run.summary().steps == run.step


@given(histories(), st.floats(-5, 60), st.floats(0, 60))
def test_seconds_grow_with_steps_and_agree_with_the_ticks(events: list[Event], step: float, more: float) -> None:
    run = fold(events)
    assert run.seconds_at(step) <= run.seconds_at(step + more) + 1e-12
    for tick, seconds in zip(run.tick_steps, run.tick_seconds, strict=True):
        assert run.seconds_at(tick) == pytest.approx(seconds)
    assert run.seconds_at(10**9) == run.train_seconds


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 100)), min_size=1, max_size=8))
def test_seconds_lie_between_those_of_the_ticks_around(gaps: list[tuple[int, float]]) -> None:
    assume(all(seconds > 0 for _, seconds in gaps))
    step, seconds = 0, 0.0
    events: list[Event] = []
    for more_steps, more_seconds in gaps:
        step, seconds = step + more_steps, seconds + more_seconds
        events.append(build_steps(step, series={}).model_copy(update={"train_seconds": seconds}))
    run = fold(events)
    first_step, first_seconds = run.tick_steps[0], run.tick_seconds[0]
    assert run.seconds_at(0) == 0
    assert run.seconds_at(first_step / 2) == pytest.approx(first_seconds / 2)


def test_a_tick_before_the_first_step_is_at_zero_seconds() -> None:
    run = fold([build_started(), build_steps(0, series={}), build_steps(10)])
    assert run.seconds_at(0) == 0
    assert run.seconds_at(5) == pytest.approx(0.05)


@given(histories(), st.data())
def test_a_run_that_starts_again_is_as_if_it_had_never_gone_further(events: list[Event], data: st.DataObject) -> None:
    run = fold(events)
    tick = data.draw(st.sampled_from([0, *run.tick_steps]))
    if tick == 0:
        run.apply(again := build_started(time=START + 5, pid=7))
        assert same(run, fold([*(event for event in events if isinstance(event, Noted)), again]))
        return
    finished = [epoch.epoch for epoch in run.epochs if epoch.step <= tick]
    if finished and finished[-1] * 10 == tick and data.draw(st.booleans()):
        finished.pop()  # it was trained and not evaluated yet
    kept = Kept(step=tick, epochs=len(finished), samples=0, train_seconds=0, lr=0.1)
    run.apply(build_started(kept=kept))
    assert run.step == tick == len(run.series["train_loss"])
    assert [epoch.epoch for epoch in run.epochs] == finished
    assert run.seconds_at(tick) == fold(events).seconds_at(tick)
    assert (run.status, run.finished) == (RunStatus.RUNNING, None)


def test_a_new_run_is_queued_and_has_nothing() -> None:
    run = fold([])
    assert run.status is RunStatus.QUEUED
    assert (run.step, run.total_steps, run.epoch_under_way) == (0, 0, 1)
    assert (run.train_seconds, run.samples_per_second, run.seconds_at(5)) == (0, 0, 0)
    assert run.metrics == {}
    assert run.metric_names() == []


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([build_started()], RunStatus.RUNNING),
        ([build_started(), Noted(time=START, text="a note", level="warning")], RunStatus.RUNNING),
        ([build_started(), Noted(time=START, text="paused", mark="paused")], RunStatus.PAUSED),
        (
            [
                build_started(),
                Noted(time=START, text="paused", mark="paused"),
                Noted(time=START, text="resumed", mark="resumed"),
            ],
            RunStatus.RUNNING,
        ),
        ([build_started(), build_finished("done")], RunStatus.DONE),
        ([build_started(), build_finished("stopped")], RunStatus.STOPPED),
        (
            [build_started(), Noted(time=START, text="paused", mark="paused"), build_finished("failed")],
            RunStatus.FAILED,
        ),
    ],
)
def test_the_status_follows_the_events(events: Sequence[Event], status: RunStatus) -> None:
    assert fold(events).status is status


def test_a_pause_outlasts_what_happens_meanwhile() -> None:
    paused = Noted(time=START, text="paused", mark="paused")
    assert (
        fold([build_started(), paused, Noted(time=START, text="still here"), build_steps(10)]).status
        is RunStatus.PAUSED
    )


def test_metrics_are_those_of_the_last_epoch_and_of_the_best() -> None:
    run = fold(
        [build_started(), build_epoch(1, accuracy=0.8), build_epoch(2, accuracy=0.95), build_epoch(3, accuracy=0.9)]
    )
    assert run.metrics["test_accuracy"] == 0.9
    assert (run.metrics["best_test_accuracy"], run.metrics["best_epoch"]) == (0.95, 2)


def test_the_earliest_of_equally_good_epochs_is_the_best() -> None:
    accuracies = [0.5, 0.9, 0.8, 0.9]
    run = fold([build_epoch(epoch, accuracy=accuracy) for epoch, accuracy in enumerate(accuracies, start=1)])
    assert run.metrics["best_epoch"] == 2


def test_an_accuracy_that_is_not_a_number_is_never_the_best() -> None:
    run = fold([build_epoch(1, accuracy=math.nan), build_epoch(2, accuracy=0.1), build_epoch(3, accuracy=math.nan)])
    assert (run.metrics["best_test_accuracy"], run.metrics["best_epoch"]) == (0.1, 2)
    assert "best_epoch" not in fold([build_epoch(1, accuracy=math.nan)]).metrics


def test_what_was_evaluated_after_training_joins_the_metrics() -> None:
    run = fold([build_started(), build_epoch(1), build_finished(metrics={"scaling_error": 0.02})])
    assert run.metrics["scaling_error"] == 0.02
    assert run.metrics["test_accuracy"] == 0.9


def test_what_can_be_plotted_is_named_once_and_in_order_of_appearance() -> None:
    run = fold([build_steps(1, series={"train_loss": [1.0], "weight_norm": [2.0]}), build_epoch(1, own_error=0.5)])
    assert run.metric_names() == [
        "train_loss", "weight_norm", "train_accuracy", "test_loss", "test_accuracy", "test_error", "own_error",
    ]  # fmt: skip


def test_throughput_is_samples_over_training_seconds() -> None:
    run = fold([build_started(), build_steps(10)])
    assert run.samples_per_second == pytest.approx(6400)


def test_the_summary_says_what_the_run_is_and_how_it_went() -> None:
    published = [
        Published(metric="test_accuracy", value=0.85, tolerance=0.01),
        Published(metric="x", value=1, tolerance=0),
    ]
    trial = build_trial("momentum", overrides={"seed": 3, "optim.momentum": 0.9}, published=published)
    summary = fold(build_events(accuracy=0.9), trial=trial).summary()
    assert (summary.run, summary.preset, summary.label, summary.seed) == ("abcdef-test", "digits-first", "momentum", 3)
    assert (summary.status, summary.reason) == (RunStatus.DONE, "")
    assert (summary.dataset, summary.model, summary.parameters) == ("digits", "mlp", 4810)
    assert (summary.epochs, summary.total_epochs, summary.steps) == (2, 2, 20)
    assert (summary.device, summary.device_name) == ("cpu", "test processor")
    assert (summary.created, summary.updated) == (START, START + 1)
    assert summary.train_seconds == 0.2
    assert summary.metrics["best_epoch"] == 2
    figure = {"metric": "test_accuracy", "value": 0.85, "tolerance": 0.01, "bound": "near", "comparable": True}
    assert summary.published == figure
    assert summary.gap == pytest.approx(0.05)
    assert summary.fingerprint == trial.config.fingerprint
    assert summary.config["optim"]["momentum"] == 0.9


def test_a_run_that_has_not_started_is_summed_up_from_its_config() -> None:
    summary = fold([], trial=build_trial(overrides={"device": "cuda:1"})).summary()
    assert (summary.device, summary.updated, summary.total_epochs) == ("cuda:1", START, 2)
    assert (summary.published, summary.gap) == (None, None)
