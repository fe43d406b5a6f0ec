from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui.charts.figure import Floats
from tui.charts.thin import bucket_edges, thin

values = arrays(
    np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6) | st.sampled_from([np.nan, 0.0]), fill=st.nothing()
)


@given(ys=values, buckets=st.integers(1, 40), seed=st.integers(0, 1000))
def test_extremes_of_every_bucket_are_kept_in_order(ys: Floats, buckets: int, seed: int) -> None:
    xs = np.sort(np.random.default_rng(seed).uniform(0, 10, len(ys)))
    thin_xs, thin_ys = thin(xs, ys, buckets)
    assert len(thin_xs) == len(thin_ys) <= max(3 * buckets, 2)
    assert (np.diff(thin_xs) >= 0).all()
    if len(ys) <= 2 * buckets:
        assert thin_xs is xs
        return
    edges = bucket_edges(xs, buckets)
    for start, stop in pairwise(edges):
        part = ys[start:stop]
        if not np.isnan(part).all():
            assert np.nanmin(part) in thin_ys
            assert np.nanmax(part) in thin_ys
        if np.isnan(part).any():
            assert np.isnan(thin_ys[(thin_xs >= xs[start]) & (thin_xs <= xs[stop - 1])]).any()


@given(ys=values, buckets=st.integers(1, 40))
def test_kept_points_are_points_of_the_curve(ys: Floats, buckets: int) -> None:
    xs = np.arange(len(ys), dtype=np.float64)
    thin_xs, thin_ys = thin(xs, ys, buckets)
    np.testing.assert_array_equal(ys[thin_xs.astype(int)], thin_ys)


def test_a_clock_set_back_keeps_the_order_of_points() -> None:
    xs = np.concatenate((np.arange(500.0), np.arange(100.0, 600.0)))
    ys = np.zeros(1000)
    ys[700] = 9.0
    thin_xs, thin_ys = thin(xs, ys, 10)
    assert thin_ys.max() == 9.0
    assert thin_xs[thin_ys.argmax()] == 300.0
    assert len(thin_xs) <= 30


def test_one_spike_in_a_million_survives() -> None:
    ys = np.zeros(1_000_000)
    ys[123_456] = 1.0
    _, thin_ys = thin(np.arange(1e6), ys, 200)
    assert thin_ys.max() == 1.0
    assert len(thin_ys) <= 600
