"""`RunStore`: a folder of runs, of which each has one writer and any number of readers, who never write.

What only reading a whole run needs (pydantic, the events) is imported where it is needed, so that a listing stays fast.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.atomic import write_atomic
from engine.errors import DamagedError, RunNotFoundError, StoreError, suggest
from engine.plain_file import descriptor_of_plain, require_own_folder
from engine.shown import printable
from engine.store.annotations import Change, change_annotations
from engine.store.files import CONFIG, EVENTS, FORMAT_VERSION, LOG
from engine.store.listing import Listing
from engine.store.lookout import Lookout
from engine.store.run_tail import RunTail
from engine.summary import RunStatus, RunSummary

if TYPE_CHECKING:
    from engine.events import RunFinished, RunStarted
    from engine.run import Run
    from engine.store.requests import Request
    from engine.store.run_writer import RunWriter
    from engine.store.sweeps import SweepPlace
    from engine.trial import Trial

_ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which look alike


class RunStore:
    """A results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listing = Listing(folder)
        self._lookout = Lookout(self._listing)

    def check_writable(self) -> None:
        """Make the folder if need be and prove that a run could be saved.

        Raises: StoreError naming the folder and the reason.
        """
        probe = self.folder / f".writable.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            message = f"results folder {self.folder} is not writable: {self._reason(error)}"
            raise StoreError(message, "Choose another folder with --results DIR or TERMLAB_RESULTS.") from error

    def _reason(self, error: OSError) -> str | None:
        return "it is a file" if self.folder.is_file() else error.strerror

    def summaries(self) -> list[RunSummary]:
        """Return every run in the folder, newest first; a run that cannot be read says so in its status.

        Raises: StoreError if the folder itself cannot be read.
        """
        found = self._listing.summaries()
        self._listing.keep_index()
        return found

    def summary(self, run_id: str) -> RunSummary:
        """Return one run in one line; its status is `damaged` where it cannot be read, beside what can."""
        return self._listing.summary(run_id)

    def look(self, *, whole_seconds: float) -> list[RunSummary]:
        """Return what `summaries` does, for who keeps asking: mostly by a look at what can have changed since.

        At everything it looks no more often than every `whole_seconds`. Raises: as `summaries`.
        """
        return self._lookout.look(whole_seconds=whole_seconds)

    def lines(self, *, with_hidden: bool = False) -> tuple[list[str], int]:
        """Return the run object of every run as a line of JSON, newest first, and how many hidden ones are left out.

        Raises: as `summaries`.
        """
        found = self._listing.lines(with_hidden=with_hidden)
        self._listing.keep_index()
        return found

    def find(self, name: str) -> str:
        """Return the id that `name` stands for: an id, a unique prefix of one, or `latest`.

        Raises: RunNotFoundError naming the candidates or the nearest id.
        """
        ids = self._listing.run_ids()
        if name in ids:
            return name
        if not ids:
            raise RunNotFoundError(
                f"there are no runs in {self.folder}",
                "Train one: termlab run digits-first. Or name another --results DIR.",
            )
        if name == "latest":
            newest = self.summaries()
            return next((run.run for run in newest if run.status is not RunStatus.DAMAGED), newest[0].run)
        matches = sorted(run_id for run_id in ids if run_id.startswith(name)) if name else []
        if name and not matches:  # as lists show it, with a sign for what a terminal would obey
            matches = sorted(run_id for run_id in ids if printable(run_id).startswith(name))
        if len(matches) == 1:
            return matches[0]
        if matches:
            listed = ", ".join(matches[:5]) + (", …" if len(matches) > 5 else "")
            raise RunNotFoundError(f'"{name}" stands for {len(matches)} runs: {listed}', "Give more of the id.")
        raise RunNotFoundError(
            f'no run in {self.folder} is called "{name}".{suggest(name, ids)}', "termlab ls lists the runs."
        )

    def load(self, run_id: str) -> Run:
        """Read a run with its curves.

        Raises: RunNotFoundError if there is none of this id; DamagedError if its files are not readable as a run.
        """
        return self.tail(run_id).run

    def load_readable(self, run_id: str) -> tuple[Run, DamagedError | None]:
        """Read a run as far as that can be read, and say what ended that.

        Raises: as `load`, where not even its config can be read.
        """
        tail = RunTail(self._existing(run_id))
        try:
            tail.catch_up()
        except DamagedError as error:
            return tail.run, error
        return tail.run, None

    def tail(self, run_id: str) -> RunTail:
        """Read a run, keeping the place from which `RunTail.advance` goes on."""
        tail = RunTail(self._existing(run_id))
        tail.catch_up()
        return tail

    def create(
        self,
        trial: Trial,
        first: RunStarted | RunFinished,
        *,
        belongs: SweepPlace | None = None,
        data_folder: Path | None = None,
    ) -> RunWriter:
        """Make a run's folder, complete with its config and first event, and return its writer.

        The first event is the end of the run where the trial could not even begin. `belongs` says of which sweep it is;
        `data_folder` is written down for whoever goes on with it.

        The folder appears under its name only once both are in it, so that no reader meets half a run.
        Raises: StoreError if the disk refuses; PlaceTakenError if another process began that trial of the sweep; no
        run is then left behind.
        """
        from engine.run import Run
        from engine.store.leftovers import clear_results
        from engine.store.lock import RunLock
        from engine.store.places import claim_place
        from engine.store.run_writer import RunWriter

        self.check_writable()
        clear_results(self.folder)
        sweep, place = (belongs.sweep, belongs.place) if belongs else ("", 0)
        data = os.fsencode(data_folder.absolute()).decode("utf-8", "replace") if data_folder else ""
        run = Run(_new_id(trial), trial, created=time.time(), sweep=sweep, place=place, data_folder=data)
        header: dict[str, object] = {"format": FORMAT_VERSION, "run": run.id, "created": run.created}
        if belongs:
            header["sweep"] = {"id": sweep, "place": place}
            claim_place(self.folder, belongs, run.id)
        if data:
            header["data"] = data
        header["trial"] = trial.model_dump(mode="json")
        hidden = self.folder / f".new.{run.id}"
        try:
            hidden.mkdir()
            write_atomic(hidden / CONFIG, json.dumps(header, indent=2, ensure_ascii=False) + "\n")
            writer = RunWriter(hidden, run, RunLock.take(hidden))
            try:
                writer.append(first)
                writer.move_to(self.folder / run.id)
            except BaseException:
                writer.close()
                raise
        except BaseException as error:
            shutil.rmtree(hidden, ignore_errors=True)
            if not isinstance(error, OSError | StoreError):
                raise
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            reason = cause.strerror if isinstance(cause, OSError) else error
            raise StoreError(f"no run can be saved in {self.folder}: {reason}") from error
        return writer

    def check_place(self, place: SweepPlace) -> None:
        """Look whether a trial of a sweep is still to be begun, before anything is loaded for it.

        Raises: PlaceTakenError if another process has begun it, or is about to; StoreError if the disk does not say.
        """
        from engine.store.places import check_place

        check_place(self.folder, place)

    def reopen(self, run_id: str) -> RunWriter:
        """Become the writer of a run that somebody else began.

        Raises: RunNotFoundError if there is none of this id; RunBusyError if somebody writes it; DamagedError if it
        cannot be read; StoreError if the disk refuses.
        """
        from engine.store.leftovers import clear_run
        from engine.store.lock import RunLock
        from engine.store.run_writer import RunWriter

        folder = self._folder_of(run_id)
        require_own_folder(folder)
        if unknown := self.tail(run_id).unknown:  # what cannot be read, or not all of it, is left untouched
            raise DamagedError(
                f'{EVENTS} has events of the kind "{next(iter(unknown))}", which this termlab does not know',
                "A termlab at least as new as the one that wrote them goes on with the run.",
            )
        lock = RunLock.take(folder)
        self._announce()
        try:
            clear_run(folder)
            return RunWriter(folder, self.load(run_id), lock)  # read once nobody else can add to it
        except BaseException as error:
            with suppress(OSError, DamagedError):  # the lock then ends with the process
                lock.release()
            if isinstance(error, OSError):
                raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
            raise

    def ask(self, run_id: str, request: Request) -> None:
        """Ask the process that trains a run, whichever it is.

        Raises: StoreError if the disk refuses.
        """
        from engine.store.requests import ask

        try:
            ask(self.folder / run_id, request)
        except OSError as error:
            raise StoreError(f"{run_id} cannot be asked: {error.strerror}") from error

    def add_to_log(self, run_id: str, line: str) -> None:
        """Add a line to what a training without a terminal says of a run; no reason to end if it cannot be."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S%z")
        with suppress(OSError, DamagedError):
            descriptor = descriptor_of_plain(self.folder / run_id / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            with os.fdopen(descriptor, "wb") as file:
                file.write(f"{stamp} {line}\n".encode())

    def annotate(self, run_id: str, change: Change) -> None:
        """Change what people say of a run; a run that is being trained is not disturbed by it.

        Raises: RunNotFoundError if there is none of this id; as `change_annotations`.
        """
        change_annotations(self._existing(run_id), change)
        self._announce()

    def _announce(self) -> None:
        """Let others who look at the folder see that something in it has changed: they look at each run less often."""
        with suppress(StoreError):
            self.check_writable()  # a name that comes and goes gives the folder another time

    def remove(self, run_id: str) -> Path:
        """Move a run to the trash inside the results folder and return where it lies now.

        Raises: StoreError if the run is still being written or cannot be moved.
        """
        from engine.store.trash import throw_away

        if self.summary(run_id).status.is_live:
            raise StoreError(f"{run_id} is still running", "Stop it first, then remove it.")
        self._folder_of(run_id)  # an id, and no path
        return throw_away(self.folder, run_id)

    def _existing(self, run_id: str) -> Path:
        """Return where a run lies that has to be there.

        Raises: RunNotFoundError.
        """
        folder = self._folder_of(run_id)
        if not folder.is_dir():
            raise RunNotFoundError(f'no run in {self.folder} is called "{run_id}"', "termlab ls lists the runs.")
        return folder

    def _folder_of(self, run_id: str) -> Path:
        """Return where a run lies; an id that is a path would lead elsewhere, and no run has such a one.

        Raises: RunNotFoundError.
        """
        if run_id in ("", ".", "..") or "/" in run_id:
            raise RunNotFoundError(f'no run in {self.folder} is called "{run_id}"', "termlab ls lists the runs.")
        return self.folder / run_id


def _new_id(trial: Trial) -> str:
    """Return a name that is short to type (its first letters are unique) and still says what it is."""
    unique = "".join(secrets.choice(_ID_ALPHABET) for _ in range(6))
    preset, label = (re.sub(r"[^A-Za-z0-9._=+-]+", "_", text)[:60] for text in (trial.preset, trial.label))
    return f"{unique}-{preset}-{label}-s{trial.config.seed}"
