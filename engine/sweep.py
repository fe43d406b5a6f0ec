"""From a preset and what the user asks of it to the trials that will run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.errors import ConfigError, unknown
from engine.overrides import apply_overrides
from engine.presets import Preset
from engine.summary import RunStatus, RunSummary
from engine.trial import Trial

MOST_SEEDS = 10_000
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
) -> list[Trial]:
    """Return the trials to run, all of one seed before the next, so that pairs are complete early.

    The quick profile comes first and `overrides` win over it. Without `seeds`, the preset's own seed is used.
    Raises: ConfigError with every fault at once.
    """
    labels = [trial.label for trial in preset.trials]
    strangers = [label for label in only if label not in labels]
    if strangers:
        raise ConfigError([f"--only: {unknown(f'trial of {preset.name}', label, labels)}" for label in strangers])
    changes = {**(preset.quick if quick else {}), **(overrides or {})}
    chosen = [trial for trial in preset.trials if not only or trial.label in only]
    changed: list[Trial] = []
    problems: dict[str, None] = {}
    hint = ""
    for trial in chosen:
        try:
            changed.append(trial.with_config(apply_overrides(trial.config, changes)))
        except ConfigError as error:
            problems |= dict.fromkeys(error.problems)
            hint = hint or error.hint
    if problems:
        raise ConfigError(list(problems), hint)
    return [
        trial if seeds is None else trial.with_config(trial.config.model_copy(update={"seed": seed}))
        for seed in (seeds if seeds is not None else (0,))
        for trial in changed
    ]


def without_done(trials: Iterable[Trial], saved: Iterable[RunSummary]) -> list[Trial]:
    """Leave out the trials for which a finished run with the same recipe and seed is saved."""
    done = {(run.fingerprint, run.seed) for run in saved if run.status is RunStatus.DONE}
    return [trial for trial in trials if (trial.config.fingerprint, trial.config.seed) not in done]
