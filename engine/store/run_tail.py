"""`RunTail`: a run as its log tells it, read on as the log grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DamagedError, StoreError
from engine.plain_file import open_plain
from engine.store.files import EVENTS, read_header

if TYPE_CHECKING:
    from engine.events import Event


class RunTail:
    """Follows one run's event log; `run` is the fold of what was read so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = read_header(folder)
        self.offset = 0

    def advance(self) -> list[Event]:
        """Read the whole lines that were added since the last call, fold them, and return them.

        A last line without its end is left for later: its writer may be in the middle of it.
        Raises: DamagedError if a whole line is not an event; StoreError if the log cannot be read.
        """
        from engine.events import from_json

        events: list[Event] = []
        try:
            with os.fdopen(open_plain(self.folder / EVENTS, os.O_RDONLY), "rb") as file:
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
