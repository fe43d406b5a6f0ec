"""The columns of the leaderboard where lines stand for recipes, and what stands in each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from engine.columns import check_column, column_kind, column_value, value_text
from engine.errors import ConfigError
from engine.leaderboard import FALLBACK_METRIC
from engine.leaderboard_row import DEFAULT_METRIC, LeaderboardRow
from engine.overrides import format_value
from engine.statistics.estimate import Estimate
from tui.board import gap_cells, last_cell, metric_of_gap, published_cell
from tui.format import MISSING, count, estimate, is_fraction, metric_value, metric_words, p_value, plain
from tui.leaderboard_table import Entry, difference_text
from tui.widgets.columns import Cell, Column

NAMES = {"best_test_accuracy": "best acc", "test_accuracy": "last acc"}
"""Short names of metrics that head columns."""

Shown = tuple[Cell, Any]
"""A cell, and what it is sorted by; None where it has nothing."""


@dataclass(frozen=True, slots=True)
class RecipeColumn:
    """A column of the board and what stands in it."""

    column: Column
    show: Callable[[Entry], Shown]


@dataclass(frozen=True, slots=True)
class BoardView:
    """What the lines of recipes depend on beside the recipes."""

    metric: str = DEFAULT_METRIC
    has_baseline: bool = False
    chosen: tuple[str, ...] = ()
    """Names of columns: those with a + come on top of the usual ones, those with a - are left out of them, any other
    takes their place."""
    marked: frozenset[str] = frozenset()
    """Runs that are marked."""
    lacking: frozenset[str] = frozenset()
    """Columns in which there would be nothing, or the same in every row."""


def recipe_columns(view: BoardView, rows: Sequence[LeaderboardRow] = ()) -> tuple[RecipeColumn, ...]:
    """Return the columns of the board.

    Raises: ConfigError naming the nearest known column for one that does not exist.
    """
    usual = [column for column in _usual(view) if column.column.key not in view.lacking]
    known = {column.column.key: column for column in (*_usual(view), *_AGAINST, *_ON_REQUEST)}
    left_out = {name.removeprefix("-") for name in view.chosen if name.startswith("-")}
    if strangers := [name for name in left_out if name not in known]:
        raise ConfigError([f'"-{strangers[0]}" leaves out no column; there are {", ".join(known)}'])
    added = [name.removeprefix("+") for name in view.chosen if name.startswith("+")]
    named = [name for name in view.chosen if not name.startswith(("+", "-"))]
    wanted = [known[name] if name in known else _own_column(name, rows, known) for name in [*named, *added]]
    shown = [*(_PINNED if named else usual), *wanted]
    found = {column.column.key: column for column in shown if column.column.key not in left_out}
    return tuple(found.values())


def lacking_columns(rows: Sequence[LeaderboardRow]) -> frozenset[str]:
    """Return the usual columns that say nothing here: empty ones, and those in which all of several rows agree."""
    lacking: set[str] = set()
    if all(row.published is None for row in rows):
        lacking |= {"gap", "verdict", "gap_of", "published"}
    if len(rows) > 1:
        lacking |= {"preset"} if len({row.preset for row in rows}) == 1 else set()
        lacking |= {"parameters"} if len({row.parameters for row in rows}) == 1 else set()
    if not any(row.differs_in for row in rows):
        lacking.add("differs")
    return frozenset(lacking)


def _usual(view: BoardView) -> tuple[RecipeColumn, ...]:
    metric = view.metric
    best = RecipeColumn(Column("best", metric_title(metric), is_right=True), _best(metric))
    return (*_PINNED, _N, best, *(_AGAINST if view.has_baseline else ()), *_REST)


def metric_title(metric: str) -> str:
    """Return what heads the column of a metric."""
    return f"{NAMES.get(metric, metric_words(metric))}{' %' if is_fraction(metric) else ''}"


def _own_column(name: str, rows: Sequence[LeaderboardRow], known: Collection[str]) -> RecipeColumn:
    """Return a column for a metric, an expression, a field or a setting."""
    check_column(name, [run for row in rows for run in row.runs], also=known)
    if column_kind(name) == "number" and any(row.estimate_of(name) is not None for row in rows):
        return RecipeColumn(Column(name, metric_title(name), is_right=True), _estimated(name))

    def show(entry: Entry) -> Shown:
        value = column_value(entry.row.runs[-1], name)
        return Cell(MISSING if value is None else plain(value_text(value))), value

    return RecipeColumn(Column(name, name.removeprefix("model.").removeprefix("optim.")), show)


def _best(metric: str) -> Callable[[Entry], Shown]:
    def show(entry: Entry) -> Shown:
        row = entry.row
        found = row.estimate_of(metric)
        if found is None and row.metric == FALLBACK_METRIC:
            # Where nothing has an accuracy, rows stand by their loss, the lowest as if it were the highest accuracy.
            fallback = row.estimate_of(FALLBACK_METRIC)
            return Cell(MISSING), -fallback.mean if fallback else None
        return _estimate_cell(metric, found)

    return show


def _estimated(metric: str) -> Callable[[Entry], Shown]:
    return lambda entry: _estimate_cell(metric, entry.row.estimate_of(metric))


def _estimate_cell(metric: str, found: Estimate | None) -> Shown:
    if found is None:
        return Cell(MISSING, "quiet"), None
    return Cell(estimate(metric, found.mean, found.half_width)), found.mean


def _last(entry: Entry) -> Shown:
    row = entry.row
    found = row.estimates.get("test_accuracy")
    if found is not None:
        return _estimate_cell("test_accuracy", found)
    loss = row.estimates.get(FALLBACK_METRIC)
    stands_at = -loss.mean if loss and row.metric == FALLBACK_METRIC else None
    return last_cell({FALLBACK_METRIC: loss.mean} if loss else {}), stands_at


def _difference(entry: Entry) -> Shown:
    if entry.is_baseline:
        return Cell("baseline", "accent"), 0.0
    standing = entry.standing
    if standing is None or standing.difference is None:
        return Cell(MISSING, "quiet"), None
    found = standing.difference
    text = difference_text(entry.row.metric, found)
    if found.n < entry.row.n:  # else it rests on all of the seeds that the row counts
        text += f" (n={found.n})"
    return Cell(text, "quiet" if standing.is_noise else ""), standing.difference.mean


def _p(entry: Entry) -> Shown:
    standing = entry.standing
    if standing is None or standing.p is None:
        is_noise = standing is not None and standing.is_noise
        return Cell("noise" if is_noise else "" if entry.is_baseline else MISSING, "quiet"), None
    return Cell(p_value(standing.p), "good" if standing.is_told_apart else "quiet"), standing.p


def _letters(entry: Entry) -> Shown:
    letters = entry.standing.letters if entry.standing else ""
    return Cell(letters), letters or None


def _gap(entry: Entry) -> Shown:
    row = entry.row
    return gap_cells(row.published, row.gap, row.is_within_tolerance)[0], row.gap


def _verdict(entry: Entry) -> Shown:
    row = entry.row
    cell = gap_cells(row.published, row.gap, row.is_within_tolerance)[1]
    return cell, cell.text or None


def _gap_of(entry: Entry) -> Shown:
    text = metric_of_gap(entry.row.published, entry.row.gap)
    return Cell(text, "quiet"), text or None


def _published(entry: Entry) -> Shown:
    figure = entry.row.published
    return published_cell(figure), float(figure["value"]) if figure else None


def differences_shown(entry: Entry) -> Shown:
    """Return in which settings a recipe differs from those beside it."""
    settings = entry.row.differs_in
    ends = Counter(key.rpartition(".")[2] for key in settings)

    def short(key: str) -> str:
        """Leave the section out where the name alone says what it is."""
        end = key.rpartition(".")[2]
        return end if ends[end] == 1 and end != "name" else key

    text = "  ".join(f"{short(key)}={format_value(value)}" for key, value in settings.items())
    return Cell(plain(text), "quiet"), text or None


def _best_epoch(entry: Entry) -> Shown:
    found = entry.row.best_epoch
    return (Cell(metric_value("epoch", found.mean)), found.mean) if found else (Cell(MISSING, "quiet"), None)


def _mean(metric: str) -> Callable[[Entry], Shown]:
    def show(entry: Entry) -> Shown:
        found = entry.row.estimates.get(metric)
        return (Cell(metric_value(metric, found.mean)), found.mean) if found else (Cell(MISSING, "quiet"), None)

    return show


def _text(value_of: Callable[[LeaderboardRow], str], tone: str = "") -> Callable[[Entry], Shown]:
    def show(entry: Entry) -> Shown:
        value = value_of(entry.row)
        return Cell(plain(value), tone), value or None

    return show


_PINNED = (
    RecipeColumn(Column("mark", "", gap=1), lambda _: (Cell(""), None)),
    RecipeColumn(Column("label", "recipe", most=28), _text(lambda row: row.label)),
)
"""What every choice of columns begins with; the first depends on more than the recipe."""
_N = RecipeColumn(Column("n", "n", is_right=True), lambda entry: (Cell(str(entry.row.n)), entry.row.n))
_AGAINST = (
    RecipeColumn(Column("difference", "Δ baseline", is_right=True), _difference),
    RecipeColumn(Column("p_holm", "p (Holm)", is_right=True), _p),
    RecipeColumn(Column("letters", "abc"), _letters),
)
_REST = (
    RecipeColumn(Column("last", "last acc %", is_right=True), _last),
    RecipeColumn(Column("gap", "gap", is_right=True), _gap),
    RecipeColumn(Column("verdict", ""), _verdict),
    RecipeColumn(Column("differs", "differs in", most=48), differences_shown),
    RecipeColumn(Column("gap_of", "gap of"), _gap_of),
    RecipeColumn(Column("published", "published", is_right=True), _published),
    RecipeColumn(Column("preset", "preset", most=24), _text(lambda row: row.preset, "quiet")),
    RecipeColumn(
        Column("parameters", "params", is_right=True),
        lambda entry: (Cell(count(entry.row.parameters)), entry.row.parameters),
    ),
    RecipeColumn(Column("train_seconds", "train s", is_right=True), _mean("train_seconds")),
    RecipeColumn(Column("best_epoch", "best epoch", is_right=True), _best_epoch),
    RecipeColumn(Column("rate", "img/s", is_right=True), _mean("samples_per_second")),
)
_ON_REQUEST = (
    RecipeColumn(Column("model", "model"), _text(lambda row: row.model)),
    RecipeColumn(Column("dataset", "dataset"), _text(lambda row: row.dataset)),
    RecipeColumn(Column("seeds", "seeds"), _text(lambda row: ",".join(str(seed) for seed in sorted(row.by_seed)))),
)
LARGEST_FIRST = frozenset(
    {"n", "best", "last", "rate", "gap", "parameters", "difference", "samples_per_second", "epochs", "created"}
)
"""Columns that a click on their title sorts with the largest on top."""


def sorts_largest_first(key: str) -> bool:
    """Tell how a column is sorted when its title is clicked first."""
    return key in LARGEST_FIRST
