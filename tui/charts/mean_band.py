"""The mean of several curves on a common x, and how sure it is: an interval at each x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui.charts.figure import Floats
from tui.charts.values import Curve

GRID_POINTS = 400
"""More than the widest terminal has columns for a chart; each is the mean of all values of a curve in its bucket."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class MeanBand:
    """Mean and interval of curves at each x where at least one of them has a value."""

    xs: Floats
    mean: Floats
    low: Floats
    high: Floats
    """NaN where fewer than two curves have a value: one says nothing about spread."""
    n: np.ndarray[tuple[int], np.dtype[np.int64]]
    """How many curves have a value."""


def mean_band(
    curves: Sequence[Curve], *, is_dense: bool, limits: tuple[float, float] | None = None, is_log_x: bool = False,
    points: int = GRID_POINTS,
) -> MeanBand:  # fmt: skip
    """Return the mean of curves and its 95 % interval: Student's t with n - 1 degrees of freedom, at each x by itself.

    It assumes independent curves that are roughly normal at each x, as the seeds of a recipe are. Where they do not
    share their xs, `is_dense` ones, recorded at every step, are averaged in buckets, from all of their values; others
    are read on the straight lines between their points. Only what lies in `limits` is looked at.
    Shapes: each curve (N,), (N,); what is returned (M,), M at most `points` where xs are not shared.
    """
    present = [(np.asarray(xs, np.float64), np.asarray(ys, np.float64)) for xs, ys in curves if len(xs)]
    if limits is not None:
        present = [_within(curve, limits) for curve in present]
    if is_log_x:
        present = [(xs[xs > 0], ys[xs > 0]) for xs, ys in present]
    present = [curve for curve in present if len(curve[0])]
    if not present:
        empty = np.empty(0)
        return MeanBand(empty, empty, empty, empty, np.empty(0, np.int64))
    union = np.unique(np.concatenate([xs for xs, _ in present]))
    longest = max(len(xs) for xs, _ in present)
    if len(union) <= longest and (not is_dense or longest <= points):
        table = np.stack([_on_union(curve, union) for curve in present])
        return _averaged(union, table)
    low, high = float(union[0]), float(union[-1])
    count = min(points, longest)
    edges = np.geomspace(low, high, count + 1) if is_log_x else np.linspace(low, high, count + 1)
    if is_dense and longest > count // 2:
        middles = np.sqrt(edges[1:] * edges[:-1]) if is_log_x else (edges[1:] + edges[:-1]) / 2
        return _averaged(middles, np.stack([_bucket_means(curve, edges) for curve in present]))
    return _averaged(edges, np.stack([_between(curve, edges) for curve in present]))


def _within(curve: Curve, limits: tuple[float, float]) -> Curve:
    """Return the points in view and one more on each side, so that lines go on to the edges."""
    xs, ys = curve
    inside = np.flatnonzero((xs >= limits[0]) & (xs <= limits[1]))
    if not len(inside):
        around = int(np.searchsorted(xs, limits[0]))
        return xs[max(0, around - 1) : around + 1], ys[max(0, around - 1) : around + 1]
    part = slice(max(0, int(inside[0]) - 1), int(inside[-1]) + 2)
    return xs[part], ys[part]


def _on_union(curve: Curve, union: Floats) -> Floats:
    """Return the values at all xs; NaN where a curve has none; (N,) -> (M,)."""
    values = np.full(len(union), np.nan)
    values[np.searchsorted(union, curve[0])] = curve[1]
    return values


def _between(curve: Curve, grid: Floats) -> Floats:
    xs, ys = curve
    order = np.argsort(xs, kind="stable")  # a clock may have gone backwards
    return np.asarray(np.interp(grid, xs[order], ys[order], left=np.nan, right=np.nan), np.float64)


def _bucket_means(curve: Curve, edges: Floats) -> Floats:
    """Return the mean of a curve's finite values in each bucket; NaN in an empty one; (N,) -> (M,)."""
    xs, ys = curve
    buckets = len(edges) - 1
    places = np.clip(np.searchsorted(edges, xs, side="right") - 1, 0, buckets - 1)
    finite = np.isfinite(ys)
    counts = np.bincount(places[finite], minlength=buckets)
    sums = np.bincount(places[finite], weights=ys[finite], minlength=buckets)
    means: Floats = np.divide(sums, counts, out=np.full(buckets, np.nan), where=counts > 0)
    return means


def _averaged(xs: Floats, table: Floats) -> MeanBand:
    """Return mean and interval over the rows of a table; (curves, M) -> (M,)."""
    known = np.isfinite(table)
    n = known.sum(0)
    kept = n > 0
    xs, table, known, n = xs[kept], table[:, kept], known[:, kept], n[kept]
    filled = np.where(known, table, 0.0)
    mean = filled.sum(0) / n
    spread = np.where(known, table - mean, 0.0)
    variance = np.divide((spread * spread).sum(0), n - 1, out=np.full(len(n), np.nan), where=n > 1)
    half = _student_t(n) * np.sqrt(variance / n)
    return MeanBand(xs, mean, mean - half, mean + half, n)


def _student_t(n: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Return the two-sided quantile of Student's t for so many values; NaN for a single one; (M,) -> (M,)."""
    from scipy.special import stdtrit  # only where there are seeds to average: it takes a tenth of a second

    counts, places = np.unique(n, return_inverse=True)
    quantiles = np.full(len(counts), np.nan)
    several = counts > 1
    quantiles[several] = stdtrit(counts[several] - 1, 0.5 + CONFIDENCE / 2)
    return quantiles[places]
