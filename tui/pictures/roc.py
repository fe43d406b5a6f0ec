"""The ROC curve with the threshold chosen, and what the test examples become at 0.5 and there."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tui.charts.figure import Figure, Line
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import percent, plain, shorten
from tui.pictures.plate import Beside, Charts, Panel, Plate, Text
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.roc import Roc, TwoByTwo


MOST_NAME = 8


def plate(seen: Seen) -> Plate:
    """Draw the curve, the diagonal of guessing, the point chosen, and the two tables."""
    first: Roc = seen.inspection.first
    lines = [Line("guessing", [0.0, 1.0], [0.0, 1.0], AXIS_COLOR, style="dotted")]
    for name, identity, found in seen.answers:
        called = f"{name}: AUC {found.area:.4f}" if seen.is_double else f"AUC {found.area:.4f}"
        lines.append(Line(called, found.false_positive_rate, found.true_positive_rate, identity.color))
        x, y = found.chosen_point
        lines.append(
            Line(f"threshold {found.chosen:.3f}", [x], [y], identity.color, marker=identity.marker, style="points",
                 is_front=True)
        )  # fmt: skip
    figure = Figure(
        "true positives", tuple(lines), x_label="false positives %", x_unit=0.01, y_percent=True, is_apart=True
    )
    words: list[Row] = []
    for name, identity, found in seen.answers:
        if seen.is_double:
            words.append([Span(f"{identity.marker} ", identity.color), Span(name, is_bold=True)])
        for table in found.confusions:
            words += _table(found, table)
    panel: Panel = Beside((Charts((figure,), least_width=30), Text(tuple(words))), (3, 2), wide=76)
    rest = "" if len(first.class_names) == 2 else " against the rest"
    legend: Row = [
        Span(f"curve over {first.curve_examples:,} {first.split} examples; threshold: the point nearest the upper left "
             "corner; tables: test examples by what they are, in columns what they are taken for", AXIS_COLOR)
    ]  # fmt: skip
    return Plate(f"ROC of {plain(first.positive)}{rest}", panel, legend=(legend,))


def _table(found: Roc, at: TwoByTwo) -> list[Row]:
    rest = plain(found.class_names[1 - found.class_names.index(found.positive)]) if len(found.class_names) == 2 else ""
    positive, other = plain(found.positive), rest or "rest"
    positive, other = shorten(positive, MOST_NAME), shorten(other, MOST_NAME)
    width = max(len(positive), len(other), 6)
    counts = ((positive, at.true_positives, at.false_negatives), (other, at.false_positives, at.true_negatives))
    return [
        [Span(f"at {at.threshold:.3f}: accuracy {percent(at.accuracy)} %", is_bold=True)],
        [Span(f"{'':<{width}} {positive:>{width}} {other:>{width}}", AXIS_COLOR)],
        *([Span(f"{name:<{width}} {taken:>{width},} {left:>{width},}")] for name, taken, left in counts),
        [],
    ]


def tables(found: Roc) -> dict[str, Table]:
    """Return the curve and the tables at the thresholds."""
    return {
        "roc": table_from(
            {
                "false_positive_rate": numbers(found.false_positive_rate),
                "true_positive_rate": numbers(found.true_positive_rate),
                "threshold": numbers(found.thresholds),
            }
        ),
        "thresholds": table_from(
            {key: [asdict(one)[key] for one in found.confusions] for key in asdict(found.confusions[0])}
        ),
    }


def document(found: Roc) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "positive": found.positive,
        "curve_of": found.split,
        "examples": found.curve_examples,
        "auc": found.area,
        "threshold": found.chosen,
        "false_positive_rate": numbers(found.false_positive_rate),
        "true_positive_rate": numbers(found.true_positive_rate),
        "thresholds": numbers(found.thresholds),
        "test": [asdict(one) | {"accuracy": one.accuracy} for one in found.confusions],
    }
