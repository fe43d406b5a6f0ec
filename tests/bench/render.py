"""Time to draw 8 curves at 110 x 20 cells, against plotext given the same points as they are.

Run: python -m pytest tests/bench/render.py -m bench -s
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest
from plotext._figure import _figure_class as PlotextFigure

from tui.charts.figure import Figure, Line
from tui.charts.render import render_lines, render_rows
from tui.charts.smooth import smooth
from tui.charts.thin import thin
from tui.identity import COLORS, MARKERS

CURVES, WIDTH, HEIGHT = 8, 110, 20
LARGEST_FOR_PLOTEXT = 10_000
"""Beyond it plotext takes minutes."""


@pytest.mark.bench
def test_thinned_curves_draw_in_a_fraction_of_the_time_of_raw_ones() -> None:
    print(f"\n{CURVES} curves, {WIDTH} x {HEIGHT} cells, median of 7 (plotext: 3)")
    print(f"{'points':>9}  {'termlab ms':>10}  {'plotext ms':>10}  {'ratio':>6}")
    for points in (100, 1_000, 10_000, 100_000, 1_000_000):
        figure = _figure(points)
        ours = _milliseconds(lambda figure=figure: render_rows(figure, WIDTH, HEIGHT), 7)  # type: ignore[misc]
        if points <= LARGEST_FOR_PLOTEXT:
            raw = _milliseconds(lambda figure=figure: _plotext(figure), 3)  # type: ignore[misc]
            print(f"{points:>9,}  {ours:>10.1f}  {raw:>10.1f}  {raw / ours:>5.1f}x")
            assert points < 1_000 or raw > 2 * ours
        else:
            print(f"{points:>9,}  {ours:>10.1f}  {'–':>10}  {'–':>6}")
    text = _milliseconds(lambda: render_lines(_figure(1_000), WIDTH, HEIGHT, color=True), 7)
    print(f"as text with colour codes, 1,000 points: {text:.1f} ms")


@pytest.mark.bench
def test_a_million_values_are_smoothed_and_thinned_in_milliseconds() -> None:
    values = np.random.default_rng(0).normal(size=1_000_000)
    steps = np.arange(1_000_000, dtype=np.float64)
    print(f"\nsmooth 1,000,000 values: {_milliseconds(lambda: smooth(values, 0.99), 7):.1f} ms")
    print(f"thin   1,000,000 points: {_milliseconds(lambda: thin(steps, values, 220), 7):.1f} ms")


def _figure(points: int) -> Figure:
    rng = np.random.default_rng(0)
    xs = np.arange(1, points + 1, dtype=np.float64)
    lines = tuple(
        Line(
            f"run {k}",
            xs,
            np.exp(-3 * xs / points) + 0.05 * k + rng.normal(size=points) * 0.02,
            COLORS[k % 7],
            MARKERS[k],
        )
        for k in range(CURVES)
    )
    return Figure("loss", lines, "step")


def _plotext(figure: Figure) -> None:
    plot = PlotextFigure()
    plot._limit_size(False, False)
    plot.plot_size(WIDTH, HEIGHT)
    for line in figure.lines:
        plot.plot(np.asarray(line.xs).tolist(), np.asarray(line.ys).tolist(), marker="braille", label=line.name)
    plot.build()


def _milliseconds(call: Callable[[], object], repeats: int) -> float:
    times = []
    call()
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1000 * median(times)
