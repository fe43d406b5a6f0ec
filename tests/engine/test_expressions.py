from __future__ import annotations

import math

import pytest

from engine.columns import check_column, column_value, sort_by
from engine.errors import ConfigError
from engine.filter import parse_filter
from engine.summary import RunSummary
from tests.builders import build_summary

BEFORE = build_summary(
    run="before",
    metrics={"test_accuracy": 0.8, "test_loss": 0.7, "roc_auc": 0.99},
    best_epochs={"test_loss": 4, "test_accuracy": 6},
    epoch_metrics={"4": {"test_loss": 0.5, "test_accuracy": 0.79}, "6": {"test_loss": 0.6, "test_accuracy": 0.85}},
)
LATER = build_summary(
    run="later",
    metrics={"test_accuracy": 0.9, "test_loss": math.nan},
    best_epochs={"test_accuracy": 9},
    epoch_metrics={"9": {"test_loss": math.nan, "test_accuracy": 0.9}},
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("best:test_accuracy", 0.85),
        ("best:test_loss", 0.5),
        ("last:test_accuracy", 0.8),
        ("test_accuracy@best(test_loss)", 0.79),
        ("epoch@best(test_loss)", 4),
        ("epoch@best(test_accuracy)", 6),
        ("best:roc_auc", None),
        ("best:train_loss", None),
    ],
)
def test_an_expression_is_a_metric_at_one_epoch(name: str, value: float | None) -> None:
    check_column(name, [BEFORE])
    assert column_value(BEFORE, name) == value


@pytest.mark.parametrize("name", ["best:test_acuracy", "test_accuracy@best(test_los)", "epoch@best(loss_of_test)"])
def test_an_expression_of_an_unknown_metric_names_the_nearest(name: str) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean|is not a known field"):
        check_column(name, [BEFORE])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("best:test_accuracy>0.88", ["later"]),
        ("best:test_accuracy>84% and best:test_accuracy<0.9", ["before"]),
        ("test_accuracy@best(test_loss)<0.8", ["before"]),
        ("(test_accuracy@best(test_loss)>=0.79)", ["before"]),
        ("has:best:test_loss", ["before"]),
        ("not has:test_accuracy@best(test_loss)", ["later"]),
        ("epoch@best(test_accuracy)>=6", ["before", "later"]),
    ],
)
def test_filters_take_expressions(text: str, found: list[str]) -> None:
    runs = [BEFORE, LATER]
    wanted = parse_filter(text, runs)
    assert [run.run for run in runs if wanted.matches(run)] == found


def test_runs_that_lack_it_come_last() -> None:
    runs: list[RunSummary] = [LATER, BEFORE]
    assert [run.run for run in sort_by(runs, "test_accuracy@best(test_loss)")] == ["before", "later"]
    assert [run.run for run in sort_by(runs, "best:test_accuracy", descending=True)] == ["later", "before"]
