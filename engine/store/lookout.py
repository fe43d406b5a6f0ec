"""`Lookout`: the runs of a folder, looked at again and again for what can have changed since the last look.

Whatever termlab does to a run other than training it gives its folder another time, or the results folder: a name in
it comes and goes. So a look asks for these times and for the logs of runs that are not over; all files of all runs,
which somebody may have changed by hand, are asked for now and then.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from engine.store.listing import Listing
from engine.store.signature import may_be_run, signature_of
from engine.summary import RunSummary

SETTLED_SECONDS = 2.0
"""A folder that was changed so shortly before may change again without another time: some disks count whole seconds."""
MOST_OF_THE_TIME = 0.02
"""That may be spent on looking at everything."""


class Lookout:
    """Looks at a results folder for who keeps looking."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._newest_first: list[RunSummary] = []
        self._found: dict[str, RunSummary] = {}
        self._under_way: set[str] = set()
        self._run_times: dict[str, int] = {}
        """When each run's folder was last changed, of those that were looked at."""
        self._folder_time = 0
        self._next_whole = 0.0

    def look(self, *, whole_seconds: float) -> list[RunSummary]:
        """Return every run, newest first: the same list as the last time if nothing has changed.

        Everything is looked at no more often than every `whole_seconds`, and less often where that takes long.
        Raises: StoreError if the folder cannot be read.
        """
        self._listing.keep_index()  # of the look before, which somebody was waiting for
        if time.monotonic() < self._next_whole:
            self._look_at_some()
        else:
            self._look_at_all(whole_seconds)
        return self._newest_first

    def _look_at_all(self, whole_seconds: float) -> None:
        self._next_whole = 0.0  # until it has succeeded
        began = time.monotonic()
        self._folder_time = self._time_of_folder()
        newest_first = self._listing.summaries()
        if newest_first != self._newest_first:
            self._newest_first = newest_first
        self._found = {summary.run: summary for summary in self._newest_first}
        self._under_way = {run for run in self._found if self._listing.is_under_way(run)}
        ended = time.monotonic()
        self._next_whole = ended + max(whole_seconds, (ended - began) / MOST_OF_THE_TIME)

    def _look_at_some(self) -> None:
        now = self._time_of_folder()
        touched: Iterable[str] = ()
        if now != self._folder_time or abs(time.time() - now / 1e9) < SETTLED_SECONDS:
            touched = self._touched()
            self._folder_time = now
        is_news = False
        for run in self._under_way.union(touched):
            is_news |= self._has_news(run)
        if is_news:
            self._newest_first = sorted(
                self._found.values(), key=lambda summary: (summary.created, summary.run), reverse=True
            )

    def _touched(self) -> list[str]:
        """Return the folders that have come, gone, or got another time since the last look at them."""
        names = self._listing.folder_names()
        touched = [name for name in self._found if name not in names]
        for name in names:
            changed = _time_of(f"{self._listing.folder}/{name}")
            if self._run_times.get(name) != changed:
                self._run_times[name] = changed
                touched.append(name)
        return touched

    def _has_news(self, run: str) -> bool:
        """Look at one run and return whether anything about it is new."""
        before = self._found.pop(run, None)
        self._under_way.discard(run)
        if not may_be_run(signature_of(f"{self._listing.folder}/{run}")):
            self._run_times.pop(run, None)
            return before is not None
        after = self._found[run] = self._listing.summary(run)
        if self._listing.is_under_way(run):
            self._under_way.add(run)
        return after != before

    def _time_of_folder(self) -> int:
        return _time_of(str(self._listing.folder))


def _time_of(path: str) -> int:
    """Return when something was last changed, in ns since 1970; 0 where it is not there, or cannot be told."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - asked of every run of a folder
    except OSError:
        return 0
