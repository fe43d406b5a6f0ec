"""Leaderboard rows: saved runs grouped by recipe, their seeds summarised, the published figure beside them."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from engine.best_epochs import is_higher_better
from engine.columns import check_column, column_kind, column_value, sort_values, value_text
from engine.errors import ConfigError, suggest, unknown
from engine.expressions import parse_expression
from engine.leaderboard_row import DEFAULT_METRIC, LeaderboardRow, build_row, name_test_data, varying_settings
from engine.summary import RunStatus, RunSummary

FALLBACK_METRIC = "test_loss"
"""Ranks recipes on data where none has the metric asked for: where a number is predicted there is no accuracy."""
_COSTS = ("train_seconds", "samples_per_second")
"""What a training took, which recipes can be ranked by as well."""
_ROW_COLUMNS = ("n", "half_width", "differs_in")
"""Columns that only recipes have, not runs."""


KnownRows = dict[str, tuple[list[RunSummary], LeaderboardRow]]
"""Rows by fingerprint, with the runs that they were built of: of thousands of recipes a few change at a time."""


def rank(
    summaries: Iterable[RunSummary], metric: str = DEFAULT_METRIC, known: KnownRows | None = None
) -> list[LeaderboardRow]:
    """Group finished runs by recipe, best first; recipes on different data are never ranked against each other.

    Rows come dataset by dataset; those without the metric stand last in their dataset, and a dataset where none has it
    is ranked by test loss. `known` keeps rows from one call to the next.
    """
    known = {} if known is None else known
    groups: dict[str, list[RunSummary]] = {}
    for summary in summaries:
        if summary.status is RunStatus.DONE:
            groups.setdefault(summary.fingerprint, []).append(summary)
    by_data: dict[str, list[list[RunSummary]]] = {}
    for runs in groups.values():
        by_data.setdefault(name_test_data(runs[0], metric), []).append(runs)
    rows: list[LeaderboardRow] = []
    for data in sorted(by_data):
        section = [_row_of(runs, data, known) for runs in by_data[data]]
        varying = varying_settings([row.settings for row in section])
        ranked_by = _section_metric(section, metric)
        rows += sorted((_ranked(row, ranked_by, varying) for row in section), key=_sort_key)
    return rows


def _row_of(runs: list[RunSummary], test_data: str, known: KnownRows) -> LeaderboardRow:
    """Return the row of these runs, the one that is known if it is of the very same ones."""
    fingerprint = runs[0].fingerprint
    built_of, row = known.get(fingerprint, ([], None))
    if row is None or len(built_of) != len(runs) or any(map(operator.is_not, built_of, runs)):
        row = build_row(runs, row)
        known[fingerprint] = (runs, row)
    return row if row.test_data == test_data else replace(row, test_data=test_data)


def _ranked(row: LeaderboardRow, metric: str, varying: Collection[str]) -> LeaderboardRow:
    """Say of a row what depends on the rows beside it."""
    figures = [figure for figure in row.runs[-1].also_published if figure.get("metric") == metric]
    is_headline = row.published is not None and row.published["metric"] == metric
    published = figures[0] if figures and not is_headline else row.published
    differs_in = {key: value for key, value in row.settings.items() if key in varying}
    if (metric, published, differs_in) == (row.metric, row.published, row.differs_in):
        return row
    return replace(row, metric=metric, published=published, differs_in=differs_in)


def _section_metric(section: Sequence[LeaderboardRow], metric: str) -> str:
    def has(name: str) -> bool:
        return any(row.estimate_of(name) is not None for row in section)

    return FALLBACK_METRIC if not has(metric) and has(FALLBACK_METRIC) else metric


def check_metric(metric: str, summaries: Sequence[RunSummary]) -> None:
    """Make sure that recipes can be ranked by something: a metric that a run has, or an expression of such.

    Raises: ConfigError naming the nearest.
    """
    known = {name for run in summaries for name in run.metrics} | {DEFAULT_METRIC, *_COSTS}
    expression = parse_expression(metric)
    for name in expression.metrics if expression else (metric,):
        if name not in known:
            # The nearest one first: there may be more names than a question has room for.
            names = sorted(known)
            raise ConfigError([f'"{name}" is not a known metric.{suggest(name, names)}'], f"Known: {', '.join(names)}.")


def sort_rows(rows: Iterable[LeaderboardRow], column: str, *, descending: bool = False) -> list[LeaderboardRow]:
    """Sort rows by a column within their dataset: a column of the leaderboard, a metric, or a field or setting of runs.

    Rows without a value come last either way; rows that tie stay in the order in which they came.
    Raises: ConfigError naming the nearest known column.
    """
    rows = list(rows)
    check_column(column, [run for row in rows for run in row.runs], also=_ROW_COLUMNS)
    places = {data: place for place, data in enumerate(dict.fromkeys(row.test_data for row in rows))}
    values = {row.fingerprint: _row_value(row, column) for row in rows}
    return sorted(
        sort_values(rows, lambda row: values[row.fingerprint], descending=descending),
        key=lambda row: places[row.test_data],
    )


def find_row(rows: Sequence[LeaderboardRow], name: str) -> LeaderboardRow:
    """Return the row that a name stands for: a label, `preset/label`, a run's id or its start, or `best` for the first.

    Raises: ConfigError naming the candidates or the nearest label.
    """
    if name == "best" and rows:
        return rows[0]
    found = [row for row in rows if name in (row.label, f"{row.preset}/{row.label}", row.fingerprint)]
    found = found or [row for row in rows if name and any(run.run.startswith(name) for run in row.runs)]
    if len(found) == 1:
        return found[0]
    if found:
        candidates = ", ".join(f"{row.preset}/{row.label} ({row.runs[-1].run.partition('-')[0]})" for row in found[:5])
        more = ", …" if len(found) > 5 else ""
        raise ConfigError(
            [f'"{name}" stands for {len(found)} recipes: {candidates}{more}'], "Name one by the start of a run's id."
        )
    known = [*(row.label for row in rows), *(f"{row.preset}/{row.label}" for row in rows)]
    raise ConfigError([unknown("recipe", name, list(dict.fromkeys(known)))])


def _row_value(row: LeaderboardRow, column: str) -> Any:
    if column == "half_width":
        found = row.estimate_of(row.metric)
        return found.half_width if found else None
    if column == "differs_in":
        return " ".join(f"{key}={value_text(value)}" for key, value in row.differs_in.items())
    if column in ("n", "gap"):
        return getattr(row, column)
    if column_kind(column) == "number" and (found := row.estimate_of(column)) is not None:
        return found.mean
    return column_value(row.runs[-1], column)


def _sort_key(row: LeaderboardRow) -> tuple[bool, float, str]:
    found = row.estimate_of(row.metric)
    if found is None or math.isnan(found.mean):
        return (True, 0.0, row.label)
    return (False, -found.mean if is_higher_better(row.metric) else found.mean, row.label)
