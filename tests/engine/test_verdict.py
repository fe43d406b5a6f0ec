from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from engine.summary import RunStatus, RunSummary
from engine.trial import Published, Trial
from engine.verdict import Verdict, judge, trials_to_judge
from tests.builders import build_summary, build_trial


def figure(value: float, tolerance: float, **changes: Any) -> Published:
    return Published(**{"metric": "test_accuracy", "value": value, "tolerance": tolerance, **changes})


def trial_of(label: str, *figures: Published, **overrides: Any) -> Trial:
    """Return a trial whose recipe differs with its label."""
    return build_trial(label, overrides={"optim.lr": 0.01 * len(label), **overrides}, published=figures)


def run_of(trial: Trial, accuracy: float, *, seed: int = 0, **changes: Any) -> RunSummary:
    values: dict[str, Any] = {
        "seed": seed,
        "fingerprint": trial.config.fingerprint,
        "config": trial.config.model_dump(mode="json"),
        "metrics": {"test_accuracy": accuracy, "test_loss": 1 - accuracy},
    }
    return build_summary(**(values | changes))


def verdicts(verdict: Verdict) -> list[str]:
    return [one.verdict for one in verdict.figures]


def test_every_figure_of_a_trial_is_judged_by_the_mean_over_its_seeds() -> None:
    trial = trial_of("a", figure(0.75, 0.125), figure(0.5, 0.0625, metric="test_loss"))
    verdict = judge([trial], [run_of(trial, 0.5), run_of(trial, 0.75, seed=1)])
    accuracy, loss = verdict.figures
    assert (accuracy.label, accuracy.metric, accuracy.published, accuracy.tolerance) == (
        "a",
        "test_accuracy",
        0.75,
        0.125,
    )
    assert (accuracy.mean, accuracy.n, accuracy.gap, accuracy.verdict) == (0.625, 2, -0.125, "inside")
    assert accuracy.half_width == pytest.approx(12.7062 * 0.125, rel=1e-4)  # t of one degree of freedom
    assert (loss.mean, loss.gap, loss.verdict) == (0.375, -0.125, "outside")
    assert (verdict.outcome, verdict.has_passed) == ("outside", False)


@pytest.mark.parametrize(("accuracy", "outcome"), [(0.75, "inside"), (0.875, "inside"), (0.5, "outside")])
def test_a_bound_is_met_by_more(accuracy: float, outcome: str) -> None:
    trial = trial_of("a", figure(0.75, 0.0, bound="at_least"))
    assert judge([trial], [run_of(trial, accuracy)]).outcome == outcome


@pytest.mark.parametrize(
    "changes", [{"status": RunStatus.STOPPED}, {"status": RunStatus.FAILED}, {"fingerprint": "another"}]
)
def test_only_finished_runs_of_exactly_the_recipe_count(changes: dict[str, Any]) -> None:
    trial = trial_of("a", figure(0.5, 0.1))
    verdict = judge([trial], [replace(run_of(trial, 0.5), **changes)])
    (row,) = verdict.figures
    assert (row.mean, row.half_width, row.n, row.gap, row.verdict) == (None, None, 0, None, "missing")
    assert verdict.outcome == "missing"


def test_a_run_on_another_device_or_of_another_preset_counts() -> None:
    trial = trial_of("a", figure(0.5, 0.1))
    elsewhere = trial_of("a", figure(0.5, 0.1), device="cuda:1")
    assert judge([trial], [run_of(elsewhere, 0.5, device="cuda:1", preset="other")]).has_passed


def test_seeds_that_were_asked_for_are_the_only_ones_that_count() -> None:
    trial = trial_of("a", figure(0.5, 0.1))
    runs = [run_of(trial, 0.5), run_of(trial, 0.9, seed=1)]
    assert judge([trial], runs, seeds=[0]).figures[0].mean == 0.5
    assert judge([trial], runs, seeds=[2]).outcome == "missing"


def test_a_trial_of_several_seeds_is_judged_once_and_trials_keep_their_order() -> None:
    first, second = trial_of("b", figure(0.5, 0.1)), trial_of("aa", figure(0.5, 0.1))
    verdict = judge([first, second, first, second], [])
    assert [row.label for row in verdict.figures] == ["b", "aa"]


def test_a_metric_that_the_runs_lack_is_missing() -> None:
    trial = trial_of("a", figure(0.5, 0.1, metric="scaling_error"))
    assert judge([trial], [run_of(trial, 0.5)]).outcome == "missing"


def test_what_is_not_a_number_is_outside() -> None:
    trial = trial_of("a", figure(0.5, 1.0))
    assert judge([trial], [run_of(trial, math.nan)]).outcome == "outside"


def test_figures_of_another_recipe_are_left_out() -> None:
    silent, other = trial_of("a"), trial_of("aa", figure(0.5, 0.1, comparable=False))
    judged = trial_of("aaa", figure(0.5, 0.1, comparable=False), figure(0.5, 0.1))
    assert trials_to_judge([silent, other, judged]) == [judged]
    assert len(judge([judged], []).figures) == 1


def test_nothing_to_judge_is_passed() -> None:
    assert judge([], []).has_passed


class TestMeanGap:
    """A grid judged as a whole: gaps of 0.25 and 0, each metric by itself."""

    trials = (
        trial_of("a", figure(0.75, 0.01), figure(0.5, 0.01, metric="test_loss")),
        trial_of("aa", figure(0.5, 0.01)),
    )
    runs = (run_of(trials[0], 0.5), run_of(trials[1], 0.5))

    @pytest.mark.parametrize(("allowed", "outcome"), [(0.125, "inside"), (0.12, "outside")])
    def test_the_mean_decides_and_single_figures_are_still_told(self, allowed: float, outcome: str) -> None:
        verdict = judge(self.trials, self.runs, mean_gap={"test_accuracy": allowed, "test_loss": 0.0})
        assert verdicts(verdict) == ["outside", "inside", "inside"]
        accuracy, loss = verdict.means
        assert (accuracy.metric, accuracy.mean_gap, accuracy.figures) == ("test_accuracy", 0.125, 2)
        assert (loss.metric, loss.mean_gap, loss.verdict) == ("test_loss", 0.0, "inside")
        assert (accuracy.verdict, verdict.outcome) == (outcome, outcome)

    def test_a_missing_figure_leaves_the_whole_undecided(self) -> None:
        verdict = judge(self.trials, self.runs[:1], mean_gap={"test_accuracy": 1.0})
        assert (verdict.means[0].mean_gap, verdict.means[0].verdict, verdict.outcome) == (None, "missing", "missing")

    def test_a_bound_that_is_met_is_no_distance(self) -> None:
        trial = trial_of("a", figure(0.5, 0.0, bound="at_least"))
        assert judge([trial], [run_of(trial, 0.9)], mean_gap={"test_accuracy": 0.0}).has_passed

    def test_what_is_not_a_number_is_outside(self) -> None:
        runs = [run_of(self.trials[0], 0.75), run_of(self.trials[1], math.nan)]
        assert judge(self.trials, runs, mean_gap={"test_accuracy": 1.0}).outcome == "outside"

    def test_a_metric_that_is_not_judged_as_a_whole_decides_nothing(self) -> None:
        trials = (trial_of("a", figure(0.5, 0.01), figure(0.1, 0.01, metric="test_loss")),)
        verdict = judge(trials, [run_of(trials[0], 0.5)], mean_gap={"test_accuracy": 0.0})
        assert verdicts(verdict) == ["inside", "outside"]
        assert verdict.has_passed
