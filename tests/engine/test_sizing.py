"""Sizes of networks without their data."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import RunConfig
from engine.overrides import apply_overrides
from engine.presets import load_preset
from engine.sizing import parameter_count

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
