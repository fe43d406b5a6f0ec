"""`Question` and `Inspection`: what is asked of a saved run, and what was found out.

Knows no torch: screens hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which run, and where to look; equal questions have equal answers while nothing changes."""

    what: str
    run: str
    image: int = 0
    class_name: str | None = None
    layer: str | None = None
    against: str | None = None
    also: tuple[str, ...] = ()
    """Further runs in the same axes, where the question takes many."""
    examples: int | None = None
    """How many of the test examples dropout is asked about; None is as many as some minutes allow."""

    @property
    def runs(self) -> tuple[str, ...]:
        """All that are asked, in the order in which they are seen."""
        return (self.run, *(() if self.against is None else (self.against,)), *self.also)


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found out about a run, and about the one beside it where there is one."""

    question: Question
    first: Any
    second: Any | None = None
    further: tuple[Any, ...] = ()
    """About the further runs."""

    @property
    def answers(self) -> tuple[Any, ...]:
        """One for each of the question's runs."""
        return (self.first, *(() if self.question.against is None else (self.second,)), *self.further)
