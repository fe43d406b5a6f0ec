"""How recipes are called and recognised in one chart: rows of the leaderboard, or groups of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.columns import flat_settings, value_text
from engine.leaderboard_row import LeaderboardRow
from engine.run import Run
from tui.charts.naming import Naming
from tui.format import plain
from tui.identity import identities


@dataclass(frozen=True, slots=True)
class _Recipe:
    preset: str
    label: str
    fingerprint: str
    settings: Mapping[str, Any]
    """By dotted key; at least those in which recipes of one trial differ."""


def name_rows(rows: Sequence[LeaderboardRow], known: Sequence[str] = ()) -> list[Naming]:
    """Name recipes as shortly as tells them apart: by trial, where that is not enough by preset, and by settings.

    `known` are the keys (`preset/label`) of recipes that are not shown, so that a colour is the same there.
    """
    return _name([_Recipe(row.preset, row.label, row.fingerprint, row.differs_in) for row in rows], known)


def name_groups(firsts: Sequence[Run], known: Sequence[str] = ()) -> list[Naming]:
    """Name the recipes of runs, one of each, as `name_rows` does."""
    recipes = []
    for run in firsts:
        config = run.trial.config.model_dump(mode="json", exclude={"seed", "device"})
        recipes.append(_Recipe(run.trial.preset, run.trial.label, run.trial.config.fingerprint, flat_settings(config)))
    return _name(recipes, known)


def _name(recipes: Sequence[_Recipe], known: Sequence[str]) -> list[Naming]:
    keys: list[str] = []
    for recipe in recipes:
        key = f"{recipe.preset}/{recipe.label}"
        keys.append(key if key not in keys else f"{key} {recipe.fingerprint}")
    marks = identities([*keys, *known])
    presets_of: dict[str, set[str]] = {}
    for recipe in recipes:
        presets_of.setdefault(recipe.label, set()).add(recipe.preset)
    has_namesakes = any(len(presets) > 1 for presets in presets_of.values())
    names = [plain(f"{one.preset} {one.label}" if has_namesakes else one.label) for one in recipes]
    counts = Counter(names)
    namings = []
    for recipe, key, name in zip(recipes, keys, names, strict=True):
        alike = [other for other, called in zip(recipes, names, strict=True) if called == name]
        told = f"{name} {_settings(recipe, alike)}".strip() if counts[name] > 1 else name
        namings.append(Naming(told, told, marks[key]))
    return namings


def _settings(recipe: _Recipe, alike: Sequence[_Recipe]) -> str:
    """Return the settings in which a recipe differs from those of the same name."""
    absent = object()
    differing = {
        key: value
        for key, value in recipe.settings.items()
        if any(other.settings.get(key, absent) != value for other in alike)
    }
    return plain(" ".join(f"{key.rpartition('.')[2]}={value_text(value)}" for key, value in differing.items()))
