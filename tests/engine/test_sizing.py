"""Sizes of networks without their data."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from engine.config import DataConfig, RunConfig
from engine.data.catalog import SOURCES
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.layer_table import LayerRow
from engine.model_config import MODEL_CONFIGS
from engine.models import build_model
from engine.overrides import apply_overrides
from engine.presets import load_preset
from engine.sizing import DataShape, NetworkSize, network_sizes, parameter_count

NOWHERE = Path("there-is-no-data-here")


@pytest.mark.parametrize(
    ("preset", "label", "parameters"),
    [
        ("weight-decay", "L2=off", 1_276_810),
        ("dropout-inference", "dropout=0.5", 1_276_810),
        ("batchnorm", "bn=off", 98_442),
        ("batchnorm", "bn=on", 98_922),
    ],
)
def test_presets_have_the_sizes_of_the_catalogue_without_their_data(preset: str, label: str, parameters: int) -> None:
    (trial,) = (trial for trial in load_preset(preset).trials if trial.label == label)
    assert parameter_count(trial.config, NOWHERE) == parameters


def test_an_image_size_changes_the_size_of_the_network() -> None:
    config = apply_overrides(RunConfig(), {"data.name": "mnist", "data.image_size": "14", "model.hidden": ""})
    assert parameter_count(config, NOWHERE) == 14 * 14 * 10 + 10


def test_networks_are_set_against_the_examples_that_training_uses() -> None:
    configs = [
        apply_overrides(RunConfig(), {"data.name": name, "data.train_limit": limit})
        for name, limit in (("mnist", None), ("mnist", 10_000), ("digits", 10_000))
    ]
    sizes = network_sizes(configs, NOWHERE)
    assert [size.data.train_examples for size in sizes] == [60_000, 10_000, 1_437]
    assert [size.parameters for size in sizes] == [parameter_count(config, NOWHERE) for config in configs]
    assert sizes[1].parameters_per_example == 127.681
    assert sizes[0].multiply_adds == 784 * 800 + 800 * 800 + 800 * 10


@pytest.mark.parametrize(
    "name", [name for name, source in SOURCES.items() if not source.files and not source.is_image_tree]
)
@pytest.mark.parametrize("limit", [None, 7])
def test_what_is_told_of_a_named_dataset_is_what_is_loaded(name: str, limit: int | None) -> None:
    is_image = SOURCES[name].image_shape[1] > 1
    config = DataConfig(name=name, train_limit=limit, image_size=12 if is_image else None)
    (size,) = network_sizes([RunConfig(data=config)], NOWHERE)
    dataset = load_dataset(config, NOWHERE)
    assert size.data == DataShape(dataset.image_shape, dataset.classes, len(dataset.train))


def test_a_folder_of_images_is_read_once_for_all_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    for place, name in enumerate(("train/a/1", "train/a/2", "train/b/1", "test/a/1", "test/b/1")):
        file = tmp_path / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 7), (place, 0, 0)).save(file)
    read: list[DataConfig] = []

    def noted(config: DataConfig, folder: Path) -> Dataset:
        read.append(config)
        return load_dataset(config, folder)

    monkeypatch.setattr("engine.sizing.load_dataset", noted)
    changes = {"data.name": f"folder:{tmp_path}"}
    configs = [apply_overrides(RunConfig(), {**changes, "model.hidden": hidden}) for hidden in ("5", "6")]
    sizes = network_sizes(configs, NOWHERE)
    assert len(read) == 1
    assert [size.data for size in sizes] == [DataShape((3, 7, 9), 2, 3)] * 2
    assert [size.expected_at_start for size in sizes] == [(math.log(2), 0.5)] * 2


def test_nothing_is_expected_of_weights_whose_spread_is_a_setting() -> None:
    """N(0, 0.1) on 3,072 inputs makes scores far from 0, and a first loss far from ln 10."""
    config = apply_overrides(load_preset("scratch-overfit").trials[0].config, {"data.name": "synthetic"})
    images = torch.rand(200, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    scores = build_model(config.model, (3, 32, 32), 10)(images)
    assert F.cross_entropy(scores, torch.arange(200) % 10) > math.log(10) + 1
    (size,) = network_sizes([config], NOWHERE)
    assert (size.init_std, size.expected_at_start) == (0.1, None)
    (zero,) = network_sizes([apply_overrides(config, {"model.init_std": 0})], NOWHERE)
    assert zero.expected_at_start == (math.log(10), 0.1)


IMAGE_SIZES = {"strided_cnn": 64, "regularised_cnn": 64}
"""What a family needs; the others take smaller images, which cost less."""


@pytest.mark.parametrize("name", [name for name in MODEL_CONFIGS if name != "scratch_mlp"])
def test_loss_and_accuracy_before_the_first_step_are_about_as_expected(name: str) -> None:
    changes = {
        "model.name": name,
        "data.name": "digits",
        "data.image_size": IMAGE_SIZES.get(name, 16),
    }
    config = apply_overrides(RunConfig(), changes)
    (size,) = network_sizes([config], NOWHERE)
    assert size.expected_at_start is not None
    expected_loss, expected_accuracy = size.expected_at_start
    dataset = load_dataset(config.data, NOWHERE)
    torch.manual_seed(0)
    network = build_model(config.model, dataset.image_shape, dataset.classes)
    with torch.no_grad():
        loss = F.cross_entropy(network(dataset.test.images / 255), dataset.test.labels).item()
    assert loss == pytest.approx(expected_loss, abs=0.1)
    assert expected_accuracy == 0.1


def test_a_single_score_is_a_choice_of_two() -> None:
    row = LayerRow("layers.0", "Linear 4→1", (1,), 5, None, None, 4)
    size = NetworkSize("mlp", "digits", DataShape((1, 2, 2), 2, 10), 5, (row,))
    assert size.expected_at_start == (math.log(2), 0.5)


def test_nothing_is_expected_of_a_number() -> None:
    (size,) = network_sizes([load_preset("gradient-descent").trials[0].config], NOWHERE)
    assert size.expected_at_start is None


def test_a_crop_and_held_out_examples_are_left_out() -> None:
    config = load_preset("cifar-ladder").trials[2].config
    (size,) = network_sizes([apply_overrides(config, {"data.validation_fraction": 0.1})], NOWHERE)
    assert size.data == DataShape((3, 28, 28), 10, 45_000)
    assert size.parameters == 1_191_170
