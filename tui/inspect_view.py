"""`InspectView`: what the Inspect screen looks at, as a value; keys make another one of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.analysis.question import Question
from engine.analysis.whats import WHATS, What
from engine.data.catalog import SOURCES
from engine.summary import RunStatus

if TYPE_CHECKING:
    from engine.summary import RunSummary
    from tui.runbook import Runbook

MOST_BESIDE = 3
"""Runs beside the one that is looked into."""
GALLERIES = ("mistakes", "neutral")
"""Questions whose answer is a list of examples: the one that is selected becomes the image of the other tabs."""


@dataclass(frozen=True, slots=True)
class InspectView:
    """A run, the one beside it, a question, and what it takes."""

    run: str = ""
    """Empty while none was chosen."""
    against: str | None = None
    also: tuple[str, ...] = ()
    """Further runs in the same axes, where a question takes many."""
    what: str = "layers"
    image: int = 0
    class_name: str | None = None
    layer: str | None = None
    place: int = 0
    """In a list of examples, the one that is selected."""
    page: int = 0
    first_channel: int = 0
    log_y: bool = False

    @property
    def asked(self) -> What:
        """The question with what it takes."""
        return WHATS[self.what]

    @property
    def question(self) -> Question:
        """What the engine's thread is asked: only what the question takes is in it."""
        what = self.asked
        return Question(
            what=self.what,
            run=self.run,
            image=self.image if what.takes_image else 0,
            class_name=self.class_name if what.takes_class else None,
            layer=self.layer if what.takes_layer else None,
            against=self.against,
            also=self.also if what.takes_many and self.against is not None else (),
        )

    def of_run(self, run: str, against: str | None = None, also: Sequence[str] = ()) -> InspectView:
        """Return the same view of another run; classes and layers are those of the network before."""
        kept = self if self.run in ("", run) else replace(self, class_name=None, layer=None, image=0, first_channel=0)
        return replace(kept, run=run, against=against if against != run else None, also=tuple(also), place=0, page=0)

    def asking(self, what: str) -> InspectView:
        """Return the view of another question."""
        return replace(self, what=what, page=0, place=0)

    def turned(self, **changes: object) -> InspectView:
        """Return the view with other parts of what is seen."""
        return replace(self, **changes)  # type: ignore[arg-type]


def whats_for(run: RunSummary | None) -> list[str]:
    """Return the questions that can be asked of a run, in the order of their tabs."""
    source = SOURCES.get(run.dataset) if run is not None else None
    is_of_points = source is not None and source.image_shape[1:] == (1, 1)
    return [name for name, what in WHATS.items() if not (what.is_of_images if is_of_points else name == "boundary")]


def chosen_networks(book: Runbook, run_ids: Sequence[str]) -> list[str]:
    """Return the run to look into, of a recipe its lowest seed, then those of the other recipes that are marked.

    Of each of them it is the run of the same seed, or else its lowest one. Nothing where not one is done.
    """
    runs = [run for run in map(book.summary_of, run_ids) if run is not None and run.status is RunStatus.DONE]
    if not runs:
        return []
    first = min(runs, key=lambda run: run.seed)
    others = [run for run in map(book.summary_of, book.marked) if run is not None and run.status is RunStatus.DONE]
    others = [run for run in others if run.fingerprint != first.fingerprint and run.dataset == first.dataset]
    by_recipe: dict[str, list[RunSummary]] = {}
    for run in others:
        by_recipe.setdefault(run.fingerprint, []).append(run)
    beside = [min(one, key=lambda run: (run.seed != first.seed, run.seed)).run for one in by_recipe.values()]
    return [first.run, *beside[:MOST_BESIDE]]
