"""One saved run in words, for `termlab show`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from statistics import fmean
from typing import Any

from engine import events
from engine.events import EpochDone, RunStarted
from engine.overrides import ESSENTIAL, format_value, get_value, settings
from engine.run import Run
from engine.summary import RunSummary
from tui.format import (
    WHOLE_METRICS,
    classes,
    count,
    filled,
    is_fraction,
    metric_value,
    metric_words,
    percent,
    plain,
    plural,
    published_figure,
    rate,
    seconds,
    table_value,
)
from tui.narrow_table import narrowed
from tui.run_table import resume_command, show_metric
from tui.tables import Column, Table, TableFormat, table_of


def run_text(summary: RunSummary, run: Run, width: int | None = None) -> str:
    """Return what a person asks of a run: what it was, how it went, with which settings.

    In so many characters; None has room for all.
    """
    parts = [
        f"{plain(summary.run)}\n{plain(summary.preset)} · {plain(summary.label)} · seed {summary.seed}",
        _aligned(_facts(summary, run), width),
        "Metrics\n" + _aligned([(plain(name), _shown(name, at)) for name, at in summary.metrics.items()], width, "  "),
        "Settings; those that are not named are at their default\n" + _aligned(_changed(run), width, "  "),
    ]
    parts += [
        f"{metric_words(name)}\n{_indented(_fitted(table_of_values(table), width))}"
        for name, table in (run.finished.tables.items() if run.finished else ())
        if not table.drawn_columns
    ]
    if run.notes:
        parts.append("Notes\n" + "\n".join(f"  {plain(line)}" for note in run.notes for line in note.text.splitlines()))
    return "\n\n".join(parts)


def epoch_table(run: Run) -> Table:
    """Return one line an epoch: its metrics as they were measured."""
    names = list(dict.fromkeys(name for epoch in run.epochs for name in epoch.metrics))
    columns = [
        (Column("epoch", "epoch", is_number=True), lambda epoch: epoch.epoch),
        (Column("step", "step", count, is_number=True), lambda epoch: epoch.step),
        (Column("train_seconds", "train s", lambda value: f"{value:.2f}", is_number=True), _train_seconds),
        *((_metric_column(name), _taking(name)) for name in names),
    ]
    return table_of(columns, run.epochs)


def table_of_values(table: events.Table) -> Table:
    """Return a table that a run left, one line for each x."""
    names = [table.x_name, *table.columns]
    columns = tuple(Column(name, metric_words(name), table_value, is_number=True) for name in names)
    return Table(columns, tuple(zip(table.x, *table.columns.values(), strict=True)))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _train_seconds(epoch: EpochDone) -> float:
    return epoch.train_seconds


def _metric_column(name: str) -> Column:
    unit = " %" if is_fraction(name) else ""
    return Column(name, metric_words(name) + unit, partial(metric_value, name), is_number=True)


def _taking(name: str) -> Any:
    return lambda epoch: epoch.metrics.get(name)


def _facts(summary: RunSummary, run: Run) -> list[tuple[str, str]]:
    started = run.started
    facts = [("status", _status(summary))]
    if summary.status.is_resumable:
        facts.append(("", f"It was interrupted: {resume_command(summary)} goes on with it."))
    facts += [("trained", datetime.fromtimestamp(summary.created).astimezone().isoformat(" ", "seconds"))]
    if started is not None:
        channels, height, width = started.image_shape
        facts += [
            ("data", f"{plain(summary.dataset)}, {count(started.train_examples)} + {count(started.test_examples)}"
                     f" examples of {channels}x{height}x{width}, {classes(len(started.class_names))}"),
            ("model", f"{plain(summary.model)}, {count(summary.parameters)} parameters"),
            ("device", f"{plain(started.device)} ({plain(started.device_name)}), {plural(started.threads, 'thread')}"),
            ("repeats", _repeatability(started)),
            ("versions", ", ".join(f"{plain(name)} {plain(text)}" for name, text in started.versions.items())),
        ]  # fmt: skip
    facts += [
        ("epochs", f"{summary.epochs} of {summary.total_epochs}, {count(summary.steps)} steps"),
        ("time", f"{seconds(summary.train_seconds)} of training, {rate(summary.samples_per_second)} img/s"),
        *([("machine", words)] if (words := system_words(run)) else []),
        *(
            [("clock", "it was set back while the run was trained; times are shown as it told them")]
            if run.is_clock_odd
            else []
        ),
        ("fingerprint", plain(summary.fingerprint)),
    ]
    if summary.published is not None:
        facts.append(("published", _published(summary)))
    return facts + _annotations(summary)


def system_words(run: Run) -> str:
    """Say what a training took of its machine; empty where nothing was read, as of one of two seconds."""
    read: dict[str, list[float]] = {}
    for sample in run.system:
        for name, value in sample.readings.items():
            read.setdefault(name, []).append(value)
    words: dict[str, Callable[[list[float]], str]] = {
        "process_memory_bytes": lambda values: f"{max(values) / 1e6:,.0f} MB of memory at most",
        "process_cpu_utilization": lambda values: f"{percent(fmean(values), 0)} % of the processor on average",
        "gpu_memory_bytes": lambda values: f"{max(values) / 1e6:,.0f} MB of GPU memory at most",
        "gpu_utilization": lambda values: f"{percent(fmean(values), 0)} % of the GPU on average",
    }
    return ", ".join(say(read[name]) for name, say in words.items() if name in read)


def _annotations(summary: RunSummary) -> list[tuple[str, str]]:
    said = [
        ("tags", ", ".join(summary.tags)),
        *(("" if number else "note", line) for number, line in enumerate(summary.note.splitlines())),
        ("hidden", "from lists; termlab unhide shows it there again" if summary.is_hidden else ""),
        ("remark", summary.remark),
    ]
    return [(name, plain(text)) for name, text in said if text]


def _repeatability(started: RunStarted) -> str:
    if started.deterministic:
        return "bit for bit on this device with as many threads and the same torch"
    return f"to within rounding: {plain(started.device)} does not promise the same sums twice"


def _published(summary: RunSummary) -> str:
    assert summary.published is not None
    text = published_figure(summary.published, is_named=True)
    metric = summary.published["metric"]
    if metric not in summary.metrics:
        return text
    measured = show_metric(metric, summary.metrics[metric])
    if not summary.published["comparable"]:
        return f"{text} (of another recipe; measured here {measured})"
    if summary.is_within_tolerance is None:
        return f"{text}, measured {measured} (not finished)"
    return f"{text}, measured {measured}: {'inside' if summary.is_within_tolerance else 'outside'}"


def _shown(name: str, value: float) -> str:
    if name in WHOLE_METRICS:
        return f"{value:.0f}"
    return show_metric(name, value)


def _changed(run: Run) -> list[tuple[str, str]]:
    config = run.trial.config
    known = settings(config.model.name)
    values = {key: get_value(config, key) for key in known}
    return [
        (key, plain(format_value(value)))
        for key, value in values.items()
        if key in ESSENTIAL or value != known[key].default
    ]


def _fitted(table: Table, width: int | None) -> str:
    return table.written(TableFormat.TABLE) if width is None else narrowed(table, width - 2).text


def _aligned(pairs: list[tuple[str, str]], width: int | None, indent: str = "") -> str:
    longest = max((len(name) for name, _ in pairs), default=0)
    lines = "\n".join(f"{indent}{name:<{longest}}  {text}" for name, text in pairs)
    return filled(lines, width, " " * (longest + 2))


def _status(summary: RunSummary) -> str:
    """Say what a run is doing or how it ended; a reason that begins with the word says both."""
    if summary.is_diverged:
        return plain(summary.reason)
    if summary.reason.startswith(str(summary.status)):
        return plain(summary.reason)
    return f"{summary.status}{f': {plain(summary.reason)}' if summary.reason else ''}"
