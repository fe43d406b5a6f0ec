"""What `termlab doctor` finds among saved runs: which cannot be read and why, and what else deserves a line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DamagedError, StoreError, TermlabError, is_of_later_version
from engine.summary import RunStatus, RunSummary
from tui.beside_diagnosis import TEMPORARY, diagnose_beside, names_in
from tui.finding import Finding
from tui.format import plural
from tui.log_check import LogWitness, archive_fault

if TYPE_CHECKING:
    from engine.store import RunStore

MOST_NAMED = 3
"""Files that a line names before it only counts them."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A run, and what was found when it was read as a whole."""

    run: RunSummary
    """Damaged also where its config or its log is, though the summary of it can be read."""
    remedy: str = ""
    """What helps where a copy of the whole run is more than is needed."""
    checkpoint_fault: str = ""
    unknown: tuple[str, ...] = ()
    """Kinds of events in its log that this termlab passes over."""


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
    for looked in runs:
        if looked.run.status is not RunStatus.DAMAGED:
            yield from _of_readable(results / looked.run.run, looked)
        elif is_of_later_version(looked.run.reason):
            yield _of_later_version(looked.run)
        else:
            yield _set_aside(results, looked.run) if is_setting_aside else _damaged(results, looked)
    yield from diagnose_beside(results)


def _read_whole(store: RunStore, run: RunSummary) -> _Looked:
    if run.status is RunStatus.DAMAGED:
        return _Looked(run)
    is_live = run.status.is_live  # its files are on their way
    witness = LogWitness() if is_live else LogWitness.of(store.folder / run.run, run.status)
    try:
        log = store.tail(run.run)
    except (DamagedError, StoreError) as error:
        return _Looked(replace(run, status=RunStatus.DAMAGED, reason=error.message))
    if lacks := witness.contradiction(log):
        return _Looked(replace(run, status=RunStatus.DAMAGED, reason=lacks), witness.remedy(log))
    return _Looked(run, checkpoint_fault=witness.checkpoint_fault, unknown=tuple(log.unknown))


def _of_later_version(run: RunSummary) -> Finding:
    """Tell of a run that whoever shares the folder and has the newer termlab reads: it is never moved away."""
    remedy = "A termlab at least as new as the one that wrote it reads it; it is left where it is."
    return Finding(f"run {run.run}", "notice", run.reason, remedy)


def _damaged(results: Path, looked: _Looked) -> Finding:
    run = looked.run
    remedy = looked.remedy or f"Restore {results / run.run} from a copy."
    remedy += " termlab doctor --set-aside moves the run to .damaged meanwhile."
    return Finding(f"run {run.run}", "damaged", run.reason, remedy)


def _set_aside(results: Path, run: RunSummary) -> Finding:
    from engine.store.set_aside import set_aside

    try:
        target = set_aside(results, run.run)
    except StoreError as error:
        return Finding(f"run {run.run}", "damaged", f"{run.reason}; not set aside: {error.message}", error.hint)
    remedy = f"It lies in {target}. To take it back: mv {shell_word(target)} {shell_word(results / run.run)}"
    return Finding(f"run {run.run}", "notice", f"set aside: {run.reason}", remedy)


def _of_readable(folder: Path, looked: _Looked) -> Iterator[Finding]:
    from engine.store import BEST_WEIGHTS, CHECKPOINT, SUMMARY, WEIGHTS

    run = looked.run
    subject = f"run {run.run}"
    if run.status is RunStatus.LOST:
        goes_on = "" if looked.checkpoint_fault else f"termlab resume {run.run} goes on with it."
        yield Finding(subject, "ok", f"lost: {run.reason}", goes_on)
    if looked.unknown:
        found = f"the log has events that this termlab does not know: {', '.join(looked.unknown)}"
        yield Finding(subject, "notice", found, "A termlab at least as new as the one that wrote them reads them too.")
    if run.remark:
        remedy = "The run itself can be read; mend the file, or delete it and with it tags and note."
        yield Finding(subject, "notice", run.remark, "" if is_of_later_version(run.remark) else remedy)
    if run.status.is_live:
        return  # its files are on their way
    if fault := _summary_fault(folder / SUMMARY):
        yield Finding(subject, "notice", fault, "It is a cache: delete it, and it is worked out from the events.")
    if (fault := looked.checkpoint_fault) and is_of_later_version(fault):
        remedy = "A termlab at least as new as the one that wrote it goes on with the run."
        yield Finding(subject, "notice", f"{CHECKPOINT}: {fault}", remedy)
    elif fault:
        anew = f"delete it, and termlab resume {run.run} trains the run anew from its first step"
        yield Finding(subject, "warning", f"{CHECKPOINT}: {fault}", f"Restore it from a copy; without one {anew}.")
    for name in (WEIGHTS, BEST_WEIGHTS):
        if fault := archive_fault(folder / name, is_thorough=False):
            lost = "its curves are whole, that network is lost"
            yield Finding(subject, "warning", f"{name}: {fault}", f"Restore it from a copy; without one {lost}.")
    if left := [name for name in names_in(folder) if name.startswith(".") and name.endswith(TEMPORARY)]:
        named = ", ".join(left[:MOST_NAMED]) + (f" and {len(left) - MOST_NAMED} more" if left[MOST_NAMED:] else "")
        remedy = f"Its writer was cut off; delete what ends in {TEMPORARY} in {folder}."
        yield Finding(subject, "notice", f"{plural(len(left), 'temporary file')}: {named}", remedy)


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


def shell_word(path: Path) -> str:
    """Write a path for the command line; one with characters that cannot be shown in the escapes of bash and zsh."""
    text = str(path)
    if text.isprintable():
        return shlex.quote(text)
    escaped = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(path)
    )
    return f"$'{''.join(escaped)}'"
