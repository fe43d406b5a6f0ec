from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.smooth import smooth


def plain_loop(values: list[float], factor: float) -> list[float]:
    """The definition, value by value."""
    total, weight, smoothed = 0.0, 0.0, []
    for value in values:
        known = math.isfinite(value)
        total = factor * total + (value if known else 0.0)
        weight = factor * weight + known
        smoothed.append(total / weight if known else value)
    return smoothed


@given(
    values=st.lists(st.floats(-1e9, 1e9) | st.sampled_from([math.nan, math.inf]), max_size=300),
    factor=st.floats(0.0, 0.999),
)
def test_it_agrees_with_the_plain_loop(values: list[float], factor: float) -> None:
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    np.testing.assert_allclose(
        smooth(np.array(values, np.float64), factor), plain_loop(values, factor), rtol=1e-9, atol=1e-12 * largest
    )


@pytest.mark.parametrize("factor", [0.01, 0.5, 0.9, 0.999])
def test_a_constant_stays_a_constant_from_its_first_value_on(factor: float) -> None:
    np.testing.assert_allclose(smooth(np.full(20_000, 0.7), factor), 0.7)


def test_no_smoothing_returns_the_values() -> None:
    values = np.array([1.0, 5.0])
    assert smooth(values, 0.0) is values


def test_a_gap_stays_a_gap_and_does_not_spread() -> None:
    smoothed = smooth(np.array([1.0, np.nan, 1.0]), 0.9)
    assert np.isnan(smoothed).tolist() == [False, True, False]


@pytest.mark.parametrize("factor", [1.0, -0.1])
def test_a_factor_outside_its_range_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="smoothing factor"):
        smooth(np.zeros(3), factor)
