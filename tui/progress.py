"""How a training without a screen tells where it is, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Protocol, TextIO, cast

from engine.events import EpochDone, Noted, RunFinished, RunStarted, StepsDone
from tui.console import narrate, write_nowhere
from tui.format import count, loss, percent, plain, rate, seconds
from tui.runbook import Runbook
from tui.time_left import progress_of

if TYPE_CHECKING:
    from engine.runner import TrialEvent
    from engine.store import RunStore
    from engine.trial import Trial
    from engine.trial_facts import TrialFacts


class Reporter(Protocol):
    """Takes every event of a sweep."""

    def tell(self, happened: TrialEvent) -> None:
        """Show what there is to show of one event."""
        ...


@contextmanager
def build_reporter(
    kind: str, trials: Sequence[Trial], facts: Sequence[TrialFacts], logs: RunStore | None = None
) -> Iterator[Reporter]:
    """Yield what reports in the way asked for; `auto` is live on a terminal and one line an epoch elsewhere.

    With `logs`, the folders of the runs there get the lines too.
    """
    if logs is not None:
        yield _Logs(facts, logs)
    elif kind == "none":
        yield _Silent()
    elif kind == "plain" or not sys.stderr.isatty():
        yield _Lines(facts)
    else:
        with _live(trials, facts) as live:
            yield live


class _Silent:
    """Says nothing but why a run failed."""

    def tell(self, happened: TrialEvent) -> None:
        if isinstance(happened.event, RunFinished) and happened.event.status == "failed":
            narrate(f"{_name(happened)} failed: {plain(happened.event.reason)}")


class _Lines:
    """One line an epoch: for logs, pipes and dumb terminals."""

    def __init__(self, facts: Sequence[TrialFacts]) -> None:
        self._facts = facts

    def tell(self, happened: TrialEvent) -> None:
        for line in described(happened, self._facts):
            narrate(line)


class _Logs(_Lines):
    """The same lines, each also in the folder of its run: for a process that nobody watches."""

    def __init__(self, facts: Sequence[TrialFacts], store: RunStore) -> None:
        super().__init__(facts)
        self._store = store

    def tell(self, happened: TrialEvent) -> None:
        super().tell(happened)
        for line in described(happened, self._facts):
            self._store.add_to_log(happened.run_id, line)


def described(happened: TrialEvent, facts: Sequence[TrialFacts]) -> list[str]:
    """Return the lines that an event is worth; none for steps."""
    event = happened.event
    match event:
        case RunStarted():
            place = f"run {happened.index + 1} of {len(facts)}"
            size = f"{count(event.parameters)} parameters, {count(event.train_examples)} examples, {event.device}"
            goes_on = f", goes on after step {count(event.kept.step)}" if event.kept else ""
            return [f"{place}: {_name(happened)} ({size}{goes_on})"]
        case EpochDone():
            return [f"{_name(happened)}  {_epoch(event, facts[happened.index].epochs)}"]
        case Noted():
            return [f"{_name(happened)}: {plain(line)}" for line in event.text.splitlines()]
        case RunFinished(status="done"):
            return [f"{_name(happened)}: done{', ' + plain(event.reason) if event.reason else ''}"]
        case RunFinished():
            return [f"{_name(happened)} {event.status}: {plain(event.reason)}"]
        case _:
            return []


def _name(happened: TrialEvent) -> str:
    return f"{plain(happened.trial.label)} seed {happened.trial.config.seed}"


def _epoch(event: EpochDone, epochs: int) -> str:
    metrics = event.metrics
    throughput = event.samples / event.train_seconds if event.train_seconds else 0.0
    accuracy = f"  test accuracy {percent(metrics['test_accuracy'])} %" if "test_accuracy" in metrics else ""
    return (
        f"epoch {event.epoch:>{len(str(epochs))}}/{epochs}"
        f"  train loss {loss(metrics.get('train_loss'))}"
        f"  test loss {loss(metrics.get('test_loss'))}"
        f"{accuracy}"
        f"  {rate(throughput)} img/s"
        f"  {seconds(event.train_seconds)}"
    )


class _Hearer:
    """A terminal that may be closed while rich writes to it: then nobody hears, and the training goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            write_nowhere(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            write_nowhere(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _live(trials: Sequence[Trial], facts: Sequence[TrialFacts]) -> Iterator[Reporter]:
    """Show one line that moves: place in the sweep, epoch, last metrics, time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.text import Text

    progress = Progress(
        TextColumn("{task.fields[place]}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.fields[metrics]}", markup=False),
        console=Console(file=cast(IO[str], _Hearer(sys.stderr))),
        refresh_per_second=4,
        expand=True,
        transient=True,
    )
    book = Runbook()
    book.begin(trials, facts)
    task = progress.add_task("", total=1.0, place="starting", left="", metrics="")

    class Live:
        def tell(self, happened: TrialEvent) -> None:
            event = happened.event
            book.apply(happened.index, happened.run_id, event)
            if isinstance(event, EpochDone):
                known = event.metrics
                test = f"  test {percent(known['test_accuracy'])} %" if "test_accuracy" in known else ""
                progress.update(task, metrics=f"loss {loss(known.get('train_loss'))}{test}")
            elif isinstance(event, StepsDone):
                self._move(happened, event)
            else:
                for line in described(happened, facts):
                    progress.console.print(Text(line))

        def _move(self, happened: TrialEvent, event: StepsDone) -> None:
            assert book.sweep is not None
            where = progress_of(book.sweep, time.time())
            epochs = facts[happened.index].epochs
            place = f"{happened.index + 1}/{len(trials)} {_name(happened)}  epoch {event.epoch}/{epochs}"
            progress.update(task, completed=where.fraction, place=place, left=f"{seconds(where.seconds_left)} left")

    with progress:
        yield Live()
