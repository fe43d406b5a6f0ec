"""`OpenedRuns`: which runs the screens look at, each by itself, and so which of them the store's thread follows."""

from __future__ import annotations

from collections.abc import Sequence

from tui.runbook import Runbook
from tui.worker import StoreThread


class OpenedRuns:
    """Has runs read when a screen asks for them, and forgotten when the last screen that looks at them does not."""

    def __init__(self, runbook: Runbook, store_thread: StoreThread) -> None:
        self._book, self._store_thread = runbook, store_thread
        self._on_live: set[str] = set()
        """Runs of other processes that Live shows."""
        self._read_by: dict[str, tuple[str, ...]] = {}
        """Runs that are looked at by themselves, by the screen that does."""

    def is_on_live(self, run_id: str) -> bool:
        """Tell whether Live shows this run of another process."""
        return run_id in self._on_live

    def follow(self, run_id: str) -> None:
        """Show a run of another process on Live."""
        self._on_live.add(run_id)
        self._store_thread.follow(run_id)

    def give_up(self, run_id: str) -> None:
        """Take note that a run is followed no longer, or cannot be."""
        self._on_live.discard(run_id)

    def read(self, reader: str, run_ids: Sequence[str]) -> None:
        """Read saved runs for a screen, and follow them; what it read before and no screen needs is forgotten."""
        opened = self._book.opened
        before = self._read_by.get(reader, ())
        self._read_by[reader] = tuple(run_ids)
        wanted = {run_id for ids in self._read_by.values() for run_id in ids}
        for run_id in before:
            if run_id not in wanted:
                opened.pop(run_id, None)
                if run_id not in self._on_live:
                    self._store_thread.leave(run_id)
        for run_id in run_ids:
            if run_id not in opened:
                opened[run_id] = None
                self._store_thread.follow(run_id)
