from __future__ import annotations

import math

import numpy as np
import pytest

from tui.charts.clip import clip
from tui.charts.scale import Scale

XS = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
YS = np.array([0.0, 10.0, 20.0, 30.0, 40.0])


def test_a_curve_in_view_stays_as_it_is() -> None:
    part = clip(XS, YS, Scale(0.0, 4.0), is_log_y=False, is_joined=True)
    assert part.xs is XS
    assert (part.entry, part.exit) == (None, None)


def test_a_curve_is_cut_where_it_crosses_the_edges() -> None:
    part = clip(XS, YS, Scale(0.5, 2.25), is_log_y=False, is_joined=True)
    np.testing.assert_array_equal(part.xs, [1.0, 2.0])
    xs, ys = part.path(part.xs, part.ys)
    np.testing.assert_allclose(xs, [0.5, 1.0, 2.0, 2.25])
    np.testing.assert_allclose(ys, [5.0, 10.0, 20.0, 22.5])


def test_between_two_points_the_line_still_passes_through() -> None:
    part = clip(XS, YS, Scale(1.25, 1.75), is_log_y=False, is_joined=True)
    assert len(part.xs) == 0
    xs, ys = part.path(part.xs, part.ys)
    np.testing.assert_allclose(xs, [1.25, 1.75])
    np.testing.assert_allclose(ys, [12.5, 17.5])


def test_on_logarithmic_axes_it_is_cut_on_the_line_that_is_drawn() -> None:
    part = clip(np.array([1.0, 100.0]), np.array([1.0, 1e4]), Scale(10.0, 1000.0, True), is_log_y=True, is_joined=True)
    assert part.entry is not None
    assert part.entry == pytest.approx((10.0, 100.0))
    assert part.exit is None


def test_points_that_are_not_joined_enter_nowhere() -> None:
    part = clip(XS, YS, Scale(0.5, 2.5), is_log_y=False, is_joined=False)
    assert (part.entry, part.exit) == (None, None)


def test_a_gap_at_the_edge_stays_a_gap() -> None:
    part = clip(XS, np.array([0.0, math.nan, 2.0, 3.0, 4.0]), Scale(1.5, 4.0), is_log_y=False, is_joined=True)
    assert part.entry is not None
    assert math.isnan(part.entry[1])


def test_out_of_view_of_a_curve_that_turns_back_are_gaps() -> None:
    part = clip(np.array([0.0, 3.0, 1.0]), np.array([1.0, 2.0, 3.0]), Scale(0.0, 2.0), is_log_y=False, is_joined=True)
    np.testing.assert_array_equal(part.ys, [1.0, math.nan, 3.0])
