"""The part of a report that says with which settings its recipes were trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from engine.columns import flat_settings, value_text
from engine.leaderboard_row import LeaderboardRow
from engine.model_config import MODEL_CONFIGS
from engine.overrides import ESSENTIAL, settings
from tui.report.content import Block, Paragraph, Tabled
from tui.report.naming import recipe_names
from tui.tables import Column, Table, table_of


def settings_tables(rows: Sequence[LeaderboardRow]) -> tuple[Block, ...]:
    """Return the settings that all recipes share, and those by which they differ."""
    names = recipe_names(rows)
    flats = {row.fingerprint: flat_settings(row.runs[-1].config) for row in rows}
    keys = [key for key in dict.fromkeys(key for one in flats.values() for key in one) if key not in ("seed", "device")]
    shared = {key for key in keys if all(one.get(key) == next(iter(flats.values())).get(key) for one in flats.values())}
    first = next(iter(flats.values()))
    told = [(key, value_text(first[key])) for key in keys if key in shared and _is_worth_telling(key, first)]
    blocks: list[Block] = [
        Paragraph("Settings that are not named are at the default of termlab."),
        Tabled("Shared by all recipes", _pairs(told)),
    ]
    own = [key for key in keys if key not in shared]
    if own:
        blocks.append(Tabled("Different between recipes", _differences(own, flats, names)))
    return tuple(blocks)


def _differences(keys: Sequence[str], flats: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """Return settings by recipes, or recipes by settings where that is narrower."""
    columns: list[tuple[Column, Callable[[str], Any]]]
    if len(keys) < len(names):
        columns = [(Column("recipe", "recipe"), names.__getitem__)]
        columns += [(Column(key, key), partial(_value_of, flats, key)) for key in keys]
        return table_of(columns, list(names))
    columns = [(Column("setting", "setting"), str)]
    columns += [(Column(name, name), partial(_value_in, flats[fingerprint])) for fingerprint, name in names.items()]
    return table_of(columns, keys)


def _value_of(flats: Mapping[str, Mapping[str, Any]], key: str, fingerprint: str) -> str | None:
    return _value_in(flats[fingerprint], key)


def _value_in(config: Mapping[str, Any], key: str) -> str | None:
    return value_text(config[key]) if key in config else None


def _is_worth_telling(key: str, config: Mapping[str, Any]) -> bool:
    """Tell whether a setting is not at its default, or one that a recipe is known by."""
    family = config.get("model.name")
    known = settings(family).get(key) if family in MODEL_CONFIGS else None
    return known is None or key in ESSENTIAL or value_text(_as_list(known.default)) != value_text(config[key])


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _pairs(pairs: Sequence[tuple[str, str]]) -> Table:
    columns = ((Column("setting", "setting"), lambda pair: pair[0]), (Column("value", "value"), lambda pair: pair[1]))
    return table_of(columns, pairs)
