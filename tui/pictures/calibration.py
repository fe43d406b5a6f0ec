"""Reliability: how often a network is right against how sure it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tui.charts.figure import Figure, Line
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import percent
from tui.pictures.plate import Charts, Plate
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.calibration import Calibration


def plate(seen: Seen) -> Plate:
    """Draw accuracy over confidence, with the diagonal on which it should lie, and how many examples there are."""
    reliability = [Line("right as often as sure", [0.0, 1.0], [0.0, 1.0], AXIS_COLOR, style="dotted")]
    counts: list[Line] = []
    for name, identity, found in seen.answers:
        filled = found.counts > 0
        reliability.append(
            Line(name, found.confidence[filled], found.accuracy[filled], identity.color, marker=identity.marker)
        )
        shares = found.counts / max(1, found.counts.sum())
        counts.append(
            Line(name, np.repeat(found.edges, 2)[1:-1], np.repeat(shares, 2), identity.color, marker=identity.marker)
        )
    figures = (
        Figure("accuracy", tuple(reliability), x_label="confidence %", x_unit=0.01, y_percent=True, is_apart=True),
        Figure("examples", tuple(counts), x_label="confidence %", x_unit=0.01, y_percent=True, is_apart=True),
    )
    said = tuple((f"{name}: " if seen.is_double else "") + _words(found) for name, _, found in seen.answers)
    legend: Row = [
        Span("ECE: mean gap of confidence and accuracy over 15 bins, weighted by their examples; MCE: the largest gap",
             AXIS_COLOR)
    ]  # fmt: skip
    return Plate("Calibration: is it as often right as it is sure?", Charts(figures), said, (legend,))


def _words(found: Calibration) -> str:
    if math.isnan(found.mean_confidence):
        return "Not one probability is a number: the network has diverged."
    gap = found.mean_confidence - found.mean_accuracy
    verdict = "too sure" if gap > 0 else "not sure enough"
    return (
        f"ECE {percent(found.expected_error)} %, MCE {percent(found.maximum_error)} %: on average sure of "
        f"{percent(found.mean_confidence)} %, right in {percent(found.mean_accuracy)} %, so {verdict} by "
        f"{100 * abs(gap):.2f} points."
    )


def tables(found: Calibration) -> dict[str, Table]:
    """Return the bins as a table."""
    return {
        "calibration": table_from(
            {
                "from": numbers(found.edges[:-1]),
                "to": numbers(found.edges[1:]),
                "examples": numbers(found.counts),
                "confidence": numbers(found.confidence),
                "accuracy": numbers(found.accuracy),
            }
        )
    }


def document(found: Calibration) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "expected_calibration_error": found.expected_error,
        "maximum_calibration_error": found.maximum_error,
        "mean_confidence": found.mean_confidence,
        "accuracy": found.mean_accuracy,
        "bins": {
            "edges": numbers(found.edges),
            "examples": numbers(found.counts),
            "confidence": numbers(found.confidence),
            "accuracy": numbers(found.accuracy),
        },
    }
