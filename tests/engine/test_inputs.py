"""From stored examples to inputs: varied in training only, alike for a seed, scaled by the training set alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.config import AugmentConfig, DataConfig
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.errors import ConfigError
from engine.events import StepsDone
from engine.inputs import Inputs, input_shape
from engine.train import train
from engine.training_state import TrainingState
from tests.builders import build_trial

NOWHERE = Path("there-is-no-data-here")
ALL = AugmentConfig(crop=12, flip=0.5, rotation=10, greyscale=0.3, brightness=0.2, contrast=0.2, saturation=0.2)


@pytest.fixture(scope="module")
def images() -> Dataset:
    return load_dataset(DataConfig(name="synthetic"), NOWHERE)


def inputs_of(dataset: Dataset, augment: AugmentConfig | None = None, seed: int = 0, **data: Any) -> Inputs:
    return Inputs.of(
        DataConfig(name="synthetic", **data), augment or AugmentConfig(), dataset, seed=seed, channels_last=False
    )


def test_without_augmentation_training_and_tests_see_the_same(images: Dataset) -> None:
    inputs, batch = inputs_of(images), images.train.images[:50]
    assert torch.equal(inputs.for_training(batch), inputs.for_testing(batch))
    assert torch.equal(inputs.for_testing(batch), batch.float() / 255)


def test_augmentation_varies_training_and_leaves_tests_alone(images: Dataset) -> None:
    inputs, batch = inputs_of(images, ALL), images.train.images[:50]
    seen: list[Tensor] = []
    for _ in range(2):
        tested = inputs.for_testing(batch)
        assert torch.equal(tested, batch[:, :, 2:14, 2:14].float() / 255)  # the centre
        seen.append(inputs.for_training(batch))
        assert seen[-1].shape == tested.shape == (50, *input_shape(ALL, images.image_shape))
    assert not torch.equal(*seen)
    assert not torch.equal(seen[0], tested)


def test_one_seed_draws_one_augmentation_and_another_seed_another(images: Dataset) -> None:
    batch = images.train.images[:50]
    first, again, other = (inputs_of(images, ALL, seed).for_training(batch) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_testing_in_between_changes_no_draw(images: Dataset) -> None:
    batch = images.train.images[:50]
    plain, disturbed = inputs_of(images, ALL), inputs_of(images, ALL)
    disturbed.for_testing(batch)
    assert torch.equal(plain.for_training(batch), disturbed.for_training(batch))


def test_dropout_does_not_change_what_a_network_is_shown(images: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[list[Tensor]] = []
    prepare = Inputs.for_training

    def watch(self: Inputs, batch: Tensor) -> Tensor:
        prepared = prepare(self, batch)
        shown[-1].append(prepared)
        return prepared

    monkeypatch.setattr(Inputs, "for_training", watch)
    losses: list[list[float]] = []
    for dropout in (0.0, 0.5):
        overrides = {
            "data.name": "synthetic", "augment.crop": 12, "augment.flip": 0.5, "model.hidden": [8], "train.epochs": 1,
            "train.max_steps": 4, "model.dropout": [dropout] if dropout else [],
        }  # fmt: skip
        shown.append([])
        events = list(train(build_trial(overrides=overrides).config, images))
        losses.append([one for e in events if isinstance(e, StepsDone) for one in e.series.get("train_loss", ())])
    assert len(shown[0]) == len(shown[1]) == 4
    assert all(torch.equal(one, other) for one, other in zip(*shown, strict=True))
    assert losses[0] != losses[1]


def test_standardised_training_images_have_mean_0_and_deviation_1_and_tests_share_the_scale(images: Dataset) -> None:
    inputs = inputs_of(images, scaling="standardised")
    seen = inputs.for_testing(images.train.images)
    torch.testing.assert_close(seen.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(seen.std((0, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)
    assert torch.equal(inputs.for_testing(images.test.images[:100]), inputs.for_testing(images.test.images)[:100])
    pixels = images.train.images.float() / 255
    tested = inputs.for_testing(images.test.images)
    expected = (images.test.images.float() / 255 - pixels.mean((0, 2, 3), keepdim=True)) / pixels.std(
        (0, 2, 3), keepdim=True
    )
    torch.testing.assert_close(tested, expected, atol=1e-4, rtol=1e-3)


def test_symmetric_values_lie_from_minus_1_to_1(images: Dataset) -> None:
    batch = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 3, 16, 16)
    seen = inputs_of(images, scaling="symmetric").for_testing(batch)
    assert torch.equal(seen[0], torch.full((3, 16, 16), -1.0))
    assert torch.equal(seen[1], torch.ones(3, 16, 16))


def test_whitened_images_have_uncorrelated_values_before_anything_moves_them(images: Dataset) -> None:
    inputs = inputs_of(images, scaling="zca", zca_eps=1e-6)
    values = inputs.for_testing(images.train.images).flatten(1).double()
    covariance = torch.cov(values.T)
    torch.testing.assert_close(covariance, torch.eye(len(covariance), dtype=torch.double), atol=0.05, rtol=0)
    cropped = inputs_of(images, AugmentConfig(crop=12), scaling="zca", zca_eps=1e-6)
    batch = images.test.images[:20]
    torch.testing.assert_close(cropped.for_testing(batch), inputs.for_testing(batch)[:, :, 2:14, 2:14])


def test_points_cannot_be_treated_as_images() -> None:
    overrides = {"data.name": "moons", "data.scaling": "standardised", "augment.flip": 0.5}
    config = build_trial(overrides=overrides).config
    with pytest.raises(ConfigError, match=r"augment\.flip, data\.scaling: moons holds points"):
        TrainingState.build(config, load_dataset(config.data, NOWHERE))
