from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.config import DataConfig
from engine.data.dataset import Dataset, Split
from engine.data.load import load_dataset
from engine.data.resize import resize

NOWHERE = Path("does-not-exist")


def test_limits_draw_the_same_examples_each_time() -> None:
    config = DataConfig(name="digits", train_limit=100, test_limit=20)
    first, second = load_dataset(config, NOWHERE), load_dataset(config, NOWHERE)
    assert (len(first.train), len(first.test)) == (100, 20)
    assert torch.equal(first.train.images, second.train.images)
    assert torch.equal(first.test.labels, second.test.labels)


@pytest.mark.parametrize("limit", [360, 361, 10_000])
def test_a_limit_of_all_examples_or_more_changes_nothing(limit: int) -> None:
    assert len(load_dataset(DataConfig(name="digits", test_limit=limit), NOWHERE).test) == 360


def test_image_size_scales_a_named_set() -> None:
    original = load_dataset(DataConfig(name="digits"), NOWHERE)
    larger = load_dataset(DataConfig(name="digits", image_size=32), NOWHERE)
    assert larger.image_shape == (1, 32, 32)
    assert larger.train.images.dtype == torch.uint8
    means = [split.images.float().mean().item() for split in (original.train, larger.train)]
    assert means[0] == pytest.approx(means[1], rel=0.05)


def test_scaling_down_averages_and_does_not_skip_pixels() -> None:
    stripes = torch.zeros(3, 1, 8, 8, dtype=torch.uint8)
    stripes[..., ::2] = 200
    split = Split(stripes, torch.zeros(3, dtype=torch.int64))
    small = resize(Dataset("stripes", split, split, ("one",)), 2).train.images.float()
    assert ((small - 100).abs() < 30).all()


def test_size_that_images_already_have_changes_nothing() -> None:
    original = load_dataset(DataConfig(name="digits"), NOWHERE)
    assert resize(original, 8).train is original.train


def test_digits_span_the_range_of_a_byte_and_hold_out_each_class_in_proportion() -> None:
    digits = load_dataset(DataConfig(name="digits"), NOWHERE)
    assert (int(digits.train.images.min()), int(digits.train.images.max())) == (0, 255)
    assert digits.test.labels.bincount().tolist() == [36, 36, 35, 37, 36, 37, 36, 36, 35, 36]


def test_synthetic_images_are_the_same_every_time() -> None:
    torch.manual_seed(0)
    first = load_dataset(DataConfig(name="synthetic"), NOWHERE)
    torch.manual_seed(1)
    second = load_dataset(DataConfig(name="synthetic"), NOWHERE)
    assert torch.equal(first.train.images, second.train.images)
    assert not torch.equal(first.train.images[:500], first.test.images)


def test_synthetic_classes_can_be_told_apart_but_not_perfectly() -> None:
    synthetic = load_dataset(DataConfig(name="synthetic"), NOWHERE)
    train = synthetic.train.images.flatten(1).float()
    centres = torch.stack([train[synthetic.train.labels == label].mean(0) for label in range(10)])
    nearest = torch.cdist(synthetic.test.images.flatten(1).float(), centres).argmin(1)
    accuracy = (nearest == synthetic.test.labels).float().mean().item()
    assert 0.8 < accuracy < 0.995
