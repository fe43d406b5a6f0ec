"""A saved run read for a command, which tells of one that cannot be read by its name and with what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import DamagedError, unreadable_run
from engine.summary import RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.run import Run
    from engine.store import RunStore
    from engine.summary import RunSummary


def read_summary(store: RunStore, run_id: str) -> RunSummary:
    """Return one run in one line.

    Raises: DamagedError that names the run and where it lies.
    """
    summary = store.summary(run_id)
    if summary.status is RunStatus.DAMAGED:
        raise unreadable_run(store.folder / run_id, summary.reason)
    return summary


def read_readable(store: RunStore, run_ids: Iterable[str]) -> tuple[list[Run], list[DamagedError]]:
    """Read runs as far as each can be read, and return with them what is wrong with those that are damaged.

    Raises: DamagedError if not one can be read at all.
    """
    runs: list[Run] = []
    problems: list[DamagedError] = []
    for run_id in run_ids:
        problem: DamagedError | None
        try:
            run, problem = store.load_readable(run_id)
            runs += [run] if problem is None or run.started is not None else []
        except DamagedError as error:
            problem = error
        if problem is not None:
            problems.append(unreadable_run(store.folder / run_id, problem.message))
    if problems and not runs:
        raise problems[0]
    return runs, problems


def read_run(store: RunStore, run_id: str) -> Run:
    """Read a run with its curves; it may be damaged where the saved summary of it is not.

    Raises: DamagedError that names the run, among several, and where it lies.
    """
    try:
        return store.load(run_id)
    except DamagedError as error:
        raise unreadable_run(store.folder / run_id, error.message) from error
