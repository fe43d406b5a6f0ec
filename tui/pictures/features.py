"""What each layer makes of an image: strips of channels, or the channels of one layer in a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import plain
from tui.pictures.colour_map import ColourScale
from tui.pictures.example_lines import answer_lines
from tui.pictures.plate import Beside, Gallery, Panel, Pixels, Plate, Strip, Strips, Tile
from tui.pictures.seen import Seen, displayed, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.features import Features, LayerActivations

VECTOR_COLUMNS = 64
"""Units of a vector in one row of pixels."""


def plate(seen: Seen) -> Plate:
    """Draw the image and below it a strip for each layer, or the channels of the one layer that was asked for."""
    first: Features = seen.inspection.first
    is_one = seen.inspection.question.layer is not None
    panel = seen.sided(lambda found: _one_layer(found, seen) if is_one else _all_layers(found, seen))
    last = seen.first_channel + seen.channels
    legend: Row = [
        Span(f"channels {seen.first_channel} to {last - 1}; a scale for each layer: dark is 0, and where ", AXIS_COLOR),
        Span("some are negative blue is below, orange above; ends: 99.5th percentile", AXIS_COLOR),
    ]
    return Plate(f"What the layers make of test image {first.place}", panel, legend=(legend,))


def _all_layers(found: Features, seen: Seen) -> Panel:
    said = answer_lines(found.place, found.label, found.predicted, found.probabilities, found.class_names)
    image = Gallery(1, lambda _: Tile(displayed(found.image), said), found.image.shape[:2], 2, tallest=14)
    strips: list[Strip] = []
    for layer in found.layers:
        painted, scale = _painted(layer, seen.first_channel, seen.channels)
        title = [Span(f"{layer.name} ", is_bold=True), *scale.legend(), Span(f"  {layer.kind} · {_size(layer)}")]
        strips.append(Strip(title, tuple(painted)))
    return Beside((image, Strips(tuple(strips), across=seen.channels)), (1, 4), wide=34)


def _one_layer(found: Features, seen: Seen) -> Panel:
    layer = found.layers[0]
    painted, scale = _painted(layer, seen.first_channel, seen.channels)
    lines = answer_lines(found.place, found.label, found.predicted, found.probabilities, found.class_names)
    about: list[Row] = [
        [Span(layer.name, is_bold=True)], [Span(layer.kind)], [Span(_size(layer))], scale.legend(),
    ]  # fmt: skip
    image = Gallery(1, lambda _: Tile(found.image, (*lines, *about)), found.image.shape[:2], 6, tallest=12)
    is_map = layer.values.ndim == 3

    def tile(place: int) -> Tile:
        channel = seen.first_channel + place
        of = layer.values[channel] if is_map else layer.values
        said = f"{channel}" if is_map else f"{len(layer.values)} units"
        return Tile(painted[place], ([Span(f"{said} mean {float(of.mean()):.3g}", AXIS_COLOR)],))

    channels = Gallery(
        len(painted), tile, painted[0].shape[:2] if painted else None, 1, least_columns=14,
        empty=f"{layer.name} has no channel {seen.first_channel}.",
    )  # fmt: skip
    return Beside((image, channels), (1, 3), wide=60)


def _painted(layer: LayerActivations, first: int, count: int) -> tuple[list[Pixels], ColourScale]:
    scale = ColourScale.of(layer.values)
    if layer.values.ndim == 3:
        return [scale.paint(one) for one in layer.values[first : first + count]], scale
    return [scale.paint(_folded(layer.values.ravel()))], scale


def _folded(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fold a vector into rows; what is left of the last one is grey."""
    columns = min(len(vector), VECTOR_COLUMNS)
    rows = -(-len(vector) // columns)
    folded = np.full(rows * columns, np.nan, dtype=np.float32)
    folded[: len(vector)] = vector
    return folded.reshape(rows, columns)


def _size(layer: LayerActivations) -> str:
    return "x".join(map(str, layer.values.shape))


def tables(found: Features) -> dict[str, Table]:
    """Return the numbers as tables: one line a channel."""
    rows = [
        (layer.name, channel, float(one.mean()), float(one.std()), float(one.min()), float(one.max()))
        for layer in found.layers
        for channel, one in enumerate(layer.values if layer.values.ndim == 3 else layer.values.reshape(-1, 1, 1))
    ]
    names = ("layer", "channel", "mean", "std", "least", "most")
    return {"features": table_from({name: [row[place] for row in rows] for place, name in enumerate(names)})}


def document(found: Features) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "image": found.place,
        "label": plain(found.class_names[found.label]),
        "predicted": plain(found.class_names[found.predicted]),
        "probabilities": dict(zip(found.class_names, numbers(found.probabilities), strict=True)),
        "layers": [
            {"name": layer.name, "kind": layer.kind, "shape": list(layer.values.shape), "values": numbers(layer.values)}
            for layer in found.layers
        ],
    }
