from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.config import DataConfig, RunConfig
from engine.model_config import MODEL_CONFIGS
from engine.overrides import apply_overrides, settings

OTHER: dict[str, Any] = {
    "data.name": "mnist",
    "data.train_limit": 10,
    "data.test_limit": 10,
    "data.image_size": 8,
    "data.validation_fraction": 0.25,
    "data.validation_split": "last",
    "data.validation_seed": 3,
    "data.scaling": "standardised",
    "data.zca_eps": 0.1,
    "augment.crop": 7,
    "augment.flip": 0.5,
    "augment.rotation": 15,
    "augment.greyscale": 0.1,
    "augment.brightness": 0.4,
    "augment.contrast": 0.4,
    "augment.saturation": 0.4,
    "augment.hue": 0.1,
    "model.hidden": [7],
    "model.activation": "tanh",
    "model.dropout": [0.5],
    "model.channels": [7],
    "model.batchnorm": True,
    "model.filters": [7],
    "model.layers_per_filter": 2,
    "model.pool_every": 3,
    "model.kernel_size": 5,
    "model.pooling": "avg",
    "model.pool_size": 3,
    "model.bottleneck": True,
    "model.dropout2d": 0.5,
    "model.block_dropout": 0.5,
    "model.kernel_sizes": [7],
    "model.paddings": [1],
    "model.ceil_mode": True,
    "model.hidden_activation": "tanh",
    "model.init_std": 0.5,
    "optim.name": "rmsprop",
    "optim.lr": 0.2,
    "optim.momentum": 0.5,
    "optim.nesterov": True,
    "optim.beta1": 0.5,
    "optim.beta2": 0.5,
    "optim.alpha": 0.5,
    "optim.eps": 1e-4,
    "optim.weight_decay": 0.5,
    "optim.weight_decay_summed": 0.5,
    "optim.decay_bias": False,
    "schedule.name": "cosine",
    "schedule.gamma": 0.5,
    "schedule.step_epochs": 5,
    "schedule.warmup_epochs": 1.5,
    "schedule.rise_fraction": 0.5,
    "train.epochs": 3,
    "train.max_steps": 100,
    "train.batch_size": 32,
    "train.batches_per_epoch": 5,
    "train.early_stopping_epochs": 5,
    "evaluate.batch_size": 10,
    "evaluate.dropout_masks": 5,
    "evaluate.roc_threshold": True,
    "record.weight_norm": True,
    "record.weights": True,
    "record.converged_below": 0.1,
    "record.layers_every": 10,
}
"""For each setting a value that is not its default."""
OTHER_OF_MODEL: dict[tuple[str, str], Any] = {
    ("convnet", "model.dropout"): [0, 0.5],
    ("double_conv", "model.dropout"): 0.3,
    ("resnet", "model.dropout"): 0.3,
    ("scratch_mlp", "model.dropout"): 0.3,
    ("your_cnn", "model.dropout"): 0.3,
}
"""Where a value serves one family of models only."""
OPTIMISER_OF = {"optim.beta1": "adam", "optim.beta2": "adam", "optim.eps": "adam", "optim.alpha": "rmsprop"}
NEEDED_BY: dict[str, dict[str, Any]] = {
    "data.validation_split": {"data.validation_fraction": 0.5},
    "data.validation_seed": {"data.validation_fraction": 0.5},
    "data.zca_eps": {"data.scaling": "zca"},
    "optim.nesterov": {"optim.momentum": 0.9},
    "evaluate.roc_threshold": {"data.validation_fraction": 0.5},
}
"""What else has to be set for a setting to have an effect."""
KEYS = [
    (model, key) for model in MODEL_CONFIGS for key in settings(model) if key not in ("seed", "device", "model.name")
]


@pytest.mark.parametrize(("model", "key"), KEYS)
def test_the_fingerprint_changes_with_every_setting(model: str, key: str) -> None:
    assert key in OTHER, "a new setting needs a second value in this test"
    config = apply_overrides(
        RunConfig(), {"model.name": model, "optim.name": OPTIMISER_OF.get(key, "sgd"), **NEEDED_BY.get(key, {})}
    )
    changed = apply_overrides(config, {key: OTHER_OF_MODEL.get((model, key), OTHER[key])})
    assert changed.fingerprint != config.fingerprint
    assert apply_overrides(changed, {key: settings(model)[key].default}).fingerprint == config.fingerprint


def test_the_fingerprint_changes_with_the_model() -> None:
    names = [apply_overrides(RunConfig(), {"model.name": name}).fingerprint for name in MODEL_CONFIGS]
    assert len(set(names)) == len(MODEL_CONFIGS)


def test_the_fingerprint_ignores_seed_and_device() -> None:
    assert apply_overrides(RunConfig(), {"seed": 7, "device": "cpu"}).fingerprint == RunConfig().fingerprint


def test_a_default_that_is_written_out_leaves_the_fingerprint_as_it_is() -> None:
    assert RunConfig.model_validate(RunConfig().model_dump()).fingerprint == RunConfig().fingerprint


def test_the_fingerprint_of_a_config_never_changes() -> None:
    """Saved runs are grouped by it: another value here splits them from those that are made from now on."""
    assert RunConfig().fingerprint == "5746f133268d6d17"
    config = apply_overrides(
        RunConfig(),
        {
            "model.name": "block_cnn",
            "model.batchnorm": True,
            "optim.name": "adam",
            "optim.lr": 1e-4,
            "data.name": "mnist",
        },
    )
    assert config.fingerprint == "4c53e1584473e07e"


def test_a_config_survives_json() -> None:
    config = apply_overrides(RunConfig(), {"model.dropout": "0.25", "optim.lr": "0.1", "data.train_limit": "5"})
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(RunConfig(), "seed", 3)  # noqa: B010 - mypy knows that it is read-only


@pytest.mark.parametrize("name", ["folder:", "Digits", "", "imagenet"])
def test_a_dataset_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=r"data\.name"):
        RunConfig.model_validate({"data": {"name": name}})


def test_an_image_folder_goes_by_one_name_from_wherever_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    names = ["folder:../pictures", "folder:~/pictures", f"folder:{tmp_path}/pictures/", "folder:./../pictures"]
    assert {DataConfig(name=name).name for name in names} == {f"folder:{tmp_path}/pictures"}


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cpu:0", ""])
def test_a_device_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="not a device"):
        RunConfig(device=name)


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:0", "cuda:12"])
def test_a_device_that_may_exist_is_taken(name: str) -> None:
    assert RunConfig(device=name).device == name
