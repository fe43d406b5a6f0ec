from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.governor import LONGEST_DELAY_SECONDS, SHORTEST_DELAY_SECONDS, Governor


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_paint_is_free() -> None:
    assert Governor(clock=Clock()).delay() == 0.0


def test_fast_paints_come_at_most_ten_times_a_second() -> None:
    clock = Clock()
    governor = Governor(clock=clock)
    governor.spent(0.0001)
    assert governor.delay() == pytest.approx(SHORTEST_DELAY_SECONDS)
    clock.now += 0.06
    assert governor.delay() == pytest.approx(0.04)
    clock.now += 1.0
    assert governor.delay() == 0.0


def test_charts_that_share_a_governor_share_its_budget() -> None:
    governor = Governor(share=0.05, clock=Clock())
    governor.spent(0.02)
    governor.spent(0.03)
    assert governor.delay() == pytest.approx(0.05 * 19)


def test_one_very_slow_paint_does_not_freeze_the_charts() -> None:
    governor = Governor(clock=Clock())
    governor.spent(60.0)
    assert governor.delay() == LONGEST_DELAY_SECONDS


@given(paints=st.lists(st.floats(0.0001, 0.2), min_size=1, max_size=50), share=st.floats(0.03, 0.5))
def test_painting_stays_under_its_share_of_the_time(paints: list[float], share: float) -> None:
    clock = Clock()
    governor = Governor(share=share, clock=clock)
    started = clock.now
    for seconds in paints:
        clock.now += governor.delay() + seconds
        governor.spent(seconds)
    assert sum(paints) <= share * (clock.now + governor.delay() - started) * (1 + 1e-9)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Governor(share=share)
