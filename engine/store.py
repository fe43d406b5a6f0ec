"""`RunStore` and `RunWriter`: the only code that knows how runs lie on disk.

The format is described in `results/README.md`. A run has one writer and any number of readers, who never write.
What only reading a whole run needs (pydantic, the events) is imported where it is needed, so
that a listing stays fast.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.atomic import write_atomic
from engine.errors import DamagedError, RunNotFoundError, StoreError, suggest
from engine.process import is_writer_alive
from engine.summary import RunStatus, RunSummary

if TYPE_CHECKING:
    from engine.events import Event, RunFinished, RunStarted
    from engine.run import Run
    from engine.trial import Trial

FORMAT_VERSION = 1
CONFIG, EVENTS, SUMMARY, WEIGHTS, BEST_WEIGHTS, TRASH = (
    "config.json",
    "events.jsonl",
    "summary.json",
    "weights.pt",
    "best.pt",
    ".trash",
)
_ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which look alike
_Signature = tuple[int, int]


class RunTail:
    """Follows one run's event log; `run` is the fold of what was read so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = _read_run_header(folder)
        self.offset = 0

    def advance(self) -> list[Event]:
        """Read the whole lines that were added since the last call, fold them, and return them.

        A last line without its end is left for later: its writer may be in the middle of it.
        Raises: DamagedError if a whole line is not an event; StoreError if the log cannot be read.
        """
        from engine.events import from_json

        events: list[Event] = []
        try:
            with (self.folder / EVENTS).open("rb") as file:
                file.seek(self.offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    event = from_json(line)
                    self.offset += len(line)
                    self.run.apply(event)
                    events.append(event)
        except DamagedError as error:
            raise DamagedError(f"{EVENTS}, byte {self.offset}: {error.message}") from error
        except FileNotFoundError as error:
            raise DamagedError(f"{EVENTS} is missing") from error
        except OSError as error:
            raise StoreError(f"{self.folder / EVENTS} cannot be read: {error.strerror}") from error
        return events


class RunWriter:
    """The one writer of a run: every event reaches the disk before anybody else sees it."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self.run = run
        self._log = (folder / EVENTS).open("ab")

    def append(self, event: Event) -> None:
        """Write one event and fold it; after an epoch and at the end, write the summary anew.

        Raises: StoreError if the disk refuses.
        """
        from engine.events import EpochDone, RunFinished, to_json

        try:
            self._log.write(to_json(event).encode() + b"\n")
            self._log.flush()
            self.run.apply(event)
            if isinstance(event, EpochDone | RunFinished):
                self._write_summary()
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be written: {error.strerror}") from error

    def touch(self) -> None:
        """Show that the writer is alive though nothing happens."""
        os.utime(self._log.fileno())

    def close(self) -> None:
        """Close the log; the run can be read as before."""
        self._log.close()

    def _write_summary(self) -> None:
        document = self.run.summary().to_dict()
        document["events_bytes"] = self._log.tell()  # tells a reader whether events came later
        write_atomic(self.folder / SUMMARY, json.dumps(document, allow_nan=False, ensure_ascii=False) + "\n")


class RunStore:
    """A results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._summaries: dict[str, tuple[_Signature, RunSummary]] = {}
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
        found = [self.summary(name) for name in self._run_ids()]
        return sorted(found, key=lambda summary: (summary.created, summary.run), reverse=True)

    def summary(self, run_id: str) -> RunSummary:
        """Return one run in one line; its status is `damaged` where it cannot be read."""
        folder = self.folder / run_id
        try:
            stat = (folder / EVENTS).stat()
            signature = (stat.st_size, stat.st_mtime_ns)
            known = self._summaries.get(run_id)
            if known is None or known[0] != signature:
                known = (signature, self._read_summary(folder, stat.st_size))
                self._summaries[run_id] = known
            summary = known[1]
            return self._with_lost(summary, stat.st_mtime) if summary.status.is_live else summary
        except (DamagedError, StoreError) as error:
            return RunSummary(run=run_id, status=RunStatus.DAMAGED, reason=error.message)
        except OSError as error:
            return RunSummary(run=run_id, status=RunStatus.DAMAGED, reason=f"{EVENTS}: {error.strerror}")

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
            return self.summaries()[0].run
        matches = sorted(run_id for run_id in ids if run_id.startswith(name)) if name else []
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
        folder = self.folder / run_id
        if not folder.is_dir():
            raise RunNotFoundError(f'no run in {self.folder} is called "{run_id}"', "termlab ls lists the runs.")
        tail = RunTail(folder)
        tail.advance()
        return tail

    def create(self, trial: Trial, first: RunStarted | RunFinished) -> RunWriter:
        """Make a run's folder, complete with its config and first event, and return its writer.

        The first event is the end of the run where the trial could not even begin.

        The folder appears under its name only once both are in it, so that no reader meets half a run.
        Raises: StoreError if the disk refuses; nothing is then left behind.
        """
        from engine.run import Run

        self.check_writable()
        run = Run(id=_new_id(trial), trial=trial, created=time.time())
        header = {"format": FORMAT_VERSION, "run": run.id, "created": run.created}
        header["trial"] = trial.model_dump(mode="json")
        hidden = self.folder / f".new.{run.id}"
        try:
            hidden.mkdir()
            write_atomic(hidden / CONFIG, json.dumps(header, indent=2, ensure_ascii=False) + "\n")
            writer = RunWriter(hidden, run)
            try:
                writer.append(first)
                hidden.rename(self.folder / run.id)
            except BaseException:
                writer.close()
                raise
        except (OSError, StoreError) as error:
            shutil.rmtree(hidden, ignore_errors=True)
            reason = error.strerror if isinstance(error, OSError) else error.message
            raise StoreError(f"no run can be saved in {self.folder}: {reason}") from error
        writer.folder = self.folder / run.id
        return writer

    def remove(self, run_id: str) -> Path:
        """Move a run to the trash inside the results folder and return where it lies now.

        Raises: StoreError if the run is still being written or cannot be moved.
        """
        if self.summary(run_id).status.is_live:
            raise StoreError(f"{run_id} is still running", "Stop it first, then remove it.")
        trash = self.folder / TRASH
        target = trash / run_id
        try:
            trash.mkdir(exist_ok=True)
            (self.folder / run_id).rename(target)
        except OSError as error:
            raise StoreError(f"{run_id} cannot be moved to {trash}: {error.strerror}") from error
        return target

    def _run_ids(self) -> list[str]:
        """Return the folders that hold a file of a run; any other folder is somebody else's and left alone."""
        try:
            with os.scandir(self.folder) as entries:
                names = [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"results folder {self.folder} cannot be read: {self._reason(error)}") from error
        return [name for name in names if _may_be_run(self.folder / name)]

    def _read_summary(self, folder: Path, events_bytes: int) -> RunSummary:
        """Take the saved summary if it is as new as the events, and fold the events otherwise."""
        saved = _read_saved_summary(folder / SUMMARY, events_bytes)
        if saved is not None and not saved.status.is_live:
            self._tails.pop(folder.name, None)
            return replace(saved, run=folder.name)  # the folder may have been copied or renamed
        # A run under way is read again and again: keep its fold, and read only what was added.
        tail = self._tails.get(folder.name)
        if tail is None:
            tail = self._tails[folder.name] = RunTail(folder)
        tail.advance()
        return tail.run.summary()

    def _with_lost(self, summary: RunSummary, last_write: float) -> RunSummary:
        tail = self._tails.get(summary.run)
        started = tail.run.started if tail else None
        if started is None or is_writer_alive(
            host=started.host, pid=started.pid, process_started=started.process_started, last_write=last_write
        ):
            return summary
        return replace(summary, status=RunStatus.LOST, reason=f"process {started.pid} on {started.host} is gone")


def _may_be_run(folder: Path) -> bool:
    """Tell whether a folder holds a file of a run; one that cannot be looked into counts, and is shown as damaged."""
    try:
        return (folder / EVENTS).exists() or (folder / CONFIG).exists()
    except OSError:
        return True


def _new_id(trial: Trial) -> str:
    """Return a name that is short to type (its first letters are unique) and still says what it is."""
    unique = "".join(secrets.choice(_ID_ALPHABET) for _ in range(6))
    label = re.sub(r"[^A-Za-z0-9._=+-]+", "_", trial.label)[:60]
    return f"{unique}-{trial.preset}-{label}-s{trial.config.seed}"


def _read_run_header(folder: Path) -> Run:
    from pydantic import ValidationError

    from engine.run import Run
    from engine.trial import Trial

    document = _read_json(folder / CONFIG)
    if document.get("format") != FORMAT_VERSION:
        raise DamagedError(f"{CONFIG} has format {document.get('format')!r}; this termlab reads {FORMAT_VERSION}")
    try:
        trial = Trial.model_validate(document["trial"])
        return Run(id=folder.name, trial=trial, created=float(document["created"]))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedError(f"{CONFIG}: {where}: {first['msg']}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"{CONFIG} lacks what describes the run: {error!r}") from error


def _read_saved_summary(path: Path, events_bytes: int) -> RunSummary | None:
    """Return the saved summary, or None where it is absent, outdated or unusable: it is a cache."""
    try:
        document = _read_json(path)
        return RunSummary.from_dict(document) if document.get("events_bytes") == events_bytes else None
    except DamagedError:
        return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path.name} is not JSON: {error}") from error
    except OSError as error:
        raise DamagedError(f"{path.name}: {error.strerror}") from error
    if not isinstance(document, dict):
        raise DamagedError(f"{path.name} is not a JSON object")
    return document
