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

from engine.atomic import write_atomic
from engine.process import Writer
from engine.store.signature import Signature, last_change
from engine.summary import RunSummary

FORMAT_VERSION = 1
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
        header, entries, texts = content.split(b"\n", 2)
        if json.loads(header) != _header(results, content[len(header) + 1 :]):
            return {}
        lines, records = texts.decode().split("\n"), json.loads(entries)
        found = {
            run: Entry(tuple(signature), created, is_live, is_hidden, holder, text)
            for text, (run, signature, created, is_live, is_hidden, holder) in zip(lines, records, strict=True)
        }
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
    return found


def write_index(results: Path, entries: Iterable[tuple[str, Entry]]) -> None:
    """Keep the runs of a results folder for the next listing; no harm is done where that is not possible."""
    newest = time.time_ns() - _SETTLED_NS
    kept = [(run, entry) for run, entry in entries if last_change(entry.signature) < newest]
    records = [(run, *entry[:-1]) for run, entry in kept]
    body = json.dumps(records, separators=(",", ":")) + "\n" + "\n".join(entry.text for _, entry in kept)
    path = index_path(results)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = body.encode()
        header = json.dumps(_header(results, content)).encode()
        write_atomic(
            path, header + b"\n" + content, is_durable=False
        )  # what a power cut leaves of it is told by its sum
        _clear_forgotten(path.parent)


def _header(results: Path, body: bytes) -> dict[str, Any]:
    """Return what the first line says; an index that says anything else is of another termlab, folder, or damaged."""
    return {
        "format": FORMAT_VERSION,
        "folder": os.fsencode(os.path.realpath(results)).decode("utf-8", "replace"),
        "keys": list(RunSummary("").to_dict()),
        "crc32": zlib.crc32(body),
    }


def _clear_forgotten(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > _FORGOTTEN_SECONDS:
                Path(entry).unlink(missing_ok=True)
