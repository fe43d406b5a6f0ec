from __future__ import annotations

import math

import pytest

from engine.columns import FIELDS, check_column, column_value, has_value, known_columns, sort_by, value_text
from engine.conditions import SEARCHED
from engine.errors import ConfigError
from engine.overrides import format_value, settings
from engine.summary import RunSummary
from tests.builders import build_summary


def test_every_plain_field_of_the_run_object_is_a_column() -> None:
    nested = {"metrics", "best_epochs", "epoch_metrics", "config", "is_hidden"}
    assert set(RunSummary.__slots__) - nested | {"gap", "hidden"} == set(FIELDS)
    assert FIELDS["seed"] == FIELDS["train_seconds"] == "number"
    assert FIELDS["status"] == FIELDS["run"] == "text"
    assert FIELDS["created"] == FIELDS["updated"] == "time"
    assert set(SEARCHED) <= set(FIELDS)


def test_a_column_is_a_field_a_metric_or_a_setting() -> None:
    run = build_summary(seed=3, metrics={"own_error": 0.5}, config={"seed": 4, "optim": {"lr": 0.1}})
    assert column_value(run, "seed") == 3
    assert column_value(run, "own_error") == 0.5
    assert column_value(run, "optim.lr") == 0.1
    assert column_value(run, "optim") is None
    assert column_value(run, "optim.lr.more") is None
    assert column_value(run, "model.batchnorm") is None


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r'"test_acuracy" is not a known field. Did you mean "test_accuracy"\?'):
        check_column("test_acuracy")
    check_column("model.pool_every")
    with pytest.raises(ConfigError):
        check_column("own_error")
    check_column("own_error", [build_summary(metrics={"own_error": math.nan})])


def test_known_columns_are_all_accepted_and_hold_every_setting() -> None:
    runs = [build_summary(metrics={"own_error": 0.5}, config={"later": {"setting": 1}})]
    known = known_columns(runs)
    for name in known:
        check_column(name, runs)
    assert {*settings("cnn"), "own_error", "later.setting"} <= set(known)
    assert len(known) == len(set(known))


def test_runs_sort_as_numbers_and_those_without_the_column_come_last_in_both_directions() -> None:
    runs = [
        build_summary(run="ten", metrics={"score": 10.0}),
        build_summary(run="none", metrics={}),
        build_summary(run="nine", metrics={"score": 9.0}),
        build_summary(run="nan", metrics={"score": math.nan}),
    ]
    assert [run.run for run in sort_by(runs, "score")] == ["nine", "ten", "none", "nan"]
    assert [run.run for run in sort_by(runs, "score", descending=True)] == ["ten", "nine", "none", "nan"]


def test_runs_sort_by_text_whatever_its_case_and_ties_keep_their_order() -> None:
    runs = [build_summary(run=run, label=label) for run, label in [("1", "b"), ("2", "A"), ("3", "B"), ("4", "a")]]
    assert [run.run for run in sort_by(runs, "label")] == ["2", "4", "1", "3"]
    assert [run.run for run in sort_by(runs, "label", descending=True)] == ["1", "3", "2", "4"]


def test_a_column_of_mixed_settings_sorts_without_a_crash() -> None:
    values: list[object] = ["adam", 2, True, [64, 32], None, 0.5]
    runs = [build_summary(run=str(place), config={"a": {"b": value}}) for place, value in enumerate(values)]
    assert [run.run for run in sort_by(runs, "a.b")] == ["5", "2", "1", "3", "0", "4"]


@pytest.mark.parametrize("value", [None, True, False, 0.1, 1e-8, 3, "adam", [], [64, 32], [0.5]])
def test_a_value_is_written_as_an_override_gives_it(value: object) -> None:
    assert value_text(value) == format_value(value)


def test_nothing_empty_text_and_nan_are_no_values() -> None:
    nothing: list[object] = [None, "", math.nan]
    something: list[object] = [0, 0.0, False, "none", []]
    assert not any(map(has_value, nothing))
    assert all(map(has_value, something))
