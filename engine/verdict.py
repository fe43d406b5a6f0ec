"""What `termlab check` finds: every published figure of some trials beside what their saved runs measured.

Pure: it reads no disk and trains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.leaderboard import rank
from engine.summary import RunSummary
from engine.tolerance import Bound, is_within, miss
from engine.trial import Published, Trial

Outcome = Literal["inside", "outside", "missing"]


@dataclass(frozen=True, slots=True)
class FigureVerdict:
    """One published figure and what was measured: the mean over seeds of finished runs of exactly its recipe."""

    label: str
    metric: str
    published: float
    bound: Bound
    tolerance: float
    mean: float | None
    """None where no run measured it."""
    half_width: float | None
    """Half the 95 % interval's width; None below two seeds."""
    n: int
    """Seeds."""
    verdict: Outcome

    @property
    def gap(self) -> float | None:
        """Measured minus published, in the unit of the metric."""
        return None if self.mean is None else self.mean - self.published

    @property
    def miss(self) -> float | None:
        """How far the figure is missed; 0 on the right side of a bound."""
        return None if self.mean is None else miss(self.mean, self.published, self.bound)


@dataclass(frozen=True, slots=True)
class MeanVerdict:
    """All figures of one metric judged as a whole."""

    metric: str
    mean_gap: float | None
    """Mean distance from the published figures; None where one of them was not measured."""
    allowed: float
    figures: int
    verdict: Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on a preset: each figure, and by metric where the preset is judged as a whole."""

    figures: tuple[FigureVerdict, ...]
    means: tuple[MeanVerdict, ...]
    """Of the metrics that are judged as a whole, which then decide alone; empty where every figure decides."""

    @property
    def outcome(self) -> Outcome:
        """`missing` where a figure was not measured, `outside` where what decides is outside."""
        found = {figure.verdict for figure in self.figures}
        deciding = {mean.verdict for mean in self.means} or found
        return "missing" if "missing" in found else "outside" if "outside" in deciding else "inside"

    @property
    def has_passed(self) -> bool:
        """Whether everything that decides is inside."""
        return self.outcome == "inside"


def is_judged(figure: Published) -> bool:
    """Tell whether a figure is about the recipe of its trial; one that is not may be shown, never held against it."""
    return figure.comparable


def trials_to_judge(trials: Iterable[Trial]) -> list[Trial]:
    """Leave out the trials for which nothing was published."""
    return [trial for trial in trials if any(map(is_judged, trial.published))]


def judge(
    trials: Sequence[Trial],
    saved: Iterable[RunSummary],
    *,
    seeds: Iterable[int] | None = None,
    mean_gap: Mapping[str, float] = MappingProxyType({}),
) -> Verdict:
    """Hold every published figure of the trials against the finished runs of the same recipe.

    A trial that stands there with several seeds is judged once. Of the runs, `seeds` picks those that count; None
    means all. `mean_gap` judges figures as a whole: by metric, how large their mean distance may be. Figures of other
    metrics are then told and decide nothing.
    """
    by_label = {trial.label: trial for trial in reversed(trials)}
    recipes = {trial.config.fingerprint for trial in trials}
    wanted = None if seeds is None else set(seeds)
    counting = [run for run in saved if run.fingerprint in recipes and (wanted is None or run.seed in wanted)]
    measured = {row.fingerprint: row.estimates for row in rank(counting)}
    figures: list[FigureVerdict] = []
    for trial in reversed(by_label.values()):
        estimates = measured.get(trial.config.fingerprint, {})
        for figure in filter(is_judged, trial.published):
            found = estimates.get(figure.metric)
            inside = found and is_within(found.mean, figure.value, figure.tolerance, figure.bound)
            figures.append(
                FigureVerdict(
                    label=trial.label,
                    metric=figure.metric,
                    published=figure.value,
                    bound=figure.bound,
                    tolerance=figure.tolerance,
                    mean=found.mean if found else None,
                    half_width=found.half_width if found else None,
                    n=found.n if found else 0,
                    verdict="missing" if found is None else "inside" if inside else "outside",
                )
            )
    return Verdict(tuple(figures), tuple(_mean(figures, metric, allowed) for metric, allowed in mean_gap.items()))


def _mean(figures: Sequence[FigureVerdict], metric: str, allowed: float) -> MeanVerdict:
    misses = [figure.miss for figure in figures if figure.metric == metric]
    known = [one for one in misses if one is not None]
    mean = math.fsum(known) / len(known) if known and len(known) == len(misses) else None
    verdict: Outcome = (
        "missing" if mean is None else "inside" if is_within(mean, 0.0, allowed, "at_most") else "outside"
    )
    return MeanVerdict(metric, mean, allowed, len(misses), verdict)
