"""The recipe of a training: how the weights move, how fast, and for how long."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.model_config import ConfigPart


class OptimConfig(ConfigPart):
    """How the weights move."""

    name: Annotated[Literal["sgd", "adam", "adamw", "rmsprop"], Field(description="Optimiser.")] = "sgd"
    lr: Annotated[float, Field(gt=0, le=1e38, description="Peak learning rate.")] = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum, for sgd and rmsprop.")] = 0.0
    nesterov: Annotated[bool, Field(description="Look ahead along the momentum before taking the gradient.")] = False
    beta1: Annotated[float, Field(ge=0, lt=1, description="Decay of the mean gradient, for adam and adamw.")] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1, description="Decay of the squared gradient, for adam and adamw.")] = 0.999
    alpha: Annotated[float, Field(ge=0, lt=1, description="Decay of the squared gradient, for rmsprop.")] = 0.99
    eps: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Term that keeps adam and rmsprop from dividing by 0: added to the root, but for scratch_mlp "
            "under it.",
        ),
    ] = 1e-8
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="L2 coefficient on the mean loss: adds this times w to the gradient; adamw shrinks w by lr "
            "times this instead.",
        ),
    ] = 0.0
    weight_decay_summed: Annotated[
        float,
        Field(ge=0, description="L2 coefficient on the loss summed over the training set: weight_decay times N."),
    ] = 0.0
    decay_bias: Annotated[
        bool, Field(description="Decay biases and normalisation parameters too, not only weights.")
    ] = True

    @model_validator(mode="after")
    def _no_setting_without_effect(self) -> Self:
        defaults = {"momentum": 0.0, "nesterov": False, "beta1": 0.9, "beta2": 0.999, "alpha": 0.99, "eps": 1e-8}
        used = {
            "sgd": {"momentum", "nesterov"},
            "adam": {"beta1", "beta2", "eps"},
            "adamw": {"beta1", "beta2", "eps"},
            "rmsprop": {"momentum", "alpha", "eps"},
        }
        idle = [
            key for key, default in defaults.items()
            if key not in used[self.name] and getattr(self, key) != default
        ]  # fmt: skip
        if idle:
            raise ValueError(f"{', '.join(idle)} has no effect with {self.name}; leave it at its default")
        if self.weight_decay and self.weight_decay_summed:
            raise ValueError("weight_decay and weight_decay_summed say the same thing on two scales; give one of them")
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov has no effect without momentum; set momentum too")
        if self.name == "adamw" and self.weight_decay_summed:
            raise ValueError("adamw shrinks weights and has no L2 on a loss; give weight_decay instead")
        return self


class ScheduleConfig(ConfigPart):
    """How the learning rate changes from its peak."""

    name: Annotated[
        Literal["constant", "step", "exponential", "cosine", "one_cycle"], Field(description="Shape of the schedule.")
    ] = "constant"
    gamma: Annotated[
        float, Field(gt=0, le=1, description="Factor an epoch (exponential) or every step_epochs (step).")
    ] = 0.95
    step_epochs: Annotated[int, Field(ge=1, description="Epochs between two drops, for step.")] = 10
    warmup_epochs: Annotated[
        float, Field(ge=0, description="Epochs of linear rise to the peak before the schedule begins.")
    ] = 0.0
    rise_fraction: Annotated[
        float, Field(gt=0, lt=1, description="Part of the training in which one_cycle rises to the peak.")
    ] = 0.3

    @model_validator(mode="after")
    def _one_rise(self) -> Self:
        if self.name == "one_cycle" and self.warmup_epochs:
            raise ValueError("one_cycle has a rise of its own; leave warmup_epochs at 0")
        return self


class TrainConfig(ConfigPart):
    """How long, and in what portions."""

    epochs: Annotated[int, Field(ge=1, le=100_000, description="Passes over the training set.")] = 10
    max_steps: Annotated[
        int | None,
        Field(ge=1, description="End after this many steps (iterations), if that comes before the last epoch."),
    ] = None
    batch_size: Annotated[int, Field(ge=1, le=1_000_000, description="Examples a step.")] = 64
    batches_per_epoch: Annotated[
        int | None, Field(ge=1, description="Cut each epoch after this many batches of its own shuffle.")
    ] = None
    early_stopping_epochs: Annotated[
        int | None,
        Field(
            ge=1,
            description="Stop after this many epochs without a lower loss on validation examples, or on test examples "
            "where none are held out.",
        ),
    ] = None

    def steps_per_epoch(self, train_examples: int) -> int:
        """Return how many batches make an epoch; the last one may be smaller."""
        batches = math.ceil(train_examples / self.batch_size)
        return min(batches, self.batches_per_epoch or batches)

    def smallest_batch(self, train_examples: int) -> int:
        """Return the size of the smallest batch that is trained on: what an epoch leaves for its last one, if it does.

        Units: examples.
        """
        batches = math.ceil(train_examples / self.batch_size)
        if min(self.steps_per_epoch(train_examples), self.total_steps(train_examples)) < batches:
            return self.batch_size
        return train_examples - (batches - 1) * self.batch_size

    def total_steps(self, train_examples: int) -> int:
        """Return how many steps training takes if nothing ends it early."""
        steps = self.steps_per_epoch(train_examples) * self.epochs
        return min(steps, self.max_steps or steps)

    def total_epochs(self, train_examples: int) -> int:
        """Return in how many epochs these steps are taken; the last one may be cut short."""
        return math.ceil(self.total_steps(train_examples) / self.steps_per_epoch(train_examples))
