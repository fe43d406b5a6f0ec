"""A mistake beside an example of the class that it was taken for, each with its probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import plain
from tui.pictures.example_lines import probability_bars
from tui.pictures.mistakes import title_line
from tui.pictures.plate import Beside, Gallery, Panel, Plate, Text, Tile
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.pair import MistakenPair

BELOW_EACH_OTHER = 10_000


def plate(seen: Seen) -> Plate:
    """Draw both examples."""
    first: MistakenPair = seen.inspection.first
    legend: Row = [Span("left the mistake, right a recognised example of the class it was taken for", AXIS_COLOR)]
    title = f"From test example {first.asked_from} on, the next mistake"
    if first.mistake is not None:
        names, taken = first.examples.class_names, int(first.predictions.classes[first.mistake])
        label = int(first.predictions.labels[first.mistake])
        title += f": #{first.mistake}, {plain(names[label])} taken for {plain(names[taken])}"
    return Plate(title, seen.sided(_panel), legend=(legend,))


def _panel(found: MistakenPair) -> Panel:
    if found.mistake is None:
        words = f"No example from {found.asked_from} on is wrong."
        return Text(([Span(words, AXIS_COLOR)],))
    sides = [_side(found, place) for place in (found.mistake, found.counterpart) if place is not None]
    if len(sides) == 1:
        sides.append(Text(([Span("Not one example of that class is recognised.", AXIS_COLOR)],)))
    return Beside(tuple(sides), (1, 1), wide=30)


def _side(found: MistakenPair, place: int) -> Panel:
    examples, predictions = found.examples, found.predictions
    label, taken = int(predictions.labels[place]), int(predictions.classes[place])
    image = None if examples.images is None else examples.images[place]
    lines: tuple[Row, ...] = (title_line(examples, place),)
    if examples.points is not None:
        lines = (*lines, [Span(" ".join(f"{value:.2f}" for value in examples.points[place].tolist()), AXIS_COLOR)])
    shape = None if image is None else image.shape[:2]
    picture = Gallery(1, lambda _: Tile(image, lines), shape, len(lines), tallest=30)
    bars = probability_bars(found.probabilities(place), label, taken, examples.class_names)
    return Beside((picture, bars), (3, 2), wide=BELOW_EACH_OTHER)


def tables(found: MistakenPair) -> dict[str, Table]:
    """Return the probabilities of both as a table."""
    columns: dict[str, Any] = {"class": list(found.examples.class_names)}
    for name, place in (("mistake", found.mistake), ("counterpart", found.counterpart)):
        if place is not None:
            columns[f"{name}_{place}"] = numbers(found.probabilities(place))
    return {"pair": table_from(columns)}


def document(found: MistakenPair) -> dict[str, Any]:
    """Return the numbers for scripts."""
    names = found.examples.class_names

    def one(place: int | None) -> dict[str, Any] | None:
        if place is None:
            return None
        return {
            "example": place,
            "label": names[int(found.predictions.labels[place])],
            "predicted": names[int(found.predictions.classes[place])],
            "probabilities": dict(zip(names, numbers(found.probabilities(place)), strict=True)),
        }

    return {"from": found.asked_from, "mistake": one(found.mistake), "counterpart": one(found.counterpart)}
