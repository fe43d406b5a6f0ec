"""A cache of the runs of one results folder, in the user's own cache folder: nobody writes into results to read them.

Ten thousand summaries take a second to open and to read. The index has them in one file, each with the signature of the
files that it was made of, and as the text that `--json` prints: what has not changed need not even be understood. What
has changed is never taken from it; a file that is damaged, of another version or gone is no index.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from engine.atomic import atomic_file
from engine.process import Writer
from engine.store.signature import Signature, last_change
from engine.summary import RunSummary

FORMAT_VERSION = 2
FEWEST_RUNS = 256
"""Smaller folders are read as quickly as an index of them."""
_SETTLED_NS = 2_000_000_000
"""A file that was changed so shortly before may change again without another time: some disks count whole seconds."""
_FORGOTTEN_SECONDS = 90 * 24 * 3600.0
"""After which the index of a folder that nobody lists any more is deleted."""


class Entry(NamedTuple):
    """One run as it was when its files had this signature."""

    signature: Signature
    created: float
    is_live: bool
    """By the log: whether its process is there has to be asked each time."""
    is_hidden: bool
    holder: tuple[str, int, float] | None
    """The process that is to be asked for, of a run that is not over: host, pid and when it began."""
    text: str
    """The run object as one line of JSON."""

    @property
    def writer(self) -> Writer | None:
        """The process that is to be asked for."""
        return Writer(*self.holder) if self.holder else None

    def summary(self) -> RunSummary:
        """Return the run.

        Raises: DamagedError, ValueError if the text is not that of one.
        """
        return RunSummary.from_dict(from_json(self.text))


def entry_of(summary: RunSummary, signature: Signature, writer: Writer | None, text: str) -> Entry:
    """Return what is kept of a run."""
    holder = (writer.host, writer.pid, writer.process_started) if writer else None
    return Entry(signature, summary.created, summary.status.is_live, summary.is_hidden, holder, text)


def index_path(results: Path) -> Path:
    """Return where the index of a results folder lies, whichever way leads to that folder."""
    from platformdirs import user_cache_path

    name = hashlib.sha256(os.fsencode(os.path.realpath(results))).hexdigest()[:32]
    return user_cache_path("termlab") / "listings" / f"{name}.index"


def read_index(results: Path) -> dict[str, Entry]:
    """Return the entries by run; none where there is no index that can be used."""
    try:
        content = index_path(results).read_bytes()
        end = content.rindex(b"\n", 0, -1) + 1
        if content[end:] != _sum_line(zlib.crc32(memoryview(content)[:end])):
            return {}
        header, *texts, records = content[: end - 1].decode().split("\n")
        if json.loads(header) != _header(results):
            return {}
        return {
            run: Entry(tuple(signature), created, is_live, is_hidden, holder, text)
            for text, (run, signature, created, is_live, is_hidden, holder) in zip(
                texts, json.loads(records), strict=True
            )
        }
    except (OSError, ValueError, TypeError, RecursionError):
        return {}


def write_index(results: Path, entries: Iterable[tuple[str, Entry]]) -> None:
    """Keep the runs of a results folder for the next listing; no harm is done where that is not possible.

    Each is written before the next one is asked for: a copy of all of them would take as much memory as they do.
    """
    newest = time.time_ns() - _SETTLED_NS
    path = index_path(results)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic_file(path, is_durable=False) as file:  # what a power cut leaves of it is told by its sum
            records, crc32 = [], 0

            def write(line: str) -> None:
                nonlocal crc32
                content = f"{line}\n".encode()
                crc32 = zlib.crc32(content, crc32)
                file.write(content)

            write(json.dumps(_header(results)))
            for run, entry in entries:
                if last_change(entry.signature) < newest:
                    records.append((run, *entry[:-1]))
                    write(entry.text)
            write(json.dumps(records, separators=(",", ":")))
            file.write(_sum_line(crc32))
        _clear_forgotten(path.parent)


def _sum_line(crc32: int) -> bytes:
    return b"%d\n" % crc32


def _header(results: Path) -> dict[str, Any]:
    """Return what the first line says; an index that says anything else is of another termlab, or another folder."""
    return {
        "format": FORMAT_VERSION,
        "folder": os.fsencode(os.path.realpath(results)).decode("utf-8", "replace"),
        "keys": list(RunSummary("").to_dict()),
    }


def _clear_forgotten(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN_SECONDS:
                Path(entry).unlink(missing_ok=True)
