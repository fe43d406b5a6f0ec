"""What the store's thread does with runs that are not wanted any more: remove, look at, restore, delete for good.

One run to which it cannot be done does not keep the others from it; all that went wrong is told together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from engine.errors import RunNotFoundError, TermlabError
from engine.store import TRASH, RunStore, trash
from engine.store.removed import RemovedRuns
from tui.messages import Moved, RunsMoved, TrashRead
from tui.store_jobs import Job


def look_into_trash(removed: RemovedRuns) -> Job:
    """Find out what lies in the trash; `removed` is used by no other thread."""

    def look(_: RunStore) -> TrashRead:
        try:
            return TrashRead(removed.look())
        except TermlabError as error:
            return TrashRead([], error)

    return look


def remove_runs(run_ids: Sequence[str]) -> Job:
    """Move runs to the trash; never one that is being trained."""
    return lambda store: _each("removed", run_ids, store.remove)


def restore_runs(run_ids: Sequence[str]) -> Job:
    """Bring runs back from the trash; never onto another one of the same name."""

    def restore(store: RunStore) -> RunsMoved:
        return _each("restored", run_ids, lambda run_id: trash.restore(store.folder, _lying(store, run_id)))

    return restore


def purge_runs(run_ids: Sequence[str]) -> Job:
    """Delete runs in the trash for good; never one that a process still writes."""

    def purge(store: RunStore) -> RunsMoved:
        moved = _each("purged", run_ids, lambda run_id: trash.purge(store.folder, _lying(store, run_id)))
        trash.finish_purges(store.folder)
        return moved

    return purge


def _lying(store: RunStore, run_id: str) -> str:
    """Return the id if a run of it lies in the trash; another process may have been faster.

    Raises: RunNotFoundError.
    """
    if not os.path.lexists(store.folder / TRASH / run_id):
        raise RunNotFoundError(f"{run_id} is not in the trash any more")
    return run_id


def _each(how: Moved, run_ids: Sequence[str], act: Callable[[str], object]) -> RunsMoved:
    done: list[str] = []
    problems: list[TermlabError] = []
    for run_id in run_ids:
        try:
            act(run_id)
        except TermlabError as error:
            problems.append(error)
        else:
            done.append(run_id)
    return RunsMoved(how, done, problems)
