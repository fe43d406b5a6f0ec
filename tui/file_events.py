"""What the system tells of a results folder by itself: a reason to look at once, never a reason not to look.

Systems tell of other machines' changes on a shared folder seldom or never, and of so many folders only: whoever uses
this looks every second all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

MOST_FOLDERS = 64
"""Of runs under way that are watched: a user has only so many watches, and an editor wants some, too."""


class FileEvents:
    """Calls back from a thread of its own when a name in one of the folders comes, goes or is replaced.

    Runs begin, end, finish epochs and are spoken of by such names. What is added to a log, some times a second, is no
    reason: charts are painted once a second, and more would take a training's time.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._observer: Any = None
        self._watched: dict[Path, Any] = {}
        self._refused: set[Path] = set()
        self._is_possible = True

    def follow(self, results: Path, runs: Iterable[str]) -> bool:
        """Watch a results folder and those of these runs, and none that was watched before; as far as is possible.

        Return whether one is watched now that was not: what happened there a moment before, nothing has told.
        """
        wanted = {results, *(results / run for run in sorted(runs)[:MOST_FOLDERS])}
        if not self._is_possible or wanted == self._watched.keys():
            return False
        if self._observer is None and not self._has_begun():
            self._is_possible = False
            return False
        is_new = False
        for folder in self._watched.keys() - wanted:
            with suppress(Exception):  # it is gone, and the watch with it
                self._observer.unschedule(self._watched[folder])
            del self._watched[folder]
        self._refused &= wanted
        for folder in wanted - self._watched.keys() - self._refused:
            try:
                self._watched[folder] = self._observer.schedule(_Handler(self._call), str(folder), recursive=False)
                is_new = True
            except FileNotFoundError:  # it may come later
                continue
            except OSError:  # no more watches to be had, or a file system that has none
                self._refused.add(folder)
        return is_new

    def close(self) -> None:
        """End the thread."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _has_begun(self) -> bool:
        """Start the observer, if this system has one that is not only polling."""
        try:
            from watchdog.observers import Observer
            from watchdog.observers.polling import PollingObserver
        except ImportError:
            return False
        if issubclass(cast("type[Any]", Observer), PollingObserver):
            return False
        try:
            self._observer = Observer()
            self._observer.start()
        except (OSError, RuntimeError):
            self._observer = None
            return False
        return True


class _Handler:
    """What an observer calls; only names that come, go or are replaced count."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def dispatch(self, event: Any) -> None:
        if event.event_type in ("created", "deleted", "moved"):
            self._call()
