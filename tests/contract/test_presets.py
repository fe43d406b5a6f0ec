"""What every packaged preset must satisfy: it explains itself, and each of its trials really trains."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.events import RunFinished
from engine.presets import GROUPS, Preset, list_presets, preset_files
from engine.runner import Control, check_trials, run_trials
from engine.store import RunStore
from engine.sweep import expand
from tests.real_data import REAL_DATA, needs_cifar10, needs_mnist

PRESETS, FAULTS = list_presets()
TINY = {
    "data.name": "synthetic",
    "data.train_limit": 96,
    "data.test_limit": 50,
    "train.epochs": 1,
    "train.batch_size": 32,
    "train.batches_per_epoch": 2,
}
QUICK_SECONDS = 150.0
"""About two minutes on two cores, with room for a machine that has other work."""


def test_every_packaged_file_is_a_preset() -> None:
    assert not FAULTS
    assert {preset.name for preset in PRESETS} == set(preset_files())


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_explains_itself(preset: Preset) -> None:
    assert preset.group in GROUPS
    assert len(preset.title) <= 70
    assert preset.why.strip().endswith(".")
    assert " · " in preset.source
    assert preset.finding or any(trial.published for trial in preset.trials)
    assert len(preset.trials) >= 2
    assert preset.quick


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_trial_of_a_preset_trains_on_other_data(preset: Preset, tmp_path: Path) -> None:
    trials = expand(preset, overrides=TINY)
    check_trials(trials, tmp_path)
    events = list(run_trials(trials, RunStore(tmp_path), data_folder=tmp_path, control=Control()))
    endings = [one.event for one in events if isinstance(one.event, RunFinished)]
    assert [ending.status for ending in endings] == ["done"] * len(preset.trials), endings
    summaries = RunStore(tmp_path).summaries()
    assert all(summary.metrics["test_loss"] > 0 for summary in summaries)


@needs_mnist
@needs_cifar10
@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_quick_profile_takes_about_two_minutes_on_real_data(preset: Preset, tmp_path: Path) -> None:
    overrides = {"data.name": f"folder:{REAL_DATA / 'cifar10_small'}"} if preset.name == "depth" else {}
    trials = expand(preset, overrides=overrides, quick=True)
    check_trials(trials, REAL_DATA)
    began = time.perf_counter()
    events = list(run_trials(trials, RunStore(tmp_path), data_folder=REAL_DATA, control=Control()))
    seconds = time.perf_counter() - began
    endings = [one.event.status for one in events if isinstance(one.event, RunFinished)]
    print(f"\n{preset.name}: {len(trials)} trials in {seconds:.0f} s")
    assert endings == ["done"] * len(trials)
    assert seconds < QUICK_SECONDS
