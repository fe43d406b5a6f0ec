"""`RunTail`: a run as its log tells it, read on as the log grows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DamagedError, StoreError
from engine.plain_file import check_link, open_plain
from engine.store.files import EVENTS, read_header

if TYPE_CHECKING:
    from engine.events import Event, Noted
    from engine.run import Run

MOST_LINE_BYTES = 2**24
"""Of one event; the largest that is written, an ROC curve of tens of thousands of examples, has a few millions."""
MOST_UNKNOWN = 10
"""Kinds of unknown events that are told of; a log with more has been damaged rather than written later."""
MOST_LOG_BYTES = 2**32
"""Of all events: some hundreds of millions of steps."""


class RunTail:
    """Follows one run's event log; `run` is the fold of what was read so far."""

    def __init__(self, folder: Path) -> None:
        """Read the header.

        Raises: DamagedError if it is unreadable, or the folder a link that leads out of the results.
        """
        check_link(folder, within=folder.parent)
        self.folder = folder
        self.run = read_header(folder)
        self.offset = 0
        self.unknown: dict[str, None] = {}
        """Kinds of events that were passed over; a later termlab may have written them."""

    def advance(self) -> list[Event]:
        """Read the whole lines that were added since the last call, fold them, and return them.

        A last line without its end is left for later: its writer may be in the middle of it. An event of a kind that is
        not known is passed over; a note in its place says so, one for each kind.
        Raises: DamagedError if a whole line is not an event; StoreError if the log cannot be read. What comes before
        is then folded.
        """
        return list(self.added())

    def catch_up(self) -> None:
        """Do the same, and keep only the fold: the events of a long run take many times its room.

        Raises: as `advance`.
        """
        for _ in self.added():
            pass

    def added(self) -> Iterator[Event]:
        """Yield the same one by one, each folded already: for who wants more of an event than its fold keeps.

        Raises: as `advance`.
        """
        from engine.events import UnknownEventError, from_json

        try:
            with open_plain(self.folder / EVENTS) as file:
                self._check_length(os.fstat(file.fileno()).st_size)
                file.seek(self.offset)
                while (line := file.readline(MOST_LINE_BYTES + 1)).endswith(b"\n"):
                    try:
                        event = from_json(line)
                    except UnknownEventError as error:
                        self.offset += len(line)
                        if (note := self._note_of(error.kind)) is not None:
                            self.run.apply(note)
                            yield note
                        continue
                    if fault := _contradiction(self.run, event):
                        raise DamagedError(fault)
                    self.offset += len(line)
                    self.run.apply(event)
                    yield event
                if len(line) > MOST_LINE_BYTES:
                    raise DamagedError(f"a line of more than {MOST_LINE_BYTES:,} bytes is not read")
                if not self.offset:  # a run has its first event from the moment on at which it has its name
                    raise DamagedError(f"{EVENTS} does not hold one whole line")
        except DamagedError as error:
            if error.message.startswith(EVENTS):  # of the file and no line of it
                raise
            raise DamagedError(f"{EVENTS}, byte {self.offset}: {error.message}", error.hint) from error
        except FileNotFoundError as error:
            raise DamagedError(f"{EVENTS} is missing") from error
        except OSError as error:
            raise StoreError(f"{self.folder / EVENTS} cannot be read: {error.strerror}") from error

    def _note_of(self, kind: str) -> Noted | None:
        """Return what tells of events of an unknown kind, the first time that there is one of that kind."""
        from engine.events import Noted

        if kind in self.unknown or len(self.unknown) == MOST_UNKNOWN:
            return None
        self.unknown[kind] = None
        text = f'events of the kind "{kind}" are passed over: this termlab does not know them, a later one may'
        return Noted(time=self.run.updated or self.run.created, level="warning", text=text)

    def _check_length(self, length: int) -> None:
        if length > MOST_LOG_BYTES:
            raise DamagedError(f"{EVENTS} has {length:,} bytes; more than {MOST_LOG_BYTES:,} are not read")
        if length < self.offset:
            raise DamagedError(f"{EVENTS} has {length:,} bytes and had {self.offset:,} when it was read last")


def _contradiction(run: Run, event: Event) -> str:
    """Say why an event cannot come after those before it; empty if it can."""
    from engine.events import EpochDone, LayersMeasured, RunFinished, RunStarted, StepsDone, SystemSampled

    match event:
        case RunStarted(kept=None) | RunFinished():
            return ""
        case RunStarted(kept=kept):
            if kept is not None and (kept.step > run.step or kept.epochs > len(run.epochs)):
                return f"the run goes on from step {kept.step}, and the log before it ends at step {run.step}"
        case _ if run.started is None and run.finished is None:
            return f"{event.event} before run_started"
        case StepsDone() | EpochDone() | LayersMeasured() | SystemSampled():
            if run.started is None or run.finished is not None:
                return f"{event.event} after run_finished"
            if event.step < run.step:
                return f"step {event.step} after step {run.step}"
            if isinstance(event, EpochDone) and run.epochs and event.epoch <= run.epochs[-1].epoch:
                return f"epoch {event.epoch} after epoch {run.epochs[-1].epoch}"
            if isinstance(event, LayersMeasured) and run.layers and event.step <= run.layers[-1].step:
                return f"layers of step {event.step} after those of step {run.layers[-1].step}"
    return ""
