"""What lies in a run's folder, and how its whole files are read. The format is described in `results/README.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedError
from engine.plain_file import read_plain
from engine.summary import RunSummary

if TYPE_CHECKING:
    from engine.run import Run

FORMAT_VERSION = 1
CONFIG, EVENTS, SUMMARY = "config.json", "events.jsonl", "summary.json"
WEIGHTS, CHECKPOINT, BEST_WEIGHTS = "weights.pt", "checkpoint.pt", "best.pt"
LOG = "log.txt"
TRASH, SWEEPS = ".trash", ".sweeps"


def read_header(folder: Path) -> Run:
    """Return a run without its events.

    Raises: DamagedError if its config is not readable as one.
    """
    from pydantic import ValidationError

    from engine.run import Run
    from engine.trial import Trial

    document = read_json(folder / CONFIG)
    if document.get("format") != FORMAT_VERSION:
        raise DamagedError(f"{CONFIG} has format {document.get('format')!r}; this termlab reads {FORMAT_VERSION}")
    try:
        trial = Trial.model_validate(document["trial"])
        sweep = document.get("sweep") or {"id": "", "place": 0}  # absent in runs from before there were any
        return Run(
            id=folder.name,
            trial=trial,
            created=float(document["created"]),
            sweep=str(sweep["id"]),
            place=int(sweep["place"]),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedError(f"{CONFIG}: {where}: {first['msg']}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"{CONFIG} lacks what describes the run: {error!r}") from error


def read_saved_summary(path: Path, events_bytes: int) -> RunSummary | None:
    """Return the saved summary, or None where it is absent, outdated or unusable: it is a cache."""
    try:
        document = read_json(path)
        return RunSummary.from_dict(document) if document.get("events_bytes") == events_bytes else None
    except DamagedError:
        return None


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file.

    Raises: DamagedError if there is none.
    """
    try:
        document = json.loads(read_plain(path))
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path.name} is not JSON: {error}") from error
    except OSError as error:
        raise DamagedError(f"{path.name}: {error.strerror}") from error
    if not isinstance(document, dict):
        raise DamagedError(f"{path.name} is not a JSON object")
    return document
