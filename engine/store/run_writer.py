"""`RunWriter`: the one writer of a run, which puts every event on disk before anybody else sees it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.atomic import sync_folder, write_atomic
from engine.errors import DamagedError, StoreError
from engine.events import Event, RunFinished, to_json
from engine.process import HEARTBEAT_SECONDS
from engine.run import Run
from engine.store.event_log import EventLog
from engine.store.files import CONFIG, EVENTS, SUMMARY
from engine.store.lock import RunLock
from engine.summary import ANNOTATED

LOOK_SECONDS = 0.25
"""Between two looks whether the folder is still there: short epochs make many events."""


class RunWriter:
    """Writes one run, from its first event or from where an earlier writer left it, and shows that it is alive."""

    def __init__(self, folder: Path, run: Run, lock: RunLock) -> None:
        """Open the log of a run whose lock is held; `run` is the fold of what it says.

        Raises: OSError as the file system says.
        """
        self.folder = folder
        self.run = run
        self._lock = lock
        self._log = EventLog(folder / EVENTS)
        self._heart = _Heart(self.beat)
        self._config_bytes = (folder / CONFIG).lstat().st_size
        self._is_lost = False
        self._last_beat = time.monotonic()
        self._last_look = -float("inf")
        self._heart.start()

    @property
    def log_bytes(self) -> int:
        """The length of the log."""
        return self._log.size

    def append(self, event: Event) -> None:
        """Write one event and fold it; after the last one, write the summary too.

        Raises: StoreError if the disk refuses, if the folder is gone, or if the run has another writer now.
        """
        try:
            self.make_sure_it_is_ours()
            self._append(event)
        except OSError as error:
            raise self.refusal(error) from error

    def refusal(self, error: OSError) -> StoreError:
        """Return what to tell of a disk that refuses to record the run."""
        hint = f"What is saved can be gone on with: termlab resume {self.folder.name}"
        return StoreError(f"{self.folder} cannot be written: {error.strerror}", hint)

    def append_last_word(self, event: RunFinished) -> None:
        """Write why the run ends although the disk failed it, if a line still finds room."""
        if not self._is_lost:
            with suppress(OSError):
                self._append(event)

    def make_sure_it_is_ours(self) -> None:
        """See that the run lies where it lay and has no other writer: called before anything is written.

        Raises: StoreError if not; OSError if the disk does not say.
        """
        if time.monotonic() - self._last_beat > 2 * HEARTBEAT_SECONDS:  # the process was suspended, or the disk stood
            self.beat()
        if self._is_lost:
            raise StoreError(f"{self.folder.name} was silent for so long that another process has gone on with it")
        if time.monotonic() - self._last_look < LOOK_SECONDS:
            return
        self._last_look = time.monotonic()
        if not self._log.is_at(self.folder / EVENTS):
            raise StoreError(f"{self.folder} was removed or renamed while the run was trained")

    def summary_text(self) -> str:
        """Return what `write_summary` takes: the run as it is now."""
        document = {key: value for key, value in self.run.summary().to_dict().items() if key not in ANNOTATED}
        document["events_bytes"] = self._log.size  # tells a reader whether events came later
        document["config_bytes"] = self._config_bytes  # and this, whether that was damaged
        return json.dumps(document, allow_nan=False, ensure_ascii=False) + "\n"

    def write_summary(self, text: str) -> None:
        """Replace the summary; this may be done by another thread than the one that appends.

        Raises: OSError if the disk refuses.
        """
        write_atomic(self.folder / SUMMARY, text)

    def sync(self) -> None:
        """Wait until all events are on the disk: a checkpoint must not know of more than the log.

        Raises: OSError if the disk refuses.
        """
        self._log.sync()

    def move_to(self, folder: Path) -> None:
        """Give the folder another name, with all that is in it on the disk.

        Raises: OSError as the file system says.
        """
        self._log.sync()
        sync_folder(self.folder)
        self.folder.rename(folder)
        sync_folder(folder.parent)
        self.folder = self._lock.folder = folder

    def close(self) -> None:
        """Close the log and give the run free; it can be read as before."""
        self._heart.stop()
        self._log.close()
        if not self._is_lost:
            with suppress(OSError, DamagedError):  # the lock then ends with the process
                self._lock.release()

    def beat(self) -> None:
        """Show the other processes that this one is alive, and see whether they still believe it."""
        with suppress(OSError, StoreError):  # a disk that does not answer now may do so at the next beat
            self._is_lost = not self._lock.is_held()
            self._last_beat = time.monotonic()  # not before it is known: another thread relies on it
            if not self._is_lost:
                self._log.touch()
                self._lock.beat()

    def _append(self, event: Event) -> None:
        self._log.append(to_json(event).encode())
        self.run.apply(event)
        if isinstance(event, RunFinished):
            self._log.sync()
            self.write_summary(self.summary_text())


class _Heart(threading.Thread):
    """Beats while the run is open, also while a step or a stalled disk holds up the training."""

    def __init__(self, beat: Callable[[], None]) -> None:
        super().__init__(name="termlab-heartbeat", daemon=True)
        self._beat = beat
        self._is_over = threading.Event()

    def run(self) -> None:
        """Beat until stopped."""
        while not self._is_over.wait(HEARTBEAT_SECONDS):
            self._beat()

    def stop(self) -> None:
        """End; a beat under way is waited for, so that nothing is written after a close."""
        self._is_over.set()
        self.join()
