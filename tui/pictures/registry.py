"""From a question's name to the module that draws its answer."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from engine.analysis.whats import WHATS
from tui.pictures.plate import Plate
from tui.pictures.seen import Seen
from tui.tables import Table


class Drawer(Protocol):
    """What a module of this folder that draws an answer has."""

    def plate(self, seen: Seen) -> Plate:
        """Draw the answer."""
        ...

    def tables(self, answer: Any) -> dict[str, Table]:
        """Return the numbers as tables, by name."""
        ...

    def document(self, answer: Any) -> dict[str, Any]:
        """Return the numbers for scripts."""
        ...


def plate_of(seen: Seen) -> Plate:
    """Draw an answer, with what has to be said of its runs."""
    plate = drawer_of(seen.inspection.question.what).plate(seen)
    return replace(plate, said=(*plate.said, seen.remark)) if seen.remark else plate


def drawer_of(what: str) -> Drawer:
    """Return what draws the answer to a question."""
    return cast(Drawer, import_module(f"tui.pictures.{WHATS[what].module}"))
