"""The lines of the leaderboard as values: recipes or single runs, filtered and sorted. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.columns import value_text
from engine.garbage import without_collections
from engine.leaderboard import FALLBACK_METRIC
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
from tui.widgets.columns import Cell, Column, Row, text_width
from tui.widgets.trial_rows import status_cell

LookOf = Callable[[str, str], Identity]

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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the board: what it shows, and what it is sorted by."""

    key: str
    run_ids: tuple[str, ...]
    section: str
    cells: tuple[Cell, ...]
    widths: tuple[int, ...]
    """Of the cells, in characters: measured once, for thousands of lines are laid out at every letter of a filter."""
    values: dict[str, Any]
    """What it is sorted by, by column key; None where there is nothing."""
    told_gap: str = ""
    """What the gap lies between; empty where there is none."""
    is_marked: bool = False


KnownLines = dict[str, tuple[RunSummary, bool, Line]]
"""Lines of single runs by id, with what they were made of: the summary, which a store returns until its run changes,
and whether it is marked."""


def run_lines(
    summaries: Iterable[RunSummary], look_of: LookOf, known: KnownLines, marked: Collection[str] = ()
) -> list[Line]:
    """Return one line for each saved run, whatever became of it; `known` keeps the lines of runs that do not change."""
    lines: list[Line] = []
    with without_collections():
        for summary in summaries:
            seen, is_marked = known.get(summary.run), summary.run in marked
            if seen is None or seen[0] is not summary or seen[1] is not is_marked:
                line = _run_line(summary, look_of, is_marked=is_marked)
                seen = known[summary.run] = (summary, is_marked, line)
            lines.append(seen[2])
    return lines


def widths_of(cells: Iterable[Cell]) -> tuple[int, ...]:
    """Measure cells; in characters."""
    return tuple(text_width(cell.text) for cell in cells)


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
        rows.append(Row(line.key, line.cells, widths=line.widths, is_marked=line.is_marked))
    return rows


def _run_line(summary: RunSummary, look_of: LookOf, *, is_marked: bool) -> Line:
    metrics, figure = summary.metrics, summary.published
    is_damaged = summary.status is RunStatus.DAMAGED
    gap, verdict = gap_cells(figure, summary.gap, summary.is_within_tolerance)
    gap_of = metric_of_gap(figure, summary.gap)
    told = told_gap(figure, (metrics[figure["metric"]], None)) if figure and summary.gap is not None else ""
    look = look_of(summary.preset, summary.label) if summary.preset else None
    epochs = f"{summary.epochs}/{summary.total_epochs}"
    cells = (
        Cell(look.marker, look.color) if look else Cell("!", "bad"),
        Cell(plain(summary.label) or MISSING),
        Cell(MISSING if is_damaged else str(summary.seed), "quiet"),
        status_cell(summary.status, is_diverged=summary.is_diverged),
        Cell(percent(metrics.get("best_test_accuracy"))),
        last_cell(metrics),
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
        "mark": summary.label,
        "label": summary.label, "preset": summary.preset, "seed": summary.seed,
        "status": DIVERGED if summary.is_diverged else str(summary.status), "epochs": summary.epochs,
        "best": metrics.get("best_test_accuracy"),
        "last": metrics.get("test_accuracy"), "gap": summary.gap, "verdict": verdict.text or None,
        "gap_of": gap_of or None, "parameters": summary.parameters or None,
        "train_seconds": summary.train_seconds or None,
        "rate": summary.samples_per_second or None, "created": summary.created or None, "run": summary.run,
        "reason": summary.reason or None,
    }  # fmt: skip
    return Line(summary.run, (summary.run,), "", cells, widths_of(cells), values, told, is_marked)


def last_cell(metrics: Mapping[str, float]) -> Cell:
    """Return the last accuracy, or by its name the loss of what has no accuracy."""
    if "test_accuracy" not in metrics and FALLBACK_METRIC in metrics:
        return Cell(f"loss {loss(metrics[FALLBACK_METRIC])}")
    return Cell(percent(metrics.get("test_accuracy")))


def published_cell(figure: dict[str, Any] | None) -> Cell:
    """Write a published figure, quietly where it is of another recipe."""
    if figure is None:
        return Cell(MISSING, "quiet")
    return Cell(published_figure(figure, is_named=False), "" if figure["comparable"] else "quiet")


def metric_of_gap(figure: dict[str, Any] | None, gap: float | None) -> str:
    """Name what a gap is of, which is hardly ever what rows are ranked by; the last accuracy by its column."""
    if figure is None or gap is None:
        return ""
    return "last acc" if figure["metric"] == "test_accuracy" else metric_words(str(figure["metric"]))


def told_gap(figure: dict[str, Any], measured: tuple[float, float | None]) -> str:
    """Say what a gap lies between: a measured mean, with half its interval if there is one, and the figure."""
    metric = str(figure["metric"])
    return f"{metric_words(metric)} {estimate(metric, *measured)}, published {published_figure(figure, is_named=False)}"


def gap_cells(figure: dict[str, Any] | None, gap: float | None, is_inside: bool | None) -> tuple[Cell, Cell]:
    """Write a gap, in brackets where it is of another recipe, and whether it is inside the tolerance."""
    if figure is None or gap is None:
        return Cell(MISSING, "quiet"), Cell("")
    text = metric_gap(str(figure["metric"]), gap)
    if is_inside is None:
        return Cell(f"({text})", "quiet"), Cell("")
    return Cell(text), Cell("inside", "good") if is_inside else Cell("outside", "warn")


def _is_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _sort_value(value: Any) -> tuple[bool, float, str]:
    """Put numbers before text, and text in the order of the alphabet."""
    if isinstance(value, int | float):
        return (False, value, "")
    return (True, 0.0, value_text(value).lower())
