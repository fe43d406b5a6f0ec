"""`Trash`: the removed runs as the application knows them, and the way to bring them back or to delete them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import TermlabError
from engine.removed_run import RemovedRun
from engine.store.removed import RemovedRuns
from tui import trash_jobs
from tui.format import plural
from tui.messages import Moved, RunsMoved, TrashRead
from tui.worker import StoreThread

MOST_PROBLEMS = 8
"""That are told one by one before the others are only counted."""
_DONE: dict[Moved, str] = {
    "removed": "{} moved to the trash: u brings back.",
    "restored": "{} restored.",
    "purged": "{} deleted for good.",
}
_COULD_NOT: dict[Moved, str] = {
    "removed": "{} could not be moved to the trash",
    "restored": "{} could not be restored",
    "purged": "{} could not be deleted",
}


class Trash:
    """Asks the store's thread, and keeps what it answered last."""

    def __init__(self, results: Path, store_thread: StoreThread) -> None:
        self._store_thread, self._on_disk = store_thread, RemovedRuns(results)
        self.removed: list[RemovedRun] = []
        """The one that was removed last comes first."""
        self.is_read = False
        self.problem: TermlabError | None = None
        """Why the trash cannot be read."""

    def look(self) -> None:
        """Have the trash looked into."""
        self._store_thread.do(trash_jobs.look_into_trash(self._on_disk))

    def remove(self, run_ids: Sequence[str]) -> None:
        """Move saved runs to the trash."""
        self._store_thread.do(trash_jobs.remove_runs(run_ids))

    def restore(self, run_ids: Sequence[str]) -> None:
        """Bring removed runs back."""
        self._store_thread.do(trash_jobs.restore_runs(run_ids))
        self.look()

    def purge(self, run_ids: Sequence[str]) -> None:
        """Delete removed runs for good."""
        self._store_thread.do(trash_jobs.purge_runs(run_ids))
        self.look()

    def take(self, found: TrashRead) -> bool:
        """Take in what lies in the trash; return whether that is news."""
        before = (self.is_read, self.removed, str(self.problem))
        self.is_read, self.removed, self.problem = True, found.removed, found.problem
        return before != (self.is_read, self.removed, str(self.problem))


def moved_words(moved: RunsMoved) -> str:
    """Say what was done to runs; empty if nothing could be."""
    return _DONE[moved.how].format(plural(len(moved.run_ids), "run")) if moved.run_ids else ""


def problem_words(moved: RunsMoved) -> tuple[str, str]:
    """Return a title and a text that name the runs to which it could not be done, and why."""
    problems = moved.problems
    lines = [str(problem) for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"and {len(problems) - MOST_PROBLEMS:,} more")
    if words := moved_words(moved):
        lines.append(words)
    return _COULD_NOT[moved.how].format(plural(len(problems), "run")), "\n".join(lines)
