"""What one run and the one beside it are called, and how they look: as everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.leaderboard_row import DEFAULT_METRIC, name_test_data
from tui.format import plain
from tui.identity import MARKERS, Identity, identities

if TYPE_CHECKING:
    from engine.summary import RunSummary


def remark_on(runs: Sequence[RunSummary]) -> str:
    """Say that runs were tested on different data; nothing where they were not."""
    tested_on = list(dict.fromkeys(name_test_data(run, DEFAULT_METRIC) for run in runs))
    return f"Not tested on the same data: {plain(' and '.join(tested_on))}." if len(tested_on) > 1 else ""


def looks_of(runs: Sequence[RunSummary], known: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[Identity, ...]]:
    """Return short names that tell the runs apart, with their colours and markers.

    `known` are the keys (`preset/label`) of recipes that are not shown, so that a colour is the same there.
    """
    keys = [f"{run.preset}/{run.label}" for run in runs]
    for place in range(1, len(keys)):
        if keys[place] in keys[:place]:
            keys[place] += f" {runs[place].run}"
    marks = identities([*keys, *known])
    found: list[Identity] = []
    for look in (marks[key] for key in keys):
        taken = {one.marker for one in found}
        free = next(marker for marker in (look.marker, *MARKERS) if marker not in taken)
        found.append(replace(look, marker=free))
    names = [plain(run.label) for run in runs]
    if len(set(names)) < len(names):
        names = [f"{name} seed {run.seed}" for name, run in zip(names, runs, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{name} {run.run.partition('-')[0]}" for name, run in zip(names, runs, strict=True)]
    return tuple(names), tuple(found)
