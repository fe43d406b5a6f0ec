from __future__ import annotations

import numpy as np
import pytest

from tests.builders import build_epoch, build_events, build_started, build_steps, fold
from tests.tui.charts.runs import build_run
from tui.charts.axis_place import place_steps, samples_at, went_backwards
from tui.charts.curves import curves_figure


def test_samples_count_the_smaller_last_batch_of_each_epoch() -> None:
    run = build_run()
    assert run.started
    run.started = run.started.model_copy(update={"train_examples": 600})  # ten batches: nine of 64, one of 24
    at = samples_at(run, np.array([1.0, 9.0, 10.0, 11.0, 20.0]))
    np.testing.assert_array_equal(at, [64, 576, 600, 664, 1200])


def test_an_epoch_that_is_cut_short_counts_its_batches() -> None:
    run = build_run()
    assert run.started
    run.started = run.started.model_copy(update={"train_examples": 60_000})
    np.testing.assert_array_equal(samples_at(run, np.array([10.0, 20.0])), [640, 1280])


def test_samples_before_the_start_is_known_are_whole_batches() -> None:
    run = build_run()
    run.started = None
    np.testing.assert_array_equal(samples_at(run, np.array([2.0])), [128])


def test_samples_are_an_axis_of_curves() -> None:
    figure = curves_figure([build_run()], ["test_loss"], x="samples")
    np.testing.assert_array_equal(figure.lines[0].xs, [640, 1280, 1920])
    assert (figure.x_label, figure.x_integer) == ("samples", True)


@pytest.mark.parametrize("x", ["step", "epoch", "time", "wall", "samples"])
def test_no_steps_lie_nowhere(x: str) -> None:
    assert len(place_steps(build_run(), np.empty(0), x)) == 0  # type: ignore[arg-type]


def test_a_clock_set_back_is_named_where_time_is_drawn() -> None:
    assert not went_backwards(fold(build_events()))
    hour = 3600.0
    events = [event.model_copy(update={"time": event.time - at * hour}) for at, event in enumerate(build_events())]
    run = fold(events)
    assert went_backwards(run)
    for axis in ("time", "wall"):
        figure = curves_figure([run, build_run("bn=off")], ["train_loss"], x=axis)
        assert figure.notes == ("time went backwards in 1 run: drawn in the order of steps",)
        assert len(figure.lines[0].xs) == 20
    assert curves_figure([run], ["train_loss"], x="step").notes == ()


def test_training_time_that_goes_back_is_named_too() -> None:
    late = build_steps(20, first=11).model_copy(update={"train_seconds": 0.05})
    assert went_backwards(fold([build_started(), build_steps(10), build_epoch(1), late]))


def test_wall_time_counts_what_passed_between_trainings_and_time_does_not() -> None:
    """Ten steps in a tenth of a second, a pause of 60 s, ten more."""
    later = [event.model_copy(update={"time": event.time + 60}) for event in build_events()[3:]]
    run = fold([*build_events()[:3], *later])
    steps = np.array([0.0, 10.0, 20.0])
    np.testing.assert_allclose(place_steps(run, steps, "wall"), [0.0, 0.1, 60.2], atol=1e-5)
    np.testing.assert_allclose(place_steps(run, steps, "time"), [0.0, 0.1, 0.2])
    figure = curves_figure([run], ["test_loss"], x="wall")
    assert (figure.x_label, figure.x_integer, figure.x_unit) == ("s since the start", False, 1.0)


def test_long_wall_time_is_told_in_minutes() -> None:
    run = fold(
        [event.model_copy(update={"time": event.time + 600 * (at > 2)}) for at, event in enumerate(build_events())]
    )
    assert curves_figure([run], ["test_loss"], x="wall").x_label == "min since the start"
    assert curves_figure([run], ["test_loss"], x="time").x_label == "s"
