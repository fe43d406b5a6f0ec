"""What belongs together: the trials that were started with one command; what is left of them can be gone on with.

A file a sweep, `.sweeps/ID.json` in the results folder, written once before its first run; the runs name it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from engine.atomic import create_atomic, write_atomic
from engine.errors import DamagedError, StoreError, other_version
from engine.plain_file import descriptor_of_plain, read_plain, require_own_folder
from engine.store.files import SWEEPS, read_json

if TYPE_CHECKING:
    from engine.trial import Trial

FORMAT_VERSION = 1
MOST_BYTES = 2**28
"""Of a file: 100,000 trials of some 2,000 bytes each, as many as can be started at once."""
OnError = Literal["continue", "stop"]
_CALLED_OFF = ".off"
_ID = re.compile(r"[a-z0-9]{1,32}")
_WITHOUT = "termlab resume RUN goes on with one run; termlab run PRESET --needed trains what a preset lacks."


@dataclass(frozen=True, slots=True)
class Sweep:
    """Trials in their order, and what was decided about them when they were started."""

    id: str
    trials: tuple[Trial, ...]
    on_error: OnError = "continue"
    adopted: Mapping[int, str] = field(default_factory=dict)
    """Runs of earlier sweeps that this one goes on with, by place, from 0."""
    created: float = 0.0
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class SweepPlace:
    """Where a run belongs."""

    sweep: str
    place: int
    """From 0."""
    given_up: frozenset[str] = field(default=frozenset(), compare=False)
    """Runs of this trial that came to nothing before, after which it is to be begun anew."""


def create_sweep(
    results: Path, trials: Sequence[Trial], *, on_error: OnError = "continue", adopted: Mapping[int, str] | None = None
) -> Sweep:
    """Write down a sweep that is about to start, and return it.

    Raises: StoreError if the disk refuses.
    """
    now = time.time()
    sweep = Sweep(f"{int(now):x}{secrets.token_hex(3)}", tuple(trials), on_error, dict(adopted or {}), now)
    document = {
        "format": FORMAT_VERSION,
        "created": sweep.created,
        "on_error": sweep.on_error,
        "adopted": {str(place): run_id for place, run_id in sweep.adopted.items()},
        "trials": [trial.model_dump(mode="json") for trial in trials],
    }
    try:
        sweeps_folder(results).mkdir(parents=True, exist_ok=True)
        create_atomic(sweep_file(results, sweep.id, ".json"), json.dumps(document, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StoreError(f"{results / SWEEPS} cannot be written: {error.strerror}") from error
    return sweep


def load_sweep(results: Path, sweep_id: str) -> Sweep:
    """Read a sweep.

    Raises: DamagedError if there is none of this id, or its file does not say what it should.
    """
    from pydantic import ValidationError

    from engine.trial import Trial

    path = sweep_file(results, sweep_id, ".json")
    where = f"{SWEEPS}/{sweep_id}.json"
    try:
        document = read_json(path, most_bytes=MOST_BYTES)
    except DamagedError as error:
        raise DamagedError(
            f"what was started together cannot be told: {where}: {error.message}",
            _WITHOUT,
        ) from error
    if document.get("format") != FORMAT_VERSION:
        raise other_version(f"{where} has format", document.get("format"), FORMAT_VERSION)
    try:
        return Sweep(
            id=sweep_id,
            trials=tuple(Trial.model_validate(trial) for trial in document["trials"]),
            on_error="stop" if document["on_error"] == "stop" else "continue",
            adopted={int(place): str(run_id) for place, run_id in document["adopted"].items()},
            created=float(document["created"]),
        )
    except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"{where} is not readable as a sweep: {error}", _WITHOUT) from error


def sweep_ids(results: Path) -> list[str]:
    """Return which sweeps were written down; what else lies beside them, such as claims, has other names."""
    try:
        names = os.listdir(results / SWEEPS)  # noqa: PTH208 - names are enough
    except OSError:
        return []
    stems = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return sorted(stem for stem in stems if _ID.fullmatch(stem))


def sweeps_folder(results: Path) -> Path:
    """Return where sweeps are written down.

    Raises: StoreError if it is a link, through which nothing is written.
    """
    require_own_folder(results / SWEEPS)
    return results / SWEEPS


def sweep_file(results: Path, sweep_id: str, ending: str) -> Path:
    """Return where a file of a sweep lies.

    Raises: DamagedError if this is no id: a run folder may say anything, and a path would lead elsewhere.
    """
    if not _ID.fullmatch(sweep_id):
        raise DamagedError(f"{sweep_id!r:.80} is not the id of a sweep")
    return results / SWEEPS / f"{sweep_id}{ending}"


def call_off(results: Path, sweep_id: str) -> None:
    """Ask every process that trains a sweep now to begin no other trial of it.

    Raises: StoreError if the disk refuses; DamagedError if there can be no sweep of this id.
    """
    path = sweep_file(results, sweep_id, _CALLED_OFF)
    sweeps_folder(results)
    try:
        write_atomic(path, secrets.token_hex(8) + "\n")
    except OSError as error:
        raise StoreError(f"{results / SWEEPS} cannot be written: {error.strerror}") from error


class CalledOff:
    """Whether a sweep was called off since a process began to train it; what was asked of earlier ones is over."""

    def __init__(self, results: Path, sweep_id: str) -> None:
        """An empty id is of no sweep, which nobody calls off."""
        self._path = sweep_file(results, sweep_id, _CALLED_OFF) if sweep_id else None
        self._before = self._last()

    def __bool__(self) -> bool:
        return self._last() != self._before

    def _last(self) -> bytes:
        if self._path is None:
            return b""
        try:
            return read_plain(self._path)
        except (OSError, DamagedError):
            return b""


def sweep_log(results: Path, sweep_id: str) -> Path:
    """Return where a sweep without a terminal says what its runs cannot say."""
    return sweep_file(results, sweep_id, ".log")


def open_sweep_log(results: Path, sweep_id: str) -> BinaryIO:
    """Open that for what is to be added.

    Raises: StoreError if its folder is a link; DamagedError if it is no regular file; OSError as the file system says.
    """
    sweeps_folder(results)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.fdopen(descriptor_of_plain(sweep_log(results, sweep_id), flags), "ab")
