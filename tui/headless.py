"""Training without a screen: check, write down what is started, train, tell on stderr how it goes, and end well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.console import ExitCode, emit, fail, narrate
from tui.narrow_table import emit_table
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.remainder import Remainder, Work
    from engine.store import RunStore
    from engine.trial_facts import TrialFacts
    from tui.workspace import Workspace


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

    Where it `keeps_logs`, each run's folder gets what is told of it.
    Returns the exit code that the training calls for, and the ids of the runs that are over.
    """
    from engine.control import Control
    from engine.errors import StoreError, TermlabError
    from engine.events import RunFinished
    from engine.runner import run_trials
    from tui.progress import build_reporter
    from tui.signals import stopping_on_signals

    control = Control()
    finished: list[str] = []
    failures = stops = 0
    with stopping_on_signals(control) as signals:
        work, facts = prepare(work, store, workspace)
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
                    return signals.exit_code, finished
                narrate("Nobody reads the output any more: the trials that were left are not trained.")
                return ExitCode.RUN_FAILED, []
            except TermlabError as error:
                code = fail(error)
                return (ExitCode.RUN_FAILED if isinstance(error, StoreError) else code), finished
            finally:
                events.close()
    has_ended_early = control.is_stopping_all or (failures > 0 and work.on_error == "stop")
    if not has_ended_early and (others := len(work.trials) - len(finished)):
        narrate(f"{others} of the trials went to another process meanwhile.")
    tell_how_to_go_on(finished, store, is_sweep=has_ended_early and len(finished) < len(work.trials))
    if signals.exit_code is not None:
        return signals.exit_code, finished
    if failures:
        return ExitCode.RUN_FAILED, finished
    return ExitCode.RESUMABLE if stops else ExitCode.OK, finished


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
