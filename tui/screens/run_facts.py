"""The rows that say everything about some runs, one column for each. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from engine.overrides import format_value, get_value, settings
from engine.run import Run
from engine.summary import DIVERGED, RunStatus
from tui.charts.naming import name_runs, seed_words
from tui.format import (
    MISSING,
    WHOLE_METRICS,
    count,
    metric_gap,
    metric_value,
    metric_words,
    number,
    plain,
    published,
    rate,
    seconds,
    table_value,
)
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.trial_rows import TONES

MOST_BESIDE_OTHERS = 18
"""Characters of a value that stands beside those of other runs: enough for a date, and for most of an id."""


def fact_columns(runs: Sequence[Run], known: Sequence[str] = ()) -> list[Column]:
    """Return a column for the names and one for each run, headed by the marker of its curves; `known` as there."""
    has_labels = len({run.trial.label for run in runs}) > 1
    titles = [plain(run.trial.label) if has_labels else seed_words(run, runs) for run in runs]
    if len(runs) > 1:
        marks = [naming.identity.marker for naming in name_runs(runs, known)]
        titles = [f"{mark} {title}" for mark, title in zip(marks, titles, strict=True)]
    values = [
        Column(f"value {index}", title, is_right=len(runs) > 1, most=160 if len(runs) == 1 else MOST_BESIDE_OTHERS)
        for index, title in enumerate(titles)
    ]
    return [Column("name", "", most=34), *values]


def fact_rows(runs: Sequence[Run]) -> list[Row]:
    """Return what is known of each run: how it went, its metrics, its config, its notes."""
    rows: list[Row] = []
    metrics = dict.fromkeys(name for run in runs for name in run.metrics)
    _add(rows, runs, "Metrics", {metric_words(name): _metric(name) for name in metrics})
    for title, facts in _tables(runs).items():
        _add(rows, runs, title, facts)
    _add(rows, runs, "Run", {name: read for name, read in _FACTS.items() if name != "reason" or _any_reason(runs)})
    keys = dict.fromkeys(key for run in runs for key in settings(run.trial.config.model.name))
    _add(rows, runs, "Configuration", {key: _setting(key) for key in keys})
    notes = [(run, note) for run in runs for note in run.notes]
    if notes:
        rows.append(_section("Notes", len(runs)))
    for number_of, (run, note) in enumerate(notes):
        tone = "warn" if note.level == "warning" else ""
        for line_number, line in enumerate(note.text.splitlines()):
            clock = Cell(_clock(note.time) if not line_number else "", "quiet")
            blank = [Cell("")] * len(runs)
            blank[next(index for index, one in enumerate(runs) if one is run)] = Cell(plain(line), tone)
            rows.append(Row(f"note {number_of} {line_number}", (clock, *blank)))
    return rows


def _tables(runs: Sequence[Run]) -> dict[str, dict[str, Callable[[Run], Cell]]]:
    """Return the tables that are no chart, each column a row with its values at every x, such as confusion."""
    found: dict[str, dict[str, Callable[[Run], Cell]]] = {}
    for run in runs:
        for name, table in run.finished.tables.items() if run.finished else ():
            if not table.drawn_columns:
                columns = (table.x_name, *table.columns)
                found.setdefault(metric_words(name).capitalize(), {}).update(
                    {metric_words(column): _column(name, column) for column in columns}
                )
    return found


def _column(table_name: str, column: str) -> Callable[[Run], Cell]:
    def read(run: Run) -> Cell:
        table = run.finished.tables.get(table_name) if run.finished else None
        if table is None:
            return Cell(MISSING, "quiet")
        values = table.x if column == table.x_name else table.columns.get(column, ())
        return Cell("  ".join(f"{table_value(value):>6}" for value in values))

    return read


def ending_cell(run: Run) -> Cell:
    """Return what the run is doing, or how it ended."""
    return Cell(DIVERGED, "warn") if run.is_diverged else Cell(str(run.status), TONES[run.status])


def _add(rows: list[Row], runs: Sequence[Run], title: str, facts: dict[str, Callable[[Run], Cell]]) -> None:
    if facts:
        rows.append(_section(title, len(runs)))
    for name, read in facts.items():
        rows.append(Row(f"{title} {name}", (Cell(f" {name}", "quiet"), *(read(run) for run in runs))))


def _section(title: str, width: int) -> Row:
    return Row(f"section {title}", (Cell(title), *([Cell("")] * width)), is_section=True)


def _metric(name: str) -> Callable[[Run], Cell]:
    def read(run: Run) -> Cell:
        value = run.metrics.get(name)
        if name in WHOLE_METRICS:
            return Cell(number(value, 0))
        unit = " %" if value is not None and any(word in name for word in ("accuracy", "error")) else ""
        return Cell(metric_value(name, value) + unit)

    return read


def _setting(key: str) -> Callable[[Run], Cell]:
    def read(run: Run) -> Cell:
        known = settings(run.trial.config.model.name)
        if key not in known:
            return Cell(MISSING, "quiet")
        value = get_value(run.trial.config, key)
        is_default = value == known[key].default
        return Cell(plain(format_value(value)), "quiet" if is_default else "")

    return read


def _published(run: Run) -> Cell:
    if not run.trial.published:
        return Cell(MISSING, "quiet")
    figure = run.trial.published[0]
    text = published(figure.metric, figure.value, figure.tolerance, figure.bound)
    measured = run.metrics.get(figure.metric)
    if measured is None:
        return Cell(text)
    gap = metric_gap(figure.metric, measured - figure.value)
    return Cell(f"{text}, gap {gap if figure.comparable else f'({gap})'}")


def _tone_of_reason(run: Run) -> str:
    return "warn" if run.is_diverged or run.status is not RunStatus.DONE else ""


def _any_reason(runs: Sequence[Run]) -> bool:
    return any(run.finished is not None and run.finished.reason for run in runs)


def _clock(seconds_since_1970: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds_since_1970))


_FACTS: dict[str, Callable[[Run], Cell]] = {
    "id": lambda run: Cell(plain(run.id)),
    "status": ending_cell,
    "reason": lambda run: Cell(plain(run.finished.reason) if run.finished else "", _tone_of_reason(run)),
    "started": lambda run: Cell(_clock(run.created)),
    "epochs": lambda run: Cell(f"{len(run.epochs)} of {run.total_epochs}"),
    "training": lambda run: Cell(f"{seconds(run.train_seconds)}, {rate(run.samples_per_second)} img/s"),
    "parameters": lambda run: Cell(count(run.started.parameters if run.started else None)),
    "examples": lambda run: Cell(
        f"{run.started.train_examples:,} train, {run.started.test_examples:,} test" if run.started else MISSING
    ),
    "device": lambda run: Cell(plain(f"{run.started.device} {run.started.device_name}") if run.started else MISSING),
    "published": _published,
}
