from __future__ import annotations

import math

import numpy as np
import pytest

from engine.statistics.estimate import estimate
from tui.charts.mean_band import GRID_POINTS, mean_band
from tui.charts.values import Curve


def curve(ys: list[float], xs: list[float] | None = None) -> Curve:
    return np.array(xs or range(1, len(ys) + 1), np.float64), np.array(ys, np.float64)


def test_mean_and_interval_are_those_of_the_leaderboard_at_each_x() -> None:
    seeds = [[0.91, 0.95], [0.93, 0.96], [0.90, 0.99], [0.97, 0.94]]
    found = mean_band([curve(seed) for seed in seeds], is_dense=False)
    for place in range(2):
        expected = estimate([seed[place] for seed in seeds])
        assert expected.half_width is not None
        assert found.mean[place] == pytest.approx(expected.mean)
        assert found.high[place] - found.mean[place] == pytest.approx(expected.half_width)
        assert found.mean[place] - found.low[place] == pytest.approx(expected.half_width)
    assert found.n.tolist() == [4, 4]


def test_one_seed_has_a_mean_and_no_band() -> None:
    found = mean_band([curve([1.0, 2.0])], is_dense=False)
    np.testing.assert_array_equal(found.mean, [1.0, 2.0])
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


def test_a_shorter_seed_counts_as_far_as_it_goes() -> None:
    found = mean_band([curve([1.0, 2.0, 3.0]), curve([3.0, 4.0])], is_dense=False)
    assert found.n.tolist() == [2, 2, 1]
    assert found.mean.tolist() == [2.0, 3.0, 3.0]
    assert np.isnan(found.high).tolist() == [False, False, True]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_left_out(bad: float) -> None:
    found = mean_band([curve([1.0, bad]), curve([3.0, 4.0])], is_dense=False)
    assert found.mean.tolist() == [2.0, 4.0]
    assert found.n.tolist() == [2, 1]


def test_an_x_where_no_seed_has_a_value_is_left_out() -> None:
    found = mean_band([curve([1.0, math.nan, 2.0]), curve([1.0, math.nan, 2.0])], is_dense=False)
    assert found.xs.tolist() == [1.0, 3.0]


def test_steps_are_averaged_in_buckets_from_all_of_their_values() -> None:
    steps = np.arange(1.0, 100_001.0)
    ys = np.zeros(100_000)
    ys[::1000] = 1000.0  # a spike in every bucket weighs as much as it is one step of many
    found = mean_band([(steps, ys), (steps, ys)], is_dense=True)
    assert len(found.xs) == GRID_POINTS
    assert found.mean.mean() == pytest.approx(1.0)
    assert found.mean.max() < 5.0


def test_clocks_that_differ_are_read_between_their_points() -> None:
    found = mean_band([curve([0.0, 10.0], [0.0, 10.0]), curve([0.0, 5.0, 9.0], [0.0, 5.0, 9.0])], is_dense=False)
    np.testing.assert_allclose(found.mean, found.xs)
    assert found.n[0] == 2
    assert found.n[-1] == 1
    np.testing.assert_allclose((found.high - found.low)[found.n == 2], 0.0, atol=1e-12)


def test_what_is_in_view_is_averaged_more_finely() -> None:
    steps = np.arange(1.0, 100_001.0)
    ys = np.where(steps % 2 == 0, 1.0, 0.0)
    near = mean_band([(steps, ys)] * 2, is_dense=True, limits=(500.0, 520.0))
    assert set(near.mean.tolist()) == {0.0, 1.0}
    assert near.xs[0] <= 500.0
    assert near.xs[-1] >= 520.0


def test_between_two_epochs_in_view_the_line_goes_on() -> None:
    found = mean_band([curve([0.0, 1.0, 2.0])] * 2, is_dense=False, limits=(1.2, 1.8))
    assert found.xs.tolist() == [1.0, 2.0]


def test_buckets_of_a_logarithmic_axis_are_equal_shares_of_it() -> None:
    steps = np.arange(1.0, 100_001.0)
    found = mean_band([(steps, steps), (steps, steps)], is_dense=True, is_log_x=True)
    assert (found.xs < 100).sum() > 20
    np.testing.assert_allclose(found.mean, found.xs, rtol=0.3)


def test_nothing_has_no_mean() -> None:
    assert len(mean_band([], is_dense=True).xs) == 0
    assert len(mean_band([curve([1.0], [-1.0])], is_dense=True, is_log_x=True).xs) == 0
