"""Test examples side by side: each with its picture, the class it is, and what two networks take it for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from tui.charts.pictures import picture_rows, picture_size
from tui.charts.span import Row, Span
from tui.format import plain
from tui.identity import MARKERS, Identity, identities

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet
    from engine.example_pairs import Pair

LEAST_COLUMNS, MOST_FOR_NAMES = 16, 26
"""Of a card: room for a class name and a probability, and what long names may ask for."""
TALLEST = 16
"""Rows of a picture, however much room there is: more pictures tell more."""
LABEL_ROWS = 3
GAP = 2
"""Blank columns between two cards; between two rows of cards one line is blank."""


@dataclass(frozen=True, slots=True)
class CardGrid:
    """How many cards fit, and how large they are, in cells of the terminal."""

    columns: int
    rows: int
    card_columns: int
    picture_columns: int
    """0 where the examples are no images."""
    picture_rows: int

    @property
    def count(self) -> int:
        """Cards that are seen at once."""
        return self.columns * self.rows

    @property
    def card_rows(self) -> int:
        """Lines of a card."""
        return self.picture_rows + LABEL_ROWS


def pair_identities(pair: Pair, known: Sequence[str] = ()) -> tuple[Identity, Identity]:
    """Return how the two networks of a pair are recognised, by marker where there are no colours.

    `known` are the keys (`preset/label`) of recipes that are not shown, so that a colour is the same there.
    """
    first, second = (f"{run.preset}/{run.label}" for run in pair)
    if first == second:  # two seeds of one recipe, or recipes of one label
        second = f"{second} {pair[1].run}"
    marks = identities([first, second, *known])
    ours, theirs = marks[first], marks[second]
    if ours.marker == theirs.marker:
        theirs = replace(theirs, marker=next(marker for marker in MARKERS if marker != ours.marker))
    return ours, theirs


def card_grid(found: ExampleSet, width: int, height: int | None = None, *, tallest: int = TALLEST) -> CardGrid:
    """Return how cards are laid out in so many columns and lines; None is one row of cards."""
    most_rows = tallest if height is None else max(0, min(tallest, height - LABEL_ROWS))
    picture = (0, 0)
    if found.images is not None and most_rows:
        _, image_height, image_width, _ = found.images.shape
        picture = picture_size(image_height, image_width, most_columns=max(1, width), most_rows=most_rows)
    card_columns = min(max(LEAST_COLUMNS, picture[0], _columns_for_names(found)), max(1, width))
    columns = max(1, (width + GAP) // (card_columns + GAP))
    lines = picture[1] + LABEL_ROWS
    rows = 1 if height is None else max(1, (height + 1) // (lines + 1))
    return CardGrid(columns, rows, card_columns, *picture)


def _columns_for_names(found: ExampleSet) -> int:
    """Return how wide the names of the classes would have a card, within bounds."""
    longest = max(cell_len(plain(name)) for name in found.class_names)
    where = len(f"#{found.comparison.examples} ") + (len("-1.5 -1.5 ") if found.points is not None else 0)
    return min(MOST_FOR_NAMES, longest + max(where, len("■  >99 %")))


def card_rows(
    found: ExampleSet, places: Sequence[int], grid: CardGrid, identities: Sequence[Identity], *, color: bool
) -> list[Row]:
    """Draw the examples at these places of the test data, row after row of cards."""
    rows: list[Row] = []
    for start in range(0, len(places), grid.columns):
        if start:
            rows.append([])
        cards = [_card(found, place, grid, identities, color=color) for place in places[start : start + grid.columns]]
        for line in zip(*cards, strict=True):
            rows.append(_beside(line))
    return rows


def _card(found: ExampleSet, place: int, grid: CardGrid, identities: Sequence[Identity], *, color: bool) -> list[Row]:
    """Return the lines of a card, each as wide as the card."""
    width, comparison = grid.card_columns, found.comparison
    lines: list[Row] = []
    if found.images is not None and grid.picture_rows:
        blank = Span(" " * (width - grid.picture_columns))
        picture = picture_rows(found.images[place], grid.picture_columns, grid.picture_rows, color=color)
        lines = [[*row, blank] for row in picture]
    where = f"#{place}"
    if found.points is not None:
        where += " " + " ".join(f"{value:.1f}" for value in found.points[place, :2].tolist())
    name = plain(found.class_names[comparison.first.labels[place]])
    title = f"{where} is {name}"
    lines.append([Span(_fitted(title if cell_len(title) <= width else f"{where} {name}", width), is_bold=True)])
    for identity, one in zip(identities, (comparison.first, comparison.second), strict=True):
        taken_for = plain(found.class_names[one.classes[place]])
        sure = sureness(float(one.probabilities[place]))
        room = width - 2 - cell_len(sure) - 1
        text = f" {_fitted(taken_for, min(cell_len(taken_for), room))} {sure}"
        lines.append([Span(identity.marker, identity.color), Span(_fitted(text, width - 1))])
    return lines


def sureness(probability: float) -> str:
    """Write a probability so that certainty is not claimed by rounding."""
    if probability != probability:
        return "nan"
    return ">99 %" if probability >= 0.995 else f"{100 * probability:.0f} %"


def _fitted(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text)) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _beside(cards: Sequence[Row]) -> Row:
    joined: Row = []
    for card in cards:
        joined += [Span(" " * GAP), *card] if joined else card
    return joined
