"""`RunSummary`: one run in one line, as tables and scripts see it.

Plain dataclass, not pydantic: `termlab ls` reads nothing else, and has to answer before a person notices.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.errors import DamagedError, other_version
from engine.shared_values import share_settings, shared_name
from engine.shown import json_text
from engine.tolerance import BOUNDS, is_met

SCHEMA_VERSION = 1
MOST_SECONDS = 253_000_000_000.0
"""Since 1970 or of training: to the year 9987. Later ones are no times, and no calendar has them."""
MOST_COUNTED = 2**53
"""Of anything: what JSON readers take for a whole number."""
DIVERGED = "diverged"
"""How the reason of a run begins whose loss grew instead of falling, to numbers that are still finite."""


class RunStatus(StrEnum):
    """What a run is doing, or how it ended."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"
    """Its process is gone without a last word."""
    DAMAGED = "damaged"
    """Its folder cannot be read."""

    @property
    def is_live(self) -> bool:
        """Whether more events may follow."""
        return self in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED)

    @property
    def is_resumable(self) -> bool:
        """Whether it was interrupted, and a process may go on with it."""
        return self in (RunStatus.STOPPED, RunStatus.LOST)

    @property
    def is_over(self) -> bool:
        """Whether it ended by a word of its own."""
        return self in (RunStatus.DONE, RunStatus.STOPPED, RunStatus.FAILED)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The run object of `--json`. Accuracies and errors are fractions."""

    run: str
    preset: str = ""
    label: str = ""
    seed: int = 0
    status: RunStatus = RunStatus.DAMAGED
    reason: str = ""
    """Why it stopped, failed or cannot be read."""
    dataset: str = ""
    model: str = ""
    parameters: int = 0
    epochs: int = 0
    """Epochs finished."""
    total_epochs: int = 0
    steps: int = 0
    device: str = ""
    device_name: str = ""
    created: float = 0.0
    """Seconds since 1970."""
    updated: float = 0.0
    """Seconds since 1970 of the last event."""
    train_seconds: float = 0.0
    """Training alone, without evaluation and start-up."""
    samples_per_second: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    best_epochs: dict[str, int] = field(default_factory=dict)
    """At which epoch each metric was best."""
    epoch_metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    """The metrics of these epochs, by the number of the epoch."""
    published: dict[str, Any] | None = None
    """Metric, value, tolerance, bound, comparable: the headline figure, if the source has one."""
    also_published: list[dict[str, Any]] = field(default_factory=list)
    """The source's other figures for this recipe, of other metrics."""
    fingerprint: str = ""
    sweep: str = ""
    """The id of the sweep for which it was made; empty where none was written down."""
    place: int = 0
    """In that sweep, from 0."""
    config: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    """What people call it, in the order of the alphabet."""
    note: str = ""
    """What they say of it."""
    is_hidden: bool = False
    """Whether lists leave it out unless they are asked for it."""
    remark: str = ""
    """What beside the run itself cannot be read; empty where all can."""

    @property
    def gap(self) -> float | None:
        """Measured minus published, in the unit of the metric; None where either is missing."""
        if self.published is None:
            return None
        measured = self.metrics.get(self.published["metric"])
        return None if measured is None else measured - float(self.published["value"])

    @property
    def is_within_tolerance(self) -> bool | None:
        """Whether the published figure is met; None where the run is not over or its recipe not the published one."""
        if self.published is None or self.gap is None or not self.published["comparable"]:
            return None
        return is_met(self.published, self.metrics[self.published["metric"]]) if self.status is RunStatus.DONE else None

    @property
    def is_diverged(self) -> bool:
        """Whether it was trained to its end and its loss grew."""
        return self.status is RunStatus.DONE and self.reason.startswith(DIVERGED)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that `--json` prints; what is not a number is null.

        The fields are not copied: whoever changes what is in them changes the run.
        """
        document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
        document |= {key: getattr(self, name) for key, name in _BY_KEY.items()}
        document["status"] = str(self.status)
        document["metrics"] = _finite(self.metrics)
        document["epoch_metrics"] = {epoch: _finite(metrics) for epoch, metrics in self.epoch_metrics.items()}
        return document

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> RunSummary:
        """Read what `to_dict` wrote.

        Raises: DamagedError if a field is missing or of the wrong type, or the version is a later one.
        """
        version = document.get("schema_version")
        if version != SCHEMA_VERSION:
            raise other_version("summary has version", version, SCHEMA_VERSION)
        try:
            document = {
                "also_published": [],
                "sweep": "",
                "place": 0,
                **NOTHING_SAID,
                **document,
            }  # absent in older ones
            values = {name: document[key] for key, name in _BY_KEY.items()}
            values["status"] = RunStatus(values["status"])
            values["metrics"] = _numbers(values["metrics"])
            values["best_epochs"] = {shared_name(name): _epoch(one) for name, one in values["best_epochs"].items()}
            values["epoch_metrics"] = {epoch: _numbers(one) for epoch, one in values["epoch_metrics"].items()}
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise DamagedError(f"summary is not readable: {error!r}") from error
        for name, kinds in _KINDS.items():
            if not isinstance(values[name], kinds) or (isinstance(values[name], bool) and bool not in kinds):
                raise DamagedError(f"summary has {name} = {values[name]!r:.80}, which is of the wrong type")
        for name, most in _MOST.items():
            if not 0 <= values[name] <= most:
                raise DamagedError(f"summary has {name} = {values[name]!r:.80}, which is out of range")
        for figure in (values["published"], *values["also_published"]):
            if figure is not None and not _is_figure(figure):
                raise DamagedError(f"summary has {figure!r:.80} for a published figure")
        if not all(isinstance(tag, str) for tag in values["tags"]):
            raise DamagedError(f"summary has tags = {values['tags']!r:.80}, which are no words")
        if not isinstance(values["config"].get("data", {}), dict):
            raise DamagedError("summary has no section config.data")
        for name in _COMMON:
            values[name] = shared_name(values[name])
        values["config"] = share_settings(values["fingerprint"], values["config"])
        return cls(**values)

    def with_annotations(self, said: dict[str, Any]) -> RunSummary:
        """Return the run with what people say of it, by the keys of the run object."""
        if said is NOTHING_SAID:
            return self
        return dataclasses.replace(
            self, tags=said["tags"], note=said["note"], is_hidden=said["hidden"], remark=said["remark"]
        )

    def to_json(self) -> str:
        """Write the run object as one line of JSON."""
        return json_text(self.to_dict(), indent=None)


def _finite(metrics: dict[str, float]) -> dict[str, float | None]:
    """Return metrics as JSON has them, which knows no word for what is not a number."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {shared_name(name): _number(value) for name, value in metrics.items()}


def _epoch(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_COUNTED:
        raise TypeError(value)
    return value


def _number(value: Any) -> float:
    """Read a metric: null is not a number, and a whole number such as `best_epoch` stays one."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value


def _is_figure(figure: Any) -> bool:
    """Tell whether something is a published figure as run objects hold them."""
    return (
        isinstance(figure, dict)
        and isinstance(figure.get("metric"), str)
        and all(type(figure.get(name)) in (int, float) for name in ("value", "tolerance"))
        and figure.get("bound", "near") in BOUNDS
        and isinstance(figure.get("comparable"), bool)
    )


_BY_KEY = {spec.name.removeprefix("is_"): spec.name for spec in dataclasses.fields(RunSummary)}
"""The fields by the key that they have in the run object."""
NOTHING_SAID: dict[str, Any] = {"tags": [], "note": "", "hidden": False, "remark": ""}
ANNOTATED = tuple(NOTHING_SAID)
"""Keys of the run object that do not come from the run, the last of it: `summary.json` has none of them."""
SAVED_KEYS = ("schema_version", *(key for key in _BY_KEY if key not in ANNOTATED), "events_bytes", "config_bytes")
"""Of `summary.json`, in their order."""
_COMMON = ("preset", "label", "dataset", "model", "device", "device_name", "fingerprint", "sweep")
"""Texts that many runs have in common."""
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("run", "preset", "label", "reason", "dataset", "model", "device", "device_name", "fingerprint", "sweep"),
        (str,),
    ),
    **dict.fromkeys(("seed", "parameters", "epochs", "total_epochs", "steps", "place"), (int,)),
    **dict.fromkeys(("created", "updated", "train_seconds", "samples_per_second"), (int, float)),
    "published": (dict, type(None)),
    "also_published": (list,),
    "config": (dict,),
    **dict.fromkeys(("note", "remark"), (str,)),
    "tags": (list,),
    "is_hidden": (bool,),
}
_MOST: dict[str, float] = {
    **dict.fromkeys(("seed", "parameters", "epochs", "total_epochs", "steps"), MOST_COUNTED),
    **dict.fromkeys(("created", "updated", "train_seconds"), MOST_SECONDS),
    "samples_per_second": math.inf,
}
