"""The part of a report that says what was measured: a table for each test set, and the mean curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from engine.leaderboard import FALLBACK_METRIC
from engine.leaderboard_row import DEFAULT_METRIC, LeaderboardRow
from tui.format import (
    MISSING,
    count,
    estimate,
    is_fraction,
    metric_gap,
    metric_words,
    published_figure,
    rate,
    seconds,
    seeds,
)
from tui.report.content import Block, Curve, Curves, Tabled
from tui.report.facts import BEST, RunFacts
from tui.report.naming import recipe_names
from tui.tables import Column, Table, table_of

MOST_CURVES = 8
"""More are not told apart in one chart."""

_EVERYWHERE = (DEFAULT_METRIC, FALLBACK_METRIC)
"""What recipes are measured by where they have nothing else in common."""
_Take = Callable[[LeaderboardRow], Any]


def results(rows: Sequence[LeaderboardRow], facts: Mapping[str, RunFacts], known: Sequence[str]) -> tuple[Block, ...]:
    """Return a table and a chart for each test set: recipes on different ones are not to be compared.

    `known` are the keys of all trials of the preset, with which colours are shared.
    """
    blocks: list[Block] = []
    for data in dict.fromkeys(row.test_data for row in rows):
        same = [row for row in rows if row.test_data == data]
        words = metric_words(same[0].metric)
        blocks.append(Tabled(f"{words.capitalize()} on {data}", results_table(same)))
        curves = tuple(_curves(same, facts))
        if 0 < len(curves) <= MOST_CURVES:
            measured = metric_words(same[0].metric.removeprefix(BEST))
            unit = " in percent" if is_fraction(same[0].metric) else ""
            blocks.append(Curves(f"Mean {measured}{unit} on {data} over the seeds", "epoch", curves, tuple(known)))
    return tuple(blocks)


def results_table(rows: Sequence[LeaderboardRow]) -> Table:
    """Return one line a recipe: how good, from how many seeds, at what cost."""
    names = recipe_names(rows)
    metric = rows[0].metric
    columns: list[tuple[Column, _Take]] = [
        (Column("recipe", "recipe"), lambda row: names[row.fingerprint]),
        (Column("n", "n", is_number=True), lambda row: row.n),
        (Column("seeds", "seeds"), lambda row: seeds(sorted({run.seed for run in row.runs}))),
        _mean_column("mean", metric),
    ]
    if any(metric not in row.estimates for row in rows):  # what only some have says nothing of the others
        columns += [_mean_column(name, name) for name in _EVERYWHERE if all(name in row.estimates for row in rows)][:1]
    if any(row.published for row in rows):
        columns += [(Column("published", "published"), _published), (Column("gap", "gap"), _gap)]
    columns += [
        (Column("train", "training time", is_number=True), _train_seconds),
        (Column("rate", "images/s", is_number=True), _rate),
        (Column("parameters", "parameters", count, is_number=True), lambda row: row.parameters),
    ]
    return table_of(columns, rows)


def _mean_column(key: str, metric: str) -> tuple[Column, _Take]:
    unit = " %" if is_fraction(metric) else ""
    return Column(key, f"{metric_words(metric)}{unit}, mean ± 95 %", is_number=True), partial(_mean, metric)


def _mean(metric: str, row: LeaderboardRow) -> str | None:
    found = row.estimates.get(metric)
    return None if found is None else estimate(metric, found.mean, found.half_width)


def _published(row: LeaderboardRow) -> str | None:
    return None if row.published is None else published_figure(row.published, is_named=True)


def _gap(row: LeaderboardRow) -> str:
    if row.published is None or row.gap is None:
        return MISSING
    text = metric_gap(row.published["metric"], row.gap)
    if row.is_within_tolerance is None:
        return f"({text})"
    return f"{text}, {'inside' if row.is_within_tolerance else 'outside'}"


def _train_seconds(row: LeaderboardRow) -> str:
    return seconds(row.estimates["train_seconds"].mean)


def _rate(row: LeaderboardRow) -> str:
    return rate(row.estimates["samples_per_second"].mean)


def _curves(rows: Sequence[LeaderboardRow], facts: Mapping[str, RunFacts]) -> Iterator[Curve]:
    """Yield the mean over seeds at each epoch that every seed of a recipe has."""
    names = recipe_names(rows)
    scale = 100 if is_fraction(rows[0].metric) else 1
    for row in rows:
        newest = {run.seed: run.run for run in sorted(row.runs, key=lambda run: run.created)}
        curves = [dict(facts[run].curve) for run in newest.values() if run in facts]
        if not curves or not curves[0]:
            continue
        shared = [epoch for epoch in curves[0] if all(epoch in curve for curve in curves)]
        means = [(epoch, scale * sum(curve[epoch] for curve in curves) / len(curves)) for epoch in shared]
        points = tuple((epoch, mean) for epoch, mean in means if math.isfinite(mean))
        if points:
            yield Curve(names[row.fingerprint], f"{row.preset}/{names[row.fingerprint]}", points)
