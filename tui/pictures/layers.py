"""The layers of a network as a table with their totals."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.charts.span import AXIS_COLOR, Span
from tui.format import count, number, plural
from tui.layer_text import layer_lines, layers_of
from tui.pictures.plate import Beside, Listing, Panel, Plate
from tui.pictures.seen import Seen
from tui.tables import Table

if TYPE_CHECKING:
    from engine.sizing import NetworkSize


def plate(seen: Seen) -> Plate:
    """Draw the table; the sentences above it hold the totals."""
    said = tuple((f"{name}: " if seen.is_double else "") + _totals(size).capitalize() for name, _, size in seen.answers)
    legend = "field: side in pixels of the square a value depends on; mult-adds: for one image, convolutions and linear"
    listings: list[Panel] = []
    for name, identity, size in seen.answers:
        title = [Span(f"{identity.marker} ", identity.color), Span(name, is_bold=True)] if seen.is_double else []
        listings.append(Listing(layers_of(size), partial(layer_lines, size.layers), title))
    panel = Beside(tuple(listings), (1, 1), wide=150) if seen.is_double else listings[0]
    return Plate("Layers", panel, said, ([Span(legend, AXIS_COLOR)],))


def _totals(size: NetworkSize) -> str:
    return (
        f"{count(size.parameters)} parameters, {number(size.parameters_per_example, 2)} for each of "
        f"{plural(size.data.train_examples, 'training example')}; {count(size.multiply_adds)} multiply-adds an image."
    )


def tables(size: NetworkSize) -> dict[str, Table]:
    """Return the numbers as tables."""
    return {"layers": layers_of(size)}


def document(size: NetworkSize) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "model": size.model,
        "dataset": size.dataset,
        "parameters": size.parameters,
        "parameters_per_example": size.parameters_per_example,
        "multiply_adds": size.multiply_adds,
        "layers": [asdict(layer) for layer in size.layers],
    }
