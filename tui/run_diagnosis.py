"""What `termlab doctor` finds among saved runs: which cannot be read and why, and what else deserves a line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DamagedError, StoreError, TermlabError
from engine.process import SILENCE_SECONDS
from engine.summary import RunStatus, RunSummary
from tui.finding import Finding
from tui.format import plural

if TYPE_CHECKING:
    from engine.store import RunStore

HALF_MADE, TEMPORARY = ".new.", ".tmp"
MOST_NAMED = 3
"""Files that a line names before it only counts them."""


def diagnose_runs(results: Path, *, is_setting_aside: bool) -> Iterator[Finding]:
    """Look at every run as a whole, and at what lies beside them; move away what cannot be read if that is asked."""
    from engine.store import RunStore

    store = RunStore(results)
    try:
        runs = [_read_whole(store, run) for run in store.summaries()]
    except TermlabError as error:
        yield Finding("runs", "warning", error.message, error.hint)
        return
    yield Finding("runs", "ok", f"{len(runs):,} in {results}")
    for run in runs:
        if run.status is RunStatus.DAMAGED:
            yield _set_aside(results, run) if is_setting_aside else _damaged(results, run)
        else:
            yield from _of_readable(results / run.run, run)
    yield from _beside(results)


def _read_whole(store: RunStore, run: RunSummary) -> RunSummary:
    """Return the run, damaged where its config or its log is though the summary of it can be read."""
    if run.status is RunStatus.DAMAGED:
        return run
    try:
        store.load(run.run)
    except (DamagedError, StoreError) as error:
        return replace(run, status=RunStatus.DAMAGED, reason=error.message)
    return run


def _damaged(results: Path, run: RunSummary) -> Finding:
    remedy = f"Restore {results / run.run} from a copy; termlab doctor --set-aside moves it to .damaged meanwhile."
    if "a later one" in run.reason:
        remedy = f"Read it with a termlab at least as new as the one that wrote it. {remedy}"
    return Finding(f"run {run.run}", "damaged", run.reason, remedy)


def _set_aside(results: Path, run: RunSummary) -> Finding:
    from engine.store.set_aside import set_aside

    try:
        target = set_aside(results, run.run)
    except StoreError as error:
        return Finding(f"run {run.run}", "damaged", f"{run.reason}; not set aside: {error.message}", error.hint)
    remedy = f"It lies in {target}. To take it back: mv {shell_word(target)} {shell_word(results / run.run)}"
    return Finding(f"run {run.run}", "notice", f"set aside: {run.reason}", remedy)


def _of_readable(folder: Path, run: RunSummary) -> Iterator[Finding]:
    from engine.store import BEST_WEIGHTS, CHECKPOINT, SUMMARY, WEIGHTS

    subject = f"run {run.run}"
    if run.status is RunStatus.LOST:
        yield Finding(subject, "ok", f"lost: {run.reason}", f"termlab resume {run.run} goes on with it.")
    if run.status.is_live:
        return  # its files are on their way
    if fault := _summary_fault(folder / SUMMARY):
        yield Finding(subject, "notice", fault, "It is a cache: delete it, and it is worked out from the events.")
    can_go_on = run.status in (RunStatus.LOST, RunStatus.STOPPED)
    for name in (*([CHECKPOINT] if can_go_on else []), WEIGHTS, BEST_WEIGHTS):
        if fault := _archive_fault(folder / name):
            lost = "it can only be begun anew" if name == CHECKPOINT else "its curves are whole, that network is lost"
            yield Finding(subject, "warning", f"{name}: {fault}", f"Restore it from a copy; without one {lost}.")
    if left := [name for name in _names(folder) if name.startswith(".") and name.endswith(TEMPORARY)]:
        named = ", ".join(left[:MOST_NAMED]) + (f" and {len(left) - MOST_NAMED} more" if left[MOST_NAMED:] else "")
        remedy = f"Its writer was cut off; delete what ends in {TEMPORARY} in {folder}."
        yield Finding(subject, "notice", f"{plural(len(left), 'temporary file')}: {named}", remedy)


def _beside(results: Path) -> Iterator[Finding]:
    """Look at what is hidden in the results folder."""
    from engine.store import SET_ASIDE

    for name in _names(results):
        path = results / name
        if name.startswith(HALF_MADE) and not _is_fresh(path):
            remedy = f"Delete {path}: nothing was trained yet."
            yield Finding(f"half a run {name}", "notice", "its making was cut off", remedy)
        elif name.startswith(".") and name.endswith(TEMPORARY) and not _is_fresh(path):
            yield Finding(f"file {name}", "notice", "its writer was cut off", f"Delete {path}.")
    if aside := _names(results / SET_ASIDE):
        where = results / SET_ASIDE
        remedy = f"To take one back, move its folder to {results}; what is of no use any more can be deleted."
        yield Finding("set aside", "ok", f"{plural(len(aside), 'run')} in {where}", remedy)


def _summary_fault(path: Path) -> str:
    """Say why a saved summary is of no use; empty where it is, or is not there."""
    from engine.store.files import read_json

    if not os.path.lexists(path):
        return ""
    try:
        RunSummary.from_dict(read_json(path))
    except DamagedError as error:
        return error.message
    return ""


def _archive_fault(path: Path) -> str:
    """Say why a file of tensors cannot be read; empty where it can, or is not there."""
    from engine.archive import check_archive
    from engine.plain_file import open_plain
    from engine.store import CHECKPOINT

    try:
        with open_plain(path) as file:
            check_archive(file, is_thorough=path.name == CHECKPOINT)
    except FileNotFoundError:
        return ""
    except DamagedError as error:
        return error.message
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _names(folder: Path) -> list[str]:
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


def shell_word(path: Path) -> str:
    """Write a path for the command line; one with characters that cannot be shown in the escapes of bash and zsh."""
    text = str(path)
    if text.isprintable():
        return shlex.quote(text)
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(path)
    )
    return f"$'{''.join(escaped)}'"
