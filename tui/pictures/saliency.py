"""An image beside what the score of a class depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import plain
from tui.pictures.colour_map import ColourScale
from tui.pictures.example_lines import answer_lines, probability_bars
from tui.pictures.plate import Beside, Gallery, Panel, Plate, Tile
from tui.pictures.seen import Seen, displayed, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.saliency import Saliency


def plate(seen: Seen) -> Plate:
    """Draw the image, its saliency, and how probable the network finds each class."""
    first: Saliency = seen.inspection.first
    targets = {plain(found.class_names[found.target]) for _, _, found in seen.answers}
    target = targets.pop() if len(targets) == 1 else "the class it is taken for"
    legend: Row = [Span("|d score / d input|, mean over channels; bright pixels move the score most", AXIS_COLOR)]
    title = f"Test image {first.place}: which pixels the score of {target} depends on"
    return Plate(title, seen.sided(lambda found: _panel(found, is_double=seen.is_double)), legend=(legend,))


def _panel(found: Saliency, *, is_double: bool) -> Panel:
    scale = ColourScale.of(found.map)
    painted = scale.paint(found.map)
    lines = answer_lines(found.place, found.label, found.predicted, found.probabilities, found.class_names)
    about: tuple[Row, Row] = (
        [Span(f"score of {plain(found.class_names[found.target])}: {found.score:.2f}")], scale.legend(),
    )  # fmt: skip

    def tile(place: int) -> Tile:
        return Tile(painted, about) if place else Tile(displayed(found.image), lines)

    pictures = Gallery(2, tile, found.image.shape[:2], 2, tallest=40, least_across=2)
    bars = probability_bars(found.probabilities, found.label, found.predicted, found.class_names)
    return Beside((pictures, bars), (5, 2), wide=10_000 if is_double else 70)


def tables(found: Saliency) -> dict[str, Table]:
    """Return the map as a table, one line a row of pixels."""
    columns = {f"x{place}": numbers(found.map[:, place]) for place in range(found.map.shape[1])}
    return {"saliency": table_from(columns)}


def document(found: Saliency) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "image": found.place,
        "label": plain(found.class_names[found.label]),
        "predicted": plain(found.class_names[found.predicted]),
        "class": plain(found.class_names[found.target]),
        "score": found.score,
        "probabilities": dict(zip(found.class_names, numbers(found.probabilities), strict=True)),
        "saliency": numbers(found.map),
    }
