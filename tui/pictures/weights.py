"""Histograms of the weights and biases of each layer, one or two runs in the same axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tui.charts.figure import Figure, Line
from tui.charts.span import AXIS_COLOR, Span
from tui.pictures.colour_map import short
from tui.pictures.plate import Charts, Plate
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.weights import LayerWeights, Spread

PARTS = ("weights", "biases")


def plate(seen: Seen) -> Plate:
    """Draw a chart for the weights and one for the biases of each layer."""
    from engine.analysis.weights import NEAR_ZERO

    layers = [layer.name for _, _, found in seen.answers for layer in found]
    figures = [_figure(seen, name, part) for name in dict.fromkeys(layers) for part in PARTS]
    legend = (
        f"curve: share of the values in each bin; near 0: share below {NEAR_ZERO:g} in absolute value; norm: Euclidean"
    )
    return Plate(
        "Weights and biases by layer",
        Charts(
            tuple(figure for figure in figures if figure is not None),
            least_height=12 if seen.is_double else 9,
            empty="No layer has weights.",
        ),
        legend=(*seen.key(), [Span(legend, AXIS_COLOR)]),
    )


def _figure(seen: Seen, name: str, part: str) -> Figure | None:
    lines: list[Line] = []
    notes: list[str] = []
    for run, identity, layers in seen.answers:
        layer = next((layer for layer in layers if layer.name == name), None)
        spread: Spread | None = getattr(layer, part, None)
        if spread is None:
            continue
        said = f"norm {short(spread.norm)}, near 0 {100 * spread.near_zero:.1f} %"
        if lost := spread.count - int(spread.counts.sum()):
            said = f"{lost:,} of {spread.count:,} are not finite"
        notes.append(f"{identity.marker} {run}: {said}" if seen.is_double else said)
        xs, ys = outline(spread, is_log=seen.log_y)
        lines.append(Line("", xs, ys, identity.color, marker=identity.marker))
    if not lines:
        return None
    return Figure(
        title=f"{name or 'network'} {part}",
        lines=tuple(lines),
        notes=tuple(notes),
        y_percent=True,
        log_y=seen.log_y,
        is_apart=True,
    )


def outline(spread: Spread, *, is_log: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the edge of a histogram as a curve of shares, from 0 to 0 unless the axis is logarithmic.

    Shapes: (2 * bins + 2,), (2 * bins + 2,); without the two ends where the axis is logarithmic.
    """
    shares = spread.counts / max(1, spread.count)
    xs, ys = np.repeat(spread.edges, 2), np.concatenate([[0.0], np.repeat(shares, 2), [0.0]])
    return (xs[1:-1], ys[1:-1]) if is_log else (xs, ys)


def tables(layers: tuple[LayerWeights, ...]) -> dict[str, Table]:
    """Return the numbers as tables: one line a layer and part, one line a bin."""
    parts = [
        (layer.name, part, spread) for layer in layers for part in PARTS if (spread := getattr(layer, part)) is not None
    ]
    about = ("count", "norm", "mean", "std", "least", "most", "near_zero")
    summary = {"layer": [name for name, _, _ in parts], "part": [part for _, part, _ in parts]}
    bins = [
        (name, part, low, high, count)
        for name, part, spread in parts
        for low, high, count in zip(
            spread.edges[:-1].tolist(), spread.edges[1:].tolist(), spread.counts.tolist(), strict=True
        )
    ]
    columns = ("layer", "part", "from", "to", "count")
    return {
        "weights": table_from(summary | {key: [getattr(one, key) for _, _, one in parts] for key in about}),
        "histograms": table_from({name: [row[place] for row in bins] for place, name in enumerate(columns)}),
    }


def document(layers: tuple[LayerWeights, ...]) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "layers": [
            {"name": layer.name, "kind": layer.kind, **{part: _document(getattr(layer, part)) for part in PARTS}}
            for layer in layers
        ]
    }


def _document(spread: Spread | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    names = ("count", "norm", "mean", "std", "least", "most", "near_zero")
    found = {name: numbers([getattr(spread, name)])[0] for name in names}
    return found | {"counts": numbers(spread.counts), "edges": numbers(spread.edges)}
