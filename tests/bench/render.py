"""Time to draw 8 curves, against plotext given the same points as they are, and to look around in long ones.

Run: python -m pytest tests/bench/render.py -m bench -s
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import pytest
from plotext._figure import _figure_class as PlotextFigure

from engine.run import Run
from tests.tui.charts.runs import build_run
from tui.charts.bands import bands_figure
from tui.charts.curves import curves_figure
from tui.charts.figure import Figure, Line
from tui.charts.render import draw, render_lines, render_rows
from tui.charts.smooth import smooth
from tui.charts.thin import thin
from tui.charts.values import _kept
from tui.identity import COLORS, MARKERS

CURVES, WIDTH, HEIGHT = 8, 110, 20
LONG_POINTS = 100_000
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


@pytest.mark.bench
def test_looking_around_in_long_curves_keeps_up_with_the_fingers() -> None:
    runs = [_run(place) for place in range(CURVES)]

    def build(**changes: Any) -> Figure:
        return replace(curves_figure(runs, ["train_loss"], x="step", smoothing=0.9), **changes)

    def paint(figure: Figure, width: int = 200, height: int = 60) -> None:
        draw(figure, width, height)

    print(f"\n{CURVES} curves of {LONG_POINTS:,} points each, smoothed, 200 x 60 cells, median of 7")
    print(f"{'':>24}  {'ms':>6}  {'budget':>6}")
    cursor, near = LONG_POINTS / 3, (LONG_POINTS / 3, LONG_POINTS / 2)
    groups = [runs[:4], runs[4:]]
    for name, budget, call, before in (
        ("first paint", 150, lambda: paint(build()), _kept.clear),
        ("the same again", 50, lambda: paint(build()), None),
        ("cursor move", 50, lambda: paint(build(cursor=cursor)), None),
        ("resize", 50, lambda: paint(build(), 199, 59), None),
        ("a part of the axis", 50, lambda: paint(build(x_limits=near)), None),
        ("with a logarithmic x", 50, lambda: paint(build(log_x=True)), None),
        ("two means with bands", 150, lambda: paint(bands_figure(groups, "train_loss", x="step")), _kept.clear),
    ):
        print(f"{name:>24}  {_milliseconds(call, 7, before):>6.1f}  {budget:>6}")


def _run(place: int) -> Run:
    """Return a run of another seed and recipe, whose loss is recorded at every step."""
    run = build_run(f"layers={place // 4}", seed=place)
    noise = np.random.default_rng(place).normal(size=LONG_POINTS) * 0.02
    losses = np.exp(-3 * np.arange(LONG_POINTS) / LONG_POINTS) + 0.05 * place + noise
    run.series["train_loss"] = array("d", losses.tolist())
    return run


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


def _milliseconds(call: Callable[[], object], repeats: int, before: Callable[[], object] | None = None) -> float:
    times = []
    call()
    for _ in range(repeats):
        if before is not None:
            before()
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1000 * median(times)
