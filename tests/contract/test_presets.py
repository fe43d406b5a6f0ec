"""What every packaged preset must satisfy: it explains itself, and each of its trials really trains."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.config import DataConfig
from engine.control import Control
from engine.data.catalog import SOURCES
from engine.events import RunFinished
from engine.overrides import get_value
from engine.presets import GROUPS, Preset, list_presets, preset_files
from engine.runner import run_trials
from engine.store import RunStore
from engine.sweep import expand
from engine.trial_facts import check_trials
from tests.real_data import REAL_DATA, needs_cats_dogs, needs_cifar10, needs_mnist

PRESETS, FAULTS = list_presets()
IMAGE_SIZES = {"cats-and-dogs": 64, "input-scaling": 12}
"""Networks for cats and dogs take one size; whitening takes a minute on images of 32 pixels. The rest gets 32."""
TINY = {
    "data.train_limit": 8,
    "data.test_limit": 4,
    "train.epochs": 1,
    "train.batch_size": 3,
    "train.batches_per_epoch": 2,
    "evaluate.dropout_masks": 0,
}
SUBSETS = {"cifar10": "cifar10_small", "cats_dogs": "cats_dogs"}
"""Part of the real data, for a test; the sets as published are more than it can train on."""
QUICK_SECONDS = 150.0
"""About two minutes on two cores, with room for a machine that has other work."""

over_presets = pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)


def data_of(preset: Preset) -> str:
    return preset.trials[0].config.data.name


def test_every_packaged_file_is_a_preset() -> None:
    assert not FAULTS
    assert {preset.name for preset in PRESETS} == set(preset_files())


@over_presets
def test_a_preset_explains_itself(preset: Preset) -> None:
    assert preset.group in GROUPS
    assert preset.why.strip().endswith(".")
    assert " · " in preset.source
    assert preset.finding or any(trial.published for trial in preset.trials)
    assert preset.quick


@over_presets
def test_a_preset_says_what_its_source_leaves_open_and_what_its_quick_profile_shows(preset: Preset) -> None:
    assert bool(preset.quick_note) == bool(preset.quick)
    assert preset.choices, "each of these sources leaves something open"
    told = [*preset.choices, preset.quick_note]
    for sentence in told:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence == " ".join(sentence.split()), "a line that is wrapped in the file ends in a backslash"
    assert len(set(told)) == len(told)
    assert ". " not in preset.quick_note, "one sentence"


@pytest.mark.parametrize(
    ("name", "key"),
    [("residual-depth", "exp1_4_L32_K32"), ("batchnorm-depth", "exp2_L12_K32-64-128")],
)
def test_a_pooling_that_the_source_makes_impossible_is_told(name: str, key: str) -> None:
    (preset,) = (preset for preset in PRESETS if preset.name == name)
    pools = {trial.label: get_value(trial.config, "model.pool_every") for trial in preset.trials}
    assert [label for label, pool_every in pools.items() if pool_every != 5] == [key]
    assert any("impossible" in choice and "after every" in choice for choice in preset.choices)


@over_presets
def test_each_trial_of_a_preset_trains_on_other_data(preset: Preset, tmp_path: Path) -> None:
    source = SOURCES[data_of(preset)]
    changes: dict[str, Any] = dict(TINY)
    if source.is_image_tree or source.files:
        changes |= {"data.name": "synthetic", "data.image_size": IMAGE_SIZES.get(preset.name, 32)}
    if preset.trials[0].config.evaluate.roc_threshold:
        changes |= {"data.train_limit": 60}  # both classes among the points that are held out
    trials = expand(preset, overrides=changes)
    check_trials(trials, tmp_path)
    events = list(run_trials(trials, RunStore(tmp_path), data_folder=tmp_path, control=Control()))
    endings = [one.event for one in events if isinstance(one.event, RunFinished)]
    assert [ending.status for ending in endings] == ["done"] * len(preset.trials), endings
    summaries = RunStore(tmp_path).summaries()
    assert all(summary.metrics["test_loss"] >= 0 for summary in summaries)


@needs_mnist
@needs_cifar10
@needs_cats_dogs
@pytest.mark.slow
@over_presets
def test_the_quick_profile_takes_about_two_minutes_on_real_data(preset: Preset, tmp_path: Path) -> None:
    trials = [
        trial.with_config(trial.config.model_copy(update={"data": on_the_subset(trial.config.data)}))
        for trial in expand(preset, quick=True)
    ]
    check_trials(trials, REAL_DATA)
    began = time.perf_counter()
    events = list(run_trials(trials, RunStore(tmp_path), data_folder=REAL_DATA, control=Control()))
    seconds = time.perf_counter() - began
    endings = [one.event.status for one in events if isinstance(one.event, RunFinished)]
    print(f"\n{preset.name}: {len(trials)} trials in {seconds:.0f} s")
    assert endings == ["done"] * len(trials)
    assert seconds < QUICK_SECONDS


def on_the_subset(data: DataConfig) -> DataConfig:
    name = f"folder:{REAL_DATA / SUBSETS[data.name]}" if data.name in SUBSETS else data.name
    return data.model_copy(update={"name": name})
