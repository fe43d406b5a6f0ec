"""Leaderboard rows: saved runs grouped by recipe, their seeds summarised, the published figure beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.best_epochs import is_higher_better
from engine.columns import check_column, column_value, sort_values, value_text
from engine.statistics.estimate import Estimate, estimate
from engine.summary import RunStatus, RunSummary
from engine.tolerance import is_met

DEFAULT_METRIC = "best_test_accuracy"
FALLBACK_METRIC = "test_loss"
"""Ranks recipes on data where none has the metric asked for: where a number is predicted there is no accuracy."""
_ROW_COLUMNS = ("n", "half_width", "differs_in")
"""Columns that only recipes have, not runs."""


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """All finished runs of one recipe, whatever their seed and device."""

    fingerprint: str
    preset: str
    label: str
    dataset: str
    test_data: str
    """What its test figures are about; rows of other test data are not ranked against it."""
    model: str
    parameters: int
    runs: tuple[RunSummary, ...]
    """All of them, repeats of a seed included."""
    n: int
    """Seeds. A repeat of one says nothing new, so that a seed counts once, with its newest run."""
    estimates: dict[str, Estimate]
    """By metric, and for `train_seconds` and `samples_per_second`."""
    published: dict[str, Any] | None
    """The source's figure for what it is ranked by, where there is one, and its headline figure elsewhere."""
    differs_in: dict[str, Any]
    """Settings by dotted key that are not the same in all rows of this dataset."""
    metric: str = DEFAULT_METRIC
    """What it is ranked by: the metric asked for, or test loss where no recipe on its data has that."""

    @property
    def gap(self) -> float | None:
        """Mean measured minus published; None where either is missing."""
        if self.published is None or self.published["metric"] not in self.estimates:
            return None
        return self.estimates[self.published["metric"]].mean - float(self.published["value"])

    @property
    def reasons(self) -> tuple[str, ...]:
        """How its runs ended where there is something to say, such as that they diverged; each said once."""
        return tuple(dict.fromkeys(run.reason for run in self.runs if run.reason))

    @property
    def is_within_tolerance(self) -> bool | None:
        """Whether the mean meets the published figure; None where the recipe is not the published one."""
        if self.published is None or self.gap is None or not self.published["comparable"]:
            return None
        return is_met(self.published, self.estimates[self.published["metric"]].mean)


def rank(summaries: Iterable[RunSummary], metric: str = DEFAULT_METRIC) -> list[LeaderboardRow]:
    """Group finished runs by recipe, best first; recipes on different data are never ranked against each other.

    Rows come dataset by dataset; those without the metric stand last in their dataset, and a dataset where none has it
    is ranked by test loss.
    """
    groups: dict[str, list[RunSummary]] = {}
    for summary in summaries:
        if summary.status is RunStatus.DONE:
            groups.setdefault(summary.fingerprint, []).append(summary)
    by_data: dict[str, list[list[RunSummary]]] = {}
    for runs in groups.values():
        by_data.setdefault(test_data_name(runs[0]), []).append(runs)
    rows: list[LeaderboardRow] = []
    for data in sorted(by_data):
        same_data = by_data[data]
        varying = _varying_settings([runs[0].config for runs in same_data])
        section = [_row(runs, varying) for runs in same_data]
        ranked_by = _section_metric(section, metric)
        rows += sorted((_ranked(row, ranked_by) for row in section), key=_sort_key)
    return rows


def _ranked(row: LeaderboardRow, metric: str) -> LeaderboardRow:
    figures = [figure for figure in row.runs[-1].also_published if figure.get("metric") == metric]
    is_headline = row.published is not None and row.published["metric"] == metric
    return replace(row, metric=metric, published=figures[0] if figures and not is_headline else row.published)


def _section_metric(section: Sequence[LeaderboardRow], metric: str) -> str:
    def has(name: str) -> bool:
        return any(name in row.estimates for row in section)

    return FALLBACK_METRIC if not has(metric) and has(FALLBACK_METRIC) else metric


def sort_rows(rows: Iterable[LeaderboardRow], column: str, *, descending: bool = False) -> list[LeaderboardRow]:
    """Sort rows by a column within their dataset: a column of the leaderboard, a metric, or a field or setting of runs.

    Rows without a value come last either way; rows that tie stay in the order in which they came.
    Raises: ConfigError naming the nearest known column.
    """
    rows = list(rows)
    check_column(column, [run for row in rows for run in row.runs], also=_ROW_COLUMNS)
    places = {data: place for place, data in enumerate(dict.fromkeys(test_data_name(row.runs[0]) for row in rows))}
    values = {row.fingerprint: _row_value(row, column) for row in rows}
    return sorted(
        sort_values(rows, lambda row: values[row.fingerprint], descending=descending),
        key=lambda row: places[test_data_name(row.runs[0])],
    )


def _row_value(row: LeaderboardRow, column: str) -> Any:
    if column in row.estimates:
        return row.estimates[column].mean
    if column == "half_width":
        return row.estimates[row.metric].half_width if row.metric in row.estimates else None
    if column == "differs_in":
        return " ".join(f"{key}={value_text(value)}" for key, value in row.differs_in.items())
    if column in ("n", "gap"):
        return getattr(row, column)
    return column_value(row.runs[-1], column)


def _row(runs: list[RunSummary], varying: set[str]) -> LeaderboardRow:
    newest = max(runs, key=lambda run: run.created)
    by_seed = {run.seed: run for run in sorted(runs, key=lambda run: run.created)}
    measured = [
        {**run.metrics, "train_seconds": run.train_seconds, "samples_per_second": run.samples_per_second}
        for run in by_seed.values()
    ]
    shared = [name for name in measured[0] if all(name in one for one in measured)]
    return LeaderboardRow(
        fingerprint=newest.fingerprint,
        preset=newest.preset,
        label=newest.label,
        dataset=newest.dataset,
        test_data=test_data_name(newest),
        model=newest.model,
        parameters=newest.parameters,
        runs=tuple(sorted(runs, key=lambda run: (run.seed, run.created))),
        n=len(by_seed),
        estimates={name: estimate([one[name] for one in measured]) for name in shared},
        published=newest.published,
        differs_in={key: value for key, value in _flat(newest.config).items() if key in varying},
    )


def test_data_name(summary: RunSummary) -> str:
    """Name what two runs must share for their test figures to be about the same thing: the test set."""
    data = summary.config.get("data", {})
    parts = [f"{key.replace('_', ' ')} {data[key]}" for key in ("image_size", "test_limit") if data.get(key)]
    return " · ".join([summary.dataset, *parts])


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _varying_settings(configs: list[dict[str, Any]]) -> set[str]:
    flats = [
        _flat({key: value for key, value in config.items() if key not in ("seed", "device")}) for config in configs
    ]
    keys = {key for flat in flats for key in flat}
    return {key for key in keys if any(flat.get(key) != flats[0].get(key) for flat in flats)}


def _sort_key(row: LeaderboardRow) -> tuple[bool, float, str]:
    if row.metric not in row.estimates or math.isnan(row.estimates[row.metric].mean):
        return (True, 0.0, row.label)
    mean = row.estimates[row.metric].mean
    return (False, -mean if is_higher_better(row.metric) else mean, row.label)
