"""Learning-rate schedules, as factors on the peak rate; pure functions of the step."""

from __future__ import annotations

import math

from engine.config import ScheduleConfig

_ONE_CYCLE_START = 1 / 25
_ONE_CYCLE_END = _ONE_CYCLE_START / 1e4


def lr_factor(schedule: ScheduleConfig, *, step: int, steps_per_epoch: int, total_steps: int) -> float:
    """Return what the peak learning rate is multiplied by for one step.

    `constant` stays at 1; `exponential` multiplies by gamma once an epoch; `step` once every `step_epochs` epochs;
    `cosine` falls from 1 to 0 along half a cosine. `warmup_epochs` puts a linear rise before any of them, and the
    schedule begins where it ends. `one_cycle` rises along half a cosine from 1/25 to 1 in the first `rise_fraction` of
    the training, then falls along another to 1/250,000; momentum stays as it is.
    Units: `step` counts from 0.
    Source: cosine after SGDR without restarts (arXiv:1608.03983); linear warm-up after arXiv:1706.02677; one cycle
    after arXiv:1708.07120, with the defaults of torch's OneCycleLR.
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
            return _along_cosine(1.0, 0.0, since / remaining)
        case "one_cycle":
            top = schedule.rise_fraction * total_steps - 1  # the step of the peak; not always a whole one
            if step < top:
                return _along_cosine(_ONE_CYCLE_START, 1.0, step / top)
            return _along_cosine(1.0, _ONE_CYCLE_END, (step - top) / max(1e-9, total_steps - 1 - top))


def _along_cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, max(0.0, part))))
