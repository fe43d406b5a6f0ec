"""`Seen`: what was found out about one run or two, with what they are called and how much of it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tui.charts.span import Row, Span
from tui.identity import Identity
from tui.pictures.plate import Panel, Pixels, Sides
from tui.tables import Column, Table

if TYPE_CHECKING:
    from engine.analysis.question import Inspection

CHANNELS = 9
"""Of a layer, that are seen at once. Source: catalogue A6 (IFT6135)."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One or two answers to a question, to be drawn."""

    inspection: Inspection
    names: tuple[str, ...]
    """Of the run, and of the one beside it."""
    identities: tuple[Identity, ...]
    first_channel: int = 0
    channels: int = CHANNELS
    log_y: bool = False
    remark: str = ""
    """What has to be said of the runs, such as that they were tested on different data."""

    @property
    def answers(self) -> list[tuple[str, Identity, Any]]:
        """The answers with whose they are."""
        return list(zip(self.names, self.identities, self.inspection.answers, strict=True))

    @property
    def is_double(self) -> bool:
        """Whether more than one run is seen."""
        return self.inspection.question.against is not None

    def key(self) -> list[Row]:
        """Return which colour is whose, where several runs share axes."""
        if not self.is_double:
            return []
        return [[Span(f"{look.marker} ", look.color), Span(name)] for name, look, _ in self.answers]

    def sided(self, panel: Callable[[Any], Panel]) -> Panel:
        """Return the panel of an answer; of two, both side by side."""
        if not self.is_double:
            return panel(self.inspection.first)
        (one, ours, first), (other, theirs, second) = self.answers
        return Sides((one, other), (ours, theirs), (panel(first), panel(second)))


def displayed(image: Pixels) -> Pixels:
    """Return an image in three colours.

    Shapes: (H, W, 1) or (H, W, 3) -> (H, W, 3).
    """
    return np.broadcast_to(image, (*image.shape[:2], 3))


def table_from(columns: Mapping[str, Sequence[Any]]) -> Table:
    """Return equally long columns as a table."""
    rows = tuple(zip(*columns.values(), strict=True))
    return Table(tuple(Column(name, name.replace("_", " ")) for name in columns), rows)


def numbers(values: Any) -> list[Any]:
    """Return an array as plain numbers; what is not a number is None."""
    array = np.asarray(values)
    if array.dtype.kind != "f":
        found: list[Any] = array.tolist()
        return found
    return list(_numbers(array.astype(np.float64).tolist()))


def _numbers(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield list(_numbers(value))
        else:
            yield float(f"{value:.9g}") if np.isfinite(value) else None
