"""`RunStore`: a folder of runs, of which each has one writer and any number of readers, who never write.

What only reading a whole run needs (pydantic, the events) is imported where it is needed, so that a listing stays fast.
"""

from __future__ import annotations

import gc
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.atomic import write_atomic
from engine.errors import DamagedError, RunNotFoundError, StoreError, suggest
from engine.plain_file import check_link, descriptor_of_plain, require_own_folder, stat_plain
from engine.shown import printable
from engine.store.annotations import Change, change_annotations, read_annotations
from engine.store.files import CONFIG, EVENTS, FORMAT_VERSION, LOG, SUMMARY, read_saved_summary
from engine.store.index import FEWEST_RUNS, Entry, read_index, write_index
from engine.store.run_tail import RunTail
from engine.store.signature import Signature, may_be_run, signature_of, signature_of_damaged
from engine.summary import RunStatus, RunSummary

if TYPE_CHECKING:
    from engine.events import RunFinished, RunStarted
    from engine.process import Writer
    from engine.run import Run
    from engine.store.requests import Request
    from engine.store.run_writer import RunWriter
    from engine.store.sweeps import SweepPlace
    from engine.trial import Trial

_ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which look alike
FEWEST_STALE, MOST_STALE = 64, 0.02
"""How many runs, and which part of them, may have to be read although there is an index, before it is written anew."""


class Known(NamedTuple):
    """A run as it was read last."""

    signature: Signature
    summary: RunSummary
    """By its log: whether its process is still there is asked each time."""
    writer: Writer | None
    """The process to ask for, of a run that is not over."""


class RunStore:
    """A results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Known] = {}
        self._index: dict[str, Entry] = {}
        """What was kept of the last listing, until it is taken from there."""
        self._has_looked_for_index = False
        self._fresh = 0
        """Runs that were read and are not in the index."""
        self._tails: dict[str, RunTail] = {}

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
        with _without_collections():
            found = [self._summary(name, signature) for name, signature in self._signatures()]
            self._keep_index(len(found))
        return sorted(found, key=lambda summary: (summary.created, summary.run), reverse=True)

    def summary(self, run_id: str) -> RunSummary:
        """Return one run in one line; its status is `damaged` where it cannot be read, beside what can."""
        return self._summary(run_id, signature_of(f"{self.folder}/{run_id}"))

    def lines(self) -> tuple[list[str], int]:
        """Return the run object of every run as a line of JSON, newest first, and how many hidden ones it leaves out.

        Lines that were kept from the last listing are not even read where no file of their run has changed.
        Raises: as `summaries`.
        """
        found: list[tuple[float, str, str]] = []
        hidden = total = 0
        with _without_collections():
            for name, signature in self._signatures():
                total += 1
                kept = self._index.get(name) if name not in self._known else None
                if kept is None or kept.signature != signature or kept.status.is_live or kept.is_hidden:
                    summary = self._summary(name, signature)
                    hidden += summary.is_hidden
                    if not summary.is_hidden:
                        found.append((summary.created, name, summary.to_json()))
                else:
                    found.append((kept.created, name, kept.text))
            self._keep_index(total)
        return [text for _, _, text in sorted(found, reverse=True)], hidden

    def _signatures(self) -> Iterator[tuple[str, Signature]]:
        """Yield the name of each run with its signature; the first time, look for an index if there are many."""
        names = self._folder_names()
        if not self._has_looked_for_index and len(names) >= FEWEST_RUNS:
            self._has_looked_for_index = True
            self._index = read_index(self.folder)
        for name, is_link in names:
            signature = signature_of(f"{self.folder}/{name}")
            if not may_be_run(signature):
                continue
            if is_link and self._leads_out(name):
                self._known.pop(name, None)
                self._index.pop(name, None)
            yield name, signature

    def _leads_out(self, name: str) -> bool:
        try:
            check_link(self.folder / name, within=self.folder)
        except DamagedError:
            return True
        return False

    def _keep_index(self, total: int) -> None:
        """Write the index anew if too much of what it should have had to be read."""
        if total >= FEWEST_RUNS and self._fresh > max(FEWEST_STALE, total * MOST_STALE):
            entries = dict(self._index)
            entries |= {name: Entry.of(one.summary, one.signature, one.writer) for name, one in self._known.items()}
            write_index(self.folder, entries.items())
            self._fresh = 0

    def _summary(self, run_id: str, signature: Signature) -> RunSummary:
        """Return one run whose files have this signature now."""
        known = self._known.get(run_id)
        if (
            known is None
            and (kept := self._index.pop(run_id, None)) is not None
            and self._is_true(kept, run_id, signature)
        ):
            with suppress(DamagedError, ValueError):
                known = self._known[run_id] = Known(kept.signature, kept.summary(), kept.writer)
        if known is None or not self._is_true(known, run_id, signature):
            known = self._read(run_id, signature)
        return self._judged(known) if known.summary.status.is_live else known.summary

    def _is_true(self, known: Known | Entry, run_id: str, signature: Signature) -> bool:
        if len(known.signature) == len(signature):
            return known.signature == signature
        return known.signature == signature_of_damaged(f"{self.folder}/{run_id}")

    def _read(self, run_id: str, signature: Signature) -> Known:
        """Read a run, and remember it until one of its files changes: also what cannot be read may take a while."""
        folder = self.folder / run_id
        is_lasting = True
        try:
            check_link(folder, within=self.folder)
            stat_plain(folder / EVENTS)
            summary = self._read_summary(folder, events_bytes=signature[0], config_bytes=signature[2])
        except DamagedError as error:
            signature = signature_of_damaged(f"{self.folder}/{run_id}")
            summary = self._as_damaged(folder, error.message)
        except StoreError as error:  # the disk may say something else next time
            is_lasting, summary = False, self._as_damaged(folder, error.message)
        except OSError as error:
            is_lasting, summary = False, self._as_damaged(folder, f"{EVENTS}: {error.strerror}")
        tail = self._tails.get(run_id) if summary.status.is_live else None
        known = Known(signature, _annotated(summary, folder), tail.run.writer if tail else None)
        self._known.pop(run_id, None)
        if is_lasting:
            self._known[run_id] = known
            self._fresh += 1
        return known

    def _as_damaged(self, folder: Path, reason: str) -> RunSummary:
        """Return what can be said of a run that cannot be read to its end."""
        summary = RunSummary(run=folder.name, status=RunStatus.DAMAGED)
        try:
            tail = self._tails.get(folder.name) or RunTail(folder)
            summary = tail.run.summary()
        except (DamagedError, StoreError):  # then its name and the reason are all there is
            pass
        return replace(summary, status=RunStatus.DAMAGED, reason=reason)

    def find(self, name: str) -> str:
        """Return the id that `name` stands for: an id, a unique prefix of one, or `latest`.

        Raises: RunNotFoundError naming the candidates or the nearest id.
        """
        ids = self._run_ids()
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

    def tail(self, run_id: str) -> RunTail:
        """Read a run, keeping the place from which `RunTail.advance` goes on."""
        folder = self._folder_of(run_id)
        if not folder.is_dir():
            raise RunNotFoundError(f'no run in {self.folder} is called "{run_id}"', "termlab ls lists the runs.")
        tail = RunTail(folder)
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
        self.tail(run_id)  # what cannot be read is left untouched
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
        folder = self._folder_of(run_id)
        if not folder.is_dir():
            raise RunNotFoundError(f'no run in {self.folder} is called "{run_id}"', "termlab ls lists the runs.")
        change_annotations(folder, change)
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

    def _folder_of(self, run_id: str) -> Path:
        """Return where a run lies; an id that is a path would lead elsewhere, and no run has such a one.

        Raises: RunNotFoundError.
        """
        if run_id in ("", ".", "..") or "/" in run_id:
            raise RunNotFoundError(f'no run in {self.folder} is called "{run_id}"', "termlab ls lists the runs.")
        return self.folder / run_id

    def _run_ids(self) -> list[str]:
        """Return the folders that hold a file of a run; any other folder is somebody else's and left alone."""
        return [name for name, _ in self._folder_names() if may_be_run(signature_of(f"{self.folder}/{name}"))]

    def _folder_names(self) -> list[tuple[str, bool]]:
        """Return the names of the folders in this one, and whether each is a link to one."""
        try:
            with os.scandir(self.folder) as entries:
                return [
                    (entry.name, entry.is_symlink())
                    for entry in entries
                    if not entry.name.startswith(".") and _is_folder(entry)
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"results folder {self.folder} cannot be read: {self._reason(error)}") from error

    def _read_summary(self, folder: Path, events_bytes: int, config_bytes: int) -> RunSummary:
        """Take the saved summary if it is as new as the events, and fold the events otherwise."""
        saved = read_saved_summary(folder / SUMMARY, events_bytes=events_bytes, config_bytes=config_bytes)
        if saved is not None and saved.status.is_over:
            self._tails.pop(folder.name, None)
            return replace(saved, run=folder.name)  # the folder may have been copied or renamed
        # A run under way is read again and again: keep its fold, and read only what was added.
        tail = self._tails.get(folder.name)
        if tail is None or tail.offset > events_bytes:
            tail = self._tails[folder.name] = RunTail(folder)
        tail.catch_up()
        return tail.run.summary()

    def _judged(self, known: Known) -> RunSummary:
        """Say of a run that calls itself live if nobody trains it any more."""
        from engine.store.lock import is_given_up

        summary, writer = known.summary, known.writer
        if writer is None:
            return summary
        events_bytes, events_time = known.signature[:2]
        if not writer.is_alive(last_write=events_time / 1e9):
            return replace(summary, status=RunStatus.LOST, reason=f"{writer} is gone")
        folder = self.folder / summary.run
        if not is_given_up(folder):
            return summary
        if stat_plain(folder / EVENTS).st_size != events_bytes:  # its last word came meanwhile
            return self.summary(summary.run)
        return replace(summary, status=RunStatus.LOST, reason=f"{writer} gave it up and could not write why")


def _annotated(summary: RunSummary, folder: Path) -> RunSummary:
    """Add what people say of a run."""
    try:
        said = read_annotations(folder)
    except DamagedError as error:
        return replace(summary, tags=[], note="", is_hidden=False, remark=error.message)
    return replace(summary, tags=list(said.tags), note=said.note, is_hidden=said.is_hidden, remark="")


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep Python from searching ten thousand summaries for cycles again and again while more of them are made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _new_id(trial: Trial) -> str:
    """Return a name that is short to type (its first letters are unique) and still says what it is."""
    unique = "".join(secrets.choice(_ID_ALPHABET) for _ in range(6))
    preset, label = (re.sub(r"[^A-Za-z0-9._=+-]+", "_", text)[:60] for text in (trial.preset, trial.label))
    return f"{unique}-{preset}-{label}-s{trial.config.seed}"
