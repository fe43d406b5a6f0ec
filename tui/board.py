"""The lines of the leaderboard as values: recipes or single runs, filtered and sorted. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.leaderboard import FALLBACK_METRIC
from engine.leaderboard_row import LeaderboardRow
from engine.overrides import format_value
from engine.summary import DIVERGED, RunStatus, RunSummary
from tui.format import (
    MISSING,
    count,
    estimate,
    loss,
    metric_gap,
    metric_words,
    moment,
    percent,
    plain,
    published_figure,
    rate,
)
from tui.identity import Identity
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.trial_rows import status_cell

LookOf = Callable[[str, str], Identity]

RECIPE_COLUMNS = (
    Column("mark", "", gap=1),
    Column("label", "recipe", most=28),
    Column("n", "n", is_right=True),
    Column("best", "best acc %", is_right=True),
    Column("last", "last acc %", is_right=True),
    Column("gap", "gap", is_right=True),
    Column("verdict", ""),
    Column("gap_of", "gap of"),
    Column("published", "published", is_right=True),
    Column("preset", "preset", most=24),
    Column("parameters", "params", is_right=True),
    Column("train_seconds", "train s", is_right=True),
    Column("differs", "differs in", most=120, takes_rest=True),
)
RUN_COLUMNS = (
    Column("mark", "", gap=1),
    Column("label", "run of", most=28),
    Column("seed", "seed", is_right=True),
    Column("status", "status", least=10),
    Column("best", "best acc %", is_right=True),
    Column("last", "last acc %", is_right=True),
    Column("created", "started"),
    Column("preset", "preset", most=24),
    Column("epochs", "epochs", is_right=True),
    Column("gap", "gap", is_right=True),
    Column("verdict", ""),
    Column("gap_of", "gap of"),
    Column("parameters", "params", is_right=True),
    Column("train_seconds", "train s", is_right=True),
    Column("rate", "img/s", is_right=True),
    Column("run", "id", most=60),
    Column("reason", "", most=200, takes_rest=True),
)
LARGEST_FIRST = ("n", "best", "last", "created", "rate", "gap", "parameters", "epochs")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the board: what it shows, what it is sorted by, what a filter finds in it."""

    key: str
    run_ids: tuple[str, ...]
    section: str
    cells: tuple[Cell, ...]
    values: dict[str, Any]
    """By column key, where the text of the cell would sort wrongly."""
    text: str
    gap_told: str = ""
    """What the gap lies between; empty where there is none."""


KnownLines = dict[str, tuple[RunSummary, Line]]
"""Lines of single runs by id, with what they were made of; a store returns the same summary until its run changes."""


def recipe_lines(rows: Iterable[LeaderboardRow], look_of: LookOf) -> list[Line]:
    """Return one line for each recipe with finished runs."""
    return [_recipe_line(row, look_of(row.preset, row.label)) for row in rows]


def run_lines(summaries: Iterable[RunSummary], look_of: LookOf, known: KnownLines) -> list[Line]:
    """Return one line for each saved run, whatever became of it; `known` keeps the lines of runs that do not change."""
    lines: list[Line] = []
    for summary in summaries:
        seen = known.get(summary.run)
        if seen is None or seen[0] is not summary:
            seen = known[summary.run] = (summary, _run_line(summary, look_of))
        lines.append(seen[1])
    return lines


def matching(lines: Iterable[Line], text: str) -> list[Line]:
    """Keep the lines that have all the words."""
    words = text.lower().split()
    return [line for line in lines if all(word in line.text for word in words)]


def ordered(lines: Sequence[Line], column: str, *, is_reverse: bool) -> list[Line]:
    """Sort within the sections; lines without a value stand last in theirs, whichever way it goes."""
    known = [line for line in lines if not _is_unknown(line.values.get(column))]
    unknown = [line for line in lines if _is_unknown(line.values.get(column))]
    known.sort(key=lambda line: _sort_value(line.values[column]), reverse=is_reverse)
    sections = {section: place for place, section in enumerate(dict.fromkeys(line.section for line in lines))}
    return sorted([*known, *unknown], key=lambda line: sections[line.section])


def table_rows(lines: Iterable[Line], width: int) -> list[Row]:
    """Return the rows of a table, each section under its heading."""
    rows: list[Row] = []
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            rows.append(Row(f"section {section}", (Cell(section), *([Cell("")] * (width - 1))), is_section=True))
        rows.append(Row(line.key, line.cells))
    return rows


def _recipe_line(row: LeaderboardRow, look: Identity) -> Line:
    best, last = row.estimates.get("best_test_accuracy"), row.estimates.get("test_accuracy")
    took = row.estimates.get("train_seconds")
    means = {name: found.mean for name, found in row.estimates.items()}
    # Where nothing has an accuracy, rows stand by their loss, the lowest as if it were the highest accuracy.
    stands_at = -means[FALLBACK_METRIC] if row.metric == FALLBACK_METRIC else None
    figure = row.published
    gap, verdict = _gap(figure, row.gap, row.is_within_tolerance)
    gap_of = _metric_of(figure, row.gap)
    measured = row.estimates.get(figure["metric"]) if figure else None
    told = _told(figure, (measured.mean, measured.half_width)) if figure and measured else ""
    differs = "  ".join(f"{key}={format_value(value)}" for key, value in row.differs_in.items())
    cells = (
        Cell(look.marker, look.color),
        Cell(plain(row.label)),
        Cell(str(row.n)),
        Cell(estimate("accuracy", best.mean, best.half_width) if best else MISSING),
        Cell(estimate("accuracy", last.mean, last.half_width)) if last else _last_cell(means),
        gap,
        verdict,
        Cell(gap_of, "quiet"),
        _published_cell(figure),
        Cell(plain(row.preset), "quiet"),
        Cell(count(row.parameters)),
        Cell(f"{took.mean:,.1f}" if took else MISSING),
        Cell(plain(differs), "quiet"),
    )
    values = {
        "mark": row.label, "label": row.label, "preset": row.preset, "n": row.n,
        "best": best.mean if best else stands_at, "last": last.mean if last else stands_at,
        "published": float(figure["value"]) if figure else None, "gap": row.gap, "verdict": verdict.text or None,
        "gap_of": gap_of or None, "parameters": row.parameters, "train_seconds": took.mean if took else None,
        "differs": differs or None,
        "reason": "; ".join(row.reasons) or None,
    }  # fmt: skip
    text = (
        f"{row.label} {row.preset} {row.dataset} {row.model} {differs} {verdict.text} {' '.join(row.reasons)}".lower()
    )
    run_ids = tuple(run.run for run in row.runs)
    return Line(row.fingerprint, run_ids, plain(row.test_data), cells, values, text, told)


def _run_line(summary: RunSummary, look_of: LookOf) -> Line:
    metrics, figure = summary.metrics, summary.published
    is_damaged = summary.status is RunStatus.DAMAGED
    gap, verdict = _gap(figure, summary.gap, summary.is_within_tolerance)
    gap_of = _metric_of(figure, summary.gap)
    told = _told(figure, (metrics[figure["metric"]], None)) if figure and summary.gap is not None else ""
    look = look_of(summary.preset, summary.label) if summary.preset else None
    epochs = f"{summary.epochs}/{summary.total_epochs}"
    cells = (
        Cell(look.marker, look.color) if look else Cell("!", "bad"),
        Cell(plain(summary.label) or MISSING),
        Cell(MISSING if is_damaged else str(summary.seed), "quiet"),
        status_cell(summary.status, is_diverged=summary.is_diverged),
        Cell(percent(metrics.get("best_test_accuracy"))),
        _last_cell(metrics),
        Cell(moment(summary.created) if summary.created else MISSING, "quiet"),
        Cell(plain(summary.preset), "quiet"),
        Cell(MISSING if is_damaged else epochs),
        gap,
        verdict,
        Cell(gap_of, "quiet"),
        Cell(count(summary.parameters or None)),
        Cell(f"{summary.train_seconds:,.1f}" if summary.train_seconds else MISSING),
        Cell(rate(summary.samples_per_second)),
        Cell(plain(summary.run), "quiet"),
        Cell(plain(summary.reason), "quiet"),
    )
    values = {
        "mark": summary.label, "label": summary.label, "preset": summary.preset, "seed": summary.seed,
        "status": DIVERGED if summary.is_diverged else str(summary.status), "epochs": summary.epochs,
        "best": metrics.get("best_test_accuracy"),
        "last": metrics.get("test_accuracy"), "gap": summary.gap, "verdict": verdict.text or None,
        "gap_of": gap_of or None, "parameters": summary.parameters or None,
        "train_seconds": summary.train_seconds or None,
        "rate": summary.samples_per_second or None, "created": summary.created or None, "run": summary.run,
        "reason": summary.reason or None,
    }  # fmt: skip
    found = (summary.label, summary.preset, summary.dataset, summary.model, summary.status, summary.reason)
    text = " ".join([*map(str, found), summary.run, f"seed={summary.seed}"]).lower()
    return Line(summary.run, (summary.run,), "", cells, values, text, told)


def _last_cell(metrics: Mapping[str, float]) -> Cell:
    """Return the last accuracy, or by its name the loss of what has no accuracy."""
    if "test_accuracy" not in metrics and FALLBACK_METRIC in metrics:
        return Cell(f"loss {loss(metrics[FALLBACK_METRIC])}")
    return Cell(percent(metrics.get("test_accuracy")))


def _published_cell(figure: dict[str, Any] | None) -> Cell:
    if figure is None:
        return Cell(MISSING, "quiet")
    return Cell(published_figure(figure, is_named=False), "" if figure["comparable"] else "quiet")


def _metric_of(figure: dict[str, Any] | None, gap: float | None) -> str:
    """Name what a gap is of, which is hardly ever what rows are ranked by; the last accuracy by its column."""
    if figure is None or gap is None:
        return ""
    return "last acc" if figure["metric"] == "test_accuracy" else metric_words(str(figure["metric"]))


def _told(figure: dict[str, Any], measured: tuple[float, float | None]) -> str:
    metric = str(figure["metric"])
    return f"{metric_words(metric)} {estimate(metric, *measured)}, published {published_figure(figure, is_named=False)}"


def _gap(figure: dict[str, Any] | None, gap: float | None, is_inside: bool | None) -> tuple[Cell, Cell]:
    if figure is None or gap is None:
        return Cell(MISSING, "quiet"), Cell("")
    text = metric_gap(str(figure["metric"]), gap)
    if is_inside is None:
        return Cell(f"({text})", "quiet"), Cell("")
    return Cell(text), Cell("inside", "good") if is_inside else Cell("outside", "warn")


def _is_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _sort_value(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
