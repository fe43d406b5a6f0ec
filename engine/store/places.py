"""Who begins a trial of a sweep: of all processes that train it, one.

A claim is a file `.sweeps/ID.PLACE.N.json` that names the run about to begin and its process. It is made only where it
is not there yet, which is atomic also on network file systems; N counts the times that a trial was begun anew.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import asdict
from pathlib import Path

from engine.atomic import create_atomic
from engine.errors import DamagedError, PlaceTakenError, StoreError
from engine.plain_file import read_plain
from engine.process import SILENCE_SECONDS, Writer
from engine.store.files import EVENTS, SWEEPS
from engine.store.lock import file_system_time, living_holder
from engine.store.sweeps import SweepPlace, sweep_file, sweeps_folder


def claim_place(results: Path, place: SweepPlace, run_id: str) -> None:
    """Become the process that begins this trial, as the run of that id.

    Raises: PlaceTakenError if another one did; StoreError if the disk refuses.
    """
    claim = json.dumps({"run": run_id, **asdict(Writer.here())}) + "\n"
    sweeps_folder(results)
    while True:
        number = _next_number(results, place)
        try:
            create_atomic(_claim(results, place, number), claim)
        except FileExistsError:
            continue  # somebody was faster: look who
        except OSError as error:
            raise StoreError(f"{results / SWEEPS} cannot be written: {error.strerror}") from error
        return


def check_place(results: Path, place: SweepPlace) -> None:
    """Look whether a trial is still to be begun, before anything is loaded for it.

    Raises: PlaceTakenError if another process has begun it, or is about to; StoreError if the disk does not say.
    """
    _next_number(results, place)


def is_under_way(results: Path, sweep_id: str) -> bool:
    """Tell whether a process that has begun a trial of this sweep is still there: it may be between two of them.

    Raises: StoreError if the disk does not say; DamagedError if there can be no sweep of this id.
    """
    first = sweep_file(results, sweep_id, ".")
    claims = first.parent.glob(f"{first.name}*.*.json")
    return any(living_holder(claim) is not None for claim in claims)


def _next_number(results: Path, place: SweepPlace) -> int:
    """Return the number of the claim that nobody has made yet.

    Raises: PlaceTakenError if the last one that was made counts.
    """
    number = next(number for number in itertools.count(1) if not os.path.lexists(_claim(results, place, number)))
    if number > 1:
        last = _claim(results, place, number - 1)
        run_id = _claimed_run(last)
        has_begun = bool(run_id) and os.path.lexists(results / run_id / EVENTS)
        if run_id not in place.given_up if has_begun else _is_about_to_begin(last):
            raise PlaceTakenError(f"trial {place.place + 1} of sweep {place.sweep} was begun by another process")
    return number


def _claimed_run(claim: Path) -> str:
    """Return the id that a claim names; nothing where it names none that a run can have."""
    try:
        run_id = str(json.loads(read_plain(claim))["run"])
    except (DamagedError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return ""
    return "" if "/" in run_id or run_id.startswith(".") else run_id


def _is_about_to_begin(claim: Path) -> bool:
    """Tell whether another process may still make the folder of the run it claimed, which it does at once or never.

    A run that was removed is not waited for, although the process that began it may have other work yet.
    """
    try:
        age = file_system_time(claim.parent) - claim.lstat().st_mtime
    except OSError as error:
        raise StoreError(f"{claim} cannot be used: {error.strerror}") from error
    return abs(age) < SILENCE_SECONDS and living_holder(claim) not in (None, Writer.here())


def _claim(results: Path, place: SweepPlace, number: int) -> Path:
    return sweep_file(results, place.sweep, f".{place.place}.{number}.json")
