"""Learning-rate schedules at the steps where they turn."""

from __future__ import annotations

import pytest
import torch

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


@pytest.mark.parametrize(("steps", "rise"), [(100, 0.3), (37, 0.25), (250, 0.5), (10, 0.3)])
def test_one_cycle_is_that_of_torch(steps: int, rise: float) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    reference = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.5, total_steps=steps, pct_start=rise, cycle_momentum=False
    )
    expected = []
    for _ in range(steps):
        expected.append(reference.get_last_lr()[0])
        optimizer.step()
        if len(expected) < steps:
            reference.step()
    schedule = ScheduleConfig(name="one_cycle", rise_fraction=rise)
    found = [0.5 * factor for factor in factors(schedule, steps_per_epoch=steps, epochs=1)]
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_a_few_steps_stays_between_its_ends(steps: int) -> None:
    found = factors(ScheduleConfig(name="one_cycle"), steps_per_epoch=steps, epochs=1)
    assert all(0 < factor <= 1 for factor in found)
