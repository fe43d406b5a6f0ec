"""What Inspect says of itself: its title, its tabs, its page, and what there is to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.analysis.whats import WHATS
from tui.format import plain
from tui.identity import Identity
from tui.inspect_view import GALLERIES, InspectView
from tui.widgets.click_line import Part

if TYPE_CHECKING:
    from engine.analysis.progress import Progress
    from engine.summary import RunSummary
    from tui.pictures.drawn import Drawn
    from tui.runbook import Runbook

NO_RUN_YET = (
    "No trained network yet. Press 1, pick digits-first, press enter: nine seconds. Then press 5 again, or i on the "
    "Leaderboard."
)
AROUND_TABS = 6
"""Cells of the tabs' line for what says that there are more."""


def waiting_words(view: InspectView, book: Runbook, progress: Progress | None) -> str:
    """Say what there is to wait for, or what would fill the screen."""
    if not view.run:
        return NO_RUN_YET if book.is_read else "Reading the results folder…"
    if book.is_training:
        return "Looked into once the training under way is over."
    if progress is None:
        return "Loading the network…" if book.device else "Waiting for PyTorch…"
    share = f" {100 * progress.done // progress.total} %" if progress.total > 1 else ""
    return f"{progress.what[:1].upper()}{progress.what[1:]}…{share}"


def title_parts(
    view: InspectView, runs: Sequence[RunSummary], names: Sequence[str], looks: Sequence[Identity]
) -> list[Part]:
    """Say which networks are looked into, and at what; parts that can be chosen do it when they are clicked."""
    if not runs:
        return []
    parts = [Part(f" {plain(runs[0].preset)} ", "quiet", "o")]
    for place, (name, look) in enumerate(zip(names, looks, strict=True)):
        parts += [Part(" against ", "quiet")] if place else []
        parts += [Part(f" {look.marker} "), Part(name, "strong", "b" if place else "o")]
    parts.append(Part(f"  seed {runs[0].seed}", "quiet"))
    if view.asked.takes_image:
        parts.append(Part(f"  image {view.image}", "accent", "i"))
    if view.asked.takes_class and view.class_name is not None:
        parts.append(Part(f"  class {plain(view.class_name)}", "accent", "t"))
    if view.asked.takes_layer:
        parts.append(Part(f"  layer {view.layer or 'all'}", "accent", "L"))
    return parts


def page_words(view: InspectView, drawn: Drawn) -> str:
    """Say which page is seen."""
    page = view.place // drawn.on_page if view.what in GALLERIES else min(view.page, drawn.pages - 1)
    return f"page {page + 1} of {drawn.pages} "


def tab_parts(names: Sequence[str], current: str, width: int) -> list[Part]:
    """Return as many tabs as there is room for, with the present one among them; a click on one goes there."""
    widths = [len(WHATS[name].title) + 2 for name in names]
    first = last = names.index(current) if current in names else 0
    used = widths[first]
    while True:
        nearest = [place for place in (last + 1, first - 1) if 0 <= place < len(names)]
        place = next((one for one in nearest if used + widths[one] <= width - AROUND_TABS), None)
        if place is None:
            break
        used += widths[place]
        first, last = min(first, place), max(last, place)
    parts = [Part(" ‹" if first else "  ", "quiet", "shift+tab")]
    for name in names[first : last + 1]:
        parts.append(Part(f" {WHATS[name].title} ", "accent" if name == current else "quiet", f"@{name}"))
    return [*parts, Part("›" if last < len(names) - 1 else " ", "quiet", "tab")]
