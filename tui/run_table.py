"""Saved runs as tables, for the shell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from engine.columns import check_column, column_kind, column_value, value_text
from engine.summary import DIVERGED, RunSummary
from tui.format import (
    is_fraction,
    metric_heading,
    metric_value,
    moment,
    percent,
    seconds,
    shorten,
)
from tui.tables import Column, Table, table_of

MOST_OF_A_REASON = 60
"""Characters of why a run ended that a list shows; `termlab show` has all of it."""

Columns = Sequence[tuple[Column, Callable[[Any], Any]]]


def run_table(summaries: Sequence[RunSummary], chosen: Sequence[str] = ()) -> Table:
    """Return one line a run: what it is, where it stands, how good it is.

    `chosen` are the columns asked for, by name, in place of the usual ones; those that begin with + come on top.
    Raises: ConfigError naming the nearest known column.
    """
    if not chosen:
        return table_of(RUN_COLUMNS, summaries)
    known = {column.name: (column, take) for column, take in RUN_COLUMNS}
    named = [name for name in chosen if not name.startswith("+")]
    added = [name.removeprefix("+") for name in chosen if name.startswith("+")]
    wanted = [known[name] if name in known else _own_column(name, summaries) for name in [*named, *added]]
    return table_of(wanted if named else [*RUN_COLUMNS, *wanted], summaries)


def _own_column(name: str, summaries: Sequence[RunSummary]) -> tuple[Column, Callable[[RunSummary], Any]]:
    """Return a column for a metric, an expression, a field or a setting."""
    check_column(name, summaries)
    if column_kind(name) == "number":
        return Column(name, metric_heading(name), partial(metric_value, name), is_number=True), _value(name)
    if column_kind(name) == "time":
        return Column(name, name, moment), _value(name)
    return Column(name, name, value_text), _value(name)


def _value(name: str) -> Callable[[RunSummary], Any]:
    return lambda summary: column_value(summary, name)


def column_name(text: str, columns: Columns = ()) -> str:
    """Return the name of the column that people see under a heading, a leading - kept; other text as it is."""
    heading = text.removeprefix("-")
    named = {column.heading: column.name for column, _ in columns or RUN_COLUMNS}
    return text[: len(text) - len(heading)] + named.get(heading, heading)


def resume_command(summary: RunSummary) -> str:
    """Return the command that goes on with a run, by the part of its id that the tables show."""
    return f"termlab resume {_short_id(summary)}"


def show_metric(metric: str, value: float) -> str:
    """Write a metric as people read it: accuracies and errors in percent."""
    return metric_value(metric, value) + _unit(metric)


def _metric(name: str) -> Callable[[RunSummary], float | None]:
    return lambda summary: summary.metrics.get(name)


def _short_id(summary: RunSummary) -> str:
    return summary.run.partition("-")[0] if summary.preset else summary.run


def _status(summary: RunSummary) -> str:
    return DIVERGED if summary.is_diverged else str(summary.status)


def _status_value(summary: RunSummary) -> str:
    return str(summary.status)


def _shortened(reason: str) -> str:
    return shorten(" ".join(reason.split()), MOST_OF_A_REASON)


RUN_COLUMNS: Columns = (
    (Column("run", "run"), _short_id),
    (Column("preset", "preset", least=10), lambda summary: summary.preset),
    (Column("label", "trial", least=12, keeps_end=True), lambda summary: summary.label),
    (Column("seed", "seed", is_number=True), lambda summary: summary.seed),
    (Column("status", "status", _status, export=_status_value), lambda summary: summary),
    (Column("epochs", "epochs", is_number=True, yields=1), lambda summary: f"{summary.epochs}/{summary.total_epochs}"),
    (Column("test_accuracy", "test acc %", percent, is_number=True, short="test %"), _metric("test_accuracy")),
    (Column("best_test_accuracy", "best %", percent, is_number=True, yields=2), _metric("best_test_accuracy")),
    (Column("train_seconds", "train", seconds, is_number=True, yields=4), lambda summary: summary.train_seconds),
    (Column("reason", "how it ended", _shortened, is_remark=True, yields=3, least=16), lambda summary: summary.reason),
    (Column("tags", "tags", is_remark=True, yields=5, least=8), lambda summary: ",".join(summary.tags)),
)


def _unit(metric: str) -> str:
    return " %" if is_fraction(metric) else ""
