from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.best_epochs import is_higher_better
from engine.errors import ConfigError
from engine.leaderboard import rank, sort_rows
from engine.leaderboard_row import LeaderboardRow, name_test_data
from engine.statistics.estimate import estimate
from engine.summary import RunStatus, RunSummary
from tests.builders import build_summary, build_trial


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([math.inf, -math.inf], math.nan),
        ([math.inf, 1.0], math.inf),
        ([1e308, 1e308], math.inf),
        ([1e200, -1e200], 0.0),
        ([math.nan, 1.0], math.nan),
    ],
)
def test_what_has_no_finite_mean_is_no_error(values: list[float], mean: float) -> None:
    assert estimate(values).mean == pytest.approx(mean, nan_ok=True)


def saved(label: str, accuracy: float, *, overrides: dict[str, Any] | None = None, **changes: Any) -> RunSummary:
    """Return a finished run whose recipe differs with its label."""
    recipe = {"optim.lr": 0.01 + len(label) / 100, **(overrides or {})}
    config = build_trial(label, overrides=recipe).config
    values: dict[str, Any] = {
        "label": label,
        "seed": config.seed,
        "dataset": config.data.name,
        "fingerprint": config.fingerprint,
        "config": config.model_dump(mode="json"),
        "metrics": {"best_test_accuracy": accuracy, "test_loss": 1 - accuracy},
    }
    return build_summary(**(values | changes))


def test_the_interval_is_that_of_student_for_a_worked_example() -> None:
    """Mean 5, sample deviation 2.138090 of n = 8; t(0.975, 7) = 2.364624 from the tables: 5 ± 1.787487."""
    found = estimate([2, 4, 4, 4, 5, 5, 7, 9])
    assert found.n == 8
    assert found.mean == 5
    assert found.half_width == pytest.approx(2.364624 * 2.138090 / math.sqrt(8), abs=2e-6)


def test_the_interval_of_two_values_uses_one_degree_of_freedom() -> None:
    """t(0.975, 1) = 12.7062 from the tables; the deviation of 1 and 3 is the root of 2."""
    assert estimate([1, 3]).half_width == pytest.approx(12.7062, abs=1e-4)


def test_a_single_run_has_no_interval() -> None:
    assert estimate([0.9]).half_width is None
    assert estimate([0.9]).mean == 0.9


def test_runs_that_agree_have_an_interval_of_no_width() -> None:
    assert estimate([0.5, 0.5, 0.5]).half_width == 0


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.randoms())
def test_the_order_of_the_runs_does_not_matter(values: list[float], random: Any) -> None:
    shuffled = random.sample(values, len(values))
    assert estimate(shuffled).mean == pytest.approx(estimate(values).mean)
    assert estimate(shuffled).half_width == pytest.approx(estimate(values).half_width)


def test_seeds_of_one_recipe_share_a_row() -> None:
    runs = [saved("a", 0.8, overrides={"seed": seed, "device": device}) for seed, device in [(2, "cpu"), (0, "auto")]]
    [row] = rank(runs)
    assert row.n == 2
    assert [run.seed for run in row.runs] == [0, 2]
    assert row.estimates["best_test_accuracy"].mean == pytest.approx(0.8)


def test_a_seed_that_was_run_again_counts_once_with_its_newest_run() -> None:
    again = [
        saved("a", accuracy, seed=4, created=created) for accuracy, created in [(0.9, 3.0), (0.1, 1.0), (0.2, 2.0)]
    ]
    [row] = rank(again)
    assert (row.n, len(row.runs)) == (1, 3)
    assert row.estimates["best_test_accuracy"].mean == 0.9
    assert row.estimates["best_test_accuracy"].half_width is None
    [row] = rank([*again, saved("a", 0.5, seed=5)])
    assert row.estimates["best_test_accuracy"].n == row.n == 2
    assert row.estimates["best_test_accuracy"].mean == pytest.approx(0.7)


def labels(rows: list[LeaderboardRow]) -> list[str]:
    return [row.label for row in rows]


def test_rows_are_sorted_by_any_column_and_stay_with_their_data() -> None:
    rows = rank(
        [
            saved("low", 0.7, parameters=3), saved("highest", 0.9, parameters=2), saved("highest", 0.9, seed=1),
            saved("other", 0.8, overrides={"data.name": "mnist"}),
        ]
    )  # fmt: skip
    assert labels(rows) == ["highest", "low", "other"]
    assert labels(sort_rows(rows, "label", descending=True)) == ["low", "highest", "other"]
    assert labels(sort_rows(rows, "n")) == ["low", "highest", "other"]
    assert labels(sort_rows(rows, "optim.lr")) == ["low", "highest", "other"]
    assert labels(sort_rows(rows, "best_test_accuracy")) == ["low", "highest", "other"]
    assert labels(sort_rows(rows, "test_loss", descending=True)) == ["low", "highest", "other"]


@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_a_value_come_last_either_way(descending: bool) -> None:
    rows = rank([saved("none", 0.9), saved("one", 0.5, published=figure(0.5, 0.1)), saved("none", 0.8, seed=1)])
    assert labels(sort_rows(rows, "gap", descending=descending)) == ["one", "none"]
    assert labels(sort_rows(rows, "half_width", descending=descending)) == ["none", "one"]


def test_a_column_that_is_not_known_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match='Did you mean "half_width"'):
        sort_rows(rank([saved("a", 0.5)]), "halfwidth")


def test_the_best_recipe_comes_first() -> None:
    rows = rank([saved("low", 0.7), saved("highest", 0.9), saved("mid", 0.8, overrides={"optim.momentum": 0.5})])
    assert [row.label for row in rows] == ["highest", "mid", "low"]


def test_the_mean_decides_and_not_the_best_run() -> None:
    lucky = [saved("lucky", value, seed=seed) for seed, value in enumerate([0.99, 0.5])]
    steady = [saved("steady", 0.8, seed=seed) for seed in range(2)]
    assert [row.label for row in rank(lucky + steady)] == ["steady", "lucky"]


def test_lower_is_better_for_losses_errors_and_times() -> None:
    runs = [saved("a", 0.9, train_seconds=9.0), saved("bb", 0.8, train_seconds=3.0)]
    assert [row.label for row in rank(runs, "test_loss")] == ["a", "bb"]
    assert [row.label for row in rank(runs, "train_seconds")] == ["bb", "a"]
    assert not any(map(is_higher_better, ["train_loss", "test_error", "scaling_error", "train_seconds"]))
    assert all(map(is_higher_better, ["test_accuracy", "best_test_accuracy", "samples_per_second"]))


@pytest.mark.parametrize("key", ["data.name", "data.test_limit", "data.image_size"])
def test_recipes_that_are_tested_on_different_images_are_never_ranked_together(key: str) -> None:
    other = {"data.name": "mnist"} if key == "data.name" else {key: 20}
    runs = [
        saved("a", 0.5), saved("bb", 0.9, overrides=other), saved("ccc", 0.8), saved("dddd", 0.4, overrides=other),
    ]  # fmt: skip
    labels = [row.label for row in rank(runs)]
    assert sorted([labels[:2], labels[2:]]) == [["bb", "dddd"], ["ccc", "a"]]


def test_less_training_data_is_still_the_same_test() -> None:
    rows = rank([saved("a", 0.9), saved("bb", 0.95, overrides={"data.train_limit": 10})])
    assert [row.label for row in rows] == ["bb", "a"]


def test_only_the_settings_that_differ_are_named() -> None:
    rows = rank([saved("a", 0.9), saved("bb", 0.8, overrides={"seed": 3, "device": "cpu"})])
    assert [set(row.differs_in) for row in rows] == [{"optim.lr"}] * 2
    assert [row.differs_in["optim.lr"] for row in rows] == pytest.approx([0.02, 0.03])


@pytest.mark.parametrize("status", [status for status in RunStatus if status is not RunStatus.DONE])
def test_only_finished_runs_count(status: RunStatus) -> None:
    assert rank([saved("a", 0.9, status=status)]) == []


@pytest.mark.parametrize("metrics", [{}, {"best_test_accuracy": math.nan}])
def test_a_recipe_without_the_metric_comes_last_and_is_not_left_out(metrics: dict[str, float]) -> None:
    rows = rank([saved("none", 0, metrics=metrics), saved("low", 0.1), saved("highest", 0.9)])
    assert [row.label for row in rows] == ["highest", "low", "none"]


def test_a_metric_that_one_seed_lacks_has_no_mean() -> None:
    [row] = rank([saved("a", 0.9), saved("a", 0.9, seed=1, metrics={"best_test_accuracy": 0.8})])
    assert "test_loss" not in row.estimates
    assert row.estimates["best_test_accuracy"].n == 2


def figure(
    value: float, tolerance: float, *, metric: str = "best_test_accuracy", comparable: bool = True
) -> dict[str, Any]:
    return {"metric": metric, "value": value, "tolerance": tolerance, "comparable": comparable}


@pytest.mark.parametrize(("tolerance", "is_within"), [(0.25, True), (0.125, True), (0.0625, False)])
def test_the_gap_is_that_of_the_mean_and_stands_inside_or_outside_tolerance(tolerance: float, is_within: bool) -> None:
    runs = [saved("a", value, seed=seed, published=figure(0.75, tolerance)) for seed, value in enumerate([0.5, 0.75])]
    [row] = rank(runs)
    assert row.gap == -0.125
    assert row.is_within_tolerance is is_within


@pytest.mark.parametrize(("bound", "is_within"), [("near", False), ("at_least", True), ("at_most", False)])
def test_a_figure_that_is_a_bound_is_met_at_any_distance_on_its_side(bound: str, is_within: bool) -> None:
    [row] = rank([saved("a", 0.75, published=figure(0.5, 0.125) | {"bound": bound})])
    assert (row.gap, row.is_within_tolerance) == (0.25, is_within)
    assert row.runs[0].is_within_tolerance is is_within


def test_a_run_that_is_not_over_is_not_judged() -> None:
    run = saved("a", 0.5, published=figure(0.5, 0.1))
    assert run.is_within_tolerance is True
    assert replace(run, status=RunStatus.STOPPED).is_within_tolerance is None


def test_a_row_shows_the_figure_of_what_it_is_ranked_by_where_there_is_one() -> None:
    others = [figure(0.25, 0.5, metric="test_loss")]
    run = saved("a", 0.5, published=figure(0.75, 0.1), also_published=others)
    [by_accuracy], [by_loss] = rank([run]), rank([run], "test_loss")
    assert by_accuracy.published == figure(0.75, 0.1)
    assert (by_loss.published, by_loss.gap, by_loss.is_within_tolerance) == (others[0], 0.25, True)


def test_another_recipe_than_the_published_has_a_gap_and_no_verdict() -> None:
    [row] = rank([saved("a", 0.5, published=figure(0.75, 1.0, comparable=False))])
    assert row.gap == -0.25
    assert row.is_within_tolerance is None


@pytest.mark.parametrize("published", [None, figure(0.9, 0.1, metric="test_error")])
def test_without_a_figure_or_its_metric_there_is_no_gap(published: dict[str, Any] | None) -> None:
    [row] = rank([saved("a", 0.5, published=published)])
    assert (row.gap, row.is_within_tolerance) == (None, None)


def test_the_row_is_described_by_its_newest_run() -> None:
    run = saved("a", 0.5)
    [row] = rank([replace(run, label="new name", created=2.0), replace(run, label="old name", created=1.0)])
    assert row.label == "new name"


def test_data_on_which_nothing_has_the_metric_are_ranked_by_test_loss_and_other_data_are_not() -> None:
    numbers = {"data.name": "quadratic"}
    runs = [
        saved("far", 0, overrides=numbers, metrics={"test_loss": 1e21}),
        saved("nearest", 0, overrides=numbers, metrics={"test_loss": 1e-9}),
        saved("low", 0.7), saved("none", 0, metrics={"test_loss": 0.1}), saved("highest", 0.9),
    ]  # fmt: skip
    rows = rank(runs)
    assert labels(rows) == ["highest", "low", "none", "nearest", "far"]
    assert [row.metric for row in rows] == ["best_test_accuracy"] * 3 + ["test_loss"] * 2


def test_the_interval_of_a_row_is_that_of_what_ranks_it() -> None:
    one = [saved("a", 0, seed=seed, metrics={"test_loss": loss}) for seed, loss in enumerate((0.1, 0.9))]
    two = [saved("bb", 0, seed=seed, metrics={"test_loss": loss}) for seed, loss in enumerate((0.4, 0.5))]
    assert labels(sort_rows(rank(one + two), "half_width")) == ["bb", "a"]


def test_a_row_says_how_its_runs_ended_each_reason_once() -> None:
    reasons = ["", "diverged: the loss rose", "diverged: the loss rose", "converged after 3 updates"]
    [row] = rank([saved("a", 0.5, seed=seed, reason=reason) for seed, reason in enumerate(reasons)])
    assert row.reasons == ("diverged: the loss rose", "converged after 3 updates")


@pytest.mark.parametrize(
    ("metric", "is_parted"),
    [
        ("train_loss", True),
        ("last:train_loss", True),
        ("best:train_accuracy", True),
        ("last:validation_loss", True),
        ("epoch@best(train_loss)", True),
        ("train_loss@best(test_loss)", True),
        ("test_loss@best(validation_loss)", False),
        ("best:test_accuracy", False),
    ],
)
def test_figures_of_training_examples_stand_beside_those_of_the_same_ones_only(metric: str, is_parted: bool) -> None:
    few, many = (build_summary(config={"data": {"name": "mnist", "train_limit": limit}}) for limit in (500, 10_000))
    assert (name_test_data(few, metric) != name_test_data(many, metric)) == is_parted
