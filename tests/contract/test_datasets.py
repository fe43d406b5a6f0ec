"""What every dataset must satisfy; sets that lie on disk are tested where the real files are."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from engine.config import DATASET_NAMES, DataConfig
from engine.data.catalog import SOURCES, source_state
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from tests.real_data import REAL_DATA


class Case(NamedTuple):
    config: DataConfig
    shape: tuple[int, int, int]
    train_examples: int
    test_examples: int
    classes: int


POINTS = {"moons", "quadratic"}
"""Sets of numbers instead of images; tests of their own say what they hold."""
NAMED = {
    name: Case(DataConfig(name=name), source.image_shape, source.train_examples, source.test_examples, source.classes)
    for name, source in SOURCES.items()
    if name not in POINTS and not source.is_image_tree
}
FOLDERS = {
    "cifar10_small": Case(DataConfig(name=f"folder:{REAL_DATA / 'cifar10_small'}"), (3, 32, 32), 5000, 1000, 10),
    "cats_dogs": Case(DataConfig(name=f"folder:{REAL_DATA / 'cats_dogs'}", image_size=64), (3, 64, 64), 2000, 2000, 2),
}
CASES = NAMED | FOLDERS


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the module: each folder of photographs is decoded once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setenv("TERMLAB_CACHE", str(cache))
    name: str = request.param
    if name in NAMED:
        status = source_state(name, REAL_DATA).status
        if status not in ("built-in", "complete"):
            pytest.skip(f"{name} is {status} in {REAL_DATA}; TERMLAB_TEST_DATA names another folder")
    elif not (REAL_DATA / name).is_dir():
        pytest.skip(f"{name} is absent in {REAL_DATA}; TERMLAB_TEST_DATA names another folder")
    return CASES[name]


def load(case: Case, **limits: int) -> Dataset:
    return load_dataset(case.config.model_copy(update=limits), REAL_DATA)


def test_every_setting_is_in_the_catalogue() -> None:
    assert set(DATASET_NAMES) == set(SOURCES)


def test_whole_dataset_is_as_described(case: Case) -> None:
    dataset = load(case)
    assert dataset.name == case.config.name
    assert (dataset.image_shape, dataset.classes) == (case.shape, case.classes)
    assert len(set(dataset.class_names)) == case.classes
    assert all(dataset.class_names)
    for split, count in ((dataset.train, case.train_examples), (dataset.test, case.test_examples)):
        assert len(split) == count
        assert split.images.shape == (count, *case.shape)
        assert (split.images.dtype, split.labels.dtype) == (torch.uint8, torch.int64)
        assert sorted(set(split.labels.tolist())) == list(range(case.classes))
        assert split.images.is_contiguous()
        assert split.images.min() < 64  # the range of a byte is used, and not that of a fraction
        assert split.images.max() > 192


def test_limited_dataset_is_the_same_part_each_time_and_no_random_state_is_touched(case: Case) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = load(case, train_limit=50, test_limit=20)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    second = load(case, train_limit=50, test_limit=20)
    assert (len(first.train), len(first.test)) == (50, 20)
    for one, other in ((first.train, second.train), (first.test, second.test)):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)


def test_no_training_example_is_also_a_test_example(case: Case) -> None:
    dataset = load(case)
    train = {bytes(image) for image in dataset.train.images.flatten(1).numpy()}
    shared = sum(bytes(image) in train for image in dataset.test.images.flatten(1).numpy())
    assert shared <= 0.01 * len(dataset.test)  # a handful of pictures is drawn or taken twice


def test_image_size_applies_to_every_source(case: Case) -> None:
    small = load(case, image_size=12, train_limit=10, test_limit=10)
    assert small.image_shape == (case.shape[0], 12, 12)
    assert small.train.images.dtype == torch.uint8
