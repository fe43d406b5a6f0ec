"""The leaderboard as a table, for the shell: which columns there are, and which are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.columns import check_column, column_kind, column_value, value_text
from engine.leaderboard_row import LeaderboardRow
from engine.standings import Standing
from engine.statistics.estimate import Estimate
from engine.statistics.paired import Difference
from tui.format import (
    MISSING,
    count,
    is_fraction,
    metric_gap,
    metric_heading,
    metric_value,
    metric_words,
    p_value,
    published_figure,
    rate,
    seconds,
)
from tui.format import seeds as seeds_text
from tui.tables import Column, Table, table_of

NOISE = "noise"
"""Stands at a difference that seeds alone explain."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row, and how it stands to the baseline if there is one."""

    row: LeaderboardRow
    standing: Standing | None = None
    is_baseline: bool = False


_Taken = tuple[Column, Callable[[Entry], Any]]
Columns = Sequence[_Taken]


def entries_of(rows: Sequence[LeaderboardRow], standings: Mapping[str, Standing], baseline: str | None) -> list[Entry]:
    """Put rows and standings together; `baseline` is the fingerprint of its row."""
    return [Entry(row, standings.get(row.fingerprint), row.fingerprint == baseline) for row in rows]


def leaderboard_table(entries: Sequence[Entry], chosen: Sequence[str] = (), *, left_out: Collection[str] = ()) -> Table:
    """Return one line a recipe, best first within its dataset, with the 95 % interval from two seeds on.

    Each metric that rows are ranked by has a column of its own, empty for the rows ranked by another. `chosen` are the
    columns asked for, by name or expression, in place of the usual ones; those that begin with + come on top of these.
    `left_out` are usual ones that something else shows.
    Raises: ConfigError naming the nearest known column.
    """
    rows = [entry.row for entry in entries]
    usual = usual_columns(list(dict.fromkeys(row.metric for row in rows)), has_baseline=_has_baseline(entries))
    usual = [taken for taken in usual if taken[0].name not in left_out]
    if not chosen:
        return table_of(usual, entries)
    known = {column.name: (column, take) for column, take in (*usual, *_ON_REQUEST)}
    names = [name for name in chosen if not name.startswith("+")]
    added = [name.removeprefix("+") for name in chosen if name.startswith("+")]
    wanted = [known[name] if name in known else _own_column(name, rows, known) for name in [*names, *added]]
    return table_of(wanted if names else [*usual, *wanted], entries)


def _has_baseline(entries: Sequence[Entry]) -> bool:
    return any(entry.is_baseline for entry in entries)


def _own_column(name: str, rows: Sequence[LeaderboardRow], known: Collection[str]) -> _Taken:
    """Return a column for a metric, an expression, a field or a setting."""
    check_column(name, [run for row in rows for run in row.runs], also=known)
    if column_kind(name) == "number" and any(row.estimate_of(name) is not None for row in rows):
        heading = metric_heading(name)
        return Column(name, heading, partial(_estimate, name), is_number=True, export=_mean_of), _estimator(name)
    return Column(name, name, value_text), lambda entry: column_value(entry.row.runs[-1], name)


def usual_columns(metrics: Sequence[str], *, has_baseline: bool = False) -> Columns:
    """Return the columns that are shown unless others are asked for; those of a baseline only where there is one."""

    def mean(name: str) -> Callable[[Entry], float | None]:
        return lambda entry: _mean_of(entry.row.estimate_of(name))

    ranked: Columns = [
        (
            Column(name, metric_heading(name), _shown_as(name), is_number=True, short=_short(name)),
            _ranked_by(name),
        )
        for name in metrics
    ]
    costs: Columns = (
        (Column("train_seconds", "train", seconds, is_number=True, yields=4), mean("train_seconds")),
        (Column("samples_per_second", "img/s", rate, is_number=True, yields=7), mean("samples_per_second")),
    )
    against: Columns = (
        (Column("difference", "Δ baseline", _difference, is_number=True, export=_difference_value), _itself),
        (Column("common_seeds", "common", is_number=True, yields=9), _common_seeds),
        (Column("p_holm", "p (Holm)", p_value, is_number=True), _p),
        (Column("letters", "letters", yields=1), lambda entry: entry.standing.letters if entry.standing else ""),
    )
    return (
        (Column("dataset", "dataset", is_section=True, is_said_once=True), lambda entry: entry.row.test_data),
        (Column("preset", "preset", least=10, is_said_once=True), lambda entry: entry.row.preset),
        (Column("label", "trial", least=12, keeps_end=True), lambda entry: entry.row.label),
        (Column("n", "n", is_number=True), lambda entry: entry.row.n),
        *ranked,
        (Column("half_width", "± 95 %", _half_width, is_number=True, export=_half_width_value, yields=1), _interval),
        *(against if has_baseline else ()),
        (
            Column("published", "published", _published, export=_published_value, yields=4, is_said_once=True),
            lambda entry: entry.row,
        ),
        (Column("gap", "gap", _gap, export=_gap_value, yields=3), lambda entry: entry.row),
        (Column("best_epoch", "best epoch", _shown_as("epoch"), is_number=True, yields=8, short="epoch"), _best_epoch),
        (Column("parameters", "params", count, is_number=True, yields=6, is_said_once=True), _parameters),
        *(cost for cost in costs if cost[0].name not in metrics),
        (Column("differs_in", "differs in", yields=5, least=20), _differences),
        (Column("reason", "how it ended", is_remark=True, yields=2, least=16), _reasons),
    )


_ON_REQUEST: Columns = (
    (Column("model", "model"), lambda entry: entry.row.model),
    (Column("seeds", "seeds"), lambda entry: seeds_text(sorted(entry.row.by_seed))),
    (Column("runs", "runs", is_number=True), lambda entry: len(entry.row.runs)),
    (Column("fingerprint", "fingerprint"), lambda entry: entry.row.fingerprint),
)
"""Columns that are shown only where they are asked for, beside every metric, expression, field and setting."""


def _short(metric: str) -> str:
    words = metric_words(metric).replace("accuracy", "acc").replace("best test acc", "best acc")
    return words + (" %" if is_fraction(metric) else "")


def _shown_as(metric: str) -> Callable[[float], str]:
    return partial(metric_value, metric)


def _estimator(name: str) -> Callable[[Entry], Estimate | None]:
    return lambda entry: entry.row.estimate_of(name)


def _estimate(metric: str, found: Estimate) -> str:
    interval = "" if found.half_width is None else f" ± {_shown_as(metric)(found.half_width)}"
    return _shown_as(metric)(found.mean) + interval


def _mean_of(found: Estimate | None) -> float | None:
    return found.mean if found is not None else None


def _ranked_by(metric: str) -> Callable[[Entry], float | None]:
    return lambda entry: _mean_of(entry.row.estimate_of(metric)) if entry.row.metric == metric else None


def _interval(entry: Entry) -> tuple[str, float] | None:
    """Return the metric of the row with half its interval, where there is one."""
    found = entry.row.estimate_of(entry.row.metric)
    return None if found is None or found.half_width is None else (entry.row.metric, found.half_width)


def _half_width(interval: tuple[str, float]) -> str:
    metric, half_width = interval
    return _shown_as(metric)(half_width)


def _half_width_value(interval: tuple[str, float] | None) -> float | None:
    return interval[1] if interval is not None else None


def _itself(entry: Entry) -> Entry:
    return entry


def _difference(entry: Entry) -> str:
    if entry.is_baseline:
        return "baseline"
    found = entry.standing.difference if entry.standing else None
    return MISSING if found is None else difference_text(entry.row.metric, found, is_noise=_is_noise(entry))


def _is_noise(entry: Entry) -> bool:
    return entry.standing is not None and entry.standing.is_noise


def difference_text(metric: str, found: Difference, *, is_noise: bool = False) -> str:
    """Write a difference with its interval, and whether seeds alone explain it; none where a seed diverged."""
    if found.not_finite:
        return MISSING
    interval = "" if found.half_width is None else f" ± {_shown_as(metric)(found.half_width)}"
    return f"{metric_gap(metric, found.mean)}{interval}{f' {NOISE}' if is_noise else ''}"


def _difference_value(entry: Entry) -> float | None:
    found = entry.standing.difference if entry.standing else None
    return found.mean if found else None


def _common_seeds(entry: Entry) -> int | None:
    found = entry.standing.difference if entry.standing else None
    return found.n if found else None


def _p(entry: Entry) -> float | None:
    return entry.standing.p if entry.standing else None


def _best_epoch(entry: Entry) -> float | None:
    return _mean_of(entry.row.best_epoch)


def _parameters(entry: Entry) -> int:
    return entry.row.parameters


def _differences(entry: Entry) -> str | None:
    return "  ".join(f"{key}={value_text(value)}" for key, value in entry.row.differs_in.items()) or None


def _reasons(entry: Entry) -> str:
    return "; ".join(entry.row.reasons)


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
