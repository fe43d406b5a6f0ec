"""One JSON document: every run object, with what was measured along it. What is not finite is null.

It is written as it is read, a line a run, so that a thousand runs take the memory of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.events import MEASURES
from engine.export.run_columns import RunColumn, writable
from engine.export.saved import SavedRun
from engine.shown import finite, json_text
from engine.summary import SCHEMA_VERSION


def write(file: Path, runs: Iterable[SavedRun], *, columns: Sequence[RunColumn], has_steps: bool) -> None:  # noqa: ARG001
    """Write the document to a file that is not there yet."""
    with file.open("x", encoding="utf-8") as out:
        out.write(f'{{"schema_version": {SCHEMA_VERSION}, "runs": [')
        between = "\n"
        for saved in runs:
            out.write(between + writable(json_text(_document(saved, has_steps=has_steps), indent=None)))
            between = ",\n"
        out.write("\n]}\n")


def _document(saved: SavedRun, *, has_steps: bool) -> dict[str, Any]:
    tables = saved.run.finished.tables if saved.run.finished else {}
    document = saved.summary.to_dict() | {
        "by_epoch": [
            epoch.model_dump(include={"epoch", "step", "samples", "train_seconds", "time", "lr", "metrics"})
            for epoch in saved.run.epochs
        ],
        "system": [
            sample.model_dump(include={"step", "samples", "train_seconds", "time", "readings"})
            for sample in saved.run.system
        ],
        "layers": [
            measured.model_dump(include={"step", "epoch", "time", "layers", "kinds", *MEASURES})
            for measured in saved.run.layers
        ],
        "tables": {name: table.model_dump(include={"x_name", "x", "columns"}) for name, table in tables.items()},
    }
    if has_steps:
        steps = saved.steps()
        document["by_step"] = {
            "step": list(steps),
            "train_seconds": [saved.run.seconds_at(step) for step in steps],
            "time": [saved.clock.at(step) for step in steps],
            "series": {name: values.tolist() for name, values in saved.run.series.items()},
        }
    found: dict[str, Any] = finite(document)
    return found
