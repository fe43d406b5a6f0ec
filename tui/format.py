"""Numbers and foreign text the way people read them; pure, shared by the command line and the screens."""

from __future__ import annotations

import math
import textwrap
import time
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.best_epochs import measured_by
from engine.tolerance import Bound

MISSING = "–"
WHOLE_METRICS = ("epoch", "best_epoch", "updates_to_converge", "parameters", "epochs", "steps")
"""Metrics that count."""
COST_DECIMALS = {"train_seconds": 1, "samples_per_second": 0}
"""Metrics of what a training took, with the decimals that say something."""
_MINUS = "−"
_SHOWN_AS_SPACE = {"\n", "\t", "\r", "\v", "\f"}
_HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def plain(text: str) -> str:
    """Make foreign text safe to show on one line: no control, formatting or direction characters survive."""
    if text.isascii() and text.isprintable():
        return text
    kept = (" " if character in _SHOWN_AS_SPACE else character for character in text)
    return "".join(character for character in kept if unicodedata.category(character) not in _HIDDEN_CATEGORIES)


def plain_lines(text: str) -> list[str]:
    """Make foreign text of several lines safe, keeping the lines apart."""
    return [plain(line) for line in text.splitlines()]


def ended(sentence: str) -> str:
    """Return a sentence with a sign at its end."""
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


def shorten(text: str, width: int) -> str:
    """Cut text to a number of characters, an ellipsis in place of what is lost."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def filled(text: str, width: int | None, hang: str = "") -> str:
    """Break lines longer than a terminal is wide between words; None stands for what has room for all.

    `hang` leads what goes on below, after the blanks that the line begins with.
    """
    if width is None:
        return text
    return "\n".join(_filled(line, width, hang) if len(line) > width else line for line in text.split("\n"))


def _filled(line: str, width: int, hang: str) -> str:
    indent = line[: len(line) - len(line.lstrip())] + hang
    return textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def percent(fraction: float | None, decimals: int = 2) -> str:
    """Write a fraction as a percentage without its sign: 0.9895 is 98.95."""
    return number(None if fraction is None else 100 * fraction, decimals)


def percent_gap(fraction: float | None, decimals: int = 2) -> str:
    """Write a difference of fractions in percentage points, always with its sign."""
    return signed(None if fraction is None else 100 * fraction, decimals)


def number(value: float | None, decimals: int) -> str:
    """Write a number with fixed decimals; a dash for one that is not known, words for one that is not finite."""
    if value is None:
        return MISSING
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else f"{_MINUS}inf"
    return f"{value:,.{decimals}f}".replace("-", _MINUS)


def signed(value: float | None, decimals: int) -> str:
    """Write a difference with fixed decimals and a sign, except where it rounds to nothing."""
    text = number(value, decimals)
    is_positive = value is not None and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if is_positive or text == "inf" else text


def loss(value: float | None) -> str:
    """Write a loss with four decimals, or in powers of ten where that would not fit or show nothing; nothing is 0."""
    if value == 0:
        return "0"  # four decimals would be read as a rounded number: of two losses 3e-15 is the larger
    if value is not None and math.isfinite(value) and value and not 5e-5 <= abs(value) < 1e5:
        return f"{_MINUS if value < 0 else ''}{abs(value):.2e}"
    return number(value, 4)


def count(value: int | None) -> str:
    """Write a whole number in groups of three digits."""
    return MISSING if value is None else f"{value:,}"


def rate(samples_per_second: float) -> str:
    """Write a throughput in whole images a second; a dash before there is one."""
    return f"{samples_per_second:,.0f}" if samples_per_second > 0 else MISSING


def seconds(value: float | None) -> str:
    """Write a duration as people say it: 9.8 s, 2 min 31 s, 3 h 05 min.

    Units: seconds.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 9.95:
        return f"{max(value, 0.0):.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(value / 60)
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def moment(seconds_since_1970: float) -> str:
    """Write a point in time in local time, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds_since_1970))


def plural(number_of: int, singular: str) -> str:
    """Write a count with its noun: 1 run, 12 runs."""
    return f"{number_of:,} {singular}{'' if number_of == 1 else 's'}"


def classes(number_of: int) -> str:
    """Write how many classes there are."""
    return f"{number_of:,} class{'' if number_of == 1 else 'es'}"


def seeds(values: Sequence[int]) -> str:
    """Write seeds the way they are given: 0..4 for a range, 0,3,7 otherwise."""
    if len(values) > 2 and list(values) == list(range(values[0], values[0] + len(values))):
        return f"{values[0]}..{values[-1]}"
    return ",".join(str(value) for value in values)


def home_path(path: Path) -> str:
    """Write a path, the home folder as a tilde."""
    try:
        return plain(f"~/{path.absolute().relative_to(Path.home())}").removesuffix("/.")
    except ValueError:
        return plain(str(path))


def metric_words(name: str) -> str:
    """Write the name of a metric in words."""
    return plain(name).replace("_", " ")


def metric_heading(name: str) -> str:
    """Return what heads the values of a metric: its name in words, and its unit."""
    return f"{metric_words(name)}{' %' if is_fraction(name) else ''}"


def table_value(value: float) -> str:
    """Write a value of a table: counts whole, other numbers as losses."""
    return number(value, 0) if value.is_integer() else loss(value)


def is_fraction(metric: str) -> bool:
    """Tell from its name whether a metric is a fraction, shown as percent."""
    return any(word in measured_by(metric) for word in ("accuracy", "error", "utilization"))


def metric_value(metric: str, value: float | None, decimals: int = 2) -> str:
    """Write the value of a metric in its unit: percent for accuracies and errors, the rest as losses."""
    if is_fraction(metric):
        return percent(value, decimals)
    name = measured_by(metric)
    if name in WHOLE_METRICS:
        return number(value, 0 if value is None or float(value).is_integer() else 1)
    if name in COST_DECIMALS:
        return number(value, COST_DECIMALS[name])
    return loss(value)


def metric_gap(metric: str, value: float | None, decimals: int = 2) -> str:
    """Write a difference of a metric in its unit, with its sign."""
    if is_fraction(metric):
        return percent_gap(value, decimals)
    sign = "+" if value is not None and value > 0 else ""
    return sign + metric_value(metric, value, decimals)


def estimate(metric: str, mean: float, half_width: float | None) -> str:
    """Write a mean with its interval, where there is one."""
    interval = "" if half_width is None else f" ± {metric_value(metric, half_width)}"
    return metric_value(metric, mean) + interval


def p_value(value: float | None) -> str:
    """Write a p-value with two digits that say something; smaller than one in ten thousand is no longer told apart."""
    if value is None or math.isnan(value):
        return MISSING
    if value < 1e-4:
        return "<0.0001"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}" if value >= 0.001 else f"{value:.4f}"


def published(
    metric: str, value: float, tolerance: float, bound: Bound = "near", *, is_named: bool | None = None
) -> str:
    """Write a published figure with its tolerance: 99.0 ± 0.5 %, or ≥ 98.00 % where it is a bound.

    `is_named` says whether the metric stands before it; None names it unless it is the usual one.
    """
    unit = " %" if is_fraction(metric) else ""
    name = f"{metric_words(metric)} " if (metric != "test_accuracy" if is_named is None else is_named) else ""
    if bound != "near":
        sign, slack = ("≥", _MINUS) if bound == "at_least" else ("≤", "+")
        allowed = f" {slack} {metric_value(metric, tolerance)}" if tolerance else ""
        return f"{name}{sign} {metric_value(metric, value)}{allowed}{unit}"
    decimals = 1 if is_fraction(metric) and _has_one_decimal(value) and _has_one_decimal(tolerance) else 2
    return f"{name}{metric_value(metric, value, decimals)} ± {metric_value(metric, tolerance, decimals)}{unit}"


def published_figure(figure: Mapping[str, Any], *, is_named: bool | None = None) -> str:
    """Write a published figure as it stands in a run object, which may be older than bounds are."""
    value, tolerance = float(figure["value"]), float(figure["tolerance"])
    return published(str(figure["metric"]), value, tolerance, figure.get("bound", "near"), is_named=is_named)


def _has_one_decimal(fraction: float) -> bool:
    thousandths = 1000 * fraction  # infinite for what only a damaged file has
    return math.isfinite(thousandths) and abs(round(thousandths) - thousandths) < 1e-9
