from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import DataConfig
from engine.data.load import load_dataset
from engine.data.stand_in import stand_in


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"train_limit": 101, "test_limit": 7},
        {"train_limit": 10**9, "validation_fraction": 0.3},
        {"image_size": 20},
    ],
)
def test_it_has_the_shape_of_the_dataset_that_it_stands_for(changes: dict[str, float], tmp_path: Path) -> None:
    config = DataConfig.model_validate({"name": "synthetic", **changes})
    real, known = load_dataset(config, tmp_path), stand_in(config)
    assert known is not None
    assert known.classes == real.classes
    for split, same in ((known.train, real.train), (known.test, real.test)):
        assert (split.images.shape, split.images.dtype) == (same.images.shape, same.images.dtype)
        assert (split.labels.shape, split.labels.dtype) == (same.labels.shape, same.labels.dtype)
        assert split.images.is_meta


def test_nothing_stands_for_a_folder_of_images() -> None:
    assert stand_in(DataConfig(name="folder:/photographs")) is None
