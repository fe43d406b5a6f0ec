"""`Progress`: how far an analysis has come; analyses are generators that yield it and return what they found."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, TypeVar

Found = TypeVar("Found")


class Progress(NamedTuple):
    """Portions of the work done, of all that there are."""

    done: int
    total: int
    what: str
    """What is being done, as it is said to whoever waits."""


Steps = Generator[Progress, None, Found]


def finish(steps: Steps[Found]) -> Found:
    """Work through an analysis and return what it found."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found
