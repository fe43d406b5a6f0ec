"""`RemovedRuns`: what lies in the trash of a results folder, since when, and how much room it takes."""

from __future__ import annotations

from pathlib import Path

from engine.plain_file import require_own_folder
from engine.removed_run import RemovedRun
from engine.store.files import TRASH
from engine.store.run_store import RunStore
from engine.store.trash import bytes_of
from engine.summary import RunSummary

WHOLE_LOOK_SECONDS = 10.0
"""Between two looks at every file of every removed run: nobody is expected to write there."""


class RemovedRuns:
    """Looks into the trash again and again, and reads only what has changed there since."""

    def __init__(self, results: Path) -> None:
        self._trash = results / TRASH
        self._store = RunStore(self._trash)
        self._measured: dict[str, tuple[tuple[int, int], int]] = {}
        """The times of each folder when it was measured, and its size."""

    def look(self) -> list[RemovedRun]:
        """Return every run that was removed, the last one first.

        Raises: DamagedError if the trash is no folder of its own; StoreError if it cannot be read.
        """
        require_own_folder(self._trash)
        summaries = self._store.look(whole_seconds=WHOLE_LOOK_SECONDS)
        found = [self._found(summary) for summary in summaries]
        present = {summary.run for summary in summaries}
        self._measured = {run_id: known for run_id, known in self._measured.items() if run_id in present}
        return sorted(found, key=lambda one: (one.removed, one.summary.run), reverse=True)

    def _found(self, summary: RunSummary) -> RemovedRun:
        folder = self._trash / summary.run
        try:
            status = folder.lstat()
        except OSError:  # restored or deleted by another process since it was listed
            return RemovedRun(summary, 0.0, 0)
        # A rename leaves the time of the last change of a folder's content, and sets that of the folder itself.
        times = (status.st_mtime_ns, status.st_ctime_ns)
        known = self._measured.get(summary.run)
        if known is None or known[0] != times:
            known = self._measured[summary.run] = (times, bytes_of(folder))
        return RemovedRun(summary, status.st_ctime, known[1])
