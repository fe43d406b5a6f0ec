"""Test examples that a network has wrong, or between two classes of which it wavers, as galleries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui.charts.example_cards import sureness
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import plain, plural
from tui.pictures.example_lines import RIGHT, WRONG
from tui.pictures.plate import Gallery, Panel, Plate, Tile
from tui.pictures.seen import Seen, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.examples import Examples
    from engine.analysis.mistakes import Mistakes

LEAST_COLUMNS, MOST_COLUMNS = 16, 24
LISTED = 100
"""Examples of a list in a document."""
SURE_MARK = "▲"


def plate(seen: Seen) -> Plate:
    """Draw the misclassified examples, the surest first; asked for the neutral ones, those nearest to a tie."""
    from engine.analysis.mistakes import SURE

    is_neutral = seen.inspection.question.what == "neutral"
    said = tuple(
        (f"{name}: " if seen.is_double else "") + (_neutral_words(found) if is_neutral else _words(found))
        for name, _, found in seen.answers
    )
    below = "the two most probable classes, ✓ the one that it is" if is_neutral else "what it is taken for  "
    legend: Row = [Span(f"#place in the test data, the class that it is; below, {below}", AXIS_COLOR)]
    if not is_neutral:
        legend += [Span(SURE_MARK, WRONG), Span(f" surer than {100 * SURE:.0f} %", AXIS_COLOR)]
    title = "Examples nearest to a tie of two classes" if is_neutral else "Mistakes, the most confident first"
    return Plate(title, seen.sided(lambda found: _panel(found, is_neutral=is_neutral)), said, (legend,))


def _words(found: Mistakes) -> str:
    from engine.analysis.mistakes import SURE

    of = "" if found.of_class is None else f" of class {plain(found.examples.class_names[found.of_class])}"
    total = len(found.examples) if found.of_class is None else int((found.examples.labels == found.of_class).sum())
    return (
        f"{len(found.wrong):,} of {plural(total, 'test example')}{of} wrong "
        f"({100 * len(found.wrong) / max(1, total):.2f} %), {found.sure_count:,} of them surer than {100 * SURE:.0f} %."
    )


def _neutral_words(found: Mistakes) -> str:
    close = int((found.margins[found.balanced] < 0.1).sum())
    return f"In {plural(close, 'example')} the two most probable classes are less than 10 points apart."


def _panel(found: Mistakes, *, is_neutral: bool) -> Panel:
    places = found.balanced if is_neutral else found.wrong
    examples = found.examples

    def tile(place: int) -> Tile:
        return _tile(found, int(places[place]), is_neutral=is_neutral)

    shape = None if examples.images is None else examples.images.shape[1:3]
    longest = max(len(plain(name)) for name in examples.class_names)
    empty = "No example of the test data is wrong."
    return Gallery(
        len(places), tile, shape, 3 if is_neutral or examples.points is not None else 2,
        least_columns=min(MOST_COLUMNS, max(LEAST_COLUMNS, longest + 10)), tallest=14, empty=empty,
    )  # fmt: skip


def _tile(found: Mistakes, place: int, *, is_neutral: bool) -> Tile:
    from engine.analysis.mistakes import SURE

    predictions, examples = found.predictions, found.examples
    lines: list[Row] = [title_line(examples, place)]
    if is_neutral:
        first, second = np.argsort(-predictions.every[place], kind="stable")[:2].tolist()
        for one in (first, second):
            is_label = one == int(predictions.labels[place])
            sure = sureness(float(predictions.every[place, one]))
            sign = Span("✓ " if is_label else "  ", RIGHT)
            lines.append([sign, Span(f"{plain(examples.class_names[one])} {sure}")])
    else:
        taken = int(predictions.classes[place])
        probability = float(predictions.probabilities[place])
        mark = Span(f"{SURE_MARK} " if probability > SURE else "  ", WRONG)
        lines.append([mark, Span(f"{plain(examples.class_names[taken])} {sureness(probability)}")])
    if examples.points is not None:
        lines.append([Span(" ".join(f"{value:.2f}" for value in examples.points[place].tolist()[:2]), AXIS_COLOR)])
    return Tile(None if examples.images is None else examples.images[place], tuple(lines))


def title_line(examples: Examples, place: int) -> Row:
    """Return the place of an example and the class that it is."""
    name = plain(examples.class_names[int(examples.labels[place])])
    return [Span(f"#{place} ", AXIS_COLOR), Span(f"is {name}", is_bold=True)]


def tables(found: Mistakes) -> dict[str, Table]:
    """Return both lists as tables."""
    return {"mistakes": _table(found, found.wrong), "neutral": _table(found, found.balanced[:LISTED])}


def _table(found: Mistakes, places: NDArray[np.int64]) -> Table:
    names, predictions = found.examples.class_names, found.predictions
    return table_from(
        {
            "example": places.tolist(),
            "label": [names[label] for label in predictions.labels[places].tolist()],
            "predicted": [names[taken] for taken in predictions.classes[places].tolist()],
            "probability": predictions.probabilities[places].tolist(),
            "margin": found.margins[places].tolist(),
        }
    )


def document(found: Mistakes) -> dict[str, Any]:
    """Return the numbers for scripts: all mistakes, and the hundred examples nearest to a tie."""
    names, predictions = found.examples.class_names, found.predictions

    def listed(places: NDArray[np.int64]) -> list[dict[str, Any]]:
        return [
            {
                "example": place,
                "label": names[int(predictions.labels[place])],
                "predicted": names[int(predictions.classes[place])],
                "probability": float(predictions.probabilities[place]),
                "probabilities": dict(zip(names, predictions.every[place].tolist(), strict=True)),
            }
            for place in places.tolist()
        ]

    return {
        "examples": len(found.examples),
        "wrong": len(found.wrong),
        "surer_than_0.95": found.sure_count,
        "mistakes": listed(found.wrong),
        "neutral": listed(found.balanced[:LISTED]),
    }
