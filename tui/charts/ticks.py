"""Where an axis is marked and what stands there: steps of 1, 2 and 5, decades on a log axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1.0, 2.0, 5.0, 10.0)
UNITS = ((1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
"""From which value on, in which unit, with which letter."""
WIDE_RATIO = 1e7
"""From here on decades are written as powers: seven zeros are not read but counted."""
_LOG_MARKS: tuple[tuple[tuple[float, ...], int], ...] = (
    ((1.0, 2.0, 5.0), 1), ((1.0, 3.0), 1), *(((1.0,), stride) for stride in (1, 2, 3, 5, 10, 20, 50, 100, 200)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    value: float
    label: str


def linear_ticks(low: float, high: float, count: int, *, integer: bool = False, factor: float = 1.0) -> list[Tick]:
    """Return at most `count` ticks between `low` and `high`, labelled with value times `factor`."""
    low, high = low * factor, high * factor
    step = _nice_step((high - low) / max(1, count))
    if integer:
        step = max(1.0, step)
    indices = _multiples(low, high, step)
    while len(indices) > max(1, count):
        step = _nice_step(step * 1.5)
        indices = _multiples(low, high, step)
    largest = max((abs(index * step) for index in indices), default=0.0)
    return [Tick(index * step / factor, format_value(index * step, step, largest)) for index in indices]


def log_ticks(low: float, high: float, count: int, *, factor: float = 1.0) -> list[Tick]:
    """Return about `count` ticks or fewer between two positive values on a log axis.

    Decades, every second or third one where there are many, finer marks where there are few; equal steps where less
    than a decade leaves no two of those.
    """
    low, high = low * factor, high * factor
    for mantissas, stride in _LOG_MARKS:
        values = _log_marks(low, high, mantissas, stride)
        if 2 <= len(values) <= count:
            break
    else:
        decades = _log_marks(low, high, (1.0,), 1)
        if high / low < 10 or not decades:
            return linear_ticks(low / factor, high / factor, count, factor=factor)
        values = decades[:: math.ceil(len(decades) / max(1, count))]
    is_wide = values[-1] / values[0] >= WIDE_RATIO
    return [Tick(value / factor, _power(value) if is_wide else format_value(value, value, value)) for value in values]


def format_value(value: float, step: float, largest: float) -> str:
    """Write a value with the decimals that a step of this size needs, in the unit that the largest value needs."""
    if largest >= 1e15 or (step < 1e-5 and largest < 1e-2):
        return _scientific(value, step)
    unit, letter = next(((unit, letter) for start, unit, letter in UNITS if largest >= start), (1.0, ""))
    if letter and value == 0:
        return "0"
    decimals = min(7, max(0, -math.floor(math.log10(step / unit) + 1e-9)))
    return f"{value / unit:.{decimals}f}{letter}"


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in STEPS if power * step >= rough * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> range:
    return range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)


def _log_marks(low: float, high: float, mantissas: tuple[float, ...], stride: int) -> list[float]:
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [mantissa * 10.0**exponent for exponent in exponents if exponent % stride == 0 for mantissa in mantissas]
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def _power(value: float) -> str:
    return f"1e{round(math.log10(value))}"


def _scientific(value: float, step: float) -> str:
    if value == 0:
        return "0"
    digits = max(0, math.floor(math.log10(abs(value)) + 1e-9) - math.floor(math.log10(step) + 1e-9))
    mantissa, exponent = f"{value:.{min(digits, 7)}e}".split("e")
    return f"{mantissa}e{int(exponent)}"
