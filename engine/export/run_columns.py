"""The table of runs: one row a run, its fields, metrics, published figure and settings by their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.columns import FIELDS, column_value, flat_settings, value_text
from engine.summary import MOST_COUNTED, RunSummary

ColumnKind = Literal["text", "whole", "number", "flag", "time"]
_LEFT_OUT = ("also_published", "published")
"""A list, and what `published.metric` and its like tell in full."""
_FIGURE = ("metric", "value", "tolerance", "bound", "comparable")


@dataclass(frozen=True, slots=True)
class RunColumn:
    """A column of the table of runs, and what all its values are."""

    name: str
    kind: ColumnKind


def run_columns(summaries: Iterable[RunSummary]) -> tuple[RunColumn, ...]:
    """Return the columns that these runs need: fields first, then metrics, the published figure, then settings.

    What all values of a column are decides its kind: whole numbers beside others are numbers, anything else is text.
    """
    sections: tuple[dict[str, ColumnKind | None], ...] = ({}, {}, {}, {})
    for summary in summaries:
        for kinds, values in zip(sections, _sections(summary), strict=True):
            for name, value in values.items():
                kinds[name] = _joined(kinds.get(name), _kind(name, value))
    return tuple(RunColumn(name, kind or "text") for kinds in sections for name, kind in kinds.items())


def run_row(summary: RunSummary, columns: Sequence[RunColumn]) -> dict[str, Any]:
    """Return the values of one run by column; None where it has none."""
    values = {name: value for section in _sections(summary) for name, value in section.items()}
    return {column.name: _as_kind(values.get(column.name), column.kind) for column in columns}


def _sections(summary: RunSummary) -> tuple[dict[str, Any], ...]:
    fields = {name: column_value(summary, name) for name in FIELDS if name not in _LEFT_OUT}
    fields["status"] = str(summary.status)
    metrics = {
        f"metrics.{name}" if name in FIELDS or "." in name else name: value for name, value in summary.metrics.items()
    }
    published = {f"published.{name}": (summary.published or {}).get(name) for name in _FIGURE}
    # A seed is a field already; the device that was asked for is another than the one that was found.
    asked = {key: value for key, value in flat_settings(summary.config).items() if key != "seed"}
    settings = {key if "." in key else f"config.{key}": value for key, value in asked.items()}
    return fields, metrics, published, settings


def _kind(name: str, value: Any) -> ColumnKind | None:
    if value is None:
        return None
    if FIELDS.get(name) == "time":
        return "time"
    if isinstance(value, int) and abs(value) > MOST_COUNTED:
        return "text"
    kinds: dict[type, ColumnKind] = {bool: "flag", int: "whole", float: "number"}
    return kinds.get(type(value), "text")


def _joined(known: ColumnKind | None, found: ColumnKind | None) -> ColumnKind | None:
    if known is None or found is None or known == found:
        return known or found
    return "number" if {known, found} <= {"whole", "number"} else "text"


def _as_kind(value: Any, kind: ColumnKind) -> Any:
    if value is None:
        return None
    match kind:
        case "text":
            return writable(value_text(value))
        case "number" | "time":
            return float(value)
        case _:
            return value


def writable(text: str) -> str:
    """Replace what UTF-8 has no bytes for: the name of a folder may hold anything."""
    return text.encode("utf-8", "replace").decode()
