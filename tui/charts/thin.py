"""Thinning: fewer points that draw the same picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tui.charts.figure import Floats


def thin(xs: Floats, ys: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Keep the lowest and the highest point of each bucket, in order, and a NaN where a bucket has one.

    Buckets are equally wide in x where x rises, and equally long in points where it does not (a clock set back).
    Shapes: (N,), (N,) -> (M,), (M,) with M at most 3 * buckets, and M = N up to 2 * buckets.
    """
    if len(xs) <= 2 * buckets:
        return xs, ys
    kept: list[int] = []
    edges = bucket_edges(xs, buckets)
    for start, stop in pairwise(edges):
        if start < stop:
            kept += sorted({start + offset for offset in _extremes(ys[start:stop])})
    return xs[kept], ys[kept]


def bucket_edges(xs: Floats, buckets: int) -> list[int]:
    """Return the `buckets` + 1 indices between which the buckets lie."""
    first, last = float(xs[0]), float(xs[-1])
    if last > first and bool((xs[1:] >= xs[:-1]).all()):
        inner = np.searchsorted(xs, np.linspace(first, last, buckets + 1)[1:-1])
    else:
        inner = np.linspace(0, len(xs), buckets + 1).astype(np.intp)[1:-1]
    return [0, *inner.tolist(), len(xs)]


def _extremes(ys: Floats) -> list[int]:
    lowest, highest = int(ys.argmin()), int(ys.argmax())
    if not np.isnan(ys[lowest]):
        return [lowest, highest]
    # argmin stops at the first NaN, so it names the gap.
    if np.isnan(ys).all():
        return [lowest]
    return [lowest, int(np.nanargmin(ys)), int(np.nanargmax(ys))]
