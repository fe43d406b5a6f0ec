"""`termlab resume`, `stop` and `verify`: runs that were interrupted, that train elsewhere, that can be trusted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Detach, Format, Json
from tui.console import ExitCode, emit, narrate
from tui.detached import COMMAND as DETACHED
from tui.detached import LOOK_SECONDS, train_detached
from tui.headless import Progress, tell_remainder, train, train_and_print
from tui.narrow_table import emit_table
from tui.saved_run import read_run, read_summary
from tui.signals import leave_if_called
from tui.tables import Column, Table, TableFormat, table_of
from tui.workspace import Workspace, data_of_work

if TYPE_CHECKING:
    from engine.remainder import Work
    from engine.store import RunStore
    from engine.summary import RunSummary
    from engine.verification import Verification

STOP_SECONDS = 60.0
"""A training looks for what others ask of it a few times a second, and between two steps that take longer."""

RunName = Annotated[str, typer.Argument(metavar="RUN", help="An id, a unique prefix of one, or latest.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Train the trials that failed anew.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("resume")(resume)
    app.command("stop")(stop)
    app.command("verify")(verify)
    app.command(DETACHED, hidden=True)(finish_sweep)


def resume(
    context: typer.Context,
    run: RunName,
    sweep: Annotated[bool, typer.Option("--sweep", help="Go on with all that was started together with it.")] = False,
    retry_failed: RetryFailed = False,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="Another device: auto, cpu, cuda, cuda:N.")] = None,
    detach: Detach = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each run as it finishes.")] = False,
    progress: Annotated[Progress, typer.Option(help="How progress is told on stderr.")] = Progress.AUTO,
) -> None:
    """Go on with a run that was stopped, paused, or whose process is gone, as if nothing had happened."""
    from engine.errors import ConfigError
    from engine.store import RunStore

    workspace: Workspace = context.obj
    store = RunStore(workspace.results)
    summary = read_summary(store, store.find(run))
    if retry_failed and not sweep:
        raise ConfigError(["--retry-failed is for a whole sweep"], f"termlab resume {run} --sweep --retry-failed")
    work = _rest_of_sweep(summary, store, retry_failed=retry_failed) if sweep else _rest_of_run(summary, store)
    if device is not None:
        work = _on_device(work, device)
    if not work.trials:
        code = ExitCode.OK
    elif detach:
        code = train_detached(work, store, workspace, as_json=as_json)
    else:
        code = train_and_print(work, store, workspace, as_json=as_json, progress=progress)
    raise typer.Exit(code)


def _rest_of_run(summary: RunSummary, store: RunStore) -> Work:
    """Return what is left of one run; nothing if it is done.

    Raises: RunBusyError if somebody trains it; DamagedError if it cannot be read.
    """
    from engine.errors import RunBusyError
    from engine.remainder import Work

    if summary.status == "paused":
        _end_pause(summary.run, store)
        return Work(())
    if summary.status.is_live:
        writer = store.load(summary.run).writer
        raise RunBusyError(
            f"{summary.run} is being trained by {writer}", f"termlab stop {summary.run} ends that; it can then go on."
        )
    if summary.status == "done":
        narrate(f"{summary.run} is done: nothing is left to do.")
        return Work(())
    if summary.status == "failed":
        narrate(f"{summary.run} failed: {summary.reason}")
        narrate("It goes on from its last checkpoint all the same.")
    return Work((read_run(store, summary.run).trial,), {0: summary.run})


def _end_pause(run_id: str, store: RunStore) -> None:
    """Let the process that holds a run go on with it."""
    store.ask(run_id, "resume")
    narrate(f"{run_id} was paused, and goes on: {store.load(run_id).writer} trains it.")


def _rest_of_sweep(summary: RunSummary, store: RunStore, *, retry_failed: bool) -> Work:
    """Return what is left of the sweep that a run is of; nothing if all of it is done.

    Raises: ConfigError if it is of none.
    """
    from engine.errors import ConfigError
    from engine.remainder import Work, remainder_of_sweep
    from engine.store.sweeps import load_sweep

    if not summary.sweep:
        raise ConfigError(
            [f"{summary.run} was started alone"],
            f"termlab resume {summary.run} goes on with it; termlab run PRESET --needed trains what a preset lacks.",
        )
    whole = load_sweep(store.folder, summary.sweep)
    left = remainder_of_sweep(whole, store.summaries(), retry_failed=retry_failed)
    narrate(f"{len(left.done)} of {len(whole.trials)} runs are already done.")
    tell_remainder(left)
    for run_id in left.elsewhere.values():
        if store.summary(run_id).status == "paused":
            _end_pause(run_id, store)
    if left.failed:
        narrate(f"{len(left.failed)} failed; --retry-failed trains them anew.")
    return Work.of_rest(whole, left)


def _on_device(work: Work, device: str) -> Work:
    from engine.overrides import apply_overrides

    changed = [trial.with_config(apply_overrides(trial.config, {"device": device})) for trial in work.trials]
    return replace(work, trials=tuple(changed))


def finish_sweep(context: typer.Context, sweep: Annotated[str, typer.Argument(metavar="SWEEP")]) -> None:
    """Train what is left of a sweep, telling the folders of its runs how it goes: what --detach starts."""
    from engine.remainder import Work, remainder_of_sweep
    from engine.store import RunStore
    from engine.store.sweeps import load_sweep

    store = RunStore(context.obj.results)
    whole = load_sweep(store.folder, sweep)
    left = remainder_of_sweep(whole, store.summaries(), retry_failed=False)
    if not left.places:
        raise typer.Exit(ExitCode.OK)
    code, _ = train(Work.of_rest(whole, left), store, context.obj, progress=Progress.PLAIN, keeps_logs=True)
    raise typer.Exit(code)


def stop(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, unique prefixes of ids, or latest.")],
    sweep: Annotated[bool, typer.Option("--sweep", help="Also start no other trial of its sweep.")] = False,
) -> None:
    """End the training of runs, wherever they train, saved so that resume goes on with them."""
    from engine.store import RunStore
    from engine.store.sweeps import call_off

    store = RunStore(context.obj.results)
    named = [read_summary(store, run_id) for run_id in dict.fromkeys(store.find(name) for name in runs)]
    sweeps = {run.sweep for run in named if run.sweep} if sweep else set()
    _require_something_to_end(named, store, is_sweep=sweep)
    for sweep_id in sweeps:
        call_off(store.folder, sweep_id)
    asked, late = _end_all({run.run for run in named if run.status.is_live}, sweeps, store)
    for run_id in asked:
        if run_id in late:
            narrate(f"{run_id} has not answered for {STOP_SECONDS:.0f} s: {store.load(run_id).writer}")
            narrate("may be suspended or in a long step; it stops as soon as it looks.")
        else:
            ended = store.summary(run_id)
            narrate(f"{ended.run}: {ended.reason or ended.status}")
            if ended.status.is_resumable:
                narrate(f"It can be gone on with: termlab resume {ended.run}")
    if sweeps:
        narrate("No other trial of its sweep is begun.")
    raise typer.Exit(ExitCode.RUN_FAILED if late else ExitCode.OK)


def _require_something_to_end(named: Sequence[RunSummary], store: RunStore, *, is_sweep: bool) -> None:
    """Make sure that each of these runs, or what was started together with it, is being trained.

    Raises: ConfigError naming those that are not.
    """
    from engine.errors import ConfigError, DamagedError
    from engine.store.places import is_under_way

    ended = [run for run in named if not run.status.is_live]
    if not ended:
        return
    going = {run.sweep for run in store.summaries() if run.sweep and run.status.is_live}
    with suppress(DamagedError):  # a run may say that it is of any sweep
        going |= {run.sweep for run in ended if run.sweep and is_under_way(store.folder, run.sweep)}
    idle = [run for run in ended if not (is_sweep and run.sweep in going)]
    if idle:
        first = next((run for run in idle if run.sweep in going), None)
        hint = f"termlab stop {first.run} --sweep ends what its sweep still trains." if first else ""
        raise ConfigError([f"{run.run} is not being trained: it is {run.status}" for run in idle], hint)


def _end_all(named: set[str], sweeps: set[str], store: RunStore) -> tuple[list[str], list[str]]:
    """Ask runs, and all that train of some sweeps, to end; return those that were asked and those that did not answer.

    A trial that was about to begin when its sweep was called off appears a moment later, and is asked too.
    """
    asked: list[str] = []
    until = time.monotonic() + STOP_SECONDS
    while True:
        known = store.summaries() if sweeps else [store.summary(run_id) for run_id in sorted(named)]
        live = [run.run for run in known if run.status.is_live and (run.run in named or run.sweep in sweeps)]
        for run_id in live:
            if run_id not in asked:
                store.ask(run_id, "stop_all" if sweeps else "stop")
                asked.append(run_id)
        if not live or time.monotonic() >= until:
            return asked, live
        time.sleep(LOOK_SECONDS)


def _epoch_table(found: Verification) -> Table:
    def shorten_hash(text: str) -> str:
        return text[:16]

    columns: Sequence[tuple[Column, Callable[[Any], Any]]] = (
        (Column("epoch", "epoch", is_number=True), lambda check: check.epoch),
        (Column("recorded", "weights recorded", shorten_hash), lambda check: check.recorded),
        (Column("found", "weights found", shorten_hash), lambda check: check.found),
        (Column("is_same", "same", lambda same: "yes" if same else "no"), lambda check: check.is_same),
    )
    return table_of(columns, found.epochs)


def verify(
    context: typer.Context,
    run: RunName,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="From the first step, not from the checkpoint.")
    ] = False,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Train a run again from its checkpoint and compare losses and weights, bit for bit; nothing is changed."""
    import json

    from engine.remainder import Work
    from engine.store import RunStore
    from engine.verification import verify_run
    from tui.format import count

    store = RunStore(context.obj.results)
    run_id = read_run(store, read_summary(store, store.find(run)).run).id

    def tell(first: int, last: int) -> None:
        leave_if_called()
        narrate(f"Training {count(last - first)} of {count(last)} steps again …")

    data = data_of_work(Work((), {0: run_id}), store, context.obj.data)
    found = verify_run(store, run_id, data, from_start=from_start, on_start=tell)
    if as_json or form is TableFormat.JSON:
        emit(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        emit_table(_epoch_table(found), form)
    start = f"from the checkpoint after step {count(found.from_step)}" if found.from_step else "from the first step"
    if found.doubts:
        narrate(f"Not all is as it was: {found.doubts}.")
    if found.first_difference:
        narrate(f"{run_id}: trained again {start}, {found.first_difference}")
    else:
        epochs = f"{len(found.epochs)} epoch{'s' if len(found.epochs) > 1 else ''}"
        narrate(f"{run_id}: {epochs} trained again {start}: every loss and all weights are the same, bit for bit")
    raise typer.Exit(ExitCode.RUN_FAILED if found.first_difference else ExitCode.OK)
