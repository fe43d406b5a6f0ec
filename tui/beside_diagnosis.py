"""What `termlab doctor` finds in a results folder beside the runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import DamagedError, is_of_later_version
from engine.process import SILENCE_SECONDS
from tui.finding import Finding
from tui.format import plural

HALF_MADE, TEMPORARY = ".new.", ".tmp"


def diagnose_beside(results: Path) -> Iterator[Finding]:
    """Look at what is hidden there: what was started together, set aside, or left by a process that was cut off."""
    from engine.store import SET_ASIDE

    yield from _sweeps(results)
    for name in names_in(results):
        path = results / name
        if name.startswith(HALF_MADE) and not _is_fresh(path):
            remedy = f"Delete {path}: nothing was trained yet."
            yield Finding(f"half a run {name}", "notice", "its making was cut off", remedy)
        elif name.startswith(".") and name.endswith(TEMPORARY) and not _is_fresh(path):
            yield Finding(f"file {name}", "notice", "its writer was cut off", f"Delete {path}.")
    if aside := names_in(results / SET_ASIDE):
        where = results / SET_ASIDE
        remedy = f"To take one back, move its folder to {results}; what is of no use any more can be deleted."
        yield Finding("set aside", "ok", f"{plural(len(aside), 'run')} in {where}", remedy)


def _sweeps(results: Path) -> Iterator[Finding]:
    """Read what was started together; `resume --sweep` alone needs it, and each run is whole without."""
    from engine.store.files import SWEEPS
    from engine.store.sweeps import load_sweep, sweep_ids

    for sweep_id in sweep_ids(results):
        try:
            load_sweep(results, sweep_id)
        except DamagedError as error:
            subject, path = f"sweep {sweep_id}", results / SWEEPS / f"{sweep_id}.json"
            if is_of_later_version(error.message):
                yield Finding(subject, "notice", error.message, error.hint)
                continue
            restore = f"Restore {path} from a copy; without one termlab resume RUN goes on with one run."
            deleting = "Deleting the file loses only what was started together: no run."
            yield Finding(subject, "warning", error.message, f"{restore} {deleting}")


def names_in(folder: Path) -> list[str]:
    """Return what lies in a folder; nothing where it cannot be read."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are enough
    except OSError:
        return []


def _is_fresh(path: Path) -> bool:
    """Tell whether somebody may be at work there just now."""
    import time

    try:
        return time.time() - os.lstat(path).st_mtime < SILENCE_SECONDS
    except OSError:
        return True
