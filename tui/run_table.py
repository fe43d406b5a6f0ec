"""Saved runs as tables, for the shell."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from engine.columns import value_text
from engine.leaderboard import Estimate, LeaderboardRow
from engine.summary import SCHEMA_VERSION, RunSummary
from tui.format import MISSING, count, is_fraction, loss, metric_gap, number, percent, published_figure, rate, seconds
from tui.tables import Column, Table, table_of

_Columns = Sequence[tuple[Column, Callable[[Any], Any]]]


def run_table(summaries: Sequence[RunSummary]) -> Table:
    """Return one line a run: what it is, where it stands, how good it is."""
    return table_of(_RUN_COLUMNS, summaries)


def leaderboard_table(rows: Sequence[LeaderboardRow], metric: str) -> Table:
    """Return one line a recipe, best first within its dataset, with the 95 % interval from two runs on."""
    return table_of(_leaderboard_columns(metric), rows)


def show_metric(metric: str, value: float) -> str:
    """Write a metric as people read it: accuracies and errors in percent."""
    return f"{percent(value)} %" if is_fraction(metric) else loss(value)


def _metric(name: str) -> Callable[[RunSummary], float | None]:
    return lambda summary: summary.metrics.get(name)


def _short_id(summary: RunSummary) -> str:
    return summary.run.partition("-")[0] if summary.preset else summary.run


_RUN_COLUMNS: _Columns = (
    (Column("run", "run"), _short_id),
    (Column("preset", "preset"), lambda summary: summary.preset),
    (Column("label", "trial"), lambda summary: summary.label),
    (Column("seed", "seed", is_number=True), lambda summary: summary.seed),
    (Column("status", "status"), lambda summary: str(summary.status)),
    (Column("epochs", "epochs", is_number=True), lambda summary: f"{summary.epochs}/{summary.total_epochs}"),
    (Column("test_accuracy", "test acc %", percent, is_number=True), _metric("test_accuracy")),
    (Column("best_test_accuracy", "best %", percent, is_number=True), _metric("best_test_accuracy")),
    (Column("train_seconds", "train", seconds, is_number=True), lambda summary: summary.train_seconds),
)


def _leaderboard_columns(metric: str) -> _Columns:
    def estimate(row: LeaderboardRow) -> Estimate | None:
        return row.estimates.get(metric)

    def mean(name: str) -> Callable[[LeaderboardRow], float | None]:
        return lambda row: row.estimates[name].mean if name in row.estimates else None

    unit = " %" if is_fraction(metric) else ""
    shown_as = percent if is_fraction(metric) else _four_decimals
    costs: _Columns = (
        (Column("train_seconds", "train", seconds, is_number=True), mean("train_seconds")),
        (Column("samples_per_second", "img/s", rate, is_number=True), mean("samples_per_second")),
    )
    return (
        (Column("dataset", "dataset"), lambda row: row.test_data),
        (Column("preset", "preset"), lambda row: row.preset),
        (Column("label", "trial"), lambda row: row.label),
        (Column("n", "n", is_number=True), lambda row: row.n),
        (Column(metric, f"{metric.replace('_', ' ')}{unit}", shown_as, is_number=True), mean(metric)),
        (
            Column("half_width", "± 95 %", shown_as, is_number=True),
            lambda row: found.half_width if (found := estimate(row)) else None,
        ),
        (Column("published", "published", _published, export=_published_value), _itself),
        (Column("gap", "gap", _gap, export=_gap_value), _itself),
        (Column("parameters", "params", count, is_number=True), lambda row: row.parameters),
        *(cost for cost in costs if cost[0].name != metric),
        (Column("differs_in", "differs in"), _differences),
    )


def _four_decimals(value: float) -> str:
    return number(value, 4)


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


def leaderboard_json(rows: Sequence[LeaderboardRow], metric: str) -> str:
    """Return the rows as one JSON document; accuracies and errors are fractions, what is unknown is null."""
    return json.dumps([_row_document(row, metric) for row in rows], indent=2, ensure_ascii=False)


def _row_document(row: LeaderboardRow, metric: str) -> dict[str, Any]:
    ranked = row.estimates.get(metric)
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
        "metric": metric,
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
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
