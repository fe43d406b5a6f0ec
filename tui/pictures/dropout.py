"""Error against the number of dropout masks, three ways, and the examples on which the masks disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui.charts.example_cards import sureness
from tui.charts.figure import Band, Figure, Line
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import percent, plain
from tui.identity import COLORS
from tui.pictures.mistakes import title_line
from tui.pictures.plate import Beside, Charts, Gallery, Panel, Plate, Tile
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.dropout import DropoutInference

SPREAD = (5.0, 95.0)
"""Percentiles of the resamplings between which a band lies."""
LISTED = 100


def plate(seen: Seen) -> Plate:
    """Draw the curves and the most uncertain examples."""
    from engine.analysis.dropout import RESAMPLINGS

    said = tuple((f"{name}: " if seen.is_double else "") + _words(found) for name, _, found in seen.answers)
    legend: Row = [
        Span(f"bands: 5 to 95 % of {RESAMPLINGS} resamplings of the masks; entropy in nats, in brackets the part "
             "on which masks disagree", AXIS_COLOR)
    ]  # fmt: skip
    return Plate("Dropout at inference: how many masks match the scaling?", seen.sided(_panel), said, (legend,))


def _words(found: DropoutInference) -> str:
    last = [float(values[:, -1].mean()) for values in (found.pre_softmax, found.post_softmax)]
    of_all = len(found.examples)
    part = "" if found.asked_examples == of_all else f"Of the first {found.asked_examples:,} of {of_all:,} examples: "
    return (
        f"{part}Error {percent(found.scaling_error)} % by scaling; with {len(found.masks)} masks {percent(last[0])} % "
        f"averaging scores, {percent(last[1])} % averaging probabilities."
    )


def _panel(found: DropoutInference) -> Panel:
    masks = found.masks.astype(np.float64)
    lines = [Line("scaling", masks, np.full(len(masks), found.scaling_error), COLORS[2], marker="●", style="dashed")]
    bands = []
    for name, values, color, marker in (
        ("scores averaged", found.pre_softmax, COLORS[0], "■"),
        ("probabilities averaged", found.post_softmax, COLORS[1], "▲"),
    ):
        lines.append(Line(name, masks, values.mean(0), color, marker=marker))
        low, high = np.percentile(values, SPREAD, axis=0)
        bands.append(Band(name, masks, low, high, color))
    figure = Figure("test error", tuple(lines), x_label="masks", y_percent=True, bands=tuple(bands), is_apart=True)
    examples = found.examples
    shape = None if examples.images is None else examples.images.shape[1:3]
    tiles = Gallery(min(LISTED, len(found.uncertain)), lambda place: _tile(found, place), shape, 3, least_columns=16,
                    tallest=14)  # fmt: skip
    return Beside((Charts((figure,)), tiles), (1, 1))


def _tile(found: DropoutInference, place: int) -> Tile:
    example = int(found.uncertain[place])
    examples = found.examples
    first, second = np.argsort(-found.mean_probabilities[example], kind="stable")[:2].tolist()
    either = " · ".join(
        f"{plain(examples.class_names[one])} {sureness(float(found.mean_probabilities[example, one]))}"
        for one in (first, second)
    )
    said = f"{found.entropy[example]:.2f} ({found.mutual_information[example]:.2f})"
    image = None if examples.images is None else examples.images[example]
    return Tile(image, (title_line(examples, example), [Span(either)], [Span(said, AXIS_COLOR)]))


def tables(found: DropoutInference) -> dict[str, Table]:
    """Return the curves, and the uncertainty of every example."""
    curves: dict[str, Any] = {"masks": numbers(found.masks)}
    for name, values in (("pre_softmax", found.pre_softmax), ("post_softmax", found.post_softmax)):
        low, high = np.percentile(values, SPREAD, axis=0)
        curves |= {
            f"{name}_error": numbers(values.mean(0)), f"{name}_low": numbers(low), f"{name}_high": numbers(high),
        }  # fmt: skip
    curves["scaling_error"] = [found.scaling_error] * len(found.masks)
    examples = {
        "example": numbers(found.uncertain),
        "entropy": numbers(found.entropy[found.uncertain]),
        "mutual_information": numbers(found.mutual_information[found.uncertain]),
    }
    return {"dropout": table_from(curves), "uncertainty": table_from(examples)}


def document(found: DropoutInference) -> dict[str, Any]:
    """Return the numbers for scripts."""

    def resampled(values: NDArray[np.float64]) -> dict[str, Any]:
        low, high = np.percentile(values, SPREAD, axis=0)
        return {"mean": numbers(values.mean(0)), "low": numbers(low), "high": numbers(high)}

    return {
        "masks": numbers(found.masks),
        "scaling_error": found.scaling_error,
        "pre_softmax_error": resampled(found.pre_softmax),
        "post_softmax_error": resampled(found.post_softmax),
        "examples": found.asked_examples,
        "entropy": numbers(found.entropy),
        "mutual_information": numbers(found.mutual_information),
        "most_uncertain": numbers(found.uncertain[:LISTED]),
    }
