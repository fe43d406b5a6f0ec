"""The lines of the trash as values: one for each removed run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.removed_run import RemovedRun
from engine.summary import RunStatus
from tui.board import Line, LookOf, widths_of
from tui.format import MISSING, moment, percent, plain
from tui.widgets.columns import Cell, Column
from tui.widgets.trial_rows import status_cell

BYTES_OF_A_MEGABYTE = 10**6
TRASH_COLUMNS = (
    Column("mark", "", gap=1),
    Column("label", "run of", most=28),
    Column("seed", "seed", is_right=True),
    Column("removed", "removed"),
    Column("megabytes", "MB", is_right=True),
    Column("preset", "preset", most=24),
    Column("status", "status", least=10),
    Column("best", "best acc %", is_right=True),
    Column("run", "id", most=60, takes_rest=True),
)


KnownLines = dict[str, tuple[RemovedRun, bool, Line]]
"""Lines by id, with what they were made of: the removed run, and whether it is marked."""


def trash_lines(
    removed: Iterable[RemovedRun], look_of: LookOf, known: KnownLines, marked: Collection[str] = ()
) -> list[Line]:
    """Return one line for each removed run; `known` keeps the lines of those that do not change."""
    lines: list[Line] = []
    for one in removed:
        run_id, is_marked = one.summary.run, one.summary.run in marked
        seen = known.get(run_id)
        if seen is None or seen[0] != one or seen[1] is not is_marked:
            seen = known[run_id] = (one, is_marked, _line(one, look_of, is_marked=is_marked))
        lines.append(seen[2])
    return lines


def megabytes(size: int) -> str:
    """Write a size in MB. Units: bytes."""
    return f"{size / BYTES_OF_A_MEGABYTE:,.1f}"


def _line(one: RemovedRun, look_of: LookOf, *, is_marked: bool) -> Line:
    run = one.summary
    is_damaged = run.status is RunStatus.DAMAGED
    look = look_of(run.preset, run.label) if run.preset else None
    best = run.metrics.get("best_test_accuracy")
    cells = (
        Cell(look.marker, look.color) if look else Cell("!", "bad"),
        Cell(plain(run.label) or MISSING),
        Cell(MISSING if is_damaged else str(run.seed), "quiet"),
        Cell(moment(one.removed) if one.removed else MISSING),
        Cell(megabytes(one.bytes)),
        Cell(plain(run.preset) or MISSING),
        status_cell(run.status, is_diverged=run.is_diverged),
        Cell(percent(best)),
        Cell(plain(run.run), "quiet"),
    )
    values = {
        "label": run.label, "seed": None if is_damaged else run.seed, "removed": one.removed or None,
        "megabytes": one.bytes, "preset": run.preset, "status": str(run.status), "best": best, "run": run.run,
    }  # fmt: skip
    return Line(run.run, (run.run,), "", cells, widths_of(cells), values, is_marked=is_marked)
