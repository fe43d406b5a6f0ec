"""From a preset and what the user asks of it to the trials that will run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import ConfigError, TermlabError, unknown
from engine.overrides import apply_overrides
from engine.presets import Preset
from engine.trial import Trial
from engine.trial_faults import join_faults

MOST_SEEDS = 10_000
MOST_RUNS = 100_000
LARGEST_SEED = 2**31 - 1


def parse_seeds(text: str) -> tuple[int, ...]:
    """Read `0..4`, `0,3,7` or both mixed; ranges include their ends, repeats count once.

    Raises: ConfigError if the text is anything else.
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        first, dots, last = part.strip().partition("..")
        if not first.isdecimal() or (dots and not last.isdecimal()):
            raise ConfigError([f'--seeds: "{text}" is not a list of seeds; write 0..4 or 0,3,7'])
        start, end = int(first), int(last) if dots else int(first)
        if end < start:
            raise ConfigError([f'--seeds: "{part.strip()}" runs backwards; write {end}..{start}'])
        if end > LARGEST_SEED:
            raise ConfigError([f'--seeds: "{part.strip()}" is too large; the largest seed is {LARGEST_SEED:,}'])
        if end - start >= MOST_SEEDS:
            raise ConfigError([f'--seeds: "{part.strip()}" is {end - start + 1:,} seeds; at most {MOST_SEEDS:,} go'])
        seeds |= dict.fromkeys(range(start, end + 1))
    return tuple(seeds)


def expand(
    preset: Preset,
    *,
    overrides: Mapping[str, Any] | None = None,
    seeds: Sequence[int] | None = None,
    only: Sequence[str] = (),
    quick: bool = False,
    data_folder: Path | None = None,
) -> list[Trial]:
    """Return the trials to run, all of one seed before the next, so that pairs are complete early.

    The quick profile comes first and `overrides` win over it. Without `seeds`, the preset's own seed is used.
    Raises: ConfigError with every fault at once; where `data_folder` is given, data that is missing is one of them.
    """
    labels = [trial.label for trial in preset.trials]
    strangers = [label for label in only if label not in labels]
    changes = {**(preset.quick if quick else {}), **(overrides or {})}
    # Where no label is known, the settings are held against all trials, and their faults are told too.
    chosen = [trial for trial in preset.trials if trial.label in only] or list(preset.trials)
    changed: list[Trial] = []
    faults: list[tuple[str, TermlabError]] = []
    if strangers:
        problems = [f"--only: {unknown(f'trial of {preset.name}', label, labels)}" for label in strangers]
        faults = [(trial.label, ConfigError(problems)) for trial in chosen]
    for trial in chosen:
        try:
            changed.append(trial.with_config(apply_overrides(trial.config, changes)))
        except ConfigError as error:
            faults.append((trial.label, error))
    if faults and data_folder is not None:
        faults += _data_faults(chosen, changes, data_folder)
    if faults:
        raise join_faults(faults, [trial.label for trial in chosen])
    count = len(chosen) * len(seeds or (0,))
    if count > MOST_RUNS:
        many = f"{len(chosen):,} trials with {len(seeds or ()):,} seeds each are {count:,} runs"
        raise ConfigError([f"{many}; at most {MOST_RUNS:,} go"], "Ask for fewer with --only LABEL or --seeds.")
    return [
        trial if seeds is None else trial.with_config(trial.config.model_copy(update={"seed": seed}))
        for seed in (seeds if seeds is not None else (0,))
        for trial in changed
    ]


def _data_faults(trials: Sequence[Trial], changes: Mapping[str, Any], folder: Path) -> list[tuple[str, TermlabError]]:
    """Say which trials lack their data, though their settings have faults enough to stop at."""
    from engine.data.catalog import require_data

    faults: list[tuple[str, TermlabError]] = []
    names = {key: value for key, value in changes.items() if key == "data.name"}
    for trial in trials:
        try:
            require_data(apply_overrides(trial.config, names).data.name, folder)
        except TermlabError as error:
            faults.append((trial.label, error))
    return faults
