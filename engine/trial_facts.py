"""`check_trials`: what trials will be, and what is wrong with them, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import DataConfig
from engine.data.shared import load_shared
from engine.errors import TermlabError
from engine.trial import Trial
from engine.trial_faults import join_faults

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """What is known of a trial before its first step."""

    parameters: int
    train_examples: int
    test_examples: int
    epochs: int
    steps: int
    """In all, if nothing ends it early."""
    device: str
    remark: str = ""
    """What the network is not, on data like this; empty as a rule."""


def check_trials(trials: Sequence[Trial], data_folder: Path) -> list[TrialFacts]:
    """Load the data, choose the device and size the network of every trial: what can be foreseen does not fail later.

    Raises: ConfigError, DataError, DeviceError, ModelError with every fault at once; nothing was started and nothing
    is on disk.
    """
    from engine.trial_check import check_trial

    broken: dict[DataConfig, TermlabError] = {}

    def load(config: DataConfig) -> Dataset:
        if config in broken:
            raise broken[config]  # looking again at a large folder takes as long, and finds the same
        try:
            return load_shared(config, data_folder)
        except TermlabError as error:
            broken[config] = error
            raise

    facts: list[TrialFacts] = []
    found: list[tuple[str, TermlabError]] = []
    for trial in trials:
        try:
            facts.append(check_trial(trial.config, load))
        except* TermlabError as group:
            found += [(trial.label, error) for error in group.exceptions if isinstance(error, TermlabError)]
    if found:
        raise join_faults(found, [trial.label for trial in trials])
    return facts
