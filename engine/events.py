"""The seven things that happen to a run, as frozen values; one JSON line each, both ways."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, FailFast, Field, TypeAdapter, ValidationError, model_validator

from engine.errors import DamagedError
from engine.summary import MOST_COUNTED, MOST_SECONDS

Phase = Literal["training", "evaluating"]
Ending = Literal["done", "stopped", "failed"]
Count = Annotated[int, Field(ge=0, le=MOST_COUNTED)]
AtLeastOne = Annotated[int, Field(ge=1, le=MOST_COUNTED)]
Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS)]
Values = Annotated[tuple[float, ...], FailFast()]
"""Of a damaged list the first fault is enough: there may be millions."""
Names = Annotated[tuple[str, ...], FailFast()]
MEASURES = ("gradient_norm", "activation_mean", "activation_std", "dead_share")
"""What `LayersMeasured` has of each layer."""
MOST_FAULTS = 100
"""Of one line that are looked at."""


class _Event(BaseModel):
    # Losses may be infinite or NaN; strings keep JSON valid and the round trip exact.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")

    time: Seconds
    """Since 1970, when it happened."""


class Kept(BaseModel):
    """How far a run had come that goes on: what its checkpoint holds. Later steps in the log are done anew."""

    model_config = ConfigDict(frozen=True)

    step: Count
    epochs: Count
    """Finished: trained and evaluated."""
    samples: Count
    train_seconds: Seconds
    lr: float


class RunStarted(_Event):
    """The data is loaded, the network built, the device chosen: a step is next. A run that goes on starts again."""

    event: Literal["run_started"] = "run_started"
    kept: Kept | None = None
    """None where the run starts with its first step."""
    device: str
    device_name: str
    parameters: Count
    train_examples: Count
    test_examples: Count
    validation_examples: Count = 0
    image_shape: tuple[Count, Count, Count]
    """Channels, height, width."""
    class_names: Names
    steps_per_epoch: AtLeastOne
    epochs: Count
    total_steps: Count | None = None
    """None in logs from before a run could end within an epoch: all steps of all epochs."""
    threads: Count
    deterministic: bool
    """Whether the device promises the same losses when run again."""
    versions: dict[str, str]
    host: str
    pid: Annotated[int, Field(ge=-MOST_COUNTED, le=MOST_COUNTED)]
    process_started: float
    """Clock ticks after boot at which the process began, to tell it from a later one of this pid; 0 if unknown."""


class StepsDone(_Event):
    """The steps since the last such event. `step` and `samples` count from the start of the run."""

    event: Literal["steps_done"] = "steps_done"
    step: Count
    epoch: Count
    """The epoch under way, from 1."""
    samples: Count
    train_seconds: Seconds
    lr: float
    phase: Phase = "training"
    series: dict[str, Values] = Field(default_factory=dict)
    """One value a step, the last for `step`; empty while evaluating."""


class EpochDone(_Event):
    """An epoch is trained and evaluated. Accuracies and errors are fractions."""

    event: Literal["epoch_done"] = "epoch_done"
    epoch: Count
    step: Count
    samples: Count
    train_seconds: Seconds
    lr: float
    metrics: dict[str, float]
    weights_sha256: str = ""
    """Of the weights at the end of the epoch, as `engine.weights.weights_sha256` has it; empty in old logs."""


class SystemSampled(_Event):
    """What the training took of its machine at that moment."""

    event: Literal["system_sampled"] = "system_sampled"
    step: Count
    samples: Count
    train_seconds: Seconds
    readings: dict[str, float]
    """Fractions of the whole machine for what ends in `utilization`, process and device in bytes, watts, celsius."""


class LayersMeasured(_Event):
    """What the layers did in one step: the gradient of its loss, and the activations that led to it.

    It comes before the event that tells of the step. What does not apply to a layer is NaN.
    """

    event: Literal["layers_measured"] = "layers_measured"
    step: AtLeastOne
    epoch: AtLeastOne
    """The epoch under way, from 1."""
    layers: Names
    """As in the names of the saved weights, in the order in which they act."""
    kinds: Names
    """What each is, as `engine.layer_kind` has it."""
    gradient_norm: Values
    """Euclidean norm of the gradients of all parameters of the layer as one vector; weight decay is not in it."""
    activation_mean: Values
    """Over all examples, units and places."""
    activation_std: Values
    dead_share: Values
    """Of the units of a ReLU, a fraction: those that gave 0 for every example of the batch, at every place."""

    @model_validator(mode="after")
    def _one_value_a_layer(self) -> Self:
        for name in ("kinds", *MEASURES):
            if len(getattr(self, name)) != len(self.layers):
                raise ValueError(f"{name} has {len(getattr(self, name))} values for {len(self.layers)} layers")
        if len(set(self.layers)) < len(self.layers):
            raise ValueError("a layer stands in it twice")
        return self


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
    x: Values
    columns: dict[str, Values]
    curves: tuple[str, ...] | None = None
    """The columns that are curves over x; None in old logs, and where all are. A table with none is to be read."""

    @model_validator(mode="after")
    def _columns_are_as_long_as_x(self) -> Self:
        for name, values in self.columns.items():
            if len(values) != len(self.x):
                raise ValueError(f"column {name:.40} has {len(values)} values for {len(self.x)} of {self.x_name:.40}")
        return self

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


Event = RunStarted | StepsDone | EpochDone | LayersMeasured | SystemSampled | Noted | RunFinished
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a kind of event may be called; what is called anything else is damage and no event of a later termlab."""
_adapter: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


class UnknownEventError(DamagedError):
    """An event of a kind that a later termlab may have written; whoever reads a log can pass it over."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            f'not an event that this termlab knows: "{self.kind}"; a later one may have written it',
            "A termlab at least as new as the one that wrote it reads it.",
        )


def to_json(event: Event) -> str:
    """Write an event as one line of JSON, without the newline."""
    return event.model_dump_json()


def from_json(line: str | bytes) -> Event:
    """Read an event from one line of JSON.

    Raises: UnknownEventError if it is of a kind that is not known; DamagedError if the line is not an event.
    """
    try:
        return _adapter.validate_json(line)
    except ValidationError as error:
        if error.error_count() > MOST_FAULTS:  # a description of each would take many times the room of the line
            raise DamagedError(f"not an event: {error.error_count():,} faults") from error
        first = error.errors(include_url=False)[0]
        if first["type"] == "union_tag_invalid" and _KIND.fullmatch(str(first["ctx"]["tag"])):
            raise UnknownEventError(str(first["ctx"]["tag"])) from error
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedError(f"not an event: {f'{where:.80}: ' if where else ''}{first['msg']:.300}") from error
