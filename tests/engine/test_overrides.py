from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import RunConfig
from engine.errors import ConfigError
from engine.model_config import MODEL_CONFIGS
from engine.overrides import (
    apply_overrides,
    format_value,
    get_value,
    parse_assignments,
    parse_value,
    settings,
)

ALL_SETTINGS = [(model, key) for model in MODEL_CONFIGS for key in settings(model)]
WIDTHS = st.lists(st.integers(1, 65_536), min_size=1, max_size=8)
FRACTION = st.floats(0, 1, exclude_max=True)
ALLOWED: dict[str, st.SearchStrategy[Any]] = {
    "data.train_limit": st.none() | st.integers(min_value=1),
    "data.image_size": st.none() | st.integers(1, 1024),
    "data.name": st.sampled_from(["digits", "mnist", "folder:/a b/c=d,e"]),
    "model.hidden": WIDTHS,
    "model.activation": st.sampled_from(["relu", "gelu"]),
    "model.dropout": st.lists(FRACTION, max_size=1),
    "optim.name": st.sampled_from(["sgd", "adam", "rmsprop"]),
    "optim.lr": st.floats(0, 100, exclude_min=True),
    "optim.weight_decay": st.floats(0, 100),
    "optim.decay_bias": st.booleans(),
    "schedule.warmup_epochs": st.floats(0, allow_infinity=False),
    "train.batch_size": st.integers(1, 1_000_000),
    "seed": st.integers(0, 2**31 - 1),
    "device": st.sampled_from(["auto", "cpu", "cuda", "cuda:3"]),
}


def problems(overrides: dict[str, Any], config: RunConfig | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        apply_overrides(config or RunConfig(), overrides)
    return caught.value.problems


@pytest.mark.parametrize(("model", "key"), ALL_SETTINGS)
def test_a_default_is_written_and_read_back(model: str, key: str) -> None:
    config = apply_overrides(RunConfig(), {"model.name": model})
    default = settings(model)[key].default
    assert get_value(config, key) == default
    assert apply_overrides(config, {key: format_value(default)}) == config


@pytest.mark.parametrize(("model", "key"), ALL_SETTINGS)
def test_every_setting_says_what_it_is_for_and_what_it_takes(model: str, key: str) -> None:
    setting = settings(model)[key]
    assert setting.description
    assert setting.allowed


@given(st.fixed_dictionaries({}, optional=ALLOWED))
def test_allowed_values_survive_being_written_and_read(values: dict[str, Any]) -> None:
    written = {key: format_value(value) for key, value in values.items()}
    config = apply_overrides(RunConfig(), written)
    for key, value in values.items():
        assert get_value(config, key) == (tuple(value) if isinstance(value, list) else value)
    assert apply_overrides(RunConfig(), values) == config


@given(st.dictionaries(st.sampled_from(sorted(ALLOWED)), st.text(max_size=12), min_size=1))
def test_any_text_is_taken_or_refused_with_its_section(texts: dict[str, str]) -> None:
    problems: tuple[str, ...] = ()
    config = RunConfig()
    try:
        config = apply_overrides(config, texts)
    except ConfigError as error:
        problems = error.problems
    sections = tuple(key.partition(".")[0] for key in texts)
    assert all(problem.startswith(sections) for problem in problems)
    assert RunConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("optim.rl", "optim.lr"), ("trian.epochs", "train.epochs"), ("train.train_limit", "data.train_limit")],
)
def test_an_unknown_key_names_the_nearest(key: str, nearest: str) -> None:
    assert problems({key: "1"}) == (f'{key} is not a setting. Did you mean "{nearest}"?',)


def test_a_key_of_another_model_says_whose_it_is_not() -> None:
    [problem] = problems({"model.batchnorm": "true"})
    assert problem.startswith("model.batchnorm is not a setting of the model mlp.")


def test_every_fault_is_reported_at_once() -> None:
    found = problems(
        {"optim.name": "sdg", "optim.lr": "fast", "trian.epochs": "3", "model.hidden": "8,x", "seed": "-1"}
    )
    assert len(found) == 5
    text = "\n".join(found)
    assert 'Did you mean "sgd"?' in text
    assert 'optim.lr = "fast" is not allowed: it takes a number, greater than 0' in text
    assert 'Did you mean "train.epochs"?' in text
    assert 'model.hidden: value 2, "x", is not allowed: it takes whole numbers separated by commas' in text
    assert "seed" in text


@pytest.mark.parametrize("key", ["lr", "learning_rate", "optim.learning_rate"])
def test_the_learning_rate_is_found_however_it_is_called(key: str) -> None:
    [problem] = problems({key: "0.1"})
    assert problem == f'{key} is not a setting. Did you mean "optim.lr"?'


def test_a_list_of_one_wrong_item_is_told_once() -> None:
    [problem] = problems({"model.name": "cnn", "model.filters": "0"})
    assert problem.startswith('model.filters: value 1, "0", is not allowed')


def test_a_fault_is_led_by_where_it_stands() -> None:
    with pytest.raises(ConfigError, match=r"^\[quick\] optim.lr"):
        apply_overrides(RunConfig(), {"optim.lr": "0"}, "[quick] ")


def test_an_unknown_model_lists_the_known_ones() -> None:
    [problem] = problems({"model.name": "cnnn"})
    known = ", ".join(sorted(MODEL_CONFIGS))
    assert problem == f'model.name: "cnnn" is not a known model. Known: {known}. Did you mean "cnn"?'


def test_an_unknown_dataset_lists_the_known_ones() -> None:
    [problem] = problems({"data.name": "digit"})
    assert problem.startswith('data.name: "digit" is not a known dataset.')
    assert problem.endswith('Did you mean "digits"?')


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "true", "", "0.1,0.2", math.nan, math.inf])
def test_a_learning_rate_that_is_no_positive_number_is_refused(value: Any) -> None:
    [problem] = problems({"optim.lr": value})
    assert problem.startswith("optim.lr = ")


def test_another_model_brings_its_own_defaults() -> None:
    assert get_value(apply_overrides(RunConfig(), {"model.name": "cnn"}), "model.hidden") == (100,)


def test_another_model_keeps_what_was_set_and_both_have() -> None:
    mlp = apply_overrides(RunConfig(), {"model.hidden": "64", "model.activation": "tanh", "model.dropout": "0.5"})
    cnn = apply_overrides(mlp, {"model.name": "cnn", "model.pool_every": "1"})
    assert (get_value(cnn, "model.hidden"), get_value(cnn, "model.activation")) == ((64,), "tanh")
    assert get_value(cnn, "model.pool_every") == 1
    assert not hasattr(cnn.model, "dropout")


def test_another_model_leaves_behind_what_is_no_value_of_it() -> None:
    """`model.dropout` is a list of the mlp's layers, another list of the convnet's, and one number of the resnet."""
    mlp = apply_overrides(RunConfig(), {"model.hidden": "64", "model.dropout": "0.5"})
    for name, dropout in (("convnet", ()), ("resnet", 0.0), ("your_cnn", 0.2)):
        changed = apply_overrides(mlp, {"model.name": name})
        assert get_value(changed, "model.hidden") == (64,)
        assert get_value(changed, "model.dropout") == dropout
    assert get_value(apply_overrides(mlp, {"model.name": "resnet", "model.dropout": "0.3"}), "model.dropout") == 0.3
    your_cnn = apply_overrides(RunConfig(), {"model.name": "your_cnn", "model.dropout": "0.3"})
    assert get_value(apply_overrides(your_cnn, {"model.name": "resnet"}), "model.dropout") == 0.3


def test_settings_that_contradict_each_other_are_refused() -> None:
    assert "no effect with adam" in problems({"optim.name": "adam", "optim.momentum": "0.9"})[0]
    assert "two scales" in problems({"optim.weight_decay": "0.1", "optim.weight_decay_summed": "2"})[0]
    assert "3 values for 2 hidden layers" in problems({"model.dropout": "0.1,0.2,0.3"})[0]
    assert "there are none" in problems({"model.hidden": "none", "model.dropout": "0.5"})[0]


def test_the_config_given_is_left_as_it_was() -> None:
    config = RunConfig()
    apply_overrides(config, {"optim.lr": "0.5", "seed": "3"})
    assert config == RunConfig()


@pytest.mark.parametrize("text", ["", "none", "[]", "[ ]", "None"])
def test_an_empty_list_can_be_written_in_several_ways(text: str) -> None:
    assert parse_value(settings("mlp")["model.hidden"], text) == ()


@pytest.mark.parametrize("text", ["64,32", "[64, 32]", " 64 , 32 "])
def test_a_list_may_have_brackets_and_spaces(text: str) -> None:
    assert get_value(apply_overrides(RunConfig(), {"model.hidden": text}), "model.hidden") == (64, 32)


def test_assignments_split_at_the_first_equals_sign_and_the_last_one_wins() -> None:
    assert parse_assignments(["data.name=folder:a=b", "seed=1", " seed =2"]) == {
        "data.name": "folder:a=b",
        "seed": "2",
    }


def test_every_text_that_is_no_assignment_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_assignments(["optim.lr", "seed=1", "=3"])
    assert [problem.split(" is not")[0] for problem in caught.value.problems] == ['"optim.lr"', '"=3"']


def test_the_last_part_of_a_key_is_enough_to_be_understood() -> None:
    assert problems({"lr": "0.1"})[0] == 'lr is not a setting. Did you mean "optim.lr"?'
