from __future__ import annotations

import pytest

from tui.charts.frame import Frame
from tui.charts.scale import Scale
from tui.charts.zoom import beside, nearer

WHOLE = Scale(0.0, 100.0)


def frame(low: float, high: float, whole: Scale = WHOLE) -> Frame:
    return Frame(0, 0, 60, 10, Scale(low, high, whole.is_log), whole)


def test_looking_closer_keeps_the_cursor_at_its_place() -> None:
    limits = nearer(frame(0.0, 100.0), 0.5, around=20.0)
    assert limits == pytest.approx((10.0, 60.0))
    assert (20.0 - 10.0) / (60.0 - 10.0) == 20.0 / 100.0


@pytest.mark.parametrize("around", [None, 500.0])
def test_without_a_cursor_in_view_the_middle_stays(around: float | None) -> None:
    assert nearer(frame(0.0, 100.0), 0.5, around) == pytest.approx((25.0, 75.0))


def test_looking_further_ends_with_the_whole_axis() -> None:
    assert nearer(frame(40.0, 60.0), 2.0) == pytest.approx((30.0, 70.0))
    assert nearer(frame(30.0, 80.0), 4.0) is None


def test_on_a_logarithmic_axis_shares_are_of_powers() -> None:
    whole = Scale(1.0, 10_000.0, True)
    assert nearer(frame(1.0, 10_000.0, whole), 0.5) == pytest.approx((10.0, 1_000.0))
    assert beside(frame(10.0, 1_000.0, whole), 1) == pytest.approx((10**1.5, 10**3.5))


def test_moving_stops_at_the_ends() -> None:
    assert beside(frame(40.0, 60.0), 1) == pytest.approx((45.0, 65.0))
    assert beside(frame(2.0, 22.0), -1) == pytest.approx((0.0, 20.0))
    assert beside(frame(85.0, 100.0), 1) == pytest.approx((85.0, 100.0))
    assert beside(frame(0.0, 100.0), 1) is None


def test_there_is_an_end_to_looking_closer() -> None:
    limits = frame(0.0, 100.0)
    for _ in range(60):
        found = nearer(limits, 0.5, 33.0)
        assert found is not None
        assert found[1] > found[0]
        limits = frame(*found)
    assert limits.x.high - limits.x.low > 1e-6
