"""The confusion matrix, with recall and precision of each class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import percent, plain
from tui.pictures.plate import Matrix, Panel, Plate
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.confusion import Confusion

MOST_NAMED = 3


def plate(seen: Seen) -> Plate:
    """Draw the matrix; the sentences name the most frequent confusions."""
    said = tuple((f"{name}: " if seen.is_double else "") + _words(found) for name, _, found in seen.answers)
    legend: Row = [Span("rows: what they are; columns: taken for; shade: share of the row (% if narrow)", AXIS_COLOR)]
    return Plate("Confusion of the test examples", seen.sided(_panel), said, (legend,))


def _words(found: Confusion) -> str:
    names = found.class_names
    worst = ", ".join(
        f"{plain(names[label])} as {plain(names[taken])} ({count:,})" for label, taken, count in found.worst(MOST_NAMED)
    )
    return f"Accuracy {percent(found.accuracy)} %. " + (f"Most often: {worst}." if worst else "Not one is wrong.")


def _panel(found: Confusion) -> Panel:
    names = tuple(map(plain, found.class_names))
    totals = found.counts.sum(1, keepdims=True)
    shades = np.divide(found.counts, totals, out=np.zeros(found.counts.shape), where=totals > 0)
    recall = ("rec %", *(_percent(value) for value in found.recall.tolist()))
    precision = ("prec %", *(_percent(value) for value in found.precision.tolist()))
    cells = tuple(tuple(f"{count:,}" if count else "·" for count in row) for row in found.counts.tolist())
    narrow = tuple(tuple(_short(share) for share in row) for row in shades.tolist())
    return Matrix(names, names, cells, shades, narrow, right=(recall,), below=(precision,))


def _short(share: float) -> str:
    """Write a share in two characters."""
    if not share:
        return "·"
    return "<1" if share < 0.005 else str(min(99, round(100 * share)))


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def tables(found: Confusion) -> dict[str, Table]:
    """Return the numbers as tables."""
    names = found.class_names
    counts = {"class": list(names)} | {
        f"as_{name}": found.counts[:, place].tolist() for place, name in enumerate(names)
    }
    return {
        "confusion": table_from(counts),
        "classes": table_from(
            {
                "class": list(names),
                "examples": found.counts.sum(1).tolist(),
                "recall": numbers(found.recall),
                "precision": numbers(found.precision),
            }
        ),
    }


def document(found: Confusion) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "classes": list(found.class_names),
        "counts": numbers(found.counts),
        "recall": numbers(found.recall),
        "precision": numbers(found.precision),
        "accuracy": found.accuracy,
    }
