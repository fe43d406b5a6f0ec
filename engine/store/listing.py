"""`Listing`: every run of a results folder in one line each, where what has not changed is not read again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import DamagedError, StoreError
from engine.garbage import without_collections
from engine.plain_file import check_link, stat_plain
from engine.process import Writer
from engine.store.annotations import read_annotations
from engine.store.files import EVENTS, SUMMARY, read_saved_summary
from engine.store.index import FEWEST_RUNS, Entry, entry_of, read_index, write_index
from engine.store.run_tail import RunTail
from engine.store.signature import (
    Signature,
    config_bytes,
    events_bytes,
    events_time,
    has_annotations,
    may_be_run,
    signature_of,
    signature_of_damaged,
)
from engine.summary import NOTHING_SAID, RunStatus, RunSummary

FEWEST_STALE, MOST_STALE = 64, 0.02
"""How many runs, and which part of them, may have to be read although there is an index, before it is written anew."""


@dataclass(slots=True)
class Known:
    """A run as it was read last."""

    signature: Signature
    summary: RunSummary
    """By its log: whether its process is still there is asked each time."""
    writer: Writer | None
    """The process to ask for, of a run that is not over."""
    text: str
    """The run object as a line, until it is in the index; empty where nobody has asked for it."""

    def line(self) -> str:
        """Return the run object as one line of JSON."""
        self.text = self.text or self.summary.to_json()
        return self.text


class Listing:
    """What is known of the runs of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Known] = {}
        self._index: dict[str, Entry] = {}
        """What was kept of the last listing, until it is taken from there."""
        self._has_looked_for_index = False
        self._fresh = 0
        """Runs that were read and are not in the index."""
        self._total = 0
        """Runs that the last look at all of them found."""
        self._tails: dict[str, RunTail] = {}
        """Of runs under way, which are read again and again: only what was added."""

    def summaries(self) -> list[RunSummary]:
        """Return every run, newest first; a run that cannot be read says so in its status.

        Raises: StoreError if the folder itself cannot be read.
        """
        with without_collections():
            found = [self._summary(name, signature) for name, signature in self._signatures()]
            self._total = len(found)
            self._forget_all_but({summary.run for summary in found})
        return sorted(found, key=lambda summary: (summary.created, summary.run), reverse=True)

    def summary(self, run_id: str) -> RunSummary:
        """Return one run; its status is `damaged` where it cannot be read, beside what can."""
        return self._summary(run_id, signature_of(f"{self.folder}/{run_id}"))

    def lines(self, *, with_hidden: bool) -> tuple[list[str], int]:
        """Return the run object of every run as a line of JSON, newest first, and how many hidden ones are left out.

        Lines that were kept from the last listing are not even understood where no file of their run has changed.
        Raises: as `summaries`.
        """
        found: list[tuple[float, str, str]] = []
        self._total = hidden = 0
        names: set[str] = set()
        with without_collections():
            for name, signature in self._signatures():
                self._total += 1
                kept = self._index.get(name)
                if kept is not None and kept.signature == signature and not kept.is_live:
                    created, is_hidden, text = kept.created, kept.is_hidden, kept.text
                else:
                    summary = self._summary(name, signature)
                    created, is_hidden, known = summary.created, summary.is_hidden, self._known.get(name)
                    text = known.line() if known and known.summary is summary else summary.to_json()
                if with_hidden or not is_hidden:
                    found.append((created, name, text))
                hidden += is_hidden
                names.add(name)
            self._forget_all_but(names)
            found.sort(reverse=True)
        return [text for _, _, text in found], 0 if with_hidden else hidden

    def _forget_all_but(self, names: Set[str]) -> None:
        """Keep nothing of runs that are gone: a folder may be filled and emptied for years."""
        for known in (self._known, self._index, self._tails):
            if len(known) > len(names) or not known.keys() <= names:
                for gone in known.keys() - names:
                    del known[gone]

    def keep_index(self) -> None:
        """Write down what was read for the next process that lists this folder, if it had to read too much of it."""
        if self._total >= FEWEST_RUNS and self._fresh > max(FEWEST_STALE, self._total * MOST_STALE):
            with without_collections():
                write_index(self.folder, self._entries())
            self._fresh = 0

    def is_under_way(self, run_id: str) -> bool:
        """Tell whether a run is not over by its log, so that its process may go on, also one that seemed lost."""
        known = self._known.get(run_id)
        return known is not None and known.summary.status.is_live

    def folder_names(self) -> set[str]:
        """Return the names of the folders that may be runs."""
        return {name for name, _ in self._folders()}

    def run_ids(self) -> list[str]:
        """Return the folders that hold a file of a run; any other folder is somebody else's and left alone."""
        return [name for name, _ in self._folders() if may_be_run(signature_of(f"{self.folder}/{name}"))]

    def _signatures(self) -> Iterator[tuple[str, Signature]]:
        """Yield the name of each run with its signature; the first time, look for an index if there are many."""
        folders = self._folders()
        if not self._has_looked_for_index and len(folders) >= FEWEST_RUNS:
            self._index = read_index(self.folder)
        self._has_looked_for_index = True
        for name, is_link in folders:
            signature = signature_of(f"{self.folder}/{name}")
            if not may_be_run(signature):
                continue
            if is_link and self._leads_out(name):
                self._known.pop(name, None)
                self._index.pop(name, None)
            yield name, signature

    def _folders(self) -> list[tuple[str, bool]]:
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
            reason = "it is a file" if self.folder.is_file() else error.strerror
            raise StoreError(f"results folder {self.folder} cannot be read: {reason}") from error

    def _leads_out(self, name: str) -> bool:
        try:
            check_link(self.folder / name, within=self.folder)
        except DamagedError:
            return True
        return False

    def _entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield what belongs into the index, of runs that were read with the line that is then kept no longer."""
        yield from ((name, entry) for name, entry in self._index.items() if name not in self._known)
        for name, one in self._known.items():
            yield name, entry_of(one.summary, one.signature, one.writer, one.line())
            one.text = ""

    def _summary(self, run_id: str, signature: Signature) -> RunSummary:
        """Return one run whose files have this signature now."""
        known = self._known.get(run_id) or self._taken_from_index(run_id, signature)
        if known is None or not self._is_true(known.signature, run_id, signature):
            known = self._read(run_id, signature)
        return self._judged(known) if known.summary.status.is_live else known.summary

    def _taken_from_index(self, run_id: str, signature: Signature) -> Known | None:
        kept = self._index.pop(run_id, None)
        if kept is None or not self._is_true(kept.signature, run_id, signature):
            return None
        with suppress(DamagedError, ValueError):
            known = self._known[run_id] = Known(kept.signature, kept.summary(), kept.writer, "")
            return known
        return None

    def _is_true(self, then: Signature, run_id: str, now: Signature) -> bool:
        return then == (now if len(then) == len(now) else signature_of_damaged(f"{self.folder}/{run_id}"))

    def _read(self, run_id: str, signature: Signature) -> Known:
        """Read a run, and remember it until one of its files changes: also what cannot be read may take a while."""
        folder = f"{self.folder}/{run_id}"
        said = _said_of(folder) if has_annotations(signature) else NOTHING_SAID
        is_lasting, text = True, ""
        try:
            if os.path.islink(folder):  # noqa: PTH114 - asked of every run of a folder
                check_link(Path(folder), within=self.folder)
            if events_bytes(signature) < 0:
                stat_plain(Path(folder) / EVENTS)
            summary, text = self._read_summary(folder, signature, said)
        except DamagedError as error:
            signature = signature_of_damaged(folder)
            summary = self._as_damaged(run_id, error.message, said)
        except StoreError as error:  # the disk may say something else next time
            is_lasting, summary = False, self._as_damaged(run_id, error.message, said)
        except OSError as error:
            is_lasting, summary = False, self._as_damaged(run_id, f"{EVENTS}: {error.strerror}", said)
        tail = self._tails.get(run_id) if summary.status.is_live else None
        known = Known(signature, summary, tail.run.writer if tail else None, text)
        self._known.pop(run_id, None)
        if is_lasting:
            self._known[run_id] = known
            self._fresh += 1
        return known

    def _read_summary(self, folder: str, signature: Signature, said: dict[str, Any]) -> tuple[RunSummary, str]:
        """Take the saved summary if it is as new as the events, and fold the events otherwise."""
        run_id = os.path.basename(folder)  # noqa: PTH119 - asked of every run of a folder
        length = events_bytes(signature)
        saved = read_saved_summary(
            f"{folder}/{SUMMARY}", run_id, said, events_bytes=length, config_bytes=config_bytes(signature)
        )
        if saved is not None and saved[0].status.is_over:
            self._tails.pop(run_id, None)
            return saved
        tail = self._tails.get(run_id)
        if tail is None or tail.offset > length:
            tail = self._tails[run_id] = RunTail(Path(folder))
        tail.catch_up()
        if tail.run.status.is_over:
            del self._tails[run_id]
        return tail.run.summary().with_annotations(said), ""

    def _as_damaged(self, run_id: str, reason: str, said: dict[str, Any]) -> RunSummary:
        """Return what can be said of a run that cannot be read to its end."""
        summary = RunSummary(run=run_id, status=RunStatus.DAMAGED)
        try:
            tail = self._tails.get(run_id) or RunTail(self.folder / run_id)
            summary = tail.run.summary()
        except (DamagedError, StoreError):  # then its name and the reason are all there is
            pass
        return replace(summary, status=RunStatus.DAMAGED, reason=reason).with_annotations(said)

    def _judged(self, known: Known) -> RunSummary:
        """Say of a run that calls itself live if nobody trains it any more."""
        from engine.store.lock import is_given_up

        summary, writer = known.summary, known.writer
        if writer is None:
            return summary
        if not writer.is_alive(last_write=events_time(known.signature)):
            return replace(summary, status=RunStatus.LOST, reason=f"{writer} is gone")
        folder = self.folder / summary.run
        if not is_given_up(folder):
            return summary
        if stat_plain(folder / EVENTS).st_size != events_bytes(known.signature):  # its last word came meanwhile
            return self.summary(summary.run)
        return replace(summary, status=RunStatus.LOST, reason=f"{writer} gave it up and could not write why")


def _said_of(folder: str) -> dict[str, Any]:
    """Return what people say of a run, by the keys of the run object."""
    try:
        said = read_annotations(Path(folder))
    except DamagedError as error:
        return {**NOTHING_SAID, "remark": error.message}
    return {"tags": list(said.tags), "note": said.note, "hidden": said.is_hidden, "remark": ""}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
