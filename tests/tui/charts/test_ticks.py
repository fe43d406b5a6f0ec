from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tui.charts.ticks import linear_ticks, log_ticks


@pytest.mark.parametrize(
    ("low", "high", "count", "labels"),
    [
        (0.0, 10.0, 6, ["0", "2", "4", "6", "8", "10"]),
        (0.0, 1.0, 6, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.0, 9380.0, 5, ["0", "2000", "4000", "6000", "8000"]),
        (0.0, 93_800.0, 5, ["0", "20k", "40k", "60k", "80k"]),
        (0.0, 2_400_000.0, 5, ["0", "0.5M", "1.0M", "1.5M", "2.0M"]),
        (0.0, 1e30, 3, ["0", "5e29", "1.0e30"]),
        (-0.5, 0.5, 3, ["-0.5", "0.0", "0.5"]),
    ],
)
def test_linear_ticks_are_round_and_their_labels_have_equal_decimals(
    low: float, high: float, count: int, labels: list[str]
) -> None:
    assert [tick.label for tick in linear_ticks(low, high, count)] == labels


def test_percent_labels_leave_values_as_fractions() -> None:
    ticks = linear_ticks(0.95, 0.99, 5, factor=100.0)
    assert [tick.label for tick in ticks] == ["95", "96", "97", "98", "99"]
    assert [tick.value for tick in ticks] == pytest.approx([0.95, 0.96, 0.97, 0.98, 0.99])


def test_whole_numbers_only_where_asked() -> None:
    assert [tick.label for tick in linear_ticks(0.0, 2.0, 9, integer=True)] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("low", "high", "count", "labels"),
    [
        (0.01, 1.0, 9, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]),
        (0.01, 1.0, 6, ["0.01", "0.03", "0.1", "0.3", "1"]),
        (0.001, 1000.0, 7, ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]),
        (1e-8, 1.0, 5, ["1e-8", "1e-6", "1e-4", "1e-2", "1e0"]),
        (0.62, 0.68, 4, ["0.62", "0.64", "0.66", "0.68"]),
    ],
)
def test_log_ticks_are_decades_or_their_simple_parts(low: float, high: float, count: int, labels: list[str]) -> None:
    assert [tick.label for tick in log_ticks(low, high, count)] == labels


@given(low=st.floats(-1e200, 1e200), high=st.floats(-1e200, 1e200), count=st.integers(1, 20))
def test_linear_ticks_lie_inside_and_differ(low: float, high: float, count: int) -> None:
    assume(high - low > max(1e-6 * max(abs(low), abs(high)), 1e-200))
    ticks = linear_ticks(low, high, count)
    room = 1e-6 * (high - low)
    assert len(ticks) <= count
    assert all(low - room <= tick.value <= high + room for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks)


@given(low=st.floats(1e-199, 1e199), ratio=st.floats(1.001, 1e6), count=st.integers(2, 20))
def test_log_ticks_lie_inside_and_differ(low: float, ratio: float, count: int) -> None:
    ticks = log_ticks(low, low * ratio, count)
    assert all(low * (1 - 1e-6) <= tick.value <= low * ratio * (1 + 1e-6) for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks) <= count
