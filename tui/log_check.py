"""Whether the log of a run was cut: its saved summary and its checkpoint know how far it went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import DamagedError
from engine.store import CHECKPOINT, EVENTS, SUMMARY, RunTail
from engine.summary import RunStatus, RunSummary

CAN_GO_ON = (RunStatus.LOST, RunStatus.STOPPED, RunStatus.FAILED)
"""Runs that `termlab resume` takes, a failed one too."""


@dataclass(frozen=True, slots=True)
class LogWitness:
    """What other files of a run know of its log. They are written after it: read before it, they never exceed it."""

    events_bytes: int = 0
    """How long it was when the summary was written; 0 where there is none that can be read."""
    step: int = 0
    """At which the checkpoint was made; 0 where there is none that can be read, or the run is done."""
    checkpoint_fault: str = ""
    """Why the checkpoint cannot be read; empty where it can, or is not there."""

    @classmethod
    def of(cls, folder: Path, status: RunStatus) -> LogWitness:
        """Read what a run's files say; a checkpoint, which may be large, only of a run that can be gone on with."""
        step, fault = _checkpoint_step(folder / CHECKPOINT) if status in CAN_GO_ON else (0, "")
        return cls(_saved_length(folder / SUMMARY), step, fault)

    def contradiction(self, log: RunTail) -> str:
        """Say what the log lacks; empty if nothing."""
        lacks = []
        if log.offset < self.events_bytes:
            lacks.append(
                f"{EVENTS} was cut: it has {log.offset:,} bytes of whole lines, and had {self.events_bytes:,} when "
                f"{SUMMARY} was written"
            )
        if log.run.step < self.step:
            lacks.append(f"the checkpoint is of step {self.step}, and the log ends at step {log.run.step}")
        return "; ".join(lacks)

    def remedy(self, log: RunTail) -> str:
        """Say what helps where the log lacks something."""
        run, folder = log.run, log.folder
        restore = f"Restore {folder / EVENTS} from a copy; without one"
        if run.step < self.step:
            anew = f"termlab resume {run.id} trains it anew from its first step"
            return f"{restore} delete {folder / CHECKPOINT}, and {anew}."
        if run.status is RunStatus.DONE:
            return f"{restore} delete {folder / SUMMARY}: what is left of the log then counts."
        return f"{restore} termlab resume {run.id} goes on with what is left of it."


def _saved_length(path: Path) -> int:
    """Return how long the log was when the summary was written; 0 where that cannot be read."""
    from engine.store.files import read_json

    try:
        document = read_json(path)
        RunSummary.from_dict(document)
    except DamagedError:
        return 0
    found = document.get("events_bytes")
    return found if isinstance(found, int) else 0


def _checkpoint_step(path: Path) -> tuple[int, str]:
    """Return the step of a checkpoint, 0 without one, and why it cannot be read."""
    try:
        from engine.checkpoint import load_checkpoint
    except ImportError:  # a finding of its own; whether the file is whole can be told without torch
        return 0, archive_fault(path, is_thorough=True)
    try:
        return load_checkpoint(path).step, ""
    except FileNotFoundError:
        return 0, ""
    except DamagedError as error:
        return 0, error.message.removeprefix(f"{path.name} ")


def archive_fault(path: Path, *, is_thorough: bool) -> str:
    """Say why a file of tensors cannot be read; empty where it can, or is not there."""
    from engine.archive import check_archive
    from engine.plain_file import open_plain

    try:
        with open_plain(path) as file:
            check_archive(file, is_thorough=is_thorough)
    except FileNotFoundError:
        return ""
    except DamagedError as error:
        return error.message
    except OSError as error:
        return error.strerror or str(error)
    return ""
