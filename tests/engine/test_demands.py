"""What cannot be trained or recorded is refused before the first step, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.config import TrainConfig
from engine.data.load import load_dataset
from engine.errors import ConfigError
from engine.train import train
from engine.training_state import TrainingState
from engine.trial_facts import check_trials
from tests.builders import build_trial

NOWHERE = Path("there-is-no-data-here")
SINGLE_VALUES = {
    "model.name": "block_cnn", "model.batchnorm": True, "data.train_limit": 13, "train.batch_size": 4,
}  # fmt: skip
"""Three pools leave the last BatchNorm 1x1 of the 8x8 digits, and 13 examples a last batch of one."""


def refusal(changes: dict[str, Any]) -> ConfigError:
    trial = build_trial("bad", overrides=changes)
    with pytest.raises(ConfigError) as caught:
        check_trials([build_trial("good"), trial], NOWHERE)
    with pytest.raises(ConfigError, match=r"record\.weights|BatchNorm"):  # whoever trains without a check
        TrainingState.build(trial.config, load_dataset(trial.config.data, NOWHERE))
    return caught.value


def test_more_weights_than_can_be_followed_are_refused_with_their_count() -> None:
    error = refusal({"record.weights": True, "model.hidden": [16]})
    assert "record.weights = true: the network has 1,210 weights, and at most 16" in error.message
    assert "record.weight_norm=true" in error.hint


def test_few_weights_are_recorded() -> None:
    overrides = {"data.name": "quadratic", "model.name": "linear", "record.weights": True}
    (facts,) = check_trials([build_trial("gd", overrides=overrides)], NOWHERE)
    assert facts.parameters == 5


@pytest.mark.parametrize(
    ("changes", "words", "remedies"),
    [
        (
            {}, "train.batch_size = 4 leaves a last batch of 1 of 13 training examples",
            [{"train.batch_size": 5}, {"train.batches_per_epoch": 3}, {"data.train_limit": 12}],
        ),
        ({"train.batch_size": 1}, "train.batch_size = 1: BatchNorm", [{"train.batch_size": 5}]),
        (
            {"data.train_limit": 18, "data.validation_fraction": 0.25},
            "leaves a last batch of 1 of 13 training examples",
            [{"train.batch_size": 5}, {"train.batches_per_epoch": 3}],
        ),
        ({"data.train_limit": 1}, "the training set has one example", [{"data.train_limit": 2}]),
    ],
)  # fmt: skip
def test_a_single_value_that_batchnorm_cannot_normalise_is_refused_and_what_is_offered_trains(
    changes: dict[str, Any], words: str, remedies: list[dict[str, Any]]
) -> None:
    recipe = SINGLE_VALUES | changes
    error = refusal(recipe)
    assert words in error.message
    assert "feature_extractor.3.1" in error.message
    for remedy in remedies:
        ((key, value),) = remedy.items()
        if len(remedies) > 1:
            assert f"{key}={value}" in error.hint
        config = build_trial("mended", overrides=recipe | remedy).config
        assert list(train(config, load_dataset(config.data, NOWHERE)))[-1].status == "done"  # type: ignore[union-attr]
    assert ("data.train_limit" in error.hint) is ({"data.train_limit": 12} in remedies)


@pytest.mark.parametrize(
    "changes",
    [
        {"model.batchnorm": False},
        {"model.channels": [4, 4]},
        {"train.batches_per_epoch": 3},
        {"train.max_steps": 3},
        {"data.validation_fraction": 0.2},
    ],
)
def test_a_last_batch_of_one_is_trained_where_nothing_speaks_against_it(changes: dict[str, Any]) -> None:
    config = build_trial("fine", overrides=SINGLE_VALUES | changes).config
    check_trials([build_trial("fine", overrides=SINGLE_VALUES | changes)], NOWHERE)
    assert list(train(config, load_dataset(config.data, NOWHERE)))[-1].status == "done"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("recipe", "examples", "smallest"),
    [
        ({"batch_size": 4}, 13, 1),
        ({"batch_size": 4}, 12, 4),
        ({"batch_size": 64}, 13, 13),
        ({"batch_size": 4, "batches_per_epoch": 3}, 13, 4),
        ({"batch_size": 4, "max_steps": 3}, 13, 4),
        ({"batch_size": 4, "max_steps": 4}, 13, 1),
        ({"batch_size": 1}, 13, 1),
    ],
)
def test_the_smallest_batch_is_the_last_of_an_epoch_that_gets_there(
    recipe: dict[str, int], examples: int, smallest: int
) -> None:
    assert TrainConfig.model_validate(recipe).smallest_batch(examples) == smallest
