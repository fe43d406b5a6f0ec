"""Columns of a run table by name: a field of the run object, a metric, or a setting by its dotted key.

What a filter, a sort and a choice of columns mean by a name is decided here, without pydantic: listings are fast.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, TypeVar

from engine.errors import ConfigError, suggest_key
from engine.expressions import FORMS, parse_expression
from engine.summary import RunSummary

Item = TypeVar("Item")
Kind = Literal["text", "words", "truth", "number", "time", "setting"]
"""A setting may hold text, a number, a truth value, a list of them, or nothing; words are several texts."""

_STRUCTURES = ("metrics", "best_epochs", "epoch_metrics", "published", "config", "tags", "is_hidden")
_SCALARS = [spec for spec in dataclasses.fields(RunSummary) if spec.name not in _STRUCTURES]
_TIMES = ("created", "updated")
FIELDS: dict[str, Kind] = {
    **{spec.name: "number" if isinstance(spec.default, int | float) else "text" for spec in _SCALARS},
    **dict.fromkeys(_TIMES, "time"),
    "published": "number",
    "gap": "number",
    "tags": "words",
    "hidden": "truth",
}
"""The fields of the run object; `published` and `gap` are those of the headline figure."""
ALIASES = {"tag": "tags", "is_hidden": "hidden"}
"""Other names of fields."""
METRICS = (
    "train_loss",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "test_error",
    "best_test_accuracy",
    "best_epoch",
)
"""What every trained run has; a preset may add its own."""

_ABSENT = object()


def column_value(summary: RunSummary, name: str) -> Any:
    """Return what a run has under a name; None where it has nothing, as a run without that metric does."""
    value = _look_up(summary, name)
    return None if value is _ABSENT else value


def column_kind(name: str) -> Kind:
    """Tell how the values under a name compare; a name without a dot that is no field is a metric."""
    if parse_expression(name) is not None:
        return "number"
    return FIELDS.get(ALIASES.get(name, name), "setting" if "." in name else "number")


def flat_settings(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the settings of a config by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= flat_settings(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def has_value(value: Any) -> bool:
    """Tell whether there is something to show: not nothing, not empty, not NaN."""
    return value is not None and value != "" and not (isinstance(value, float) and math.isnan(value))


def value_text(value: Any) -> str:
    """Write a value as an override gives it."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(value_text(item) for item in value) or "none"
        case _:
            return str(value)


def check_column(name: str, summaries: Collection[RunSummary] = (), also: Collection[str] = ()) -> None:
    """Make sure that a name means something: a field, a metric or setting of one of these runs, or a known setting.

    `also` are names that mean something where it is asked. An expression means something if its metrics do.
    Raises: ConfigError naming the nearest known column.
    """
    if (expression := parse_expression(name)) is not None:
        for metric in expression.metrics:
            check_column(metric, summaries)
        return
    if (
        name in also
        or name in FIELDS
        or name in ALIASES
        or name in METRICS
        or any(_look_up(run, name) is not _ABSENT for run in summaries)
    ):
        return
    known = [*also, *known_columns(summaries)]
    if name not in known:
        metrics = [column for column in known if column not in {*FIELDS, *also} and "." not in column]
        raise ConfigError(
            [f'"{name}" is not a known field.{suggest_key(name, known)}'],
            f"Fields: {', '.join([*also, *FIELDS])}.\nMetrics: {', '.join(metrics)}.\n"
            f"Settings by dotted key, such as optim.lr.\nOf a metric's history: {FORMS}.",
        )


def known_columns(summaries: Iterable[RunSummary] = ()) -> list[str]:
    """Return every name that `check_column` accepts: fields, then metrics, then settings."""
    from engine.model_config import MODEL_CONFIGS  # pydantic takes longer to import than a listing may take
    from engine.overrides import settings

    metrics, found = dict.fromkeys(METRICS), {key: None for name in MODEL_CONFIGS for key in settings(name)}
    measured: dict[tuple[str, ...], None] = {}
    sections: dict[tuple[str, ...], None] = {}
    recipes: set[str] = set()
    # Thousands of runs measure and set the same few names, and somebody waits for what is wrong with a filter.
    for summary in summaries:
        measured[tuple(summary.metrics)] = None
        if summary.fingerprint and summary.fingerprint in recipes:
            continue
        recipes.add(summary.fingerprint)
        for section, values in summary.config.items():
            if isinstance(values, dict):  # settings that only an older or a newer termlab knows
                sections[(section, *values)] = None
    metrics |= dict.fromkeys(name for names in measured for name in names)
    found |= dict.fromkeys(f"{section}.{key}" for section, *keys in sections for key in keys)
    return list(dict.fromkeys([*FIELDS, *metrics, *found]))


def sort_by(summaries: Iterable[RunSummary], name: str, *, descending: bool = False) -> list[RunSummary]:
    """Sort runs by a column, as `sort_values` does."""
    return sort_values(summaries, lambda summary: column_value(summary, name), descending=descending)


def sort_values(items: Iterable[Item], value_of: Callable[[Item], Any], *, descending: bool = False) -> list[Item]:
    """Sort by a value: numbers before text, letters whatever their case; items that lack it come last either way.

    Items that tie stay in the order in which they came.
    """
    present: list[tuple[tuple[bool, float, str], Item]] = []
    lacking: list[Item] = []
    for item in items:
        value = value_of(item)
        if has_value(value):
            present.append((_sort_key(value), item))
        else:
            lacking.append(item)
    present.sort(key=lambda pair: pair[0], reverse=descending)
    return [item for _, item in present] + lacking


def _sort_key(value: Any) -> tuple[bool, float, str]:
    if isinstance(value, int | float):
        return (False, value, "")
    return (True, 0.0, value_text(value).casefold())


def _look_up(summary: RunSummary, name: str) -> Any:
    name = ALIASES.get(name, name)
    if name == "published":
        return summary.published["value"] if summary.published else None
    if name == "tags":
        return summary.tags or None
    if name == "hidden":
        return summary.is_hidden
    if name in FIELDS:
        return getattr(summary, name)
    if name in summary.metrics:
        return summary.metrics[name]
    if (expression := parse_expression(name)) is not None:
        value_then = expression.value_of(summary)
        return _ABSENT if value_then is None else value_then
    value: Any = summary.config
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return _ABSENT
        value = value[part]
    return _ABSENT if isinstance(value, dict) else value  # a whole section is not a value
