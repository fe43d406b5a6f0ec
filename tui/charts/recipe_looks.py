"""How leaderboard rows are called and recognised in one chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.columns import value_text
from engine.leaderboard import LeaderboardRow
from tui.charts.naming import Naming
from tui.format import plain
from tui.identity import identities


def name_rows(rows: Sequence[LeaderboardRow], known: Sequence[str] = ()) -> list[Naming]:
    """Name recipes as shortly as tells them apart: by trial, by preset where there are several, and by settings.

    `known` are the keys (`preset/label`) of recipes that are not shown, so that a colour is the same there.
    """
    keys: list[str] = []
    for row in rows:
        key = f"{row.preset}/{row.label}"
        keys.append(key if key not in keys else f"{key} {row.fingerprint}")
    marks = identities([*keys, *known])
    several_presets = len({row.preset for row in rows}) > 1
    names = [plain(f"{row.preset} {row.label}" if several_presets else row.label) for row in rows]
    counts = Counter(names)
    namings = []
    for row, key, name in zip(rows, keys, names, strict=True):
        alike = [other for other, called in zip(rows, names, strict=True) if called == name]
        told = f"{name} {_settings(row, alike)}".strip() if counts[name] > 1 else name
        namings.append(Naming(told, told, marks[key]))
    return namings


def _settings(row: LeaderboardRow, alike: Sequence[LeaderboardRow]) -> str:
    """Return the settings in which a row differs from those of the same name."""
    differing: dict[str, Any] = {
        key: value
        for key, value in row.differs_in.items()
        if any(other.differs_in.get(key, row) != value for other in alike)
    }
    return plain(" ".join(f"{key.rpartition('.')[2]}={value_text(value)}" for key, value in differing.items()))
