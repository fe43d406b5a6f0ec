"""`LeaderboardRow`: the finished runs of one recipe taken together, whatever their seed and device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.best_epochs import measured_by
from engine.columns import column_value, flat_settings
from engine.statistics.estimate import Estimate, estimate
from engine.summary import RunSummary
from engine.tolerance import is_met

DEFAULT_METRIC = "best_test_accuracy"
OF_THE_SPLIT = ("validation_", "train_loss", "train_accuracy")
"""How metrics begin that say something about training or validation examples, not about the test set."""


class Estimates(Mapping[str, Estimate]):
    """Means and intervals of what all seeds of a recipe measured, each worked out when it is asked for.

    A leaderboard of thousands of recipes shows three of a dozen metrics.
    """

    def __init__(self, measured: Sequence[Mapping[str, float]]) -> None:
        """Take the metrics of each seed."""
        self._measured = measured
        self._names = [name for name in measured[0] if all(name in one for one in measured)]
        self._found: dict[str, Estimate] = {}

    def __getitem__(self, name: str) -> Estimate:
        found = self._found.get(name)
        if found is None:
            if name not in self._names:
                raise KeyError(name)
            found = self._found[name] = estimate([one[name] for one in self._measured])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """All finished runs of one recipe, whatever their seed and device."""

    fingerprint: str
    preset: str
    label: str
    dataset: str
    test_data: str
    """What its test figures are about; rows of other test data are not ranked against it."""
    model: str
    parameters: int
    runs: tuple[RunSummary, ...]
    """All of them, repeats of a seed included."""
    n: int
    """Seeds. A repeat of one says nothing new, so that a seed counts once, with its newest run."""
    estimates: Mapping[str, Estimate]
    """By metric, and for `train_seconds` and `samples_per_second`."""
    published: dict[str, Any] | None
    """The source's figure for what it is ranked by, where there is one, and its headline figure elsewhere."""
    settings: dict[str, Any]
    """Every setting by dotted key, those of the newest run."""
    differs_in: dict[str, Any] = field(default_factory=dict)
    """Settings that are not the same in all rows of this dataset."""
    metric: str = DEFAULT_METRIC
    """What it is ranked by: the metric asked for, or test loss where no recipe on its data has that."""

    @property
    def gap(self) -> float | None:
        """Mean measured minus published; None where either is missing."""
        if self.published is None or self.published["metric"] not in self.estimates:
            return None
        return self.estimates[self.published["metric"]].mean - float(self.published["value"])

    @property
    def by_seed(self) -> dict[int, RunSummary]:
        """The newest run of each seed."""
        return {run.seed: run for run in self.runs}  # those of one seed stand oldest first

    def results(self, column: str) -> dict[int, float]:
        """Return what each seed measured under a metric, expression or field; a seed without a number is left out."""
        values = {seed: column_value(run, column) for seed, run in self.by_seed.items()}
        return {seed: float(value) for seed, value in values.items() if type(value) in (int, float)}

    def estimate_of(self, column: str) -> Estimate | None:
        """Return mean and interval of a metric, expression or field; None where a seed lacks it."""
        if column in self.estimates:
            return self.estimates[column]
        found = self.results(column)
        return estimate(list(found.values())) if found and len(found) == self.n else None

    @property
    def best_epoch(self) -> Estimate | None:
        """The epoch at which the metric that it is ranked by was best, or that an expression takes it from."""
        if self.metric == DEFAULT_METRIC:
            return self.estimate_of("best_epoch")
        _, at, epoch = self.metric.partition("@")
        return self.estimate_of(f"epoch@{epoch}" if at else f"epoch@best({measured_by(self.metric)})")

    @property
    def reasons(self) -> tuple[str, ...]:
        """How its runs ended where there is something to say, such as that they diverged; each said once."""
        return tuple(dict.fromkeys(run.reason for run in self.runs if run.reason))

    @property
    def is_within_tolerance(self) -> bool | None:
        """Whether the mean meets the published figure; None where the recipe is not the published one."""
        if self.published is None or self.gap is None or not self.published["comparable"]:
            return None
        return is_met(self.published, self.estimates[self.published["metric"]].mean)


def build_row(runs: Sequence[RunSummary], before: LeaderboardRow | None = None) -> LeaderboardRow:
    """Take the finished runs of one recipe together, as they are without others beside them.

    `before` is a row of other runs of this recipe, of which what needs no second look is taken over.
    """
    newest = max(runs, key=lambda run: run.created)
    is_known = before is not None and any(run is newest for run in before.runs)
    by_seed = {run.seed: run for run in sorted(runs, key=lambda run: run.created)}
    measured = [
        {**run.metrics, "train_seconds": run.train_seconds, "samples_per_second": run.samples_per_second}
        for run in by_seed.values()
    ]
    return LeaderboardRow(
        fingerprint=newest.fingerprint,
        preset=newest.preset,
        label=newest.label,
        dataset=newest.dataset,
        test_data=name_test_data(newest, DEFAULT_METRIC),
        model=newest.model,
        parameters=newest.parameters,
        runs=tuple(sorted(runs, key=lambda run: (run.seed, run.created))),
        n=len(by_seed),
        estimates=Estimates(measured),
        published=newest.published,
        settings=before.settings if before is not None and is_known else flat_settings(newest.config),
    )


def name_test_data(summary: RunSummary, metric: str) -> str:
    """Name what two runs must share for their figures to be about the same thing: the data, and which part of it.

    Figures of validation examples, or of training examples, are about those that this split has.
    """
    data = summary.config.get("data", {})
    keys = ["image_size", "test_limit"]
    name, _, at = metric.partition("@best(")
    if (at if name == "epoch" else measured_by(metric)).startswith(OF_THE_SPLIT):
        keys = ["image_size", "train_limit", "validation_fraction", "validation_split", "validation_seed"]
        if not data.get("validation_fraction"):
            keys = keys[:2]
    parts = [f"{key.replace('_', ' ')} {data[key]}" for key in keys if data.get(key)]
    return " · ".join([summary.dataset, *parts])


def varying_settings(settings: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the dotted keys of the flat settings that are not the same in all, seed and device aside."""
    keys = {key for one in settings for key in one} - {"seed", "device"}
    return {key for key in keys if any(one.get(key) != settings[0].get(key) for one in settings)}
