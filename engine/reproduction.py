"""From saved runs back to the command that trains them again: what a recipe changes of its preset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from engine.config import RunConfig
from engine.errors import ConfigError
from engine.leaderboard_row import LeaderboardRow
from engine.overrides import apply_overrides, format_value, get_value, settings
from engine.presets import Preset


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What `termlab run` is given to train some recipes again."""

    preset: str
    seeds: tuple[int, ...]
    only: tuple[str, ...]
    """Labels of trials; empty where it is all of the preset."""
    overrides: Mapping[str, str]
    is_quick: bool


def reproductions(preset: Preset, rows: Iterable[LeaderboardRow]) -> tuple[list[Reproduction], list[LeaderboardRow]]:
    """Return the fewest commands that train these recipes with their seeds, and the recipes that none does.

    Trials with the same changes and seeds share one. Each is checked: what it would train has the fingerprint of what
    was trained.
    """
    labels = [trial.label for trial in preset.trials]
    groups: dict[tuple[object, ...], Reproduction] = {}
    lacking: list[LeaderboardRow] = []
    for row in rows:
        found = _reproduction(preset, row)
        if found is None:
            lacking.append(row)
            continue
        key = (found.seeds, tuple(sorted(found.overrides.items())), found.is_quick)
        known = groups.get(key, found)
        groups[key] = Reproduction(
            found.preset, found.seeds, tuple(dict.fromkeys([*known.only, row.label])), found.overrides, found.is_quick
        )
    return [_all_at_once(one, labels) for one in groups.values()], lacking


def _all_at_once(one: Reproduction, labels: Sequence[str]) -> Reproduction:
    only = () if set(one.only) == set(labels) else tuple(label for label in labels if label in one.only)
    return Reproduction(one.preset, one.seeds, only, one.overrides, one.is_quick)


def _reproduction(preset: Preset, row: LeaderboardRow) -> Reproduction | None:
    """Find the fewest changes of the full or the quick profile; None where none gives this recipe."""
    trial = next((trial for trial in preset.trials if trial.label == row.label), None)
    try:
        config = RunConfig.model_validate(row.runs[-1].config)
    except ValidationError:  # of another version of termlab
        return None
    if trial is None:
        return None
    seeds = tuple(sorted({run.seed for run in row.runs}))
    found: list[Reproduction] = []
    for is_quick in (False, True) if preset.quick else (False,):
        try:
            start = apply_overrides(trial.config, preset.quick if is_quick else {})
            changes = _changes(start, config)
            if apply_overrides(start, changes).fingerprint == row.fingerprint:
                found.append(Reproduction(preset.name, seeds, (row.label,), changes, is_quick))
        except ConfigError:
            continue
    return min(found, key=lambda one: (len(one.overrides), one.is_quick), default=None)


def _changes(start: RunConfig, config: RunConfig) -> dict[str, str]:
    changes: dict[str, str] = {}
    if start.model.name != config.model.name:
        changes["model.name"] = config.model.name
        start = apply_overrides(start, changes)
    return changes | {
        key: format_value(get_value(config, key))
        for key in settings(config.model.name)
        if key not in ("model.name", "seed", "device") and get_value(start, key) != get_value(config, key)
    }
