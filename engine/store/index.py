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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.atomic import write_atomic
from engine.process import Writer
from engine.store.signature import Signature
from engine.summary import RunStatus, RunSummary

FORMAT_VERSION = 1
FEWEST_RUNS = 256
"""Smaller folders are read as quickly as an index of them."""
_SETTLED_NS = 2_000_000_000
"""A file that was changed so shortly before may change again without another time: some disks count whole seconds."""
_FORGOTTEN_SECONDS = 90 * 24 * 3600.0
"""After which the index of a folder that nobody lists any more is deleted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One run as it was when its files had this signature."""

    signature: Signature
    created: float
    status: RunStatus
    """By the log: whether its process is there has to be asked each time."""
    is_hidden: bool
    writer: Writer | None
    """The process that is to be asked for, of a run that is not over."""
    text: str
    """The run object as one line of JSON."""

    @classmethod
    def of(cls, summary: RunSummary, signature: Signature, writer: Writer | None) -> Entry:
        """Return what is kept of a run."""
        return cls(signature, summary.created, summary.status, summary.is_hidden, writer, summary.to_json())

    def summary(self) -> RunSummary:
        """Return the run.

        Raises: DamagedError, ValueError if the text is not that of one.
        """
        return RunSummary.from_dict(json.loads(self.text))


def index_path(results: Path) -> Path:
    """Return where the index of a results folder lies, whichever way leads to that folder."""
    from platformdirs import user_cache_path

    name = hashlib.sha256(os.fsencode(os.path.realpath(results))).hexdigest()[:32]
    return user_cache_path("termlab") / "listings" / f"{name}.index"


def read_index(results: Path) -> dict[str, Entry]:
    """Return the entries by run; none where there is no index that can be used."""
    try:
        content = index_path(results).read_bytes()
        header, entries, texts = content.split(b"\n", 2)
        if json.loads(header) != _header(results, content[len(header) + 1 :]):
            return {}
        lines = texts.decode().split("\n")
        found: dict[str, Entry] = {}
        for text, (run, signature, created, status, is_hidden, writer) in zip(lines, json.loads(entries), strict=True):
            holder = Writer(*writer) if writer else None
            found[run] = Entry(tuple(signature), created, RunStatus(status), is_hidden, holder, text)
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
    return found


def write_index(results: Path, entries: Iterable[tuple[str, Entry]]) -> None:
    """Keep the runs of a results folder for the next listing; no harm is done where that is not possible."""
    newest = time.time_ns() - _SETTLED_NS
    kept = [(run, entry) for run, entry in entries if max(entry.signature[1:8:2]) < newest]
    records = [
        (run, one.signature, one.created, str(one.status), one.is_hidden, _fields_of(one.writer)) for run, one in kept
    ]
    body = json.dumps(records, separators=(",", ":")) + "\n" + "\n".join(entry.text for _, entry in kept)
    path = index_path(results)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(path, json.dumps(_header(results, body.encode())) + "\n" + body)
        _clear_forgotten(path.parent)


def _header(results: Path, body: bytes) -> dict[str, Any]:
    """Return what the first line says; an index that says anything else is of another termlab, folder, or damaged."""
    return {
        "format": FORMAT_VERSION,
        "folder": os.fsencode(os.path.realpath(results)).decode("utf-8", "replace"),
        "keys": list(RunSummary("").to_dict()),
        "crc32": zlib.crc32(body),
    }


def _fields_of(writer: Writer | None) -> tuple[str, int, float] | None:
    return (writer.host, writer.pid, writer.process_started) if writer else None


def _clear_forgotten(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN_SECONDS:
                Path(entry).unlink(missing_ok=True)
