"""Mean and band of the seeds of recipes: groups of runs to a `Figure`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.run import Run, XAxis
from tui.charts.axis_place import went_backwards
from tui.charts.curves import CLOCKS, axis_label, curves_figure, seconds_per_mark
from tui.charts.figure import Band, Figure, Line
from tui.charts.mean_band import MeanBand, mean_band
from tui.charts.recipe_looks import name_groups
from tui.charts.values import Curve, curve, is_full_batch
from tui.format import plural
from tui.identity import Identity


def bands_figure(
    groups: Sequence[Sequence[Run]],
    metric: str,
    *,
    x: XAxis = "epoch",
    log_y: bool = False,
    log_x: bool = False,
    smoothing: float = 0.0,
    x_limits: tuple[float, float] | None = None,
    known: Sequence[str] = (),
    names: Sequence[str] = (),
    looks: Sequence[Identity] = (),
) -> Figure:
    """Draw the mean of a metric over the runs of each group, in a band that is its 95 % interval at each x.

    A group is the seeds of one recipe; of several runs of a seed the newest counts. A group of one has a line and no
    band. Where seeds have different lengths, the band covers those that exist there, and a note says so. `names` and
    `looks` are those of the groups where the caller knows better than the trials of their first runs; `known` as in
    `curves_figure`. With `x_limits` what is in view is averaged as finely as it can be drawn.
    Units: `x_limits` those of the axis: steps, epochs, examples or seconds.
    """
    seeds = [_newest_of_each_seed(group) for group in groups]
    firsts = [group[0] for group in seeds if group]
    namings = iter(name_groups(firsts, known))
    lines: list[Line] = []
    bands: list[Band] = []
    ends: list[float] = []
    notes: list[str] = []
    fewer: list[str] = []
    for place, group in enumerate(seeds):
        naming = next(namings) if group else None
        curves = [points for run in group if len((points := curve(run, metric, x=x, smoothing=smoothing))[0])]
        if naming is None or not curves:
            continue
        name = names[place] if names else naming.name
        look = looks[place] if looks else naming.identity
        is_dense = any(metric in run.series for run in group)
        ends += [float(end) for xs, _ in curves for end in (np.min(xs), np.max(xs))]
        found = mean_band(curves, is_dense=is_dense, limits=x_limits, is_log_x=log_x)
        told = f"{name} ×{len(curves)}" if len(curves) > 1 else name
        lines.append(Line(told, found.xs, found.mean, look.color, look.marker, is_dense=is_dense))
        if (found.n > 1).any():
            bands.append(Band(told, found.xs, found.low, found.high, look.color))
        if total := _fewer_at_end(curves, found):
            fewer.append(f"{name} {total}")
    plain = curves_figure(firsts, [metric], x=x, log_y=log_y, log_x=log_x, smoothing=smoothing, known=known)
    runs = [run for group in seeds for run in group]
    seconds_per_unit = seconds_per_mark(runs, x)
    backwards = sum(went_backwards(run) for run in runs) if x in CLOCKS else 0
    if fewer:
        notes.append(f"fewer seeds at the end: {', '.join(fewer)}")
    if backwards:
        notes.append(f"time went backwards in {plural(backwards, 'run')}: averaged at the time that was recorded")
    return replace(
        plain,
        lines=tuple(lines),
        bands=tuple(bands),
        x_unit=seconds_per_unit,
        x_label=axis_label(x, seconds_per_unit),
        x_integer=False if bands and x != "epoch" else plain.x_integer,
        caption=_caption(seeds, metric, smoothing, has_bands=bool(bands)),
        notes=tuple(notes),
        x_limits=x_limits,
        x_whole=(min(ends), max(ends)) if ends else None,
    )


def _newest_of_each_seed(group: Sequence[Run]) -> list[Run]:
    by_seed = {run.trial.config.seed: run for run in sorted(group, key=lambda run: run.created)}
    return [by_seed[seed] for seed in sorted(by_seed)]


def _caption(seeds: Sequence[Sequence[Run]], metric: str, smoothing: float, *, has_bands: bool) -> str:
    words = ["mean, band: its 95 % interval"] if has_bands else []
    noisy = any(metric in run.series and not is_full_batch(run) for group in seeds for run in group)
    return "  ".join([*words, *([f"smoothed {smoothing:g}"] if smoothing and noisy else [])])


def _fewer_at_end(curves: Sequence[Curve], found: MeanBand) -> str:
    """Say how many of the seeds are left at the end, where some are shorter; nothing where all go on."""
    is_shorter = len(curves) > 1 and len(found.n) > 0 and found.n[-1] < len(curves)
    return f"{int(found.n[-1])} of {len(curves)}" if is_shorter else ""


def recipe_groups(runs: Sequence[Run]) -> list[list[Run]]:
    """Group runs by recipe, whatever their seed and device, in the order in which recipes first appear."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.trial.config.fingerprint, []).append(run)
    return list(groups.values())
