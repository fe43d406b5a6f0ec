"""What lies in a run's folder, and how its whole files are read. The format is described in `results/README.md`."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from engine.errors import DamagedError, other_version
from engine.plain_file import MOST_WHOLE_BYTES, read_plain
from engine.shown import json_text
from engine.summary import MOST_SECONDS, NOTHING_SAID, SAVED_KEYS, RunSummary

if TYPE_CHECKING:
    from engine.run import Run

FORMAT_VERSION = 1
CONFIG, EVENTS, SUMMARY = "config.json", "events.jsonl", "summary.json"
WEIGHTS, CHECKPOINT, BEST_WEIGHTS = "weights.pt", "checkpoint.pt", "best.pt"
LOG = "log.txt"
ANNOTATIONS = "annotations.json"
ARTIFACTS = "artifacts"
"""A folder of what was found out about the trained network; all of it can be found out again."""
TRASH, SET_ASIDE, SWEEPS = ".trash", ".damaged", ".sweeps"
MOST_NESTED = 64
"""Objects and lists inside each other in a file; the deepest that termlab writes has five."""
LARGEST_WHOLE = 2**63 - 1
MOST_OF_A_KEY = 80
"""Characters of a key that a message names."""
MOST_OF_A_FAULT = 300
"""Characters of what is wrong with it, which may quote the value."""


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


def read_saved_summary(
    path: str, run_id: str, said: Mapping[str, Any], *, events_bytes: int, config_bytes: int
) -> tuple[RunSummary, str] | None:
    """Return the saved summary and the run object as a line, or None where it is absent, unusable or of other lengths.

    It is a cache: its run has the name of its folder, which may have been copied, and people say of it what is `said`.
    """
    try:
        text, document = _read_document(path, MOST_WHOLE_BYTES)
        is_theirs = (
            document.get("events_bytes") == events_bytes and document.get("config_bytes", config_bytes) == config_bytes
        )
        if not is_theirs:
            return None
        summary = RunSummary.from_dict({**document, "run": run_id, **said})
    except DamagedError:
        return None
    end = f', "events_bytes": {events_bytes}, "config_bytes": {config_bytes}}}\n'
    if tuple(document) != SAVED_KEYS or document["run"] != run_id or not text.endswith(end):
        return summary, summary.to_json()
    line = text[: -len(end)]  # as it was written: to write it anew would take as long as to read it
    if not line.isprintable():
        return summary, summary.to_json()
    return summary, line + (_NOTHING_SAID if said is NOTHING_SAID else _rest_of_line(said))


def _rest_of_line(said: Mapping[str, Any]) -> str:
    return f", {json_text(said, indent=None)[1:]}"


_NOTHING_SAID = _rest_of_line(NOTHING_SAID)


def read_json(path: Path | str, *, most_bytes: int = MOST_WHOLE_BYTES) -> dict[str, Any]:
    """Return the object in a file of a run.

    Raises: DamagedError if there is none, or one with what termlab never writes: numbers that are not finite or out of
    all proportion, text that is not Unicode, hundreds of lists inside each other.
    """
    return _read_document(path, most_bytes)[1]


def _read_document(path: Path | str, most_bytes: int) -> tuple[str, dict[str, Any]]:
    name = os.path.basename(path)  # noqa: PTH119 - asked of every run of a folder
    try:
        content = read_plain(path, most_bytes=most_bytes)
        text = content.decode()
        document = _document_in(content, text)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{name} is not JSON: {error}") from error
    except OSError as error:
        raise DamagedError(f"{name}: {error.strerror}") from error
    if not isinstance(document, dict):
        raise DamagedError(f"{name} is not a JSON object")
    if _may_be_odd(content) and (fault := _fault(document, "")):
        raise DamagedError(f"{name}: {fault}")
    return text, document


def _document_in(content: bytes, text: str) -> Any:
    """Return what a text says, by the quicker reader of the two unless it refuses.

    Raises: ValueError, RecursionError if it is not JSON.
    """
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError:  # also of what Python lets pass and `_fault` has a word for, such as NaN
        return json.loads(text)


def _may_be_odd(content: bytes) -> bool:
    """Tell whether a JSON text may have what `_fault` looks for, without understanding it; most have not.

    Only text with escapes can hold half a surrogate pair, and only numbers of many digits can be out of all proportion.
    """
    if content.count(b"{") + content.count(b"[") > MOST_NESTED or b"\\u" in content:
        return True
    digits_alike = content.translate(_DIGITS_ALIKE)
    if any(sign in digits_alike for sign in _SIGNS_OF_ODD_NUMBERS):
        return True
    return _EXPONENT in digits_alike and _LARGE_EXPONENT.search(digits_alike) is not None


_DIGITS_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_SIGNS_OF_ODD_NUMBERS = (b"0" * len(str(LARGEST_WHOLE)), b"e+000", b"NaN", b"Infinity")
"""Where all digits are written as 0."""
_EXPONENT = b"e000"
_LARGE_EXPONENT = re.compile(_EXPONENT + rb"0*\s*[,\]}]")
"""Fingerprints, too, have an e before digits, but a quotation mark behind them."""


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
