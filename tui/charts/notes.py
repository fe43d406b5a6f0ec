"""What has to be said of values that a chart cannot show as they are."""

from __future__ import annotations

import numpy as np

from tui.charts.figure import Figure, Floats
from tui.format import plural


def notes_of(figure: Figure) -> list[str]:
    """Return what a figure says of its values, and how many of them have no place on its axes and why."""
    lines = [(np.asarray(line.xs, np.float64), np.asarray(line.ys, np.float64)) for line in figure.lines]
    missing = infinite = unplaced = 0
    for xs, ys in lines:
        if np.isfinite(ys).all() and not (figure.log_x or figure.log_y):
            continue  # which is nearly always
        known = np.isfinite(xs)
        missing += int(np.isnan(ys).sum())
        infinite += int(np.isinf(ys).sum())
        unplaced += int((_below(ys, is_log=figure.log_y) | (known & _below(xs, is_log=figure.log_x))).sum())
    reasons = [
        f"{count:,} {reason}"
        for count, reason in ((missing, "NaN"), (infinite, "infinite"), (unplaced, "not positive"))
        if count
    ]
    if not reasons:
        return list(figure.notes)
    total = missing + infinite + unplaced
    why = reasons[0].partition(" ")[2] if len(reasons) == 1 else ", ".join(reasons)
    return [*figure.notes, f"{plural(total, 'value')} not shown: {why}"]


def _below(values: Floats, *, is_log: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.isfinite(values) & (values <= 0) if is_log else np.zeros(len(values), np.bool_)
