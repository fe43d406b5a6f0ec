"""Keeping a training running when the application is left: a process of its own goes on where this one stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import TermlabError
from engine.remainder import Work
from engine.store import RunStore
from tui.console import ExitCode, narrate
from tui.detached import first_run, start_apart
from tui.format import plural

if TYPE_CHECKING:
    from tui.worker import Launch


def hand_over(launch: Launch, over: set[int], results: Path, data_folder: Path) -> ExitCode:
    """Have a process of its own train what was left of a launch, and tell the shell of it.

    `over` are the places of the trials that were over when it was asked for: those that were stopped by then are
    meant to be. The launch has ended, with its run under way saved.
    """
    store = RunStore(results)
    try:
        work = rest_of_launch(launch, over, store)
        if not work.trials:
            narrate("The training had ended by itself: nothing is left to do.")
            return ExitCode.OK
        narrate("Handing the training over to a process of its own …")
        detached = start_apart(work, store, data_folder)
        begun = first_run(detached.process, store, work, detached.sweep)
        if detached.process.poll() not in (None, 0):  # whatever there is of the run may be from before
            raise TermlabError("the process of its own has ended already", f"It says why in {detached.log}.")
    except TermlabError as error:
        narrate(f"termlab: the training does not go on: {error.message}")
        if error.hint:
            narrate(error.hint)
        for run_id in launch.runs.values():
            if store.summary(run_id).status.is_resumable:
                narrate(f"It can be gone on with: termlab resume {run_id}")
        return ExitCode.RUN_FAILED
    run_id = begun or next(iter(work.interrupted.values()), "RUN")
    sweep = " --sweep" if len(work.trials) > 1 else ""
    narrate(f"Process {detached.process.pid} goes on with the training: {plural(len(work.trials), 'run')}.")
    narrate(f"termlab shows it live; termlab stop {run_id}{sweep} ends it.")
    return ExitCode.OK


def rest_of_launch(launch: Launch, over: set[int], store: RunStore) -> Work:
    """Return the trials that were not over, with the runs to go on with."""
    work = launch.work
    known = {**work.interrupted, **launch.runs}
    statuses = {index: store.summary(run_id).status for index, run_id in known.items()}
    left = [
        index
        for index in range(len(work.trials))
        if index not in over and (index not in statuses or statuses[index].is_resumable or index not in launch.runs)
    ]
    return replace(
        work,
        trials=tuple(work.trials[index] for index in left),
        interrupted={place: known[index] for place, index in enumerate(left) if index in known},
        belongs=tuple(work.belongs[index] for index in left) if work.belongs else (),
    )
