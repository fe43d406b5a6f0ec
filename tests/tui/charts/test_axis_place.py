from __future__ import annotations

import numpy as np
import pytest

from tests.tui.charts.runs import STEPS_PER_EPOCH, build_run
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


@pytest.mark.parametrize("x", ["step", "epoch", "time", "samples"])
def test_no_steps_lie_nowhere(x: str) -> None:
    assert len(place_steps(build_run(), np.empty(0), x)) == 0  # type: ignore[arg-type]


def test_a_clock_set_back_is_named_where_time_is_drawn() -> None:
    run = build_run()
    assert not went_backwards(run)
    run.tick_seconds[1] = 0.5
    assert went_backwards(run)
    over_time = curves_figure([run, build_run("bn=off")], ["train_loss"], x="time")
    assert over_time.notes == ("time went backwards in 1 run: drawn in the order of steps",)
    assert curves_figure([run], ["train_loss"], x="step").notes == ()
    assert len(over_time.lines[0].xs) == 3 * STEPS_PER_EPOCH
