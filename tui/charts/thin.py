"""Thinning: fewer points that draw the same picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tui.charts.figure import Floats

Places = NDArray[np.intp]


def thin(xs: Floats, ys: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Keep the lowest and the highest point of each bucket, in order, and a NaN where a bucket has one.

    Buckets are equally wide in x where x rises, and equally long in points where it does not (a clock set back).
    Shapes: (N,), (N,) -> (M,), (M,) with M at most 3 * buckets, and M = N up to 2 * buckets.
    """
    if len(xs) <= 2 * buckets:
        return xs, ys
    edges = bucket_edges(xs, buckets)
    starts, lengths = edges[:-1], np.diff(edges)
    starts, lengths = starts[lengths > 0], lengths[lengths > 0]
    missing = np.isnan(ys)
    has_gaps = bool(missing.any())
    lowest = np.minimum.reduceat(np.where(missing, np.inf, ys) if has_gaps else ys, starts)
    highest = np.maximum.reduceat(np.where(missing, -np.inf, ys) if has_gaps else ys, starts)
    kept = [_first(ys == np.repeat(lowest, lengths), starts), _first(ys == np.repeat(highest, lengths), starts)]
    if has_gaps:
        kept.append(_first(missing, starts))
    places = np.unique(np.concatenate(kept))
    return xs[places], ys[places]


def bucket_edges(xs: Floats, buckets: int) -> Places:
    """Return the `buckets` + 1 indices between which the buckets lie."""
    first, last = float(xs[0]), float(xs[-1])
    if last > first and bool((xs[1:] >= xs[:-1]).all()):
        inner = np.searchsorted(xs, np.linspace(first, last, buckets + 1)[1:-1])
    else:
        inner = np.linspace(0, len(xs), buckets + 1).astype(np.intp)[1:-1]
    return np.concatenate(([0], inner, [len(xs)])).astype(np.intp)


def _first(holds: NDArray[np.bool_], starts: Places) -> Places:
    """Return the first place in each bucket where something holds; buckets without one are left out."""
    places = np.flatnonzero(holds)
    buckets = np.searchsorted(starts, places, side="right")
    return places[np.diff(buckets, prepend=-1) > 0]
