"""The five things that happen to a run, as frozen values; one JSON line each, both ways."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from engine.errors import DamagedError

Phase = Literal["training", "evaluating"]
Ending = Literal["done", "stopped", "failed"]


class _Event(BaseModel):
    # Losses may be infinite or NaN; strings keep JSON valid and the round trip exact.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")

    time: float
    """Seconds since 1970 at which it happened."""


class Kept(BaseModel):
    """How far a run had come that goes on: what its checkpoint holds. Later steps in the log are done anew."""

    model_config = ConfigDict(frozen=True)

    step: int = Field(ge=0)
    epochs: int = Field(ge=0)
    """Finished: trained and evaluated."""
    samples: int
    train_seconds: float
    lr: float


class RunStarted(_Event):
    """The data is loaded, the network built, the device chosen: a step is next. A run that goes on starts again."""

    event: Literal["run_started"] = "run_started"
    kept: Kept | None = None
    """None where the run starts with its first step."""
    device: str
    device_name: str
    parameters: int
    train_examples: int
    test_examples: int
    validation_examples: int = 0
    image_shape: tuple[int, int, int]
    """Channels, height, width."""
    class_names: tuple[str, ...]
    steps_per_epoch: int
    epochs: int
    total_steps: int | None = None
    """None in logs from before a run could end within an epoch: all steps of all epochs."""
    threads: int
    deterministic: bool
    """Whether the device promises the same losses when run again."""
    versions: dict[str, str]
    host: str
    pid: int
    process_started: float
    """Clock ticks after boot at which the process began, to tell it from a later one of this pid; 0 if unknown."""


class StepsDone(_Event):
    """The steps since the last such event. `step` and `samples` count from the start of the run."""

    event: Literal["steps_done"] = "steps_done"
    step: int
    epoch: int
    """The epoch under way, from 1."""
    samples: int
    train_seconds: float
    lr: float
    phase: Phase = "training"
    series: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """One value a step, the last for `step`; empty while evaluating."""


class EpochDone(_Event):
    """An epoch is trained and evaluated. Accuracies and errors are fractions."""

    event: Literal["epoch_done"] = "epoch_done"
    epoch: int
    step: int
    samples: int
    train_seconds: float
    lr: float
    metrics: dict[str, float]
    weights_sha256: str = ""
    """Of the weights at the end of the epoch, as `engine.weights.weights_sha256` has it; empty in old logs."""


class Noted(_Event):
    """Something a reader of the log should know."""

    event: Literal["noted"] = "noted"
    text: str
    level: Literal["info", "warning"] = "info"
    mark: Literal["paused", "resumed"] | None = None
    """Set where the note changes the state of the run."""


class Table(BaseModel):
    """Results over something that is not training time: one x, several columns of the same length."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    x_name: str
    x: tuple[float, ...]
    columns: dict[str, tuple[float, ...]]
    curves: tuple[str, ...] | None = None
    """The columns that are curves over x; None in old logs, and where all are. A table with none is to be read."""

    @property
    def drawn_columns(self) -> dict[str, tuple[float, ...]]:
        """The columns that a chart of the table shows."""
        return {name: values for name, values in self.columns.items() if self.curves is None or name in self.curves}


class RunFinished(_Event):
    """The last word of a run."""

    event: Literal["run_finished"] = "run_finished"
    status: Ending
    reason: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    """Results of evaluations made once, after training."""
    tables: dict[str, Table] = Field(default_factory=dict)


Event = RunStarted | StepsDone | EpochDone | Noted | RunFinished
_adapter: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def to_json(event: Event) -> str:
    """Write an event as one line of JSON, without the newline."""
    return event.model_dump_json()


def from_json(line: str | bytes) -> Event:
    """Read an event from one line of JSON.

    Raises: DamagedError if the line is not an event.
    """
    try:
        return _adapter.validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedError(f"not an event: {where + ': ' if where else ''}{first['msg']}") from error
