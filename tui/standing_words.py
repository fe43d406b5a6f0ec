"""What statistics say, in sentences: the same on the screen, in the shell and in reports."""

from __future__ import annotations

from collections.abc import Sequence

from engine.best_epochs import is_higher_better
from engine.columns import value_text
from engine.leaderboard_row import LeaderboardRow
from engine.standings import Separation
from engine.statistics.paired import Difference
from engine.statistics.power import MOST_SEEDS
from tui.format import is_fraction, metric_gap, metric_words, p_value, plain, plural

MOST_SETTINGS = 3
"""That a name may have: more are no name, and its fingerprint is shorter."""


def separation_words(found: Separation) -> str:
    """Say whether the two best rows can be told apart, and how many more seeds it would take."""
    best, second = name_beside(found.best, found.second), name_beside(found.second, found.best)
    if found.difference is not None and found.difference.not_finite:
        return f"The best two, {best} and {second}, cannot be compared: {_not_finite_words(found.difference)}."
    told = _judged(found.difference)
    if found.is_told_apart:
        enough = ""
        if found.seeds_needed is not None and found.seeds_needed < found.common_seeds:
            enough = f"; {found.seeds_needed} would have been enough"
        return f"The best two, {best} and {second}, can be told apart with {told}{enough}."
    if not found.common_seeds:
        start = f"The best two, {best} and {second}, share no seed"
    else:
        start = f"The best two, {best} and {second}, cannot be told apart with {told}"
    if not found.is_spread_known:
        return f"{start}: train each with at least two common seeds (--seeds 0..4)."
    if found.seeds_needed is None:
        return f"{start}; not even {MOST_SEEDS:,} would show so small a difference."
    more = max(0, found.seeds_needed - found.common_seeds)
    if not more:
        return f"{start}; a difference of this size would be seen with {found.seeds_needed} in four of five cases."
    return f"{start}; about {plural(more, 'more seed')} would show a difference of this size."


def _not_finite_words(found: Difference) -> str:
    """Say which seeds are in the way of a comparison."""
    word = "seed" if len(found.not_finite) == 1 else "seeds"
    return f"{word} {', '.join(map(str, found.not_finite))} ended without a finite number"


def _judged(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return plural(difference.n, "common seed") + ("" if difference.p is None else f" ({p_words(difference.p)})")


def p_words(p: float) -> str:
    """Write a p-value as a sentence has it: p = 0.032, p < 0.0001."""
    return f"p = {p_value(p)}".replace("= <", "< ")


def name_beside(row: LeaderboardRow, *others: LeaderboardRow) -> str:
    """Name a row as shortly as tells it from others: by preset where labels are the same, then by settings."""
    alike = [one for one in others if one.label == row.label and one.fingerprint != row.fingerprint]
    if not alike:
        return plain(row.label)
    name = row.label
    if any(one.preset != row.preset for one in alike):
        name = f"{row.preset} {row.label}"
        alike = [one for one in alike if one.preset == row.preset]
    absent = object()
    settings = [
        f"{key.rpartition('.')[2]}={value_text(value)}"
        for key, value in row.differs_in.items()
        if any(one.differs_in.get(key, absent) != value for one in alike)
    ]
    if alike and not 0 < len(settings) <= MOST_SETTINGS:
        settings = [f"({row.fingerprint[:6]})"]
    return plain(" ".join([name, *settings]))


def difference_words(
    row: LeaderboardRow,
    baseline: LeaderboardRow,
    found: Difference | None,
    p: float | None,
    beside: Sequence[LeaderboardRow] = (),
) -> str:
    """Answer whether a row is better than the baseline, by how much, and how sure that is.

    `beside` are the other rows of which it is said, so that no two are called the same.
    """
    metric = row.metric
    name, base = name_beside(row, baseline, *beside), name_beside(baseline, row, *beside)
    if found is None:
        return f"{name} and {base} share no seed: train both with the same --seeds to compare them."
    if found.not_finite:
        return f"{name} cannot be compared with {base} in {metric_words(metric)}: {_not_finite_words(found)}."
    points = " points" if is_fraction(metric) else ""
    amount = f"{metric_gap(metric, found.mean)}{points} in {metric_words(metric)}"
    if found.half_width is None:
        return f"{name} against {base}: {amount} with one common seed, which says nothing about chance."
    interval = f"95 % interval {metric_gap(metric, found.low)} to {metric_gap(metric, found.high)}"
    seeds = plural(found.n, "common seed")
    if p is None:
        return f"{name} against {base}: {amount} on each of {seeds}; without any spread there is nothing to test."
    sure = p_words(p)
    if p >= 0.05:
        return f"{name} cannot be told from {base}: {amount} ({interval}), {sure}, {seeds}."
    is_better = (found.mean > 0) == is_higher_better(metric)
    return f"{name} is {'better' if is_better else 'worse'} than {base}: {amount} ({interval}), {sure}, {seeds}."


def short_difference_words(
    row: LeaderboardRow,
    baseline: LeaderboardRow,
    found: Difference | None,
    p: float | None,
    beside: Sequence[LeaderboardRow] = (),
) -> str:
    """Answer as `difference_words` does where baseline and metric are named beside it, on a line of a small window."""
    metric, name = row.metric, name_beside(row, baseline, *beside)
    if found is None:
        return f"{name}: no common seed"
    if found.not_finite:
        return f"{name}: not compared, {_not_finite_words(found)}"
    amount = f"{metric_gap(metric, found.mean)}{' points' if is_fraction(metric) else ''}"
    if found.half_width is None:
        return f"{name}: {amount}, one common seed says nothing about chance"
    interval = f"{metric_gap(metric, found.low)} to {metric_gap(metric, found.high)}"
    if p is None:
        return f"{name}: {amount} on each of {plural(found.n, 'seed')}, no spread to test"
    is_better = (found.mean > 0) == is_higher_better(metric)
    told = "cannot be told apart" if p >= 0.05 else "better" if is_better else "worse"
    return f"{name} {told}: {amount} ({interval}), {p_words(p)}, n = {found.n}"
