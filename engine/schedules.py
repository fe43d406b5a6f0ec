"""Learning-rate schedules, as factors on the peak rate; pure functions of the step."""

from __future__ import annotations

import math

from engine.config import ScheduleConfig


def lr_factor(schedule: ScheduleConfig, *, step: int, steps_per_epoch: int, total_steps: int) -> float:
    """Return what the peak learning rate is multiplied by for one step.

    `constant` stays at 1; `exponential` multiplies by gamma once an epoch; `step` once every `step_epochs` epochs;
    `cosine` falls from 1 to 0 along half a cosine. `warmup_epochs` puts a linear rise before any of them, and the
    schedule begins where it ends.
    Units: `step` counts from 0.
    Source: cosine after SGDR without restarts (arXiv:1608.03983); linear warm-up after arXiv:1706.02677.
    """
    warmup_steps = round(schedule.warmup_epochs * steps_per_epoch)
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    since = step - warmup_steps
    epoch = since // steps_per_epoch
    match schedule.name:
        case "constant":
            return 1.0
        case "exponential":
            return float(schedule.gamma**epoch)
        case "step":
            return float(schedule.gamma ** (epoch // schedule.step_epochs))
        case "cosine":
            remaining = max(1, total_steps - warmup_steps)
            return 0.5 * (1.0 + math.cos(math.pi * min(1.0, since / remaining)))
