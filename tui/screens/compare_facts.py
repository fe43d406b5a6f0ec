"""The rows that set recipes beside each other, one column for each: figures, settings, where curves part. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.columns import value_text
from engine.comparison import PARTED, Comparison
from engine.leaderboard_row import LeaderboardRow
from engine.parting import Parting
from tui.charts.naming import Naming
from tui.format import (
    MISSING,
    count,
    estimate,
    metric_gap,
    metric_heading,
    metric_value,
    metric_words,
    p_value,
    plain,
    published_figure,
    seeds,
)
from tui.leaderboard_table import difference_text
from tui.widgets.columns import Cell, Column, Row

SHOWN = ("best_test_accuracy", "test_accuracy", "test_loss", "train_loss", "validation_accuracy", "validation_loss")
"""Metrics that stand there beside the one that is compared."""
COSTS = ("train_seconds", "samples_per_second")
NARROWEST, WIDEST = 16, 40
"""Columns of recipes, in characters."""
NAMES = 26
"""Characters of the column before them."""


def column_width(recipes: int, total: int) -> int:
    """Return the most that the column of a recipe takes, so that all are seen as far as that is possible.

    Units: `total` in characters, of the table.
    """
    return max(NARROWEST, min(WIDEST, (total - NAMES) // max(1, recipes) - 2))


def recipe_columns(namings: Sequence[Naming], *, most: int = WIDEST) -> list[Column]:
    """Return a column for the names of rows, and one for each recipe, headed by the marker of its curves.

    Units: `most` in characters, of a column.
    """
    titles = [f"{naming.identity.marker} {naming.name}" for naming in namings]
    return [
        Column("name", "", most=24),
        *(Column(f"recipe {place}", title, is_right=True, most=most) for place, title in enumerate(titles)),
    ]


def comparison_rows(found: Comparison) -> list[Row]:
    """Return what sets recipes apart: figures first, then settings, then where their curves part."""
    rows: list[Row] = []
    metric = found.baseline.metric
    figures: dict[str, Callable[[LeaderboardRow], Cell]] = {metric_heading(metric): lambda row: _estimate(row, metric)}
    if len(found.rows) > 1:
        figures |= {
            "Δ baseline": lambda row: _difference(row, found),
        }
        if any(standing.p is not None for standing in found.standings.values()):
            figures["p (Holm)"] = lambda row: _p(row, found)
            figures["letters (abc)"] = lambda row: Cell(_letters(row, found))
    figures["seeds"] = _seeds
    for name in SHOWN:
        if name != metric and any(name in row.estimates for row in found.rows):
            figures[metric_heading(name)] = _reader(name)
    if any(row.published is not None for row in found.rows):
        figures["published"] = _published
        figures["gap"] = _gap
    figures["best epoch"] = _reader("best_epoch")
    figures["parameters"] = lambda row: Cell(count(row.parameters))
    figures |= {metric_words(name): _reader(name) for name in COSTS}
    _add(rows, found, "Figures, mean ± 95 %", figures)
    if len({row.test_data for row in found.rows}) > 1:
        _add(rows, found, "Data", {"figures are about": lambda row: Cell(plain(row.test_data))})
    if found.settings:
        rows.append(_section("Settings that differ", found))
        for key, values in found.settings.items():
            cells = (Cell(MISSING if value is None else plain(value_text(value))) for value in values)
            rows.append(Row(f"setting {key}", (Cell(f" {key}", "quiet"), *cells)))
    partings = {
        row.fingerprint: {one.metric: one for one in found.partings.get(row.fingerprint, ())} for row in found.rows
    }
    parted = [name for name in PARTED if any(name in ones for ones in partings.values())]
    if parted:
        rows.append(_section("Curves lie apart from the baseline's", found))
        for name in parted:
            cells = (_parting(row is found.baseline, partings[row.fingerprint].get(name)) for row in found.rows)
            rows.append(Row(f"parting {name}", (Cell(f" {metric_words(name)}", "quiet"), *cells)))
    return rows


def _add(rows: list[Row], found: Comparison, title: str, facts: dict[str, Callable[[LeaderboardRow], Cell]]) -> None:
    rows.append(_section(title, found))
    for name, read in facts.items():
        rows.append(Row(f"{title} {name}", (Cell(f" {name}", "quiet"), *(read(row) for row in found.rows))))


def _section(title: str, found: Comparison) -> Row:
    return Row(f"section {title}", (Cell(title), *([Cell("")] * len(found.rows))), is_section=True)


def _reader(metric: str) -> Callable[[LeaderboardRow], Cell]:
    return lambda row: _estimate(row, metric)


def _estimate(row: LeaderboardRow, metric: str) -> Cell:
    found = row.estimate_of(metric)
    if found is None:
        return Cell(MISSING, "quiet")
    if metric in COSTS or metric == "best_epoch":
        return Cell(metric_value(metric, found.mean))
    return Cell(estimate(metric, found.mean, found.half_width))


def _difference(row: LeaderboardRow, found: Comparison) -> Cell:
    standing = found.standings.get(row.fingerprint)
    if row is found.baseline:
        return Cell("baseline", "accent")
    if standing is None:
        return Cell("other data", "quiet")
    if standing.difference is None:
        return Cell("no common seed", "quiet")
    is_noise = standing.is_noise
    return Cell(difference_text(row.metric, standing.difference, is_noise=is_noise), "quiet" if is_noise else "")


def _p(row: LeaderboardRow, found: Comparison) -> Cell:
    standing = found.standings.get(row.fingerprint)
    if standing is None or standing.p is None:
        return Cell("" if row is found.baseline else MISSING, "quiet")
    return Cell(p_value(standing.p), "good" if standing.is_told_apart else "quiet")


def _letters(row: LeaderboardRow, found: Comparison) -> str:
    standing = found.standings.get(row.fingerprint)
    return standing.letters if standing else ""


def _seeds(row: LeaderboardRow) -> Cell:
    return Cell(f"{seeds(sorted(row.by_seed))} ({row.n})" if row.n > 1 else seeds(sorted(row.by_seed)))


def _published(row: LeaderboardRow) -> Cell:
    if row.published is None:
        return Cell(MISSING, "quiet")
    # The figure stands first: of a number that is cut nobody knows how much is missing.
    return Cell(f"{published_figure(row.published, is_named=False)} {metric_words(str(row.published['metric']))}")


def _gap(row: LeaderboardRow) -> Cell:
    if row.published is None or row.gap is None:
        return Cell(MISSING, "quiet")
    text = metric_gap(str(row.published["metric"]), row.gap)
    if row.is_within_tolerance is None:
        return Cell(f"({text})", "quiet")
    return Cell(f"{text} inside", "good") if row.is_within_tolerance else Cell(f"{text} outside", "warn")


def _parting(is_baseline: bool, found: Parting | None) -> Cell:
    if is_baseline:
        return Cell("baseline", "accent")
    if found is None:
        return Cell(MISSING, "quiet")
    if found.from_epoch is not None:
        return Cell(f"from epoch {found.from_epoch}")
    return Cell(f"at {len(found.apart)} of {found.compared} epochs" if found.apart else "never", "quiet")
