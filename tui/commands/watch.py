"""`termlab watch`: a run of any process, followed in the shell until it is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from tui.console import ExitCode, emit, narrate
from tui.format import plain
from tui.headless import Progress, tell_how_to_go_on
from tui.narrow_table import emit_table
from tui.saved_run import read_summary
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.summary import RunSummary

LOOK_SECONDS = 0.5
"""Between two looks at what the run has written."""


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("watch")(watch)


def watch(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="An id, a unique prefix of one, or latest.")],
    sweep: Annotated[bool, typer.Option("--sweep", help="All that was started together with it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each run as it finishes.")] = False,
    progress: Annotated[Progress, typer.Option(help="How progress is told on stderr.")] = Progress.AUTO,
) -> None:
    """Follow a run of any process until it is over; ctrl+c leaves the run alone."""
    from engine.errors import ConfigError
    from engine.runner import TrialEvent
    from engine.store import RunStore
    from tui.following import Following, worst
    from tui.progress import build_reporter
    from tui.run_table import run_table

    store = RunStore(context.obj.results)
    summary = read_summary(store, store.find(run))
    if sweep and not summary.sweep:
        raise ConfigError([f"{summary.run} was started alone"], f"termlab watch {run} follows it.")
    followed = Following.of_sweep(store, summary.sweep) if sweep else Following.of_run(store, summary.run)
    with build_reporter(progress.value, followed.trials, followed.facts) as reporter:
        while True:
            for news in followed.look():
                if isinstance(news, TrialEvent):
                    reporter.tell(news)
                else:
                    _tell_end(news, as_json=as_json)
            if followed.is_over():
                break
            time.sleep(LOOK_SECONDS)
    if not as_json:
        emit_table(run_table(followed.over), TableFormat.TABLE)
    tell_how_to_go_on([ended.run for ended in followed.over], store, is_sweep=False)
    code = {"done": ExitCode.OK, "stopped": ExitCode.RESUMABLE}.get(worst(followed.over), ExitCode.RUN_FAILED)
    raise typer.Exit(code)


def _tell_end(ended: RunSummary, *, as_json: bool) -> None:
    if ended.status == "lost":
        narrate(plain(f"{ended.run} is lost: {ended.reason}"))
    if as_json:
        emit(ended.to_json())
