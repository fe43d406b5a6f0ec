"""Saved runs as tables, for the shell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from engine.columns import value_text
from engine.leaderboard import LeaderboardRow
from engine.shown import json_text
from engine.statistics.estimate import Estimate
from engine.summary import DIVERGED, SCHEMA_VERSION, RunSummary
from tui.format import (
    MISSING,
    count,
    is_fraction,
    metric_gap,
    metric_value,
    metric_words,
    percent,
    published_figure,
    rate,
    seconds,
    shorten,
)
from tui.tables import Column, Table, table_of

MOST_OF_A_REASON = 60
"""Characters of why a run ended that a list shows; `termlab show` has all of it."""

_Columns = Sequence[tuple[Column, Callable[[Any], Any]]]


def run_table(summaries: Sequence[RunSummary]) -> Table:
    """Return one line a run: what it is, where it stands, how good it is."""
    return table_of(_RUN_COLUMNS, summaries)


def leaderboard_table(rows: Sequence[LeaderboardRow]) -> Table:
    """Return one line a recipe, best first within its dataset, with the 95 % interval from two runs on.

    Each metric that rows are ranked by has a column of its own, empty for the rows ranked by another.
    """
    return table_of(_leaderboard_columns(list(dict.fromkeys(row.metric for row in rows))), rows)


def column_name(text: str) -> str:
    """Return the name of the column that people see under a heading, a leading - kept; other text as it is."""
    heading = text.removeprefix("-")
    columns = [column for column, _ in (*_RUN_COLUMNS, *_leaderboard_columns(()))]
    named = {column.heading: column.name for column in columns}
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


_RUN_COLUMNS: _Columns = (
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
)


def _leaderboard_columns(metrics: Sequence[str]) -> _Columns:
    def mean(name: str) -> Callable[[LeaderboardRow], float | None]:
        return lambda row: row.estimates[name].mean if name in row.estimates else None

    ranked: _Columns = [
        (
            Column(name, metric_words(name) + _unit(name), _shown_as(name), is_number=True, short=_short(name)),
            _ranked_by(name),
        )
        for name in metrics
    ]
    costs: _Columns = (
        (Column("train_seconds", "train", seconds, is_number=True, yields=4), mean("train_seconds")),
        (Column("samples_per_second", "img/s", rate, is_number=True, yields=7), mean("samples_per_second")),
    )
    return (
        (Column("dataset", "dataset", is_section=True), lambda row: row.test_data),
        (Column("preset", "preset", least=10), lambda row: row.preset),
        (Column("label", "trial", least=12, keeps_end=True), lambda row: row.label),
        (Column("n", "n", is_number=True), lambda row: row.n),
        *ranked,
        (Column("half_width", "± 95 %", _half_width, is_number=True, export=_half_width_value, yields=1), _interval),
        (Column("published", "published", _published, export=_published_value, yields=3), _itself),
        (Column("gap", "gap", _gap, export=_gap_value), _itself),
        (Column("parameters", "params", count, is_number=True, yields=5), lambda row: row.parameters),
        *(cost for cost in costs if cost[0].name not in metrics),
        (Column("differs_in", "differs in", yields=6, least=20), _differences),
        (Column("reason", "how it ended", is_remark=True, yields=2, least=16), lambda row: "; ".join(row.reasons)),
    )


def _unit(metric: str) -> str:
    return " %" if is_fraction(metric) else ""


def _short(metric: str) -> str:
    words = metric_words(metric).replace("accuracy", "acc").replace("best test acc", "best acc")
    return words + _unit(metric)


def _shown_as(metric: str) -> Callable[[float], str]:
    return rate if metric == "samples_per_second" else partial(metric_value, metric)


def _ranked_by(metric: str) -> Callable[[LeaderboardRow], float | None]:
    def mean(row: LeaderboardRow) -> float | None:
        found = row.estimates.get(metric)
        return found.mean if found and row.metric == metric else None

    return mean


def _interval(row: LeaderboardRow) -> tuple[str, float] | None:
    """Return the metric of the row with half its interval, where there is one."""
    found: Estimate | None = row.estimates.get(row.metric)
    return None if found is None or found.half_width is None else (row.metric, found.half_width)


def _half_width(interval: tuple[str, float]) -> str:
    metric, half_width = interval
    return _shown_as(metric)(half_width)


def _half_width_value(interval: tuple[str, float] | None) -> float | None:
    return interval[1] if interval is not None else None


def _differences(row: LeaderboardRow) -> str | None:
    return "  ".join(f"{key}={value_text(value)}" for key, value in row.differs_in.items()) or None


def _itself(row: LeaderboardRow) -> LeaderboardRow:
    return row


def _published(row: LeaderboardRow) -> str:
    if row.published is None:
        return MISSING
    return published_figure(row.published, is_named=True)


def _published_value(row: LeaderboardRow) -> float | None:
    return float(row.published["value"]) if row.published is not None else None


def _gap(row: LeaderboardRow) -> str:
    if row.gap is None or row.published is None:
        return MISSING
    text = metric_gap(row.published["metric"], row.gap)
    if row.is_within_tolerance is None:
        return f"({text})"  # another recipe than the published one: shown, not judged
    return f"{text} {'inside' if row.is_within_tolerance else 'outside'}"


def _gap_value(row: LeaderboardRow) -> float | None:
    return row.gap


def leaderboard_json(rows: Sequence[LeaderboardRow]) -> str:
    """Return the rows as one JSON document; accuracies and errors are fractions, what is unknown is null."""
    return json_text([_row_document(row) for row in rows])


def _row_document(row: LeaderboardRow) -> dict[str, Any]:
    ranked = row.estimates.get(row.metric)
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset": row.dataset,
        "preset": row.preset,
        "label": row.label,
        "model": row.model,
        "fingerprint": row.fingerprint,
        "parameters": row.parameters,
        "n": row.n,
        "runs": [run.run for run in row.runs],
        "seeds": sorted({run.seed for run in row.runs}),
        "metric": row.metric,
        "mean": _finite(ranked.mean) if ranked else None,
        "half_width_95": _finite(ranked.half_width) if ranked else None,
        "metrics": {
            name: {"mean": _finite(found.mean), "half_width_95": _finite(found.half_width)}
            for name, found in row.estimates.items()
        },
        "published": row.published,
        "gap": _finite(row.gap),
        "within_tolerance": row.is_within_tolerance,
        "differs_in": row.differs_in,
        "reasons": list(row.reasons),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
