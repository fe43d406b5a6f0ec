"""Training without a screen: check, write down what is started, train, tell on stderr how it goes, and end well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.console import ExitCode, emit, fail, narrate
from tui.format import plural
from tui.narrow_table import emit_table
from tui.tables import TableFormat
from tui.workspace import Workspace, data_of_work

if TYPE_CHECKING:
    from engine.remainder import Remainder, Work
    from engine.store import RunStore
    from engine.trial_facts import TrialFacts


class Progress(StrEnum):
    """How progress is told on stderr."""

    AUTO = "auto"
    """A live line on a terminal, one line an epoch otherwise."""
    PLAIN = "plain"
    NONE = "none"


def train_and_print(
    work: Work, store: RunStore, workspace: Workspace, *, as_json: bool, progress: Progress
) -> ExitCode:
    """Train, and print each run as an object when it is finished, or all of them as a table at the end."""

    def print_run(run_id: str) -> None:
        if as_json:
            emit(store.summary(run_id).to_json())

    code, finished = train(work, store, workspace, progress=progress, on_finished=print_run)
    if not as_json and finished:
        from tui.run_table import run_table

        try:
            emit_table(run_table([store.summary(run_id) for run_id in finished]), TableFormat.TABLE)
        except SystemExit:  # nobody reads it
            if code is ExitCode.OK:
                raise
    return code


def train(
    work: Work,
    store: RunStore,
    workspace: Workspace,
    *,
    progress: Progress,
    keeps_logs: bool = False,
    on_finished: Callable[[str], None] = lambda _run_id: None,
) -> tuple[ExitCode, list[str]]:
    """Train the trials and tell on stderr how it goes; `on_finished` gets the id of each run when it is over.

    Where it `keeps_logs`, each run's folder gets what is told of it. What another process that trains the same sweep
    left behind when it was killed is gone on with, too.
    Returns the exit code that the training calls for, and the ids of the runs that are over.
    """
    workspace = replace(workspace, data=data_of_work(work, store, workspace.data))
    part = _train(work, store, workspace, progress=progress, keeps_logs=keeps_logs, on_finished=on_finished)
    code, finished = part.code, part.finished
    while part.is_whole and (left := left_by_others(part.work, store)).trials:
        narrate(f"Left by a process that is gone, and gone on with here: {plural(len(left.trials), 'trial')}.")
        part = _train(left, store, workspace, progress=progress, keeps_logs=keeps_logs, on_finished=on_finished)
        code = part.code if code is ExitCode.OK else code
        finished += part.finished
    if part.elsewhere:
        narrate(f"{part.elsewhere} of the trials went to another process meanwhile.")
    return code, finished


@dataclass(frozen=True, slots=True)
class _Part:
    """What one pass over trials came to."""

    code: ExitCode
    finished: list[str]
    """The ids of the runs that are over."""
    work: Work
    """With the sweep that was written down for it."""
    elsewhere: int = 0
    """Trials that another process had begun."""
    is_whole: bool = False
    """Whether nothing ended it before its time."""


def _train(
    work: Work,
    store: RunStore,
    workspace: Workspace,
    *,
    progress: Progress,
    keeps_logs: bool,
    on_finished: Callable[[str], None],
) -> _Part:
    from engine.control import Control
    from engine.errors import StoreError, TermlabError
    from engine.events import RunFinished
    from engine.runner import run_trials
    from tui.progress import build_reporter
    from tui.signals import leave_if_called, stopping_on_signals

    control = Control()
    finished: list[str] = []
    failures = stops = 0
    with stopping_on_signals(control) as signals:
        work, facts = prepare(work, store, workspace)
        leave_if_called()
        with build_reporter(progress.value, work.trials, facts, store if keeps_logs else None) as reporter:
            events = run_trials(
                work.trials,
                store,
                data_folder=workspace.data,
                control=control,
                on_error=work.on_error,
                interrupted=work.interrupted,
                belongs=work.belongs,
            )
            try:
                for happened in events:
                    event = happened.event
                    signals.is_run_under_way = not isinstance(event, RunFinished)
                    reporter.tell(happened)
                    if not isinstance(event, RunFinished):
                        continue
                    failures += event.status == "failed"
                    stops += event.status == "stopped"
                    finished.append(happened.run_id)
                    on_finished(happened.run_id)
            except SystemExit:
                if signals.exit_code is not None:
                    return _Part(signals.exit_code, finished, work)
                narrate("Nobody reads the output any more: the trials that were left are not trained.")
                return _Part(ExitCode.RUN_FAILED, [], work)
            except TermlabError as error:
                code = fail(error)
                return _Part(ExitCode.RUN_FAILED if isinstance(error, StoreError) else code, finished, work)
            finally:
                events.close()
    has_ended_early = control.is_stopping_all or (failures > 0 and work.on_error == "stop")
    tell_how_to_go_on(finished, store, is_sweep=has_ended_early and len(finished) < len(work.trials))
    is_left = control.is_stopping_all and len(finished) < len(work.trials)
    code = ExitCode.RUN_FAILED if failures else ExitCode.RESUMABLE if stops or is_left else ExitCode.OK
    if signals.exit_code is not None:
        code = signals.exit_code
    if has_ended_early:
        return _Part(code, finished, work)
    return _Part(code, finished, work, elsewhere=len(work.trials) - len(finished), is_whole=True)


def left_by_others(work: Work, store: RunStore) -> Work:
    """Return the trials of the same sweep that nobody asked to stop, and whose process is gone all the same."""
    from engine.errors import TermlabError
    from engine.remainder import Remainder, Work, remainder_of_sweep
    from engine.store.sweeps import load_sweep
    from engine.summary import RunStatus

    if not work.belongs:
        return Work(())
    try:
        whole = load_sweep(store.folder, work.belongs[0].sweep)
        left = remainder_of_sweep(whole, store.summaries(), retry_failed=False)
    except TermlabError:  # deleted, or damaged, since
        return Work(())
    lost = {
        place: run_id for place, run_id in left.interrupted.items() if store.summary(run_id).status is RunStatus.LOST
    }
    return Work.of_rest(whole, Remainder(interrupted=lost))


def prepare(work: Work, store: RunStore, workspace: Workspace) -> tuple[Work, list[TrialFacts]]:
    """Check everything that can be foreseen; if all is well, write down what is started.

    Raises: a TermlabError with every fault at once; nothing is then started.
    """
    from engine.remainder import Work
    from engine.store.sweeps import create_sweep
    from engine.trial_facts import check_trials

    store.check_writable()
    facts = check_trials(work.trials, workspace.data)
    tell_remarks(facts)
    if len(work.trials) > 1 and not work.belongs:
        sweep = create_sweep(store.folder, work.trials, on_error=work.on_error, adopted=work.interrupted)
        work = Work.of_new(sweep)
    return work, facts


def tell_remainder(left: Remainder) -> None:
    """Say what becomes of trials that were begun before."""
    for run_id in left.elsewhere.values():
        narrate(f"{run_id} is being trained by another process.")
    for run_id in left.interrupted.values():
        narrate(f"{run_id} was interrupted and goes on.")


def tell_how_to_go_on(finished: Sequence[str], store: RunStore, *, is_sweep: bool) -> None:
    """Say of each run that was stopped how to go on with it; `is_sweep` if others of its sweep have not begun."""
    for run_id in finished:
        if store.summary(run_id).status.is_resumable:
            narrate(f"It can be gone on with: termlab resume {run_id}")
            if is_sweep:
                narrate("With --sweep the trials that have not begun are trained too.")


def tell_remarks(facts: Sequence[TrialFacts]) -> None:
    """Say what is worth knowing before the training."""
    for remark in dict.fromkeys(one.remark for one in facts if one.remark):
        narrate(f"Note: {remark}.")
