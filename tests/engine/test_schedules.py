"""Learning-rate schedules at the steps where they turn."""

from __future__ import annotations

import pytest

from engine.config import ScheduleConfig
from engine.schedules import lr_factor


def factors(schedule: ScheduleConfig, *, steps_per_epoch: int = 10, epochs: int = 10) -> list[float]:
    total = steps_per_epoch * epochs
    return [lr_factor(schedule, step=step, steps_per_epoch=steps_per_epoch, total_steps=total) for step in range(total)]


def test_constant_stays_at_the_peak() -> None:
    assert set(factors(ScheduleConfig())) == {1.0}


def test_exponential_multiplies_once_an_epoch() -> None:
    found = factors(ScheduleConfig(name="exponential", gamma=0.95))
    assert found[0] == found[9] == 1.0
    assert found[10] == pytest.approx(0.95)
    assert found[99] == pytest.approx(0.95**9)


def test_step_drops_every_so_many_epochs() -> None:
    found = factors(ScheduleConfig(name="step", gamma=0.1, step_epochs=3))
    assert [found[29], found[30], found[60], found[90]] == pytest.approx([1.0, 0.1, 0.01, 0.001])


def test_cosine_falls_from_the_peak_to_nothing() -> None:
    found = factors(ScheduleConfig(name="cosine"))
    assert found[0] == 1.0
    assert found[50] == pytest.approx(0.5)
    assert 0.0 < found[99] < 0.001
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("name", ["constant", "step", "exponential", "cosine"])
def test_warm_up_rises_linearly_and_then_the_schedule_begins(name: str) -> None:
    schedule = ScheduleConfig.model_validate({"name": name, "warmup_epochs": 0.5})
    found = factors(schedule)
    assert found[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found[5] == 1.0
