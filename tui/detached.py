"""Training in a process of its own session, which outlives the terminal; the screens follow it through the disk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import TermlabError
from tui.console import ExitCode, emit, narrate
from tui.format import plural
from tui.signals import leave_if_called
from tui.workspace import Workspace, data_of_work

if TYPE_CHECKING:
    from engine.remainder import Work
    from engine.store import RunStore

COMMAND = "train-detached"
_TOLD = (ExitCode.OK, ExitCode.RUN_FAILED, ExitCode.RESUMABLE, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
"""Exit codes that runs which failed or were stopped explain."""
LOOK_SECONDS = 0.1
"""Between two looks at what another process does."""
_PATIENCE_SECONDS = 30.0
"""A process that has not begun a run by then is still at its data, and is left to it."""
_START = "import sys; sys.path.insert(0, {root!r}); from tui.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Detached:
    """A process of its own that was started from here."""

    process: subprocess.Popen[bytes]
    sweep: str
    log: Path

    def problem(self) -> TermlabError | None:
        """Return what its end says that its runs do not; None where there is nothing, or it goes on."""
        if (code := self.process.poll()) is None or code in _TOLD:
            return None
        return TermlabError(f"the process of its own ended with {code}", f"It says why in {self.log}.")


def train_detached(work: Work, store: RunStore, workspace: Workspace, *, as_json: bool) -> ExitCode:
    """Check the trials, write them down, have another process train them, and print which run it began with.

    Raises: a TermlabError with every fault at once; nothing is then started.
    """
    from tui.headless import prepare

    workspace = replace(workspace, data=data_of_work(work, store, workspace.data))
    work, _ = prepare(work, store, workspace)
    leave_if_called()
    narrate("Starting a process of its own …")
    detached = start_apart(work, store, workspace.data)
    begun = first_run(detached.process, store, work, detached.sweep)
    if problem := detached.problem():
        raise problem
    if not begun and detached.process.poll():
        raise TermlabError("the process of its own ended before it began a run", f"It says why in {detached.log}.")
    pid, log = detached.process.pid, detached.log
    found = {"sweep": detached.sweep, "pid": pid, "trials": len(work.trials), "run": begun or None, "log": str(log)}
    emit(json.dumps(found, ensure_ascii=False) if as_json else begun or detached.sweep)
    narrate(f"Process {pid} trains {plural(len(work.trials), 'trial')}; this terminal can be closed.")
    sweep = " --sweep" if len(work.trials) > 1 else ""
    narrate(f"termlab shows it live, termlab stop {begun or 'RUN'}{sweep} ends it; its log is {log}")
    return ExitCode.OK


def start_apart(work: Work, store: RunStore, data_folder: Path) -> Detached:
    """Have a process of its own train just this, by the record of its sweep if that leaves the same to do.

    Raises: TermlabError if no record or no process can be made.
    """
    from engine.store.sweeps import create_sweep, sweep_log

    sweep_id = _sweep_with_just_this(work, store)
    if not sweep_id:
        sweep_id = create_sweep(store.folder, work.trials, on_error=work.on_error, adopted=work.interrupted).id
    process = start_detached(store.folder, data_of_work(work, store, data_folder), sweep_id)
    return Detached(process, sweep_id, sweep_log(store.folder, sweep_id))


def _sweep_with_just_this(work: Work, store: RunStore) -> str:
    """Return the sweep of which exactly this work is left; empty if there is none."""
    from engine.remainder import Work, remainder_of_sweep
    from engine.store.sweeps import load_sweep

    sweeps = {place.sweep for place in work.belongs}
    if len(sweeps) != 1:
        return ""
    (sweep_id,) = sweeps
    try:
        whole = load_sweep(store.folder, sweep_id)
        left = remainder_of_sweep(whole, store.summaries(), retry_failed=False)
    except TermlabError:
        return ""
    same = Work.of_rest(whole, left)
    return sweep_id if (same.belongs, same.trials) == (work.belongs, work.trials) else ""


def start_detached(results: Path, data_folder: Path, sweep_id: str) -> subprocess.Popen[bytes]:
    """Start a process that trains what is left of a sweep and that no terminal can hang up.

    Raises: TermlabError if no process or no log can be made.
    """
    from engine.store.sweeps import open_sweep_log

    root = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-P", "-c", _START.format(root=root)]  # -P: nothing is imported from the working folder
    command += ["--results", str(results.absolute()), "--data", str(data_folder.absolute()), COMMAND, sweep_id]
    try:
        with open_sweep_log(results, sweep_id) as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise TermlabError(f"no process of its own can be started: {error.strerror}") from error


def first_run(process: subprocess.Popen[bytes], store: RunStore, work: Work, sweep_id: str) -> str:
    """Wait until a run is under way, and return its id; empty if there is none yet, or the process has ended."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        is_over = process.poll() is not None
        for summary in store.summaries():
            is_ours = summary.sweep == sweep_id or summary.run in work.interrupted.values()
            if is_ours and (summary.status.is_live or is_over):
                return summary.run
        if is_over:
            return ""
        time.sleep(LOOK_SECONDS)
    return ""
