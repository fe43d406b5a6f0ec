"""What lies in a run's folder, and how its whole files are read. The format is described in `results/README.md`."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DamagedError, other_version
from engine.plain_file import MOST_WHOLE_BYTES, read_plain
from engine.summary import MOST_SECONDS, RunSummary

if TYPE_CHECKING:
    from engine.run import Run

FORMAT_VERSION = 1
CONFIG, EVENTS, SUMMARY = "config.json", "events.jsonl", "summary.json"
WEIGHTS, CHECKPOINT, BEST_WEIGHTS = "weights.pt", "checkpoint.pt", "best.pt"
LOG = "log.txt"
ANNOTATIONS = "annotations.json"
TRASH, SET_ASIDE, SWEEPS = ".trash", ".damaged", ".sweeps"
MOST_NESTED = 64
"""Objects and lists inside each other in a file; the deepest that termlab writes has five."""
LARGEST_WHOLE = 2**63 - 1
MOST_OF_A_KEY = 80
"""Characters of a key that a message names."""
MOST_OF_A_FAULT = 300
"""Characters of what is wrong with it, which may quote the value."""
_SUSPICIOUS = re.compile(r"\\u[dD][89a-fA-F]|NaN|Infinity|[eE]\+?\d{3}|\d{19}")
"""What text must have for a value that is no Unicode, not finite, or too large."""


def read_header(folder: Path) -> Run:
    """Return a run without its events.

    Raises: DamagedError if its config is not readable as one.
    """
    from pydantic import ValidationError

    from engine.run import Run
    from engine.trial import Trial

    document = read_json(folder / CONFIG)
    if document.get("format") != FORMAT_VERSION:
        raise other_version(f"{CONFIG} has format", document.get("format"), FORMAT_VERSION)
    created = document.get("created")
    if isinstance(created, bool) or not isinstance(created, int | float) or not 0 <= created <= MOST_SECONDS:
        raise DamagedError(f"{CONFIG}: created: {created!r:.{MOST_OF_A_KEY}} is no time")
    try:
        trial = Trial.model_validate(document.get("trial"))
        data = document.get("data")
        place = _sweep_place(document.get("sweep"))
        return Run(folder.name, trial, float(created), **place, data_folder=data if isinstance(data, str) else "")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "trial"
        raise DamagedError(f"{CONFIG}: {where:.{MOST_OF_A_KEY}}: {first['msg']:.{MOST_OF_A_FAULT}}") from error


def _sweep_place(found: Any) -> dict[str, Any]:
    """Return of which sweep a run is; of none where it does not say so in the way it should."""
    match found:
        case {"id": str(sweep), "place": int(place)} if not isinstance(place, bool) and place >= 0:
            return {"sweep": sweep, "place": place}
        case _:
            return {}


def read_saved_summary(path: Path, *, events_bytes: int, config_bytes: int) -> RunSummary | None:
    """Return the saved summary, or None where it is absent, unusable, or of files of other lengths: it is a cache."""
    try:
        document = read_json(path)
        is_theirs = (
            document.get("events_bytes") == events_bytes and document.get("config_bytes", config_bytes) == config_bytes
        )
        return RunSummary.from_dict(document) if is_theirs else None
    except DamagedError:
        return None


def read_json(path: Path, *, most_bytes: int = MOST_WHOLE_BYTES) -> dict[str, Any]:
    """Return the object in a file of a run.

    Raises: DamagedError if there is none, or one with what termlab never writes: numbers that are not finite or out of
    all proportion, text that is not Unicode, hundreds of lists inside each other.
    """
    try:
        text = read_plain(path, most_bytes=most_bytes).decode()
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path.name} is not JSON: {error}") from error
    except OSError as error:
        raise DamagedError(f"{path.name}: {error.strerror}") from error
    if not isinstance(document, dict):
        raise DamagedError(f"{path.name} is not a JSON object")
    # A list of ten thousand runs has no time to walk through every summary.
    is_plain = text.count("{") + text.count("[") <= MOST_NESTED and not _SUSPICIOUS.search(text)
    if not is_plain and (fault := _fault(document, "")):
        raise DamagedError(f"{path.name}: {fault}")
    return document


def _fault(value: Any, where: str, depth: int = 0) -> str:
    """Say what no part of termlab could go on with, and at which key; empty if there is nothing."""
    if isinstance(value, dict | list):
        if depth == MOST_NESTED:
            return f"{where:.{MOST_OF_A_KEY}}: nested more than {MOST_NESTED} deep"
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            if isinstance(inner, str) and inner.isascii() and isinstance(key, str) and key.isascii():
                continue  # most of them
            place = f"{where}.{key}" if where else str(key)
            if not _is_unicode(place):
                return f"a key in {where or 'it'} is not Unicode"
            if fault := _fault(inner, place, depth + 1):
                return fault
        return ""
    if isinstance(value, str) and not _is_unicode(value):
        return f"{where:.{MOST_OF_A_KEY}} is not Unicode"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{where:.{MOST_OF_A_KEY}} is not a finite number"
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        return f"{where:.{MOST_OF_A_KEY}} is too large a number"
    return ""


def _is_unicode(text: str) -> bool:
    """Tell whether text can be written anywhere; half a surrogate pair, which JSON lets pass, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
