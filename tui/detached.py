"""Training in a process of its own session, which outlives the terminal; the screens follow it through the disk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tui.console import ExitCode, emit, narrate

if TYPE_CHECKING:
    from engine.remainder import Work
    from engine.store import RunStore
    from tui.workspace import Workspace

COMMAND = "train-detached"
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 30.0
"""A process that has not begun a run by then is still at its data, and is left to it."""
_START = "import sys; sys.path.insert(0, {root!r}); from tui.cli import main; main()"


def train_detached(work: Work, store: RunStore, workspace: Workspace, *, as_json: bool) -> ExitCode:
    """Check the trials, write them down, have another process train them, and print which run it began with.

    Raises: a TermlabError with every fault at once; nothing is then started.
    """
    from engine.errors import TermlabError
    from engine.remainder import Work
    from engine.store.sweeps import create_sweep, sweep_log
    from tui.headless import prepare

    work, _ = prepare(work, store, workspace)
    if work.belongs and len({place.sweep for place in work.belongs}) == 1 and len(work.trials) > 1:
        sweep_id = work.belongs[0].sweep
    else:
        sweep = create_sweep(store.folder, work.trials, on_error=work.on_error, adopted=work.interrupted)
        work, sweep_id = Work.of_new(sweep), sweep.id
    process = start_detached(store.folder, workspace.data, sweep_id)
    log = sweep_log(store.folder, sweep_id)
    begun = first_run(process, store, work, sweep_id)
    if not begun and process.poll() not in (None, 0):
        raise TermlabError("the process of its own ended before it began a run", f"It says why in {log}.")
    found = {"sweep": sweep_id, "pid": process.pid, "trials": len(work.trials), "run": begun or None, "log": str(log)}
    emit(json.dumps(found, ensure_ascii=False) if as_json else begun or sweep_id)
    trials = f"{len(work.trials)} trial{'s' if len(work.trials) > 1 else ''}"
    narrate(f"Process {process.pid} trains {trials}; this terminal can be closed.")
    narrate(f"termlab shows it live, termlab stop {begun or 'RUN'} ends it; its log is {log}")
    return ExitCode.OK


def start_detached(
    results: Path, data_folder: Path, sweep_id: str, *, retry_failed: bool = False
) -> subprocess.Popen[bytes]:
    """Start a process that trains what is left of a sweep and that no terminal can hang up.

    Raises: TermlabError if no process or no log can be made.
    """
    from engine.errors import TermlabError
    from engine.store.sweeps import sweep_log

    root = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-P", "-c", _START.format(root=root)]  # -P: nothing is imported from the working folder
    command += ["--results", str(results.absolute()), "--data", str(data_folder.absolute()), COMMAND, sweep_id]
    try:
        with sweep_log(results, sweep_id).open("ab") as log:
            return subprocess.Popen(
                command + (["--retry-failed"] if retry_failed else []),
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
        time.sleep(_LOOK_SECONDS)
    return ""
